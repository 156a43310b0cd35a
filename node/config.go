package node

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Config says how an Agent runs pods. Runtime must be set; the zero value of all else has the meaning given.
type Config struct {
	// Runtime carries out what pods ask for. The agent does not close it.
	Runtime Runtime
	// NodeName is what this node is called; empty means "node".
	NodeName string
	// Machine is what the pods' machines are told of the node. Nil means Kubernetes' defaults.
	Machine *lifecycle.Config
	// Node describes the node for admission: its labels, its taints, what it has for pods (Status.Allocatable, in place of that of
	// Sources), its operating system and architecture. Its name is NodeName. It is only read, and must not change. Nil is a node
	// without taints, of this system and this architecture.
	Node *object.Node
	// Volumes makes the pods' volumes. Nil refuses every pod that has one, when it is applied.
	Volumes storage.Driver
	// Addresses gives pods their addresses where the runtime gives none. Nil leaves them without.
	Addresses Addresses
	// Sources answers what pods take from config maps, secrets, services and the node. Nil means that there are none.
	Sources Sources
	// ClusterDomain is what the names of pods with a subdomain end in; empty means "cluster.local".
	ClusterDomain string
	// LogDir is a folder for the output of containers, NAMESPACE_POD_UID/CONTAINER/ATTEMPT.log below it. Empty leaves the
	// place to the runtime.
	LogDir string
	// GRPC checks the health of a gRPC server; the module adapters/grpchealth has one. Nil fails every such probe with a message that
	// says so.
	GRPC GRPCHealth
	// ShutdownGrace is how long containers may take to end when Run's context is done. Zero kills them at once.
	ShutdownGrace time.Duration
	// Relist is how often a runtime that is no Notifier is looked at. Zero means once a second.
	Relist time.Duration
	// Random is where UIDs come from. Nil means crypto/rand.
	Random io.Reader
	// Store is where the agent remembers its pods, so that one that was killed goes on where it was. The agent does not close it. Nil
	// remembers nothing.
	Store Store
	// LeaveRunning leaves the pods as they are when Run's context is done, for a later agent with the same Store and Runtime to
	// find. It needs a Store.
	LeaveRunning bool
	// Signals measures what the node has left, and Eviction says how much of what is too little. Nil Signals evict nobody.
	Signals  Signals
	Eviction eviction.Config
	// Monitor is how often the node looks at what its pods use. Zero means every 10 seconds.
	Monitor time.Duration
	// Log takes what the agent does and the pods' events. Nil means nothing.
	Log *slog.Logger
}

// Sources is what pods take from outside themselves. Answers belong to the source and are only read. It is safe for concurrent
// use.
type Sources interface {
	// ConfigMap returns a config map, and whether there is one of that name.
	ConfigMap(namespace, name string) (pod.ConfigMap, bool)
	// Secret returns a secret, and whether there is one of that name.
	Secret(namespace, name string) (pod.Secret, bool)
	// Services returns the services of all namespaces.
	Services() []pod.Service
	// Allocatable is what the node has for pods.
	Allocatable() pod.ResourceList
}

// GRPCHealth asks a server for its health by the protocol grpc.health.v1. It is safe for concurrent use.
type GRPCHealth interface {
	// Check returns nil where the service serves, and the text of its error is the probe's message where it does not.
	// Connections to address, "ip:port", are made with dial. It ends with ctx.
	Check(ctx context.Context, address, service string, dial Dial) error
}

// Dial connects to an address, "host:port".
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

var (
	errNoRuntime = errors.New("node: Config.Runtime is not set")
	errNoStore   = errors.New("node: Config.LeaveRunning is set, and Config.Store is not")
)

// withDefaults returns c with its zero values replaced.
func (c Config) withDefaults() (Config, error) {
	if c.Runtime == nil {
		return c, errNoRuntime
	}
	if c.LeaveRunning && c.Store == nil {
		return c, errNoStore
	}
	if c.NodeName == "" {
		c.NodeName = "node"
	}
	if c.Machine == nil {
		c.Machine = &lifecycle.Config{}
	}
	if c.Sources == nil {
		c.Sources = noSources{}
	}
	if c.ClusterDomain == "" {
		c.ClusterDomain = "cluster.local"
	}
	if c.Relist <= 0 {
		c.Relist = time.Second
	}
	if c.Monitor <= 0 {
		c.Monitor = 10 * time.Second
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}
