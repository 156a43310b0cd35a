package lifecycle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/explore"
	"github.com/podlife/podlife/pod"
)

// player gives one machine inputs, checks every invariant on the way, and answers what it asks for as it is told.
type player struct {
	t       *testing.T
	m       *lifecycle.Machine
	checker *lifecycle.Checker
	now     time.Time
	seen    lifecycle.Seen
	actions []lifecycle.Action
	wake    time.Time
}

func newPlayer(t *testing.T, p *pod.Pod) *player {
	m, err := lifecycle.New(p, nil)
	require.NoError(t, err)
	return &player{t: t, m: m, checker: lifecycle.NewChecker(m), now: epoch}
}

// give makes one Step and returns what it asked for, one line an action.
func (p *player) give(in lifecycle.Input) string {
	out := p.m.Step(p.now, in)
	require.NoError(p.t, p.checker.After(p.m, p.now, in, out))
	require.NoError(p.t, lifecycle.CheckInvariants(p.m))
	p.actions = append([]lifecycle.Action(nil), out.Actions...)
	p.wake = out.Wake
	lines := []string{}
	for _, a := range out.Actions {
		lines = append(lines, a.String())
	}
	return strings.Join(lines, ", ")
}

// see gives a Seen with these containers beside what was seen before of sandbox and volumes.
func (p *player) see(containers ...lifecycle.SeenContainer) string {
	p.seen.Containers = containers
	return p.give(lifecycle.Input{Kind: lifecycle.Observed, Seen: &p.seen})
}

// done answers the first of the latest actions.
func (p *player) done(r lifecycle.Result) string {
	return p.give(lifecycle.Input{Kind: lifecycle.Done, Action: p.actions[0].ID, Result: r})
}

// finish lets time pass until the pod is over.
func (p *player) finish() {
	for n := 0; !p.m.Ended(); n++ {
		require.Less(p.t, n, 20, "the pod does not end")
		require.False(p.t, p.wake.IsZero(), "the pod waits for nothing")
		p.now = p.wake
		p.give(lifecycle.Input{})
	}
}

// boxed takes a pod of one container to where its start has been asked for.
func (p *player) boxed() {
	require.Equal(p.t, "CreateSandbox", p.give(lifecycle.Input{}))
	p.seen.Sandbox = lifecycle.SandboxReady
	require.Equal(p.t, "StartContainer m0#0", p.see())
}

func runs(attempt int32) lifecycle.SeenContainer {
	return lifecycle.SeenContainer{Name: "m0", Attempt: attempt, State: lifecycle.ContainerRunning, StartedAt: epoch}
}

func ended(attempt, exit int32) lifecycle.SeenContainer {
	return lifecycle.SeenContainer{
		Name: "m0", Attempt: attempt, State: lifecycle.ContainerExited, ExitCode: exit, StartedAt: epoch, FinishedAt: epoch,
	}
}

func plainPod(policy pod.RestartPolicy) *pod.Pod {
	return explore.Small(policy, "", 1, explore.Features()[0])
}

// state is what the status says of the only container, and of the pod.
func (p *player) state() string {
	s := p.m.Status()
	word := string(s.Phase)
	for _, c := range s.ContainerStatuses {
		switch {
		case c.State.Running != nil:
			word += " running"
		case c.State.Terminated != nil:
			word += fmt.Sprintf(" ended(%d)", c.State.Terminated.ExitCode)
		case c.State.Waiting != nil:
			word += " waiting"
		}
		word += fmt.Sprintf(" restarts=%d", c.RestartCount)
	}
	return word
}

