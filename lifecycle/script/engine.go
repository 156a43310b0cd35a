package script

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// Node is what a pod finds on the node it is played on. The zero Node has no addresses and no objects of the API.
type Node struct {
	// IPs are the addresses that the pod's sandbox gets.
	IPs []netip.Addr
	// Sources are the config maps, secrets and so on that variables and volumes refer to; nil means that there are none.
	Sources pod.Sources
}

// Engine plays a script. Make one with New. It is not safe for concurrent use.
type Engine struct {
	pod    *pod.Pod
	script *Script
	node   Node

	seen       lifecycle.Seen
	containers []player
	pulled     map[string]bool
	pending    []happening
	boxes      int
	seq        int
	news       bool
}

// player is the part of one container.
type player struct {
	name    string
	spec    *pod.Container
	part    Behavior
	pulls   int
	resizes int
	tries   int // attempts to create it so far
	current int32
	started time.Time
	stopped bool  // it was told to stop
	forced  *bool // its readiness, whatever its probe says
}

// happening is something that becomes visible at a time.
type happening struct {
	at     time.Time
	seq    int
	kind   happeningKind
	player int
	run    Run
	input  lifecycle.Input // for results
	ready  bool            // for turnsReady
	inside bool            // for answers: the call runs in the container and ends with it
}

type happeningKind uint8

const (
	exits happeningKind = iota
	boxReady
	turnsReady
	answers
)

// New makes the engine that plays s for p. Neither is written to.
func New(p *pod.Pod, s *Script, node Node) *Engine {
	e := &Engine{pod: p, script: s, node: node, pulled: map[string]bool{}, news: true}
	e.adopt(p)
	return e
}

// Update tells the engine that the pod object has changed; ephemeral containers may have come.
func (e *Engine) Update(p *pod.Pod) {
	e.pod = p
	e.adopt(p)
}

func (e *Engine) adopt(p *pod.Pod) {
	for _, c := range p.Spec.AllContainers() {
		e.add(c)
	}
	e.showMissing()
}

func (e *Engine) add(c *pod.Container) {
	if i := e.find(c.Name); i >= 0 {
		e.containers[i].spec = c
		return
	}
	e.containers = append(e.containers, player{name: c.Name, spec: c, part: e.script.Containers[c.Name], current: -1})
}

func (e *Engine) find(name string) int {
	return slices.IndexFunc(e.containers, func(c player) bool { return c.name == name })
}

// showMissing keeps the list of images that the node lacks: those whose pull is in the script and has not happened yet.
func (e *Engine) showMissing() {
	var missing []string
	for i := range e.containers {
		c := &e.containers[i]
		lacks := len(c.part.Pull) > 0 && !c.part.Pull[0].Present && !e.pulled[c.spec.Image]
		if lacks && !slices.Contains(missing, c.spec.Image) {
			missing = append(missing, c.spec.Image)
		}
	}
	if !slices.Equal(missing, e.seen.MissingImages) {
		e.seen.MissingImages = missing
		e.news = true
	}
}

// Seen is what there is now. It belongs to the engine until the next call of one of its methods.
func (e *Engine) Seen() *lifecycle.Seen { return &e.seen }

// Wake is when the next thing happens by itself, or the zero Time.
func (e *Engine) Wake() time.Time {
	if len(e.pending) == 0 {
		return time.Time{}
	}
	return e.pending[0].at
}

// Step plays up to now and returns what became visible: at most one Seen, then results in the order in which they came.
// The inputs belong to the caller; the Seen in them belongs to the engine until its next call.
func (e *Engine) Step(now time.Time) []lifecycle.Input {
	var results []lifecycle.Input
	for len(e.pending) > 0 && !e.pending[0].at.After(now) {
		h := e.pending[0]
		e.pending = slices.Delete(e.pending, 0, 1) // the room of the few that there are is kept
		if h.kind == answers {
			results = append(results, h.input)
			continue
		}
		e.happen(h)
	}
	if !e.news {
		return results
	}
	e.news = false
	return append([]lifecycle.Input{{Kind: lifecycle.Observed, Seen: &e.seen}}, results...)
}

func (e *Engine) happen(h happening) {
	e.news = true
	switch h.kind {
	case exits:
		e.exit(h.player, h.at, h.run)
	case boxReady:
		e.seen.Sandbox, e.seen.IPs = lifecycle.SandboxReady, e.node.IPs
	case turnsReady:
		if s := e.attempt(h.player); s != nil && s.State == lifecycle.ContainerRunning {
			ready := h.ready
			s.Ready = &ready
		}
	}
}

// later plans h for its time; things of one instant keep the order in which they were planned, ends first.
func (e *Engine) later(h happening) {
	e.seq++
	h.seq = e.seq
	i, _ := slices.BinarySearchFunc(e.pending, h, func(a, b happening) int {
		if d := a.at.Compare(b.at); d != 0 {
			return d
		}
		if (a.kind == answers) != (b.kind == answers) {
			if a.kind == answers {
				return 1
			}
			return -1
		}
		return a.seq - b.seq
	})
	e.pending = slices.Insert(e.pending, i, h)
}

