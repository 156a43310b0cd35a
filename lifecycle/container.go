package lifecycle

import (
	"math"
	"slices"
	"time"

	"github.com/podlife/podlife/pod"
)

// kind is which of a spec's lists a container stands in.
type kind uint8

const (
	initContainer kind = iota
	sidecar            // an init container with restartPolicy Always
	mainContainer
	ephemeralContainer
)

// container is what the machine knows of one container of the spec.
type container struct {
	spec *pod.Container

	cur  run   // the newest attempt
	last *run  // the one before, once there was one
	wait *note // why it could not be started at the latest try
	rare *rare // what few containers have

	imageID  string
	probes   *probe // a list
	backOff  backOff
	shown    view
	stop     *stopping // notStopping, most of the time
	removed  int32     // attempts below this number have been asked to be removed
	kind     kind
	declared declaredReady // the readiness that the driver declares
	marks    marks
}

// marks are what is true of a container for a while.
type marks uint8

const (
	markChanged    marks = 1 << iota // the image in the spec is no longer that of the newest attempt
	markNoImage                      // the node lacks the image
	markRestarting                   // it ran when the look began, is stopped in this round, and started again
	markSeen                         // the runtime shows the newest attempt; only while a Seen is taken in
)

func (c *container) has(k marks) bool { return c.marks&k != 0 }

// mark sets or clears marks.
func (c *container) mark(k marks, is bool) {
	c.marks &^= k
	if is {
		c.marks |= k
	}
}

// rare is what a container has only in passing. It is never changed once made.
type rare struct {
	// older is the attempt before last, as long as the published status still shows the attempts before the newest.
	older  *run
	pull   *pulling // pulls of its image that failed
	resize *resizing
}

func (c *container) older() *run {
	if c.rare == nil {
		return nil
	}
	return c.rare.older
}

func (c *container) pull() *pulling {
	if c.rare == nil {
		return nil
	}
	return c.rare.pull
}

func (c *container) setOlder(r *run) {
	if r != c.older() {
		c.rare = newRare(r, c.pull(), c.resize())
	}
}

func (c *container) setPull(p *pulling) {
	if p != c.pull() {
		c.rare = newRare(c.older(), p, c.resize())
	}
}

func newRare(older *run, pull *pulling, resize *resizing) *rare {
	if older == nil && pull == nil && resize == nil {
		return nil
	}
	return &rare{older, pull, resize}
}

// A run is one attempt to run a container.
type run struct {
	id       string
	end      *note // why it ended; nil as long as it has not
	started  int64 // never: unknown; 0: it never ran
	finished int64
	attempt  int32
	exit     int32
	box      uint16 // the sandbox it belongs to
	state    runState
}

type runState uint8

const (
	runNone    runState = iota // there has been no attempt
	runCreated                 // created, never run
	runRunning
	runExited
	runLost  // the runtime has lost track of it
	runGone  // the runtime knows nothing of it any more
	runReset // taken away by RestartAllContainers
)

// A note is a reason and what there is to say about it: why an attempt ended, or why the next could not be started. It is
// never changed once made, so that machines may share it.
type note struct {
	reason  pod.Reason
	message string
}

// pulling is the back-off of a container's image pulls, and what the latest said.
type pulling struct {
	backOff
	image  string
	failed int64
	err    note
}

const (
	unknownContainerMessage = "The container could not be located when the pod was terminated"
	goneContainerMessage    = "The container could not be located when the pod was deleted.  The container used to be Running"
)

const resetMessage = "The container is removed because RestartAllContainers in place"

// alive reports whether the attempt runs, or may.
func (r *run) alive() bool { return r.state == runRunning }

// remains reports whether there has been an attempt, and RestartAllContainers has not taken it away.
func (r *run) remains() bool { return r.state != runNone && r.state != runReset }

// ended reports whether the attempt is over.
func (r *run) ended() bool { return r.state >= runExited }

// adopt takes the containers of s, keeping what is known of those that were there before. Resized says that the pod as a whole has other
// resources than before.
func (m *Machine) adopt(s *pod.Spec, resized bool) {
	before := m.containers
	m.containers = make([]container, 0, len(s.InitContainers)+len(s.Containers)+len(s.EphemeralContainers))
	for i := range s.InitContainers {
		k := initContainer
		if s.InitContainers[i].IsSidecar() {
			k = sidecar
		}
		m.containers = append(m.containers, carry(before, &s.InitContainers[i], k, resized))
	}
	for i := range s.Containers {
		m.containers = append(m.containers, carry(before, &s.Containers[i], mainContainer, resized))
	}
	for i := range s.EphemeralContainers {
		c := (*pod.Container)(&s.EphemeralContainers[i].EphemeralContainerCommon)
		m.containers = append(m.containers, carry(before, c, ephemeralContainer, false))
	}
}

