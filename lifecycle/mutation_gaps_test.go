package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// probed is a machine whose containers app and log run, and the probe of app's readiness that it has asked for.
func probed(t *testing.T) (*lifecycle.Machine, *world, lifecycle.ActionID) {
	t.Helper()
	m, w := newMachine(t, benchPod(t)), newWorld()
	m.Step(epoch, lifecycle.Input{})
	asked := lifecycle.ActionID(0)
	for i := range 3 {
		for _, a := range m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]}).Actions {
			if a.Kind == lifecycle.RunProbe {
				asked = a.ID
			}
		}
	}
	require.NotZero(t, asked)
	return m, w, asked
}

func ready(m *lifecycle.Machine) bool {
	s := m.Status()
	return s.IsTrue(pod.Ready)
}

func answer(id lifecycle.ActionID, o lifecycle.Outcome) lifecycle.Input {
	return lifecycle.Input{Kind: lifecycle.Done, Action: id, Result: lifecycle.Result{Outcome: o}}
}

// TestProbeThatLearntNothing has a readiness probe that passes, and then comes back more often than its threshold without
// an answer: nothing is said, nothing is counted, and the next failure is the first.
func TestProbeThatLearntNothing(t *testing.T) {
	m, _, id := probed(t)
	m.Step(epoch, answer(id, lifecycle.Succeeded))
	require.True(t, ready(m))
	now := epoch
	next := func(o lifecycle.Outcome) lifecycle.Output {
		now = now.Add(10 * time.Second)
		out := m.Step(now, lifecycle.Input{})
		require.Len(t, out.Actions, 1)
		return m.Step(now, answer(out.Actions[0].ID, o))
	}
	for range 5 {
		out := next(lifecycle.Unknown)
		require.Empty(t, out.Events)
		require.False(t, out.Changed)
	}
	for range 2 {
		require.Len(t, next(lifecycle.Failed).Events, 1)
		require.True(t, ready(m), "two failures of three")
	}
	next(lifecycle.Failed)
	require.False(t, ready(m))
}

// TestProbeOfAnEarlierAttempt has the answer of a probe come after its container has been restarted: it says nothing of the
// attempt that runs now.
func TestProbeOfAnEarlierAttempt(t *testing.T) {
	m, w, id := probed(t)
	m.Step(epoch.Add(w.at[3]), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[3]})
	m.Step(epoch.Add(w.at[4]), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[4]})
	out := m.Step(epoch.Add(w.at[4]), answer(id, lifecycle.Succeeded))
	require.False(t, ready(m))
	require.Len(t, out.Actions, 1, "the present attempt is probed as soon as the earlier answer is in")
	require.Equal(t, "RunProbe app#1 readiness 1s", out.Actions[0].String())
	m.Step(epoch.Add(w.at[4]), answer(out.Actions[0].ID, lifecycle.Succeeded))
	require.True(t, ready(m))
}

// TestPreStopWithoutAnswer has a preStop hook of which nothing is ever heard: at the end of the grace period the container
// is told to stop all the same, with the 2 s that are always left. An answer after that changes nothing.
func TestPreStopWithoutAnswer(t *testing.T) {
	p := benchPod(t)
	p.Spec.Containers[1].Lifecycle = &pod.Lifecycle{PreStop: &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/bye"}}}}
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	grace := int64(10)
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Delete, Grace: &grace})
	require.Equal(t, []string{"RunHook log#0 preStop 10s", "StopContainer app#0 10s"}, texts(out.Actions))
	hook := out.Actions[0].ID
	require.Equal(t, epoch.Add(10*time.Second), out.Wake)
	out = m.Step(out.Wake, lifecycle.Input{})
	require.Equal(t, []string{"StopContainer log#0 2s"}, texts(out.Actions))
	out = m.Step(epoch.Add(11*time.Second), answer(hook, lifecycle.Succeeded))
	require.Empty(t, out.Actions)
	require.False(t, out.Changed)
}

func texts(actions []lifecycle.Action) (out []string) {
	for _, a := range actions {
		out = append(out, a.String())
	}
	return out
}

