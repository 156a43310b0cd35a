package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/node/sim"
	"github.com/podlife/podlife/pod"
)

// Idle is the CPU time that pods take which do nothing, beside that of a Go program that does nothing, in the same span of time.
type Idle struct {
	Pods int
	// Real says that their containers are processes; otherwise they are scripted.
	Real bool
	// Span is how long both were measured, Ours and Theirs the CPU time that passed in it.
	Span, Ours, Theirs time.Duration
}

// RunIdle builds the two programs, idle/node and idle/bare, lets them be idle side by side, and returns what each took. It runs in the
// folder of this module.
func RunIdle(pods int, real bool, span time.Duration) (Idle, error) {
	m := Idle{Pods: pods, Real: real, Span: span}
	dir, err := os.MkdirTemp("", "podlife-bench-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	kind := "sim"
	if real {
		kind = "process"
	}
	ours, err := startIdle(dir, "node", span.String(), strconv.Itoa(pods), kind)
	if err != nil {
		return m, err
	}
	defer ours.end()
	theirs, err := startIdle(dir, "bare", span.String())
	if err != nil {
		return m, err
	}
	defer theirs.end()
	time.Sleep(span / 5) // what starting took calms down
	if err := errors.Join(ours.begin(), theirs.begin()); err != nil {
		return m, err
	}
	var errs [2]error
	m.Ours, errs[0] = ours.result()
	m.Theirs, errs[1] = theirs.result()
	return m, errors.Join(errs[:]...)
}

// idler is one of the two programs, while it runs.
type idler struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// startIdle builds a program and starts it; it returns when that is ready.
func startIdle(dir, name string, args ...string) (*idler, error) {
	binary := filepath.Join(dir, name)
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/podlife/podlife/bench/idle/"+name).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building idle/%s: %w: %s", name, err, out)
	}
	p := &idler{cmd: exec.Command(binary, args...)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if !p.out.Scan() || p.out.Text() != "ready" {
		return nil, errors.Join(fmt.Errorf("idle/%s says %q, expected \"ready\"", name, p.out.Text()), p.end())
	}
	return p, nil
}

func (p *idler) begin() error {
	_, err := io.WriteString(p.in, "\n")
	return err
}

func (p *idler) result() (time.Duration, error) {
	p.out.Scan()
	n, err := strconv.ParseInt(strings.TrimSpace(p.out.Text()), 10, 64)
	return time.Duration(n), err
}

// end lets the program end by itself, which has nothing more to wait for.
func (p *idler) end() error {
	p.in.Close()
	return p.cmd.Wait()
}

// WithIdlePods runs f while an agent has so many pods that run and do nothing, and ends them. With real the containers are processes, for
// which the program must have called process.Init.
func WithIdlePods(ctx context.Context, pods int, real bool, f func() error) (err error) {
	c := node.Config{Runtime: sim.New(nil)}
	if real {
		dir := processDir()
		defer os.RemoveAll(dir)
		r, err := process.New(process.Config{Dir: dir})
		if err != nil {
			return err
		}
		defer r.Close()
		c.Runtime = r
	}
	a, err := node.New(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	defer func() {
		cancel()
		err = errors.Join(err, <-ran)
	}()
	for i := range pods {
		if err := a.Apply(numbered(i)); err != nil {
			return err
		}
	}
	for i := range pods {
		key := numbered(i).Key()
		if _, err := a.Wait(ctx, key, func(p *pod.Pod) bool { return p.Status.IsTrue(pod.Ready) }); err != nil {
			return fmt.Errorf("pod %s: %w", key, err)
		}
	}
	return f()
}
