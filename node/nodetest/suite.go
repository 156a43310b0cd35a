package nodetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// TestRuntime checks a runtime whose containers are real programs and have a shell; see Suite.
func TestRuntime(t *testing.T, newRuntime func(t *testing.T) node.Runtime) {
	Suite{New: newRuntime}.Run(t)
}

// A Suite is the conformance suite with what it must know of the runtime. New must be set.
type Suite struct {
	// New returns a runtime without pods. It arranges with t.Cleanup for the runtime's end.
	New func(t *testing.T) node.Runtime
	// Program makes container c of p behave as b says, by writing its command or by telling the runtime. It is called
	// once for each container before the pod's sandbox is created. Nil means ShellProgram.
	Program func(t *testing.T, rt node.Runtime, p *pod.Pod, c *pod.Container, b Behavior)
	// Command returns the command for one of Behavior.Execs. Nil means ShellCommand.
	Command func(e Exec) []string
	// Skip says why a test cannot be run, by its name.
	Skip map[string]string
}

// Run runs all tests as subtests of t, each with a runtime of its own.
func (s Suite) Run(t *testing.T) {
	if s.Program == nil {
		s.Program = ShellProgram
	}
	if s.Command == nil {
		s.Command = ShellCommand
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if why := s.Skip[c.name]; why != "" {
				t.Skip(why)
			}
			b := &bench{T: t, suite: s, rt: s.New(t), ctx: t.Context()}
			t.Cleanup(b.clean)
			c.test(b)
		})
	}
}

// cases are the tests in the order they run.
var cases = []struct {
	name string
	test func(b *bench)
}{
	{"Unknown", testUnknown},
	{"Sandbox", testSandbox},
	{"SandboxStopped", testSandboxStopped},
	{"ExitCodes", testExitCodes},
	{"Message", testMessage},
	{"StartTwice", testStartTwice},
	{"StartAtOnce", testStartAtOnce},
	{"StartError", testStartError},
	{"StartWithoutSandbox", testStartWithoutSandbox},
	{"StopObeyed", testStopObeyed},
	{"StopDies", testStopDies},
	{"StopIgnored", testStopIgnored},
	{"StopNow", testStopNow},
	{"StopSooner", testStopSooner},
	{"StopCanceled", testStopCanceled},
	{"StopEnded", testStopEnded},
	{"Remove", testRemove},
	{"Attempts", testAttempts},
	{"Level", testLevel},
	{"Notify", testNotify},
	{"Exec", testExec},
	{"ExecOutput", testExecOutput},
	{"ExecTimeout", testExecTimeout},
	{"ExecNotRunning", testExecNotRunning},
	{"ExecContainerEnds", testExecContainerEnds},
	{"Logs", testLogs},
	{"LogsFollow", testLogsFollow},
	{"StopSandbox", testStopSandbox},
	{"RemoveSandbox", testRemoveSandbox},
	{"TwoPods", testTwoPods},
	{"ManyContainers", testManyContainers},
}

// patience is how long the suite waits for what must come, on the slowest machine.
const patience = 30 * time.Second

// A bench is one runtime under test.
type bench struct {
	*testing.T
	suite Suite
	rt    node.Runtime
	ctx   context.Context
	pods  []*pod.Pod
}

// clean ends all pods and checks that nothing is known of them afterwards.
func (b *bench) clean() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, p := range b.pods {
		if err := b.rt.RemoveSandbox(ctx, p.UID); err != nil {
			b.Errorf("RemoveSandbox at the end: %v", err)
		}
		if seen, err := b.rt.List(ctx, p.UID); err != nil || seen.String() != "sandbox=absent" {
			b.Errorf("List at the end = %s, %v, want an absent sandbox", &seen, err)
		}
	}
}

// pod makes a pod with a container for each behaviour, named c0, c1 ..., and its sandbox.
func (b *bench) pod(behaviors ...Behavior) *pod.Pod {
	b.Helper()
	p := b.declare(behaviors...)
	b.ok(b.rt.CreateSandbox(b.ctx, p))
	return p
}

// declare makes a pod without its sandbox.
func (b *bench) declare(behaviors ...Behavior) *pod.Pod {
	b.Helper()
	p := &pod.Pod{}
	p.Name, p.Namespace = fmt.Sprintf("pod%d", len(b.pods)), "default"
	p.UID = pod.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", len(b.pods)+1))
	p.Spec.Containers = make([]pod.Container, len(behaviors))
	for i, behavior := range behaviors {
		c := &p.Spec.Containers[i]
		c.Name, c.Image = fmt.Sprintf("c%d", i), "suite.example/image:1"
		c.TerminationMessagePath = "/dev/termination-log"
		b.suite.Program(b.T, b.rt, p, c, behavior)
	}
	b.pods = append(b.pods, p)
	return p
}

// start starts an attempt of a container with its own command.
func (b *bench) start(p *pod.Pod, container string, attempt int32) error {
	c := p.Spec.Container(container)
	return b.rt.StartContainer(b.ctx, p, container, attempt, node.StartOptions{
		Command:  c.Command,
		Args:     c.Args,
		Env:      []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		Hostname: p.Name,
	})
}

// run starts the first attempt of container c0 and waits until its first line of output is there, if it writes any.
func (b *bench) run(p *pod.Pod) {
	b.Helper()
	b.ok(b.start(p, "c0", 0))
}

// ready waits for the first line of an attempt's output, where the runtime can show it.
func (b *bench) ready(p *pod.Pod, container string, attempt int32) {
	b.Helper()
	logger, ok := b.rt.(node.Logger)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for _, err := range logger.Logs(ctx, p.UID, container, attempt, node.LogOptions{Follow: true}) {
		b.ok(err)
		return
	}
	b.Fatalf("container %s#%d wrote nothing", container, attempt)
}

// list returns what the runtime shows of a pod.
func (b *bench) list(p *pod.Pod) lifecycle.Seen {
	b.Helper()
	seen, err := b.rt.List(b.ctx, p.UID)
	b.ok(err)
	return seen
}

// find returns an attempt that the runtime shows.
func (b *bench) find(p *pod.Pod, container string, attempt int32) (lifecycle.SeenContainer, bool) {
	b.Helper()
	for _, c := range b.list(p).Containers {
		if c.Name == container && c.Attempt == attempt {
			return c, true
		}
	}
	return lifecycle.SeenContainer{}, false
}

// exited waits until an attempt has ended, and returns it.
func (b *bench) exited(p *pod.Pod, container string, attempt int32) lifecycle.SeenContainer {
	b.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if c, ok := b.find(p, container, attempt); ok && c.State == lifecycle.ContainerExited {
			return c
		}
	}
	seen := b.list(p)
	b.Fatalf("container %s#%d has not ended after %s: %s", container, attempt, patience, &seen)
	return lifecycle.SeenContainer{}
}

// stop stops the first attempt of container c0 and returns how long that took.
func (b *bench) stop(p *pod.Pod, grace time.Duration) time.Duration {
	b.Helper()
	begun := time.Now()
	b.ok(b.rt.StopContainer(b.ctx, p.UID, "c0", 0, grace))
	took := time.Since(begun)
	if c, ok := b.find(p, "c0", 0); !ok || c.State != lifecycle.ContainerExited {
		b.Fatalf("StopContainer returned with the container %s", c.State)
	}
	return took
}

// ok ends the test on an error.
func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// equal reports two values that should be the same.
func equal[T comparable](b *bench, what string, got, want T) {
	b.Helper()
	if got != want {
		b.Errorf("%s = %v, want %v", what, got, want)
	}
}
