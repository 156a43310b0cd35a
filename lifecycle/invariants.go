package lifecycle

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/podlife/podlife/pod"
)

// The invariants of a machine, numbered as in the package documentation. Those of one state are checked by
// CheckInvariants, those of a history by a Checker. Neither is part of Step: tests, model checkers and fuzzers call them.

// A Broken error says which invariant does not hold, and how.
type Broken struct {
	// Number is the invariant's number in the package documentation.
	Number int
	// Text says what was found.
	Text string
}

// Error is "invariant 3: container app is ready and does not run".
func (b *Broken) Error() string { return fmt.Sprintf("invariant %d: %s", b.Number, b.Text) }

func broken(number int, format string, args ...any) error {
	return &Broken{Number: number, Text: fmt.Sprintf(format, args...)}
}

// CheckInvariants reports the first of the invariants 1 to 7 that does not hold of m now, as a *Broken, or nil. It reads
// only.
func CheckInvariants(m *Machine) error {
	for _, check := range [...]func(*Machine) error{
		checkPhase, checkPhaseOf, checkContainers, checkConditions, checkRound, checkStage, checkRuns,
	} {
		if err := check(m); err != nil {
			return err
		}
	}
	return nil
}

// checkPhase is invariant 1: the phase is one of the table's, and a terminal one is out only when nothing can run.
func checkPhase(m *Machine) error {
	known := false
	for _, t := range transitions {
		known = known || m.shown.phase == t.From || m.shown.phase == t.To
	}
	if !known {
		return broken(1, "phase %q is not in the table", m.shown.phase)
	}
	if m.shown.phase.IsTerminal() && !m.is(flagStopped) && !m.cfg.Static {
		return broken(1, "phase %s while containers may still run", m.shown.phase)
	}
	return nil
}

// checkPhaseOf is invariant 2: PhaseOf agrees with the published status wherever nothing overrides it.
func checkPhaseOf(m *Machine) error {
	if !m.shown.looked || m.evicted() != nil || m.is(flagDeadline|flagDue|flagFinal) || m.round != roundIdle {
		return nil
	}
	if m.stage != stageLive && m.stage != stageCleaning {
		return nil
	}
	s := m.Status()
	at := Moment{Stopped: m.is(flagStopped), Static: m.cfg.Static, Initialized: m.mainBegun()}
	p := PhaseOf(&m.pod.Spec, &s, at)
	late, stays := p.IsTerminal() && !m.is(flagStopped), s.Phase.IsTerminal() && !p.IsTerminal()
	if p != s.Phase && !late && !stays {
		return broken(2, "the status says %s, and PhaseOf makes %s of it", s.Phase, p)
	}
	return nil
}

// checkContainers is invariant 3: what a status says of a container fits together.
func checkContainers(m *Machine) error {
	for i := range m.containers {
		c := &m.containers[i]
		v, name := &c.shown, c.spec.Name
		switch {
		case v.started && v.state != viewRunning:
			return broken(3, "container %s has started and does not run", name)
		case v.ready && c.kind != initContainer && !v.started:
			return broken(3, "container %s is ready and has not started", name)
		case v.ready && c.kind == initContainer && v.state != viewTerminated:
			return broken(3, "init container %s is ready and has not ended", name)
		case c.kind == ephemeralContainer && (v.ready || v.started):
			return broken(3, "ephemeral container %s is ready or started", name)
		case v.count() < 0 || v.count() > c.cur.attempt+1:
			return broken(3, "container %s shows %d restarts after attempt %d", name, v.count(), c.cur.attempt)
		case m.is(flagFinal) && !m.is(flagRejected) && v.state == viewRunning:
			return broken(3, "container %s runs in the last status", name)
		}
	}
	return nil
}

