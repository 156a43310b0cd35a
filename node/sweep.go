package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/podlife/podlife/pod"
)

// What the runtime and the volumes' driver have of pods that are not on the node is removed before any pod is set going. What cannot be
// removed then is tried again as long as Run runs.

// sweep removes what belongs to no pod, and notes of the others which have their volumes. The caller holds the lock. The error is why
// something is left.
func (a *Agent) sweep(ctx context.Context) error {
	uids, err := a.heard(ctx)
	errs := []error{err}
	for _, uid := range uids {
		if a.byUID[uid] == nil {
			errs = append(errs, a.removeOrphan(ctx, uid))
		}
	}
	return errors.Join(append(errs, a.noteMounted())...)
}

// sweepAgain removes what belongs to no pod and could not be removed so far, until nothing is left or ctx is done. What
// is left is told when it changes.
func (a *Agent) sweepAgain(ctx context.Context, err error) {
	told := ""
	for wait := firstCleanWait; err != nil; wait = min(2*wait, maxCleanWait) {
		if text := err.Error(); text != told {
			a.cfg.Log.Error("something that belongs to no pod is left", "err", err)
			told = text
		}
		if !pause(ctx, wait) {
			return
		}
		err = a.sweepBeside(ctx)
	}
	a.cfg.Log.Info("nothing is left that belongs to no pod")
}

// sweepBeside removes what belongs to no pod while others run: nobody gets the UID of one that is just removed.
func (a *Agent) sweepBeside(ctx context.Context) error {
	uids, err := a.heard(ctx)
	errs := []error{err}
	for _, uid := range uids {
		if !a.reserve(uid) {
			continue
		}
		try, cancel := context.WithTimeout(ctx, cleanPatience)
		errs = append(errs, a.removeOrphan(try, uid))
		cancel()
		a.reserve("")
	}
	return errors.Join(errs...)
}

// reserve keeps a UID from new pods, in place of the one before; false where a pod has it.
func (a *Agent) reserve(uid pod.UID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byUID[uid] != nil {
		return false
	}
	a.reserved = uid
	return true
}

// heard are the UIDs that the runtime or the volumes' driver knows, in order. With an error they may be not all.
func (a *Agent) heard(ctx context.Context) (uids []pod.UID, err error) {
	if lister, ok := a.cfg.Runtime.(Lister); ok {
		uids, err = lister.Pods(ctx)
	}
	if a.cfg.Volumes != nil {
		mounted, fault := a.cfg.Volumes.Mounted()
		uids, err = append(uids, mounted...), errors.Join(err, fault)
	}
	slices.Sort(uids)
	return slices.Compact(uids), err
}

// removeOrphan takes away sandbox and volumes of a pod that is not on the node.
func (a *Agent) removeOrphan(ctx context.Context, uid pod.UID) error {
	if err := a.cfg.Runtime.StopSandbox(ctx, uid); err != nil {
		return fmt.Errorf("pod with uid %s: %w", uid, err)
	}
	var errs []error
	if a.cfg.Volumes != nil {
		errs = append(errs, a.cfg.Volumes.Unmount(uid))
	}
	if err := errors.Join(append(errs, a.cfg.Runtime.RemoveSandbox(ctx, uid))...); err != nil {
		return fmt.Errorf("pod with uid %s: %w", uid, err)
	}
	a.cfg.Log.Info("what was left of a pod that is not on the node is removed", "uid", string(uid))
	return nil
}

// noteMounted notes which pods have their volumes no more. The caller holds the lock.
func (a *Agent) noteMounted() error {
	if a.cfg.Volumes == nil {
		return nil
	}
	mounted, err := a.cfg.Volumes.Mounted()
	if err != nil {
		return err
	}
	for _, w := range a.byUID {
		w.mounted = w.mounted && slices.Contains(mounted, w.uid)
	}
	return nil
}

// pause waits, and reports whether it did so to the end.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
