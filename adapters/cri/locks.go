package cri

import (
	"slices"
	"sync"

	"github.com/podlife/podlife/pod"
)

// locks has a lock for each key that is in use. The zero value has none.
type locks struct {
	mu   sync.Mutex
	held map[string]*counted
}

// counted is a lock and how many have it or wait for it.
type counted struct {
	sync.Mutex
	users int
}

// lock waits for the lock of a key and returns what gives it back.
func (l *locks) lock(key string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*counted{}
	}
	c := l.held[key]
	if c == nil {
		c = &counted{}
		l.held[key] = c
	}
	c.users++
	l.mu.Unlock()
	c.Lock()
	return func() {
		c.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if c.users--; c.users == 0 {
			delete(l.held, key)
		}
	}
}

// without returns the UIDs of all that are not among live, in order and each once.
func without(all, live []pod.UID) []pod.UID {
	all = slices.DeleteFunc(slices.Clone(all), func(uid pod.UID) bool { return slices.Contains(live, uid) })
	slices.Sort(all)
	return slices.Compact(all)
}
