package disruption

import (
	"maps"
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const (
	// nodeMonitorPeriod is how often all nodes are looked at, nodeMonitorPhase when: Kubernetes' phase is random.
	nodeMonitorPeriod = 5 * time.Second
	nodeMonitorPhase  = 2 * time.Second
	// LeaseNamespace is where nodes renew their leases.
	LeaseNamespace = "kube-node-lease"
)

// Taints that come of a node's conditions, and what else taints a node by itself.
const (
	TaintNotReady           = "node.kubernetes.io/not-ready"
	TaintUnreachable        = "node.kubernetes.io/unreachable"
	TaintUnschedulable      = "node.kubernetes.io/unschedulable"
	TaintMemoryPressure     = "node.kubernetes.io/memory-pressure"
	TaintDiskPressure       = "node.kubernetes.io/disk-pressure"
	TaintPIDPressure        = "node.kubernetes.io/pid-pressure"
	TaintNetworkUnavailable = "node.kubernetes.io/network-unavailable"
	TaintOutOfService       = "node.kubernetes.io/out-of-service"
)

// NodeLifecycle is the controller that watches over nodes. The zero value is ready for use.
//
// When it last saw a sign of life of each node, and whose turn it is to be tainted, is in its plans' memos. Without one it begins
// by believing that all nodes have just been heard of.
type NodeLifecycle struct{ Config Config }

// nodeMemo is what is known of all nodes. It is not written to once it has been handed out.
type nodeMemo struct {
	nodes   map[string]nodeHealth
	zones   map[string]zone
	looked  time.Time // when all nodes were last looked at
	pending bool      // the taints are still to follow
}

// nodeHealth is what is known of one node.
type nodeHealth struct {
	uid       pod.UID
	heard     time.Time // when a sign of life was last seen
	heartbeat pod.Time
	renewed   time.Time
	ready     bool // the node had the condition Ready
}

// recall is a copy of the memo, or a new one.
func recall(memo any) *nodeMemo {
	m, ok := memo.(*nodeMemo)
	if !ok {
		return &nodeMemo{nodes: map[string]nodeHealth{}, zones: map[string]zone{}}
	}
	return &nodeMemo{nodes: maps.Clone(m.nodes), zones: maps.Clone(m.zones), looked: m.looked, pending: m.pending}
}

// Name is node-controller.
func (NodeLifecycle) Name() string { return "node-controller" }

// Concerns are nodes: each by itself, for the taints that come of its conditions, and all together, from the first on.
func (NodeLifecycle) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.NodeKind, Keys: func(_ controller.View, was, is object.Object) []pod.Key {
		switch {
		case was == nil:
			return []pod.Key{is.Meta().Key(), cluster}
		case is == nil:
			return []pod.Key{cluster}
		}
		return []pod.Key{is.Meta().Key()}
	}}}
}

// Reconcile looks at one node, or at all.
func (c NodeLifecycle) Reconcile(r controller.Request) controller.Plan {
	if r.Key != cluster {
		return conditionTaints(readNode(r.View, r.Key.Name))
	}
	l := nodeLook{config: c.Config.withDefaults(), memo: recall(r.Memo), now: r.Now, view: r.View}
	for o := range r.View.List(object.NodeKind, "") {
		l.nodes = append(l.nodes, o.(*object.Node))
	}
	l.run()
	l.plan.Memo = l.memo
	return l.plan.Plan
}

// nodeLook is one look at all nodes.
type nodeLook struct {
	config Config
	memo   *nodeMemo
	now    time.Time
	view   controller.View
	nodes  []*object.Node
	plan   draft
}

// run looks for signs of life when it is time to, and then puts taints on and off. The taints come in a plan of their own if the
// status of a node is to be written first.
func (l *nodeLook) run() {
	next := grid(l.now, nodeMonitorPeriod, nodeMonitorPhase)
	if next.Equal(l.now) && !l.memo.looked.Equal(l.now) {
		first := l.memo.looked.IsZero()
		l.memo.looked, l.memo.pending = l.now, true
		l.register(first)
		if l.checkAll() {
			l.plan.wakeAt(l.now)
			return
		}
	}
	if l.memo.pending {
		l.memo.pending = false
		l.judgeZones()
		l.settleTaints()
	}
	l.pace()
	if len(l.nodes) > 0 || len(l.memo.nodes) > 0 {
		l.plan.wakeAt(grid(l.now.Add(1), nodeMonitorPeriod, nodeMonitorPhase))
	}
}

