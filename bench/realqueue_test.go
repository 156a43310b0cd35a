package bench

import (
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// gatedQueue is a work queue that hands out a key only when it is told to, so that what a controller does next does not depend on
// which goroutine is faster. Otherwise it does as client-go's do, whose rate limiter it has.
type gatedQueue[T comparable] struct {
	workqueue.TypedRateLimiter[T]
	mu         sync.Mutex
	waiting    []waitingKey[T]
	ready      []T
	processing map[T]bool
	again      map[T]bool
	out        chan T
	shut       chan struct{}
	closed     bool
}

type waitingKey[T comparable] struct {
	key T
	at  time.Time
}

func newGatedQueue[T comparable]() *gatedQueue[T] {
	return &gatedQueue[T]{
		TypedRateLimiter: workqueue.DefaultTypedControllerRateLimiter[T](),
		processing:       map[T]bool{}, again: map[T]bool{}, out: make(chan T), shut: make(chan struct{}),
	}
}

func (q *gatedQueue[T]) Add(key T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(key)
}

func (q *gatedQueue[T]) add(key T) {
	switch {
	case q.processing[key]:
		q.again[key] = true
	case !slices.Contains(q.ready, key):
		q.ready = append(q.ready, key)
	}
}

// AddAfter adds the key later. Of several times the earliest counts.
func (q *gatedQueue[T]) AddAfter(key T, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d <= 0 {
		q.add(key)
		return
	}
	at := time.Now().Add(d)
	i := slices.IndexFunc(q.waiting, func(w waitingKey[T]) bool { return w.key == key })
	switch {
	case i < 0:
		q.waiting = append(q.waiting, waitingKey[T]{key, at})
	case at.Before(q.waiting[i].at):
		q.waiting[i].at = at
	}
	slices.SortStableFunc(q.waiting, func(a, b waitingKey[T]) int { return a.at.Compare(b.at) })
}

func (q *gatedQueue[T]) AddRateLimited(key T) { q.AddAfter(key, q.When(key)) }

func (q *gatedQueue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ready)
}

// Get waits for release.
func (q *gatedQueue[T]) Get() (key T, shutdown bool) {
	select {
	case key = <-q.out:
		return key, false
	case <-q.shut:
		return key, true
	}
}

func (q *gatedQueue[T]) Done(key T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.processing, key)
	if q.again[key] {
		delete(q.again, key)
		q.add(key)
	}
}

func (q *gatedQueue[T]) ShutDown() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.shut)
	}
}

func (q *gatedQueue[T]) ShutDownWithDrain() { q.ShutDown() }

func (q *gatedQueue[T]) ShuttingDown() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// release hands the first key that is due to a worker that waits for one, and reports whether there were both.
func (q *gatedQueue[T]) release() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 && !q.waiting[0].at.After(time.Now()) {
		key := q.waiting[0].key
		q.waiting = q.waiting[1:]
		q.add(key)
	}
	if len(q.ready) == 0 {
		return false
	}
	key := q.ready[0]
	select {
	case q.out <- key:
		q.ready = q.ready[1:]
		q.processing[key] = true
		return true
	default:
		return false
	}
}

// due is when the next key falls due that does not yet; the zero time if none waits.
func (q *gatedQueue[T]) due() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return time.Time{}
	}
	return q.waiting[0].at
}
