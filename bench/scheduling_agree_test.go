package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/scheduler/framework"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// recordedCluster is a case of package scheduling's recordings, without the decision.
type recordedCluster struct {
	ID, Family string
	Pod        *pod.Pod
	Nodes      []*object.Node
	Pods       []*pod.Pod

	Namespaces     []*object.Namespace
	PDBs           []*object.PodDisruptionBudget
	PVCs           []*object.PersistentVolumeClaim
	PVs            []*object.PersistentVolume
	StorageClasses []*object.StorageClass
	CSINodes       []*object.CSINode
	Services       []*object.Service
	ReplicaSets    []*object.ReplicaSet
	StatefulSets   []*object.StatefulSet
}

// TestSchedulingAgrees gives the pods of recorded cases to the clusters of others, some of them with parts of third ones, and compares
// which nodes are the best, or the whole message where none fits, preemption included, with Kubernetes' own scheduler in this process.
// PODLIFE_LONG tries more of them.
func TestSchedulingAgrees(t *testing.T) {
	cases := recordedClusters(t)
	random := rand.New(rand.NewSource(1))
	byFamily := map[string][]*recordedCluster{}
	for _, c := range cases {
		byFamily[c.Family] = append(byFamily[c.Family], c)
	}
	for range tries(40, 10000) {
		cluster, like := cases[random.Intn(len(cases))], cases[random.Intn(len(cases))]
		if random.Intn(3) > 0 {
			like = byFamily[cluster.Family][random.Intn(len(byFamily[cluster.Family]))]
		}
		if len(cluster.Nodes) < 2 || len(like.Pod.Spec.SchedulingGates) > 0 || like.Pod.Spec.NodeName != "" {
			continue
		}
		mixed := *cluster
		mixed.Nodes = slices.Clone(cluster.Nodes)
		mixed.Pod = like.Pod
		if random.Intn(2) == 0 {
			mixed.join(like)
		}
		if random.Intn(2) == 0 {
			mixed.graft(random, cases)
		}
		mixed.agreeOnImages()
		if difference := mixed.differs(t); difference != "" {
			t.Errorf("pod of %s on %s: %s", like.ID, cluster.ID, difference)
		}
	}
}

// agreeOnImages makes all nodes report the same size for an image, as the peer takes the size that it is told first.
func (c *recordedCluster) agreeOnImages() {
	sizes := map[string]int64{}
	c.Nodes = slices.Clone(c.Nodes)
	for i := range c.Nodes {
		n := *c.Nodes[i]
		n.Status.Images = nil
		for _, image := range c.Nodes[i].Status.Images {
			for _, name := range image.Names {
				if _, ok := sizes[name]; !ok {
					sizes[name] = image.SizeBytes
				}
				n.Status.Images = append(n.Status.Images, object.ContainerImage{Names: []string{name}, SizeBytes: sizes[name]})
			}
		}
		c.Nodes[i] = &n
	}
}

// graft gives the pod and the nodes some of what those of other cases have.
func (c *recordedCluster) graft(random *rand.Rand, cases []*recordedCluster) {
	rarely := func() bool { return random.Intn(4) == 0 }
	donor := func() *recordedCluster { return cases[random.Intn(len(cases))] }
	p := c.Pod.Clone()
	for _, part := range []func(from *pod.Spec){
		func(from *pod.Spec) { p.Spec.Affinity = from.Affinity },
		func(from *pod.Spec) { p.Spec.NodeSelector = from.NodeSelector },
		func(from *pod.Spec) { p.Spec.Tolerations = from.Tolerations },
		func(from *pod.Spec) { p.Spec.TopologySpreadConstraints = from.TopologySpreadConstraints },
		func(from *pod.Spec) { p.Spec.Containers, p.Spec.Volumes = from.Containers, from.Volumes },
		func(from *pod.Spec) { p.Spec.InitContainers = from.InitContainers },
		func(from *pod.Spec) { p.Spec.Resources, p.Spec.Overhead = from.Resources, from.Overhead },
		func(from *pod.Spec) { p.Spec.Priority, p.Spec.PreemptionPolicy = from.Priority, from.PreemptionPolicy },
	} {
		if rarely() {
			part(&donor().Pod.Clone().Spec)
		}
	}
	c.Pod = p
	for i := range c.Nodes {
		n, from := *c.Nodes[i], donor().Nodes
		if len(from) == 0 {
			continue
		}
		like := from[random.Intn(len(from))]
		if rarely() {
			n.Spec.Taints, n.Spec.Unschedulable = like.Spec.Taints, like.Spec.Unschedulable
		}
		if rarely() {
			n.Status.Allocatable = like.Status.Allocatable
		}
		if rarely() {
			n.Labels = maps.Clone(like.Labels)
			n.Labels["kubernetes.io/hostname"] = n.Name
		}
		c.Nodes[i] = &n
	}
}

