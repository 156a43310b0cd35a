package bench

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/sim"
	"github.com/podlife/podlife/pod"
)

// Idle is the CPU time that pods take which do nothing, beside that of the same program without them.
type Idle struct {
	Pods int
	// Span is how long each was measured, Ours and Theirs the CPU time that passed in it.
	Span, Ours, Theirs time.Duration
}

// RunIdle measures this program asleep, and then asleep with an agent and pods on scripted containers that run.
func RunIdle(pods int, span time.Duration) (m Idle, err error) {
	m = Idle{Pods: pods, Span: span, Theirs: asleep(span)}
	a, err := node.New(node.Config{Runtime: sim.New(nil)})
	if err != nil {
		return m, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	defer func() {
		cancel()
		err = errors.Join(err, <-ran)
	}()
	for i := range pods {
		p := numbered(i)
		if err := a.Apply(p); err != nil {
			return m, err
		}
		if _, err := a.Wait(ctx, p.Key(), func(p *pod.Pod) bool { return p.Status.IsTrue(pod.Ready) }); err != nil {
			return m, fmt.Errorf("pod %d: %w", i, err)
		}
	}
	m.Ours = asleep(span)
	return m, nil
}

// asleep is the CPU time of this program while this goroutine sleeps.
func asleep(d time.Duration) time.Duration {
	before := cpuTime()
	time.Sleep(d)
	return cpuTime() - before
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
