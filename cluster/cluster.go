package cluster

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Config says what a cluster is like. The zero Config is a good one: a node, and all controllers.
type Config struct {
	// Seed makes UIDs, generated names and whatever else is random. The same seed gives the same ones.
	Seed uint64
	// Start is the time at which the cluster begins; the zero Time means the beginning of 2026, UTC.
	Start time.Time
	// Nodes are the nodes that there are from the beginning; see AddNode. None means one, called NodeName.
	Nodes []*object.Node
	// NodeName is the name of the only node of a cluster for which no others are given; empty means "node".
	NodeName string
	// HostIP is the address of the first node, which the others follow; the zero Addr means 192.0.2.2.
	HostIP netip.Addr
	// PodRanges are where pods get their addresses from, one range for each family; none means 10.88.0.0/16.
	PodRanges []netip.Prefix
	// Machine says in what nodes differ from Kubernetes' defaults. HostIPs in it is filled in.
	Machine lifecycle.Config
	// Sources are the config maps, secrets and so on of a pod; nil means that whatever a pod refers to exists.
	Sources func(*pod.Pod) pod.Sources
	// Behaviors say how pods behave: the first that matches a pod counts. A pod that none matches behaves as script.Plausible
	// says.
	Behaviors []Behavior
	// Usage is what a pod that runs uses at a time; nil, and a nil result, is that it is not known. It must not use the cluster. Of a node
	// whose pods use almost all of its memory or disk, pods are evicted: see SetSignal.
	Usage func(p *pod.Pod, now time.Time) *eviction.Usage
	// Pressure says when a node is short of something; without thresholds, where a kubelet's are, and a tenth of the process IDs.
	Pressure eviction.Config
	// Provision says how volumes are made for claims of a class with a provisioner; nil makes each at once. It must not use the cluster.
	Provision func(volume.Request) volume.Provisioning
	// Controllers are the user's own, which run beside those of Kubernetes.
	Controllers []controller.Controller
	// Without leaves out controllers of Kubernetes by their names, as in "replicaset-controller"; "*" leaves out all of them.
	Without []string
	// Disruption is in what the controllers that take pods away differ from Kubernetes' defaults.
	Disruption disruption.Config
	// Latency is how long controllers take to look after a change. 0 is no time at all: whatever follows from a change happens at
	// the instant of the change. In a real cluster it is some hundredths of a second.
	Latency time.Duration
	// WriteLatency is how long a write of a controller takes: the writes of one plan go out that much after one another, but for those
	// that Kubernetes' controllers do not wait for one by one, of pods. 0 is no time at all.
	WriteLatency time.Duration
	// Lags are how late controllers see objects: the first that matches a controller and a kind counts. What none matches is seen as it
	// is, and heard of at once.
	Lags []Lag
	// Scheduler places pods; nil is Kubernetes' own.
	Scheduler Scheduler
	// History is how many changes of each kind are remembered for watches; 0 means 4,096.
	History int
	// Awake is how many pods are kept whole; 0 means 16,384. Further ones, those to which nothing has happened for longest, take a few
	// hundred bytes each, and a look at one takes some microseconds. Nothing else tells the difference.
	Awake int
	// Histories is of how many pods, the latest, the whole history is kept for History; 0 means 1,000, and less than 0 none.
	Histories int
	// Chaos is what goes wrong by itself; nil is nothing.
	Chaos *Chaos
	// Check has every invariant of a cluster checked after every change, and panics for the first that is broken. It is for
	// tests of this package and of controllers; it is slow.
	Check bool
}

// Cluster is a Kubernetes cluster in memory and in virtual time. Make one with New. Where a method takes a pod.Key, an empty
// Namespace means "default".
type Cluster struct {
	mu sync.Mutex // guards everything below; let go while functions of the user's run

	cfg          Config
	now          time.Time
	random       *rand.ChaCha8
	numbers      *rand.Rand
	ips          *network.Pool
	store        store
	times        timeline
	hosts        map[string]*host
	lastHost     netip.Addr
	drivers      []*driver
	informers    []*informer // what drivers see whose controllers see late
	events       recorder
	garbage      collector
	placing      placer
	pasts        pasts
	faults       faults
	templates    templates
	sleepers     sleepers
	check        *checker
	scripts      map[pod.UID]*script.Script // of pods that were created with one of their own
	turns        uint64                     // counts what is queued
	wrote        time.Time                  // when an object last changed
	leasesStored bool                       // somebody watches leases
	follows      int                        // how many Follows run
	kick         chan struct{}              // tells Follow that something new is due
}

