package cri

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/podlife/podlife/pod"
)

// A watcher notices what changes on the engine, and tells the listener whose pod it was. It polls, quickly while things change and
// ever more slowly when they do not, and it listens to the engine's events where it has any; then the polls are but a safety net. See
// stream for the events.
type watcher struct {
	engine *engine
	owner  string
	poll   Poll
	log    *slog.Logger
	haste  chan int // how many quick looks, see hurry
	// beside runs as long as there is a listener, beside the polls; nil is nothing.
	beside func(ctx context.Context)
	// streaming says that events arrive.
	streaming atomic.Bool
	// paused counts the calls of this program that are making something: their outcome is looked at afterwards anyway.
	paused atomic.Int32

	mu       sync.Mutex
	listener *listener
	closed   bool

	// The polling goroutine's own: what the engine showed last, nil before the first look; whether it did not answer.
	shown map[string]object
	lost  bool
}

// listener is who is told, until its context ends.
type listener struct {
	changed func(pod.UID)
	cancel  context.CancelFunc
	ended   sync.WaitGroup
}

// object is a sandbox or container of a pod, in a state.
type object struct {
	uid   pod.UID
	state int32
}

func newWatcher(e *engine, owner string, p Poll, log *slog.Logger) *watcher {
	return &watcher{engine: e, owner: owner, poll: p, log: log, haste: make(chan int, 1)}
}

// notify makes changed the listener, in the place of the one before.
func (w *watcher) notify(changed func(pod.UID)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{changed: changed, cancel: cancel}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silence(w.listener)
	if w.closed {
		cancel()
		return cancel
	}
	w.listener, w.shown, w.lost = l, nil, false
	l.ended.Go(func() { w.run(ctx, l) })
	if !w.poll.NoEvents {
		l.ended.Go(func() { w.stream(ctx, l) })
	}
	if w.beside != nil {
		l.ended.Go(func() { w.beside(ctx) })
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.silence(l)
	}
}

// silence ends a listener's goroutines. The caller holds the lock.
func (w *watcher) silence(l *listener) {
	if l == nil {
		return
	}
	l.cancel()
	l.ended.Wait()
	if w.listener == l {
		w.listener = nil
	}
}

func (w *watcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.silence(w.listener)
}

// pause makes the polls rare until it is called off.
func (w *watcher) pause() (resume func()) {
	w.paused.Add(1)
	return func() { w.paused.Add(-1) }
}

// hurry says that something has changed and more may soon: the next few looks are quick ones, at least one.
func (w *watcher) hurry(looks int) {
	select {
	case w.haste <- looks:
	default:
	}
}

// run polls until ctx is done. Haste brings the next look forward, and never puts it off.
func (w *watcher) run(ctx context.Context, l *listener) {
	wait, quick := time.Duration(0), 0
	due := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case looks := <-w.haste:
			quick = max(quick, looks)
			if wait = 0; time.Until(due) <= w.poll.Quick {
				continue
			}
		case <-timer.C:
			quick = max(quick-1, 0)
			if w.look(ctx, l) || quick > 0 {
				wait = 0
			}
		}
		wait = min(max(2*wait, w.poll.Quick), w.slowest())
		if w.paused.Load() > 0 {
			wait = w.poll.Slow
		}
		due = time.Now().Add(wait)
		timer.Reset(wait)
	}
}

// slowest is the longest time between two looks, as things are.
func (w *watcher) slowest() time.Duration {
	if !w.lost && (len(w.shown) == 0 || w.streaming.Load()) {
		return w.poll.Safety
	}
	return w.poll.Slow
}

// look looks at the engine, tells the listener of every pod that is not as it was, and reports whether there was any. After the engine
// has been away, that is every pod there is or was.
func (w *watcher) look(ctx context.Context, l *listener) bool {
	now, err := w.objects(ctx)
	if err != nil {
		if ctx.Err() == nil && !w.lost {
			w.lost = true
			w.log.Warn("the engine does not answer", "err", err)
		}
		return false
	}
	back := w.lost
	if w.lost = false; back {
		w.log.Info("the engine answers again")
	}
	uids := differing(w.shown, now, back)
	first := w.shown == nil
	w.shown = now
	if first {
		return false
	}
	for _, uid := range uids {
		l.changed(uid)
	}
	return len(uids) > 0
}

// objects returns all that the engine has of the owner.
func (w *watcher) objects(ctx context.Context) (map[string]object, error) {
	boxes, containers, err := w.engine.all(ctx, w.owner, "")
	if err != nil {
		return nil, err
	}
	out := make(map[string]object, len(boxes)+len(containers))
	for _, box := range boxes {
		out[box.Id] = object{pod.UID(box.Labels[labelPodUID]), int32(box.State)}
	}
	for _, c := range containers {
		out[c.Id] = object{pod.UID(c.Labels[labelPodUID]), int32(c.State)}
	}
	return out, nil
}

// differing returns the pods of which one look shows anything else than the other, or all, in order.
func differing(before, now map[string]object, all bool) []pod.UID {
	uids := map[pod.UID]bool{}
	for id, o := range now {
		if all || before[id] != o {
			uids[o.uid] = true
		}
	}
	for id, o := range before {
		if _, ok := now[id]; all || !ok {
			uids[o.uid] = true
		}
	}
	return slices.Sorted(maps.Keys(uids))
}
