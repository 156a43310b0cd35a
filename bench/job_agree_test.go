package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	batchinformers "k8s.io/client-go/informers/batch/v1"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/cronjob"
	"k8s.io/kubernetes/pkg/controller/job"
	"k8s.io/kubernetes/pkg/controller/ttlafterfinished"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// batchStory is a Job or a CronJob, what becomes of its pods, and what its user does.
type batchStory struct {
	start   time.Time
	objects []object.Object
	// behave says how the pod of a place (an index, or of no index) behaves that is the how manieth there, counted from 1.
	behave func(place string, attempt int) *script.Script
	steps  []step
	until  time.Duration
}

// step is something that a user does.
type step struct {
	at   time.Duration
	what string
	do   func(ctx context.Context, c *cluster.Cluster) error
}

func (s *batchStory) add(at time.Duration, what string, do func(ctx context.Context, c *cluster.Cluster) error) {
	s.steps = append(s.steps, step{at, what, do})
}

// batchControllers are those whose events are compared.
var batchControllers = []string{"job-controller", "cronjob-controller", "ttl-after-finished-controller"}

// settling is how long controllers have until the story begins.
const settling = 10 * time.Second

// play lives the story, with Kubernetes' controllers or with podlife's, and returns its history, line by line.
func (s *batchStory) play(t *testing.T, theirs bool) (lines []string) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(s.start) - settling)
		places := map[string]int{}
		chosen := map[pod.UID]*script.Script{}
		config := cluster.Config{
			Start: time.Now(), History: 1 << 16, Without: []string{"*"},
			Nodes:   []*object.Node{{ObjectMeta: pod.ObjectMeta{Name: "node"}}},
			Machine: lifecycle.Config{LeastGrace: -1}, // two seconds are as long as two looks at a Job are apart
			Behaviors: []cluster.Behavior{{Choose: func(p *pod.Pod, _ *rand.Rand) *script.Script {
				if chosen[p.UID] == nil {
					place := p.Labels["batch.kubernetes.io/job-name"] + "/" + p.Annotations["batch.kubernetes.io/job-completion-index"]
					places[place]++
					chosen[p.UID] = s.behave(place, places[place])
				}
				return chosen[p.UID]
			}}},
		}
		if !theirs {
			config.Controllers = []controller.Controller{workload.Job{}, workload.StrayJobPods{}, workload.CronJob{}, workload.TTLAfterFinished{}}
		}
		c, err := cluster.New(config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var follows sync.WaitGroup
		follows.Go(func() { _ = c.Follow(ctx) })
		synctest.Wait()
		b := newBook(ctx, t, c, s.start)
		var k *controllers
		if theirs {
			k = startControllers(t, c, startBatch)
		}
		time.Sleep(settling)
		synctest.Wait()
		for _, o := range s.objects {
			if _, err := c.Client().Create(ctx, o); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(s.steps, func(x, y step) int { return cmp.Compare(x.at, y.at) })
		for _, step := range s.steps {
			time.Sleep(time.Until(s.start.Add(step.at)))
			synctest.Wait()
			if _, err := c.Client().List(ctx, object.NodeKind, cluster.ListOptions{}); err != nil { // brings the cluster's clock forward
				t.Fatal(err)
			}
			b.note("user: %s: %v", step.what, step.do(ctx, c))
		}
		time.Sleep(time.Until(s.start.Add(s.until)))
		synctest.Wait()
		if theirs {
			b.said(k.client.said)
			k.end()
		}
		stop()
		follows.Wait()
		b.reading.Wait()
		lines = b.text()
	})
	return lines
}

func startBatch(ctx context.Context, k *controllers) {
	jobs, crons := k.factory.Batch().V1().Jobs(), k.factory.Batch().V1().CronJobs()
	pods := k.factory.Core().V1().Pods()
	jc, err := job.NewController(ctx, k.client, podsInOrder{pods, k.client}, jobs, nil, nil)
	if err != nil {
		panic(err)
	}
	cc, err := cronjob.NewControllerV2(ctx, jobsInOrder{jobs, k.client}, crons, k.client)
	if err != nil {
		panic(err)
	}
	tc := ttlafterfinished.New(ctx, jobs, k.client)
	bePatient[string](jc, "queue", time.Nanosecond)
	bePatient[string](cc, "queue", 2*time.Nanosecond)
	bePatient[string](tc, "queue", 3*time.Nanosecond)
	k.run(ctx, jc.Run)
	k.run(ctx, cc.Run)
	k.run(ctx, tc.Run)
}

