package cluster_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// over is what there was of the end of a pod. One that is asked to stop counts as failed, whatever it ends with.
type over struct{ succeeded, failed bool }

// onlooker sees every change of workloads and their pods in the order in which they were stored, and after each one checks what must
// always hold:
//
//   - a pod never goes from one controller to another without having had none in between;
//   - the ReplicaSets of a Deployment never want more pods than its replicas and surge;
//   - a Job never has more pods at work than its parallelism, and never counts more pods than have ended, nor fewer than before;
//   - a StatefulSet that is ordered makes no pod before one of each lower ordinal has been ready (that it is so no longer, it may see late);
//   - a DaemonSet without surge never has two pods at work on one node.
//
// It does not see what is stored after it was told to look last.
type onlooker struct {
	t       testing.TB
	watches []cluster.Watch
	objects map[pod.UID]object.Object
	owned   map[pod.UID]map[pod.UID]*pod.Pod
	over    map[pod.UID]map[pod.UID]over // by owner: pods that have ended, or were asked to
	ready   map[string]bool              // names of pods that were ready once
	made    map[string]int               // pods ever made, by kind and name of their controllers
	changes map[string]int               // by kind
}

var seenByOnlooker = []object.Kind{
	object.DeploymentKind, object.ReplicaSetKind, object.StatefulSetKind, object.DaemonSetKind, object.JobKind, object.CronJobKind, object.PodKind,
}

func newOnlooker(t testing.TB, c *cluster.Cluster) *onlooker {
	o := &onlooker{
		t: t, objects: map[pod.UID]object.Object{}, owned: map[pod.UID]map[pod.UID]*pod.Pod{}, over: map[pod.UID]map[pod.UID]over{},
		ready: map[string]bool{}, made: map[string]int{}, changes: map[string]int{},
	}
	for _, kind := range seenByOnlooker {
		w, err := c.Client().Watch(context.Background(), kind, cluster.WatchOptions{})
		require.NoError(t, err)
		o.watches = append(o.watches, w)
	}
	return o
}

// look sees what is new.
func (o *onlooker) look() {
	o.t.Helper()
	var news []cluster.WatchEvent
	for _, w := range o.watches {
		news = append(news, drain(w)...)
		require.NoError(o.t, w.Err())
	}
	slices.SortStableFunc(news, func(a, b cluster.WatchEvent) int { return cmp.Compare(versionOf(a), versionOf(b)) })
	for _, e := range news {
		o.see(e)
	}
}

// lookForSilence checks that the controllers have nothing left to do: for an hour nothing changes but what a CronJob runs, and of that
// only Jobs that have not ended.
func (o *onlooker) lookForSilence(c *cluster.Cluster) {
	o.t.Helper()
	o.look()
	clear(o.changes)
	c.RunFor(time.Hour)
	o.look()
	for _, kind := range []object.Kind{object.DeploymentKind, object.ReplicaSetKind, object.StatefulSetKind, object.DaemonSetKind, object.JobKind} {
		require.Zero(o.t, o.changes[kind.Name], "%s is written to although nothing happens", kind.Name)
	}
}

