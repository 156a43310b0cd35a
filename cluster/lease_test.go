package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// renewals are what a watch of leases shows: type, node and the second of the renewal.
func renewals(c *cluster.Cluster, start time.Time, w cluster.Watch) (all []string) {
	for _, e := range drain(w) {
		l := e.Object.(*object.Lease)
		all = append(all, fmt.Sprint(e.Type, " ", l.Name, " ", l.Spec.RenewTime.Sub(start)))
	}
	return all
}

// TestLeases watches the leases of two nodes, of which one falls silent, is back, and goes.
func TestLeases(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(2), Check: true})
	start := c.Now()
	c.RunFor(25 * time.Second)
	before, err := c.Client().Read(t.Context(), object.LeaseKind, pod.Key{Namespace: "kube-node-lease", Name: "node-1"})
	require.NoError(t, err)
	require.Equal(t, 20*time.Second, before.(*object.Lease).Spec.RenewTime.Sub(start))

	w, err := c.Client().Watch(t.Context(), object.LeaseKind, cluster.WatchOptions{ListOptions: cluster.ListOptions{Namespace: "kube-node-lease"}})
	require.NoError(t, err)
	require.Equal(t, []string{"ADDED node-1 20s", "ADDED node-2 20s"}, renewals(c, start, w))
	c.RunFor(10 * time.Second)
	require.Equal(t, []string{"MODIFIED node-1 30s", "MODIFIED node-2 30s"}, renewals(c, start, w))

	require.NoError(t, c.FailNode("node-1"))
	c.RunFor(20 * time.Second)
	require.Equal(t, []string{"MODIFIED node-1 35s", "MODIFIED node-2 40s", "MODIFIED node-2 50s"}, renewals(c, start, w))
	require.NoError(t, c.RecoverNode("node-1"))
	c.RunFor(11 * time.Second)
	require.Equal(t, []string{"MODIFIED node-1 55s", "MODIFIED node-2 1m0s", "MODIFIED node-1 1m5s"}, renewals(c, start, w))

	require.NoError(t, c.AddNode(&object.Node{ObjectMeta: pod.ObjectMeta{Name: "node-3"}}))
	require.NoError(t, c.Client().Delete(t.Context(), object.NodeKind, pod.Key{Name: "node-2"}, object.DeleteOptions{}))
	c.RunFor(10 * time.Second)
	require.Equal(t, []string{"ADDED node-3 1m6s", "DELETED node-2 1m0s", "MODIFIED node-1 1m15s"}, renewals(c, start, w))
	l, err := c.Client().List(t.Context(), object.LeaseKind, cluster.ListOptions{})
	require.NoError(t, err)
	require.Len(t, l.Items, 2)
	require.True(t, c.Settle(time.Hour), "renewals are no news")
}

// TestLeasesOfTheLost finds a node lost by its stored lease as by one that is made when it is read.
func TestLeasesOfTheLost(t *testing.T) {
	lost := func(watched bool) time.Time {
		c := newCluster(t, cluster.Config{Nodes: nodes(2), Check: true, Lags: []cluster.Lag{{By: 2 * time.Second}}})
		if watched {
			_, err := c.Client().Watch(t.Context(), object.LeaseKind, cluster.WatchOptions{})
			require.NoError(t, err)
		}
		c.RunFor(time.Minute)
		require.NoError(t, c.FailNode("node-1"))
		require.True(t, c.RunUntil(func() bool {
			return len(read[*object.Node](t, c, object.NodeKind, "node-1").Spec.Taints) > 0
		}, 5*time.Minute))
		return c.Now()
	}
	require.Equal(t, lost(false), lost(true))
}
