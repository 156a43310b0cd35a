package cluster

import (
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// notice has a node that is up correct its object, when it next says how it is, where somebody who has not heard of it in time has
// given it up.
func (c *Cluster) notice(h *host, n *object.Node) {
	if h.up && givenUp(n) && !h.timer.isSet() {
		c.times.set(&h.timer, nanos(h.since.Add((c.now.Sub(h.since)/leaseEvery+1)*leaseEvery)))
	}
}

func givenUp(n *object.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c object.NodeCondition) bool { return c.Status == pod.ConditionUnknown })
}

// ring says how the node is.
func (h *host) ring(c *Cluster) {
	if h.up {
		c.post(h)
	}
}

// correct says how the pod is, where somebody who has given its node up has said that it is not ready.
func (t *tenant) correct() {
	if t.item == nil {
		return
	}
	have := t.item.pod().Status.Condition(pod.Ready)
	if have == nil || have.Status == pod.ConditionTrue {
		return
	}
	if now := t.awake().Machine.Status(); now.IsTrue(pod.Ready) {
		t.publish()
	}
}

// post writes the node's status, if it is not as it should be.
func (c *Cluster) post(h *host) {
	if h.item == nil {
		return
	}
	next := h.item.object().(*object.Node).Clone()
	c.ready(next)
	if h.strain != nil {
		h.strain.mark(next, c.now)
	}
	if !object.Equal(h.item.object(), next) {
		c.put(h.item, next)
	}
}
