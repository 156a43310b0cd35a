package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/kubernetes/pkg/controller/statefulset"

	"github.com/podlife/podlife/cluster/workload"
)

// TestStatefulSetAgrees plays random lives of a StatefulSet with Kubernetes' own controller and with podlife's, and compares all
// objects at each instant, and all that is said.
func TestStatefulSetAgrees(t *testing.T) {
	for seed := range seedsToTry(t, 8, 3000) {
		statefulSetStory(int(seed)).agrees(t, (*bubble).addRealStatefulSets, func(b *bubble) { b.addOwn(workload.StatefulSet{}) })
	}
}

// addRealStatefulSets adds Kubernetes' controller of StatefulSets.
func (b *bubble) addRealStatefulSets() {
	b.addReal(func(client *fake.Clientset, factory informers.SharedInformerFactory) (run, stop func(), queues []gate) {
		ctx, cancel := context.WithCancel(context.Background())
		apps, core := factory.Apps().V1(), factory.Core().V1()
		c := statefulset.NewStatefulSetController(ctx, core.Pods(), apps.StatefulSets(), core.PersistentVolumeClaims(), apps.ControllerRevisions(), client)
		q := gateQueue[string](c, "queue")
		setField(c, "podControl.Recorder", b.recorder())
		setField(c, "control.podControl.recorder", b.recorder())
		setField(c, "control.podControl.objectMgr.claimLister", claimsNow{b.server})
		return func() { c.Run(ctx, 1) }, cancel, []gate{q}
	})
}

// claimsNow lists claims as they are. With a cache, a controller that changes the owners of a claim and looks at once finds the claim as
// it was before, and is refused a second change.
type claimsNow struct{ server *apiServer }

func (l claimsNow) List(labels.Selector) ([]*v1.PersistentVolumeClaim, error) {
	return listOf[v1.PersistentVolumeClaim](l.server), nil
}

func (l claimsNow) PersistentVolumeClaims(string) corelisters.PersistentVolumeClaimNamespaceLister {
	return l
}

func (l claimsNow) Get(name string) (*v1.PersistentVolumeClaim, error) {
	o, err := l.server.get(kindOfObject(new(v1.PersistentVolumeClaim)), "default", name)
	if err != nil {
		return nil, err
	}
	return o.(*v1.PersistentVolumeClaim), nil
}

// statefulSetStory is what users do to a StatefulSet.
func statefulSetStory(seed int) story {
	random := rand.New(rand.NewSource(int64(seed)))
	set := randomStatefulSet(random)
	// A set that fails to make a pod, as its name is somebody else's, forgets for a while when others get available.
	patient := seed%2 == 0
	if !patient {
		set.Spec.MinReadySeconds = 0
	}
	at := 5 * tick
	st := story{seed: seed, actions: []action{{at, "make " + asJSON(set.Spec), func(s *side) { s.makes(set) }}}}
	for range 2 + random.Intn(9) {
		at += time.Duration(1+random.Intn(120)) * tick
		a := statefulSetAction(random, set, patient)
		a.at = at
		st.actions = append(st.actions, a)
	}
	st.end = at + 2*time.Minute
	return st
}

func randomStatefulSet(random *rand.Rand) *appsv1.StatefulSet {
	labels := map[string]string{"app": "web"}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", Annotations: map[string]string{"note": "kept"}}}
	set.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	set.Spec.ServiceName = "svc"
	set.Spec.Replicas = count32(random.Intn(5))
	set.Spec.Template.Labels = labels
	set.Spec.Template.Spec.Containers = []v1.Container{{Name: "main", Image: "web:1"}}
	if random.Intn(2) == 0 {
		set.Spec.PodManagementPolicy = appsv1.ParallelPodManagement
	}
	set.Spec.UpdateStrategy = randomStatefulSetStrategy(random)
	if random.Intn(3) == 0 {
		set.Spec.MinReadySeconds = int32(1 + random.Intn(5))
	}
	if random.Intn(3) == 0 {
		set.Spec.Ordinals = &appsv1.StatefulSetOrdinals{Start: int32(random.Intn(4))}
	}
	if random.Intn(2) == 0 {
		set.Spec.RevisionHistoryLimit = count32(random.Intn(3))
	}
	if random.Intn(2) == 0 {
		set.Spec.Template.Spec.Volumes = []v1.Volume{{Name: "tmp"}, {Name: "data"}}
		set.Spec.VolumeClaimTemplates = append(set.Spec.VolumeClaimTemplates, claimTemplate("data"))
		set.Spec.PersistentVolumeClaimRetentionPolicy = randomRetention(random)
	}
	return set
}

func asJSON(o any) string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func count32(n int) *int32 {
	i := int32(n)
	return &i
}

func claimTemplate(name string) v1.PersistentVolumeClaim {
	c := v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}}
	c.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}
	c.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}
	return c
}