// What contradicts the spec, or comes too late, has the effect that the documentation of its kind says, and most often none.
func TestBadInput(t *testing.T) {
	running := func(p *player) {
		p.boxed()
		require.Empty(t, p.see(runs(0)))
	}
	over := func(p *player) {
		running(p)
		require.Equal(t, "StopContainer m0#0 5s", p.give(lifecycle.Input{Kind: lifecycle.Delete, Grace: pointer[int64](5)}))
		require.Equal(t, "StopSandbox", p.see(ended(0, 0)))
		p.seen.Sandbox = lifecycle.SandboxStopped
		p.see(ended(0, 0))
		p.finish()
	}
	for _, c := range []struct {
		name    string
		before  func(*player)
		give    func(*player) string
		actions string
		state   string
	}{
		{"a container that the spec does not name", running, func(p *player) string {
			return p.see(runs(0), lifecycle.SeenContainer{Name: "stranger", State: lifecycle.ContainerRunning})
		}, "", "Running running restarts=0"},
		{"a negative attempt", running, func(p *player) string { return p.see(runs(0), ended(-1, 1)) }, "", "Running running restarts=0"},
		{"the last attempt that there can be", running, func(p *player) string { return p.see(runs(0), ended(1<<31-1, 1)) }, "", "Running running restarts=0"},
		{"an attempt older than the newest", func(p *player) {
			p.boxed()
			require.Equal(t, "StartContainer m0#1", p.see(ended(0, 1)))
			require.Empty(t, p.see(ended(0, 1), runs(1)))
		}, func(p *player) string { return p.see(runs(0), runs(1)) }, "", "Running running restarts=1"},
		{"two running attempts: the newer counts", running, func(p *player) string { return p.see(runs(0), runs(1)) }, "", "Running running restarts=1"},
		{"an attempt that nobody asked for counts as one", running, func(p *player) string { return p.see(ended(4, 1)) },
			"StartContainer m0#5", "Running ended(1) restarts=4"},
		{"an attempt that ended runs again: it stays ended", func(p *player) {
			p.boxed()
			require.Equal(t, "StartContainer m0#1", p.see(ended(0, 1)))
		}, func(p *player) string { return p.see(runs(0)) }, "", "Running ended(1) restarts=0"},
		{"an answer to no action", running, func(p *player) string {
			return p.give(lifecycle.Input{Kind: lifecycle.Done, Action: 99, Result: lifecycle.Result{Outcome: lifecycle.Failed}})
		}, "", "Running running restarts=0"},
		{"an answer to action 0", running, func(p *player) string {
			return p.give(lifecycle.Input{Kind: lifecycle.Done, Result: lifecycle.Result{Outcome: lifecycle.Failed}})
		}, "", "Running running restarts=0"},
		{"an answer that comes twice", running, func(p *player) string {
			return p.give(lifecycle.Input{Kind: lifecycle.Done, Action: 2, Result: lifecycle.Result{Outcome: lifecycle.Failed}})
		}, "", "Running running restarts=0"},
		{"nothing seen at all", running, func(p *player) string { return p.give(lifecycle.Input{Kind: lifecycle.Observed}) }, "", "Running running restarts=0"},
		{"an Update without a pod", running, func(p *player) string { return p.give(lifecycle.Input{Kind: lifecycle.Update}) }, "", "Running running restarts=0"},
		{"an Update that leaves out a container", running, func(p *player) string {
			next := p.m.Pod().Clone()
			next.Spec.Containers = nil
			return p.give(lifecycle.Input{Kind: lifecycle.Update, Pod: next})
		}, "", "Running running restarts=0"},
		{"an Update with two containers of one name", running, func(p *player) string {
			next := p.m.Pod().Clone()
			next.Spec.Containers = append(next.Spec.Containers, next.Spec.Containers[0])
			return p.give(lifecycle.Input{Kind: lifecycle.Update, Pod: next})
		}, "", "Running running restarts=0"},
		{"a Delete with a pod of other containers deletes all the same", running, func(p *player) string {
			next := p.m.Pod().Clone()
			next.Spec.Containers[0].Name = "other"
			return p.give(lifecycle.Input{Kind: lifecycle.Delete, Pod: next, Grace: pointer[int64](7)})
		}, "StopContainer m0#0 7s", "Running running restarts=0"},
		{"a refusal after the pod was begun", running, func(p *player) string {
			return p.give(lifecycle.Input{Kind: lifecycle.Reject, Reason: pod.ReasonOutOfcpu})
		}, "", "Running running restarts=0"},
		{"an input of no kind is a Tick", running, func(p *player) string { return p.give(lifecycle.Input{Kind: 99}) }, "", "Running running restarts=0"},
		{"a clock that runs backwards", running, func(p *player) string {
			p.now = p.now.Add(-time.Hour)
			return p.see(ended(0, 1))
		}, "StartContainer m0#1", "Running ended(1) restarts=0"},
		{"a clock at the end of time", running, func(p *player) string {
			p.now = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
			return p.see(ended(0, 1))
		}, "StartContainer m0#1", "Running ended(1) restarts=0"},
		{"an end in the far future holds no restart up", func(p *player) {
			p.boxed()
			late := ended(0, 1)
			late.FinishedAt = epoch.AddDate(1000, 0, 0)
			require.Equal(t, "StartContainer m0#1", p.see(late))
			late.Attempt = 1
			require.Empty(t, p.see(late))
		}, func(p *player) string {
			p.now = p.now.Add(10 * time.Second)
			return p.give(lifecycle.Input{})
		}, "StartContainer m0#2", "Running waiting restarts=1"},
		{"a Seen after the end", over, func(p *player) string { return p.see(runs(3)) }, "", "Succeeded ended(0) restarts=0"},
		{"an eviction after the end", over, func(p *player) string { return p.give(lifecycle.Input{Kind: lifecycle.Evict}) }, "", "Succeeded ended(0) restarts=0"},
		{"a deletion after the end", over, func(p *player) string { return p.give(lifecycle.Input{Kind: lifecycle.Delete}) }, "", "Succeeded ended(0) restarts=0"},
		{"a Tick after the end", over, func(p *player) string { return p.give(lifecycle.Input{}) }, "", "Succeeded ended(0) restarts=0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayer(t, plainPod(pod.RestartPolicyAlways))
			c.before(p)
			require.Equal(t, c.actions, c.give(p))
			require.Equal(t, c.state, p.state())
		})
	}
}

