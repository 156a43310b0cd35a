package eviction

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// Config says when a node is short of something. The zero value never evicts; Defaults are the kubelet's.
type Config struct {
	// Thresholds are looked at in their order, those of memory first.
	Thresholds []Threshold
	// Layout says which file systems there are.
	Layout Layout
	// MaxPodGrace bounds the grace of a pod that a soft threshold evicts, in seconds. Zero kills it at once.
	MaxPodGrace int64
	// Transition is how long a condition stays after it was last seen. Zero means 5 minutes.
	Transition time.Duration
	// Interval is how often to look. Zero means every 10 seconds.
	Interval time.Duration
}

// Threshold says how much must be left. It has either an Amount or a Percent.
type Threshold struct {
	Signal Signal
	// Amount is in bytes, inodes or process IDs; Percent is of the capacity.
	Amount  int64
	Percent float64
	// Grace is how long the threshold may be crossed before a pod is evicted. Zero makes it a hard one.
	Grace time.Duration
	// Reclaim is how much more than the threshold must be left before the node is no longer short, once it was.
	Reclaim int64
}

// Defaults are the thresholds of a kubelet on Linux. See
// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds.
func Defaults() []Threshold {
	return []Threshold{
		{Signal: MemoryAvailable, Amount: 100 << 20},
		{Signal: NodeFSAvailable, Percent: 10},
		{Signal: NodeFSInodesFree, Percent: 5},
		{Signal: ImageFSAvailable, Percent: 15},
		{Signal: ImageFSInodesFree, Percent: 5},
	}
}

const (
	defaultTransition = 5 * time.Minute
	defaultInterval   = 10 * time.Second
	hardGrace         = 1 // seconds
	criticalPriority  = 2_000_000_000
)

// Level is how much of something is left, and how much there is in all.
type Level struct{ Available, Capacity int64 }

// Observation is what a node shows.
type Observation struct {
	// Levels are by signal; one that is missing is taken for not known, and no threshold of it for crossed.
	Levels map[Signal]Level
	// Pods are those that run.
	Pods []Candidate
}

// Decision is what follows.
type Decision struct {
	// Short is what there is too little of, for long enough for a pod to be ended; empty for nothing.
	Short Signal
	// Evict is the pod to be ended, or nil.
	Evict *Eviction
	// Conditions are those that the node is in, in the order of their names. They are the caller's.
	Conditions []Condition
	// Wake is when to look again; the zero Time means never.
	Wake time.Time
}

// Eviction is the end of one pod by its node.
type Eviction struct {
	Pod *pod.Pod
	// GraceSeconds takes the place of the pod's own grace period.
	GraceSeconds int64
	// Message goes into its status, with the reason Evicted.
	Message string
}

// Pressure remembers since when a node has been short of what. Make one with New. It is not safe for concurrent use.
type Pressure struct {
	cfg   Config
	since []time.Time // when each threshold was crossed; zero: it is not
	seen  map[Condition]time.Time
}

// New returns a Pressure of a node that is short of nothing.
func New(c Config) *Pressure {
	c.Thresholds = slices.Clone(c.Thresholds)
	slices.SortStableFunc(c.Thresholds, func(a, b Threshold) int {
		return compareBool(a.Signal.Condition() == MemoryPressure, b.Signal.Condition() == MemoryPressure)
	})
	if c.Transition == 0 {
		c.Transition = defaultTransition
	}
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	return &Pressure{cfg: c, since: make([]time.Time, len(c.Thresholds)), seen: map[Condition]time.Time{}}
}

// Step says what follows from an observation at a time. It only reads o.
func (p *Pressure) Step(now time.Time, o Observation) Decision {
	for i := range p.cfg.Thresholds {
		p.note(now, i, o)
	}
	d := Decision{Conditions: p.conditions(now)}
	if len(p.cfg.Thresholds) > 0 {
		d.Wake = now.Add(p.cfg.Interval)
	}
	for i := range p.cfg.Thresholds {
		if t := &p.cfg.Thresholds[i]; !p.since[i].IsZero() && now.Sub(p.since[i]) >= t.Grace {
			d.Short, d.Evict = t.Signal, p.choose(t, o)
			break
		}
	}
	return d
}

// note notes whether a threshold is crossed.
func (p *Pressure) note(now time.Time, i int, o Observation) {
	t := &p.cfg.Thresholds[i]
	level, known := o.Levels[t.Signal]
	want := t.of(level)
	if !p.since[i].IsZero() && now.Sub(p.since[i]) >= t.Grace {
		want += t.Reclaim
	}
	switch {
	case !known || level.Available >= want:
		p.since[i] = time.Time{}
		return
	case p.since[i].IsZero():
		p.since[i] = now
	}
	p.seen[t.Signal.Condition()] = now
}

