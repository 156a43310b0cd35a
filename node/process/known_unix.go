//go:build unix

package process

import (
	"sync"
	"sync/atomic"
)

// subreaper says that orphans of this program's descendants become its children.
var subreaper atomic.Bool

// known are the children that this program started and has not reaped.
var known children

// children is a set of process numbers. It is safe for concurrent use.
type children struct {
	mu  sync.Mutex
	set map[int]bool
}

func (c *children) add(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set == nil {
		c.set = map[int]bool{}
	}
	c.set[pid] = true
}

func (c *children) remove(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.set, pid)
}

func (c *children) has(pid int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set[pid]
}
