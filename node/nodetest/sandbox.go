package nodetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// forever runs until it is stopped, and says so when it is ready.
var forever = Behavior{Forever: true, Log: []string{"ready"}}

func testUnknown(b *bench) {
	const uid = pod.UID("nobody")
	seen, err := b.rt.List(b.ctx, uid)
	b.ok(err)
	equal(b, "List", seen.String(), "sandbox=absent")
	b.ok(b.rt.StopContainer(b.ctx, uid, "c0", 0, time.Second))
	b.ok(b.rt.RemoveContainer(b.ctx, uid, "c0", 0))
	b.ok(b.rt.StopSandbox(b.ctx, uid))
	b.ok(b.rt.RemoveSandbox(b.ctx, uid))
}

func testSandbox(b *bench) {
	p := b.declare(Behavior{})
	seen := b.list(p)
	equal(b, "sandbox before", seen.Sandbox, lifecycle.SandboxAbsent)
	for range 2 {
		b.ok(b.rt.CreateSandbox(b.ctx, p))
		seen = b.list(p)
		equal(b, "sandbox", seen.String(), "sandbox=ready")
	}
	b.ok(b.rt.RemoveSandbox(b.ctx, p.UID))
	seen = b.list(p)
	equal(b, "sandbox removed", seen.String(), "sandbox=absent")
	b.ok(b.rt.CreateSandbox(b.ctx, p))
	seen = b.list(p)
	equal(b, "sandbox made again", seen.String(), "sandbox=ready")
}

func testSandboxStopped(b *bench) {
	p := b.pod(Behavior{})
	for range 2 {
		b.ok(b.rt.StopSandbox(b.ctx, p.UID))
		seen := b.list(p)
		equal(b, "sandbox", seen.String(), "sandbox=stopped")
		equal(b, "addresses", len(seen.IPs), 0)
	}
	if b.rt.CreateSandbox(b.ctx, p) == nil {
		b.Error("CreateSandbox made a stopped sandbox ready again")
	}
	if b.start(p, "c0", 0) == nil {
		b.Error("StartContainer started a container in a stopped sandbox")
	}
	b.ok(b.rt.RemoveSandbox(b.ctx, p.UID))
	b.ok(b.rt.CreateSandbox(b.ctx, p))
}

func testStopSandbox(b *bench) {
	stubborn := Behavior{Forever: true, OnTerm: Ignores, Log: []string{"ready"}}
	p := b.pod(forever, stubborn, Behavior{Exit: 4})
	for i := range 3 {
		b.ok(b.start(p, fmt.Sprintf("c%d", i), 0))
	}
	b.ready(p, "c1", 0)
	b.exited(p, "c2", 0)
	b.ok(b.rt.StopSandbox(b.ctx, p.UID))
	seen := b.list(p)
	equal(b, "List", seen.Sandbox, lifecycle.SandboxStopped)
	equal(b, "attempts", len(seen.Containers), 3)
	for i, want := range []int32{137, 137, 4} {
		c, _ := b.find(p, fmt.Sprintf("c%d", i), 0)
		equal(b, c.Name+" state", c.State, lifecycle.ContainerExited)
		equal(b, c.Name+" exit code", c.ExitCode, want)
	}
}

func testRemoveSandbox(b *bench) {
	p := b.pod(forever)
	b.run(p)
	for range 2 {
		b.ok(b.rt.RemoveSandbox(b.ctx, p.UID))
		seen := b.list(p)
		equal(b, "List", seen.String(), "sandbox=absent")
	}
	b.ok(b.rt.CreateSandbox(b.ctx, p))
	b.run(p)
	c, _ := b.find(p, "c0", 0)
	equal(b, "first attempt in a new sandbox", c.State, lifecycle.ContainerRunning)
}

func testTwoPods(b *bench) {
	one, two := b.pod(forever), b.pod(forever)
	b.run(one)
	b.run(two)
	c1, _ := b.find(one, "c0", 0)
	c2, _ := b.find(two, "c0", 0)
	if c1.ID == c2.ID {
		b.Errorf("both containers have the ID %q", c1.ID)
	}
	b.ok(b.rt.RemoveSandbox(b.ctx, one.UID))
	seen := b.list(two)
	equal(b, "the other pod", seen.String(), "sandbox=ready c0#0=running")
}

func testManyContainers(b *bench) {
	const n = 20
	behaviors := make([]Behavior, n)
	for i := range behaviors {
		behaviors[i] = Behavior{Exit: int32(i)}
		if i%2 == 1 {
			behaviors[i] = forever
		}
	}
	p := b.pod(behaviors...)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := b.start(p, fmt.Sprintf("c%d", i), 0); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	for i := 0; i < n; i += 2 {
		c := b.exited(p, fmt.Sprintf("c%d", i), 0)
		equal(b, c.Name+" exit code", c.ExitCode, int32(i))
	}
	equal(b, "attempts", len(b.list(p).Containers), n)
	b.ok(b.rt.StopSandbox(b.ctx, p.UID))
	for i := 1; i < n; i += 2 {
		c, _ := b.find(p, fmt.Sprintf("c%d", i), 0)
		equal(b, c.Name+" exit code", c.ExitCode, 137)
	}
}
