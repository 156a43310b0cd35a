package disk

import (
	"sync"

	"github.com/podlife/podlife/pod"
)

// locks holds one lock for each UID in use. The zero value is ready.
type locks struct {
	mu   sync.Mutex
	held map[pod.UID]*lock
}

type lock struct {
	sync.Mutex
	users int
}

// lock waits until uid is free, takes it, and returns what gives it back.
func (l *locks) lock(uid pod.UID) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = make(map[pod.UID]*lock)
	}
	one := l.held[uid]
	if one == nil {
		one = new(lock)
		l.held[uid] = one
	}
	one.users++
	l.mu.Unlock()
	one.Lock()
	return func() { l.unlock(uid, one) }
}

func (l *locks) unlock(uid pod.UID, one *lock) {
	one.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(l.held, uid)
	}
}
