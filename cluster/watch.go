package cluster

import (
	"context"
	"strconv"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// changes is the latest changes of one kind: a ring, so that it takes no more room than its limit.
type changes struct {
	limit   int
	ring    []change
	first   uint64 // the number of the oldest change in the ring, counted from 0
	next    uint64 // the number of the change to come
	dropped uint64 // the version of the latest change that is no longer there
	news    chan struct{}
}

// change is one write.
type change struct {
	version uint64
	was, is object.Object // nil for none; where the object has gone, was is its last state
	at      int64         // when it was stored, in Unix nanoseconds
}

func (h *changes) add(c change) {
	if h.next-h.first == uint64(h.limit) {
		h.dropped = h.ring[h.first%uint64(h.limit)].version
		h.first++
	}
	if len(h.ring) < h.limit {
		h.ring = append(h.ring, c)
	} else {
		h.ring[h.next%uint64(h.limit)] = c
	}
	h.next++
	h.tell()
}

// tell wakes those who wait for news.
func (h *changes) tell() {
	if h.news != nil {
		close(h.news)
		h.news = nil
	}
}

func (h *changes) at(n uint64) change { return h.ring[n%uint64(h.limit)] }

// after is the number of the first change after a version.
func (h *changes) after(version uint64) uint64 {
	lo, hi := h.first, h.next
	for lo < hi {
		if mid := (lo + hi) / 2; h.at(mid).version <= version {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// bookmarkEvery is how much time lies between two bookmarks of a watch.
const bookmarkEvery = time.Minute

// watch is a place in a history.
type watch struct {
	timer   // of a change that is shown late
	c       *Cluster
	shelf   *shelf
	filter  filter
	options WatchOptions
	start   []object.Object // to be shown as Added first
	cursor  uint64
	seen    uint64 // the version up to which everything has been shown
	marked  time.Time
	err     error
	done    chan struct{}
}

func (c *Cluster) newWatch(kind object.Kind, options WatchOptions) (*watch, error) {
	f, err := newFilter(kind, options.ListOptions)
	if err != nil {
		return nil, err
	}
	if kind == object.LeaseKind {
		c.storeLeases()
	}
	w := &watch{c: c, shelf: c.store.shelf(kind), filter: f, options: options, marked: c.now, done: make(chan struct{})}
	if options.ResourceVersion == "" || options.ResourceVersion == "0" {
		w.start, w.seen = c.list(w.shelf, f), c.store.version
	} else if w.seen, err = strconv.ParseUint(options.ResourceVersion, 10, 64); err != nil {
		return nil, refuse(pod.StatusReasonBadRequest, "resource version %q: expected a number, as a list or a watch gave it", options.ResourceVersion)
	}
	if w.seen < w.shelf.history.dropped {
		return nil, expired(w.seen, w.shelf.history.dropped)
	}
	if w.seen > c.store.version {
		return nil, refuse(pod.StatusReasonTimeout, "Too large resource version: %d, current: %d", w.seen, c.store.version)
	}
	w.cursor = w.shelf.history.after(w.seen)
	return w, nil
}

func expired(version, oldest uint64) error {
	return refuse(pod.StatusReasonExpired, "too old resource version: %d (%d)", version, oldest)
}

func (w *watch) Poll() (WatchEvent, bool) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	return w.poll()
}

func (w *watch) poll() (WatchEvent, bool) {
	if w.err != nil {
		return WatchEvent{}, false
	}
	if len(w.start) > 0 {
		o := w.start[0]
		w.start = w.start[1:]
		return WatchEvent{Added, object.Clone(o)}, true
	}
	h := &w.shelf.history
	if w.cursor < h.first {
		w.err = expired(w.seen, h.dropped)
		return WatchEvent{}, false
	}
	if w.cursor < h.next && w.c.faults.breaks(w.c.now) {
		w.err = expired(w.seen, w.c.store.version)
		return WatchEvent{}, false
	}
	for w.cursor < h.next {
		c := h.at(w.cursor)
		if w.holds(c) {
			return WatchEvent{}, false
		}
		w.cursor++
		w.seen = c.version
		if e, ok := w.filter.show(c); ok {
			return e, true
		}
	}
	return w.bookmark()
}

// holds reports whether a change is shown later only, and has those told then who wait for it.
func (w *watch) holds(c change) bool {
	at := c.at + int64(w.c.faults.delayOf(c, w.c.cfg.Seed))
	if at <= nanos(w.c.now) {
		return false
	}
	if w.timer.owner == nil {
		w.timer.owner, w.timer.order = w, turnUser.in(w.c.nextTurn())
	}
	w.c.times.set(&w.timer, at)
	return true
}

// ring tells those who wait for a change that one is there now.
func (w *watch) ring(*Cluster) { w.shelf.history.tell() }

func (w *watch) bookmark() (WatchEvent, bool) {
	if !w.options.Bookmarks || w.c.now.Sub(w.marked) < bookmarkEvery {
		return WatchEvent{}, false
	}
	w.marked, w.seen = w.c.now, w.c.store.version
	o := object.New(w.shelf.kind)
	o.Meta().ResourceVersion = strconv.FormatUint(w.seen, 10)
	return WatchEvent{Bookmark, o}, true
}

func (w *watch) Next(ctx context.Context) (WatchEvent, error) {
	for {
		w.c.mu.Lock()
		e, ok := w.poll()
		err, news := w.err, w.shelf.history.wait()
		w.c.mu.Unlock()
		switch {
		case ok:
			return e, nil
		case err != nil:
			return WatchEvent{}, err
		}
		select {
		case <-ctx.Done():
			return WatchEvent{}, ctx.Err()
		case <-w.done:
			return WatchEvent{}, ErrStopped
		case <-news:
		}
	}
}

// wait is closed with the next change.
func (h *changes) wait() <-chan struct{} {
	if h.news == nil {
		h.news = make(chan struct{})
	}
	return h.news
}

func (w *watch) Err() error {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	return w.err
}

func (w *watch) Stop() {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if w.err == nil {
		w.err = ErrStopped
		close(w.done)
	}
}

// show is how a watcher with this filter sees a change; ok is false if it does not see it.
func (f *filter) show(c change) (e WatchEvent, ok bool) {
	before, after := c.was != nil && f.matches(c.was), c.is != nil && f.matches(c.is)
	switch {
	case after && before:
		return WatchEvent{Modified, object.Clone(c.is)}, true
	case after:
		return WatchEvent{Added, object.Clone(c.is)}, true
	case before:
		last := object.Clone(c.was)
		last.Meta().ResourceVersion = strconv.FormatUint(c.version, 10)
		return WatchEvent{Deleted, last}, true
	}
	return WatchEvent{}, false
}