// checkConditions is invariant 4: a pod is ready only if its containers are, and they only while it runs.
func checkConditions(m *Machine) error {
	c := &m.shown.conditions
	if c[conditionReady].true && !c[conditionContainersReady].true {
		return broken(4, "Ready is True and ContainersReady is not")
	}
	if m.shown.phase.IsTerminal() && !m.is(flagRejected) && m.evicted() == nil && c[conditionReady].true {
		return broken(4, "Ready is True and the phase is %s", m.shown.phase)
	}
	if m.stage == stageLive && m.round == roundIdle && !m.is(flagDue) && c[conditionContainersReady].true && m.anyUnready() {
		return broken(4, "ContainersReady is True and a container is not ready")
	}
	return nil
}

// checkRound is invariant 5: the work in progress is of containers that there are, and every action in flight is its own.
func checkRound(m *Machine) error {
	if m.round == roundIdle && (m.roundAction != 0 && m.stage != stageCleaning || len(m.queue) > 0) {
		return broken(5, "there is work, and no round that does it")
	}
	if m.start != startCheck && (m.round != roundStarting || len(m.queue) == 0) {
		return broken(5, "a container is being started, and no round does it")
	}
	for _, i := range m.queue {
		if i < 0 || int(i) >= len(m.containers) {
			return broken(5, "container %d of %d is to be started", i, len(m.containers))
		}
	}
	flying := []ActionID{m.roundAction}
	for i := range m.containers {
		c := &m.containers[i]
		if c.stop.stage != stopIdle && (m.round == roundIdle || m.round == roundMounting || m.round == roundBoxing) {
			return broken(5, "container %s is being stopped, and no round does it", c.spec.Name)
		}
		if c.stop.stage != stopIdle {
			flying = append(flying, c.stop.action, c.stop.sent)
		}
		if r := c.resize(); r != nil {
			flying = append(flying, r.action)
		}
		for p := c.probes; p != nil; p = p.next {
			flying = append(flying, p.action)
		}
	}
	return checkFlying(m, flying)
}

func checkFlying(m *Machine, flying []ActionID) error {
	for i, a := range flying {
		if a > m.lastAction {
			return broken(5, "action %d is in flight, and %d was the last", a, m.lastAction)
		}
		for _, b := range flying[:i] {
			if a != 0 && a == b {
				return broken(5, "two wait for action %d", a)
			}
		}
	}
	return nil
}

// checkStage is invariant 6: a pod that has come to its end has nothing left to wait for.
func checkStage(m *Machine) error {
	if m.stage == stageOver && (m.round != roundIdle || m.anyStopping()) {
		return broken(6, "the pod is over, and still works on something")
	}
	if m.stage == stageOver && !m.wake().IsZero() {
		return broken(6, "the pod is over, and wants to be woken")
	}
	if w := m.wake(); !w.IsZero() && unixNano(w) < m.now {
		return broken(6, "wake lies in the past")
	}
	if m.stage == stageOver && m.shown.looked && !m.cfg.Static && !m.shown.phase.IsTerminal() {
		return broken(6, "the pod is over, and its phase is %s", m.shown.phase)
	}
	return nil
}

// checkRuns is invariant 7: of each container the newest attempts are known, in order.
func checkRuns(m *Machine) error {
	for i := range m.containers {
		c := &m.containers[i]
		switch {
		case c.cur.attempt < 0:
			return broken(7, "container %s is at attempt %d", c.spec.Name, c.cur.attempt)
		case c.last != nil && (c.last.attempt >= c.cur.attempt || !c.last.ended()):
			return broken(7, "container %s has had attempt %d before %d", c.spec.Name, c.last.attempt, c.cur.attempt)
		case c.older() != nil && (c.last == nil || c.older().attempt >= c.last.attempt):
			return broken(7, "container %s has an older attempt out of order", c.spec.Name)
		}
	}
	return nil
}

// A Checker watches one machine's Steps and finds the first that breaks the invariants 8 to 14. Make one with
// NewChecker before the machine's first Step; the zero Checker is not usable.
type Checker struct {
	now    time.Time
	before workBefore
	action ActionID
	phase  pod.Phase
	status pod.Status
	counts []int32
	starts []startKey // starts that were asked for and have not failed
	done   []bool     // for each container: as an earlier step it holds nothing up any more
	hooks  []stopKey
	boxes  uint16
	ticks  int // how often in a row a Tick at once was asked for

	ending  bool // its end has been asked for
	strange bool // the runtime has shown an attempt that nobody asked for: steps need not be in order
	allowed bool // what was in progress then may still start containers
	over    bool
}

