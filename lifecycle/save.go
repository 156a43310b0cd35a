package lifecycle

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/podlife/podlife/pod"
)

// Saved is a machine put by, so that a driver that was killed can go on where it was: restart counts, back-off, start
// time, what was published. Save it before the actions of a Step are carried out. It is written and read with
// encoding/json; its fields mean nothing to others. The zero Saved is of no machine.
type Saved struct {
	Version     int              `json:"version"`
	UID         pod.UID          `json:"uid"`
	Now         int64            `json:"now"`
	StartTime   int64            `json:"startTime"`
	RetryAt     int64            `json:"retryAt"`
	Busy        bool             `json:"busy,omitempty"` // something was in flight
	Stage       uint8            `json:"stage"`
	Flags       uint16           `json:"flags"`
	BoxCount    uint16           `json:"boxCount,omitempty"`
	Box         SandboxState     `json:"box,omitempty"`
	IPs         []netip.Addr     `json:"ips,omitempty"`
	DeleteGrace int64            `json:"deleteGrace,omitempty"`
	Generation  int64            `json:"generation,omitempty"`
	LastAction  ActionID         `json:"lastAction"`
	Evicted     *savedEviction   `json:"evicted,omitempty"`
	Resizes     *savedResizes    `json:"resizes,omitempty"`
	Shown       savedPod         `json:"shown"`
	Containers  []savedContainer `json:"containers"`
}

// savedVersion changes whenever what a field means does.
const savedVersion = 1

// lastingFlags are the flags that outlive the driver; the others are about a round that ends with it.
const lastingFlags flags = flagVolumes | flagDeleting | flagStopped | flagDeadline | flagRejected | flagFinal | flagRestartAll | flagRepublish | flagAgain

// passingFlags are about the latest round, and what the driver has been told and not yet shown: they mean something to the driver that
// was there alone.
const passingFlags = flagRemoving | flagChanged | flagWantBox | flagFailed

type savedEviction struct {
	Note      savedNote `json:"note"`
	Grace     *int64    `json:"grace,omitempty"`
	Since     int64     `json:"since"`
	Condition bool      `json:"condition,omitempty"`
}

type savedResizes struct {
	Pending  *savedResize `json:"pending,omitempty"`
	Progress *savedResize `json:"progress,omitempty"`
}

type savedResize struct {
	Since      int64     `json:"since"`
	Told       int64     `json:"told"`
	Generation int64     `json:"generation,omitempty"`
	Note       savedNote `json:"note"`
}

type savedNote struct {
	Reason  pod.Reason `json:"reason,omitempty"`
	Message string     `json:"message,omitempty"`
}

type savedPod struct {
	Phase      pod.Phase                      `json:"phase"`
	End        *savedNote                     `json:"end,omitempty"`
	Generation int64                          `json:"generation,omitempty"`
	Since      [conditionCount]int64          `json:"since"`
	Conditions [conditionCount]savedCondition `json:"conditions"`
	Looked     bool                           `json:"looked,omitempty"`
	Addressed  bool                           `json:"addressed,omitempty"`
}

type savedCondition struct {
	Known bool  `json:"known,omitempty"`
	True  bool  `json:"true,omitempty"`
	Why   uint8 `json:"why,omitempty"`
}

type savedContainer struct {
	Name     string       `json:"name"`
	Cur      savedRun     `json:"cur"`
	Last     *savedRun    `json:"last,omitempty"`
	Older    *savedRun    `json:"older,omitempty"`
	Wait     *savedNote   `json:"wait,omitempty"`
	Pull     *savedPull   `json:"pull,omitempty"`
	ImageID  string       `json:"imageID,omitempty"`
	BackOff  savedBackOff `json:"backOff"`
	Shown    savedView    `json:"shown"`
	Removed  int32        `json:"removed,omitempty"`
	Declared uint8        `json:"declared,omitempty"`
	Marks    uint8        `json:"marks,omitempty"`
	Probes   []savedProbe `json:"probes,omitempty"`
	// Resize is what the container has while it is to have other resources.
	Resize *pod.ResourceRequirements `json:"resize,omitempty"`
}

type savedRun struct {
	ID       string     `json:"id,omitempty"`
	End      *savedNote `json:"end,omitempty"`
	Started  int64      `json:"started"`
	Finished int64      `json:"finished"`
	Attempt  int32      `json:"attempt"`
	Exit     int32      `json:"exit,omitempty"`
	Box      uint16     `json:"box,omitempty"`
	State    uint8      `json:"state"`
}

type savedBackOff struct {
	Wait int64 `json:"wait,omitempty"`
	At   int64 `json:"at,omitempty"`
}

type savedPull struct {
	BackOff savedBackOff `json:"backOff"`
	Image   string       `json:"image"`
	Failed  int64        `json:"failed"`
	Err     savedNote    `json:"err"`
}

