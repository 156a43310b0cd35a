package nodetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

func testExitCodes(b *bench) {
	codes := []int32{0, 1, 3, 127, 255, 128 + 2, 128 + 9}
	behaviors := make([]Behavior, len(codes))
	for i, code := range codes {
		behaviors[i] = Behavior{Exit: code}
	}
	p := b.pod(behaviors...)
	before := time.Now().Add(-time.Second)
	for i, code := range codes {
		name := fmt.Sprintf("c%d", i)
		b.ok(b.start(p, name, 0))
		c := b.exited(p, name, 0)
		equal(b, name+" exit code", c.ExitCode, code)
		want := pod.ReasonError
		if code == 0 {
			want = pod.ReasonCompleted
		}
		if c.Reason != "" {
			equal(b, name+" reason", c.Reason, want)
		}
		if c.StartedAt.Before(before) || c.FinishedAt.Before(c.StartedAt) || c.FinishedAt.After(time.Now()) {
			b.Errorf("%s ran from %s to %s, and now is %s", name, c.StartedAt, c.FinishedAt, time.Now())
		}
	}
}

func testMessage(b *bench) {
	p := b.pod(Behavior{Message: "all is lost", Exit: 1})
	b.run(p)
	equal(b, "message", b.exited(p, "c0", 0).Message, "all is lost")
}

func testStartTwice(b *bench) {
	p := b.pod(forever)
	b.run(p)
	first, _ := b.find(p, "c0", 0)
	equal(b, "state", first.State, lifecycle.ContainerRunning)
	b.run(p)
	seen := b.list(p)
	equal(b, "List", seen.String(), "sandbox=ready c0#0=running")
	equal(b, "ID", seen.Containers[0].ID, first.ID)
	if !seen.Containers[0].StartedAt.Equal(first.StartedAt) {
		b.Errorf("started at %s, then at %s", first.StartedAt, seen.Containers[0].StartedAt)
	}
	if b.start(p, "c0", 1) == nil {
		b.Error("a second attempt was started while the first runs")
	}
	b.stop(p, 0)
	b.run(p)
	c, _ := b.find(p, "c0", 0)
	equal(b, "an ended attempt started again", c.State, lifecycle.ContainerExited)
}

func testStartAtOnce(b *bench) {
	p := b.pod(forever)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = b.start(p, "c0", 0) })
	}
	all.Wait()
	b.ok(errors.Join(errs...))
	seen := b.list(p)
	equal(b, "List", seen.String(), "sandbox=ready c0#0=running")
}

func testStartError(b *bench) {
	p := b.pod(Behavior{Broken: true})
	var first string
	for i := range 2 {
		err := b.start(p, "c0", 0)
		var start *node.StartError
		if !errors.As(err, &start) {
			b.Fatalf("StartContainer = %v, want a *node.StartError", err)
		}
		equal(b, "reason of the error", start.Reason, pod.ReasonRunContainerError)
		if i == 0 {
			first = start.Message
		}
		equal(b, "message of the error", start.Message, first)
	}
	seen := b.list(p)
	equal(b, "List", seen.String(), "sandbox=ready c0#0=exited(128)")
	c := seen.Containers[0]
	equal(b, "reason", c.Reason, pod.ReasonStartError)
	equal(b, "message", c.Message, first)
	equal(b, "started at", c.StartedAt.Unix(), 0)
	b.ok(b.rt.RemoveContainer(b.ctx, p.UID, "c0", 0))
}

func testStartWithoutSandbox(b *bench) {
	p := b.declare(forever)
	if b.start(p, "c0", 0) == nil {
		b.Error("a container was started without a sandbox")
	}
	seen := b.list(p)
	equal(b, "List", seen.String(), "sandbox=absent")
}

func testRemove(b *bench) {
	p := b.pod(forever)
	b.run(p)
	if b.rt.RemoveContainer(b.ctx, p.UID, "c0", 0) == nil {
		b.Error("a running container was removed")
	}
	seen := b.list(p)
	equal(b, "List", seen.String(), "sandbox=ready c0#0=running")
	b.stop(p, 0)
	for range 2 {
		b.ok(b.rt.RemoveContainer(b.ctx, p.UID, "c0", 0))
		seen = b.list(p)
		equal(b, "List", seen.String(), "sandbox=ready")
	}
}

func testAttempts(b *bench) {
	p := b.pod(Behavior{Exit: 7})
	for attempt := range int32(3) {
		b.ok(b.start(p, "c0", attempt))
		b.exited(p, "c0", attempt)
	}
	var ids []string
	for attempt := range int32(3) {
		c, _ := b.find(p, "c0", attempt)
		equal(b, "exit code", c.ExitCode, 7)
		ids = append(ids, c.ID)
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		b.Errorf("IDs of three attempts: %q, want three", ids)
	}
	b.ok(b.rt.RemoveContainer(b.ctx, p.UID, "c0", 1))
	_, found := b.find(p, "c0", 1)
	equal(b, "removed attempt shown", found, false)
	equal(b, "attempts", len(b.list(p).Containers), 2)
}

func testLevel(b *bench) {
	p := b.pod(forever, Behavior{Exit: 2})
	b.run(p)
	b.ok(b.start(p, "c1", 0))
	b.exited(p, "c1", 0)
	one, two := b.list(p), b.list(p)
	equal(b, "second List", two.String(), one.String())
	one.Containers[0].Name = "changed by the caller"
	again := b.list(p)
	equal(b, "List after the caller wrote into one", again.String(), two.String())
}

func testNotify(b *bench) {
	notifier, ok := b.rt.(node.Notifier)
	if !ok {
		b.Skip("the runtime does not notify")
	}
	changes := make(chan pod.UID, 100)
	stop := notifier.Notify(func(uid pod.UID) { changes <- uid })
	p := b.pod(Behavior{Exit: 5, For: 20 * time.Millisecond})
	b.run(p)
	deadline := time.After(patience)
	for {
		if c, ok := b.find(p, "c0", 0); ok && c.State == lifecycle.ContainerExited {
			break
		}
		select {
		case uid := <-changes:
			equal(b, "UID", uid, p.UID)
		case <-deadline:
			b.Fatal("the end of a container was not told")
		}
	}
	stop()
}