// startKey is one start: its action and what it starts.
type startKey struct {
	container string
	attempt   int32
	id        ActionID
}

// stopKey is one call of a hook that belongs to an attempt.
type stopKey struct {
	container string
	attempt   int32
	call      Call
}

// NewChecker makes the checker of m, which has not made a Step yet.
func NewChecker(m *Machine) *Checker {
	return &Checker{
		before: workOf(m), phase: m.shown.phase, status: m.Status(), counts: make([]int32, len(m.containers)), done: make([]bool, len(m.containers)),
	}
}

// Clone returns an independent copy, for the clone of the machine that k watches.
func (k *Checker) Clone() *Checker {
	c := *k
	c.counts = append([]int32(nil), k.counts...)
	c.starts = append([]startKey(nil), k.starts...)
	c.done = append([]bool(nil), k.done...)
	c.hooks = append([]stopKey(nil), k.hooks...)
	return &c
}

// After is to be called after each Step with what it was given and what it answered. It reports the first of the
// invariants 8 to 15 that the Step broke as a *Broken, or nil.
func (k *Checker) After(m *Machine, now time.Time, in Input, out Output) error {
	k.absorb(m, in)
	k.note(m)
	for _, check := range [...]func(*Machine, time.Time, Input, Output) error{
		k.checkStatus, k.checkHistory, k.checkActions, k.checkEnd, k.checkWake,
	} {
		if err := check(m, now, in, out); err != nil {
			return err
		}
	}
	k.before = workOf(m)
	return nil
}

// workBefore is what a Checker must know of how the machine stood when a Step began.
type workBefore struct {
	stage    stage
	action   ActionID
	starting bool // a container was being started
}

func workOf(m *Machine) workBefore {
	return workBefore{m.stage, m.roundAction, m.round == roundStarting && m.start != startCheck}
}

// absorb notes what the input means for what may be asked for from now on.
func (k *Checker) absorb(m *Machine, in Input) {
	ends := in.Kind == Delete || in.Kind == Evict && k.before.stage == stageLive ||
		in.Kind == Update && in.Pod != nil && m.pod == in.Pod && in.Pod.DeletionTimestamp != nil
	if ends && !k.ending && k.before.stage != stageOver {
		k.ending, k.allowed = true, k.before.starting
	}
	if in.Kind == Done && in.Result.Outcome != Succeeded && in.Action == k.before.action {
		k.starts = slices.DeleteFunc(k.starts, func(s startKey) bool { return s.id == in.Action })
	}
}

// checkStatus is invariant 8: Changed says exactly whether the status differs.
func (k *Checker) checkStatus(m *Machine, _ time.Time, in Input, out Output) error {
	s := m.Status()
	same := sameStatus(&k.status, &s)
	before := k.status
	k.status = s
	if same == out.Changed && !k.strange {
		return broken(8, "Changed is %t on %s: %s", out.Changed, in, statusDifference(&before, &s))
	}
	return nil
}

// checkHistory is invariants 9 and 10: the phase keeps to the table, and restart counts never fall.
func (k *Checker) checkHistory(m *Machine, _ time.Time, _ Input, _ Output) error {
	if before := k.phase; !Allowed(before, m.shown.phase) {
		return broken(9, "phase %s after %s", m.shown.phase, before)
	}
	k.phase = m.shown.phase
	for i := range m.containers {
		if n := m.containers[i].shown.count(); n < k.counts[i] {
			return broken(10, "container %s shows %d restarts after %d", m.containers[i].spec.Name, n, k.counts[i])
		}
		k.counts[i] = m.containers[i].shown.count()
	}
	return nil
}

