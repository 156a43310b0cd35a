package disruption

import (
	"cmp"
	"time"

	"github.com/podlife/podlife/cluster/controller"
)

// Config is how the controllers of this package differ from Kubernetes' defaults. The zero value is the defaults.
// See https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/.
type Config struct {
	// NodeMonitorGracePeriod is how long a node may be silent before it counts as lost; 0 is 50 s.
	NodeMonitorGracePeriod time.Duration
	// NodeStartupGracePeriod is the same for a node that has never said how it is; 0 is 60 s.
	NodeStartupGracePeriod time.Duration
	// NodeEvictionRate is how many nodes of a zone get a NoExecute taint in a second; 0 is 0.1.
	NodeEvictionRate float64
	// SecondaryNodeEvictionRate is the same in a large zone most of whose nodes have failed; 0 is 0.01.
	SecondaryNodeEvictionRate float64
	// LargeClusterSizeThreshold is how many nodes make a zone large if there is one more; 0 is 50.
	LargeClusterSizeThreshold int
	// UnhealthyZoneThreshold is the share of failed nodes from which on a zone counts as failed for the most part; 0 is 0.55.
	UnhealthyZoneThreshold float64
	// TerminatedPodThreshold is how many ended pods are kept; 0 is 12500, below 0 is all.
	TerminatedPodThreshold int
}

func (c Config) withDefaults() Config {
	return Config{
		NodeMonitorGracePeriod:    cmp.Or(c.NodeMonitorGracePeriod, 50*time.Second),
		NodeStartupGracePeriod:    cmp.Or(c.NodeStartupGracePeriod, 60*time.Second),
		NodeEvictionRate:          cmp.Or(c.NodeEvictionRate, 0.1),
		SecondaryNodeEvictionRate: cmp.Or(c.SecondaryNodeEvictionRate, 0.01),
		LargeClusterSizeThreshold: cmp.Or(c.LargeClusterSizeThreshold, 50),
		UnhealthyZoneThreshold:    cmp.Or(c.UnhealthyZoneThreshold, 0.55),
		TerminatedPodThreshold:    cmp.Or(c.TerminatedPodThreshold, 12500),
	}
}

// All are the controllers of this package, in the order in which they are to be asked when several have something to do.
func All(c Config) []controller.Controller {
	return []controller.Controller{NodeLifecycle{Config: c}, TaintEviction{}, PodGC{Config: c}, Budget{}, StaleDisruption{}}
}