type podsInOrder struct {
	coreinformers.PodInformer
	k *kubeClient
}

func (i podsInOrder) Informer() cache.SharedIndexInformer {
	return byCreation{i.PodInformer.Informer(), i.k}
}

type jobsInOrder struct {
	batchinformers.JobInformer
	k *kubeClient
}

func (i jobsInOrder) Informer() cache.SharedIndexInformer {
	return byCreation{i.JobInformer.Informer(), i.k}
}

// book takes down what a user sees of Jobs, CronJobs and their pods: each object as it is at the end of each instant at which it changed,
// and what controllers say.
type book struct {
	start   time.Time
	reading sync.WaitGroup
	mu      sync.Mutex
	names   map[string]string // what is random, by what stands for it
	places  map[string]int
	latest  map[string]string // the last line of an object
	pages   map[string]page
	lines   []line
}

// page is what is known of an object at an instant that may not be over.
type page struct {
	at   time.Duration
	text string
}

type line struct {
	at   time.Duration
	text string
}

func newBook(ctx context.Context, t *testing.T, c *cluster.Cluster, start time.Time) *book {
	b := &book{start: start, names: map[string]string{}, places: map[string]int{}, latest: map[string]string{}, pages: map[string]page{}}
	for _, kind := range []object.Kind{object.CronJobKind, object.JobKind, object.PodKind, object.EventKind} {
		w, err := c.Client().Watch(ctx, kind, cluster.WatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b.reading.Go(func() {
			for {
				e, err := w.Next(ctx)
				if err != nil {
					return
				}
				b.see(b.elapsed(), e)
			}
		})
	}
	return b
}

func (b *book) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line{b.elapsed(), fmt.Sprintf(format, args...)})
}

func (b *book) elapsed() time.Duration { return time.Since(b.start).Truncate(grain) }

// name is what an object is called: by the how manieth it is of its owner, or of its owner and index.
func (b *book) name(o object.Object) string {
	m := o.Meta()
	if known := b.names[m.Name]; known != "" {
		b.names[string(m.UID)] = "uid(" + known + ")"
		return known
	}
	name := m.Name
	if m.GenerateName != "" {
		b.places[m.GenerateName]++
		name = fmt.Sprintf("%s#%d", m.GenerateName, b.places[m.GenerateName])
	}
	b.names[m.Name], b.names[string(m.UID)] = name, "uid("+name+")"
	return name
}

func (b *book) see(at time.Duration, e cluster.WatchEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if event, ok := e.Object.(*object.Event); ok {
		if slices.Contains(batchControllers, event.Source.Component) && e.Type != cluster.Deleted {
			b.lines = append(b.lines, line{at, fmt.Sprintf("event %s %s %s: %s", event.InvolvedObject.Name, event.Type, event.Reason, event.Message)})
		}
		return
	}
	who := object.KindOf(e.Object).Name + " " + b.name(e.Object)
	if was, ok := b.pages[who]; ok && was.at != at {
		b.turn(who, was)
	}
	text := describe(e.Object, b.latest[who] == "" && b.pages[who].text == "")
	if e.Type == cluster.Deleted {
		text = "gone"
	}
	b.pages[who] = page{at, text}
}

// turn ends an instant of an object.
func (b *book) turn(who string, p page) {
	if b.latest[who] == p.text {
		return
	}
	b.latest[who] = p.text
	b.lines = append(b.lines, line{p.at, who + " " + p.text})
}

// said takes down the events that Kubernetes' controllers have sent.
func (b *book) said(all []said) {
	for _, s := range all {
		e := s.event
		message := strings.TrimPrefix(e.Message, combined)
		b.lines = append(b.lines, line{s.at.Sub(b.start).Truncate(grain), fmt.Sprintf("event %s %s %s: %s", e.InvolvedObject.Name, e.Type, e.Reason, message)})
	}
}