// newImage is what a user does meanwhile: a new image for one of the workloads.
func newImage(ctx context.Context, c *cluster.Cluster, r *rand.Rand) {
	of := []struct {
		kind object.Kind
		name string
	}{{object.DeploymentKind, "web"}, {object.StatefulSetKind, "db"}, {object.DaemonSetKind, "agent"}}[r.IntN(3)]
	image := fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"app:%d"}]}}}}`, r.IntN(4))
	_, _ = c.Client().Patch(ctx, of.kind, pod.Key{Name: of.name}, []byte(image))
}

func versionOf(e cluster.WatchEvent) uint64 {
	n, _ := strconv.ParseUint(e.Object.Meta().ResourceVersion, 10, 64)
	return n
}

func (o *onlooker) see(e cluster.WatchEvent) {
	uid, was := e.Object.Meta().UID, o.objects[e.Object.Meta().UID]
	if !isTicking(was, e) {
		o.changes[object.KindOf(e.Object).Name]++
	}
	if e.Type == cluster.Deleted {
		delete(o.objects, uid)
	} else {
		o.objects[uid] = e.Object
	}
	switch is := e.Object.(type) {
	case *pod.Pod:
		before, _ := was.(*pod.Pod)
		o.seePod(before, is, e.Type == cluster.Deleted)
	case *object.Job:
		before, _ := was.(*object.Job)
		o.seeJob(before, is)
	case *object.ReplicaSet:
		o.seeReplicaSet(is)
	}
}

// isTicking reports whether a change is one of a Job that a CronJob runs: it comes, has not ended yet, or goes.
func isTicking(was object.Object, e cluster.WatchEvent) bool {
	job, ok := e.Object.(*object.Job)
	if !ok || job.ControllerRef() == nil {
		return false
	}
	before, _ := was.(*object.Job)
	return before == nil || !hasEnded(before) || job.IsTerminating() || e.Type == cluster.Deleted
}

func hasEnded(j *object.Job) bool {
	return slices.ContainsFunc(j.Status.Conditions, func(c object.JobCondition) bool {
		return (c.Type == object.JobComplete || c.Type == object.JobFailed) && c.Status == pod.ConditionTrue
	})
}

func (o *onlooker) seePod(was, is *pod.Pod, gone bool) {
	ref := is.ControllerRef()
	if was != nil && was.ControllerRef() != nil && ref != nil {
		require.Equal(o.t, was.ControllerRef().UID, ref.UID, "pod %s goes from one controller to another", is.Name)
	}
	if was != nil && was.ControllerRef() != nil {
		delete(o.owned[was.ControllerRef().UID], is.UID)
	}
	o.ready[is.Name] = o.ready[is.Name] || is.Status.IsTrue(pod.Ready)
	if ref == nil {
		return
	}
	if was == nil {
		o.made[ref.Kind+" "+ref.Name]++
	}
	if o.owned[ref.UID] == nil {
		o.owned[ref.UID], o.over[ref.UID] = map[pod.UID]*pod.Pod{}, map[pod.UID]over{}
	}
	if success := is.Status.Phase == pod.Succeeded; is.Status.Phase.IsTerminal() || is.IsTerminating() || gone {
		end := o.over[ref.UID][is.UID]
		o.over[ref.UID][is.UID] = over{end.succeeded || success, end.failed || !success}
	}
	if !gone {
		o.owned[ref.UID][is.UID] = is
	}
	switch owner := o.objects[ref.UID].(type) {
	case *object.Job:
		n := 0
		for _, p := range o.owned[ref.UID] {
			if isAtWork(p) {
				n++
			}
		}
		require.LessOrEqual(o.t, n, int(*owner.Spec.Parallelism), "Job %s has that many pods at work", owner.Name)
	case *object.DaemonSet:
		o.onePodANode(owner)
	case *object.StatefulSet:
		if was == nil && owner.Spec.PodManagementPolicy != object.ParallelPodManagement {
			o.inOrder(owner, is)
		}
	}
}

func isAtWork(p *pod.Pod) bool { return !p.Status.Phase.IsTerminal() && !p.IsTerminating() }

func (o *onlooker) onePodANode(set *object.DaemonSet) {
	on := map[string]string{}
	for _, p := range o.owned[set.UID] {
		if p.Spec.NodeName == "" || !isAtWork(p) {
			continue
		}
		require.Empty(o.t, on[p.Spec.NodeName], "DaemonSet %s has the pods %s and %s on node %s", set.Name, on[p.Spec.NodeName], p.Name, p.Spec.NodeName)
		on[p.Spec.NodeName] = p.Name
	}
}

// inOrder checks that there have been pods before a new one, and that they have been ready.
func (o *onlooker) inOrder(set *object.StatefulSet, is *pod.Pod) {
	var n int
	_, err := fmt.Sscanf(is.Name, set.Name+"-%d", &n)
	require.NoError(o.t, err)
	for before := range n {
		name := fmt.Sprintf("%s-%d", set.Name, before)
		require.True(o.t, o.ready[name], "StatefulSet %s makes %s before %s was ready", set.Name, is.Name, name)
	}
}

func (o *onlooker) seeJob(was, is *object.Job) {
	succeeded, failed := int32(0), int32(0)
	for _, end := range o.over[is.UID] {
		if end.succeeded {
			succeeded++
		}
		if end.failed {
			failed++
		}
	}
	require.LessOrEqual(o.t, is.Status.Succeeded, succeeded, "Job %s counts that many as succeeded", is.Name)
	require.LessOrEqual(o.t, is.Status.Failed, failed, "Job %s counts that many as failed", is.Name)
	require.LessOrEqual(o.t, int(is.Status.Succeeded+is.Status.Failed), len(o.over[is.UID]), "Job %s counts a pod twice", is.Name)
	if was != nil {
		require.GreaterOrEqual(o.t, is.Status.Succeeded, was.Status.Succeeded, is.Name)
		require.GreaterOrEqual(o.t, is.Status.Failed, was.Status.Failed, is.Name)
	}
}

func (o *onlooker) seeReplicaSet(is *object.ReplicaSet) {
	ref := is.ControllerRef()
	if ref == nil {
		return
	}
	d, _ := o.objects[ref.UID].(*object.Deployment)
	if d == nil {
		return
	}
	wanted := int32(0)
	for _, other := range o.objects {
		if set, ok := other.(*object.ReplicaSet); ok && set.ControllerRef() != nil && set.ControllerRef().UID == d.UID {
			wanted += *set.Spec.Replicas
		}
	}
	surge := int32(0)
	if d.Spec.Strategy.Type != object.RecreateDeploymentStrategyType {
		surge, _ = d.Spec.Strategy.RollingUpdate.MaxSurge.Of(*d.Spec.Replicas, pod.RoundUp)
	}
	require.LessOrEqual(o.t, wanted, *d.Spec.Replicas+surge, "the ReplicaSets of Deployment %s want that many pods", d.Name)
}

// everyKind is a workload of each kind, with the pods that it makes while nothing goes wrong, up to one update of its template.
var everyKind = []struct {
	name, manifest string
	kind           object.Kind
	made, updated  int
}{
	{"ReplicaSet web", webSet, object.ReplicaSetKind, 5, 5},
	{"Deployment web", webDeployment, object.DeploymentKind, 3, 6},
	{"StatefulSet db", mixed[2], object.StatefulSetKind, 2, 4},
	{"DaemonSet agent", mixed[3], object.DaemonSetKind, 4, 8},
	{"Job work", mixed[4], object.JobKind, 6, 6},
	{"CronJob tick", `{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: "* * * * *", jobTemplate: {spec: {completions: 2,
	  template: {spec: {restartPolicy: Never, containers: [{name: app, image: "tick:1"}]}}}}}}`, object.CronJobKind, 2 * 30, 2 * 60},
}

// TestNothingIsMadeTwice has all controllers see everything late, by less and by more than pods take to change, and their writes take time:
// each makes exactly the pods that it would if it saw everything at once.
func TestNothingIsMadeTwice(t *testing.T) {
	for _, by := range []time.Duration{0, 300 * time.Millisecond, 3 * time.Second} {
		for _, test := range everyKind {
			t.Run(fmt.Sprint(test.name, " ", by), func(t *testing.T) {
				c := newCluster(t, cluster.Config{
					Nodes: nodes(4), Check: true, History: 1 << 16, Latency: 20 * time.Millisecond, WriteLatency: 10 * time.Millisecond,
					Lags: []cluster.Lag{{By: by}},
				})
				o := newOnlooker(t, c)
				key := apply(t, c, test.manifest).Meta().Key()
				made := func() (n int) {
					for _, count := range o.made {
						n += count
					}
					return n
				}
				c.RunFor(30*time.Minute + 30*time.Second)
				o.look()
				require.Equal(t, test.made, made())

				image := `{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"other:2"}]}}}}`
				if test.kind == object.JobKind || test.kind == object.CronJobKind {
					image = `{"metadata":{"labels":{"looked":"at"}}}`
				}
				_, err := c.Client().Patch(t.Context(), test.kind, key, []byte(image))
				require.NoError(t, err)
				c.RunFor(30 * time.Minute)
				o.look()
				require.Equal(t, test.updated, made())
			})
		}
	}
}