// register says which nodes have come and gone. Those that are there at the first look are not news.
func (l *nodeLook) register(first bool) {
	there := map[string]bool{}
	for _, n := range l.nodes {
		there[n.Name] = true
		if _, known := l.memo.nodes[n.Name]; !known && !first {
			l.plan.emit(mentionNode(n.Name, n.UID), normal, "RegisteredNode", "Node %s event: Registered Node %s in Controller", n.Name, n.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.memo.nodes)) {
		if !there[name] {
			l.plan.emit(mentionNode(name, l.memo.nodes[name].uid), normal, "RemovingNode", "Node %s event: Removing Node %s from Controller", name, name)
			delete(l.memo.nodes, name)
		}
	}
}

// checkAll looks for signs of life of each node, and reports whether any has been lost just now.
func (l *nodeLook) checkAll() (lost bool) {
	for _, n := range l.nodes {
		if l.check(n) {
			lost = true
		}
	}
	return lost
}

// check marks a node as lost that has been silent for too long.
func (l *nodeLook) check(n *object.Node) (lost bool) {
	grace := l.config.NodeMonitorGracePeriod
	ready := condition(n, object.NodeReady)
	if ready == nil {
		grace = l.config.NodeStartupGracePeriod
	}
	if l.now.Before(l.hear(n, ready).heard.Add(grace)) || ready != nil && ready.Status == pod.ConditionUnknown {
		return false
	}
	next := n.Clone()
	for _, t := range []object.NodeConditionType{object.NodeReady, object.NodeMemoryPressure, object.NodeDiskPressure, object.NodePIDPressure} {
		l.setUnknown(next, t)
	}
	wasReady := ready != nil && ready.Status == pod.ConditionTrue
	if wasReady {
		l.markPods(n.Name) // first, so that none is forgotten if the plan cannot be carried out to its end
	}
	l.plan.add(controller.UpdateStatus, next)
	if wasReady {
		l.plan.emit(mentionNode(n.Name, n.UID), normal, "NodeNotReady", "Node %s status is now: NodeNotReady", n.Name)
	}
	return true
}

// hear takes in the node's heartbeat and lease.
func (l *nodeLook) hear(n *object.Node, ready *object.NodeCondition) nodeHealth {
	h, known := l.memo.nodes[n.Name]
	if !known || h.uid != n.UID {
		h = nodeHealth{uid: n.UID, heard: l.now}
		if ready == nil {
			h.heard = n.CreationTimestamp.Time
		}
	}
	if ready != nil {
		if !h.ready || !h.heartbeat.Equal(ready.LastHeartbeatTime) {
			h.heard = l.now
		}
		h.heartbeat = ready.LastHeartbeatTime
	}
	h.ready = ready != nil
	lease, _ := l.view.Read(object.LeaseKind, pod.Key{Namespace: LeaseNamespace, Name: n.Name}).(*object.Lease)
	if lease != nil && lease.Spec.RenewTime != nil && lease.Spec.RenewTime.After(h.renewed) {
		h.renewed, h.heard = lease.Spec.RenewTime.Time, l.now
	}
	l.memo.nodes[n.Name] = h
	return h
}

// setUnknown says that nothing is known any more of one aspect of a node.
func (l *nodeLook) setUnknown(n *object.Node, t object.NodeConditionType) {
	c := condition(n, t)
	switch {
	case c == nil:
		n.Status.Conditions = append(n.Status.Conditions, object.NodeCondition{
			Type: t, Status: pod.ConditionUnknown, Reason: "NodeStatusNeverUpdated", Message: "Kubelet never posted node status.",
			LastHeartbeatTime: n.CreationTimestamp, LastTransitionTime: stamp(l.now),
		})
	case c.Status != pod.ConditionUnknown:
		c.Status, c.Reason, c.Message = pod.ConditionUnknown, "NodeStatusUnknown", "Kubelet stopped posting node status."
		c.LastTransitionTime = stamp(l.now)
	}
}

// markPods says of the pods of a lost node that they are not ready.
func (l *nodeLook) markPods(node string) {
	for p := range onNode(l.view, node) {
		if !p.Status.IsTrue(pod.Ready) {
			continue
		}
		next := p.Clone()
		c := next.Status.Condition(pod.Ready)
		c.Status, c.LastTransitionTime = pod.ConditionFalse, stamp(l.now)
		l.plan.add(controller.UpdateStatus, next)
		l.plan.emit(mention(p), warning, "NodeNotReady", "Node is not ready")
	}
}

// condition is the condition of a type, or nil. It belongs to n.
func condition(n *object.Node, t object.NodeConditionType) *object.NodeCondition {
	for i := range n.Status.Conditions {
		if n.Status.Conditions[i].Type == t {
			return &n.Status.Conditions[i]
		}
	}
	return nil
}

// readiness is the status of the condition Ready; empty where there is none.
func readiness(n *object.Node) pod.ConditionStatus {
	if c := condition(n, object.NodeReady); c != nil {
		return c.Status
	}
	return ""
}