// TestGraceAtItsEdges has a container with a preStop hook stopped with grace periods that are not what they seem: the API
// makes a negative one 1 s, the node never gives less than that itself, and without any there is no hook.
func TestGraceAtItsEdges(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  lifecycle.InputKind
		grace int64
		want  string
	}{
		{"deleted with a negative one", lifecycle.Delete, -5, "RunHook app#0 preStop 1s"},
		{"deleted with none", lifecycle.Delete, 0, "StopContainer app#0 2s"},
		{"evicted with none", lifecycle.Evict, 0, "RunHook app#0 preStop 1s"},
		{"evicted with a negative one", lifecycle.Evict, -5, "RunHook app#0 preStop 1s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := benchPod(t)
			p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PreStop: &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/bye"}}}}
			m, w := newMachine(t, p), newWorld()
			m.Step(epoch, lifecycle.Input{})
			for i := range 3 {
				m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
			}
			out := m.Step(epoch, lifecycle.Input{Kind: c.kind, Grace: &c.grace, Reason: pod.ReasonEvicted})
			require.Equal(t, c.want, out.Actions[0].String())
		})
	}
}

// TestInitNotRunAgain has a runtime show an init container running beside the main one, and then failing: once a main
// container has been started in a sandbox, no init container is in it.
func TestInitNotRunAgain(t *testing.T) {
	p := benchPod(t)
	p.Spec.InitContainers = []pod.Container{{Name: "init", Image: "init:1"}}
	pod.SetDefaults(p)
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	at := func(containers ...lifecycle.SeenContainer) []string {
		seen := lifecycle.Seen{Sandbox: lifecycle.SandboxReady, Containers: containers}
		return texts(m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &seen}).Actions)
	}
	require.Contains(t, at(), "StartContainer init#0")
	app, log := w.seen[2].Containers[0], w.seen[2].Containers[1]
	at(running("init", 0, epoch), app, log)
	require.NotContains(t, at(exited("init", 0, epoch, epoch), app, log), "StartContainer init#1")
}

// TestUnknownAttemptIsReplaced has the runtime lose track of a container: another attempt is made whatever the restart
// policy says, for nobody knows how it ended.
func TestUnknownAttemptIsReplaced(t *testing.T) {
	for _, policy := range []pod.RestartPolicy{pod.RestartPolicyAlways, pod.RestartPolicyOnFailure, pod.RestartPolicyNever} {
		p := benchPod(t)
		p.Spec.RestartPolicy = policy
		m, w := newMachine(t, p), newWorld()
		m.Step(epoch, lifecycle.Input{})
		for i := range 3 {
			m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
		}
		lost := w.seen[2]
		lost.Containers = []lifecycle.SeenContainer{running("app", 0, epoch), running("log", 0, epoch)}
		lost.Containers[1].State = lifecycle.ContainerUnknown
		out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &lost})
		require.Contains(t, texts(out.Actions), "StartContainer log#1", string(policy))
		s := m.Status()
		require.Equal(t, pod.Running, s.Phase)
	}
}

// TestGraceOfADeletionForAFailedPostStart has a postStart hook fail after the pod was deleted: its container gets the time
// that the deletion grants, as all others will.
func TestGraceOfADeletionForAFailedPostStart(t *testing.T) {
	p := benchPod(t)
	p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/hello"}}}}
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[0]})
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[1]})
	require.Equal(t, []string{"RunHook app#0 postStart"}, texts(out.Actions))
	hook, grace := out.Actions[0].ID, int64(7)
	require.Empty(t, m.Step(epoch, lifecycle.Input{Kind: lifecycle.Delete, Grace: &grace}).Actions)
	out = m.Step(epoch, answer(hook, lifecycle.Failed))
	require.Equal(t, []string{"StopContainer app#0 7s"}, texts(out.Actions))
}

