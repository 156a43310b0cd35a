package nodetest

import (
	"context"
	"errors"
	"time"

	"github.com/podlife/podlife/lifecycle"
)

// The graces of the suite: one that is over soon, and one that a test never waits for.
const (
	shortGrace = 200 * time.Millisecond
	longGrace  = 10 * time.Minute
)

func testStopObeyed(b *bench) {
	p := b.pod(Behavior{Forever: true, OnTerm: Obeys, TermExit: 6, Log: []string{"ready"}})
	b.run(p)
	b.ready(p, "c0", 0)
	b.stop(p, longGrace)
	equal(b, "exit code", b.exited(p, "c0", 0).ExitCode, 6)
}

func testStopDies(b *bench) {
	p := b.pod(forever)
	b.run(p)
	b.ready(p, "c0", 0)
	b.stop(p, longGrace)
	equal(b, "exit code", b.exited(p, "c0", 0).ExitCode, 143)
}

func testStopIgnored(b *bench) {
	p := b.pod(Behavior{Forever: true, OnTerm: Ignores, Log: []string{"ready"}})
	b.run(p)
	b.ready(p, "c0", 0)
	if took := b.stop(p, shortGrace); took < shortGrace {
		b.Errorf("killed after %s, before the grace of %s was over", took, shortGrace)
	}
	equal(b, "exit code", b.exited(p, "c0", 0).ExitCode, 137)
}

func testStopNow(b *bench) {
	p := b.pod(Behavior{Forever: true, OnTerm: Obeys, TermExit: 6, Log: []string{"ready"}})
	b.run(p)
	b.ready(p, "c0", 0)
	b.stop(p, 0)
	equal(b, "exit code", b.exited(p, "c0", 0).ExitCode, 137)
}

func testStopSooner(b *bench) {
	p := b.pod(Behavior{Forever: true, OnTerm: Ignores, Log: []string{"ready"}})
	b.run(p)
	b.ready(p, "c0", 0)
	first := make(chan error, 1)
	go func() { first <- b.rt.StopContainer(b.ctx, p.UID, "c0", 0, longGrace) }()
	b.stop(p, shortGrace)
	b.ok(<-first)
	b.stop(p, longGrace)
}

func testStopCanceled(b *bench) {
	p := b.pod(Behavior{Forever: true, OnTerm: Ignores, Log: []string{"ready"}})
	b.run(p)
	b.ready(p, "c0", 0)
	ctx, cancel := context.WithTimeout(b.ctx, shortGrace/4)
	defer cancel()
	err := b.rt.StopContainer(ctx, p.UID, "c0", 0, shortGrace)
	if !errors.Is(err, context.DeadlineExceeded) {
		if c, _ := b.find(p, "c0", 0); c.State == lifecycle.ContainerRunning {
			b.Errorf("StopContainer = %v with the container running, want the context's error", err)
		}
	}
	equal(b, "exit code", b.exited(p, "c0", 0).ExitCode, 137)
}

func testStopEnded(b *bench) {
	p := b.pod(Behavior{Exit: 3})
	b.run(p)
	b.exited(p, "c0", 0)
	b.stop(p, longGrace)
	b.stop(p, 0)
	b.ok(b.rt.StopContainer(b.ctx, p.UID, "c0", 1, longGrace))
	b.ok(b.rt.StopContainer(b.ctx, p.UID, "nobody", 0, longGrace))
	equal(b, "exit code", b.exited(p, "c0", 0).ExitCode, 3)
}
