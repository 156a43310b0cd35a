package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// resized is p with another CPU request for its first container.
func resized(p *pod.Pod, cpu string) *pod.Pod {
	next := p.Clone()
	next.Generation++
	next.Spec.Containers[0].Resources.Requests = pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity(cpu)}
	return next
}

// resizeMachine is a machine whose pod runs, and its first container has 100m of CPU.
func resizeMachine(t *testing.T, policy pod.ResourceResizeRestartPolicy) (*lifecycle.Machine, *pod.Pod, *world) {
	p := resized(benchPod(t), "100m")
	p.Spec.Containers[0].ReadinessProbe = nil
	p.Spec.Containers[0].ResizePolicy = []pod.ContainerResizePolicy{{ResourceName: pod.ResourceCPU, RestartPolicy: policy}}
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	return m, p, w
}

func request(m *lifecycle.Machine) string {
	s := m.Status()
	return s.ContainerStatuses[0].Resources.Requests[pod.ResourceCPU].String()
}

func TestResizeInPlace(t *testing.T) {
	m, p, _ := resizeMachine(t, pod.NotRequired)
	later := epoch.Add(time.Minute)
	out := m.Step(later, lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	require.Len(t, out.Actions, 1)
	require.Equal(t, "Resize app#0", out.Actions[0].String())
	s := m.Status()
	require.Equal(t, pod.ConditionTrue, s.Condition(pod.PodResizeInProgress).Status)
	require.Equal(t, "100m", request(m), "what it still has")

	out = m.Step(later, lifecycle.Input{Kind: lifecycle.Done, Action: out.Actions[0].ID, Result: lifecycle.Result{Outcome: lifecycle.Failed, Message: "no room"}})
	s = m.Status()
	require.Equal(t, "no room", s.Condition(pod.PodResizeInProgress).Message)
	require.Equal(t, later.Add(10*time.Second), out.Wake)

	out = m.Step(out.Wake, lifecycle.Input{})
	require.Equal(t, "Resize app#0", out.Actions[0].String())
	m.Step(later.Add(10*time.Second), lifecycle.Input{Kind: lifecycle.Done, Action: out.Actions[0].ID})
	s = m.Status()
	require.Nil(t, s.Condition(pod.PodResizeInProgress))
	require.Equal(t, "200m", request(m))
	require.EqualValues(t, 0, s.ContainerStatuses[0].RestartCount)
}

// TestResizeTakenBack takes a resize back while the runtime is at it: what it then has given is taken back as well.
func TestResizeTakenBack(t *testing.T) {
	m, p, _ := resizeMachine(t, pod.NotRequired)
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	id := out.Actions[0].ID
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "100m")})
	require.Empty(t, out.Actions, "one after the other")
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: id})
	require.Equal(t, "200m", request(m), "what it has for now")
	require.Equal(t, "Resize app#0", out.Actions[0].String())
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: out.Actions[0].ID})
	require.Equal(t, "100m", request(m))
	require.Equal(t, []string{`Normal ResizeCompleted: Pod resize completed: ` + sizes("100m", 2, "")}, eventLines(out))
}

// sizes is how events tell of the pod's sizes.
func sizes(cpu string, generation int, err string) string {
	if err != "" {
		err = fmt.Sprintf(`,"error":%q`, err)
	}
	return fmt.Sprintf(`{"containers":[{"name":"app","resources":{"requests":{"cpu":%q}}},{"name":"log","resources":{}}],"generation":%d%s}`, cpu, generation, err)
}

// resizeConditions are the conditions of resizes, each in one line.
func resizeConditions(m *lifecycle.Machine) (out []string) {
	s := m.Status()
	for _, c := range s.Conditions {
		if c.Type == pod.PodResizePending || c.Type == pod.PodResizeInProgress {
			out = append(out, fmt.Sprintf("%s %s %q of generation %d since %ds", c.Type, c.Reason, c.Message, c.ObservedGeneration, c.LastTransitionTime.Unix()-epoch.Unix()))
		}
	}
	return out
}

// pending is an Update of a pod that keeps its 100m of CPU while it is to have more.
func pending(p *pod.Pod, cpu string, generation int64, reason pod.Reason, message string) lifecycle.Input {
	wanted := resized(p, cpu)
	wanted.Generation = generation
	return lifecycle.Input{Kind: lifecycle.Update, Pod: pod.WithResourcesOf(wanted, p), Wanted: wanted, Reason: reason, Message: message}
}

