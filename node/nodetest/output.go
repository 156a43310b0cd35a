package nodetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// exec runs a command in the first attempt of c0.
func (b *bench) exec(ctx context.Context, p *pod.Pod, command []string) (node.ExecResult, error) {
	return b.execer().Exec(ctx, p.UID, "c0", 0, command)
}

// execer skips the test of a runtime without exec.
func (b *bench) execer() node.Execer {
	e, ok := b.rt.(node.Execer)
	if !ok {
		b.Skip("the runtime runs no commands")
	}
	return e
}

// running makes a pod whose container runs and knows the commands.
func (b *bench) running(execs ...Exec) *pod.Pod {
	b.Helper()
	b.execer()
	behavior := forever
	behavior.Execs = execs
	p := b.pod(behavior)
	b.run(p)
	return p
}

func testExec(b *bench) {
	codes := []int32{0, 1, 5, 255}
	execs := make([]Exec, len(codes))
	for i, code := range codes {
		execs[i] = Exec{Exit: code}
	}
	p := b.running(execs...)
	for i, code := range codes {
		r, err := b.exec(b.ctx, p, b.suite.Command(execs[i]))
		b.ok(err)
		equal(b, "exit code", r.ExitCode, code)
	}
}

func testExecOutput(b *bench) {
	e := Exec{Output: "not today", Exit: 1}
	p := b.running(e)
	r, err := b.exec(b.ctx, p, b.suite.Command(e))
	b.ok(err)
	equal(b, "output", strings.TrimSpace(string(r.Output)), e.Output)
}

func testExecTimeout(b *bench) {
	e := Exec{Takes: time.Hour}
	p := b.running(e)
	ctx, cancel := context.WithTimeout(b.ctx, shortGrace)
	defer cancel()
	_, err := b.exec(ctx, p, b.suite.Command(e))
	if !errors.Is(err, context.DeadlineExceeded) {
		b.Errorf("Exec = %v, want the context's error", err)
	}
	seen := b.list(p)
	equal(b, "List", seen.String(), "sandbox=ready c0#0=running")
}

func testExecNotRunning(b *bench) {
	e := Exec{Exit: 0}
	p := b.running(e)
	b.stop(p, 0)
	if _, err := b.exec(b.ctx, p, b.suite.Command(e)); !errors.Is(err, node.ErrNotRunning) {
		b.Errorf("Exec in an ended container = %v, want node.ErrNotRunning", err)
	}
	if _, err := b.execer().Exec(b.ctx, p.UID, "c0", 9, b.suite.Command(e)); err == nil {
		b.Error("Exec in an attempt that never was succeeded")
	}
	if _, err := b.execer().Exec(b.ctx, "nobody", "c0", 0, b.suite.Command(e)); err == nil {
		b.Error("Exec in a pod that never was succeeded")
	}
}

func testExecContainerEnds(b *bench) {
	e := Exec{Takes: time.Hour}
	p := b.running(e)
	type answer struct {
		r   node.ExecResult
		err error
	}
	done := make(chan answer, 1)
	go func() {
		r, err := b.exec(b.ctx, p, b.suite.Command(e))
		done <- answer{r, err}
	}()
	select {
	case a := <-done:
		b.Fatalf("Exec ended early: %v, %v", a.r, a.err)
	case <-time.After(shortGrace):
	}
	b.stop(p, 0)
	select {
	case a := <-done:
		b.ok(a.err)
		equal(b, "exit code", a.r.ExitCode, 137)
	case <-time.After(patience):
		b.Fatal("Exec goes on after its container has ended")
	}
}

// logger skips the test of a runtime without logs.
func (b *bench) logger() node.Logger {
	l, ok := b.rt.(node.Logger)
	if !ok {
		b.Skip("the runtime shows no logs")
	}
	return l
}

// lines returns the text of the lines of the first attempt of c0.
func (b *bench) lines(p *pod.Pod, o node.LogOptions) []string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	var out []string
	for l, err := range b.logger().Logs(ctx, p.UID, "c0", 0, o) {
		b.ok(err)
		equal(b, "stream", l.Stream, "stdout")
		if l.Time.IsZero() {
			b.Errorf("line %q has no time", l.Text)
		}
		out = append(out, l.Text)
	}
	b.ok(ctx.Err())
	return out
}

func testLogs(b *bench) {
	want := []string{"one", "two", "", "four"}
	p := b.pod(Behavior{Log: want, Exit: 1})
	b.run(p)
	b.exited(p, "c0", 0)
	for _, c := range []struct {
		o    node.LogOptions
		want []string
	}{
		{node.LogOptions{}, want},
		{node.LogOptions{Follow: true}, want},
		{node.LogOptions{Tail: 2}, want[2:]},
		{node.LogOptions{Tail: 4}, want},
		{node.LogOptions{Tail: 9}, want},
		{node.LogOptions{Since: time.Now().Add(time.Hour)}, nil},
	} {
		if got := b.lines(p, c.o); !slices.Equal(got, c.want) {
			b.Errorf("Logs(%+v) = %q, want %q", c.o, got, c.want)
		}
	}
	b.ok(b.rt.RemoveContainer(b.ctx, p.UID, "c0", 0))
	n := 0
	for _, err := range b.logger().Logs(b.ctx, p.UID, "c0", 0, node.LogOptions{}) {
		if n++; err == nil {
			b.Error("a removed attempt has a log")
		}
	}
	equal(b, "errors of a removed attempt", n, 1)
}

func testLogsFollow(b *bench) {
	p := b.pod(Behavior{Log: []string{"ready", "steady"}, Forever: true})
	b.run(p)
	got := make(chan []string, 1)
	first := make(chan struct{}, 2)
	go func() {
		var out []string
		for l, err := range b.logger().Logs(b.ctx, p.UID, "c0", 0, node.LogOptions{Follow: true}) {
			if err != nil {
				b.Error(err)
				break
			}
			out = append(out, l.Text)
			first <- struct{}{}
		}
		got <- out
	}()
	select {
	case <-first:
	case <-time.After(patience):
		b.Fatal("no line arrives while the container runs")
	}
	b.stop(p, 0)
	select {
	case lines := <-got:
		if len(lines) > 2 || len(lines) == 0 || lines[0] != "ready" {
			b.Errorf("lines = %q", lines)
		}
	case <-time.After(patience):
		b.Fatal("following a log does not end with the container")
	}
}