// answer plans the result of an action.
func (e *Engine) answer(at time.Time, a lifecycle.Action, r lifecycle.Result) {
	e.later(happening{at: at, kind: answers, player: e.find(a.Container), input: lifecycle.Input{Kind: lifecycle.Done, Action: a.ID, Result: r}})
}

// attempt is what is seen of the newest attempt of the container, or nil.
func (e *Engine) attempt(player int) *lifecycle.SeenContainer {
	if player < 0 {
		return nil
	}
	c := &e.containers[player]
	return e.attemptOf(c.name, c.current)
}

// exit ends the newest attempt of the container as r says, unless it has ended already.
func (e *Engine) exit(player int, at time.Time, r Run) {
	s := e.attempt(player)
	if s == nil || s.State != lifecycle.ContainerRunning {
		return
	}
	s.State, s.FinishedAt, s.ExitCode, s.Ready = lifecycle.ContainerExited, at, r.Exit, nil
	s.Reason = r.Reason
	if s.Reason == "" && r.Exit == 0 {
		s.Reason = pod.ReasonCompleted
	} else if s.Reason == "" {
		s.Reason = pod.ReasonError
	}
	s.Message = terminationMessage(e.containers[player].spec, r)
	e.dropExits(player)
	e.endCalls(player, at)
	e.news = true
}

// terminationMessage is what the kubelet would make of what the run wrote.
// See https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/.
func terminationMessage(c *pod.Container, r Run) string {
	message := r.Message
	fallsBack := c.TerminationMessagePolicy == pod.TerminationMessageFallbackToLogsOnError
	if message == "" && r.Log != "" && r.Exit != 0 && fallsBack {
		message = strings.TrimSuffix(r.Log, "\n") + "\n"
		message = message[max(0, len(message)-2048):]
	}
	return message[:min(len(message), 4096)]
}

// dropExits forgets the planned ends of an attempt that has ended.
func (e *Engine) dropExits(player int) {
	e.pending = slices.DeleteFunc(e.pending, func(h happening) bool {
		return h.player == player && (h.kind == exits || h.kind == turnsReady)
	})
}

// endCalls answers now the calls that ran in a container that has ended: they ended with it.
func (e *Engine) endCalls(player int, at time.Time) {
	for i := range e.pending {
		h := &e.pending[i]
		if h.kind == answers && h.player == player && h.inside && h.at.After(at) {
			h.at = at
			h.input.Result = lifecycle.Result{Outcome: lifecycle.Failed, ExitCode: 137}
		}
	}
	slices.SortStableFunc(e.pending, func(a, b happening) int { return a.at.Compare(b.at) })
}

// Fail makes the container's present attempt end now with that exit code and reason: a blunt lever for tests.
func (e *Engine) Fail(container string, at time.Time, exit int32, reason pod.Reason) error {
	i := e.find(container)
	if i < 0 {
		return noContainer(container)
	}
	if s := e.attempt(i); s == nil || s.State != lifecycle.ContainerRunning {
		return fmt.Errorf("container %q does not run", container)
	}
	e.exit(i, at, Run{Exit: exit, Reason: reason})
	return nil
}

func noContainer(name string) error {
	return fmt.Errorf("container %q: the pod has none of that name", name)
}

// SetReady fixes the container's readiness from now on, for the present attempt and all to come: its readiness probe, if
// it has one, answers so, and otherwise it is declared.
func (e *Engine) SetReady(container string, ready bool) error {
	i := e.find(container)
	if i < 0 {
		return noContainer(container)
	}
	e.containers[i].forced = &ready
	if s := e.attempt(i); s != nil && s.State == lifecycle.ContainerRunning {
		s.Ready = &ready
		e.news = true
	}
	return nil
}

// LoseContainer makes the container's present attempt vanish: the runtime knows nothing of it any more, as after somebody
// removed it behind its back. What ran in it ends now.
func (e *Engine) LoseContainer(container string, at time.Time) {
	i := e.find(container)
	s := e.attempt(i)
	if s == nil {
		return
	}
	e.dropExits(i)
	e.endCalls(i, at)
	e.remove(lifecycle.Action{Container: container, Attempt: s.Attempt})
}

// LoseSandbox ends the sandbox, if there is one, and every container in it with exit code 137.
func (e *Engine) LoseSandbox(at time.Time) {
	if e.seen.Sandbox == lifecycle.SandboxReady {
		e.stopSandbox(at)
	}
}

// Lose makes everything that the runtime knows of the pod vanish, as after a restart of the machine. What ran in its
// containers ends now; a pull or the making of a sandbox in progress goes on.
func (e *Engine) Lose(at time.Time) {
	for i := range e.containers {
		e.LoseContainer(e.containers[i].name, at)
	}
	e.seen = lifecycle.Seen{MissingImages: e.seen.MissingImages}
	e.news = true
}

// id is a name that looks like a runtime's, the same for the same attempt of the same pod.
func (e *Engine) id(container string, attempt int32) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s/%s/%d", e.pod.UID, container, attempt)))
	return "scripted://" + hex.EncodeToString(sum[:])
}

func imageID(image string) string {
	sum := sha256.Sum256([]byte(image))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