// of is how much must be left.
func (t *Threshold) of(level Level) int64 {
	if t.Percent > 0 {
		return int64(float64(level.Capacity) * t.Percent / 100)
	}
	return t.Amount
}

func (p *Pressure) conditions(now time.Time) []Condition {
	var out []Condition
	for _, c := range [...]Condition{DiskPressure, MemoryPressure, PIDPressure} {
		if at, ok := p.seen[c]; ok && now.Sub(at) < p.cfg.Transition {
			out = append(out, c)
		}
	}
	return out
}

// choose is the pod that is evicted for a threshold, or nil.
func (p *Pressure) choose(t *Threshold, o Observation) *Eviction {
	all := slices.Clone(o.Pods)
	Rank(all, t.Signal, p.cfg.Layout)
	for i := range all {
		if c := &all[i]; !c.Critical && Priority(c.Pod) < criticalPriority {
			return &Eviction{Pod: c.Pod, GraceSeconds: p.grace(t, c.Pod), Message: message(t, o.Levels[t.Signal], c)}
		}
	}
	return nil
}

func (p *Pressure) grace(t *Threshold, victim *pod.Pod) int64 {
	switch own := victim.Spec.TerminationGracePeriodSeconds; {
	case t.Grace == 0:
		return hardGrace
	case own == nil:
		return p.cfg.MaxPodGrace
	default:
		return min(p.cfg.MaxPodGrace, *own)
	}
}

// message is what the kubelet writes into the status of an evicted pod, with the blank at its end.
func message(t *Threshold, level Level, c *Candidate) string {
	f := forms[t.Signal]
	quantity := func(n int64) pod.Quantity { return pod.NewQuantity(n, f.format) }
	var out strings.Builder
	fmt.Fprintf(&out, "The node was low on resource: %s. ", f.resource)
	fmt.Fprintf(&out, "Threshold quantity: %s, available: %s. ", quantity(t.of(level)), quantity(level.Available))
	if c.Usage == nil {
		return out.String()
	}
	if r := c.Pod.Spec.Resources; r != nil && f.resource == pod.ResourceMemory {
		if request, ok := r.Requests[f.resource]; ok {
			fmt.Fprintf(&out, "Pod %s was using %s, request is %s, has larger consumption of %s. ",
				c.Pod.Name, quantity(c.Usage.Memory), request, f.resource)
		}
	}
	c.blame(&out, f)
	return out.String()
}

// blame names the containers that use more than they request.
func (c *Candidate) blame(out *strings.Builder, f form) {
	for i := range c.Usage.Containers {
		u := &c.Usage.Containers[i]
		spec := c.Pod.Spec.Container(u.Name)
		n, known := u.of(f.resource)
		if used := pod.NewQuantity(n, f.format); spec != nil && known && used.Cmp(spec.Resources.Requests[f.resource]) > 0 {
			fmt.Fprintf(out, "Container %s was using %s, request is %s, has larger consumption of %s. ",
				u.Name, used, spec.Resources.Requests[f.resource], f.resource)
		}
	}
}

// of is how much of a resource the container uses, where that is counted by container.
func (u *ContainerUsage) of(name pod.ResourceName) (n int64, known bool) {
	switch {
	case name == pod.ResourceMemory && u.Memory != nil:
		return *u.Memory, true
	case name == pod.ResourceEphemeralStorage && u.Root != nil && u.Logs != nil:
		return u.Root.Bytes + u.Logs.Bytes, true
	}
	return 0, false
}

// Refuses reports whether a node in these conditions does not take p, and with what message; the reason is Evicted. Under memory
// pressure alone, pods that request something and those that tolerate it are taken.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-conditions.
func Refuses(conditions []Condition, p *pod.Pod, critical bool) (message string, refused bool) {
	switch {
	case len(conditions) == 0 || critical || Priority(p) >= criticalPriority:
		return "", false
	case slices.Equal(conditions, []Condition{MemoryPressure}) && (p.Spec.QOSClass() != pod.QOSBestEffort || toleratesMemoryPressure(p)):
		return "", false
	}
	return fmt.Sprintf("The node had condition: %v. ", conditions), true
}

func toleratesMemoryPressure(p *pod.Pod) bool {
	return slices.ContainsFunc(p.Spec.Tolerations, func(t pod.Toleration) bool {
		return t.Tolerates("node.kubernetes.io/memory-pressure", "", pod.TaintEffectNoSchedule)
	})
}
