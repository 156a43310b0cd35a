package bench

import (
	"context"
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/profile"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// podsPerNode is how many pods each node has, of ten applications.
const podsPerNode, applications = 10, 10

const (
	labelZone = "topology.kubernetes.io/zone"
	labelHost = "kubernetes.io/hostname"
)

// schedulingCases place one pod after the other on a cluster that every node of is looked at. What is placed counts for the
// next; the pod that came first goes, so that the cluster stays as full as it is. Both sides take their own objects.
func schedulingCases() []Case {
	var all []Case
	for _, nodes := range []int{100, 1000, 5000} {
		for _, spreads := range []bool{false, true} {
			load := schedulingLoad{nodes: nodes, spreads: spreads}
			all = append(all, Case{
				Group: "Scheduling: place a pod, every node looked at", Task: load.String(), Peer: "k8s.io/kubernetes' scheduler",
				Ours: load.ours, Theirs: load.theirs, Faster: map[int]float64{5000: 10}[nodes],
			})
		}
	}
	return all
}

// schedulingLoad is a cluster and what its pods want.
type schedulingLoad struct {
	nodes int
	// spreads says that pods would rather be apart from their like, and evenly on zones and nodes.
	spreads bool
}

func (l schedulingLoad) String() string {
	kind := "plain"
	if l.spreads {
		kind = "preferred affinity and spreading"
	}
	return fmt.Sprintf("%d nodes, %s", l.nodes, kind)
}

func (l schedulingLoad) ours(b *testing.B) {
	var s scheduling.Snapshot
	for i := range l.nodes {
		s.Put(ourNode(i))
	}
	var placed []*pod.Pod
	place := func(p *pod.Pod, node string) {
		p.Spec.NodeName = node
		s.Put(p)
		placed = append(placed, p)
	}
	for i := range l.nodes * podsPerNode {
		place(l.ourPod(i), nodeName(i%l.nodes))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := l.ourPod(len(placed))
		d := scheduling.Decide(&s, p, scheduling.Profile{})
		if d.Node == "" {
			b.Fatal(d.Message)
		}
		place(p, d.Node)
		s.Delete(placed[i])
	}
}

func nodeName(i int) string { return fmt.Sprintf("node-%d", i) }

func zone(i int) string { return fmt.Sprintf("zone-%d", i%3) }

func app(i int) map[string]string {
	return map[string]string{"app": fmt.Sprintf("app-%d", i%applications)}
}

func ourNode(i int) *object.Node {
	n := &object.Node{ObjectMeta: pod.ObjectMeta{Name: nodeName(i), Labels: map[string]string{labelHost: nodeName(i), labelZone: zone(i)}}}
	n.Status.Allocatable = pod.ResourceList{
		"cpu": pod.MustParseQuantity("32"), "memory": pod.MustParseQuantity("128Gi"), "pods": pod.MustParseQuantity("110"),
	}
	return n
}

func (l schedulingLoad) ourPod(i int) *pod.Pod {
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("pod-%d", i), Labels: app(i)}}
	p.UID = pod.UID(p.Name)
	p.Spec.Containers = []pod.Container{{Name: "c", Image: "app:1", Resources: pod.ResourceRequirements{Requests: pod.ResourceList{
		"cpu": pod.MustParseQuantity("100m"), "memory": pod.MustParseQuantity("200Mi"),
	}}}}
	if !l.spreads {
		return p
	}
	like := &pod.LabelSelector{MatchLabels: p.Labels}
	p.Spec.Affinity = &pod.Affinity{PodAntiAffinity: &pod.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []pod.WeightedPodAffinityTerm{{
			Weight: 100, PodAffinityTerm: pod.PodAffinityTerm{LabelSelector: like, TopologyKey: labelHost},
		}},
	}}
	for _, key := range []string{labelZone, labelHost} {
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, pod.TopologySpreadConstraint{
			MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: pod.ScheduleAnyway, LabelSelector: like,
		})
	}
	return p
}

func (l schedulingLoad) theirs(b *testing.B) {
	klog.SetLogger(klog.Background().V(0))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	peer, err := newPeerScheduler(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for i := range l.nodes {
		peer.sched.Cache.AddNode(peer.logger, theirNode(i))
	}
	var placed []*v1.Pod
	place := func(p *v1.Pod, node string) {
		p.Spec.NodeName = node
		if err := peer.sched.Cache.AssumePod(peer.logger, p); err != nil {
			b.Fatal(err)
		}
		placed = append(placed, p)
	}
	for i := range l.nodes * podsPerNode {
		place(l.theirPod(i), nodeName(i%l.nodes))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := l.theirPod(len(placed))
		node, err := peer.decide(ctx, framework.NewCycleState(), p)
		if err != nil {
			b.Fatal(err)
		}
		place(p, node)
		if err := peer.sched.Cache.ForgetPod(peer.logger, placed[i]); err != nil {
			b.Fatal(err)
		}
	}
}

// peerScheduler is Kubernetes' scheduler without its loop.
type peerScheduler struct {
	sched    *scheduler.Scheduler
	snapshot *cache.Snapshot
	logger   klog.Logger
}

// newPeerScheduler makes one that finds the objects at its API server.
func newPeerScheduler(ctx context.Context, objects ...runtime.Object) (*peerScheduler, error) {
	client := fake.NewClientset(objects...)
	factory := informers.NewSharedInformerFactory(client, 0)
	recorder := profile.NewRecorderFactory(events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()}))
	all := int32(100)
	s := &peerScheduler{snapshot: cache.NewEmptySnapshot(), logger: klog.FromContext(ctx)}
	var err error
	s.sched, err = scheduler.New(ctx, client, factory, nil, recorder,
		scheduler.WithNodeInfoSnapshot(s.snapshot), scheduler.WithPercentageOfNodesToScore(&all))
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return s, nil
}

func (s *peerScheduler) decide(ctx context.Context, state *framework.CycleState, p *v1.Pod) (node string, err error) {
	if err := s.sched.Cache.UpdateSnapshot(s.logger, s.snapshot); err != nil {
		return "", err
	}
	info, err := framework.NewPodInfo(p)
	if err != nil {
		return "", err
	}
	result, err := s.sched.SchedulePod(ctx, s.sched.Profiles[v1.DefaultSchedulerName], state, &framework.QueuedPodInfo{PodInfo: info})
	return result.SuggestedHost, err
}

func theirNode(i int) *v1.Node {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName(i), Labels: map[string]string{labelHost: nodeName(i), labelZone: zone(i)}}}
	n.Status.Allocatable = v1.ResourceList{
		"cpu": resource.MustParse("32"), "memory": resource.MustParse("128Gi"), "pods": resource.MustParse("110"),
	}
	return n
}

func (l schedulingLoad) theirPod(i int) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("pod-%d", i), Labels: app(i)}}
	p.UID = types.UID(p.Name)
	p.Spec.SchedulerName = v1.DefaultSchedulerName
	p.Spec.Containers = []v1.Container{{Name: "c", Image: "app:1", Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
		"cpu": resource.MustParse("100m"), "memory": resource.MustParse("200Mi"),
	}}}}
	if !l.spreads {
		return p
	}
	like := &metav1.LabelSelector{MatchLabels: p.Labels}
	p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []v1.WeightedPodAffinityTerm{{
			Weight: 100, PodAffinityTerm: v1.PodAffinityTerm{LabelSelector: like, TopologyKey: labelHost},
		}},
	}}
	for _, key := range []string{labelZone, labelHost} {
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, v1.TopologySpreadConstraint{
			MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: v1.ScheduleAnyway, LabelSelector: like,
		})
	}
	return p
}