type savedView struct {
	Wait    *savedNote `json:"wait,omitempty"`
	Attempt int32      `json:"attempt,omitempty"`
	Of      uint8      `json:"of,omitempty"`
	State   uint8      `json:"state,omitempty"`
	Ready   bool       `json:"ready,omitempty"`
	Started bool       `json:"started,omitempty"`
}

type savedProbe struct {
	Call    Call  `json:"call"`
	Anchor  int64 `json:"anchor"`
	Latest  int64 `json:"latest"`
	Attempt int32 `json:"attempt,omitempty"`
	Run     int32 `json:"run,omitempty"`
	Verdict uint8 `json:"verdict,omitempty"`
	Failing bool  `json:"failing,omitempty"`
	Hold    bool  `json:"hold,omitempty"`
	Trigger bool  `json:"trigger,omitempty"`
}

// Save puts the machine by. The result shares nothing with it that either writes to.
func (m *Machine) Save() Saved {
	s := Saved{
		Version: savedVersion, UID: m.pod.UID, Now: m.now, StartTime: m.startTime, RetryAt: m.retryAt,
		Busy: m.busy(), Stage: uint8(m.stage), Flags: uint16(m.flags & (lastingFlags | passingFlags)), BoxCount: m.boxCount, Box: m.box,
		IPs: append([]netip.Addr(nil), m.ips...), DeleteGrace: m.deleteGrace, Generation: m.generation, LastAction: m.lastAction,
		Shown: m.shown.save(), Containers: make([]savedContainer, len(m.containers)),
	}
	if e := m.evicted(); e != nil {
		s.Evicted = &savedEviction{savedNote{e.reason, e.message}, e.grace, e.since, e.condition}
	}
	s.Resizes = m.rarely().resizes.save()
	for i := range m.containers {
		s.Containers[i] = m.containers[i].save()
	}
	return s
}

// Restore makes a machine out of what Save put by, and of what the runtime shows now. p is the pod object as it is now,
// and cfg as for New. It fails if the Saved is not of this pod or of another version of this library.
//
// What was begun and not shown by seen is asked for again with the next Step: starts carry their attempt, so that a repeat
// is harmless; pulls, hooks and probes may run twice. What seen does not show any more has been lost. IDs of actions go on
// counting, and answers to those of before are ignored.
func Restore(p *pod.Pod, cfg *Config, s Saved, seen *Seen) (*Machine, error) {
	if s.Version != savedVersion {
		return nil, fmt.Errorf("lifecycle: saved machine of version %d, expected %d", s.Version, savedVersion)
	}
	if s.UID != p.UID {
		return nil, fmt.Errorf("lifecycle: saved machine of the pod with UID %q, expected %q", s.UID, p.UID)
	}
	m, err := New(p, cfg)
	if err != nil {
		return nil, err
	}
	if s.Stage > uint8(stageOver) || len(s.Containers) > len(m.containers) {
		return nil, errors.New("lifecycle: the saved machine is damaged")
	}
	lasting := lastingFlags
	if seen == nil {
		lasting |= passingFlags
	}
	m.now, m.startTime, m.retryAt = s.Now, s.StartTime, s.RetryAt
	m.stage = max(m.stage, stage(s.Stage))
	m.flags = m.flags&^flagDue | flags(s.Flags)&lasting
	if s.Busy {
		m.set(flagDue)
	}
	m.boxCount, m.box, m.ips = s.BoxCount, s.Box, s.IPs
	m.lastAction = s.LastAction
	m.generation = max(m.generation, s.Generation)
	if s.Flags&uint16(flagDeleting) != 0 && p.DeletionTimestamp == nil {
		m.deleteGrace = s.DeleteGrace
	}
	if e := s.Evicted; e != nil {
		m.setEvicted(&eviction{reason: e.Note.Reason, message: e.Note.Message, grace: e.Grace, since: e.Since, condition: e.Condition})
	}
	m.shown.restore(s.Shown)
	told := s.Resizes.restore()
	m.setRare(rarePod{m.evicted(), told, told})
	for i := range s.Containers {
		if c := m.find(s.Containers[i].Name); c != nil {
			c.restore(&s.Containers[i])
		}
	}
	if seen != nil {
		m.take(seen)
	}
	return m, nil
}

// busy reports whether a round goes on or an answer is awaited.
func (m *Machine) busy() bool {
	if m.round != roundIdle || m.roundAction != 0 {
		return true
	}
	for i := range m.containers {
		c := &m.containers[i]
		for p := c.probes; p != nil; p = p.next {
			if p.action != 0 {
				return true
			}
		}
		if r := c.resize(); c.stop != notStopping || r != nil && r.action != 0 {
			return true
		}
	}
	return false
}