// TestResizeConditions is the history of one pod's resizes, as its conditions and events tell it.
func TestResizeConditions(t *testing.T) {
	m, p, _ := resizeMachine(t, pod.NotRequired)
	var id lifecycle.ActionID
	do := func(second int, in lifecycle.Input) []string {
		out := m.Step(epoch.Add(time.Duration(second)*time.Second), in)
		for _, a := range out.Actions {
			if a.Kind == lifecycle.Resize {
				id = a.ID
			}
		}
		return eventLines(out)
	}
	given := func(cpu string, generation int64) lifecycle.Input {
		q := resized(p, cpu)
		q.Generation = generation
		return lifecycle.Input{Kind: lifecycle.Update, Pod: q}
	}
	failed := func(message string) lifecycle.Input {
		return lifecycle.Input{Kind: lifecycle.Done, Action: id, Result: lifecycle.Result{Outcome: lifecycle.Failed, Message: message}}
	}
	waiting := `"no room" of generation 2 since 1s`

	require.Equal(t, []string{`Warning ResizeDeferred: Pod resize OutOfcpu: ` + sizes("900m", 2, "no room")}, do(1, pending(p, "900m", 2, "OutOfcpu", "no room")))
	require.Equal(t, []string{"PodResizePending Deferred " + waiting}, resizeConditions(m))
	require.Equal(t, "100m", request(m))
	require.Empty(t, do(2, pending(p, "900m", 2, "OutOfcpu", "still none")), "only the reason and the generation are news")
	require.Equal(t, []string{`PodResizePending Deferred "still none" of generation 2 since 1s`}, resizeConditions(m))
	s := m.Status()
	require.Equal(t, epoch.Add(2*time.Second), s.Condition(pod.PodResizePending).LastProbeTime.Time)
	require.Equal(t, []string{`Warning ResizeInfeasible: Pod resize Infeasible: ` + sizes("900m", 2, "never")}, do(3, pending(p, "900m", 2, pod.ReasonInfeasible, "never")))
	require.Equal(t, []string{`PodResizePending Infeasible "never" of generation 2 since 3s`}, resizeConditions(m))
	require.Empty(t, do(4, given("100m", 3)), "taken back")
	require.Empty(t, resizeConditions(m))

	require.Equal(t, []string{`Normal ResizeStarted: Pod resize started: ` + sizes("200m", 4, "")}, do(5, given("200m", 4)))
	require.Equal(t, []string{`PodResizeInProgress  "" of generation 4 since 5s`}, resizeConditions(m))
	require.Equal(t, []string{`Warning ResizeError: Pod resize error: ` + sizes("200m", 4, "in use")}, do(6, failed("in use")))
	require.Equal(t, []string{`PodResizeInProgress Error "in use" of generation 4 since 6s`}, resizeConditions(m))
	require.Empty(t, do(16, lifecycle.Input{}))
	require.Empty(t, do(17, failed("in use")), "the same error is no news")
	p = resized(p, "200m")
	require.Len(t, do(18, pending(p, "950m", 5, "OutOfcpu", "no room")), 1)
	require.Equal(t, []string{
		`PodResizePending Deferred "no room" of generation 5 since 18s`, `PodResizeInProgress Error "in use" of generation 4 since 6s`,
	}, resizeConditions(m), "what has begun goes on while more is waited for")

	restored, err := lifecycle.Restore(m.Pod(), nil, m.Save(), nil)
	require.NoError(t, err)
	require.Equal(t, resizeConditions(m), resizeConditions(restored))

	require.Equal(t, []string{`Normal ResizeStarted: Pod resize started: ` + sizes("300m", 6, "")}, do(19, given("300m", 6)))
	require.Equal(t, []string{`PodResizeInProgress  "" of generation 6 since 19s`}, resizeConditions(m), "a new resize has not failed")
	require.Empty(t, do(29, lifecycle.Input{Kind: lifecycle.Done, Action: id}), "the one to 200m")
	require.Equal(t, "200m", request(m))
	require.Equal(t, []string{`Normal ResizeCompleted: Pod resize completed: ` + sizes("300m", 6, "")}, do(30, lifecycle.Input{Kind: lifecycle.Done, Action: id}))
	require.Empty(t, resizeConditions(m))
	require.Equal(t, "300m", request(m))
}

