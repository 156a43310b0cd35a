package workload_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// recording is a history in the format of the recorded ones. A nil recording records nothing.
type recording struct {
	Scenario string           `json:"scenario"`
	Actions  []map[string]any `json:"actions"`
	Samples  []map[string]any `json:"samples"`
	Pods     []map[string]any `json:"pods"`
	Events   []*recordedEvent `json:"events"`
	byUID    map[pod.UID]map[string]any
	names    map[string]string
	seen     map[string]int
}

type recordedEvent struct {
	Object  string    `json:"object"`
	Type    string    `json:"type"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Count   int       `json:"count"`
	At      []float64 `json:"at"`
}

func newRecording(name string) *recording {
	return &recording{Scenario: name, byUID: map[pod.UID]map[string]any{}, names: map[string]string{}, seen: map[string]int{}}
}

func (w *jobWorld) t0() float64 { return math.Round(w.now.Sub(w.zero).Seconds()*100) / 100 }

// name is an object's name without what is random in it.
func (r *recording) name(o object.Object) string {
	m := o.Meta()
	if known, ok := r.names[m.Name]; ok {
		return known
	}
	name := m.Name
	switch ref := m.ControllerRef(); {
	case m.GenerateName != "" && ref != nil:
		owner := ref.Name
		if known, ok := r.names[owner]; ok {
			owner = known
		}
		name = owner + strings.TrimPrefix(m.GenerateName, ref.Name) + "*"
	case ref != nil && ref.Kind == "CronJob":
		r.seen[ref.Name]++
		name = ref.Name + "-#" + strconv.Itoa(r.seen[ref.Name])
	}
	r.names[m.Name] = name
	return name
}

func (r *recording) normal(text string) string {
	real := make([]string, 0, len(r.names))
	for n := range r.names {
		real = append(real, n)
	}
	sort.Slice(real, func(i, j int) bool { return len(real[i]) > len(real[j]) })
	for _, n := range real {
		text = strings.ReplaceAll(text, n, r.names[n])
	}
	return text
}

func ownerText(r *recording, o object.Object) string {
	ref := o.Meta().ControllerRef()
	if ref == nil {
		return ""
	}
	return ref.Kind + "/" + r.normal(ref.Name)
}

func (r *recording) created(w *jobWorld, p *pod.Pod) {
	if r == nil {
		return
	}
	row := map[string]any{
		"id": "p" + strconv.Itoa(len(r.Pods)+1), "name": r.name(p), "owner": ownerText(r, p), "image": p.Spec.Containers[0].Image, "created": w.t0(),
	}
	if n, err := strconv.Atoi(p.Annotations["batch.kubernetes.io/job-completion-index"]); err == nil {
		row["index"] = n
	}
	r.Pods = append(r.Pods, row)
	r.byUID[p.UID] = row
}

func (r *recording) changedPod(w *jobWorld, was, is *pod.Pod) {
	if r == nil {
		return
	}
	row, t := r.byUID[is.UID], w.t0()
	first := func(field string, when bool) {
		if _, ok := row[field]; !ok && when {
			row[field] = t
		}
	}
	first("scheduled", is.Spec.NodeName != "")
	first("running", is.Status.Phase == pod.Running)
	_, wasReady := row["ready"]
	if a, b := was.Status.IsTrue(pod.Ready), is.Status.IsTrue(pod.Ready); wasReady && a != b {
		flips, _ := row["readyFlips"].([]any)
		row["readyFlips"] = append(flips, map[string]any{"t": t, "ready": b})
	}
	first("ready", is.Status.IsTrue(pod.Ready))
	first("ended", is.Status.Phase.IsTerminal())
	first("deleteMark", is.IsTerminating())
	if is.IsTerminating() && !was.IsTerminating() {
		row["deleteGraceSeconds"] = *is.DeletionGracePeriodSeconds
	}
	row["phase"] = string(is.Status.Phase)
	if is.Spec.NodeName != "" {
		row["node"] = is.Spec.NodeName
	}
	if len(is.Status.ContainerStatuses) > 0 {
		s := is.Status.ContainerStatuses[0]
		if s.RestartCount > 0 {
			row["restarts"] = s.RestartCount
		}
		if s.State.Terminated != nil {
			row["exitCode"] = s.State.Terminated.ExitCode
		}
	}
	if c := is.Status.Condition(pod.DisruptionTarget); c != nil {
		row["disruptionTarget"] = string(c.Reason)
	}
}

func (r *recording) gone(w *jobWorld, p *pod.Pod) {
	if r != nil {
		r.byUID[p.UID]["gone"] = w.t0()
	}
}

func (r *recording) sample(w *jobWorld, o object.Object, change string) {
	if r == nil {
		return
	}
	s := map[string]any{"t": w.t0(), "kind": object.KindOf(o).Name, "name": r.name(o), "change": change}
	if change != "deleted" {
		s["state"] = r.state(w, o)
	}
	r.Samples = append(r.Samples, s)
}

func (r *recording) state(w *jobWorld, o object.Object) map[string]any {
	seconds := func(t *pod.Time) any {
		if t == nil {
			return nil
		}
		return t.Sub(w.zero).Seconds()
	}
	state := map[string]any{}
	switch o := o.(type) {
	case *object.Job:
		list := []any{}
		for _, c := range o.Status.Conditions {
			list = append(list, map[string]any{"type": c.Type, "status": c.Status, "reason": c.Reason, "message": r.normal(c.Message)})
		}
		sort.Slice(list, func(i, j int) bool { return fmt.Sprint(list[i]) < fmt.Sprint(list[j]) })
		uncounted := 0
		if u := o.Status.UncountedTerminatedPods; u != nil {
			uncounted = len(u.Succeeded) + len(u.Failed)
		}
		state = map[string]any{
			"owner": ownerText(r, o), "parallelism": o.Spec.Parallelism, "completions": o.Spec.Completions, "suspend": o.Spec.Suspend,
			"active": o.Status.Active, "ready": o.Status.Ready, "terminating": o.Status.Terminating, "succeeded": o.Status.Succeeded,
			"failed": o.Status.Failed, "uncounted": uncounted, "completedIndexes": o.Status.CompletedIndexes, "failedIndexes": o.Status.FailedIndexes,
			"startTime": seconds(o.Status.StartTime), "completionTime": seconds(o.Status.CompletionTime), "conditions": list,
		}
	case *object.CronJob:
		active := []string{}
		for _, ref := range o.Status.Active {
			active = append(active, r.normal(ref.Name))
		}
		state = map[string]any{
			"suspend": o.Spec.Suspend, "active": active, "lastScheduleTime": seconds(o.Status.LastScheduleTime),
			"lastSuccessfulTime": seconds(o.Status.LastSuccessfulTime),
		}
	}
	if o.Meta().IsTerminating() {
		state["deleting"], state["finalizers"] = true, slices.Clone(o.Meta().Finalizers)
	}
	return state
}

func (r *recording) event(w *jobWorld, about object.Object, e controller.Event, message string) {
	if r == nil {
		return
	}
	name := object.KindOf(about).Name + "/" + r.name(about)
	message = r.normal(message)
	for _, was := range r.Events {
		if was.Object == name && was.Type == e.Type && was.Reason == e.Reason && was.Message == message {
			was.Count++
			was.At = append(was.At, w.t0())
			return
		}
	}
	r.Events = append(r.Events, &recordedEvent{name, e.Type, e.Reason, message, 1, []float64{w.t0()}})
}

// jobScenario is a scenario of the recorded histories, as far as Jobs go.
type jobScenario struct {
	Name           string         `json:"name"`
	About          string         `json:"about"`
	Flags          []string       `json:"flags,omitempty"`
	StartsAtSecond int            `json:"startsAtSecond,omitempty"`
	Nodes          any            `json:"nodes,omitempty"`
	Pods           []podRule      `json:"pods,omitempty"`
	Objects        []any          `json:"objects,omitempty"`
	Steps          []scenarioStep `json:"steps,omitempty"`
	Until          string         `json:"until"`
	// Quiet says that the end is the end: nothing is written in the day after it.
	Quiet bool `json:"quiet,omitempty"`
	// Quota is how many pods there may be at once; 0 is no limit.
	Quota int `json:"quota,omitempty"`
}

type podRule struct {
	Match struct {
		Index   *int              `json:"index,omitempty"`
		Attempt string            `json:"attempt,omitempty"`
		Labels  map[string]string `json:"labels,omitempty"`
		Image   string            `json:"image,omitempty"`
		Node    string            `json:"node,omitempty"`
	} `json:"match,omitempty"`
	StartsAfter string `json:"startsAfter,omitempty"`
	ReadyAfter  string `json:"readyAfter,omitempty"`
	RunsFor     string `json:"runsFor,omitempty"`
	Exit        int32  `json:"exit,omitempty"`
	Runs        []struct {
		For  string `json:"for"`
		Exit int32  `json:"exit,omitempty"`
	} `json:"runs,omitempty"`
	StopsAfter string `json:"stopsAfter,omitempty"`
}

type scenarioStep struct {
	At          string `json:"at"`
	Do          string `json:"do"`
	Kind        string `json:"kind,omitempty"`
	Name        string `json:"name,omitempty"`
	Node        string `json:"node,omitempty"`
	Patch       any    `json:"patch,omitempty"`
	Propagation string `json:"propagation,omitempty"`
	Select      *struct {
		Pick string `json:"pick,omitempty"`
	} `json:"select,omitempty"`
}

var update = flag.Bool("update", false, "rewrite the histories in testdata")

var jobScenarioCodec = yamldoc.NewCodec[jobScenario]()

func duration(t testing.TB, s string, unset time.Duration) time.Duration {
	switch s {
	case "":
		return unset
	case "forever", "never":
		return forever
	}
	d, err := time.ParseDuration(s)
	require.NoError(t, err)
	return d
}

func parseJobScenario(t testing.TB, data []byte) *jobScenario {
	docs, faults := yamldoc.Parse(data, yamldoc.Limits{})
	require.Empty(t, faults)
	s := &jobScenario{}
	require.Empty(t, jobScenarioCodec.Decode(docs[0].Root(), s, "", yamldoc.Strict))
	return s
}

func (s *jobScenario) behave(t testing.TB) func(p *pod.Pod, attempt int) jobBehavior {
	return func(p *pod.Pod, attempt int) jobBehavior {
		for i := range s.Pods {
			r := &s.Pods[i]
			if !r.matches(p, attempt) {
				continue
			}
			b := jobBehavior{
				starts: duration(t, r.StartsAfter, 0), ready: duration(t, r.ReadyAfter, 0), stops: duration(t, r.StopsAfter, 0),
				runs: []jobRun{{duration(t, r.RunsFor, forever), r.Exit}},
			}
			if len(r.Runs) > 0 {
				b.runs = nil
			}
			for _, x := range r.Runs {
				b.runs = append(b.runs, jobRun{duration(t, x.For, forever), x.Exit})
			}
			b.never = b.starts == forever
			return b
		}
		return jobBehavior{runs: []jobRun{{forever, 0}}}
	}
}

func (r *podRule) matches(p *pod.Pod, attempt int) bool {
	m := &r.Match
	if m.Index != nil && strconv.Itoa(*m.Index) != p.Annotations["batch.kubernetes.io/job-completion-index"] {
		return false
	}
	if m.Image != "" && m.Image != p.Spec.Containers[0].Image {
		return false
	}
	for k, v := range m.Labels {
		if p.Labels[k] != v {
			return false
		}
	}
	if m.Attempt == "" {
		return true
	}
	from, to, ranged := strings.Cut(m.Attempt, "-")
	first, _ := strconv.Atoi(from)
	last, err := strconv.Atoi(to)
	switch {
	case !ranged:
		last = first
	case err != nil:
		last = math.MaxInt
	}
	return attempt >= first && attempt <= last
}

// play runs a scenario and returns its recording.
func (s *jobScenario) play(t testing.TB, edits ...func(w *jobWorld)) *recording {
	zero := time.Date(2026, 3, 4, 5, 6, s.StartsAtSecond, 0, time.UTC)
	w := newJobWorld(t, zero, workload.Job{}, workload.StrayJobPods{}, workload.CronJob{}, workload.TTLAfterFinished{})
	w.behave, w.record = s.behave(t), newRecording(s.Name)
	w.check, w.quota = func() { checkJobs(w) }, s.Quota
	for _, edit := range edits {
		edit(w)
	}
	w.at(zero, func() {
		for _, o := range s.Objects {
			_, err := w.create(decodeObject(t, o))
			require.NoError(t, err)
		}
	})
	for _, step := range s.Steps {
		w.at(zero.Add(duration(t, step.At, 0)), func() { s.step(w, step) })
	}
	w.runUntil(zero.Add(duration(t, s.Until, 0)))
	if record := w.record; s.Quiet {
		writes := w.writes
		w.record = nil
		w.runUntil(w.now.Add(24 * time.Hour))
		require.Equal(t, writes, w.writes, "there are writes after the end")
		return record
	}
	return w.record
}

// decodeObject gives an object the defaults that the API server gives it.
func decodeObject(t testing.TB, o any) object.Object {
	data, err := json.Marshal(o)
	require.NoError(t, err)
	var kind struct{ Kind string }
	require.NoError(t, json.Unmarshal(data, &kind))
	if kind.Kind == "CronJob" {
		c := &object.CronJob{}
		require.NoError(t, json.Unmarshal(data, c))
		defaultJob(&c.Spec.JobTemplate.Spec)
		if c.Spec.Suspend == nil {
			c.Spec.Suspend = new(false)
		}
		return c
	}
	j := &object.Job{}
	require.NoError(t, json.Unmarshal(data, j))
	defaultJob(&j.Spec)
	return j
}

func defaultJob(s *object.JobSpec) {
	if s.Completions == nil && s.Parallelism == nil {
		s.Completions = new(int32(1))
	}
	if s.Parallelism == nil {
		s.Parallelism = new(int32(1))
	}
	if s.Suspend == nil {
		s.Suspend = new(false)
	}
	if s.Template.Spec.TerminationGracePeriodSeconds == nil {
		s.Template.Spec.TerminationGracePeriodSeconds = new(int64(30))
	}
}

func (s *jobScenario) step(w *jobWorld, step scenarioStep) {
	action := map[string]any{"t": w.t0(), "do": step.Do, "target": []string{step.Kind + "/" + step.Name}, "code": 200}
	w.record.Actions = append(w.record.Actions, action)
	kind := object.Kind{APIVersion: "batch/v1", Name: step.Kind}
	switch step.Do {
	case "patch":
		w.patch(kind, step.Name, step.Patch)
	case "delete", "evict":
		if step.Kind != "" {
			w.remove(w.objects[kind][pod.Key{Namespace: "default", Name: step.Name}], object.DeleteOptions{Propagation: object.DeletionPropagation(step.Propagation)})
			return
		}
		var picked *pod.Pod
		for o := range w.List(object.PodKind, "") {
			if p := o.(*pod.Pod); picked == nil && !p.IsTerminating() {
				picked = p
			}
		}
		if step.Do == "evict" {
			w.alter(picked.UID, picked.Key(), func(p *pod.Pod) bool {
				p.Status.SetCondition(pod.Condition{Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: pod.ReasonEvictionByEvictionAPI})
				return true
			})
			picked = w.objects[object.PodKind][picked.Key()].(*pod.Pod)
		}
		w.remove(picked, object.DeleteOptions{})
	default:
		w.t.Fatalf("unknown step %q", step.Do)
	}
}

// checkJobs holds the invariants of Jobs: never more pods at work than parallelism, no pod counted twice.
func checkJobs(w *jobWorld) {
	for o := range w.List(object.JobKind, "") {
		job := o.(*object.Job)
		active := int32(0)
		for p := range w.Unsettled(job.UID) {
			if p.IsTerminating() || p.Status.Phase.IsTerminal() {
				w.ended[p.UID] = job.UID
				continue
			}
			active++
		}
		if limit := *job.Spec.Parallelism; active > limit && job.Generation == 1 {
			w.t.Fatalf("%s: Job %q has %d pods at work, parallelism is %d", w.now.Sub(w.zero), job.Name, active, limit)
		}
		counted := int(job.Status.Succeeded + job.Status.Failed)
		if u := job.Status.UncountedTerminatedPods; u != nil {
			counted += len(u.Succeeded) + len(u.Failed)
		}
		ended := 0
		for _, owner := range w.ended {
			if owner == job.UID {
				ended++
			}
		}
		if counted > ended && !w.failing(job) {
			w.t.Fatalf("%s: Job %q counts %d pods, %d have ended", w.now.Sub(w.zero), job.Name, counted, ended)
		}
	}
}

// failing reports whether pods at work may be counted, for they are about to be deleted.
func (w *jobWorld) failing(job *object.Job) bool {
	return slices.ContainsFunc(job.Status.Conditions, func(c object.JobCondition) bool { return c.Type == object.JobFailureTarget })
}

// TestPlayJobScenarios plays the scenarios of Jobs in a folder, and writes what comes of it to another, for a comparison by
// the program that is beside them.
func TestPlayJobScenarios(t *testing.T) {
	in, out := os.Getenv("PODLIFE_JOB_SCENARIOS"), os.Getenv("PODLIFE_JOB_OUT")
	if in == "" || out == "" {
		t.Skip("PODLIFE_JOB_SCENARIOS and PODLIFE_JOB_OUT name no folders")
	}
	files, err := filepath.Glob(filepath.Join(in, "*job-*.yaml"))
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.Contains(string(data), "nodeFail") {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(parseJobScenario(t, data).play(t), "", " ")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(out, name+".json"), got, 0o644))
		})
	}
}

// text is a recording for reading, as beside the recorded ones: what changes, then the pods, then the events.
func (r *recording) text() string {
	var b strings.Builder
	was := map[string]map[string]any{}
	for _, s := range r.Samples {
		name := fmt.Sprint(s["kind"], "/", s["name"])
		fmt.Fprintf(&b, "%8.2f  %s", s["t"], name)
		state, _ := s["state"].(map[string]any)
		switch s["change"] {
		case "deleted":
			b.WriteString(" gone")
		case "added":
			b.WriteString(" new")
		default:
			for _, field := range slices.Sorted(maps.Keys(state)) {
				if before, after := fieldText(was[name][field]), fieldText(state[field]); before != after {
					fmt.Fprintf(&b, " %s=%s", field, after)
				}
			}
		}
		was[name] = state
		b.WriteByte('\n')
	}
	b.WriteString("\n")
	for _, p := range r.Pods {
		fmt.Fprintf(&b, "    %-4s", p["id"])
		for _, field := range []string{"name", "created", "running", "ended", "deleteMark", "gone", "phase"} {
			if v, ok := p[field]; ok && field == "name" {
				fmt.Fprintf(&b, " %v", v)
			} else if ok {
				fmt.Fprintf(&b, " %s=%v", field, v)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n")
	for _, e := range r.Events {
		fmt.Fprintf(&b, "%8.2f  %-7s x%d %s %s: %s\n", e.At[0], e.Type, e.Count, e.Object, e.Reason, e.Message)
	}
	return b.String()
}

func fieldText(v any) string {
	if list, ok := v.([]any); ok {
		var words []string
		for _, x := range list {
			c := x.(map[string]any)
			words = append(words, fmt.Sprintf("%v=%v(%v)", c["type"], c["status"], c["reason"]))
		}
		return strings.Join(words, ",")
	}
	data, _ := json.Marshal(v)
	return string(data)
}

// TestJobTranscripts plays the scenario in each file of testdata/jobs and holds what happens against the history below it.
// After its end nothing more is written. With -update the histories are rewritten.
func TestJobTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/jobs/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			scenario, want, _ := strings.Cut(string(data), "\n---\n")
			got := parseJobScenario(t, []byte(scenario)).play(t).text()
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(scenario+"\n---\n"+got), 0o644))
				return
			}
			require.Equal(t, want, got)
		})
	}
}

// A controller that has forgotten everything that objects still show, or cannot tell unsettled pods from others, does the same.
func TestJobTranscriptsForgetful(t *testing.T) {
	files, err := filepath.Glob("testdata/jobs/*.txt")
	require.NoError(t, err)
	for _, file := range files {
		switch filepath.Base(file) {
		case "cron-other-schedule.txt": // to see a change of schedule is to remember the one before
			continue
		case "replaced-once-ended.txt", "index-replaced-once-ended.txt": // the pod that has failed has gone, and the back-off with it
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			scenario, want, _ := strings.Cut(string(data), "\n---\n")
			got := parseJobScenario(t, []byte(scenario)).play(t, func(w *jobWorld) { w.forgetful, w.plain = true, true }).text()
			require.Equal(t, want, got)
		})
	}
}
