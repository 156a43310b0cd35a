package cluster_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/pod"
)

// TestNoAddressLeft has more pods than addresses: those without one wait, and come in when others go; one that is deleted meanwhile ends.
func TestNoAddressLeft(t *testing.T) {
	c := newCluster(t, cluster.Config{PodRanges: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/29")}, Check: true})
	var keys []pod.Key
	for i := range 10 {
		keys = append(keys, create(t, c, string(rune('a'+i)), oneContainer))
	}
	c.RunFor(time.Minute)
	running := func() (n int) {
		for _, p := range c.Pods() {
			if p.Status.Phase == pod.Running {
				n++
			}
		}
		return n
	}
	had := running()
	require.Less(t, had, 10)
	require.Equal(t, pod.Pending, c.Pod(keys[9]).Status.Phase)
	require.NotEmpty(t, eventsOf(t, c, "j"))
	require.NoError(t, c.Delete(keys[8], pod.DeleteOptions{}))
	require.Nil(t, c.Pod(keys[8]))
	for _, key := range keys[:2] {
		require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
	}
	c.RunFor(5 * time.Minute)
	require.Len(t, c.Pods(), 7)
	require.Equal(t, had, running())
	require.Equal(t, pod.Running, c.Pod(keys[had+1]).Status.Phase, "in the place of one that went")
}
