package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/pod"
)

func TestBouncer(t *testing.T) {
	k := clustertest.New(t, badNode())
	k.Apply(manifest)
	var evicted []string
	b := &Bouncer{Client: k.Client, Restarts: 2, Retry: 10 * time.Second, Log: func(key pod.Key, what string) {
		require.Equal(t, "node-2", k.Cluster.Pod(key).Spec.NodeName, "only what crashes is evicted")
		evicted = append(evicted, what)
	}}
	require.NoError(t, drive(k.Cluster, b, time.Minute))
	require.Equal(t, []string{"evicted"}, evicted, "once, after 3 s + 0 + 3 s + 10 s + 3 s + 20 s")
	require.Len(t, k.Pods("app=web"), 3, "and replaced")
}

func TestBouncerWaitsForTheBudget(t *testing.T) {
	k := clustertest.New(t, badNode())
	k.Apply(manifest)
	k.RunFor(5 * time.Second)
	healthy := k.Pods("app=web")[slices.IndexFunc(k.Pods("app=web"), func(p *pod.Pod) bool { return p.Spec.NodeName != "node-2" })]
	require.NoError(t, k.SetReady(healthy.Key(), "app", false), "with two that are not ready, no eviction is allowed")
	var said []string
	b := &Bouncer{Client: k.Client, Restarts: 2, Retry: 10 * time.Second, Log: func(_ pod.Key, what string) { said = append(said, what) }}
	require.NoError(t, drive(k.Cluster, b, time.Minute))
	require.Contains(t, said, "may not go yet, says its budget")
	require.NotContains(t, said, "evicted")
	require.NoError(t, k.SetReady(healthy.Key(), "app", true))
	require.NoError(t, drive(k.Cluster, b, 5*time.Minute))
	require.Contains(t, said, "evicted")
}

func TestStory(t *testing.T) {
	page := t.TempDir() + "/page.html"
	require.NoError(t, story(page))
	require.FileExists(t, page)
}
