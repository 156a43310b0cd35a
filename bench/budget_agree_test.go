package bench

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/scale"
	clienttesting "k8s.io/client-go/testing"
	peerdisruption "k8s.io/kubernetes/pkg/controller/disruption"

	"github.com/podlife/podlife/cluster/disruption"
)

// TestBudgetAgrees plays random lives of the pods of a disruption budget, with owners of several kinds and without, with Kubernetes' own
// controller and with podlife's, and compares all objects every 10 ms, and all that is said.
func TestBudgetAgrees(t *testing.T) {
	for seed := range seedsToTry(t, 10, 2000) {
		budgetStory(int(seed)).agrees(t, (*bubble).addRealBudgets, func(b *bubble) {
			b.addOwn(disruption.Budget{})
			b.addOwn(disruption.StaleDisruption{})
		})
	}
}

// addRealBudgets adds Kubernetes' disruption controller.
func (b *bubble) addRealBudgets() {
	b.addReal(func(client *fake.Clientset, factory informers.SharedInformerFactory) (run, stop func(), queues []gate) {
		ctx, cancel := context.WithCancel(context.Background())
		apps, core := factory.Apps().V1(), factory.Core().V1()
		mapper := meta.NewDefaultRESTMapper(nil)
		for _, r := range realKinds {
			mapper.Add(r.gvk, meta.RESTScopeNamespace)
		}
		scales := &fakediscovery.FakeDiscovery{Fake: &clienttesting.Fake{Resources: []*metav1.APIResourceList{{GroupVersion: "apps/v1"}}}}
		for _, name := range []string{"deployments/scale", "replicasets/scale", "statefulsets/scale"} {
			scales.Resources[0].APIResources = append(scales.Resources[0].APIResources,
				metav1.APIResource{Name: name, Group: "autoscaling", Version: "v1", Kind: "Scale"})
		}
		c := peerdisruption.NewDisruptionController(ctx, core.Pods(), factory.Policy().V1().PodDisruptionBudgets(), core.ReplicationControllers(),
			apps.ReplicaSets(), apps.Deployments(), apps.StatefulSets(), client, mapper, serverScales{b.server}, scales)
		queue, recheck, stale := gateQueue[string](c, "queue"), gateQueue[string](c, "recheckQueue"), gateQueue[string](c, "stalePodDisruptionQueue")
		setField(c, "recorder", b.recorder())
		return func() { c.Run(ctx, 1) }, cancel, []gate{queue, recheck, stale}
	})
}

// serverScales are the scale subresources of the server's objects.
type serverScales struct{ server *apiServer }

func (s serverScales) Scales(string) scale.ScaleInterface { return s }

func (s serverScales) Get(_ context.Context, resource schema.GroupResource, name string, _ metav1.GetOptions) (*autoscalingv1.Scale, error) {
	o, err := s.server.get(kindWhere(func(r realKind) bool { return r.gvr.GroupResource() == resource }), "default", name)
	if err != nil {
		return nil, err
	}
	of := &autoscalingv1.Scale{}
	of.UID = metaOf(o).GetUID()
	switch o := o.(type) {
	case *appsv1.ReplicaSet:
		of.Spec.Replicas = *o.Spec.Replicas
	case *appsv1.Deployment:
		of.Spec.Replicas = *o.Spec.Replicas
	case *appsv1.StatefulSet:
		of.Spec.Replicas = *o.Spec.Replicas
	}
	return of, nil
}

func (serverScales) Update(context.Context, schema.GroupResource, *autoscalingv1.Scale, metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	panic("nobody is scaled here")
}

func (serverScales) Patch(context.Context, schema.GroupVersionResource, string, types.PatchType, []byte, metav1.PatchOptions) (*autoscalingv1.Scale, error) {
	panic("nobody is scaled here")
}

// owners are who pods may belong to, by name.
var owners = []runtime.Object{
	&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "rs"}},
	&appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "sts"}},
	&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "deploy"}},
	&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "deploy-1"}},
	&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "deploy-2"}},
}

// resized is a change of how many pods an owner wants.
func resized(o runtime.Object, replicas int32) {
	switch o := o.(type) {
	case *appsv1.ReplicaSet:
		o.Spec.Replicas = &replicas
	case *appsv1.StatefulSet:
		o.Spec.Replicas = &replicas
	case *appsv1.Deployment:
		o.Spec.Replicas = &replicas
	}
}

