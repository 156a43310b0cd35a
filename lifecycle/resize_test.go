package lifecycle_test

import (
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

func TestResizeTakenBack(t *testing.T) {
	m, p, _ := resizeMachine(t, pod.NotRequired)
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	id := out.Actions[0].ID
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "100m")})
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: id})
	require.Equal(t, "100m", request(m))
}

func TestResizeThatRestarts(t *testing.T) {
	m, p, w := resizeMachine(t, pod.RestartContainer)
	out := m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Update, Pod: resized(p, "200m")})
	require.Equal(t, "StopContainer app#0 30s", out.Actions[0].String())
	require.Equal(t, "Container app resize requires restart, will be restarted", out.Events[0].Message())
	out = m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[3]})
	require.Equal(t, "StartContainer app#1", out.Actions[0].String())
	m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[4]})
	require.Equal(t, "200m", request(m))
}
