package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// The keys of the documents in a Store. A pod has one of each kind, named by its UID: the object is written by whoever changes it,
// the state by the pod's worker.
const (
	objectKey = "pod/"
	stateKey  = "state/"
	// eventKey is followed by the UID and by a number: each event is a document of its own, written by the pod's worker.
	eventKey = "event/"
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

// savedEvent is an event and how often it has happened.
type savedEvent struct {
	Container string    `json:"container,omitempty"`
	Type      string    `json:"type"`
	Reason    string    `json:"reason"`
	Message   string    `json:"message"`
	Count     int       `json:"count"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// keyOf is the key under which the store has an event.
func keyOf(e *Event) string { return fmt.Sprintf("%s%s/%d", eventKey, e.UID, e.slot) }

// eventLag is how long an event may be known to the agent alone: nothing waits for it, and of many that are alike one is written.
const eventLag = time.Second

// saveEvents keeps what was said until a time, with the counts, and forgets what there is no room for. Where that fails, a later agent
// counts less.
func (w *worker) saveEvents(until time.Time) {
	if len(w.said) == 0 || w.said[0].Last.After(until) {
		return
	}
	n := 0
	latest := map[int]*Event{}
	for ; n < len(w.said) && !w.said[n].Last.After(until); n++ {
		latest[w.said[n].slot] = &w.said[n]
	}
	var unsaid []Event
	if n == len(w.said) {
		unsaid, w.unsaid = w.unsaid, nil
	}
	if store := w.agent.cfg.Store; store != nil {
		if err := writeEvents(store, latest, unsaid); err != nil {
			w.log.Error("events of the pod cannot be remembered", "err", err)
		}
	}
	w.said = slices.Clone(w.said[n:])
}

func writeEvents(store Store, said map[int]*Event, unsaid []Event) error {
	var errs []error
	for _, slot := range slices.Sorted(maps.Keys(said)) {
		e := said[slot]
		b, err := json.Marshal(savedEvent{e.Container, e.Type, string(e.Reason), e.Message, e.Count, e.First, e.Last})
		if err == nil {
			err = store.Put(keyOf(e), b)
		}
		errs = append(errs, err)
	}
	for i := range unsaid {
		errs = append(errs, store.Delete(keyOf(&unsaid[i])))
	}
	return errors.Join(errs...)
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
	errs := []error{store.Delete(objectKey + string(w.uid)), store.Delete(stateKey + string(w.uid))}
	w.agent.mu.Lock()
	events := w.tally.events
	w.tally.events = nil
	w.agent.mu.Unlock()
	for i := range events {
		errs = append(errs, store.Delete(keyOf(&events[i])))
	}
	if err := errors.Join(errs...); err != nil {
		w.log.Error("the pod cannot be forgotten", "err", err)
	}
}

// load brings back the pods that the store remembers.
func (a *Agent) load() error {
	if a.cfg.Store == nil {
		return nil
	}
	m := memory{objects: map[string]savedObject{}, states: map[string]savedState{}, events: map[string][]Event{}}
	err := a.cfg.Store.All(func(key string, document []byte) error {
		if err := m.take(key, document); err != nil {
			a.cfg.Log.Error("a document of the store cannot be read", "key", key, "err", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range append(m.outdated(), m.strays()...) {
		if err := a.cfg.Store.Delete(key); err != nil {
			a.cfg.Log.Error("a document of the store cannot be forgotten", "key", key, "err", err)
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(m.objects)) {
		o := m.objects[uid]
		if o.Pod != nil && string(o.Pod.UID) == uid {
			err = errors.Join(err, a.restore(o, m.states[uid], m.events[uid]))
		}
	}
	return err
}

// memory is what a store has, by UID.
type memory struct {
	objects map[string]savedObject
	states  map[string]savedState
	events  map[string][]Event
}

// outdated takes out the pods that have gone and could not be forgotten at the time, and returns their keys: another has their name, which
// a pod keeps as long as anything of it is left.
func (m *memory) outdated() (keys []string) {
	newer := map[pod.Key]bool{}
	for _, o := range m.objects {
		if o.Pod != nil && o.Pod.DeletionTimestamp == nil {
			newer[nameOf(o.Pod)] = true
		}
	}
	for uid, o := range m.objects {
		if o.Pod != nil && o.Pod.DeletionTimestamp != nil && newer[nameOf(o.Pod)] {
			delete(m.objects, uid)
			keys = append(keys, objectKey+uid)
		}
	}
	slices.Sort(keys)
	return keys
}

// take takes in one document. A key that is not known is left alone.
func (m *memory) take(key string, document []byte) (err error) {
	if uid, ok := strings.CutPrefix(key, objectKey); ok {
		m.objects[uid], err = decode[savedObject](document)
	} else if uid, ok := strings.CutPrefix(key, stateKey); ok {
		m.states[uid], err = decode[savedState](document)
	} else if rest, ok := strings.CutPrefix(key, eventKey); ok {
		uid, number, _ := strings.Cut(rest, "/")
		var e Event
		e, err = decodeEvent(uid, number, document)
		m.events[uid] = append(m.events[uid], e)
	}
	return err
}

func decodeEvent(uid, number string, document []byte) (Event, error) {
	slot, err := strconv.Atoi(number)
	s, fault := decode[savedEvent](document)
	return Event{
		UID: pod.UID(uid), Container: s.Container, Type: s.Type, Reason: lifecycle.EventReason(s.Reason), Message: s.Message,
		Count: s.Count, First: s.First, Last: s.Last, slot: slot,
	}, errors.Join(err, fault)
}

// strays are the keys of what belongs to no pod, and of events that could not be read.
func (m *memory) strays() (keys []string) {
	for uid := range m.states {
		if _, ok := m.objects[uid]; !ok {
			keys = append(keys, stateKey+uid)
		}
	}
	for uid, events := range m.events {
		_, known := m.objects[uid]
		for i := range events {
			if !known || events[i].Count == 0 {
				keys = append(keys, keyOf(&events[i]))
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func decode[T any](document []byte) (T, error) {
	var v T
	err := json.Unmarshal(document, &v)
	return v, err
}

// restore brings back one pod. Where its state is not known it begins anew, with what the runtime shows of it.
func (a *Agent) restore(o savedObject, s savedState, events []Event) error {
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
	for _, e := range events {
		if e.Count > 0 {
			e.Namespace, e.Name = w.name.Namespace, w.name.Name
			w.tally.restore(e)
		}
	}
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

// warnOfClashes says which containers of a pod declare one port. Kubernetes accepts such a pod, too.
func (w *worker) warnOfClashes() {
	for _, clash := range network.Clashes(w.object) {
		w.log.Warn("two containers of the pod declare one port", "err", clash)
	}
}