// TestProbesOfOneContainerAmongOthers has containers that start and turn ready one after the other: each time a status comes
// that says so, though the pod as a whole is not ready before the last.
func TestProbesOfOneContainerAmongOthers(t *testing.T) {
	p := benchPod(t)
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		c.StartupProbe = &pod.Probe{PeriodSeconds: 1, ProbeHandler: pod.ProbeHandler{Exec: &pod.ExecAction{Command: []string{"/started"}}}}
		c.ReadinessProbe = &pod.Probe{PeriodSeconds: 1, ProbeHandler: pod.ProbeHandler{Exec: &pod.ExecAction{Command: []string{"/ready"}}}}
	}
	pod.SetDefaults(p)
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	marks := func() (out [4]bool) {
		s := m.Status()
		for i := range s.ContainerStatuses {
			out[2*i], out[2*i+1] = *s.ContainerStatuses[i].Started, s.ContainerStatuses[i].Ready
		}
		return out
	}
	want := [][4]bool{
		{true, false, false, false}, {true, false, true, false},
		{true, true, true, false}, {true, true, true, true},
	}
	asked := m.Step(epoch.Add(time.Second), lifecycle.Input{}).Actions
	require.Len(t, asked, 2)
	for _, next := range want {
		out := m.Step(epoch.Add(time.Second), answer(asked[0].ID, lifecycle.Succeeded))
		require.True(t, out.Changed)
		require.Equal(t, next, marks())
		if asked = append(asked[1:], out.Actions...); len(asked) == 0 {
			asked = m.Step(out.Wake, lifecycle.Input{}).Actions
		}
	}
	require.True(t, ready(m))
}

// TestDeadlineOfAnEvictedPod has a pod evicted while a postStart hook holds it up, and its deadline pass before the hook
// ends: the deadline is what its end is told as.
func TestDeadlineOfAnEvictedPod(t *testing.T) {
	p := benchPod(t)
	deadline := int64(5)
	p.Spec.ActiveDeadlineSeconds = &deadline
	p.Spec.Containers[1].Lifecycle = &pod.Lifecycle{PostStart: &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/hello"}}}}
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	var hook lifecycle.ActionID
	for i := range 3 {
		for _, a := range m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]}).Actions {
			if a.Call == lifecycle.PostStart {
				hook = a.ID
			}
		}
	}
	require.NotZero(t, hook)
	m.Step(epoch.Add(time.Second), lifecycle.Input{Kind: lifecycle.Evict, Reason: pod.ReasonEvicted, Message: "low"})
	m.Step(epoch.Add(6*time.Second), answer(hook, lifecycle.Succeeded))
	end := lifecycle.Seen{Sandbox: lifecycle.SandboxStopped, Containers: []lifecycle.SeenContainer{
		exited("app", 0, epoch, epoch.Add(7*time.Second)), exited("log", 0, epoch, epoch.Add(7*time.Second)),
	}}
	m.Step(epoch.Add(7*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &end})
	m.Step(epoch.Add(7*time.Second), lifecycle.Input{})
	s := m.Status()
	require.Equal(t, pod.Failed, s.Phase)
	require.Equal(t, pod.ReasonDeadlineExceeded, s.Reason)
}

// TestLastTransitionTime follows one condition: its time is that of its latest change between True and False, whatever
// happens to its reason. See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions.
func TestLastTransitionTime(t *testing.T) {
	m, w, id := probed(t)
	at := func(want time.Duration, status pod.ConditionStatus, reason pod.Reason) {
		t.Helper()
		s := m.Status()
		c := s.Condition(pod.Ready)
		require.Equal(t, status, c.Status)
		require.Equal(t, reason, c.Reason)
		require.Equal(t, epoch.Add(want), c.LastTransitionTime.Time)
	}
	at(0, pod.ConditionFalse, pod.ReasonContainersNotReady)
	m.Step(epoch.Add(3*time.Second), answer(id, lifecycle.Succeeded))
	at(3*time.Second, pod.ConditionTrue, "")
	m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[3]})
	at(5*time.Second, pod.ConditionFalse, pod.ReasonContainersNotReady)
	m.Step(epoch.Add(8*time.Second), lifecycle.Input{Kind: lifecycle.Delete})
	m.Step(epoch.Add(9*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.ends[1]})
	m.Step(epoch.Add(9*time.Second), lifecycle.Input{})
	at(5*time.Second, pod.ConditionFalse, pod.ReasonPodFailed)
}

