package cluster_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// moves reads what is to be done off bytes.
type moves struct {
	t *testing.T
	c *cluster.Cluster
	b []byte
	n int
}

// next is the next byte, below limit.
func (m *moves) next(limit int) int {
	if len(m.b) == 0 {
		return 0
	}
	x := int(m.b[0])
	m.b = m.b[1:]
	return x % limit
}

func (m *moves) node() string { return fmt.Sprint("node-", 1+m.next(3)) }

// pod is one of the pods that there are, if there are any.
func (m *moves) pod() (key pod.Key) {
	if pods := m.c.Pods(); len(pods) > 0 {
		key = pods[m.next(len(pods))].Key()
	}
	return key
}

// create makes a pod: bare or given to a node, with ports, requests, a priority and labels of its own.
func (m *moves) create() {
	m.n++
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: fmt.Sprint("pod-", m.n), Namespace: "default", Labels: map[string]string{"app": []string{"web", "other"}[m.next(2)]}}}
	c := pod.Container{Name: "app", Image: "app:1"}
	c.Resources.Requests = pod.ResourceList{pod.ResourceCPU: pod.NewQuantity(int64(m.next(4)), pod.DecimalSI)}
	if m.next(3) == 0 {
		c.Ports = []pod.ContainerPort{{ContainerPort: 80, HostPort: int32(80 + m.next(2)), HostIP: []string{"", "0.0.0.0", "10.0.0.1", "10.0.0.2"}[m.next(4)]}}
	}
	p.Spec.Containers = []pod.Container{c}
	p.Spec.TerminationGracePeriodSeconds = new(int64(m.next(40)))
	if m.next(3) == 0 {
		p.Spec.NodeName = m.node()
	}
	if m.next(4) == 0 {
		p.Spec.PriorityClassName = []string{"high", "system-node-critical"}[m.next(2)]
	}
	if m.next(4) == 0 {
		p.Spec.RestartPolicy = pod.RestartPolicyNever
	}
	run := script.Run{Forever: true}
	if m.next(2) == 0 {
		run = script.Run{For: script.Duration(time.Duration(m.next(60)) * time.Second), Exit: int32(m.next(2))}
	}
	s := &script.Script{Containers: map[string]script.Behavior{"app": {
		Runs: []script.Run{run},
		Pull: script.Tries{{Takes: script.Duration(time.Duration(m.next(5)) * time.Second)}}, OnTerm: script.OnTerm{Ignore: m.next(4) == 0},
		Resize: script.Tries{{Takes: script.Duration(time.Duration(m.next(20)) * time.Second)}, {Error: "busy"}, {}},
	}}}
	_, err := m.c.Create(p, s)
	require.NoError(m.t, err)
}

// step does one thing. What the cluster refuses is refused.
func (m *moves) step() {
	client := m.c.Client()
	switch m.next(14) {
	case 0, 1, 2:
		m.create()
	case 3:
		_ = m.c.Delete(m.pod(), pod.DeleteOptions{GracePeriodSeconds: []*int64{nil, new(int64), new(int64(5))}[m.next(3)]})
	case 4:
		_ = client.Evict(m.t.Context(), m.pod(), object.DeleteOptions{})
	case 5:
		_ = m.c.FailNode(m.node())
	case 6:
		_ = m.c.RecoverNode(m.node())
	case 7:
		_ = client.Bind(m.t.Context(), m.pod(), m.node())
	case 8:
		_ = m.c.Fail(m.pod(), "app", 1)
	case 9:
		level := &eviction.Level{Available: int64(m.next(2)) << 30, Capacity: 8 << 30}
		_ = m.c.SetSignal(m.node(), eviction.MemoryAvailable, level)
	case 10:
		_, _ = client.Patch(m.t.Context(), object.PodDisruptionBudgetKind, pod.Key{Name: "web"}, fmt.Appendf(nil, `{"spec":{"minAvailable":%d}}`, m.next(4)))
	case 11:
		_, _ = client.Patch(m.t.Context(), object.ReplicaSetKind, pod.Key{Name: "web"}, fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, m.next(6)))
	case 12, 13:
		m.resize()
	}
	m.c.RunFor(time.Duration(m.next(4)*m.next(40)) * time.Second)
}

