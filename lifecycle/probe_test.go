package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// TestEventsOfResults holds what is said of each outcome of a probe, in the kubelet's words.
func TestEventsOfResults(t *testing.T) {
	for _, c := range []struct {
		result lifecycle.Result
		want   []string
	}{
		{lifecycle.Result{}, nil},
		{lifecycle.Result{Message: "fine"}, nil},
		{lifecycle.Result{Outcome: lifecycle.Failed, Message: "no"}, []string{"Warning Unhealthy app: Readiness probe failed: no"}},
		{lifecycle.Result{Outcome: lifecycle.TimedOut, Message: "late"}, []string{"Warning Unhealthy app: Readiness probe failed: late"}},
		{lifecycle.Result{Outcome: lifecycle.Warned, Message: "moved"}, []string{"Warning ProbeWarning app: Readiness probe warning: moved"}},
		{lifecycle.Result{Outcome: lifecycle.Unknown}, nil},
		{lifecycle.Result{Outcome: lifecycle.Unknown, Message: "no port"},
			[]string{"Warning Unhealthy app: Readiness probe errored and resulted in unknown state: no port"}},
		{lifecycle.Result{Outcome: lifecycle.Unknown, Reason: "failure", Message: "unexpected EOF"},
			[]string{"Warning Unhealthy app: Readiness probe errored and resulted in failure state: unexpected EOF"}},
	} {
		m, probe := probedMachine(t)
		out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: probe, Result: c.result})
		require.Equal(t, c.want, eventLines(out), "%s", c.result)
		require.Equal(t, c.result.OK(), m.Status().ContainerStatuses[0].Ready, "%s", c.result)
	}
}

// probedMachine is a machine whose pod runs, and whose readiness probe is being run.
func probedMachine(t *testing.T) (m *lifecycle.Machine, probe lifecycle.ActionID) {
	m, w := newMachine(t, benchPod(t)), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		for _, a := range m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]}).Actions {
			if a.Kind == lifecycle.RunProbe {
				probe = a.ID
			}
		}
	}
	require.NotZero(t, probe)
	return m, probe
}

// TestEventsOfHooks holds what is said of a hook that was answered over HTTP where HTTPS was asked for: it has not failed.
func TestEventsOfHooks(t *testing.T) {
	p := benchPod(t)
	hook := &pod.LifecycleHandler{HTTPGet: &pod.HTTPGetAction{Port: pod.FromInt(80), Scheme: pod.URISchemeHTTPS}}
	p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: hook, PreStop: hook}
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[0]})
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[1]})
	require.Equal(t, "RunHook app#0 postStart", out.Actions[0].String())
	warned := lifecycle.Result{Outcome: lifecycle.Warned, Message: "over HTTP"}
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: out.Actions[0].ID, Result: warned})
	require.Equal(t, "Warning LifecycleHTTPFallback: over HTTP", eventLines(out)[0])
	require.Equal(t, "StartContainer log#0", out.Actions[0].String())
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[2]})

	p = p.Clone()
	p.DeletionTimestamp = &pod.Time{Time: epoch}
	out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Delete, Pod: p})
	for _, a := range out.Actions {
		if a.Kind == lifecycle.RunHook {
			out = m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: a.ID, Result: warned})
		}
	}
	require.Equal(t, []string{"Warning LifecycleHTTPFallback: over HTTP"}, eventLines(out))
}

func eventLines(out lifecycle.Output) []string {
	var lines []string
	for _, e := range out.Events {
		lines = append(lines, e.String())
	}
	return lines
}

// TestInitialDelayFromTheWholeSecond holds that initialDelaySeconds counts from the container's start as the API shows it, cut to whole
// seconds: a container that starts a little after its pod does not wait for one tick more.
func TestInitialDelayFromTheWholeSecond(t *testing.T) {
	for _, c := range []struct {
		created, started, want time.Duration
	}{
		{0, 0, 5 * time.Second},
		{300 * time.Millisecond, 350 * time.Millisecond, 5300 * time.Millisecond},
		{950 * time.Millisecond, 1020 * time.Millisecond, 6950 * time.Millisecond},
		{300 * time.Millisecond, 2600 * time.Millisecond, 7300 * time.Millisecond},
	} {
		p := benchPod(t)
		app := &p.Spec.Containers[0]
		app.LivenessProbe, app.ReadinessProbe = app.ReadinessProbe, nil
		app.LivenessProbe.InitialDelaySeconds, app.LivenessProbe.PeriodSeconds = 5, 1
		m := newMachine(t, p)
		m.Step(epoch.Add(c.created), lifecycle.Input{})
		at := epoch.Add(c.started)
		seen := lifecycle.Seen{Sandbox: lifecycle.SandboxReady}
		m.Step(at, lifecycle.Input{Kind: lifecycle.Observed, Seen: &seen})
		seen.Containers = []lifecycle.SeenContainer{running("app", 0, at)}
		m.Step(at, lifecycle.Input{Kind: lifecycle.Observed, Seen: &seen})
		seen.Containers = append(seen.Containers, running("log", 0, at))
		out := m.Step(at, lifecycle.Input{Kind: lifecycle.Observed, Seen: &seen})
		for len(out.Actions) == 0 || out.Actions[0].Kind != lifecycle.RunProbe {
			require.False(t, out.Wake.IsZero())
			at = out.Wake
			out = m.Step(at, lifecycle.Input{})
		}
		require.Equal(t, c.want, at.Sub(epoch), "created at %s, started at %s", c.created, c.started)
	}
}