// text is everything in the order of time, with no random words in it.
func (b *book) text() []string {
	for who, p := range b.pages {
		b.turn(who, p)
	}
	var pairs []string
	for _, word := range sortedKeys(b.names) {
		pairs = append(pairs, word, b.names[word])
	}
	names := strings.NewReplacer(pairs...)
	for i := range b.lines {
		b.lines[i].text = names.Replace(b.lines[i].text)
	}
	slices.SortStableFunc(b.lines, func(x, y line) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.text, y.text)) })
	var out []string
	for i, l := range b.lines {
		if strings.Contains(l.text, " JobAlreadyActive: ") { // comes as often as a controller happens to look
			continue
		}
		if again := i > 0 && b.lines[i-1] == l; !again { // what a controller says as often as it happens to look
			out = append(out, fmt.Sprintf("%10.3f %s", l.at.Seconds(), l.text))
		}
	}
	return out
}

// sortedKeys are the keys, longer ones first, so that none is replaced within another.
func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return keys
}

// describe is what of an object is compared; first says that it was not seen before.
func describe(o object.Object, first bool) string {
	m := o.Meta()
	said := []any{}
	say := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		if t := string(text); t != "null" && t != "false" && t != "{}" && t != "[]" && t != `""` {
			said = append(said, name+"="+strings.ReplaceAll(t, `"`, ""))
		}
	}
	switch o := o.(type) {
	case *pod.Pod:
		say("phase", o.Status.Phase)
		say("grace", m.DeletionGracePeriodSeconds)
		if first {
			say("hostname", o.Spec.Hostname)
			say("env", o.Spec.Containers[0].Env)
		}
	case *object.Job:
		s := o.Status.Clone()
		if u := s.UncountedTerminatedPods; u != nil {
			slices.Sort(u.Succeeded)
			slices.Sort(u.Failed)
		}
		say("status", s)
		if first {
			say("selector", o.Spec.Selector)
		}
	case *object.CronJob:
		s := o.Status.Clone()
		for i := range s.Active {
			s.Active[i].ResourceVersion = ""
		}
		say("status", s)
	}
	say("deleting", m.IsTerminating())
	say("finalizers", m.Finalizers)
	if first || len(m.OwnerReferences) == 0 || m.Labels["looked"] != "" {
		say("labels", m.Labels)
		say("annotations", m.Annotations)
		say("owners", m.OwnerReferences)
	}
	return strings.TrimSuffix(fmt.Sprintln(said...), "\n")
}

// TestJobsAgree plays random Jobs with Kubernetes' controllers and with podlife's on the same API server, nodes and pods, and compares all
// that a user sees, to the microsecond. PODLIFE_LONG plays thousands.
func TestJobsAgree(t *testing.T) { agree(t, 20, 5000, randomJob) }

// TestCronJobsAgree does the same with CronJobs and their Jobs.
func TestCronJobsAgree(t *testing.T) { agree(t, 6, 5000, randomCronJob) }

func agree(t *testing.T, few, many uint64, random func(r *rand.Rand) *batchStory) {
	failed := 0
	for seed := range seedsToTry(t, few, many) {
		story := func() *batchStory { return random(rand.New(rand.NewPCG(seed, 7))) }
		want, have := story().play(t, true), story().play(t, false)
		if chatters(want) || chatters(have) {
			want, have = slices.DeleteFunc(want, ofCronJob), slices.DeleteFunc(have, ofCronJob)
		}
		if !slices.Equal(want, have) {
			t.Errorf("seed %d: Kubernetes <  > podlife; PODLIFE_SEEDS=%d plays it again\n%s", seed, seed, beside(want, have))
			if failed++; failed == 5 {
				return
			}
		}
	}
}

// ofCronJob reports whether a line is what is said of the CronJob of a story.
func ofCronJob(line string) bool { return strings.Contains(line, " event tick ") }

// chatters reports whether so much is said of the CronJob that a recorder begins to leave out some of it: how much that is depends on how
// often a controller happens to look.
func chatters(lines []string) bool {
	n := 0
	for _, l := range lines {
		if ofCronJob(l) {
			n++
		}
	}
	return n > 10
}

// beside shows two histories up to where they differ, and the rest of each.
func beside(want, have []string) string {
	n := 0
	for n < len(want) && n < len(have) && want[n] == have[n] {
		n++
	}
	var out strings.Builder
	for _, l := range want[max(0, n-12):n] {
		fmt.Fprintln(&out, " ", l)
	}
	for _, l := range want[n:min(n+8, len(want))] {
		fmt.Fprintln(&out, "<", l)
	}
	for _, l := range have[n:min(n+8, len(have))] {
		fmt.Fprintln(&out, ">", l)
	}
	return out.String()
}
