package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// Config says what a cluster is like. The zero Config is a good one.
type Config struct {
	// Seed makes UIDs and generated names. The same seed gives the same ones.
	Seed uint64
	// Start is the time at which the cluster begins; the zero Time means the beginning of 2026, UTC.
	Start time.Time
	// NodeName is the name of the node; empty means "node".
	NodeName string
	// HostIP is the node's address; the zero Addr means 192.0.2.2.
	HostIP netip.Addr
	// PodRanges are where pods get their addresses from, one range for each family; none means 10.88.0.0/16.
	PodRanges []netip.Prefix
	// Machine says in what the node differs from Kubernetes' defaults. HostIPs in it is filled in.
	Machine lifecycle.Config
	// Sources are the config maps, secrets and so on of a pod; nil means that whatever a pod refers to exists.
	Sources func(*pod.Pod) pod.Sources
}

// Cluster is pods on a node in virtual time. Make one with New. Where a method takes a pod.Key, an empty Namespace means
// "default".
type Cluster struct {
	cfg     Config
	machine *lifecycle.Config
	now     time.Time
	random  *rand.ChaCha8
	numbers *rand.Rand
	ips     *network.Pool
	members []*member // those of which anything is left, in the order of creation
	all     []*member // every one that ever was, in the same order
}

// Errors of a Cluster, to be found with errors.Is.
var (
	// ErrExists says that a pod of this name lives already.
	ErrExists = errors.New("already exists")
	// ErrNotFound says that no pod of this name lives.
	ErrNotFound = errors.New("not found")
)

// New makes a cluster with one node and no pods.
func New(cfg Config) (*Cluster, error) {
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if cfg.NodeName == "" {
		cfg.NodeName = "node"
	}
	if !cfg.HostIP.IsValid() {
		cfg.HostIP = netip.MustParseAddr("192.0.2.2")
	}
	if len(cfg.PodRanges) == 0 {
		cfg.PodRanges = []netip.Prefix{netip.MustParsePrefix("10.88.0.0/16")}
	}
	if cfg.Sources == nil {
		cfg.Sources = script.Assume
	}
	var ranges []*network.Range
	for _, p := range cfg.PodRanges {
		r, err := network.NewRange(network.RangeConfig{Prefix: p})
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, r)
	}
	ips, err := network.NewPool(ranges...)
	if err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, now: cfg.Start.UTC().Round(0), ips: ips, random: rand.NewChaCha8(seed(cfg.Seed))}
	c.numbers = rand.New(c.random)
	machine := cfg.Machine
	machine.HostIPs = []netip.Addr{cfg.HostIP}
	c.machine = &machine
	return c, nil
}

func seed(n uint64) (s [32]byte) {
	for i := range 8 {
		s[i] = byte(n >> (8 * i))
	}
	return s
}

// Now is the cluster's time.
func (c *Cluster) Now() time.Time { return c.now }

// Create makes a pod out of the manifest p, which is not changed: defaulted, checked, given a UID, and bound to the node
// unless a scheduling gate holds it back. Its containers behave as s says; nil means as script.Plausible says. What
// happens at once has happened when Create returns: a container without a pull in the script runs, and is ready if its
// first probe says so.
//
// The error is a pod.Errors if the manifest is not valid, a nil one included, and wraps ErrExists if a pod of this name
// lives.
func (c *Cluster) Create(p *pod.Pod, s *script.Script) (*pod.Pod, error) {
	if p == nil {
		p = &pod.Pod{}
	}
	next := p.Clone()
	if next.Spec.NodeName == "" && len(next.Spec.SchedulingGates) == 0 {
		next.Spec.NodeName = c.cfg.NodeName
	}
	id, err := uuid.NewRandomFromReader(c.random)
	if err != nil {
		return nil, err
	}
	pod.SetDefaults(next)
	pod.PrepareCreate(next, pod.Creation{
		UID: pod.UID(id.String()), Now: pod.NewTime(c.now), NameSuffix: naming.Generate("", c.numbers.IntN),
	})
	if errs := pod.Validate(next); len(errs) > 0 {
		return nil, errs
	}
	if c.find(next.Key()) != nil {
		return nil, fmt.Errorf("pod %q: %w", next.Key(), ErrExists)
	}
	if s == nil {
		s = script.Plausible(next)
	}
	if err := s.Check(next); err != nil {
		return nil, fmt.Errorf("pod %q: %w", next.Key(), err)
	}
	return c.admit(next, s)
}

// admit gives the new pod what it needs to live, and lets it begin.
func (c *Cluster) admit(p *pod.Pod, s *script.Script) (*pod.Pod, error) {
	machine, err := lifecycle.New(p, c.machine)
	if err != nil {
		return nil, err
	}
	addrs, err := c.ips.Acquire(c.now, network.HolderOf(p))
	if err != nil {
		return nil, fmt.Errorf("pod %q: %w", p.Key(), err)
	}
	m := &member{cluster: c, object: p, created: c.now}
	m.history = history.History{Scenario: p.Name, Events: []history.Event{}}
	m.life = script.Life{
		Machine: machine,
		Engine:  script.New(p, s, script.Node{IPs: addresses(addrs), Sources: c.cfg.Sources(p)}),
		Watch:   m.watch,
	}
	c.members, c.all = append(c.members, m), append(c.all, m)
	m.record()
	m.life.Do(c.now, lifecycle.Input{})
	return m.object, nil
}

func addresses(a network.Addrs) []netip.Addr {
	if a.Secondary.IsValid() {
		return []netip.Addr{a.Primary, a.Secondary}
	}
	return []netip.Addr{a.Primary}
}

// whole is the key with its namespace.
func whole(key pod.Key) pod.Key {
	if key.Namespace == "" {
		key.Namespace = pod.NamespaceDefault
	}
	return key
}

func (c *Cluster) find(key pod.Key) *member {
	key = whole(key)
	for _, m := range c.members {
		if m.object != nil && m.object.Key() == key {
			return m
		}
	}
	return nil
}

func (c *Cluster) living(key pod.Key) (*member, error) {
	if m := c.find(key); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("pod %q: %w", whole(key), ErrNotFound)
}

// Pod is the living pod of that name, as its object now is; nil if there is none. It is not to be written to.
func (c *Cluster) Pod(key pod.Key) *pod.Pod {
	if m := c.find(key); m != nil {
		return m.object
	}
	return nil
}

// Pods are all living pods in the order of their creation.
func (c *Cluster) Pods() []*pod.Pod {
	out := make([]*pod.Pod, 0, len(c.members))
	for _, m := range c.members {
		if m.object != nil {
			out = append(out, m.object)
		}
	}
	return out
}

// History is what has been published so far of the latest pod that was of that name; nil if there never was one.
// It is the cluster's own and grows with time.
func (c *Cluster) History(key pod.Key) *history.History {
	key = whole(key)
	for _, m := range slices.Backward(c.all) {
		if m.key == key {
			return &m.history
		}
	}
	return nil
}

// Explain says in one sentence why the pod is as it is, and what it waits for.
func (c *Cluster) Explain(key pod.Key) (string, error) {
	m, err := c.living(key)
	if err != nil {
		return "", err
	}
	return m.life.Machine.Explain(), nil
}

// retire lets go of a pod of which nothing is left.
func (c *Cluster) retire(m *member) {
	if m.object != nil || !m.life.Machine.Ended() {
		return
	}
	if i := slices.Index(c.members, m); i >= 0 {
		c.members = slices.Delete(c.members, i, i+1)
		c.ips.Release(c.now, m.life.Machine.Pod().UID)
	}
}