// TestGenerationOfADeletion has the generation that a status has seen go up with a deletion that comes without the object,
// as the API raises it, and only with the first.
func TestGenerationOfADeletion(t *testing.T) {
	m, _, _ := probed(t)
	require.EqualValues(t, 0, m.Status().ObservedGeneration, "a pod without generations has none")
	p := benchPod(t)
	p.Generation = 4
	m = newMachine(t, p)
	w := newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	require.EqualValues(t, 4, m.Status().ObservedGeneration)
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Delete})
	require.EqualValues(t, 5, m.Status().ObservedGeneration)
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Delete})
	w.ends[1].Containers[0].Attempt = 0
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.ends[1]})
	m.Step(epoch, lifecycle.Input{})
	require.Equal(t, pod.Failed, m.Status().Phase)
	require.EqualValues(t, 5, m.Status().ObservedGeneration)
}

// TestPulledImageIsThere has an image pulled and the container then fail to be created, with nothing seen in between: the
// next try does not pull again.
func TestPulledImageIsThere(t *testing.T) {
	p := benchPod(t)
	p.Spec.Containers = p.Spec.Containers[:1]
	m := newMachine(t, p)
	m.Step(epoch, lifecycle.Input{})
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &lifecycle.Seen{
		Sandbox: lifecycle.SandboxReady, MissingImages: []string{"example.com/app:1"},
	}})
	require.Equal(t, []string{"PullImage app#0"}, texts(out.Actions))
	out = m.Step(epoch, answer(out.Actions[0].ID, lifecycle.Succeeded))
	require.Equal(t, []string{"StartContainer app#0"}, texts(out.Actions))
	out = m.Step(epoch, answer(out.Actions[0].ID, lifecycle.Failed))
	require.Equal(t, []string{"StartContainer app#0"}, texts(out.Actions), "at once, for the sandbox is new since the look before")
}

// TestDeadlineCountsFromTheStart has a pod bound 3.6 s after its creation: the deadline counts from when its node took it,
// and from the start time as the status shows it, in whole seconds, so 5 s after a start at 3.6 s is 8 s.
func TestDeadlineCountsFromTheStart(t *testing.T) {
	p := benchPod(t)
	deadline := int64(5)
	p.CreationTimestamp, p.Spec.ActiveDeadlineSeconds, p.Spec.NodeName = pod.NewTime(epoch), &deadline, ""
	m := newMachine(t, p)
	require.Zero(t, m.Step(epoch, lifecycle.Input{}).Wake)
	bound := p.Clone()
	bound.Spec.NodeName = "node"
	out := m.Step(epoch.Add(3600*time.Millisecond), lifecycle.Input{Kind: lifecycle.Update, Pod: bound})
	require.Equal(t, epoch.Add(8*time.Second), out.Wake)
	require.Equal(t, epoch.Add(3*time.Second), m.Status().StartTime.Time)
}

// TestDeletedWhileAllRestart has a pod deleted while RestartAllContainers stops its containers: none of them is taken away
// or counted as restarted.
func TestDeletedWhileAllRestart(t *testing.T) {
	p := benchPod(t)
	never := pod.RestartPolicyNever
	p.Spec.Containers[0].RestartPolicy = &never
	p.Spec.Containers[0].RestartPolicyRules = []pod.ContainerRestartRule{{
		Action:    pod.ContainerRestartRuleActionRestartAllContainers,
		ExitCodes: &pod.ContainerRestartRuleOnExitCodes{Operator: pod.ContainerRestartRuleOnExitCodesOpIn, Values: []int32{1}},
	}}
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	out := m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[3]})
	require.Equal(t, []string{"StopContainer log#0 2s"}, texts(out.Actions))
	require.Empty(t, m.Step(epoch.Add(6*time.Second), lifecycle.Input{Kind: lifecycle.Delete}).Actions)
	end := w.seen[3]
	end.Containers = []lifecycle.SeenContainer{w.seen[3].Containers[0], exited("log", 0, epoch, epoch.Add(7*time.Second))}
	out = m.Step(epoch.Add(7*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &end})
	require.Equal(t, []string{"StopSandbox"}, texts(out.Actions))
	for _, c := range m.Status().ContainerStatuses {
		require.Zero(t, c.RestartCount)
	}
}

