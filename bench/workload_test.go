package bench

import (
	"testing"
	"time"
)

// Each does its task to the end, at a small size: otherwise it says so.
func TestWorkloads(t *testing.T) {
	for name, run := range map[string]func(int) (Grown, error){"rollout": RunRollout, "job": RunJob, "cronjobs": RunCronJobs} {
		g, err := run(70)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if g.Size != 70 || g.Wall <= 0 || g.Allocated == 0 {
			t.Errorf("%s: %+v, expected a time and bytes", name, g)
		}
	}
	if n, err := RunUnitTests(10 * time.Millisecond); err != nil || n <= 0 {
		t.Errorf("unit tests: %v a second, %v", n, err)
	}
}
