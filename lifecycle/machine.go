package lifecycle

import (
	"errors"
	"math"
	"net/netip"
	"time"

	"github.com/podlife/podlife/pod"
)

// A Machine is the life of one pod on its node. Make one with New or Restore; the zero Machine is not usable.
//
// A Machine is not safe for concurrent use. It shares the pod's spec with whoever gave it and never writes to it.
type Machine struct {
	pod *pod.Pod
	cfg *Config

	containers []container
	ips        []netip.Addr
	rare       *rarePod
	*task      // what the present round is about; idle if there is none

	now       int64 // the latest time given, in Unix nanoseconds
	startTime int64
	retryAt   int64 // the look that a failed look asked for

	shown shownPod

	deleteGrace int64
	lastAction  ActionID
	roundAction ActionID
	generation  int64
	boxCount    uint16
	box         SandboxState

	stage stage
	round roundStage
	flags flags
}

// stage is how far a pod has come. A pod never goes back to an earlier stage.
type stage uint8

const (
	stageUnbound  stage = iota // no node yet
	stageLive                  // the node makes it run
	stageEnding                // everything is being stopped, for good
	stageCleaning              // stopped; volumes are being taken down
	stageOver                  // nothing more will happen
)

// roundStage is what the round of work begun by the latest look waits for.
type roundStage uint8

const (
	roundIdle roundStage = iota
	roundMounting
	roundKilling   // single containers are being stopped
	roundResetting // RestartAllContainers: everything is stopped, then forgotten
	roundBoxing    // the sandbox is being made
	roundStarting  // containers are started, one after the other
	roundStopping  // the whole pod is being stopped
)

type flags uint16

const (
	flagDue        flags = 1 << iota // something happened that calls for a look
	flagMoved                        // what the runtime shows has changed during this round
	flagRepublish                    // the next Step shows what this look learnt
	flagVolumes                      // the volumes are mounted
	flagDeleting                     // the API has asked for the end
	flagStopped                      // nothing of the pod can run any more
	flagChanged                      // the published status changed in this Step
	flagWantBox                      // this round makes a sandbox
	flagFailed                       // this round met an error that has no back-off
	flagDeadline                     // activeDeadlineSeconds has passed
	flagRejected                     // the node refused the pod
	flagFinal                        // the last status is out
	flagRemoving                     // the sandbox is being removed
	flagRestartAll                   // all containers are being restarted in place
	flagUnshown                      // what this round did first is not published yet
	flagAgain                        // the next Step looks once more
)

func (m *Machine) is(f flags) bool { return m.flags&f != 0 }
func (m *Machine) set(f flags)     { m.flags |= f }
func (m *Machine) clear(f flags)   { m.flags &^= f }

// eviction is the node's decision to end the pod, and how it is told.
type eviction struct {
	reason    pod.Reason
	message   string
	grace     *int64
	since     int64
	condition bool // a DisruptionTarget condition comes with it
}

// rarePod is what few pods have. It is never changed once made.
type rarePod struct {
	evicted *eviction
	resizes *resizeConditions // as they are told from the next look on
	shown   *resizeConditions // as they are published
}

func (m *Machine) rarely() rarePod {
	if m.rare == nil {
		return rarePod{}
	}
	return *m.rare
}

func (m *Machine) setRare(r rarePod) {
	m.rare = nil
	if r != (rarePod{}) {
		m.rare = &r
	}
}

func (m *Machine) evicted() *eviction { return m.rarely().evicted }

func (m *Machine) setEvicted(e *eviction) {
	r := m.rarely()
	r.evicted = e
	m.setRare(r)
}

// Output is what a Step decided. Its slices belong to the machine until the next Step.
type Output struct {
	// Changed says that Status differs from what it was before this Step.
	Changed bool
	// Events are what a kubelet would say, in order.
	Events []Event
	// Actions are to be carried out, in this order, each once.
	Actions []Action
	// Wake is when Step must be called again at the latest, with whatever Input there is then; the zero Time means that
	// no timer is wanted. It is never before the Step's now; equal to it, it asks for a Tick at once.
	Wake time.Time
}