func randomStatefulSetStrategy(random *rand.Rand) (s appsv1.StatefulSetUpdateStrategy) {
	switch random.Intn(5) {
	case 0:
		s.Type = appsv1.OnDeleteStatefulSetStrategyType
	case 1, 2:
		s.Type = appsv1.RollingUpdateStatefulSetStrategyType
		s.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{}
		if random.Intn(2) == 0 {
			s.RollingUpdate.Partition = count32(random.Intn(4))
		}
		if random.Intn(2) == 0 {
			n := []intstr.IntOrString{intstr.FromInt32(1), intstr.FromInt32(2), intstr.FromInt32(3), intstr.FromString("50%"), intstr.FromString("100%")}[random.Intn(5)]
			s.RollingUpdate.MaxUnavailable = &n
		}
	}
	return s
}

func randomRetention(random *rand.Rand) *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy {
	policies := []appsv1.PersistentVolumeClaimRetentionPolicyType{appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType}
	return &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: policies[random.Intn(2)], WhenScaled: policies[random.Intn(2)]}
}

// statefulSetAction is one thing that a user does.
func statefulSetAction(random *rand.Rand, set *appsv1.StatefulSet, patient bool) action {
	edit := func(name string, f func(set *appsv1.StatefulSet)) action { return edit(set, name, f) }
	n := random.Intn(8)
	podName := fmt.Sprintf("%s-%d", set.Name, random.Intn(7))
	switch random.Intn(16) {
	case 0, 1, 2:
		return edit(fmt.Sprintf("scale to %d", n%6), func(set *appsv1.StatefulSet) { set.Spec.Replicas = count32(n % 6) })
	case 3, 4, 5:
		image := []string{"web:1", "web:2", "web:3", "web:4", "web:broken"}[random.Intn(5)]
		return edit("image "+image, func(set *appsv1.StatefulSet) { set.Spec.Template.Spec.Containers[0].Image = image })
	case 6:
		strategy := randomStatefulSetStrategy(random)
		return edit("strategy "+asJSON(strategy), func(set *appsv1.StatefulSet) { set.Spec.UpdateStrategy = strategy })
	case 7:
		if !patient {
			return relabel(podName)
		}
		return edit(fmt.Sprintf("minReadySeconds %d", n%4), func(set *appsv1.StatefulSet) { set.Spec.MinReadySeconds = int32(n % 4) })
	case 8:
		if len(set.Spec.VolumeClaimTemplates) > 0 {
			policy := randomRetention(random)
			return edit("retention "+asJSON(policy), func(set *appsv1.StatefulSet) { set.Spec.PersistentVolumeClaimRetentionPolicy = policy })
		}
		return edit(fmt.Sprintf("revisionHistoryLimit %d", n%3), func(set *appsv1.StatefulSet) { set.Spec.RevisionHistoryLimit = count32(n % 3) })
	case 9:
		return edit(fmt.Sprintf("start %d", n%3), func(set *appsv1.StatefulSet) { set.Spec.Ordinals = &appsv1.StatefulSetOrdinals{Start: int32(n % 3)} })
	case 10, 11:
		return action{name: "delete " + podName, do: func(s *side) { s.deletes(podNamed(podName), metav1.DeleteOptions{}) }}
	case 12:
		if patient {
			return edit("minReadySeconds 2", func(set *appsv1.StatefulSet) { set.Spec.MinReadySeconds = 2 })
		}
		return relabel(podName)
	case 13:
		orphan := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: podName, Labels: map[string]string{"app": "web"}}}
		orphan.Spec = *set.Spec.Template.Spec.DeepCopy()
		return action{name: "orphan " + podName, do: func(s *side) { s.makes(orphan) }}
	case 14:
		if len(set.Spec.VolumeClaimTemplates) > 0 {
			claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "data-" + podName}}
			return action{name: "delete claim data-" + podName, do: func(s *side) { s.deletes(claim, metav1.DeleteOptions{}) }}
		}
		return edit("annotate", func(set *appsv1.StatefulSet) { set.Annotations = map[string]string{"note": fmt.Sprint(n)} })
	default:
		if n > 2 {
			return edit("annotate template", func(set *appsv1.StatefulSet) {
				set.Spec.Template.Annotations = map[string]string{"note": fmt.Sprint(n % 2)}
				set.Spec.Template.Labels = map[string]string{"app": "web", "n": fmt.Sprint(n)}
			})
		}
		return action{name: "delete the set, its dependents first", do: func(s *side) {
			edit("", func(set *appsv1.StatefulSet) { set.Finalizers = []string{"foregroundDeletion"} }).do(s)
			s.deletes(set, metav1.DeleteOptions{})
		}}
	}
}

// relabel has a pod no longer be one that the set selects.
func relabel(name string) action {
	return edit(podNamed(name), "let go "+name, func(p *v1.Pod) { p.Labels["app"] = "other" })
}