// join adds the objects of another cluster whose names are not taken.
func (c *recordedCluster) join(other *recordedCluster) {
	c.Nodes, c.Pods, c.Namespaces = union(c.Nodes, other.Nodes), union(c.Pods, other.Pods), union(c.Namespaces, other.Namespaces)
	c.PVCs, c.PVs, c.StorageClasses = union(c.PVCs, other.PVCs), union(c.PVs, other.PVs), union(c.StorageClasses, other.StorageClasses)
	c.PDBs = union(c.PDBs, other.PDBs)
	c.CSINodes, c.Services = union(c.CSINodes, other.CSINodes), union(c.Services, other.Services)
	c.ReplicaSets, c.StatefulSets = union(c.ReplicaSets, other.ReplicaSets), union(c.StatefulSets, other.StatefulSets)
}

func union[T object.Object](a, b []T) []T {
	a = slices.Clone(a)
	for _, o := range b {
		if !slices.ContainsFunc(a, func(p T) bool { return p.Meta().Key() == o.Meta().Key() }) {
			a = append(a, o)
		}
	}
	return a
}

func recordedClusters(t *testing.T) (cases []*recordedCluster) {
	eachLine(t, "../scheduling/testdata/cases.jsonl.gz", func(line []byte) {
		c := new(recordedCluster)
		if err := json.Unmarshal(line, c); err != nil {
			t.Fatal(err)
		}
		for _, p := range append([]*pod.Pod{c.Pod}, c.Pods...) {
			storeAsServer(p)
		}
		cases = append(cases, c)
	})
	return cases
}

// storeAsServer does to a pod what the API server does, and keeps its status.
func storeAsServer(p *pod.Pod) {
	uid := p.UID
	if uid == "" {
		uid = pod.UID(p.Namespace + "/" + p.Name)
	}
	status, deleted := p.Status, p.DeletionTimestamp
	pod.SetDefaults(p)
	pod.PrepareCreate(p, pod.Creation{UID: uid})
	p.Status, p.DeletionTimestamp = status, deleted
}

// differs compares the two decisions, and says how they differ.
func (c *recordedCluster) differs(t *testing.T) string {
	var s scheduling.Snapshot
	putAll(&s, c.Nodes)
	for _, p := range c.Pods {
		if p.Spec.NodeName == "" {
			s.PutWaiting(p)
		} else {
			s.Put(p)
		}
	}
	putAll(&s, c.Namespaces)
	putAll(&s, c.PDBs)
	putAll(&s, c.PVCs)
	putAll(&s, c.PVs)
	putAll(&s, c.StorageClasses)
	putAll(&s, c.CSINodes)
	putAll(&s, c.Services)
	putAll(&s, c.ReplicaSets)
	putAll(&s, c.StatefulSets)
	d := scheduling.Decide(&s, c.Pod, scheduling.Profile{})
	node, said := c.peerDecides(t)
	switch {
	case node != "" && !slices.Contains(d.Best(), node):
		return fmt.Sprintf("peer takes %s, podlife one of %v %s", node, d.Best(), d.Message)
	case node == "" && said != d.Message && !nominatesEqual(d.Preemption, said, d.FilterMessage):
		return fmt.Sprintf("peer says %q, podlife %q, best %v", said, d.Message, d.Best())
	}
	return ""
}

// nominatesEqual reports whether the peer nominates a node that costs no more than podlife's, with as many victims.
func nominatesEqual(p *scheduling.Preemption, said, filtered string) bool {
	if p == nil {
		return false
	}
	return slices.ContainsFunc(p.Equal, func(node string) bool {
		for i := range p.Candidates {
			if p.Candidates[i].Node == node {
				return said == fmt.Sprintf("%s preemption: found a potential placement for pod on node %s, preempting %d victims",
					filtered, node, len(p.Candidates[i].Victims))
			}
		}
		return false
	})
}

