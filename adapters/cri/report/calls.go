//go:build linux

package main

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// calls is a log that adds up how long the engine takes for each kind of call.
type calls struct {
	mu    sync.Mutex
	spent map[string]time.Duration
}

func (c *calls) Enabled(context.Context, slog.Level) bool { return true }
func (c *calls) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *calls) WithGroup(string) slog.Handler            { return c }

func (c *calls) Handle(_ context.Context, r slog.Record) error {
	var name string
	var took time.Duration
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "name":
			name = a.Value.String()
		case "took":
			took = a.Value.Duration()
		}
		return true
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent[name] += took
	return nil
}

// reset forgets all calls.
func (c *calls) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent = map[string]time.Duration{}
}

// total is how long the calls of those names took since reset.
func (c *calls) total(names ...string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sum time.Duration
	for _, name := range names {
		sum += c.spent[name]
	}
	return sum
}
