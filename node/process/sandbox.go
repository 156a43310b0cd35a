package process

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// A sandbox is one pod on this machine: its keeper and its folder.
type sandbox struct {
	uid    pod.UID
	dir    string
	keeper keeper
	// journal is kept here where the keeper is in this program; a shim keeps its own.
	journal *journal
	noting  sync.Mutex
	// ips are the addresses that the pod has in a network of its own, and warnings what it is without.
	ips      []netip.Addr
	warnings []string
	// mounts says that volumes are mounted, and are no symbolic links.
	mounts bool
	// notify tells the runtime's listener.
	notify func(pod.UID)

	mu      sync.Mutex
	stopped bool
	// news is closed, and another one made, when something has changed.
	news chan struct{}
}

// ring tells everybody who waits that something has changed.
func (s *sandbox) ring() {
	s.note()
	s.mu.Lock()
	close(s.news)
	s.news = make(chan struct{})
	s.mu.Unlock()
	s.notify(s.uid)
}

// note writes down how things are, where that is to be done here.
func (s *sandbox) note() {
	s.noting.Lock()
	defer s.noting.Unlock()
	if s.journal == nil {
		return
	}
	s.journal.update(record{Attempts: s.keeper.list(), Ended: s.isStopped()})
}

// wait returns when the condition holds, looking again after each change.
func (s *sandbox) wait(ctx context.Context, holds func() bool) error {
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		if holds() {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// state returns what is known of one attempt.
func (s *sandbox) state(r attemptRef) (attemptState, bool) {
	all := s.keeper.list()
	i := slices.IndexFunc(all, func(a attemptState) bool { return a.attemptRef == r })
	if i < 0 {
		return attemptState{}, false
	}
	return all[i], true
}

// over reports whether an attempt has ended or is not known.
func (s *sandbox) over(r attemptRef) bool {
	a, ok := s.state(r)
	return !ok || a.Exited
}

// attemptDir is the folder of one attempt.
func (s *sandbox) attemptDir(r attemptRef) string { return attemptDir(s.dir, r) }

// attemptDir is the folder of an attempt of the pod in a folder. No other attempt on this machine has the same, whoever runs it: so
// it is also the mark of its processes.
func attemptDir(dir string, r attemptRef) string {
	return filepath.Join(dir, r.Container, strconv.Itoa(int(r.Attempt)))
}

// end stops the sandbox and returns when nothing runs in it, or ctx is done.
func (s *sandbox) end(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.keeper.end() }()
	select {
	case err := <-done:
		if err == nil {
			s.setStopped()
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sandbox) setStopped() {
	s.mu.Lock()
	was := s.stopped
	s.stopped = true
	s.mu.Unlock()
	if !was {
		s.ring()
	}
}

func (s *sandbox) isStopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// seen returns the sandbox as the machine sees it.
func (s *sandbox) seen() lifecycle.Seen {
	out := lifecycle.Seen{Sandbox: lifecycle.SandboxReady}
	if s.isStopped() {
		out.Sandbox = lifecycle.SandboxStopped
	} else {
		out.IPs = slices.Clone(s.ips)
	}
	for _, a := range s.keeper.list() {
		out.Containers = append(out.Containers, s.seenAttempt(a))
	}
	return out
}

func (s *sandbox) seenAttempt(a attemptState) lifecycle.SeenContainer {
	c := lifecycle.SeenContainer{
		Name:      a.Container,
		Attempt:   a.Attempt,
		State:     lifecycle.ContainerRunning,
		ID:        fmt.Sprintf("process://%s/%s/%d", s.uid, a.Container, a.Attempt),
		StartedAt: a.StartedAt,
	}
	if a.Exited {
		c.State, c.FinishedAt, c.ExitCode = lifecycle.ContainerExited, a.FinishedAt, a.ExitCode
		c.Reason, c.Message = pod.Reason(a.Reason), a.Message
	}
	return c
}