// ErrNoContainers is returned by New for a pod that has no containers.
var ErrNoContainers = errors.New("lifecycle: the pod has no containers")

// New makes the machine of p, which must have been defaulted and have passed Validate. The machine keeps p and cfg and
// never writes through them; cfg may be shared by any number of machines, and nil means Kubernetes' defaults.
//
// The machine starts with p.Status as the API server made it: Pending. It does nothing before its first Step.
func New(p *pod.Pod, cfg *Config) (*Machine, error) {
	if err := checkSpec(&p.Spec); err != nil {
		return nil, err
	}
	if cfg == nil {
		cfg = defaults
	}
	m := &Machine{cfg: cfg, now: math.MinInt64, startTime: never, retryAt: never, task: idle}
	m.shown.phase = pod.Pending
	m.keep(p)
	return m, nil
}

// defaults is the Config of machines that were given none. Nobody writes to it.
var defaults = &Config{}

// keep takes p as the pod object from now on.
func (m *Machine) keep(p *pod.Pod) {
	resized := m.pod != nil && !pod.SameSize(m.pod.Spec.Resources, p.Spec.Resources)
	m.pod = p
	m.generation = p.Generation
	m.adopt(&p.Spec, resized)
	if p.DeletionTimestamp != nil {
		m.set(flagDeleting)
		m.deleteGrace = deref(p.DeletionGracePeriodSeconds, m.specGrace())
	}
	switch {
	case m.stage != stageUnbound:
	case p.Spec.NodeName != "":
		m.stage = stageLive
		m.set(flagDue)
	case m.is(flagDeleting):
		m.stage = stageOver
	}
}

// Pod returns the object that the machine was last given. It is not to be written to.
func (m *Machine) Pod() *pod.Pod { return m.pod }

// Ended reports whether the pod's life is over: its last status is out, nothing of it runs or is mounted, and no further
// action but the removal of its leavings will be asked for. The object of a deleted pod may go when its machine has ended.
func (m *Machine) Ended() bool { return m.stage == stageOver }

// Step tells the machine that now it is at least now, and what happened. It returns what to report and what to do.
//
// Only the instant of now counts: a monotonic clock reading and the location are ignored, and a now before that of the
// previous Step counts as the previous one; so does one before 1970 as its beginning, and time ends with the year 2199.
// Step never fails: an input that contradicts the spec or comes too late is
// ignored as its kind documents.
func (m *Machine) Step(now time.Time, in Input) Output {
	m.now = max(m.now, unixNano(now))
	m.clear(flagChanged)
	var out Output
	w := work{Machine: m, out: &out}
	var traces uint64
	if in.Kind == Observed {
		traces = m.traces()
	}
	w.absorb(in)
	w.timers()
	w.advance()
	w.probe()
	if in.Kind == Observed && m.traces() != traces {
		m.set(flagChanged)
	}
	out.Changed = m.is(flagChanged)
	out.Wake = m.wakeFrom(now)
	return out
}

// work is a machine during one Step, with the place where its output goes.
type work struct {
	*Machine
	out *Output
}

// advance does what there is to do until everything waits for the driver or for time.
func (w work) advance() {
	for w.round != roundIdle && w.proceed() || w.round == roundIdle && w.is(flagDue) {
		if w.round == roundIdle && w.is(flagDue) {
			w.clear(flagDue)
			w.look()
		}
	}
}

// batch is room for what an ordinary Step puts out, in one piece.
type batch struct {
	actions [2]Action
	events  [3]Event
}

// room gives the Output places to write to, if it has none.
func (w work) room() {
	if w.out.Actions == nil && w.out.Events == nil {
		b := &batch{}
		w.out.Actions, w.out.Events = b.actions[:0], b.events[:0]
	}
}