// carry is the container of spec c, with the history that before has of it. Another image and other resources end its back-off.
func carry(before []container, c *pod.Container, k kind, resized bool) container {
	for i := range before {
		old := &before[i]
		if old.spec.Name != c.Name || old.kind != k {
			continue
		}
		next := *old
		if old.spec.Image != c.Image {
			next.mark(markChanged, old.cur.alive())
		}
		if old.spec.Image != c.Image || !pod.SameSize(&old.spec.Resources, &c.Resources) {
			next.backOff = backOff{}
		}
		next.spec = c
		next.noteResize(old.spec, resized)
		return next
	}
	return container{spec: c, kind: k, probes: newProbes(c), stop: notStopping}
}

// find is the container called name, or nil.
func (m *Machine) find(name string) *container {
	for i := range m.containers {
		if m.containers[i].spec.Name == name {
			return &m.containers[i]
		}
	}
	return nil
}

// nextAttempt is the number of the attempt that would come next.
func (c *container) nextAttempt() int32 {
	if c.cur.state == runNone {
		return 0
	}
	return c.cur.attempt + 1
}

// observe takes in all that the runtime shows.
func (w work) observe(s *Seen) {
	w.take(s)
	w.removeOld(s)
}

// take makes what the runtime shows what the machine knows.
func (m *Machine) take(s *Seen) {
	moved := m.observeSandbox(s)
	for i := range s.Containers {
		moved = m.observeAttempt(&s.Containers[i]) || moved
	}
	for i := range m.containers {
		moved = m.containers[i].observeAbsence() || moved
	}
	m.observeImages(s.MissingImages)
	if moved {
		m.set(flagDue | flagMoved)
	}
}

func (m *Machine) observeSandbox(s *Seen) (moved bool) {
	if volumes := m.is(flagVolumes); volumes != s.Volumes {
		m.flags ^= flagVolumes
		moved = true
	}
	if m.box != s.Sandbox {
		if s.Sandbox == SandboxReady {
			m.boxCount++
		}
		if m.box == SandboxAbsent && s.Sandbox == SandboxStopped && m.round == roundBoxing {
			m.set(flagFailed)
		}
		m.box = s.Sandbox
		moved = true
	}
	if len(s.IPs) > 0 && !slices.Equal(m.ips, s.IPs) {
		m.ips = append(m.ips[:0:0], s.IPs...)
		moved = true
		if m.shown.addressed {
			m.set(flagChanged)
		}
	}
	return moved
}

// observeAttempt takes in one attempt. An attempt older than the newest, or of no container of the spec, changes nothing.
func (m *Machine) observeAttempt(s *SeenContainer) (moved bool) {
	c := m.find(s.Name)
	if c == nil {
		return false
	}
	c.mark(markSeen, c.has(markSeen) || s.Attempt >= c.cur.attempt)
	if s.Attempt < 0 || s.Attempt == math.MaxInt32 {
		return false
	}
	switch r := &c.cur; {
	case r.state == runNone || s.Attempt > r.attempt:
		c.begin(s, m.boxCount)
		return true
	case s.Attempt == r.attempt:
		moved = c.observeReady(s)
		return r.advance(s) || moved
	}
	return false
}

// begin makes what s shows the newest attempt.
func (c *container) begin(s *SeenContainer, box uint16) {
	if c.cur.state != runNone {
		old := c.cur
		if !old.ended() {
			old.lose()
		}
		c.setOlder(c.last)
		c.last = &old
	}
	c.cur = run{attempt: s.Attempt, box: box, started: never, finished: never}
	c.cur.advance(s)
	c.mark(markChanged, false)
	c.setResize(nil)
	c.resetProbes()
	if s.ImageID != "" {
		c.imageID = s.ImageID
	}
	c.observeReady(s)
}

// advance brings r to what s shows of it. An attempt that has ended stays as it ended, and one that was started was started
// when it was first said to have been.
func (r *run) advance(s *SeenContainer) (moved bool) {
	state := [...]runState{runCreated, runRunning, runExited, runLost}[min(s.State, ContainerUnknown)]
	if r.ended() || state <= r.state {
		return false
	}
	if r.state <= runCreated || r.id == "" {
		r.id = s.ID
	}
	r.state = state
	if !s.StartedAt.IsZero() && r.started == never {
		r.started = max(unixNano(s.StartedAt), 0)
	}
	switch state {
	case runExited:
		r.exit, r.end = s.ExitCode, endNote(s)
		if !s.FinishedAt.IsZero() {
			r.finished = unixNano(s.FinishedAt)
		}
	case runLost:
		r.lose()
	}
	return true
}

