package lifecycle_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// benchPod is a pod of two containers, one of which has a readiness probe.
func benchPod(tb testing.TB) *pod.Pod {
	p, err := pod.Parse([]byte(`
apiVersion: v1
kind: Pod
metadata: {name: bench, namespace: default, uid: 5f3c}
spec:
  nodeName: node
  containers:
  - {name: app, image: "example.com/app:1", readinessProbe: {exec: {command: [/ready]}}}
  - {name: log, image: "example.com/log:1"}
`))
	if err != nil {
		tb.Fatal(err)
	}
	pod.SetDefaults(p)
	return p
}

func running(name string, attempt int32, at time.Time) lifecycle.SeenContainer {
	return lifecycle.SeenContainer{
		Name: name, Attempt: attempt, State: lifecycle.ContainerRunning, ID: "sim://" + name, ImageID: "sha256:1", StartedAt: at,
	}
}

func exited(name string, attempt int32, started, finished time.Time) lifecycle.SeenContainer {
	c := running(name, attempt, started)
	c.State, c.FinishedAt, c.ExitCode = lifecycle.ContainerExited, finished, 1
	return c
}

func newMachine(tb testing.TB, p *pod.Pod) *lifecycle.Machine {
	m, err := lifecycle.New(p, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// live drives a machine from creation to removal, with one restart, without copying its status. It returns the steps.
func live(m *lifecycle.Machine, w *world) int {
	steps := 0
	step := func(at time.Duration, in lifecycle.Input) {
		out := m.Step(epoch.Add(at), in)
		steps++
		for _, a := range out.Actions {
			if a.Kind == lifecycle.RunProbe {
				m.Step(epoch.Add(at), lifecycle.Input{Kind: lifecycle.Done, Action: a.ID})
				steps++
			}
		}
	}
	step(0, lifecycle.Input{})
	for i := range w.seen {
		step(w.at[i], lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	step(20*time.Second, lifecycle.Input{Kind: lifecycle.Delete})
	for i := range w.ends {
		step(21*time.Second, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.ends[i]})
	}
	for !m.Ended() {
		step(22*time.Second, lifecycle.Input{})
	}
	return steps
}

// world is what a runtime shows in the course of that life.
type world struct {
	at         []time.Duration
	seen, ends []lifecycle.Seen
}

func newWorld() *world {
	at := func(s int) time.Time { return epoch.Add(time.Duration(s) * time.Second) }
	ready := lifecycle.Seen{Sandbox: lifecycle.SandboxReady}
	one := ready
	one.Containers = []lifecycle.SeenContainer{running("app", 0, at(0))}
	both := ready
	both.Containers = []lifecycle.SeenContainer{running("app", 0, at(0)), running("log", 0, at(0))}
	crash := ready
	crash.Containers = []lifecycle.SeenContainer{exited("app", 0, at(0), at(5)), running("log", 0, at(0))}
	again := ready
	again.Containers = []lifecycle.SeenContainer{running("app", 1, at(5)), running("log", 0, at(0))}
	end := ready
	end.Containers = []lifecycle.SeenContainer{exited("app", 1, at(5), at(21)), exited("log", 0, at(0), at(21))}
	stopped := end
	stopped.Sandbox = lifecycle.SandboxStopped
	return &world{
		at:   []time.Duration{0, 0, 0, 5 * time.Second, 5 * time.Second},
		seen: []lifecycle.Seen{ready, one, both, crash, again},
		ends: []lifecycle.Seen{end, stopped},
	}
}

func BenchmarkLife(b *testing.B) {
	p, w := benchPod(b), newWorld()
	b.ReportAllocs()
	steps := 0
	for b.Loop() {
		steps = live(newMachine(b, p), w)
	}
	b.ReportMetric(float64(steps), "steps/life")
}

// steady is a machine whose pod runs and is ready.
func steady(b *testing.B) (*lifecycle.Machine, *world) {
	m, w := newMachine(b, benchPod(b)), newWorld()
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		for _, a := range m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]}).Actions {
			if a.Kind == lifecycle.RunProbe {
				m.Step(epoch, lifecycle.Input{Kind: lifecycle.Done, Action: a.ID})
			}
		}
	}
	if s := m.Status(); !s.IsTrue(pod.Ready) {
		b.Fatal("not ready: " + m.Explain())
	}
	return m, w
}

func BenchmarkStepTick(b *testing.B) {
	m, _ := steady(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Step(epoch, lifecycle.Input{})
	}
}

func BenchmarkStepSeenUnchanged(b *testing.B) {
	m, w := steady(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[2]})
	}
}

// BenchmarkStepSeenChanged has a container declare itself ready and unready by turns.
func BenchmarkStepSeenChanged(b *testing.B) {
	m, w := steady(b)
	yes, no := true, false
	up, down := w.seen[2], w.seen[2]
	up.Containers = append([]lifecycle.SeenContainer(nil), up.Containers...)
	down.Containers = append([]lifecycle.SeenContainer(nil), down.Containers...)
	up.Containers[1].Ready, down.Containers[1].Ready = &yes, &no
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		seen := &up
		if i%2 == 0 {
			seen = &down
		}
		if out := m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: seen}); !out.Changed {
			b.Fatal("nothing changed")
		}
	}
}

func BenchmarkStatus(b *testing.B) {
	m, _ := steady(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Status()
	}
}

// BenchmarkMemory reports the bytes of a machine for a pod of two containers that has restarted once; the spec is shared.
func BenchmarkMemory(b *testing.B) {
	p, w := benchPod(b), newWorld()
	const n = 10000
	for b.Loop() {
		machines := make([]*lifecycle.Machine, n)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range machines {
			m := newMachine(b, p)
			m.Step(epoch, lifecycle.Input{})
			for j := range w.seen {
				m.Step(epoch.Add(w.at[j]), lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[j]})
			}
			machines[i] = m
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/machine")
		runtime.KeepAlive(machines)
	}
}
