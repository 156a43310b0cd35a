package cluster

import (
	"maps"
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// strain is what a node measures, and what follows from it.
type strain struct {
	timer
	host       *host
	pressure   *eviction.Pressure
	given      map[eviction.Signal]given
	conditions []eviction.Condition
	evicted    map[*tenant]bool // those that are being ended for it
}

// given is a level that SetSignal gave, and how much pods used then: what they have freed since comes back on top.
type given struct {
	level eviction.Level
	used  int64
}

// SetSignal has a node measure from now on that so much is left of something; what its pods use more or less from then on by
// Config.Usage counts on top. A nil level ends that. A node that is short of something says so in its conditions, refuses pods, and ends
// one pod every 10 s, in the kubelet's order and words, until it has enough.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/.
func (c *Cluster) SetSignal(node string, signal eviction.Signal, level *eviction.Level) error {
	if signal.Condition() == "" {
		return refuse(pod.StatusReasonBadRequest, "signal %q: expected one that a node can run short of, such as %q", signal, eviction.MemoryAvailable)
	}
	return c.withHost(node, func(h *host) {
		s := c.strainOf(h)
		if level == nil {
			delete(s.given, signal)
		} else {
			s.given[signal] = given{*level, s.used(c, signal)}
		}
		c.times.set(&s.timer, nanos(c.now))
	})
}

func (c *Cluster) strainOf(h *host) *strain {
	if h.strain == nil {
		cfg := c.cfg.Pressure
		if len(cfg.Thresholds) == 0 {
			cfg.Thresholds = append(eviction.Defaults(), eviction.Threshold{Signal: eviction.PIDAvailable, Percent: 10})
		}
		h.strain = &strain{host: h, pressure: eviction.New(cfg), given: map[eviction.Signal]given{}, evicted: map[*tenant]bool{}}
		h.strain.timer.owner, h.strain.timer.order = h.strain, turnNode.in(c.nextTurn())
	}
	return h.strain
}

// ring looks at what is left, and looks again as long as anything is measured.
func (s *strain) ring(c *Cluster) {
	wrote := c.store.version
	d := s.pressure.Step(c.now, eviction.Observation{Levels: s.levels(c), Pods: s.candidates(c)})
	if !slices.Equal(s.conditions, d.Conditions) {
		s.change(c, d.Conditions)
	}
	if d.Short != "" && s.host.up && s.host.item != nil {
		c.emit(s.host.item.object(), "kubelet", s.host.name, eventWarning, "EvictionThresholdMet", "Attempting to reclaim "+string(d.Short.Resource()))
	}
	if e := d.Evict; e != nil {
		s.evict(c, e)
	}
	if len(s.given) > 0 || len(s.conditions) > 0 || c.cfg.Usage != nil {
		c.times.set(&s.timer, nanos(d.Wake))
		s.timer.idle = c.store.version == wrote && d.Evict == nil
	}
}

// levels is what is left: what was given, and by what pods use of what the node has.
func (s *strain) levels(c *Cluster) map[eviction.Signal]eviction.Level {
	out := map[eviction.Signal]eviction.Level{}
	if n := s.host.item; n != nil && c.cfg.Usage != nil {
		capacity := n.object().(*object.Node).Status.Capacity
		for signal, name := range measured {
			if q, ok := capacity[name]; ok {
				out[signal] = eviction.Level{Available: q.Value() - s.used(c, signal), Capacity: q.Value()}
			}
		}
	}
	for signal, g := range s.given {
		g.level.Available += g.used - s.used(c, signal)
		out[signal] = g.level
	}
	return out
}

// measured are the signals that follow from what a node has.
var measured = map[eviction.Signal]pod.ResourceName{
	eviction.MemoryAvailable: pod.ResourceMemory, eviction.NodeFSAvailable: pod.ResourceEphemeralStorage,
}

// used is what the node's pods use of what a signal is about.
func (s *strain) used(c *Cluster, signal eviction.Signal) (total int64) {
	for _, x := range s.candidates(c) {
		if x.Usage != nil {
			total += usedBy(x.Usage, signal)
		}
	}
	return total
}

func usedBy(u *eviction.Usage, signal eviction.Signal) int64 {
	switch signal {
	case eviction.MemoryAvailable, eviction.AllocatableMemoryAvailable:
		return u.Memory
	case eviction.PIDAvailable:
		return u.Processes
	}
	var files eviction.FileUsage
	add := func(f *eviction.FileUsage) {
		if f != nil {
			files.Bytes += f.Bytes
			files.Inodes += f.Inodes
		}
	}
	for i := range u.Containers {
		add(u.Containers[i].Root)
		add(u.Containers[i].Logs)
	}
	for _, v := range u.Volumes {
		add(&v)
	}
	if signal.Resource() == pod.ResourceEphemeralStorage {
		return files.Bytes
	}
	return files.Inodes
}

// candidates are the pods that the node runs, in the order of their creation.
func (s *strain) candidates(c *Cluster) (out []eviction.Candidate) {
	for it := range c.store.byNode[s.host.name].all() {
		p := it.pod()
		if it.tenant == nil || s.evicted[it.tenant] || p.Status.Phase.IsTerminal() {
			continue
		}
		x := eviction.Candidate{Pod: p}
		if c.cfg.Usage != nil {
			x.Usage = c.cfg.Usage(p, c.now)
		}
		out = append(out, x)
	}
	return out
}

// evict ends a pod.
func (s *strain) evict(c *Cluster, e *eviction.Eviction) {
	maps.DeleteFunc(s.evicted, func(t *tenant, _ bool) bool { return t.place == 0 })
	t := c.store.uids[e.Pod.UID].tenant
	s.evicted[t] = true
	t.told(lifecycle.Input{Kind: lifecycle.Evict, Reason: pod.ReasonEvicted, Message: e.Message, Grace: &e.GraceSeconds})
}

// pressure is how a node tells one condition.
type pressure struct {
	condition         eviction.Condition
	reasons, messages [2]string // where it is not so, and where it is
	events            [2]string
}

var pressures = []pressure{
	{eviction.MemoryPressure, [2]string{"KubeletHasSufficientMemory", "KubeletHasInsufficientMemory"},
		[2]string{"kubelet has sufficient memory available", "kubelet has insufficient memory available"},
		[2]string{"NodeHasSufficientMemory", "NodeHasInsufficientMemory"}},
	{eviction.DiskPressure, [2]string{"KubeletHasNoDiskPressure", "KubeletHasDiskPressure"},
		[2]string{"kubelet has no disk pressure", "kubelet has disk pressure"},
		[2]string{"NodeHasNoDiskPressure", "NodeHasDiskPressure"}},
	{eviction.PIDPressure, [2]string{"KubeletHasSufficientPID", "KubeletHasInsufficientPID"},
		[2]string{"kubelet has sufficient PID available", "kubelet has insufficient PID available"},
		[2]string{"NodeHasSufficientPID", "NodeHasInsufficientPID"}},
}

// change tells the conditions that the node is in from now on.
func (s *strain) change(c *Cluster, now []eviction.Condition) {
	was := s.conditions
	s.conditions = now
	if !s.host.up || s.host.item == nil {
		return
	}
	c.post(s.host)
	for i := range pressures {
		p := &pressures[i]
		if is := slices.Contains(now, p.condition); is != slices.Contains(was, p.condition) {
			what := p.events[index(is)]
			c.emit(s.host.item.object(), "kubelet", s.host.name, eventNormal, what, "Node "+s.host.name+" status is now: "+what)
		}
	}
}

func index(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// mark sets the conditions on the Node.
func (s *strain) mark(n *object.Node, now time.Time) {
	for i := range pressures {
		p := &pressures[i]
		is := slices.Contains(s.conditions, p.condition)
		status := [2]pod.ConditionStatus{pod.ConditionFalse, pod.ConditionTrue}[index(is)]
		for j := range n.Status.Conditions {
			if c := &n.Status.Conditions[j]; c.Type == object.NodeConditionType(p.condition) && c.Status != status {
				c.Status, c.Reason, c.Message = status, p.reasons[index(is)], p.messages[index(is)]
				c.LastHeartbeatTime, c.LastTransitionTime = pod.NewTime(now), pod.NewTime(now)
			}
		}
	}
}
