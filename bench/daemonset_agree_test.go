package bench

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/kubernetes/pkg/controller/daemon"

	"github.com/podlife/podlife/cluster/workload"
)

// TestDaemonSetAgrees plays random lives of a DaemonSet with Kubernetes' own controller and with podlife's, and compares all objects at
// each instant, and all that is said.
func TestDaemonSetAgrees(t *testing.T) {
	for seed := range seedsToTry(t, 8, 3000) {
		daemonSetStory(int(seed)).agrees(t, (*bubble).addRealDaemonSets, func(b *bubble) { b.addOwn(workload.DaemonSet{}) })
	}
}

// addRealDaemonSets adds Kubernetes' controller of DaemonSets.
func (b *bubble) addRealDaemonSets() {
	b.addReal(func(client *fake.Clientset, factory informers.SharedInformerFactory) (run, stop func(), queues []gate) {
		ctx, cancel := context.WithCancel(context.Background())
		apps, core := factory.Apps().V1(), factory.Core().V1()
		c, err := daemon.NewDaemonSetsController(ctx, apps.DaemonSets(), apps.ControllerRevisions(), core.Pods(), core.Nodes(), client,
			flowcontrol.NewBackOff(time.Second, 15*time.Minute))
		if err != nil {
			b.t.Fatal(err)
		}
		nodes, sets := gateQueue[string](c, "nodeUpdateQueue"), gateQueue[string](c, "queue")
		setField(c, "eventRecorder", b.recorder())
		setField(c, "podControl.Recorder", b.recorder())
		return func() { c.Run(ctx, 1) }, cancel, []gate{nodes, sets}
	})
}

func daemonSetStory(seed int) story {
	random := rand.New(rand.NewSource(int64(seed)))
	st := story{seed: seed, loose: true}
	nodes := 1 // Which of several nodes comes first in an update is left to chance in Kubernetes.
	if seed%2 == 0 {
		nodes += random.Intn(4)
	}
	for i := range nodes {
		node := randomNode(random, i)
		st.actions = append(st.actions, action{0, "node " + asJSON(node.Labels) + asJSON(node.Spec.Taints), func(s *side) { s.makes(node) }})
	}
	set := randomDaemonSet(random, nodes)
	at := 5 * tick
	st.actions = append(st.actions, action{at, "make " + asJSON(set.Spec), func(s *side) { s.makes(set) }})
	for range 2 + random.Intn(9) {
		at += time.Duration(1+random.Intn(120)) * tick
		a := daemonSetAction(random, set, nodes)
		a.at = at
		st.actions = append(st.actions, a)
	}
	st.end = at + 2*time.Minute
	return st
}

func randomNode(random *rand.Rand, i int) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("node-%d", i), Labels: randomNodeLabels(random)}}
	n.Spec.Taints = randomTaints(random)
	return n
}

func randomNodeLabels(random *rand.Rand) map[string]string {
	return map[string]string{"disk": []string{"ssd", "ssd", "hdd"}[random.Intn(3)]}
}

func randomTaints(random *rand.Rand) []v1.Taint {
	if random.Intn(2) == 0 {
		return nil
	}
	effects := []v1.TaintEffect{v1.TaintEffectNoSchedule, v1.TaintEffectNoExecute, v1.TaintEffectPreferNoSchedule}
	keys := []string{"node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready", "node.kubernetes.io/disk-pressure", "mine", "node.kubernetes.io/network-unavailable"}
	var taints []v1.Taint
	for _, i := range random.Perm(len(keys))[:1+random.Intn(2)] {
		taints = append(taints, v1.Taint{Key: keys[i], Effect: effects[random.Intn(3)]})
	}
	return taints
}

func randomDaemonSet(random *rand.Rand, nodes int) *appsv1.DaemonSet {
	labels := map[string]string{"app": "web"}
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", Annotations: map[string]string{"note": "kept"}}}
	set.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	set.Spec.Template.Labels = labels
	set.Spec.Template.Spec.Containers = []v1.Container{{Name: "main", Image: "web:1"}}
	set.Spec.Template.Spec.HostNetwork = random.Intn(4) == 0
	set.Spec.UpdateStrategy = randomDaemonSetStrategy(random, nodes)
	if random.Intn(3) == 0 {
		set.Spec.MinReadySeconds = int32(1 + random.Intn(5))
	}
	if random.Intn(3) == 0 {
		set.Spec.RevisionHistoryLimit = count32(random.Intn(3))
	}
	placeDaemons(random, &set.Spec.Template.Spec)
	return set
}

// placeDaemons says on which nodes pods are to be.
func placeDaemons(random *rand.Rand, s *v1.PodSpec) {
	s.NodeSelector, s.Tolerations, s.Affinity = nil, nil, nil
	switch random.Intn(5) {
	case 0:
		s.NodeSelector = map[string]string{"disk": "ssd"}
	case 1:
		s.Affinity = &v1.Affinity{NodeAffinity: &v1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &v1.NodeSelector{
			NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{{Key: "disk", Operator: v1.NodeSelectorOpNotIn, Values: []string{"hdd"}}}}},
		}}}
	}
	switch random.Intn(4) {
	case 0:
		s.Tolerations = []v1.Toleration{{Key: "mine", Operator: v1.TolerationOpExists}}
	case 1:
		seconds := int64(3)
		s.Tolerations = []v1.Toleration{
			{Key: "mine", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute, TolerationSeconds: &seconds},
			{Key: "node.kubernetes.io/not-ready", Operator: v1.TolerationOpExists, Effect: v1.TaintEffectNoExecute, TolerationSeconds: &seconds},
		}
	}
}

