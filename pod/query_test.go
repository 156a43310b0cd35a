package pod_test

import (
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestAllContainers(t *testing.T) {
	always := pod.RestartPolicyAlways
	s := &pod.Spec{
		Containers:     []pod.Container{{Name: "main"}},
		InitContainers: []pod.Container{{Name: "first"}, {Name: "proxy", RestartPolicy: &always}},
		EphemeralContainers: []pod.EphemeralContainer{
			{EphemeralContainerCommon: pod.EphemeralContainerCommon{Name: "debug"}, TargetContainerName: "main"},
		},
	}
	var got []string
	for role, c := range s.AllContainers() {
		got = append(got, role.String()+" "+c.Name)
		c.Image = "set"
	}
	require.Equal(t, []string{"init first", "sidecar proxy", "main main", "ephemeral debug"}, got)
	require.Equal(t, "set", s.EphemeralContainers[0].Image, "what is yielded belongs to the spec")
	for range s.AllContainers() {
		break
	}
	require.Same(t, &s.InitContainers[1], s.Container("proxy"))
	require.Nil(t, s.Container("other"))
}

func TestQueries(t *testing.T) {
	s := &pod.Status{
		Conditions:                 []pod.Condition{{Type: pod.Ready, Status: pod.ConditionTrue}, {Type: pod.Initialized}},
		ContainerStatuses:          []pod.ContainerStatus{{Name: "a"}},
		InitContainerStatuses:      []pod.ContainerStatus{{Name: "b"}},
		EphemeralContainerStatuses: []pod.ContainerStatus{{Name: "c"}},
	}
	require.Same(t, &s.Conditions[1], s.Condition(pod.Initialized))
	require.Nil(t, s.Condition(pod.PodScheduled))
	require.True(t, s.IsTrue(pod.Ready))
	require.False(t, s.IsTrue(pod.Initialized))
	require.False(t, s.IsTrue(pod.PodScheduled))
	require.Same(t, &s.InitContainerStatuses[0], s.ContainerStatus("b"))
	require.Same(t, &s.EphemeralContainerStatuses[0], s.ContainerStatus("c"))
	require.Nil(t, s.ContainerStatus("d"))

	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "ns", Name: "n"}}
	require.Equal(t, pod.Key{Namespace: "ns", Name: "n"}, p.Key())
	require.Equal(t, "ns/n", p.Key().String())
	require.Equal(t, "n", pod.Key{Name: "n"}.String())
	require.False(t, p.IsTerminating())
	now := pod.NewTime(time.Unix(1, 0))
	p.DeletionTimestamp = &now
	require.True(t, p.IsTerminating())

	for phase, terminal := range map[pod.Phase]bool{pod.Pending: false, pod.Running: false, pod.Succeeded: true, pod.Failed: true, pod.Unknown: false, "": false} {
		require.Equal(t, terminal, phase.IsTerminal(), phase)
	}
	v := &pod.Spec{Volumes: []pod.Volume{{Name: "v"}}}
	require.Same(t, &v.Volumes[0], v.Volume("v"))
	require.Nil(t, v.Volume("w"))
}