// checkActions is invariants 11, 12 and 13: nothing is asked for twice, out of order, or after the end has begun.
func (k *Checker) checkActions(m *Machine, _ time.Time, _ Input, out Output) error {
	for _, a := range out.Actions {
		if a.ID != k.action+1 {
			return broken(11, "%s has the ID %d after %d", a, a.ID, k.action)
		}
		k.action = a.ID
		var err error
		switch a.Kind {
		case NoAction:
			err = broken(11, "an action is of no kind")
		case StartContainer:
			err = k.checkStart(m, a)
		case RunHook:
			err = k.checkHook(a)
		case MountVolumes, CreateSandbox, PullImage:
			if k.ending && !(k.allowed && a.Kind == PullImage) {
				err = broken(13, "%s after the end was asked for", a)
			}
		}
		if err != nil {
			return err
		}
	}
	if m.round != roundStarting {
		k.allowed = false
	}
	return nil
}

// note takes in which containers hold up those after them no more.
func (k *Checker) note(m *Machine) {
	for len(k.counts) < len(m.containers) {
		k.counts, k.done = append(k.counts, 0), append(k.done, false)
	}
	if m.boxCount != k.boxes {
		k.boxes = m.boxCount
		clear(k.done)
	}
	for i := range m.containers {
		c := &m.containers[i]
		k.strange = k.strange || c.cur.state != runNone && !k.asked(c.spec.Name, c.cur.attempt)
		switch {
		case c.cur.state == runReset || c.cur.box != m.boxCount:
			k.done[i] = false
		case c.kind == initContainer:
			k.done[i] = k.done[i] || c.cur.state == runExited && c.cur.exit == 0
		case c.kind == sidecar:
			k.done[i] = k.done[i] || c.cur.state != runCreated && c.passed(StartupProbe)
		}
	}
}

// asked reports whether the start of that attempt was asked for.
func (k *Checker) asked(container string, attempt int32) bool {
	for i := range k.starts {
		if k.starts[i].container == container && k.starts[i].attempt == attempt {
			return true
		}
	}
	return false
}

func (k *Checker) checkStart(m *Machine, a Action) error {
	if k.asked(a.Container, a.Attempt) {
		return broken(11, "%s was asked for before", a)
	}
	k.starts = append(k.starts, startKey{a.Container, a.Attempt, a.ID})
	for i := range m.containers {
		c := &m.containers[i]
		if c.spec.Name == a.Container {
			break
		}
		if c.kind <= sidecar && !k.done[i] && !k.strange && m.find(a.Container).kind != ephemeralContainer && !m.mainBegun() {
			return broken(12, "%s before %s is done", a, c.spec.Name)
		}
	}
	if k.ending && !k.allowed {
		return broken(13, "%s after the end was asked for", a)
	}
	return nil
}

// checkHook holds that each attempt has each of its hooks run once.
func (k *Checker) checkHook(a Action) error {
	h := stopKey{a.Container, a.Attempt, a.Call}
	for _, o := range k.hooks {
		if o == h {
			return broken(11, "%s was asked for before", a)
		}
	}
	k.hooks = append(k.hooks, h)
	return nil
}

// checkEnd is invariant 14: a pod that is over asks for nothing more but that its leavings are removed, and says nothing.
func (k *Checker) checkEnd(m *Machine, _ time.Time, in Input, out Output) error {
	if k.over && len(out.Events) > 0 {
		return broken(14, "%s of a pod that is over, on %s", out.Events[0], in)
	}
	for _, a := range out.Actions {
		if k.over && a.Kind != RemoveSandbox {
			return broken(14, "%s of a pod that is over, on %s", a, in)
		}
	}
	if k.over && !m.Ended() {
		return broken(14, "a pod that was over is not, on %s", in)
	}
	k.over = m.Ended()
	return nil
}

// ticksAtOnce is how often in a row a machine may ask for a Tick at once.
const ticksAtOnce = 8