func randomDaemonSetStrategy(random *rand.Rand, nodes int) (s appsv1.DaemonSetUpdateStrategy) {
	sizes := []intstr.IntOrString{intstr.FromInt32(1), intstr.FromInt32(2), intstr.FromString("50%"), intstr.FromString("100%"), intstr.FromString("1%")}
	zero := intstr.FromInt32(0)
	kind := 1 + random.Intn(5)
	if random.Intn(6) == 0 {
		kind = 0
	}
	if nodes > 1 {
		kind, sizes = min(kind, 1), []intstr.IntOrString{intstr.FromInt32(10)}
	}
	switch kind {
	case 0:
		s.Type = appsv1.OnDeleteDaemonSetStrategyType
	case 1, 2:
		s.Type = appsv1.RollingUpdateDaemonSetStrategyType
		s.RollingUpdate = &appsv1.RollingUpdateDaemonSet{MaxUnavailable: &sizes[random.Intn(len(sizes))]}
	case 3, 4:
		s.Type = appsv1.RollingUpdateDaemonSetStrategyType
		s.RollingUpdate = &appsv1.RollingUpdateDaemonSet{MaxUnavailable: &zero, MaxSurge: &sizes[random.Intn(len(sizes))]}
	}
	return s
}

// daemonSetAction is one thing that a user does, or that happens to a node.
func daemonSetAction(random *rand.Rand, set *appsv1.DaemonSet, nodes int) action {
	edit1 := func(name string, f func(set *appsv1.DaemonSet)) action { return edit(set, name, f) }
	n := random.Intn(6)
	podName := fmt.Sprintf("web-node-%d%05d", random.Intn(nodes), 1+random.Intn(3))
	node := randomNode(random, random.Intn(nodes+nodes/2))
	switch random.Intn(15) {
	case 0, 1, 2, 3:
		image := []string{"web:1", "web:2", "web:3", "web:4", "web:broken"}[random.Intn(5)]
		return edit1("image "+image, func(set *appsv1.DaemonSet) { set.Spec.Template.Spec.Containers[0].Image = image })
	case 4:
		strategy := randomDaemonSetStrategy(random, nodes)
		return edit1("strategy "+asJSON(strategy), func(set *appsv1.DaemonSet) { set.Spec.UpdateStrategy = strategy })
	case 5:
		return edit1(fmt.Sprintf("minReadySeconds %d", n%4), func(set *appsv1.DaemonSet) { set.Spec.MinReadySeconds = int32(n % 4) })
	case 6:
		spec := v1.PodSpec{}
		placeDaemons(random, &spec)
		return edit1("place "+asJSON(spec), func(set *appsv1.DaemonSet) {
			s := &set.Spec.Template.Spec
			s.NodeSelector, s.Tolerations, s.Affinity = spec.NodeSelector, spec.Tolerations, spec.Affinity
		})
	case 7:
		return edit1(fmt.Sprintf("revisionHistoryLimit %d", n%3), func(set *appsv1.DaemonSet) { set.Spec.RevisionHistoryLimit = count32(n % 3) })
	case 8:
		return action{name: "delete " + podName, do: func(s *side) { s.deletes(podNamed(podName), metav1.DeleteOptions{}) }}
	case 9:
		return relabel(podName)
	case 10:
		return action{name: "make " + node.Name + asJSON(node.Labels) + asJSON(node.Spec.Taints), do: func(s *side) { s.makes(node) }}
	case 11:
		return edit(node, "taint "+node.Name+" "+asJSON(node.Spec.Taints), func(n *v1.Node) { n.Spec.Taints = node.Spec.Taints })
	case 12:
		return edit(node, "label "+node.Name+" "+asJSON(node.Labels), func(n *v1.Node) { n.Labels = node.Labels })
	case 13:
		if n > 2 {
			return action{name: "delete " + node.Name, do: func(s *side) { s.deletes(node, metav1.DeleteOptions{}) }}
		}
		orphan := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("orphan-%d", n), Labels: map[string]string{"app": "web"}}}
		orphan.Spec = *set.Spec.Template.Spec.DeepCopy()
		orphan.Spec.NodeName = node.Name
		return action{name: "orphan on " + node.Name, do: func(s *side) { s.makes(orphan) }}
	default:
		if n > 2 {
			return edit1("annotate template", func(set *appsv1.DaemonSet) {
				set.Spec.Template.Annotations = map[string]string{"note": fmt.Sprint(n % 2)}
				set.Spec.Template.Labels = map[string]string{"app": "web", "n": fmt.Sprint(n)}
			})
		}
		return action{name: "delete the set, its dependents first", do: func(s *side) {
			edit1("", func(set *appsv1.DaemonSet) { set.Finalizers = []string{"foregroundDeletion"} }).do(s)
			s.deletes(set, metav1.DeleteOptions{})
		}}
	}
}
