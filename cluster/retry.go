package cluster

import "time"

// retry is a pod that its node cannot take yet, as there is no address left for it: it is tried again, as a kubelet does.
type retry struct {
	timer
	it   *item
	host *host
	why  error // to be said; nil once it has been
}

// retryEvery is how long a node waits before it tries again.
const retryEvery = 10 * time.Second

// turnAway has the node say why it does not take a pod, and try again. One that is being deleted ends.
func (h *host) turnAway(c *Cluster, it *item, why error) {
	r := h.away[it]
	if r == nil {
		r = &retry{it: it, host: h}
		r.timer.owner, r.timer.order = r, turnPod.in(it.seq)
		if h.away == nil {
			h.away = map[*item]*retry{}
		}
		h.away[it] = r
	}
	if it.pod().IsTerminating() || !r.timer.isSet() {
		r.why = why
		c.times.set(&r.timer, nanos(c.now))
	}
}

func (r *retry) ring(c *Cluster) {
	it, h := r.it, r.host
	switch {
	case c.store.uids[it.object().Meta().UID] != it || it.tenant != nil || !h.up:
		delete(h.away, it)
	case it.pod().IsTerminating():
		delete(h.away, it)
		c.endObject(it)
	case r.why != nil:
		c.emit(it.object(), "kubelet", h.name, eventWarning, "FailedCreatePodSandBox", "Failed to create pod sandbox: "+r.why.Error())
		r.why = nil
		c.times.set(&r.timer, nanos(c.now.Add(retryEvery)))
	default:
		c.settle(it)
	}
}