// TestRestoreKeepsTheGrace kills the driver between the request to end a pod and its stop, which a postStart hook holds up:
// the machine made of what was saved stops it with the grace period of the request.
func TestRestoreKeepsTheGrace(t *testing.T) {
	for _, kind := range []lifecycle.InputKind{lifecycle.Delete, lifecycle.Evict} {
		t.Run(kind.String(), func(t *testing.T) {
			p := benchPod(t)
			p.Spec.Containers[1].Lifecycle = &pod.Lifecycle{PostStart: &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/hello"}}}}
			m, w := newMachine(t, p), newWorld()
			m.Step(epoch, lifecycle.Input{})
			for i := range 3 {
				m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
			}
			grace := int64(7)
			m.Step(epoch, lifecycle.Input{Kind: kind, Grace: &grace, Reason: pod.ReasonEvicted})
			back, err := lifecycle.Restore(p, nil, m.Save(), &w.seen[2])
			require.NoError(t, err)
			out := back.Step(epoch, lifecycle.Input{})
			require.Equal(t, []string{"StopContainer app#0 7s", "StopContainer log#0 7s"}, texts(out.Actions)[:2])
		})
	}
}

// TestCloneGoesItsOwnWay has a copy live on, through probes, a stop and its end, and wants the machine that it was copied
// from to stay as it was.
func TestCloneGoesItsOwnWay(t *testing.T) {
	p := benchPod(t)
	p.Spec.Containers[1].Lifecycle = &pod.Lifecycle{PreStop: &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/bye"}}}}
	w := newWorld()
	life := []lifecycle.Input{
		{},
		{Kind: lifecycle.Observed, Seen: &w.seen[0]}, {Kind: lifecycle.Observed, Seen: &w.seen[1]}, {Kind: lifecycle.Observed, Seen: &w.seen[2]},
		answer(4, lifecycle.Succeeded), {}, answer(5, lifecycle.Failed), {Kind: lifecycle.Delete}, answer(6, lifecycle.Succeeded), {},
		{Kind: lifecycle.Observed, Seen: &w.ends[1]}, {}, {},
	}
	for from := range life {
		m := newMachine(t, p)
		step := func(m *lifecycle.Machine, i int) { m.Step(epoch.Add(time.Duration(i)*3*time.Second), life[i]) }
		for i := range from {
			step(m, i)
		}
		before := m.AppendKey(nil)
		clone := m.Clone()
		for i := from; i < len(life); i++ {
			step(clone, i)
		}
		require.Equal(t, before, m.AppendKey(nil), "copied after %d steps", from)
		require.NotEqual(t, before, clone.AppendKey(nil))
	}
}

// TestNowOfAnEarlierStep has the clock run backwards: what happens then happened at the latest time that the machine has been
// told, and the waits that begin there are as long as ever.
func TestNowOfAnEarlierStep(t *testing.T) {
	m, w, id := probed(t)
	m.Step(epoch.Add(20*time.Second), answer(id, lifecycle.Succeeded))
	require.True(t, ready(m))
	out := m.Step(epoch.Add(5*time.Second), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[3]})
	s := m.Status()
	require.Equal(t, pod.ConditionFalse, s.Condition(pod.Ready).Status)
	require.Equal(t, epoch.Add(20*time.Second), s.Condition(pod.Ready).LastTransitionTime.Time)
	require.Equal(t, []string{"StartContainer app#1"}, texts(out.Actions))
	out = m.Step(epoch.Add(6*time.Second), answer(out.Actions[0].ID, lifecycle.Failed))
	require.Equal(t, epoch.Add(30*time.Second), out.Wake)
}

// TestFirstEvictionCounts evicts a pod twice before its stop can begin: grace period and reason are those of the first.
func TestFirstEvictionCounts(t *testing.T) {
	m := newMachine(t, benchPod(t))
	w := newWorld()
	m.Step(epoch, lifecycle.Input{})
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[0]})
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[1]})
	first, second := int64(7), int64(3)
	require.Len(t, m.Step(epoch, lifecycle.Input{Kind: lifecycle.Evict, Grace: &first, Reason: pod.ReasonEvicted}).Events, 1)
	require.Empty(t, m.Step(epoch, lifecycle.Input{Kind: lifecycle.Evict, Grace: &second, Reason: pod.ReasonTerminated}).Events)
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[2]})
	require.Equal(t, "StopContainer app#0 7s", out.Actions[0].String())
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &lifecycle.Seen{Sandbox: lifecycle.SandboxStopped, Containers: []lifecycle.SeenContainer{
		exited("app", 0, epoch, epoch), exited("log", 0, epoch, epoch),
	}}})
	m.Step(epoch, lifecycle.Input{})
	s := m.Status()
	require.Equal(t, pod.ReasonEvicted, s.Reason)
}