// resize has one or two pods ask for another CPU at one instant.
func (m *moves) resize() {
	for range 1 + m.next(2) {
		if p := m.c.Pod(m.pod()); p != nil {
			_ = resize(m.c, p.Name, fmt.Sprint(m.next(5)))
		}
	}
}

// FuzzCluster does whatever bytes say to a cluster of three nodes with every invariant on, and then sees it come to rest: all nodes are
// back, nothing is short, and the ReplicaSet has its pods if there is room.
func FuzzCluster(f *testing.F) {
	for seed := range 8 {
		var b []byte
		for i := range 400 {
			b = append(b, byte((i+1)*(i+3)*(2*seed+1)>>2))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 2000 {
			return
		}
		playMoves(t, b)
	})
}

// playMoves makes a cluster and does to it what the bytes say.
func playMoves(t *testing.T, b []byte) {
	m := moves{t: t, b: b}
	cfg := cluster.Config{Nodes: nodes(3), Check: true, Disruption: disruption.Config{TerminatedPodThreshold: 20}}
	if m.next(2) == 1 {
		cfg.Lags = []cluster.Lag{{By: time.Duration(m.next(5)) * time.Second}}
	}
	if m.next(4) == 1 {
		cfg.Scheduler = first{}
		cfg.Latency = time.Second
	}
	if m.next(4) == 1 {
		cfg.Awake = 1
	}
	if m.next(2) == 0 { // so few that they are soon used again
		cfg.PodRanges = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/27")}
	}
	m.c = newCluster(t, cfg)
	apply(t, m.c, `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}`)
	apply(t, m.c, webBudget)
	apply(t, m.c, webSet)
	for len(m.b) > 0 {
		m.step()
	}
	m.rest()
}

// rest ends all trouble, and sees that the cluster converges.
func (m *moves) rest() {
	for _, n := range nodes(3) {
		_ = m.c.RecoverNode(n.Name)
		require.NoError(m.t, m.c.SetSignal(n.Name, eviction.MemoryAvailable, nil))
	}
	m.c.RunFor(time.Hour)
	for o := range all(m.t, m.c, object.NodeKind) {
		require.Empty(m.t, o.(*object.Node).Spec.Taints)
	}
	set := read[*object.ReplicaSet](m.t, m.c, object.ReplicaSetKind, "web")
	require.Equal(m.t, *set.Spec.Replicas, set.Status.Replicas)
	for _, p := range m.c.Pods() {
		require.Nil(m.t, p.DeletionTimestamp, "pod %s is still being deleted", p.Name)
		m.resized(p)
	}
}

// resized sees that a pod has what it asks for, unless its node has it not.
func (m *moves) resized(p *pod.Pod) {
	require.Nil(m.t, p.Status.Condition(pod.PodResizeInProgress), "pod %s is still being resized", p.Name)
	if p.Spec.NodeName == "" || p.Status.Phase.IsTerminal() {
		return
	}
	var others []*pod.Pod
	for _, q := range m.c.Pods() {
		if q.Spec.NodeName == p.Spec.NodeName && q.UID != p.UID {
			if c := q.Status.Condition(pod.PodResizePending); c != nil { // what it has counts, and not what it asks for
				q = pod.WithResourcesOf(q, q)
				q.Spec.Containers[0].Resources = *q.Status.ContainerStatuses[0].Resources
			}
			others = append(others, q)
		}
	}
	room := len(scheduling.Admit(p, read[*object.Node](m.t, m.c, object.NodeKind, p.Spec.NodeName), others)) == 0
	waits := p.Status.Condition(pod.PodResizePending) != nil
	require.NotEqual(m.t, room, waits, "pod %s waits for resources, and its node has room", p.Name)
}

func all(t *testing.T, c *cluster.Cluster, kind object.Kind) func(func(object.Object) bool) {
	l, err := c.Client().List(t.Context(), kind, cluster.ListOptions{})
	require.NoError(t, err)
	return func(yield func(object.Object) bool) {
		for _, o := range l.Items {
			if !yield(o) {
				return
			}
		}
	}
}
