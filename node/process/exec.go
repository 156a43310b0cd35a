package process

import (
	"cmp"
	"io"
	"os"
	"slices"
	"time"

	"github.com/podlife/podlife/node"
)

// outputPatience is how long the output of a command is waited for after its end, where something that it started still
// holds it open.
const outputPatience = 100 * time.Millisecond

func (k *local) exec(r execRequest, cancel <-chan struct{}) (execAnswer, error) {
	var (
		a      *attempt
		c      *child
		out    *output
		answer execAnswer
	)
	onForkThread(func() { a, c, out, answer = k.beginExec(r) })
	if c == nil {
		return answer, nil
	}
	defer k.running.Done()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.ended()
	}()
	select {
	case <-ended:
	case <-cancel:
		answer.Canceled = true
		killLeftovers([]int{c.pid}, "")
		<-ended
	}
	answer.ExitCode = k.collect(a, c)
	answer.Output = out.finish()
	return answer, nil
}

// beginExec starts a command in an attempt. Where it cannot, the child is nil and the answer says why.
func (k *local) beginExec(r execRequest) (*attempt, *child, *output, execAnswer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.find(r.attemptRef)
	if a == nil || a.over || k.ending {
		return nil, nil, nil, execAnswer{NotRunning: true}
	}
	if len(r.Argv) == 0 {
		return nil, nil, nil, execAnswer{Failure: "no command given"}
	}
	c, out, err := k.spawnExec(a, r.Argv)
	if err != nil {
		return nil, nil, nil, execAnswer{Failure: err.Error()}
	}
	a.execs = append(a.execs, c)
	k.running.Add(1)
	return a, c, out, execAnswer{}
}

// spawnExec starts a command with the environment and directory of an attempt.
func (k *local) spawnExec(a *attempt, argv []string) (*child, *output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	c, failed, err := k.run(a, argv, w, w)
	if err = cmp.Or(err, failed); err != nil {
		r.Close()
		return nil, nil, err
	}
	return c, readOutput(r), nil
}

// collect reaps a command. An attempt that has ended took it along.
func (k *local) collect(a *attempt, c *child) int32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	a.execs = slices.DeleteFunc(a.execs, func(x *child) bool { return x == c })
	return c.reap()
}

// An output keeps the first bytes that come out of a pipe.
type output struct {
	pipe *os.File
	kept []byte
	done chan struct{}
}

// readOutput begins to read r, which it closes at the end.
func readOutput(r *os.File) *output {
	o := &output{pipe: r, done: make(chan struct{})}
	go o.read()
	return o
}

func (o *output) read() {
	defer close(o.done)
	defer o.pipe.Close()
	o.kept, _ = io.ReadAll(io.LimitReader(o.pipe, node.MaxOutput))
	_, _ = io.Copy(io.Discard, o.pipe)
}

// finish returns what was kept, after a short wait for the rest.
func (o *output) finish() []byte {
	_ = o.pipe.SetReadDeadline(time.Now().Add(outputPatience))
	<-o.done
	return o.kept
}