func budgetStory(seed int) story {
	random := rand.New(rand.NewSource(int64(seed)))
	st := story{seed: seed, grain: 10 * time.Millisecond}
	at := 5 * tick
	do := func(a action) {
		a.at = at
		st.actions = append(st.actions, a)
	}
	for _, o := range owners {
		replicas := int32(random.Intn(4))
		do(action{name: fmt.Sprintf("make %s of %d", metaOf(o).GetName(), replicas), do: func(s *side) {
			own := o.DeepCopyObject()
			resized(own, replicas)
			if name := metaOf(o).GetName(); name == "deploy-1" || name == "deploy-2" {
				own.(*appsv1.ReplicaSet).OwnerReferences = s.refTo(owners[2])
			}
			s.makes(own)
		}})
	}
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "budget"}, Spec: randomBudget(random)}
	do(action{name: "budget " + asJSON(budget.Spec), do: func(s *side) { s.makes(budget) }})
	for range 5 + random.Intn(20) {
		at += time.Duration(1+random.Intn(40)) * tick
		do(budgetAction(random, budget))
	}
	st.end = at + 5*time.Minute
	return st
}

// refTo are the references to an owner of which something is a dependent; to somebody else of its name if it is not there.
func (s *side) refTo(o runtime.Object) []metav1.OwnerReference {
	yes, r := true, kindOfObject(o)
	ref := metav1.OwnerReference{APIVersion: r.gvk.GroupVersion().String(), Kind: r.gvk.Kind, Name: metaOf(o).GetName(), UID: "gone", Controller: &yes}
	if is, err := s.server.get(r, "default", metaOf(o).GetName()); err == nil {
		ref.UID = metaOf(is).GetUID()
	}
	return []metav1.OwnerReference{ref}
}

func randomBudget(random *rand.Rand) (s policyv1.PodDisruptionBudgetSpec) {
	values := []intstr.IntOrString{intstr.FromInt32(0), intstr.FromInt32(1), intstr.FromInt32(2), intstr.FromString("34%"), intstr.FromString("50%"), intstr.FromString("100%")}
	switch random.Intn(7) {
	case 0:
	case 1, 2, 3:
		s.MaxUnavailable = &values[random.Intn(len(values))]
	default:
		s.MinAvailable = &values[random.Intn(len(values))]
	}
	switch random.Intn(6) {
	case 0:
		s.Selector = &metav1.LabelSelector{}
	case 1:
		s.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: []string{"web", "more"}}}}
	default:
		s.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	}
	return s
}

// budgetAction is one thing that happens to a budget, its pods, or their owners.
func budgetAction(random *rand.Rand, budget *policyv1.PodDisruptionBudget) action {
	name, n := fmt.Sprintf("pod-%d", random.Intn(8)), random.Intn(5)
	owner := owners[random.Intn(len(owners))]
	switch random.Intn(14) {
	case 0, 1, 2, 3, 4, 5:
		return action{name: fmt.Sprintf("make %s of %s", name, metaOf(owner).GetName()), do: func(s *side) {
			p := podNamed(name)
			p.Labels = map[string]string{"app": "web"}
			p.Spec.Containers = []v1.Container{{Name: "main", Image: "web:1"}}
			if metaOf(owner).GetName() != "deploy" || n == 0 {
				p.OwnerReferences = s.refTo(owner)
			}
			s.makes(p)
		}}
	case 6:
		return action{name: "delete " + name, do: func(s *side) { s.deletes(podNamed(name), metav1.DeleteOptions{}) }}
	case 7:
		return action{name: fmt.Sprintf("%s of %d", metaOf(owner).GetName(), n), do: func(s *side) {
			s.server.alter(owner, func(o runtime.Object) { resized(o, int32(n)) })
		}}
	case 8:
		if n > 1 {
			return relabel(name)
		}
		return action{name: "let go " + metaOf(owner).GetName(), do: func(s *side) {
			s.server.alter(owner, func(o runtime.Object) { metaOf(o).SetOwnerReferences(nil) })
		}}
	case 9:
		spec := randomBudget(random)
		return edit(budget, "budget "+asJSON(spec), func(b *policyv1.PodDisruptionBudget) { b.Spec = spec })
	case 10, 11:
		return edit(budget, "evict "+name+", which comes to nothing", func(b *policyv1.PodDisruptionBudget) {
			if b.Status.DisruptionsAllowed > 0 {
				b.Status.DisruptionsAllowed--
				b.Status.DisruptedPods = map[string]metav1.Time{name: metav1.NewTime(time.Now().Truncate(time.Second))}
			}
		})
	default:
		reason := []string{"EvictionByEvictionAPI", "TerminationByKubelet"}[n%2]
		return edit(podNamed(name), "say that "+name+" goes for "+reason, func(p *v1.Pod) {
			p.Status.Conditions = append(p.Status.Conditions, v1.PodCondition{
				Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: reason, LastTransitionTime: metav1.NewTime(time.Now().Truncate(time.Second)),
			})
		})
	}
}