// Names of namespaces that every cluster has.
const (
	namespaceSystem = "kube-system"
	namespacePublic = "kube-public"
	namespaceLeases = "kube-node-lease"
)

// New makes a cluster. The error is about the Config.
func New(cfg Config) (*Cluster, error) {
	cfg.setDefaults()
	ips, err := newPool(cfg.PodRanges)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		cfg: cfg, now: cfg.Start.UTC().Round(0), random: rand.NewChaCha8(seed(cfg.Seed)), ips: ips,
		store: newStore(cfg.History), hosts: map[string]*host{}, lastHost: cfg.HostIP.Prev(),
		scripts: map[pod.UID]*script.Script{}, kick: make(chan struct{}, 1),
	}
	c.numbers = rand.New(c.random)
	c.wrote = c.now
	c.pasts.limit = cfg.Histories
	c.sleepers.awake, c.templates.c = cfg.Awake, c
	c.placing.init(c)
	c.garbage.init()
	c.faults.init(c)
	if cfg.Check {
		c.check = newChecker(c)
	}
	for _, k := range cfg.controllers() {
		c.drivers = append(c.drivers, newDriver(c, k))
	}
	for n, d := range c.drivers {
		d.user = n >= len(c.drivers)-len(cfg.Controllers)
		c.inform(d)
	}
	return c, c.furnish()
}

func (cfg *Config) setDefaults() {
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if cfg.NodeName == "" {
		cfg.NodeName = "node"
	}
	if len(cfg.Nodes) == 0 {
		cfg.Nodes = []*object.Node{{ObjectMeta: pod.ObjectMeta{Name: cfg.NodeName}}}
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
	if cfg.Awake <= 0 {
		cfg.Awake = 16384
	}
	if cfg.History <= 0 {
		cfg.History = 4096
	}
	if cfg.Histories == 0 {
		cfg.Histories = 1000
	}
}

func newPool(prefixes []netip.Prefix) (*network.Pool, error) {
	ranges := make([]*network.Range, 0, len(prefixes))
	for _, p := range prefixes {
		r, err := network.NewRange(network.RangeConfig{Prefix: p})
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, r)
	}
	return network.NewPool(ranges...)
}

func seed(n uint64) (s [32]byte) {
	for i := range 8 {
		s[i] = byte(n >> (8 * i))
	}
	return s
}

// furnish makes what every cluster has: namespaces, priority classes, nodes.
func (c *Cluster) furnish() error {
	for _, name := range []string{pod.NamespaceDefault, namespaceSystem, namespacePublic, namespaceLeases} {
		if _, err := c.create(&object.Namespace{ObjectMeta: pod.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	for _, class := range systemPriorities {
		if _, err := c.create(&object.PriorityClass{ObjectMeta: pod.ObjectMeta{Name: class.name}, Value: class.value}); err != nil {
			return err
		}
	}
	for i, n := range c.cfg.Nodes {
		if err := c.addNode(n); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

// Now is the cluster's time.
func (c *Cluster) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// newUID draws a UID.
func (c *Cluster) newUID() pod.UID {
	id, err := uuid.NewRandomFromReader(c.random)
	if err != nil { // ChaCha8 never fails
		panic(err)
	}
	return pod.UID(id.String())
}

func (c *Cluster) creation() pod.Creation {
	return pod.Creation{UID: c.newUID(), Now: pod.NewTime(c.now), NameSuffix: naming.Generate("", c.numbers.IntN)}
}

func (c *Cluster) version() string { return strconv.FormatUint(c.store.version, 10) }

// nextTurn numbers what is queued, so that the first comes first.
func (c *Cluster) nextTurn() uint64 {
	c.turns++
	return c.turns
}
