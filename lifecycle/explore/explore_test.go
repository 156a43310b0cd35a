package explore_test

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/explore"
	"github.com/podlife/podlife/pod"
)

// Every twentieth small pod is explored to some hundred states; with PODLIFE_LONG set every one to some thousand, which
// makes more than a million and takes some minutes.
func TestExplore(t *testing.T) {
	bounds, atLeast := explore.Bounds{Depth: 60, States: 700, Faults: 1, Deletes: 1, Seed: 1}, 10_000
	if os.Getenv("PODLIFE_LONG") != "" {
		bounds, atLeast = explore.Bounds{Depth: 60, States: 3000, Faults: 2, Deletes: 2, Evictions: 1, Seed: 1}, 1_000_000
	}
	var pods []*pod.Pod
	for i, p := range explore.Pods() {
		if atLeast == 1_000_000 || i%20 == 0 {
			pods = append(pods, p)
		}
	}
	states, steps, depth := 0, 0, 0
	for _, p := range pods {
		r, err := explore.Explore(p, nil, bounds)
		if err != nil {
			t.Error(err)
		}
		states, steps, depth = states+r.States, steps+r.Steps, max(depth, r.Depth)
	}
	t.Logf("%d pods, %d distinct states, %d steps, to a depth of %d", len(pods), states, steps, depth)
	require.GreaterOrEqual(t, states, atLeast)
}

// With all that can happen, and without faults, a pod of one container is explored whole to some depth, breadth first.
func TestExploreWhole(t *testing.T) {
	p := explore.Small(pod.RestartPolicyOnFailure, "", 1, explore.Features()[0])
	r, err := explore.Explore(p, nil, explore.Bounds{Depth: 7, States: 100_000, Deletes: 1})
	require.NoError(t, err)
	require.True(t, r.Complete)
	require.Equal(t, 7, r.Depth)
	again, err := explore.Explore(p, nil, explore.Bounds{Depth: 7, States: 100_000, Deletes: 1})
	require.NoError(t, err)
	require.Equal(t, r, again, "an exploration is not reproducible")
	t.Logf("%d states, %d steps", r.States, r.Steps)
}

// All pods are valid, and no two are alike.
func TestPods(t *testing.T) {
	names := map[string]bool{}
	for _, p := range explore.Pods() {
		require.False(t, names[p.Name], p.Name)
		names[p.Name] = true
		_, err := lifecycle.New(p, nil)
		require.NoError(t, err)
		p.Name = "p"
		require.Empty(t, pod.Validate(p), names)
	}
	require.Len(t, names, 3*7*2*len(explore.Features()))
}

// A pod of which there can be no machine is an error, and no Violation.
func TestExploreRefuses(t *testing.T) {
	p := explore.Small(pod.RestartPolicyAlways, "", 1, explore.Features()[0])
	p.Spec.Containers = nil
	_, err := explore.Explore(p, nil, explore.Bounds{Depth: 1, States: 10})
	require.ErrorIs(t, err, lifecycle.ErrNoContainers)
	var v *explore.Violation
	require.False(t, errors.As(err, &v))
}
