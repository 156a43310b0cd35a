package node

import (
	"context"
	"iter"
)

// A feed is a sequence that grows, read from where a reader came in by any number of readers, each at its own pace. Nothing is
// lost, and what all readers have passed is forgotten. One goroutine at a time may write.
type feed[T any] struct {
	tail   *link[T]
	closed bool
}

// A link is one value and the way to the next. A reader may look at it once ready is closed.
type link[T any] struct {
	ready chan struct{}
	value T
	next  *link[T]
}

func newFeed[T any]() feed[T] { return feed[T]{tail: &link[T]{ready: make(chan struct{})}} }

// add appends a value. After close it does nothing.
func (f *feed[T]) add(v T) {
	if f.closed {
		return
	}
	l := f.tail
	l.value, l.next = v, &link[T]{ready: make(chan struct{})}
	f.tail = l.next
	close(l.ready)
}

// close ends the sequence.
func (f *feed[T]) close() {
	if !f.closed {
		f.closed = true
		close(f.tail.ready)
	}
}

// follow yields first, and then what is added after the link, until ctx is done or the feed ends.
func follow[T any](ctx context.Context, first []T, l *link[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, v := range first {
			if ctx.Err() != nil || !yield(v) {
				return
			}
		}
		for at := l; ; at = at.next {
			select {
			case <-at.ready:
			case <-ctx.Done():
				return
			}
			if at.next == nil || ctx.Err() != nil || !yield(at.value) {
				return
			}
		}
	}
}