// TestVanishedAttempt has a container vanish under a policy that restarts nothing: another attempt is made, for nobody knows
// how it ended, and nothing is told of when the one before ran.
func TestVanishedAttempt(t *testing.T) {
	p := benchPod(t)
	p.Spec.RestartPolicy = pod.RestartPolicyNever
	m, w := newMachine(t, p), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[1]})
	require.Contains(t, texts(out.Actions), "StartContainer log#1")
	again := lifecycle.Seen{Sandbox: lifecycle.SandboxReady, Containers: []lifecycle.SeenContainer{running("app", 0, epoch), running("log", 1, epoch)}}
	m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &again})
	s := m.Status()
	last := s.ContainerStatuses[1].LastTerminationState.Terminated
	require.EqualValues(t, 137, last.ExitCode)
	require.True(t, last.StartedAt.IsZero())
	require.True(t, last.FinishedAt.IsZero())
}

// TestVanishedBeforeItRan has an attempt vanish that was created and never ran: the next is started, nothing waits for it.
func TestVanishedBeforeItRan(t *testing.T) {
	m, w := newMachine(t, benchPod(t)), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 2 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	created := w.seen[2]
	created.Containers = append([]lifecycle.SeenContainer(nil), created.Containers...)
	created.Containers[1] = lifecycle.SeenContainer{Name: "log", State: lifecycle.ContainerCreated}
	require.NotContains(t, texts(m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &created}).Actions), "StartContainer log#1")
	out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[1]})
	require.Contains(t, texts(out.Actions), "StartContainer log#1")
}

// TestRemovedOnce shows the same old attempt twice: its removal is asked for once.
func TestRemovedOnce(t *testing.T) {
	m, w, _ := probed(t)
	old := lifecycle.Seen{Sandbox: lifecycle.SandboxReady, Containers: []lifecycle.SeenContainer{
		exited("app", 0, epoch, epoch), exited("app", 1, epoch, epoch), running("app", 2, epoch), w.seen[2].Containers[1],
	}}
	in := lifecycle.Input{Kind: lifecycle.Observed, Seen: &old}
	require.Contains(t, texts(m.Step(epoch, in).Actions), "RemoveContainer app#0")
	require.NotContains(t, texts(m.Step(epoch, in).Actions), "RemoveContainer app#0")
}

// TestEndsAsTold has containers end with and without a reason of the runtime's, and with more to say than a status has room
// for. See https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/.
func TestEndsAsTold(t *testing.T) {
	for _, c := range []struct {
		exit         int32
		reason, want pod.Reason
		message      int
	}{
		{0, "", pod.ReasonCompleted, 0}, {1, "", pod.ReasonError, 4096}, {137, "OOMKilled", "OOMKilled", 5000},
	} {
		p := benchPod(t)
		p.Spec.RestartPolicy = pod.RestartPolicyNever
		m, w := newMachine(t, p), newWorld()
		m.Step(epoch, lifecycle.Input{})
		for i := range 3 {
			m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
		}
		end := exited("app", 0, epoch, epoch)
		end.ExitCode, end.Reason, end.Message = c.exit, c.reason, strings.Repeat("x", c.message)
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &lifecycle.Seen{
			Sandbox: lifecycle.SandboxReady, Containers: []lifecycle.SeenContainer{end, w.seen[2].Containers[1]},
		}})
		s := m.Status()
		told := s.ContainerStatuses[0].State.Terminated
		require.Equal(t, c.want, told.Reason)
		require.Len(t, told.Message, min(c.message, 4096))
	}
}

// TestDeletedBeforeItIsBound has a pod deleted that no node has: its life is over at once.
func TestDeletedBeforeItIsBound(t *testing.T) {
	p := benchPod(t)
	p.Spec.NodeName = ""
	m := newMachine(t, p)
	m.Step(epoch, lifecycle.Input{})
	require.False(t, m.Ended())
	require.Empty(t, m.Step(epoch, lifecycle.Input{Kind: lifecycle.Delete}).Actions)
	require.True(t, m.Ended())
}
