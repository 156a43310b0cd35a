package process

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/pod"
)

// warnNoShim is what a pod hears whose containers end with the program.
const warnNoShim = "the pod's processes end with the program that runs them: it does not call process.Init, or does without shims"

// warnNoLimits is what a pod hears that has limits nobody enforces.
const warnNoLimits = "the limits of cpu and memory are not enforced: that takes a shim"

// newSandbox makes the sandbox of a pod, with its keeper.
func (r *Runtime) newSandbox(p *pod.Pod) (*sandbox, error) {
	s := r.blank(p.UID)
	q, err := r.sandboxRequest(p, s.dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	if err := s.keep(q, r.shims()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

// blank returns a sandbox without a keeper.
func (r *Runtime) blank(uid pod.UID) *sandbox {
	return &sandbox{
		uid:    uid,
		dir:    filepath.Join(r.dir, "pods", string(uid)),
		notify: r.announce,
		news:   make(chan struct{}),
	}
}

// shims reports whether new pods get shims.
func (r *Runtime) shims() bool { return shimsWork && initialized.Load() && !r.cfg.InProgram }

// keep gives a new sandbox its keeper.
func (s *sandbox) keep(q sandboxRequest, withShim bool) error {
	if withShim {
		k, err := startShim(q, s.ring, s.setStopped)
		if err != nil {
			return err
		}
		s.take(k)
		return nil
	}
	j, err := openJournal(s.dir)
	if err != nil {
		return err
	}
	s.warnings = []string{warnNoShim}
	if q.Resources != nil {
		s.warnings = append(s.warnings, warnNoLimits)
	}
	s.keeper = newLocal(s.attemptDir, s.ring)
	s.journal = j
	return nil
}

// take makes a shim the keeper.
func (s *sandbox) take(k *remote) {
	hello := k.greeting()
	s.keeper, s.warnings, s.mounts = k, hello.Sandbox.Warnings, hello.Sandbox.Mounts
	if hello.Record.Ended {
		s.mu.Lock()
		s.stopped = true
		s.mu.Unlock()
	}
	if !hello.Sandbox.Network {
		return
	}
	for _, text := range hello.Sandbox.Addresses {
		if ip, err := netip.ParseAddr(text); err == nil {
			s.ips = append(s.ips, ip)
		}
	}
}

// close ends the keeper.
func (s *sandbox) close() error {
	err := s.keeper.close()
	s.noting.Lock()
	defer s.noting.Unlock()
	if s.journal == nil {
		return err
	}
	j := s.journal
	s.journal = nil
	return errors.Join(err, j.close())
}

// adopt finds the pods that are in the runtime's folder already.
func (r *Runtime) adopt() error {
	folders, err := os.ReadDir(filepath.Join(r.dir, "pods"))
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range folders {
		s := r.blank(pod.UID(f.Name()))
		if err := s.find(); err != nil {
			errs = append(errs, err)
		} else if s.keeper != nil {
			r.pods[s.uid] = s
		}
	}
	return errors.Join(errs...)
}

// find gives a sandbox the keeper that it had. A folder in which nothing was ever started is removed.
func (s *sandbox) find() error {
	if k, err := findShim(s.dir, s.ring, s.setStopped); err == nil {
		s.take(k)
		return nil
	}
	if _, err := os.Stat(filepath.Join(s.dir, journalName)); errors.Is(err, os.ErrNotExist) {
		return os.RemoveAll(s.dir)
	}
	left, err := bury(s.dir)
	if err != nil {
		return err
	}
	s.keeper, s.stopped = left, true
	return nil
}
