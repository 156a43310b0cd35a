package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// The keys of the documents in a Store. A pod has one of each kind, named by its UID: the object is written by whoever changes it,
// the state by the pod's worker.
const (
	objectKey = "pod/"
	stateKey  = "state/"
)

// savedObject is the pod as its user wants it.
type savedObject struct {
	Pod *pod.Pod `json:"pod"`
	// Refusal is why the node does not run it.
	Refusal *Refusal `json:"refusal,omitempty"`
	// Given is the pod as the node runs it, where it has not the resources that it is wanted with, and Pending why.
	Given   *pod.Pod `json:"given,omitempty"`
	Pending *Refusal `json:"pending,omitempty"`
	// Victims are the pods that end so that this one can run.
	Victims []pod.UID `json:"victims,omitempty"`
}

// savedState is what the node has made of a pod.
type savedState struct {
	Machine lifecycle.Saved `json:"machine"`
	Mounted bool            `json:"mounted,omitempty"`
	IPs     []netip.Addr    `json:"ips,omitempty"`
}

// saveObject keeps the pod as it is now wanted. The caller holds the lock.
func (a *Agent) saveObject(o savedObject) error {
	if a.cfg.Store == nil {
		return nil
	}
	if o.Pending == nil {
		o.Given = nil
	}
	b, err := json.Marshal(o)
	if err == nil {
		err = a.cfg.Store.Put(objectKey+string(o.Pod.UID), b)
	}
	if err != nil {
		return fmt.Errorf("pod %q cannot be remembered: %w", nameOf(o.Pod), err)
	}
	return nil
}

// lasts reports whether a Step did what must be remembered before it is acted upon. A probe may run twice.
func lasts(in lifecycle.Input, out lifecycle.Output) bool {
	switch in.Kind {
	case lifecycle.Evict, lifecycle.Reject, lifecycle.Delete, lifecycle.Update:
		return true
	}
	for i := range out.Actions {
		if out.Actions[i].Kind != lifecycle.RunProbe {
			return true
		}
	}
	return out.Changed
}

// save keeps the state of the pod. Where that fails the pod lives on: what the runtime shows is enough to go on, though after a
// crash restart counts and back-off may be those of before.
func (w *worker) save() {
	store := w.agent.cfg.Store
	if store == nil {
		return
	}
	b, err := json.Marshal(savedState{w.machine.Save(), w.mounted, w.ips})
	if err == nil {
		err = store.Put(stateKey+string(w.uid), b)
	}
	if err != nil {
		w.log.Error("the state of the pod cannot be remembered", "err", err)
	}
}

// forget takes the pod out of the store: the object first, for a state without an object is nobody's.
func (w *worker) forget() {
	store := w.agent.cfg.Store
	if store == nil {
		return
	}
	if err := errors.Join(store.Delete(objectKey+string(w.uid)), store.Delete(stateKey+string(w.uid))); err != nil {
		w.log.Error("the pod cannot be forgotten", "err", err)
	}
}

