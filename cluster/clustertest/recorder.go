package clustertest

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// kubernetesVersion is whose behaviour is played.
const kubernetesVersion = "v1.37.2"

// recorder takes down what happens.
type recorder struct {
	start  time.Time
	names  *names
	out    *Recording
	last   map[pod.UID]map[string]any // the last state of each object
	pods   map[pod.UID]int            // the place of each pod in out.Pods
	events map[saying]int             // the place of each event in out.Events
}

func newRecorder(scenario string, start time.Time) *recorder {
	return &recorder{
		start: start, names: newNames(), last: map[pod.UID]map[string]any{}, pods: map[pod.UID]int{}, events: map[saying]int{},
		out: &Recording{
			Scenario: scenario, KubernetesVersion: kubernetesVersion,
			Actions: []Action{}, Samples: []Sample{}, Pods: []Pod{}, Events: []Event{},
		},
	}
}

// since is a time as the recording has it: seconds, to the hundredth.
func (r *recorder) since(now time.Time) float64 {
	return math.Round(now.Sub(r.start).Seconds()*100) / 100
}

func (r *recorder) ownerOf(o object.Object) string {
	ref := o.Meta().ControllerRef()
	if ref == nil {
		return ""
	}
	name, ok := r.names.byUID[ref.UID]
	if !ok {
		name = ref.Name
	}
	return ref.Kind + "/" + name
}

// changed takes down a change that a watch shows: o as it is now, or as it was when it was deleted.
func (r *recorder) changed(now time.Time, o object.Object, deleted bool) {
	if p, ok := o.(*pod.Pod); ok {
		r.podChanged(r.since(now), p, deleted)
		return
	}
	state := r.state(o)
	if state == nil {
		return
	}
	state = plain(state)
	uid, name := o.Meta().UID, r.names.of(o)
	before, known := r.last[uid]
	change := "modified"
	switch {
	case deleted:
		change = "deleted"
	case !known:
		change = "added"
	case reflect.DeepEqual(before, state):
		return
	}
	r.last[uid] = state
	r.out.Samples = append(r.out.Samples, Sample{
		T: r.since(now), Kind: object.KindOf(o).Name, Name: name, Change: change, State: state,
	})
}

// plain is a state as it is after it was written and read.
func plain(state map[string]any) map[string]any {
	text, err := json.Marshal(state)
	if err != nil {
		panic("clustertest: a state that cannot be written: " + err.Error())
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		panic("clustertest: a state that cannot be read: " + err.Error())
	}
	return out
}

// podChanged takes down what is new in a pod.
func (r *recorder) podChanged(t float64, p *pod.Pod, deleted bool) {
	i, known := r.pods[p.UID]
	if !known {
		i = r.addPod(t, p)
	}
	rec := &r.out.Pods[i]
	once := func(at **float64, is bool) {
		if is && *at == nil {
			*at = &t
		}
	}
	ready, wasReady := p.Status.IsTrue(pod.Ready), rec.Ready != nil && (len(rec.ReadyFlips)%2 == 0)
	if rec.Ready != nil && ready != wasReady {
		rec.ReadyFlips = append(rec.ReadyFlips, Flip{t, ready})
	}
	once(&rec.Scheduled, p.Spec.NodeName != "")
	once(&rec.Running, hasStarted(p))
	once(&rec.Ready, ready)
	once(&rec.Ended, p.Status.Phase.IsTerminal())
	once(&rec.DeleteMark, p.DeletionTimestamp != nil)
	once(&rec.Gone, deleted)
	r.podStands(rec, p)
	if deleted && rec.DeleteMark == nil { // without a grace period, the mark and the end are one
		none := int64(0)
		rec.DeleteMark, rec.DeleteGraceSeconds = &t, &none
	}
}

func (r *recorder) addPod(t float64, p *pod.Pod) int {
	i := len(r.out.Pods)
	r.pods[p.UID] = i
	rec := Pod{
		ID: fmt.Sprintf("p%d", i+1), Name: r.names.of(p), Owner: r.ownerOf(p), Created: t,
		Image: p.Spec.Containers[0].Image, Ordinal: number(ordinalOf(p)), Index: number(indexOf(p)),
	}
	r.out.Pods = append(r.out.Pods, rec)
	return i
}

func number(text string) *int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return &n
}

func hasStarted(p *pod.Pod) bool {
	if len(p.Status.ContainerStatuses) == 0 {
		return false
	}
	c := &p.Status.ContainerStatuses[0]
	return c.State.Running != nil || c.LastTerminationState.Terminated != nil || c.State.Terminated != nil && !c.State.Terminated.StartedAt.IsZero()
}

// podStands takes down what is kept as it was last.
func (r *recorder) podStands(rec *Pod, p *pod.Pod) {
	rec.Node, rec.Phase, rec.Reason = p.Spec.NodeName, string(p.Status.Phase), string(p.Status.Reason)
	if p.DeletionGracePeriodSeconds != nil && rec.DeleteGraceSeconds == nil {
		grace := *p.DeletionGracePeriodSeconds
		rec.DeleteGraceSeconds = &grace
	}
	if len(p.Status.ContainerStatuses) > 0 {
		c := &p.Status.ContainerStatuses[0]
		rec.Restarts, rec.ExitCode = c.RestartCount, nil
		if c.State.Terminated != nil {
			code := c.State.Terminated.ExitCode
			rec.ExitCode = &code
		}
	}
	if c := p.Status.Condition(pod.DisruptionTarget); c != nil && c.Status == pod.ConditionTrue {
		rec.DisruptionTarget = string(c.Reason)
	}
	rec.OwnerAtEnd = nil
	if owner := r.ownerOf(p); owner != rec.Owner {
		rec.OwnerAtEnd = &owner
	}
}

// saying is what makes two events one.
type saying struct{ object, kind, reason, message string }

// said takes down an event.
func (r *recorder) said(now time.Time, said *object.Event) {
	about := said.InvolvedObject
	name, ok := r.names.byUID[about.UID]
	if !ok {
		name = r.names.text(about.Name)
	}
	e := Event{Object: about.Kind + "/" + name, Type: said.Type, Reason: said.Reason, Message: r.names.text(said.Message)}
	key := saying{e.Object, e.Type, e.Reason, e.Message}
	i, known := r.events[key]
	if !known {
		i = len(r.out.Events)
		r.events[key] = i
		r.out.Events = append(r.out.Events, e)
	}
	r.out.Events[i].Count++
	r.out.Events[i].At = append(r.out.Events[i].At, r.since(now))
}
