package workload_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Whatever is refused on the way, no pod is counted twice or forgotten, and the back-off is that of as many failures as there
// were.
func TestJobWhateverIsRefused(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newJobWorld(t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), workload.Job{})
		w.behave = func(_ *pod.Pod, attempt int) jobBehavior {
			exit := int32(1)
			if attempt > 3 {
				exit = 0
			}
			return jobBehavior{starts: time.Second, runs: []jobRun{{5 * time.Second, exit}}}
		}
		w.check = func() { checkJobs(w) }
		w.refuse = func(controller.Change) error {
			if w.now.Sub(w.zero) < 10*time.Minute && r.IntN(3) == 0 {
				return errors.New("not now")
			}
			return nil
		}
		var created []time.Duration
		w.onCreate = func(p *pod.Pod) { created = append(created, w.now.Sub(w.zero)) }
		job := &object.Job{ObjectMeta: pod.ObjectMeta{Name: "work"}}
		job.Spec.Completions, job.Spec.Parallelism = new(int32(2)), new(int32(1))
		job.Spec.Template.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
		w.at(w.zero, func() {
			_, err := w.create(job)
			require.NoError(t, err)
		})
		w.runUntil(w.zero.Add(24 * time.Hour))
		is := w.objects[object.JobKind][job.Key()].(*object.Job)
		require.NotNil(t, is.Status.CompletionTime, "seed %d: %+v", seed, is.Status)
		require.Equal(t, []int32{2, 3, 0}, []int32{is.Status.Succeeded, is.Status.Failed, is.Status.Active}, "seed %d", seed)
		require.Len(t, created, 5, "seed %d", seed)
		for i, wait := range []time.Duration{10, 20, 40} {
			gap := (created[i+1] - created[i] - 6*time.Second)
			require.Greater(t, gap, (wait-1)*time.Second, "seed %d: pod %d", seed, i+2)
			require.Less(t, gap, wait*time.Second*3/2+10*time.Second, "seed %d: pod %d", seed, i+2)
		}
	}
}