// load brings back the pods that the store remembers.
func (a *Agent) load() error {
	if a.cfg.Store == nil {
		return nil
	}
	objects, states := map[string]savedObject{}, map[string]savedState{}
	var strays []string
	err := a.cfg.Store.All(func(key string, document []byte) error {
		var err error
		if uid, ok := strings.CutPrefix(key, objectKey); ok {
			objects[uid], err = decode[savedObject](document)
		} else if uid, ok := strings.CutPrefix(key, stateKey); ok {
			states[uid], err = decode[savedState](document)
			if _, ok := objects[uid]; !ok {
				strays = append(strays, key)
			}
		}
		if err != nil {
			a.cfg.Log.Error("a document of the store cannot be read", "key", key, "err", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range strays {
		err = errors.Join(err, a.cfg.Store.Delete(key))
	}
	for _, uid := range slices.Sorted(maps.Keys(objects)) {
		o := objects[uid]
		if o.Pod != nil && string(o.Pod.UID) == uid {
			err = errors.Join(err, a.restore(o, states[uid]))
		}
	}
	return err
}

func decode[T any](document []byte) (T, error) {
	var v T
	err := json.Unmarshal(document, &v)
	return v, err
}

// restore brings back one pod. Where its state is not known it begins anew, with what the runtime shows of it.
func (a *Agent) restore(o savedObject, s savedState) error {
	wanted, p := o.Pod, o.Pod
	if o.Given != nil && o.Pending != nil {
		p = o.Given
	}
	if n := p.Spec.NodeName; n != "" && n != a.cfg.NodeName {
		return fmt.Errorf("the store is that of node %q, and this is node %q", n, a.cfg.NodeName)
	}
	cfg := a.machineConfig(p)
	m, err := lifecycle.Restore(p, cfg, s.Machine, nil)
	if err != nil {
		if s.Machine.Version != 0 {
			a.cfg.Log.Error("a pod begins anew", "pod", nameOf(p).String(), "err", err)
		}
		if m, err = lifecycle.New(p, cfg); err != nil {
			return fmt.Errorf("pod %q: %w", nameOf(p), err)
		}
	}
	w := newWorker(a, wanted, m)
	w.given, w.spec, w.pending, w.victims = p, p, o.Pending, o.Victims
	w.unknown, w.mounted, w.ips = true, s.Mounted, s.IPs
	w.refusal, w.refused = o.Refusal, o.Refusal != nil
	w.wake = m.Wake()
	w.requests = append(w.requests, latest(w))
	a.adopt(w)
	a.pods[w.name], a.byUID[w.uid] = w, w
	a.show(w, Added)
	return nil
}

// latest is the pod as it is now wanted, of which the machine may not have heard before the program was killed.
func latest(w *worker) lifecycle.Input {
	if w.given.DeletionTimestamp != nil {
		return lifecycle.Input{Kind: lifecycle.Delete, Pod: w.given, Grace: w.given.DeletionGracePeriodSeconds}
	}
	return updateOf(w.object, w.given, w.pending)
}

// adopt gives a pod the addresses that it had.
func (a *Agent) adopt(w *worker) {
	keeper, ok := a.cfg.Addresses.(AddressAdopter)
	if !ok || len(w.ips) == 0 {
		return
	}
	if err := keeper.Adopt(w.object, w.ips); err != nil {
		w.log.Error("the pod has addresses that are not its own", "err", err)
	}
}

// sweep removes what belongs to no pod. The caller holds the lock.
func (a *Agent) sweep(ctx context.Context) {
	var live []pod.UID
	for _, w := range a.sorted() {
		live = append(live, w.uid)
	}
	a.sweepVolumes(live)
	if err := a.sweepRuntime(ctx); err != nil {
		a.cfg.Log.Error("what belongs to no pod is left in the runtime", "err", err)
	}
}

// sweepVolumes removes the volumes of pods that are not live, and notes of the others which are mounted.
func (a *Agent) sweepVolumes(live []pod.UID) {
	if a.cfg.Volumes == nil {
		return
	}
	swept, err := storage.Sweep(a.cfg.Volumes, live)
	for _, uid := range swept {
		a.cfg.Log.Info("volumes of no pod were removed", "uid", string(uid))
	}
	if err != nil {
		a.cfg.Log.Error("volumes of no pod are left", "err", err)
	}
	mounted := map[pod.UID]bool{}
	left, err := a.cfg.Volumes.Mounted()
	if err != nil {
		a.cfg.Log.Error("the driver does not say which volumes are mounted", "err", err)
		return
	}
	for _, uid := range left {
		mounted[uid] = true
	}
	for _, w := range a.byUID {
		w.mounted = w.mounted && mounted[w.uid]
	}
}

// sweepRuntime removes the sandboxes of pods that are not on the node.
func (a *Agent) sweepRuntime(ctx context.Context) error {
	lister, ok := a.cfg.Runtime.(Lister)
	if !ok {
		return nil
	}
	uids, err := lister.Pods(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, uid := range uids {
		if a.byUID[uid] != nil {
			continue
		}
		a.cfg.Log.Info("a sandbox of no pod is removed", "uid", string(uid))
		errs = append(errs, a.cfg.Runtime.StopSandbox(ctx, uid), a.cfg.Runtime.RemoveSandbox(ctx, uid))
	}
	return errors.Join(errs...)
}

// warnOfClashes says which containers of a pod declare one port. Kubernetes accepts such a pod, too.
func (w *worker) warnOfClashes() {
	for _, clash := range network.Clashes(w.object) {
		w.log.Warn("two containers of the pod declare one port", "err", clash)
	}
}