// The notes that most ends share.
var (
	noNote        = &note{}
	completedNote = &note{reason: pod.ReasonCompleted}
	errorNote     = &note{reason: pod.ReasonError}
	lostNote      = &note{pod.ReasonContainerStatusUnknown, unknownContainerMessage}
	goneNote      = &note{pod.ReasonContainerStatusUnknown, goneContainerMessage}
	resetNote     = &note{pod.ReasonRestartingAllContainers, resetMessage}
)

// endNote is what an attempt that s shows as exited ended with.
func endNote(s *SeenContainer) *note {
	end := note{s.Reason, s.Message}
	if s.Reason == "" && s.ExitCode == 0 {
		end.reason = pod.ReasonCompleted
	} else if s.Reason == "" {
		end.reason = pod.ReasonError
	}
	switch end {
	case *completedNote:
		return completedNote
	case *errorNote:
		return errorNote
	}
	return &end
}

// note is why the attempt ended; an empty one as long as it has not.
func (r *run) note() *note {
	if r.end == nil {
		return noNote
	}
	return r.end
}

// lose marks an attempt whose end nobody saw. When it began is kept for as long as the status shows it running.
func (r *run) lose() {
	r.state, r.exit = runLost, 137
	r.end = lostNote
	r.finished = never
}

// vanish marks an attempt that ran and of which nothing is left.
func (r *run) vanish() {
	r.lose()
	r.state, r.end, r.id = runGone, goneNote, ""
}

// past is the attempt r, which has ended, as the published status tells it: of one that was lost it is not known when it ran, and
// of one that RestartAllContainers took away, once that is published, how it ended.
func (c *container) past(r *run) run {
	p := *r
	switch {
	case r.state == runReset && c.shown.count() > r.attempt:
		return run{attempt: r.attempt, state: runReset, exit: 137, end: resetNote, started: never, finished: never}
	case r.state == runLost || r.state == runGone:
		p.started, p.finished = never, never
	}
	return p
}

// observeReady takes in a readiness that the driver declares.
func (c *container) observeReady(s *SeenContainer) (moved bool) {
	declared := readyUnsaid
	if s.Ready != nil && s.State == ContainerRunning {
		declared = readyNo
		if *s.Ready {
			declared = readyYes
		}
	}
	moved = c.declared != declared
	c.declared = declared
	return moved
}

// observeAbsence notes an attempt that ran and of which the runtime knows nothing any more.
func (c *container) observeAbsence() (moved bool) {
	seen := c.has(markSeen)
	c.mark(markSeen, false)
	if seen || c.cur.state != runRunning && c.cur.state != runCreated {
		return false
	}
	c.cur.vanish()
	return true
}

// observeImages notes which images the node lacks.
func (m *Machine) observeImages(missing []string) {
	for i := range m.containers {
		c := &m.containers[i]
		c.mark(markNoImage, slices.Contains(missing, c.spec.Image))
	}
}

// removeOld asks for the removal of attempts older than the one before the newest, as the kubelet's garbage collection
// does, which keeps one ended attempt of each container.
func (w work) removeOld(s *Seen) {
	for i := range s.Containers {
		old := &s.Containers[i]
		if old.State == ContainerRunning {
			continue
		}
		c := w.find(old.Name)
		if c == nil || old.Attempt < c.removed || old.Attempt >= c.cur.attempt-1 {
			continue
		}
		c.removed = old.Attempt + 1
		w.act(Action{Kind: RemoveContainer, Container: c.spec.Name, Attempt: old.Attempt})
	}
}

// shouldRun reports whether the container is to be started once it does not run. A pod that is being deleted starts
// nothing.
func (m *Machine) shouldRun(c *container) bool {
	if m.is(flagDeleting) {
		return false
	}
	switch c.cur.state {
	case runNone, runCreated, runLost, runGone, runReset:
		return true
	case runRunning:
		return false
	}
	return pod.ContainerShouldRestart(c.spec, m.pod.Spec.RestartPolicy, c.cur.exit)
}

// restartsOnFailure reports whether the pod's policy, or the container's own, restarts a container that failed.
func (m *Machine) restartsOnFailure(c *container) bool {
	return c.spec.EffectiveRestartPolicy(m.pod.Spec.RestartPolicy) != pod.RestartPolicyNever
}

// ranFor is how long ago the run began by what the API shows of its start, in whole seconds.
func (r *run) ranFor(now int64) int64 {
	return (now - wholeSecond(max(r.started, 0))) / int64(time.Second)
}
