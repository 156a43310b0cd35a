package workload

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

func TestFinishTime(t *testing.T) {
	at := func(s float64) pod.Time {
		return pod.NewTime(time.Unix(1000, 0).Add(time.Duration(s * float64(time.Second))))
	}
	ended := func(name string, s float64) pod.ContainerStatus {
		return pod.ContainerStatus{Name: name, State: pod.ContainerState{Terminated: &pod.ContainerStateTerminated{FinishedAt: at(s)}}}
	}
	running := pod.ContainerStatus{Name: "b", State: pod.ContainerState{Running: &pod.ContainerStateRunning{}}}
	always := pod.RestartPolicyAlways
	for _, c := range []struct {
		name string
		edit func(p *pod.Pod)
		want float64
	}{
		{"the last of the containers, in whole seconds", func(p *pod.Pod) { p.Status.ContainerStatuses = []pod.ContainerStatus{ended("a", 7.9), ended("b", 3)} }, 7},
		{"not an init container", func(p *pod.Pod) {
			p.Spec.InitContainers = []pod.Container{{Name: "i"}}
			p.Status.InitContainerStatuses = []pod.ContainerStatus{ended("i", 9)}
			p.Status.ContainerStatuses = []pod.ContainerStatus{ended("a", 7)}
		}, 7},
		{"but a sidecar", func(p *pod.Pod) {
			p.Spec.InitContainers = []pod.Container{{Name: "i", RestartPolicy: &always}}
			p.Status.InitContainerStatuses = []pod.ContainerStatus{ended("i", 9)}
			p.Status.ContainerStatuses = []pod.ContainerStatus{ended("a", 7)}
		}, 9},
		{"when it was last ready, if a container has not ended", func(p *pod.Pod) {
			p.Status.ContainerStatuses = []pod.ContainerStatus{ended("a", 7), running}
			p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.ConditionFalse, LastTransitionTime: at(5.5)})
		}, 5},
		{"when it was deleted", func(p *pod.Pod) {
			p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.ConditionTrue, LastTransitionTime: at(1)})
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = new(at(40)), new(int64(30))
		}, 10},
		{"when it was created", func(*pod.Pod) {}, 2},
	} {
		p := &pod.Pod{ObjectMeta: pod.ObjectMeta{CreationTimestamp: at(2)}}
		c.edit(p)
		require.Equal(t, at(c.want).Time, finishTime(p), c.name)
	}
}

func TestBackoffLeft(t *testing.T) {
	last := time.Unix(1000, 0)
	for _, c := range []struct {
		failures int
		after    time.Duration
		want     time.Duration
	}{
		{0, 0, 0}, {1, 0, 10 * time.Second}, {1, 4 * time.Second, 6 * time.Second}, {1, time.Minute, 0}, {2, 0, 20 * time.Second},
		{6, 0, 320 * time.Second}, {7, 0, 10 * time.Minute}, {8, 0, 10 * time.Minute}, {1 << 30, 0, 10 * time.Minute},
	} {
		require.Equal(t, c.want, backoffLeft(c.failures, last, last.Add(c.after)), "%d failures, %s after", c.failures, c.after)
	}
}
