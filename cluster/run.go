package cluster

import (
	"context"
	"time"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// RunFor plays everything that happens within d of now, the last instant excluded, and sets the clock to now plus d. It
// does nothing for a d that is not positive.
func (c *Cluster) RunFor(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run(c.now.Add(max(d, 0)), nil)
}

// RunUntil plays until done says yes, which is asked before anything happens and after each instant at which something
// did, or until limit has passed, the last instant excluded. It reports whether done said yes.
func (c *Cluster) RunUntil(done func() bool, limit time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run(c.now.Add(max(limit, 0)), func() bool {
		c.mu.Unlock()
		defer c.mu.Lock()
		return done()
	})
}

// quiet is how long nothing must have been written until looks that found nothing to do count as periodic.
const quiet = 6 * time.Minute

// Settle plays until nothing more would happen but looks by those who look again and again and find nothing to do, as controllers
// of nodes and probes: six minutes after the last write, at the latest. It plays no longer than limit, and reports whether all is
// quiet.
func (c *Cluster) Settle(limit time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run(c.now.Add(max(limit, 0)), c.settled)
}

func (c *Cluster) settled() bool {
	if len(c.times.heap) == 0 {
		return true
	}
	if c.now.Sub(c.wrote) < quiet {
		return false
	}
	for _, t := range c.times.heap {
		if !t.idle {
			return false
		}
	}
	return true
}

// run plays what happens before end, until done says yes.
func (c *Cluster) run(end time.Time, done func() bool) bool {
	limit := nanos(end)
	for done == nil || !done() {
		at, ok := c.times.next()
		if !ok || at >= limit {
			if end.After(c.now) {
				c.now = end
			}
			return false
		}
		c.advance(at)
		c.instant()
	}
	return true
}

func (c *Cluster) advance(at int64) {
	if at > nanos(c.now) {
		c.now = time.Unix(0, at).UTC()
	}
}

// instant plays everything that happens now.
func (c *Cluster) instant() {
	for t := c.times.pop(nanos(c.now)); t != nil; t = c.times.pop(nanos(c.now)) {
		t.owner.ring(c)
		c.sleepers.tire()
	}
	c.sleepers.tire()
}

// appointment is a function of the user's that is to be called.
type appointment struct {
	timer
	do func()
}

func (a *appointment) ring(c *Cluster) {
	c.mu.Unlock()
	defer c.mu.Lock()
	a.do()
}

// At calls do when the clock is at t, after everything else that happens at that instant; what follows from what do does at that
// instant comes after it. A time that has passed is now. It may use the cluster and its clients, but must not run the clock.
func (c *Cluster) At(t time.Time, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &appointment{do: do}
	a.timer.owner, a.timer.order = a, turnUser.in(c.nextTurn())
	c.times.set(&a.timer, max(nanos(t), nanos(c.now)))
	c.poke()
}

// Follow plays the cluster in step with the process's clock until ctx is done, whose error it returns. It is for code that has
// goroutines and timers of its own; in a bubble of testing/synctest the clock is the bubble's, and nothing takes real
// time. The cluster's clock is moved to the process's at the beginning, if it is behind.
func (c *Cluster) Follow(ctx context.Context) error {
	c.follow(1)
	defer c.follow(-1)
	for {
		timer := time.NewTimer(c.untilNext())
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-c.kick:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (c *Cluster) follow(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.follows += n
}

// untilNext plays what is due by the process's clock, and returns how long it is until the next thing is.
func (c *Cluster) untilNext() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.catchUp(now)
	if at, ok := c.times.next(); ok {
		return time.Unix(0, at).Sub(now)
	}
	return time.Hour
}

// catchUp plays everything that is due at now, that instant included.
func (c *Cluster) catchUp(now time.Time) {
	for {
		at, ok := c.times.next()
		if !ok || at > nanos(now) {
			break
		}
		c.advance(at)
		c.instant()
	}
	if now = now.UTC().Round(0); now.After(c.now) {
		c.now = now
	}
}

// poke tells Follow that there is something new.
func (c *Cluster) poke() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// Play lives one pod in virtual time: it is created from the manifest p, its containers behave as s says (nil: as
// script.Plausible says), and after the time d, at the latest, the history of what was published is returned.
func Play(p *pod.Pod, s *script.Script, d time.Duration) (*history.History, error) {
	c, err := New(Config{Without: []string{"*"}})
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
