package workload_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The pod that goes first is the one of least use: whatever else holds, an unready one before a ready one, then the cheaper one.
func TestReplicaSetVictims(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *world, pods []*pod.Pod)
		gone   int
	}{
		{"the cheapest", func(w *world, pods []*pod.Pod) {
			for i, cost := range []string{"5", "-1", "3"} {
				w.alter(pods[i].UID, func(p *pod.Pod) {
					p.Annotations = map[string]string{"controller.kubernetes.io/pod-deletion-cost": cost}
				})
			}
		}, 1},
		{"not ready, though dear", func(w *world, pods []*pod.Pod) {
			w.alter(pods[2].UID, func(p *pod.Pod) {
				p.Annotations = map[string]string{"controller.kubernetes.io/pod-deletion-cost": "100"}
			})
			w.setReady(pods[2].UID, pod.ConditionFalse)
		}, 2},
		{"restarted most", func(w *world, pods []*pod.Pod) {
			w.alter(pods[1].UID, func(p *pod.Pod) { p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: "app", RestartCount: 2}} })
		}, 1},
		{"crowded", func(w *world, pods []*pod.Pod) {
			w.alter(pods[0].UID, func(p *pod.Pod) { p.Spec.NodeName = "node-2" })
			w.alter(pods[1].UID, func(p *pod.Pod) { p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: "app"}} })
			w.alter(pods[2].UID, func(p *pod.Pod) { p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: "app", RestartCount: 1}} })
		}, 2},
	} {
		w := newWorld(t, workload.All()...)
		three := int32(3)
		set := &object.ReplicaSet{Spec: object.ReplicaSetSpec{Replicas: &three, Selector: selector(), Template: template("app:1")}}
		set.Name = "web"
		w.create(set)
		w.runTo(10 * time.Second)
		pods := w.pods()
		c.change(w, pods)
		user(w, get[*object.ReplicaSet](w, object.ReplicaSetKind, "web"), func(s *object.ReplicaSet) { *s.Spec.Replicas = 2 })
		w.runTo(10*time.Second + time.Millisecond)
		for i, p := range pods {
			is := get[*pod.Pod](w, object.PodKind, p.Name)
			require.Equal(t, i == c.gone, is.IsTerminating(), "%s: pod %d", c.name, i)
		}
	}
}