func TestNewRefuses(t *testing.T) {
	p := plainPod(pod.RestartPolicyAlways)
	p.Spec.Containers = nil
	_, err := lifecycle.New(p, nil)
	require.ErrorIs(t, err, lifecycle.ErrNoContainers)

	p = explore.Small(pod.RestartPolicyAlways, "i", 1, explore.Features()[0])
	p.Spec.InitContainers[0].Name = "m0"
	_, err = lifecycle.New(p, nil)
	require.EqualError(t, err, `lifecycle: two containers of the pod are called "m0", expected names that differ`)

	p = plainPod(pod.RestartPolicyAlways)
	p.Spec.EphemeralContainers = make([]pod.EphemeralContainer, 40000)
	_, err = lifecycle.New(p, nil)
	require.ErrorContains(t, err, "32767")
}

// A container that the runtime cannot stop is asked to stop again, 10 s later, with what is left of the grace period.
func TestStopThatFails(t *testing.T) {
	p := newPlayer(t, plainPod(pod.RestartPolicyAlways))
	p.boxed()
	p.see(runs(0))
	require.Equal(t, "StopContainer m0#0 30s", p.give(lifecycle.Input{Kind: lifecycle.Delete}))
	require.Empty(t, p.done(lifecycle.Result{Outcome: lifecycle.Failed}))
	p.now = p.now.Add(10 * time.Second)
	require.Equal(t, "StopContainer m0#0 20s", p.give(lifecycle.Input{}))
	require.Equal(t, "StopSandbox", p.see(ended(0, 137)))
}

// A pod that is deleted while it mounts or makes its sandbox starts nothing more.
func TestDeletedBeforeAnythingRan(t *testing.T) {
	for _, c := range []struct {
		feature, first string
		ready          func(*lifecycle.Seen)
	}{
		{"plain", "CreateSandbox", func(s *lifecycle.Seen) { s.Sandbox = lifecycle.SandboxReady }},
		{"volume", "MountVolumes", func(s *lifecycle.Seen) { s.Volumes = true }},
	} {
		t.Run(c.feature, func(t *testing.T) {
			p := newPlayer(t, explore.Small(pod.RestartPolicyAlways, "", 1, featureNamed(t, c.feature)))
			require.Equal(t, c.first, p.give(lifecycle.Input{}))
			require.Empty(t, p.give(lifecycle.Input{Kind: lifecycle.Delete}))
			c.ready(&p.seen)
			require.NotContains(t, p.see(), "Start")
		})
	}
}

// A pod that is deleted while a container is being stopped for its liveness probe does not start that container again.
func TestDeletedDuringRestart(t *testing.T) {
	p := newPlayer(t, explore.Small(pod.RestartPolicyAlways, "", 1, featureNamed(t, "liveness")))
	p.boxed()
	p.see(runs(0))
	p.now = p.now.Add(10 * time.Second)
	require.Equal(t, "RunProbe m0#0 liveness 1s", p.give(lifecycle.Input{}))
	require.Equal(t, "StopContainer m0#0 30s", p.done(lifecycle.Result{Outcome: lifecycle.Failed}))
	require.Empty(t, p.give(lifecycle.Input{Kind: lifecycle.Delete}))
	require.Equal(t, "StopSandbox", p.see(ended(0, 143)))
}

func featureNamed(t *testing.T, name string) explore.Feature {
	for _, f := range explore.Features() {
		if f.Name == name {
			return f
		}
	}
	require.Fail(t, "no feature "+name)
	return explore.Feature{}
}

// An end that is seen together with a readiness that is declared no more is an end.
func TestEndWithDeclaredReadiness(t *testing.T) {
	p := newPlayer(t, plainPod(pod.RestartPolicyNever))
	p.boxed()
	ready := runs(0)
	ready.Ready = pointer(true)
	p.see(ready)
	require.Equal(t, "StopSandbox", p.see(ended(0, 0)))
}

// A pod whose restart policy is Never and that lost its sandbox does nothing, and above all not without end.
func TestNeverWithoutSandbox(t *testing.T) {
	p := newPlayer(t, explore.Small(pod.RestartPolicyNever, "i", 1, explore.Features()[0]))
	p.give(lifecycle.Input{})
	p.seen.Sandbox = lifecycle.SandboxReady
	p.see()
	i0 := ended(0, 0)
	i0.Name = "i0"
	p.seen.Sandbox = lifecycle.SandboxStopped
	p.see(i0)
	require.Equal(t, "Pending waiting restarts=0", p.state())
	p.give(lifecycle.Input{Kind: lifecycle.Delete})
	p.finish()
}
