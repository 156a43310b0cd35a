package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	kubecontroller "k8s.io/kubernetes/pkg/controller"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TestReplicaSetVictimsAgree has a ReplicaSet of two pods, drawn by chance, lose one. Where Kubernetes' order of pods says which, it is that one.
// Of three or more its order may go in a circle.
func TestReplicaSetVictimsAgree(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for seed := range seedsToTry(t, 3000, 100_000) {
		random := rand.New(rand.NewPCG(seed, 3))
		pods := []*v1.Pod{drawVictim(random, now, "a"), drawVictim(random, now, "b")}
		less := kubecontroller.ActivePodsWithRanks{Pods: pods, Rank: make([]int, 2), Now: metav1.NewTime(now)}.Less
		gone := ownVictim(pods, now)
		if first := less(0, 1); first != less(1, 0) && first != (gone == "a") {
			t.Fatalf("seed %d: %q went, which is not first in Kubernetes' order:\n%s\n%s", seed, gone, showVictim(pods[0]), showVictim(pods[1]))
		}
	}
}

func showVictim(p *v1.Pod) string {
	return fmt.Sprintf("%s on %q %s, made %v, uid %s, %v %+v", p.Name, p.Spec.NodeName, p.Status.Phase, p.CreationTimestamp, p.UID, p.Annotations, p.Status)
}

// drawVictim draws a pod that is like many another in all that counts but a little.
func drawVictim(random *rand.Rand, now time.Time, name string) *v1.Pod {
	ago := func() metav1.Time {
		return metav1.NewTime(now.Add(-time.Duration(random.IntN(1<<random.IntN(14))) * time.Second))
	}
	p := &v1.Pod{}
	p.Namespace, p.Name, p.UID = "default", name, types.UID(fmt.Sprintf("%08x", random.Uint32()))
	p.Labels = map[string]string{"app": "web"}
	p.CreationTimestamp = ago()
	if random.IntN(8) > 0 {
		p.Spec.NodeName = "node-1"
	}
	always := v1.ContainerRestartPolicyAlways
	p.Spec.Containers = []v1.Container{{Name: "app"}, {Name: "log"}}
	p.Spec.InitContainers = []v1.Container{{Name: "side", RestartPolicy: &always}, {Name: "init"}}
	p.Status.Phase = []v1.PodPhase{v1.PodRunning, v1.PodRunning, v1.PodRunning, v1.PodPending, v1.PodUnknown}[random.IntN(5)]
	if random.IntN(2) == 0 {
		p.Annotations = map[string]string{
			"controller.kubernetes.io/pod-deletion-cost": []string{"0", "1", "-1", "+1", "01", "1.5", "x", "2147483648", "100"}[random.IntN(9)],
		}
	}
	restarts := func() int32 { return int32(random.IntN(3)) }
	p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "app", RestartCount: restarts()}, {Name: "log", RestartCount: restarts()}}
	p.Status.InitContainerStatuses = []v1.ContainerStatus{{Name: "side", RestartCount: restarts()}, {Name: "init", RestartCount: restarts()}}
	if random.IntN(4) > 0 {
		p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue, LastTransitionTime: ago()}}
	}
	return p
}

// ownVictim is the pod that podlife's controller takes away.
func ownVictim(pods []*v1.Pod, now time.Time) string {
	one := int32(1)
	set := &object.ReplicaSet{Spec: object.ReplicaSetSpec{
		Replicas: &one, Selector: &pod.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
	}}
	set.Namespace, set.Name, set.UID = "default", "web", "set"
	yes := true
	view := &ownView{}
	view.take(object.ReplicaSetKind, nil, set)
	for _, p := range pods {
		p = p.DeepCopy()
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "set", Controller: &yes}}
		view.take(object.PodKind, nil, toOwn(p))
	}
	plan := workload.ReplicaSet{}.Reconcile(controller.Request{Now: now, Key: set.Key(), View: view})
	i := slices.IndexFunc(plan.Changes, func(c controller.Change) bool { return c.Kind == controller.Delete })
	if i < 0 {
		return "none"
	}
	return plan.Changes[i].Object.Meta().Name
}