func putAll[T object.Object](s *scheduling.Snapshot, list []T) {
	for _, o := range list {
		s.Put(o)
	}
}

// peerDecides asks Kubernetes' scheduler with the same objects.
func (c *recordedCluster) peerDecides(t *testing.T) (node, said string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var objects []runtime.Object
	namespaces := map[string]*v1.Namespace{}
	for _, n := range translated[v1.Namespace](t, c.Namespaces) {
		namespaces[n.Name] = n
	}
	for _, p := range append([]*pod.Pod{c.Pod}, c.Pods...) {
		if namespaces[p.Namespace] == nil {
			namespaces[p.Namespace] = new(v1.Namespace)
			namespaces[p.Namespace].Name = p.Namespace
		}
	}
	for name, n := range namespaces {
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels["kubernetes.io/metadata.name"] = name
		objects = append(objects, n)
	}
	waiting := 0
	for _, p := range translated[v1.Pod](t, append([]*pod.Pod{c.Pod}, c.Pods...)) {
		if p.Spec.NodeName == "" {
			objects = append(objects, p)
			waiting++
		}
	}
	objects = appendObjects(objects, translated[policyv1.PodDisruptionBudget](t, c.PDBs))
	objects = appendObjects(objects, translated[v1.PersistentVolumeClaim](t, c.PVCs))
	objects = appendObjects(objects, translated[v1.PersistentVolume](t, c.PVs))
	objects = appendObjects(objects, translated[storagev1.StorageClass](t, c.StorageClasses))
	objects = appendObjects(objects, translated[storagev1.CSINode](t, c.CSINodes))
	objects = appendObjects(objects, translated[v1.Service](t, c.Services))
	objects = appendObjects(objects, translated[appsv1.ReplicaSet](t, c.ReplicaSets))
	objects = appendObjects(objects, translated[appsv1.StatefulSet](t, c.StatefulSets))
	peer, err := newPeerScheduler(ctx, objects...)
	if err != nil {
		t.Fatal(err)
	}
	for queued, _ := peer.sched.SchedulingQueue.PendingPods(); len(queued) < waiting; queued, _ = peer.sched.SchedulingQueue.PendingPods() {
		time.Sleep(time.Millisecond)
	}
	known := map[string]bool{}
	for _, n := range translated[v1.Node](t, c.Nodes) {
		known[n.Name] = true
		peer.sched.Cache.AddNode(peer.logger, n)
	}
	for _, p := range translated[v1.Pod](t, c.Pods) {
		if known[p.Spec.NodeName] && p.Status.Phase != v1.PodSucceeded && p.Status.Phase != v1.PodFailed {
			if err := peer.sched.Cache.AddPod(peer.logger, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	return peer.ask(ctx, translated[v1.Pod](t, []*pod.Pod{c.Pod})[0])
}

// ask is decide, with what is said where no node fits.
func (s *peerScheduler) ask(ctx context.Context, p *v1.Pod) (node, said string) {
	state := framework.NewCycleState()
	node, err := s.decide(ctx, state, p)
	if err == nil {
		return node, ""
	}
	fit, ok := err.(*framework.FitError)
	if !ok {
		return "", err.Error()
	}
	_, status := s.sched.Profiles[v1.DefaultSchedulerName].RunPostFilterPlugins(ctx, state, p, fit.Diagnosis.NodeToStatus)
	fit.Diagnosis.PostFilterMsg = status.Message()
	return "", fit.Error()
}

func appendObjects[T any, P interface {
	*T
	runtime.Object
}](to []runtime.Object, list []P) []runtime.Object {
	for _, o := range list {
		to = append(to, o)
	}
	return to
}

// translated reads podlife's objects as Kubernetes' own.
func translated[To, From any](t *testing.T, list []*From) (out []*To) {
	for _, o := range list {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		to := new(To)
		if err := json.Unmarshal(b, to); err != nil {
			t.Fatal(err)
		}
		out = append(out, to)
	}
	return out
}
