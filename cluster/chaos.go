package cluster

import (
	"math/rand/v2"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Chaos is what goes wrong by itself, drawn from the seed of the cluster. The zero Chaos is nothing; each of its fields is a fault
// of its own. Rates are between 0, never, and 1, always.
type Chaos struct {
	// NodeLoss is the mean time from one node's falling silent to the next one's; 0 is never. It stays silent for a time of up to
	// twice NodeOutage, and less than 0 for ever; 0 is 3 minutes.
	NodeLoss   time.Duration
	NodeOutage time.Duration
	// RuntimeErrors is the share of pods whose first sandbox cannot be made, or whose first container cannot.
	RuntimeErrors float64
	// SlowPulls is the share of pods that wait up to a minute for their images.
	SlowPulls float64
	// Conflicts is the share of updates, a client's and a controller's, that are refused as if somebody else had been faster.
	Conflicts float64
	// WatchDelay is by how much at most controllers see a change late, on top of Config.Lags, and PollDelay by how much watches show
	// one late. Changes of one kind keep their order.
	WatchDelay time.Duration
	PollDelay  time.Duration
	// WatchLoss is the share of polls of a watch at which it breaks off with ErrExpired.
	WatchLoss float64
	// ClockJumps is the mean time between jumps of the clock by up to a minute ahead, as after a suspended machine; 0 is never. What
	// was due meanwhile happens late.
	ClockJumps time.Duration
	// Until is how long after the beginning faults end, so that a cluster can be seen to heal; 0 is never.
	Until time.Duration
}

// faults draws what goes wrong.
type faults struct {
	chaos  Chaos
	on     bool
	random *rand.Rand
	end    time.Time
}

func (f *faults) init(c *Cluster) {
	if c.cfg.Chaos == nil {
		return
	}
	f.chaos, f.on = *c.cfg.Chaos, true
	f.random = rand.New(rand.NewPCG(c.cfg.Seed, 0x0ca05))
	if f.chaos.Until > 0 {
		f.end = c.now.Add(f.chaos.Until)
	}
	if f.chaos.NodeOutage == 0 {
		f.chaos.NodeOutage = 3 * time.Minute
	}
	f.plan(c, f.chaos.NodeLoss, f.loseNode)
	f.plan(c, f.chaos.ClockJumps, f.jump)
}

// active says whether faults happen now.
func (f *faults) active(now time.Time) bool { return f.on && (f.end.IsZero() || now.Before(f.end)) }

// strikes draws whether a fault of a rate happens.
func (f *faults) strikes(now time.Time, rate float64) bool {
	return rate > 0 && f.active(now) && f.random.Float64() < rate
}

// mishap is a fault that comes by itself, again and again.
type mishap struct {
	timer
	every time.Duration
	do    func(*Cluster)
}

func (f *faults) plan(c *Cluster, every time.Duration, do func(*Cluster)) {
	if every <= 0 {
		return
	}
	m := &mishap{every: every, do: do}
	m.timer.owner, m.timer.order = m, turnUser.in(c.nextTurn())
	m.next(c)
}

func (m *mishap) next(c *Cluster) {
	f := &c.faults
	if at := c.now.Add(time.Duration(f.random.ExpFloat64() * float64(m.every))); f.active(at) {
		c.times.set(&m.timer, nanos(at))
	}
}

func (m *mishap) ring(c *Cluster) {
	m.do(c)
	m.next(c)
}

// loseNode makes a node fall silent for a while.
func (f *faults) loseNode(c *Cluster) {
	var up []*host
	for it := range c.store.shelf(object.NodeKind).all.all() {
		if h := c.hosts[it.object().Meta().Name]; h.up {
			up = append(up, h)
		}
	}
	if len(up) == 0 {
		return
	}
	h := up[f.random.IntN(len(up))]
	c.fail(h)
	if f.chaos.NodeOutage < 0 {
		return
	}
	back := &mishap{do: func(c *Cluster) { c.recover(h) }}
	back.timer.owner, back.timer.order = once{back}, turnUser.in(c.nextTurn())
	c.times.set(&back.timer, nanos(c.now.Add(time.Duration(f.random.Int64N(2*int64(f.chaos.NodeOutage))))))
}

// once is a mishap that does not come again.
type once struct{ *mishap }

func (o once) ring(c *Cluster) { o.do(c) }

func (f *faults) jump(c *Cluster) {
	c.now = c.now.Add(time.Duration(f.random.Int64N(int64(time.Minute))))
}

// delay draws how much later an informer learns of a change.
func (f *faults) delay(now time.Time) time.Duration {
	if f.chaos.WatchDelay <= 0 || !f.active(now) {
		return 0
	}
	return time.Duration(f.random.Int64N(int64(f.chaos.WatchDelay)))
}

// delayOf is how much later watches show a change: each of them by the same.
func (f *faults) delayOf(c change, seed uint64) time.Duration {
	if f.chaos.PollDelay <= 0 || !f.active(time.Unix(0, c.at)) {
		return 0
	}
	return time.Duration(rand.New(rand.NewPCG(seed, c.version)).Int64N(int64(f.chaos.PollDelay)))
}

// breaks draws whether a watch breaks off.
func (f *faults) breaks(now time.Time) bool { return f.strikes(now, f.chaos.WatchLoss) }

// refuse draws whether an update of a controller is refused.
func (f *faults) refuse(c *Cluster, k controller.ChangeKind, o object.Object) error {
	if k != controller.Update && k != controller.UpdateStatus {
		return nil
	}
	return f.refuseUpdate(c, o)
}

// refuseUpdate draws whether an update is refused.
func (f *faults) refuseUpdate(c *Cluster, o object.Object) error {
	if o == nil || !f.strikes(c.now, f.chaos.Conflicts) {
		return nil
	}
	return conflict(object.KindOf(o), o.Meta().Name, modified)
}

// disturb changes how a pod behaves.
func (f *faults) disturb(c *Cluster, p *pod.Pod, s *script.Script) *script.Script {
	if !f.on {
		return s
	}
	out := *s
	if f.strikes(c.now, f.chaos.RuntimeErrors) {
		out.Sandbox = append(script.Tries{{Error: "the runtime is out of order"}}, out.Sandbox...)
		out.Sandbox = append(out.Sandbox, script.Try{})
	}
	if f.strikes(c.now, f.chaos.SlowPulls) {
		out.Containers = map[string]script.Behavior{}
		for _, container := range p.Spec.AllContainers() {
			b := s.Containers[container.Name]
			b.Pull = script.Tries{{Takes: script.Duration(f.random.Int64N(int64(time.Minute)))}}
			out.Containers[container.Name] = b
		}
	}
	return &out
}
