package lifecycle

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

var invariantsEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// invariantsPod has an init container, a sidecar and a main container.
func invariantsPod() *pod.Pod {
	p := &pod.Pod{}
	p.Name, p.Spec.NodeName, p.Generation = "p", "node", 1
	always := pod.RestartPolicyAlways
	p.Spec.InitContainers = []pod.Container{{Name: "init", Image: "i:1"}, {Name: "side", Image: "i:1", RestartPolicy: &always}}
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "i:1"}}
	pod.SetDefaults(p)
	return p
}

// runningMachine is a machine whose pod runs, and the checker that watched how it came to that.
func runningMachine(t *testing.T) (*Machine, *Checker) {
	m, err := New(invariantsPod(), nil)
	require.NoError(t, err)
	k := NewChecker(m)
	at := invariantsEpoch
	seen := Seen{}
	look := func(c ...SeenContainer) {
		seen.Containers = append(seen.Containers, c...)
		in := Input{Kind: Observed, Seen: &seen}
		require.NoError(t, k.After(m, at, in, m.Step(at, in)))
		require.NoError(t, CheckInvariants(m))
	}
	look()
	seen.Sandbox = SandboxReady
	look()
	look(SeenContainer{Name: "init", State: ContainerExited, StartedAt: at, FinishedAt: at})
	look(SeenContainer{Name: "side", State: ContainerRunning, StartedAt: at})
	look(SeenContainer{Name: "main", State: ContainerRunning, StartedAt: at})
	require.Equal(t, pod.Running, m.Status().Phase)
	return m, k
}

func number(t *testing.T, err error) int {
	var b *Broken
	require.True(t, errors.As(err, &b), "no invariant is broken: %v", err)
	return b.Number
}

// Each of the invariants of a state is found broken where it is.
func TestCheckInvariants(t *testing.T) {
	for _, c := range []struct {
		name   string
		number int
		damage func(*Machine)
	}{
		{"a phase that there is not", 1, func(m *Machine) { m.shown.phase = "Paused" }},
		{"a terminal phase while containers run", 1, func(m *Machine) { m.shown.phase = pod.Succeeded }},
		{"a phase that the containers do not make", 2, func(m *Machine) { m.shown.phase = pod.Pending }},
		{"started and ended", 3, func(m *Machine) { m.containers[0].shown.started = true }},
		{"ready and not started", 3, func(m *Machine) { m.containers[2].shown.started = false }},
		{"an init container that is ready and runs", 3, func(m *Machine) {
			m.containers[0].shown.state = viewRunning
			m.set(flagDue)
		}},
		{"more restarts than attempts", 3, func(m *Machine) { m.containers[2].shown.attempt = 7 }},
		{"ready without its containers", 4, func(m *Machine) { m.shown.conditions[conditionContainersReady].true = false }},
		{"containers ready that are not", 4, func(m *Machine) { m.containers[2].shown.ready = false }},
		{"a stop that no round does", 5, func(m *Machine) { m.containers[2].stop = &stopping{stage: stopSent} }},
		{"an answer awaited of an action to come", 5, func(m *Machine) { m.round, m.roundAction = roundStopping, 99 }},
		{"work without a round", 5, func(m *Machine) { m.roundAction = 1 }},
		{"over and at work", 6, func(m *Machine) { m.stage, m.round = stageOver, roundStopping }},
		{"over and wants to be woken", 6, func(m *Machine) { m.stage, m.retryAt = stageOver, m.now }},
		{"over and Running", 6, func(m *Machine) { m.stage = stageOver }},
		{"an attempt below zero", 7, func(m *Machine) {
			m.containers[2].cur.attempt, m.containers[2].shown.attempt, m.containers[2].shown.of = -1, -1, viewOfNext
			m.set(flagDue)
		}},
		{"attempts out of order", 7, func(m *Machine) { m.containers[2].last = &run{attempt: 3, state: runExited} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := runningMachine(t)
			c.damage(m)
			require.Equal(t, c.number, number(t, CheckInvariants(m)))
		})
	}
}

