package workload_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// What a Job's controller is shown grows with the Job and not faster: each pod is shown some times while it lives and until it is
// counted, and never again.
func TestJobWorkIsLinear(t *testing.T) {
	for _, mode := range []object.CompletionMode{object.NonIndexedCompletion, object.IndexedCompletion} {
		t.Run(string(mode), func(t *testing.T) {
			small, large := shownOf(t, mode, 500), shownOf(t, mode, 2000)
			require.Less(t, large, 4*small+4*small/10, "four times the completions, %d and %d pods shown", small, large)
			require.Less(t, large/2000, 30, "pods shown for each completion")
		})
	}
}

// shownOf runs a Job with 50 pods at once, of which some fail, and returns how many pods its controller was shown.
func shownOf(t *testing.T, mode object.CompletionMode, completions int32) int {
	w := newJobWorld(t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), workload.Job{})
	w.behave = func(p *pod.Pod, attempt int) jobBehavior {
		exit := int32(0)
		if attempt%100 == 99 && mode == object.NonIndexedCompletion {
			exit = 1
		}
		return jobBehavior{starts: time.Second, runs: []jobRun{{time.Duration(10+attempt%7) * time.Second, exit}}}
	}
	job := &object.Job{ObjectMeta: pod.ObjectMeta{Name: "work"}}
	job.Spec.Completions, job.Spec.Parallelism, job.Spec.CompletionMode, job.Spec.BackoffLimit = &completions, new(int32(50)), &mode, new(int32(1000))
	job.Spec.Template.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
	w.at(w.zero, func() {
		_, err := w.create(job)
		require.NoError(t, err)
	})
	w.runUntil(w.zero.Add(10 * time.Hour))
	is := w.objects[object.JobKind][pod.Key{Namespace: "default", Name: "work"}].(*object.Job)
	require.NotNil(t, is.Status.CompletionTime, "%+v", is.Status)
	require.Equal(t, completions, is.Status.Succeeded)
	if mode == object.IndexedCompletion {
		require.Equal(t, fmt.Sprintf("0-%d", completions-1), is.Status.CompletedIndexes)
	}
	return w.shown
}