// act asks the driver for a, and returns the ID it was given.
func (w work) act(a Action) ActionID {
	w.room()
	w.lastAction++
	a.ID = w.lastAction
	w.out.Actions = append(w.out.Actions, a)
	return a.ID
}

func (w work) say(e Event) {
	w.room()
	e.pod = w.pod
	w.out.Events = append(w.out.Events, e)
}

// absorb takes in what happened; advance then does something about it.
func (w work) absorb(in Input) {
	switch in.Kind {
	case Update:
		if w.fits(in.Pod) {
			w.update(in.Pod)
			w.notePending(in)
			w.set(flagDue)
		}
	case Observed:
		if in.Seen != nil && w.stage != stageOver {
			w.observe(in.Seen)
		}
	case Done:
		if w.stage != stageOver {
			w.done(in.Action, in.Result)
		}
	case Delete:
		w.delete(in)
	case Evict:
		w.evict(in)
	case Reject:
		w.reject(in)
	}
}

// delete notes that the API asked for the pod's end.
func (w work) delete(in Input) {
	again := w.is(flagDeleting)
	if !w.fits(in.Pod) {
		in.Pod = nil
	}
	switch {
	case in.Pod != nil:
		w.update(in.Pod)
	case !again && w.generation > 0:
		w.generation++
	}
	w.set(flagDeleting | flagDue)
	grace := deref(in.Grace, w.specGrace())
	if in.Pod != nil {
		grace = deref(in.Pod.DeletionGracePeriodSeconds, grace)
	}
	if grace < 0 {
		grace = 1
	}
	if again && in.Pod == nil {
		grace = min(grace, w.deleteGrace)
	}
	w.deleteGrace = grace
	if w.stage == stageUnbound {
		w.stage = stageOver
	}
}

// evict notes that the node ends the pod. The first eviction counts.
func (w work) evict(in Input) {
	if w.evicted() != nil || w.stage != stageLive {
		return
	}
	w.setEvicted(&eviction{reason: in.Reason, message: in.Message, grace: in.Grace, since: w.now, condition: !in.OverLimit})
	w.set(flagDue)
	if in.Reason != pod.ReasonTerminated {
		w.say(Event{Kind: Evicted, Reason: EventReason(in.Reason), Text: in.Message})
	}
}

// reject notes that the node will not run the pod. See
// https://kubernetes.io/docs/reference/node/kubelet-checkpoint-api/ for the kubelet's admission, which decides it.
func (w work) reject(in Input) {
	if in.Pod != nil && w.fits(in.Pod) {
		w.update(in.Pod)
	}
	if w.stage != stageLive || w.round != roundIdle || w.lastAction != 0 {
		return
	}
	w.startTime = w.now
	w.set(flagRejected | flagStopped | flagFinal | flagChanged)
	w.clear(flagDue)
	w.setEvicted(&eviction{reason: in.Reason, message: "Pod was rejected: " + in.Message})
	w.shown.generation = w.generation
	w.shown.end = &note{w.evicted().reason, w.evicted().message}
	w.setPhase(pod.Failed)
	w.stage = stageOver
	w.say(Event{Kind: Rejected, Reason: EventReason(in.Reason), Text: in.Message})
}

// specGrace is the pod's own grace period, in seconds.
func (m *Machine) specGrace() int64 {
	return deref(m.pod.Spec.TerminationGracePeriodSeconds, pod.DefaultTerminationGracePeriodSeconds)
}

// Wake is when Step must be called again at the latest, as the latest Output said. It is for drivers that have just restored
// a machine: at once, if something was in flight.
func (m *Machine) Wake() time.Time {
	if m.is(flagDue) && m.now != never {
		return time.Unix(0, m.now).UTC()
	}
	return m.wake()
}