// Each of the invariants of a history is found broken by the Step that breaks it.
func TestChecker(t *testing.T) {
	start := func(id ActionID, name string, attempt int32) Output {
		return Output{Actions: []Action{{ID: id, Kind: StartContainer, Container: name, Attempt: attempt}}}
	}
	tick := func(k *Checker, m *Machine, out Output) error { return k.After(m, invariantsEpoch, Input{}, out) }
	for _, c := range []struct {
		name   string
		number int
		step   func(m *Machine, k *Checker) error
	}{
		{"Changed without a change", 8, func(m *Machine, k *Checker) error { return tick(k, m, Output{Changed: true}) }},
		{"a change without Changed", 8, func(m *Machine, k *Checker) error {
			m.containers[2].shown.ready = false
			return tick(k, m, Output{})
		}},
		{"a phase that the table does not allow", 9, func(m *Machine, k *Checker) error {
			k.phase = pod.Failed
			return tick(k, m, Output{})
		}},
		{"a restart count that falls", 10, func(m *Machine, k *Checker) error {
			k.counts[2] = 4
			return tick(k, m, Output{})
		}},
		{"an ID that is left out", 11, func(m *Machine, k *Checker) error { return tick(k, m, start(m.lastAction+2, "main", 1)) }},
		{"a start asked for twice", 11, func(m *Machine, k *Checker) error { return tick(k, m, start(m.lastAction+1, "main", 0)) }},
		{"a hook asked for twice", 11, func(m *Machine, k *Checker) error {
			hook := Action{ID: m.lastAction + 1, Kind: RunHook, Call: PreStop, Container: "main"}
			again := hook
			again.ID++
			return tick(k, m, Output{Actions: []Action{hook, again}})
		}},
		{"an action of no kind", 11, func(m *Machine, k *Checker) error {
			return tick(k, m, Output{Actions: []Action{{ID: m.lastAction + 1}}})
		}},
		{"a start before an earlier step is done", 12, func(m *Machine, k *Checker) error {
			m.containers[0].cur.exit, m.containers[2].cur.state = 1, runCreated
			k.done[0], k.status = false, m.Status()
			return tick(k, m, start(m.lastAction+1, "main", 1))
		}},
		{"a start after the end was asked for", 13, func(m *Machine, k *Checker) error {
			k.ending = true
			return tick(k, m, start(m.lastAction+1, "main", 1))
		}},
		{"a sandbox after the end was asked for", 13, func(m *Machine, k *Checker) error {
			k.ending = true
			return tick(k, m, Output{Actions: []Action{{ID: m.lastAction + 1, Kind: CreateSandbox}}})
		}},
		{"an action of a pod that is over", 14, func(m *Machine, k *Checker) error {
			k.over = true
			return tick(k, m, start(m.lastAction+1, "main", 1))
		}},
		{"an event of a pod that is over", 14, func(m *Machine, k *Checker) error {
			k.over = true
			return tick(k, m, Output{Events: []Event{{Kind: Killing}}})
		}},
		{"a wake in the past", 15, func(m *Machine, k *Checker) error {
			return tick(k, m, Output{Wake: invariantsEpoch.Add(-time.Second)})
		}},
		{"a Tick at once without end", 15, func(m *Machine, k *Checker) (err error) {
			for n := 0; err == nil && n < 100; n++ {
				err = tick(k, m, Output{Wake: invariantsEpoch})
			}
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, k := runningMachine(t)
			require.NoError(t, tick(k.Clone(), m, Output{}), "before the damage")
			require.Equal(t, c.number, number(t, c.step(m, k)))
		})
	}
}

// Machines with equal keys behave alike; what a key leaves out would make the explorer skip states.
func TestKeyTellsApart(t *testing.T) {
	m, _ := runningMachine(t)
	same, _ := runningMachine(t)
	require.Equal(t, m.AppendKey(nil), same.AppendKey(nil))
	for name, change := range map[string]func(*Machine){
		"a probe's failures":   func(m *Machine) { m.containers[2].probes.run++ },
		"the stage":            func(m *Machine) { m.stage = stageEnding },
		"a flag":               func(m *Machine) { m.set(flagMoved) },
		"a timer":              func(m *Machine) { m.retryAt = m.now + 1 },
		"the queue":            func(m *Machine) { m.task = newTask(); m.queue = append(m.queue, 1) },
		"an attempt":           func(m *Machine) { m.containers[2].cur.attempt++ },
		"an exit code":         func(m *Machine) { m.containers[0].cur.exit = 1 },
		"a back-off":           func(m *Machine) { m.containers[2].backOff.wait = time.Second },
		"what is waited for":   func(m *Machine) { m.roundAction = 1 },
		"the published status": func(m *Machine) { m.containers[2].shown.ready = true },
		"a condition":          func(m *Machine) { m.shown.conditions[conditionReady].true = true },
		"a declared readiness": func(m *Machine) { m.containers[2].declared = readyNo },
		"a deletion's grace":   func(m *Machine) { m.deleteGrace = 5 },
	} {
		p := invariantsPod()
		p.Spec.Containers[0].LivenessProbe = &pod.Probe{}
		c, err := New(p, nil)
		require.NoError(t, err)
		before := c.AppendKey(nil)
		change(c)
		require.NotEqual(t, before, c.AppendKey(nil), name)
	}
}