// checkWake is invariant 15: the wake is never before now, and time passes.
func (k *Checker) checkWake(_ *Machine, now time.Time, in Input, out Output) error {
	k.now = later(k.now, now)
	if !out.Wake.IsZero() && out.Wake.Before(now) {
		return broken(15, "wake at %s, when it is %s", out.Wake, now)
	}
	if in.Kind != Tick || out.Wake.IsZero() || out.Wake.After(k.now) {
		k.ticks = 0
		return nil
	}
	if k.ticks++; k.ticks > ticksAtOnce {
		return broken(15, "a Tick at once was asked for %d times in a row", k.ticks)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// sameStatus reports whether a reader of the API could not tell a from b.
func sameStatus(a, b *pod.Status) bool { return statusDifference(a, b) == "" }

// statusDifference is the first difference between a and b in words; empty where there is none.
func statusDifference(a, b *pod.Status) string {
	switch {
	case a.Phase != b.Phase:
		return fmt.Sprintf("phase %s, %s", a.Phase, b.Phase)
	case a.Reason != b.Reason || a.Message != b.Message:
		return fmt.Sprintf("reason %s, %s", a.Reason, b.Reason)
	case a.ObservedGeneration != b.ObservedGeneration:
		return fmt.Sprintf("observedGeneration %d, %d", a.ObservedGeneration, b.ObservedGeneration)
	case !slices.Equal(a.PodIPs, b.PodIPs):
		return fmt.Sprintf("podIPs %v, %v", a.PodIPs, b.PodIPs)
	case (a.StartTime == nil) != (b.StartTime == nil) || a.StartTime != nil && *a.StartTime != *b.StartTime:
		return fmt.Sprintf("startTime %v, %v", a.StartTime, b.StartTime)
	case !reflect.DeepEqual(a.Resources, b.Resources):
		return fmt.Sprintf("resources %v, %v", a.Resources, b.Resources)
	case !slices.Equal(a.Conditions, b.Conditions):
		return fmt.Sprintf("conditions %+v, %+v", a.Conditions, b.Conditions)
	}
	return cmp.Or(
		containersDifference(a.InitContainerStatuses, b.InitContainerStatuses),
		containersDifference(a.ContainerStatuses, b.ContainerStatuses),
		containersDifference(a.EphemeralContainerStatuses, b.EphemeralContainerStatuses),
	)
}

func containersDifference(a, b []pod.ContainerStatus) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d containers, %d", len(a), len(b))
	}
	for i := range a {
		x, y := &a[i], &b[i]
		switch {
		case x.Name != y.Name || x.Image != y.Image || x.ImageID != y.ImageID || x.ContainerID != y.ContainerID:
			return fmt.Sprintf("container %s %s %s, %s %s %s", x.Name, x.ImageID, x.ContainerID, y.Name, y.ImageID, y.ContainerID)
		case !reflect.DeepEqual(x.Resources, y.Resources) || !reflect.DeepEqual(x.AllocatedResources, y.AllocatedResources):
			return fmt.Sprintf("container %s resources %v %v, %v %v", x.Name, x.Resources, x.AllocatedResources, y.Resources, y.AllocatedResources)
		case x.Ready != y.Ready || x.RestartCount != y.RestartCount || !equalPointees(x.Started, y.Started):
			return fmt.Sprintf("container %s ready %t restarts %d, ready %t restarts %d", x.Name, x.Ready, x.RestartCount, y.Ready, y.RestartCount)
		case !sameState(&x.State, &y.State):
			return fmt.Sprintf("container %s state %s, %s", x.Name, stateWords(&x.State), stateWords(&y.State))
		case !sameState(&x.LastTerminationState, &y.LastTerminationState):
			return fmt.Sprintf("container %s last state %s, %s", x.Name, stateWords(&x.LastTerminationState), stateWords(&y.LastTerminationState))
		}
	}
	return ""
}

func sameState(a, b *pod.ContainerState) bool {
	return equalPointees(a.Waiting, b.Waiting) && equalPointees(a.Running, b.Running) && equalPointees(a.Terminated, b.Terminated)
}

func equalPointees[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

func stateWords(s *pod.ContainerState) string {
	switch {
	case s.Waiting != nil:
		return fmt.Sprintf("%+v", *s.Waiting)
	case s.Running != nil:
		return fmt.Sprintf("%+v", *s.Running)
	case s.Terminated != nil:
		return fmt.Sprintf("%+v", *s.Terminated)
	}
	return "none"
}
