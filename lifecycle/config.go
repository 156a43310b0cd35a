package lifecycle

import (
	"net/netip"
	"time"
)

// Config says in what a node differs from Kubernetes' defaults. The zero Config is those defaults. One Config serves all
// machines of a node and must not change while any of them lives.
type Config struct {
	// HostIPs are the node's addresses, the primary one first, at most one of each family. They appear in every
	// status, and as the pod's own with hostNetwork.
	HostIPs []netip.Addr
	// MaxContainerRestartPeriod caps the crash-loop back-off. Zero means 300 s; with less than the initial 10 s, the
	// back-off is always this long. See KEP-4603.
	MaxContainerRestartPeriod time.Duration
	// Stretch is the factor by which every wait before another try is made longer. Zero means 1. The kubelet draws one
	// between 1 and 1.5 for each wait; a fixed one keeps a history reproducible.
	Stretch float64
	// LeastGrace is the time, in whole seconds, that a container gets to stop at the least, whatever is left of the grace
	// period. Zero means 2 s, less than zero no time at all.
	LeastGrace time.Duration
	// Static says that the pod comes from a manifest on the node: its phase follows its containers to the end, and it
	// has no generation.
	Static bool
}

// The kubelet's constants. See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy.
const (
	initialBackOff = 10 * time.Second
	maxBackOff     = 300 * time.Second
	backOffReset   = 600 * time.Second
	retryDelay     = 10 * time.Second
	maxRetryDelay  = 60 * time.Second
	minStopGrace   = 2 // seconds
	firstMountWait = 500 * time.Millisecond
	maxMountWait   = 2*time.Minute + 2*time.Second
)

// maxRestartPeriod is the cap of the crash-loop back-off.
func (c *Config) maxRestartPeriod() time.Duration {
	if c.MaxContainerRestartPeriod > 0 {
		return c.MaxContainerRestartPeriod
	}
	return maxBackOff
}

// leastGrace is the least time to stop, in seconds.
func (c *Config) leastGrace() int64 {
	switch {
	case c.LeastGrace == 0:
		return minStopGrace
	case c.LeastGrace < 0:
		return 0
	}
	return int64(c.LeastGrace / time.Second)
}

// stretch makes a wait longer by the configured factor.
func (c *Config) stretch(d time.Duration) time.Duration {
	if c.Stretch <= 1 {
		return d
	}
	return time.Duration(float64(d) * c.Stretch)
}

// A backOff spaces the tries of one thing: each twice as long after the last as the one before. The zero backOff has
// never been used, and lets the next try through.
type backOff struct {
	wait time.Duration
	at   int64 // when the latest try was let through
}

// remaining is how long a try must still wait at now, if the previous one ended at ended; zero or less lets it through.
func (b backOff) remaining(now, ended int64) time.Duration {
	if b.wait == 0 || b.forgets(ended) {
		return 0
	}
	return b.wait - time.Duration(now-ended)
}

// next lets a try through at now, the previous one having ended at ended.
func (b *backOff) next(now, ended int64, limit time.Duration) {
	switch {
	case b.wait == 0 || b.forgets(ended):
		b.wait = min(initialBackOff, limit)
	default:
		b.wait = min(2*b.wait, limit)
	}
	b.at = now
}

// forgets reports whether a run that ended at ended went well for so long that earlier failures no longer count.
func (b backOff) forgets(ended int64) bool { return ended-b.at > int64(backOffReset) }
