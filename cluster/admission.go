package cluster

import (
	"cmp"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// rejection is why a node does not run a pod that was given to it, in the kubelet's words.
type rejection struct {
	timer
	it      *item
	host    *host
	reason  pod.Reason
	message string
	victims []*item   // pods that end first, so that a critical pod has room; it is not refused then
	until   time.Time // victims: how long they are waited for at most, once they have been told
}

// refuses reports whether the node does not run the pod beside those that it runs, and tells the pod's object so, at this instant. A
// pod that the cluster's own scheduler has just placed fits. One that is being deleted is not looked at: it ends anyway.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename.
func (c *Cluster) refuses(h *host, it *item) bool {
	if h.held[it] {
		return true
	}
	r := c.rejectionOf(h, it.pod())
	if r == nil {
		return false
	}
	if h.held == nil {
		h.held = map[*item]bool{}
	}
	h.held[it] = true
	r.it, r.host = it, h
	r.timer.owner, r.timer.order = r, turnPod.in(it.seq)
	c.times.set(&r.timer, nanos(c.now))
	return true
}

func (c *Cluster) rejectionOf(h *host, p *pod.Pod) *rejection {
	if p.IsTerminating() || h.item == nil {
		return nil
	}
	if h.strain != nil {
		if message, refused := eviction.Refuses(h.strain.conditions, p, false); refused {
			return &rejection{reason: pod.ReasonEvicted, message: message}
		}
	}
	n := h.item.object().(*object.Node)
	if r := scheduling.AdmitSystem(p, systemOf(n)); r != nil {
		return &rejection{reason: r.Reason, message: r.Message}
	}
	if len(h.resizes.waiting) == 0 && (c.placing.placed || c.placing.snapshot.Admits(p)) {
		return nil
	}
	all := scheduling.Admit(p, n, c.admitted(h, nil))
	if len(all) == 0 {
		return nil
	}
	return c.makeRoom(h, p, all)
}

func systemOf(n *object.Node) string {
	return cmp.Or(n.Status.NodeInfo.OperatingSystem, n.Labels[scheduling.LabelOS], "linux")
}

// admitted is the pods that the node runs or is to run, but for one, with what it has given them, in the order of their creation.
func (c *Cluster) admitted(h *host, but *tenant) []*pod.Pod {
	var out []*pod.Pod
	for it := range c.store.byNode[h.name].all() {
		if it.tenant != nil && it.tenant != but && !it.pod().Status.Phase.IsTerminal() {
			out = append(out, it.tenant.given())
		}
	}
	return out
}

// ring says on the pod that the node does not run it: nothing of it was ever there. One that somebody has deleted meanwhile goes.
func (r *rejection) ring(c *Cluster) {
	stored := c.store.uids[r.it.object().Meta().UID] == r.it && !r.it.pod().Status.Phase.IsTerminal() && r.host.up
	if stored && len(r.victims) > 0 && !r.it.pod().IsTerminating() {
		r.wait(c)
		return
	}
	delete(r.host.held, r.it)
	switch {
	case !stored:
		return
	case len(r.victims) > 0: // it was deleted while it waited
		c.endObject(r.it)
		return
	}
	next := *r.it.pod()
	m, err := lifecycle.New(&next, r.host.machine)
	if err != nil { // a pod that was created can be run
		panic(err)
	}
	out := m.Step(c.now, lifecycle.Input{Kind: lifecycle.Reject, Reason: r.reason, Message: r.message})
	for _, e := range out.Events {
		c.pasts.emit(c.now, next.UID, e)
		c.emitPod(&next, r.host.name, e)
	}
	next.Status = m.Status()
	c.put(r.it, &next)
	if next.IsTerminating() {
		c.endObject(r.it)
	}
}