func (r *resizeConditions) save() *savedResizes {
	if r == nil {
		return nil
	}
	return &savedResizes{r.pending.save(), r.progress.save()}
}

func (s *savedResizes) restore() *resizeConditions {
	if s == nil {
		return nil
	}
	return &resizeConditions{s.Pending.restore(), s.Progress.restore()}
}

func (c resizeCondition) save() *savedResize {
	if !c.known {
		return nil
	}
	return &savedResize{c.since, c.told, c.generation, savedNote{c.reason, c.message}}
}

func (s *savedResize) restore() resizeCondition {
	if s == nil {
		return resizeCondition{}
	}
	return resizeCondition{s.Since, s.Told, s.Generation, s.Note.Reason, s.Note.Message, true}
}

func (s *shownPod) save() savedPod {
	out := savedPod{
		Phase: s.phase, End: s.end.save(), Generation: s.generation, Since: s.since, Looked: s.looked, Addressed: s.addressed,
	}
	for i, c := range s.conditions {
		out.Conditions[i] = savedCondition{c.known, c.true, uint8(c.why)}
	}
	return out
}

func (s *shownPod) restore(from savedPod) {
	s.phase, s.end, s.generation = from.Phase, from.End.note(), from.Generation
	s.since, s.looked, s.addressed = from.Since, from.Looked, from.Addressed
	for i, c := range from.Conditions {
		s.conditions[i] = shownCondition{c.Known, c.True, why(min(c.Why, uint8(len(whyReasons)-1)))}
	}
}

func (c *container) save() savedContainer {
	out := savedContainer{
		Name: c.spec.Name, Cur: *c.cur.save(), Last: c.last.save(), Older: c.older().save(), Wait: c.wait.save(),
		ImageID: c.imageID, BackOff: c.backOff.save(), Removed: c.removed, Declared: uint8(c.declared), Marks: uint8(c.marks),
		Shown: savedView{
			c.shown.wait.save(), c.shown.attempt, uint8(c.shown.of), uint8(c.shown.state), c.shown.ready, c.shown.started,
		},
	}
	if p := c.pull(); p != nil {
		out.Pull = &savedPull{p.backOff.save(), p.image, p.failed, *p.err.save()}
	}
	if r := c.resize(); r != nil {
		out.Resize = r.from
	}
	for p := c.probes; p != nil; p = p.next {
		out.Probes = append(out.Probes, savedProbe{
			p.call, p.anchor, p.latest, p.attempt, p.run, uint8(p.verdict), p.failing, p.hold, p.trigger || p.action != 0,
		})
	}
	return out
}

func (c *container) restore(from *savedContainer) {
	c.cur, c.last, c.wait = *from.Cur.run(), from.Last.run(), from.Wait.note()
	c.setOlder(from.Older.run())
	c.imageID, c.backOff = from.ImageID, from.BackOff.backOff()
	c.removed, c.declared, c.marks = from.Removed, declaredReady(from.Declared), marks(from.Marks)
	v := from.Shown
	c.shown = view{v.Wait.note(), v.Attempt, viewOf(v.Of), viewState(v.State), v.Ready, v.Started}
	if p := from.Pull; p != nil {
		c.setPull(&pulling{p.BackOff.backOff(), p.Image, p.Failed, *p.Err.note()})
	}
	if from.Resize != nil {
		c.setResize(&resizing{from: from.Resize, to: from.Resize})
	}
	for _, s := range from.Probes {
		if p := c.probeOf(s.Call); p != nil {
			p.anchor, p.latest, p.attempt, p.run = s.Anchor, s.Latest, s.Attempt, s.Run
			p.verdict, p.failing, p.hold, p.trigger = verdict(s.Verdict), s.Failing, s.Hold, s.Trigger
		}
	}
}

func (r *run) save() *savedRun {
	if r == nil {
		return nil
	}
	return &savedRun{r.id, r.end.save(), r.started, r.finished, r.attempt, r.exit, r.box, uint8(r.state)}
}

func (s *savedRun) run() *run {
	if s == nil {
		return nil
	}
	return &run{s.ID, s.End.note(), s.Started, s.Finished, s.Attempt, s.Exit, s.Box, runState(min(s.State, uint8(runReset)))}
}

func (n *note) save() *savedNote {
	if n == nil {
		return nil
	}
	return &savedNote{n.reason, n.message}
}

func (s *savedNote) note() *note {
	if s == nil {
		return nil
	}
	return &note{s.Reason, s.Message}
}

func (b backOff) save() savedBackOff { return savedBackOff{int64(b.wait), b.at} }

func (s savedBackOff) backOff() backOff { return backOff{time.Duration(s.Wait), s.At} }
