package explore_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/podlife/podlife/lifecycle/explore"
)

func TestExplore(t *testing.T) {
	bounds := explore.Bounds{Depth: 60, States: 12, Faults: 2, Deletes: 2, Evictions: 1, Seed: 1}
	if os.Getenv("PODLIFE_LONG") != "" {
		bounds.States, _ = strconv.Atoi(os.Getenv("PODLIFE_LONG"))
	}
	states, steps := 0, 0
	pods := explore.Pods()
	for _, p := range pods {
		r, err := explore.Explore(p, nil, bounds)
		if err != nil {
			t.Error(err)
		}
		states, steps = states+r.States, steps+r.Steps
	}
	t.Logf("%d pods, %d distinct states, %d steps", len(pods), states, steps)
}
