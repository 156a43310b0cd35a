package cluster

import (
	"time"

	"github.com/podlife/podlife/object"
)

// heartbeat is the renewals of a node's lease, where they are stored.
type heartbeat struct {
	timer
	host *host
}

// storeLeases has all nodes store their leases from now on, and every renewal of them, because somebody watches leases. Until then a
// lease is made when somebody reads it: what nobody sees costs nothing.
func (c *Cluster) storeLeases() {
	if c.leasesStored {
		return
	}
	c.leasesStored = true
	for it := range c.store.shelf(object.NodeKind).all.all() {
		h := c.hosts[it.object().Meta().Name]
		c.storeLease(h)
		c.beat(h)
	}
}

// beat has a node that has just come store its lease.
func (c *Cluster) beat(h *host) {
	if !c.leasesStored {
		return
	}
	if h.beat == nil {
		h.beat = &heartbeat{host: h}
		h.beat.timer.owner, h.beat.timer.order = h.beat, turnNode.in(c.nextTurn())
	}
	c.times.set(&h.beat.timer, nanos(c.now))
}

// storeLease stores the lease of a node as it is.
func (c *Cluster) storeLease(h *host) {
	if h.item == nil {
		return
	}
	now := c.leaseOf(h)
	it := c.store.find(object.LeaseKind, now.Key())
	if it == nil {
		c.insert(&item{shelf: c.store.shelf(object.LeaseKind), whole: now})
		return
	}
	if old := it.object().(*object.Lease); !old.Spec.RenewTime.Equal(now.Spec.RenewTime.Time) {
		next := old.Clone()
		next.Spec.RenewTime = now.Spec.RenewTime
		c.put(it, next)
	}
}

// next sets the time of the next renewal. That nothing but renewals comes is quiet.
func (b *heartbeat) next(c *Cluster) {
	h := b.host
	if !h.up || h.item == nil {
		c.times.cancel(&b.timer)
		return
	}
	c.times.set(&b.timer, nanos(h.since.Add((c.now.Sub(h.since)/leaseEvery+1)*leaseEvery)))
	b.timer.idle = true
}

func (b *heartbeat) ring(c *Cluster) {
	c.storeLease(b.host)
	b.next(c)
}

// renewedAt is when a node that has been renewing its lease since a time last did so before t.
func renewedAt(since, t time.Time) time.Time {
	return since.Add(max(t.Sub(since), 0) / leaseEvery * leaseEvery)
}