// TestResizeOfWhatDoesNotRun holds that there is nothing to wait for then.
func TestResizeOfWhatDoesNotRun(t *testing.T) {
	p := resized(benchPod(t), "100m")
	m := newMachine(t, p)
	m.Step(epoch, lifecycle.Input{})
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	require.Equal(t, "Normal ResizeStarted: Pod resize started: "+sizes("200m", 2, ""), eventLines(out)[0])
	require.Empty(t, resizeConditions(m))
	w := newWorld()
	for i := range 3 {
		out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
		require.Empty(t, resizeConditions(m))
	}
	require.Contains(t, eventLines(out), "Normal ResizeCompleted: Pod resize completed: "+sizes("200m", 2, ""), "at the first look after the start")
}

// TestResizeOfThePod gives the pod as a whole more: every container that runs is told, for its limits may follow from the pod's.
func TestResizeOfThePod(t *testing.T) {
	m, p, _ := resizeMachine(t, pod.NotRequired)
	q := p.Clone()
	q.Generation++
	q.Spec.Resources = &pod.ResourceRequirements{Limits: pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity("1")}}
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: q})
	require.Len(t, out.Actions, 2)
	require.Equal(t, "Resize app#0", out.Actions[0].String())
	require.Equal(t, "Resize log#0", out.Actions[1].String())
	first, second := out.Actions[0].ID, out.Actions[1].ID
	require.Empty(t, m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: first}).Events)
	require.Len(t, m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: second}).Events, 1)
	require.Empty(t, resizeConditions(m))
}

// TestResizeOfThePodMeanwhile changes the pod's own resources while a container is being resized: it is told once more.
func TestResizeOfThePodMeanwhile(t *testing.T) {
	m, p, _ := resizeMachine(t, pod.NotRequired)
	q := resized(p, "200m")
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: q})
	first := out.Actions[0].ID
	q = q.Clone()
	q.Generation++
	q.Spec.Resources = &pod.ResourceRequirements{Limits: pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity("1")}}
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: q})
	require.Len(t, out.Actions, 1)
	require.Equal(t, "Resize log#0", out.Actions[0].String())
	log := out.Actions[0].ID
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: first})
	require.Equal(t, "200m", request(m))
	require.Len(t, out.Actions, 1)
	require.Equal(t, "Resize app#0", out.Actions[0].String())
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: log})
	require.NotEmpty(t, resizeConditions(m))
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: out.Actions[0].ID})
	require.Empty(t, resizeConditions(m))
}

// TestResizeEndsBackOff holds that a container which was waited for begins at once when it has other resources.
func TestResizeEndsBackOff(t *testing.T) {
	p := resized(benchPod(t), "100m")
	p.Spec.Containers[0].ReadinessProbe = nil
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 5 {
		m.Step(epoch.Add(w.at[i]), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	again := w.seen[4]
	again.Containers = []lifecycle.SeenContainer{exited("app", 1, epoch.Add(5*time.Second), epoch.Add(6*time.Second)), again.Containers[1]}
	out := m.Step(epoch.Add(6*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &again})
	require.Empty(t, out.Actions, "it waits")
	out = m.Step(epoch.Add(7*time.Second), lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	require.Equal(t, "StartContainer app#2", out.Actions[0].String())
}

func TestResizeThatRestarts(t *testing.T) {
	m, p, w := resizeMachine(t, pod.RestartContainer)
	out := m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	require.Equal(t, "StopContainer app#0 30s", out.Actions[0].String())
	require.Equal(t, "Pod resize started: "+sizes("200m", 2, ""), out.Events[0].Message())
	require.Equal(t, "Container app resize requires restart, will be restarted", out.Events[1].Message())
	require.Equal(t, []string{`PodResizeInProgress  "" of generation 2 since 5s`}, resizeConditions(m))
	out = m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[3]})
	require.Equal(t, "StartContainer app#1", out.Actions[0].String())
	out = m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[4]})
	require.Equal(t, "200m", request(m))
	require.Contains(t, eventLines(out), "Normal ResizeCompleted: Pod resize completed: "+sizes("200m", 2, ""))
	require.Empty(t, resizeConditions(m))
}
