package cluster

import (
	"time"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// RunFor plays everything that happens within d of now, the last instant excluded, and sets the clock to now plus d. It
// does nothing for a d that is not positive.
func (c *Cluster) RunFor(d time.Duration) {
	c.RunUntil(func() bool { return false }, d)
}

// RunUntil plays until done says yes, which is asked before anything happens and after each instant at which something
// did, or until limit has passed, the last instant excluded. It reports whether done said yes.
func (c *Cluster) RunUntil(done func() bool, limit time.Duration) bool {
	end := c.now.Add(max(limit, 0))
	for !done() {
		at, ok := c.next()
		if !ok || !at.Before(end) {
			c.now = end
			return false
		}
		c.now = at
		for _, m := range c.due() {
			m.life.Advance(c.now)
			c.retire(m)
		}
	}
	return true
}

// next is when something next happens.
func (c *Cluster) next() (at time.Time, ok bool) {
	for _, m := range c.members {
		if w := m.life.Wake(); !w.IsZero() && (!ok || w.Before(at)) {
			at, ok = w, true
		}
	}
	if ok && at.Before(c.now) {
		at = c.now
	}
	return at, ok
}

// due are the pods to which something happens now, in the order of creation.
func (c *Cluster) due() []*member {
	var out []*member
	for _, m := range c.members {
		if w := m.life.Wake(); !w.IsZero() && !w.After(c.now) {
			out = append(out, m)
		}
	}
	return out
}

// Play lives one pod in virtual time: it is created from the manifest p, its containers behave as s says (nil: as
// script.Plausible says), and after the time d, at the latest, the history of what was published is returned.
// It ends earlier if nothing more would happen.
func Play(p *pod.Pod, s *script.Script, d time.Duration) (*history.History, error) {
	c, err := New(Config{})
	if err != nil {
		return nil, err
	}
	created, err := c.Create(p, s)
	if err != nil {
		return nil, err
	}
	c.RunFor(d)
	return c.History(created.Key()), nil
}