// wake is when something is next to be done without any input.
func (m *Machine) wake() time.Time {
	at := int64(never)
	soonest := func(t int64) {
		if t != never && (at == never || t < at) {
			at = t
		}
	}
	if m.is(flagRepublish) {
		soonest(m.now)
	}
	soonest(m.retryAt)
	if m.round == roundMounting && m.roundAction == 0 {
		soonest(m.mountAt)
	}
	if m.stage == stageLive {
		soonest(m.deadlineAt())
	}
	for i := range m.containers {
		soonest(m.stopTimer(&m.containers[i]))
		soonest(m.nextProbe(&m.containers[i]))
	}
	if at == never {
		return time.Time{}
	}
	return time.Unix(0, max(at, m.now)).UTC()
}

// wakeFrom is wake as the driver is told, who says that it is now: no timer beyond the end of time is wanted.
func (m *Machine) wakeFrom(now time.Time) time.Time {
	at := m.wake()
	switch {
	case at.IsZero() || at.UnixNano() > endOfTime:
		return time.Time{}
	case at.Before(now):
		return now.Round(0).UTC()
	}
	return at
}

// timers notes which of the machine's own times have come.
func (w work) timers() {
	if w.is(flagRepublish) {
		w.clear(flagRepublish)
		w.republish()
	}
	if w.is(flagAgain) {
		w.clear(flagAgain)
		w.set(flagDue)
	}
	if w.retryAt != never && w.now >= w.retryAt {
		w.retryAt = never
		w.set(flagDue)
	}
	if w.stage == stageLive {
		w.passDeadline(flagDue)
	}
}

// deadlineAt is when activeDeadlineSeconds will have passed, or never. It counts from the start time as the API shows
// it, cut to whole seconds.
func (m *Machine) deadlineAt() int64 {
	d := m.pod.Spec.ActiveDeadlineSeconds
	if d == nil || m.startTime == never || m.is(flagDeadline) {
		return never
	}
	return after(wholeSecond(m.startTime), seconds(*d))
}

// passDeadline notes that the deadline has passed, if it has, and sets also.
func (m *Machine) passDeadline(also flags) {
	if at := m.deadlineAt(); at != never && m.now >= at {
		m.set(flagDeadline | also)
	}
}

// Clone returns a copy that shares nothing with m that either would write to: fork it, and explore what would happen.
func (m *Machine) Clone() *Machine {
	c := *m
	if m.task != idle {
		c.task = m.task.clone()
	}
	c.ips = append([]netip.Addr(nil), m.ips...)
	c.containers = append([]container(nil), m.containers...)
	for i := range c.containers {
		c.containers[i].probes = c.containers[i].probes.clone()
		if s := c.containers[i].stop; s != notStopping {
			copied := *s
			c.containers[i].stop = &copied
		}
	}
	return &c
}

// sinceDuration is how long the present pull has taken.
func (m *Machine) sinceDuration() time.Duration { return time.Duration(m.now - m.since) }

// never is the time that no time is.
const never = math.MinInt64

// endOfTime is the last instant that a machine knows, in Unix nanoseconds: the beginning of the year 2200.
const endOfTime = 7258118400 * int64(time.Second)

// unixNano is t in Unix nanoseconds. What is before 1970 counts as its beginning, and what is after endOfTime as that: so
// no difference of two times is out of what an int64 can say.
func unixNano(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < 0:
		return 0
	case s >= endOfTime/int64(time.Second):
		return endOfTime
	}
	return t.UnixNano()
}

// seconds is n seconds, held within what a Duration can say.
func seconds(n int64) time.Duration {
	if n > math.MaxInt64/int64(time.Second)/2 {
		return math.MaxInt64 / 2
	}
	return time.Duration(n) * time.Second
}

// after is the time d after t, held within what an int64 can say.
func after(t int64, d time.Duration) int64 {
	if int64(d) > math.MaxInt64-max(t, 0) {
		return math.MaxInt64
	}
	return t + int64(d)
}

func deref[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
