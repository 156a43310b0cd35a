package local

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/node/static"
	"github.com/podlife/podlife/storage/disk"
)

// Config says what a node is made of. Dir must be set; the zero value of all else is the usual.
type Config struct {
	// Dir is the node's own folder, made where it does not exist.
	Dir string
	// Manifests is a folder of static pods; empty means none.
	Manifests string
	// Ranges are where the pods' addresses come from, at most one of each family, the primary one first. Nil means 10.88.0.0/16.
	Ranges []netip.Prefix
	// Agent is the rest of the agent's configuration. Where its Runtime, Volumes, Addresses or Store is set, that is taken.
	Agent node.Config
	// Process is the configuration of the runtime; its Dir is DIR/runtime where it is empty.
	Process process.Config
	// Volumes are the options of the volumes' driver.
	Volumes disk.Options
	// Publisher shows mirrors of the static pods. Nil shows none.
	Publisher static.Publisher
	// AllowReferences takes static pods that refer to config maps, secrets and other objects.
	AllowReferences bool
}

// Node is an agent with all that it needs. Make one with Open. It is safe for concurrent use.
type Node struct {
	*node.Agent
	// Static are the pods out of Config.Manifests, nil where there is no such folder.
	Static *static.Pods

	runtime *process.Runtime
	store   *node.FileStore
	keep    bool
}

// Open makes a node, with the pods that an earlier one in the same folder left behind. Close it when it is of no more use.
func Open(c Config) (*Node, error) {
	if c.Dir == "" {
		return nil, errors.New("local: Config.Dir is not set")
	}
	n := &Node{keep: c.Agent.LeaveRunning}
	if err := n.open(c); err != nil {
		n.keep = true
		return nil, errors.Join(fmt.Errorf("node in %q: %w", c.Dir, err), n.Close())
	}
	return n, nil
}

func (n *Node) open(c Config) (err error) {
	a := c.Agent
	if a.Store == nil {
		if n.store, err = node.OpenStore(filepath.Join(c.Dir, "store")); err != nil {
			return err
		}
		a.Store = n.store
	}
	if a.Runtime == nil {
		if c.Process.Dir == "" {
			c.Process.Dir = filepath.Join(c.Dir, "runtime")
		}
		if n.runtime, err = process.New(c.Process); err != nil {
			return err
		}
		a.Runtime = n.runtime
	}
	if a.Volumes == nil {
		if a.Volumes, err = disk.Open(filepath.Join(c.Dir, "volumes"), c.Volumes); err != nil {
			return err
		}
	}
	if a.Addresses == nil {
		if c.Ranges == nil {
			c.Ranges = []netip.Prefix{netip.MustParsePrefix("10.88.0.0/16")}
		}
		if a.Addresses, err = node.VirtualAddresses(c.Ranges...); err != nil {
			return err
		}
	}
	if n.Agent, err = node.New(a); err != nil || c.Manifests == "" {
		return err
	}
	n.Static, err = static.New(static.Config{
		Node: n.Agent, Source: static.Folder(c.Manifests), NodeName: a.NodeName, Publisher: c.Publisher,
		AllowReferences: c.AllowReferences, Log: a.Log,
	})
	return err
}

// Run runs the pods until ctx is done; see node.Agent.Run.
func (n *Node) Run(ctx context.Context) error {
	var all sync.WaitGroup
	if n.Static != nil {
		all.Go(func() { n.Static.Run(ctx) })
	}
	err := n.Agent.Run(ctx)
	all.Wait()
	return err
}

// Close gives the node's folder back, when Run has returned. Unless Config.Agent.LeaveRunning is set, it kills what still runs.
func (n *Node) Close() error {
	var errs []error
	if n.runtime != nil && !n.keep {
		errs = append(errs, n.runtime.Close())
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	return errors.Join(errs...)
}
