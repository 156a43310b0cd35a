package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

// maxAboveFork is how many times the cost of a bare fork and exec the start of a container may take.
const maxAboveFork = 1.3

// processCases start containers as processes, in a folder of memory where there is one: what a disk takes to make folders is not
// the question. The program must have called process.Init.
func processCases() []Case {
	const peer = "fork and exec of the same command, its output to a file"
	return []Case{
		{
			Group: "Containers as processes, each pod with a shim and namespaces", Task: "start a container in a running pod",
			Peer: peer, Faster: 1 / maxAboveFork, Ours: startContainers, Theirs: startPrograms,
		},
		{
			Group: "Containers as processes, each pod with a shim and namespaces", Task: "start a pod and its container",
			Peer: peer, Ours: startPods, Theirs: startPrograms,
		},
	}
}

var forever = []string{"/bin/sleep", "1000"}

// processDir makes a folder in memory, where there is one.
func processDir() string {
	for _, dir := range []string{"/dev/shm", ""} {
		if path, err := os.MkdirTemp(dir, "podlife-bench-"); err == nil {
			return path
		}
	}
	panic("no folder for temporary files")
}

// processes is a runtime for one side of a case.
func processes(b *testing.B) *process.Runtime {
	dir := processDir()
	r := must(process.New(process.Config{Dir: dir}))
	b.Cleanup(func() {
		check(r.Close())
		check(os.RemoveAll(dir))
	})
	return r
}

// numbered is a pod with one container that runs for ever.
func numbered(n int) *pod.Pod {
	p := &pod.Pod{}
	p.Name, p.Namespace = fmt.Sprintf("web-%d", n), "default"
	p.UID = pod.UID(fmt.Sprintf("11111111-2222-3333-4444-%012d", n))
	p.Spec.Containers = []pod.Container{{Name: "app", Image: "none", Command: forever}}
	return p
}

func startContainers(b *testing.B) {
	b.ReportAllocs()
	r, p, ctx := processes(b), numbered(0), b.Context()
	check(r.CreateSandbox(ctx, p))
	for attempt := int32(0); b.Loop(); attempt++ {
		check(r.StartContainer(ctx, p, "app", attempt, node.StartOptions{Command: forever}))
		b.StopTimer()
		check(r.StopContainer(ctx, p.UID, "app", attempt, 0))
		check(r.RemoveContainer(ctx, p.UID, "app", attempt))
		b.StartTimer()
	}
}

func startPods(b *testing.B) {
	b.ReportAllocs()
	r, p, ctx := processes(b), numbered(0), b.Context()
	for b.Loop() {
		check(r.CreateSandbox(ctx, p))
		check(r.StartContainer(ctx, p, "app", 0, node.StartOptions{Command: forever}))
		b.StopTimer()
		check(r.RemoveSandbox(ctx, p.UID))
		b.StartTimer()
	}
}

// startPrograms starts programs whose output goes to a file each, as that of containers does.
func startPrograms(b *testing.B) {
	b.ReportAllocs()
	dir := processDir()
	b.Cleanup(func() { check(os.RemoveAll(dir)) })
	log := filepath.Join(dir, "log")
	for b.Loop() {
		f := must(os.OpenFile(log, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644))
		c := exec.Command(forever[0], forever[1:]...)
		c.Stdout, c.Stderr = f, f
		check(c.Start())
		b.StopTimer()
		f.Close()
		check(c.Process.Kill())
		_ = c.Wait()
		check(os.Remove(log))
		b.StartTimer()
	}
}

// ManyPods is what it takes to have many pods on processes at once, driven by an agent.
type ManyPods struct {
	Pods int
	// Started and Stopped are how long it took until all ran, and until all were gone.
	Started, Stopped time.Duration
	// Agent is the memory of the agent's heap and stacks for each pod, and Shim what each shim has resident, in bytes; part of that
	// is shared by all.
	Agent, Shim int64
}

// RunManyPods runs n pods of one container each.
func RunManyPods(n int) (ManyPods, error) {
	dir := processDir()
	defer os.RemoveAll(dir)
	r, err := process.New(process.Config{Dir: dir})
	if err != nil {
		return ManyPods{}, err
	}
	defer r.Close()
	a, err := node.New(node.Config{Runtime: r})
	if err != nil {
		return ManyPods{}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	defer func() {
		cancel()
		<-done
	}()
	return measure(ctx, a, n)
}

func measure(ctx context.Context, a *node.Agent, n int) (ManyPods, error) {
	m, before, began := ManyPods{Pods: n}, inUse(), time.Now()
	for i := range n {
		if err := a.Apply(numbered(i)); err != nil {
			return m, err
		}
	}
	follow(ctx, a, n, func(c node.Change) bool { return c.Pod.Status.Phase == pod.Running })
	m.Started = time.Since(began)
	m.Agent, m.Shim = (inUse()-before)/int64(n), shimMemory()
	began = time.Now()
	for i := range n {
		if err := a.Delete(pod.Key{Name: numbered(i).Name}, pod.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
			return m, err
		}
	}
	for len(a.Pods()) > 0 {
		time.Sleep(time.Millisecond)
	}
	m.Stopped = time.Since(began)
	return m, nil
}

// follow returns when n pods were seen as wanted.
func follow(ctx context.Context, a *node.Agent, n int, holds func(node.Change) bool) {
	seen := map[string]bool{}
	for c := range a.Watch(ctx) {
		if holds(c) {
			seen[c.Pod.Name] = true
		}
		if len(seen) == n {
			return
		}
	}
}

// inUse is the memory of this program's heap and stacks.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc + s.StackInuse)
}

// shimMemory is what the shims on this machine have resident on average, in bytes, shared pages counted in part.
func shimMemory() int64 {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	sum, n := int64(0), int64(0)
	for _, line := range lines {
		if b, err := os.ReadFile(line); err != nil || !strings.HasPrefix(string(b), "podlife-shim") {
			continue
		}
		b, _ := os.ReadFile(filepath.Join(filepath.Dir(line), "smaps_rollup"))
		for l := range strings.Lines(string(b)) {
			var kb int64
			if _, err := fmt.Sscanf(l, "Pss: %d kB", &kb); err == nil {
				sum, n = sum+kb<<10, n+1
			}
		}
	}
	return sum / max(n, 1)
}
