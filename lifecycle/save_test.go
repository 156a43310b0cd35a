package lifecycle_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
	"github.com/podlife/podlife/pod"
)

// TestRestoreGoesOn plays every recorded scenario with a driver that is killed over and over, and begins again from what
// it saved. Killed only where nothing is in flight, the history is the same to the byte.
func TestRestoreGoesOn(t *testing.T) {
	for _, s := range recordedScenarios(t) {
		t.Run(s.Name, func(t *testing.T) {
			plain, err := lifecycletest.Play(s, lifecycletest.TestNode())
			require.NoError(t, err)
			kills := 0
			killed, err := lifecycletest.PlayInterrupted(s, lifecycletest.TestNode(), func(saved lifecycle.Saved) bool {
				kills++
				return !saved.Busy
			})
			require.NoError(t, err)
			require.Equal(t, plain.String(), killed.String())
			require.NotZero(t, kills)
		})
	}
}

// TestRestoreInFlight kills the driver once, after each step in turn, whatever is in flight: the pod comes to the same end.
// The one exception is a pod that is deleted while containers are still to be started: after a restart they never are.
func TestRestoreInFlight(t *testing.T) {
	for _, s := range recordedScenarios(t) {
		t.Run(s.Name, func(t *testing.T) {
			plain, err := lifecycletest.Play(s, lifecycletest.TestNode())
			require.NoError(t, err)
			for at, steps := 1, 1; at <= min(steps, 40); at++ {
				steps = 0
				killed, err := lifecycletest.PlayInterrupted(s, lifecycletest.TestNode(), func(lifecycle.Saved) bool {
					steps++
					return steps == at
				})
				require.NoError(t, err)
				if s.Name != "delete-during-poststart" {
					require.Equal(t, lastPhase(plain), lastPhase(killed), "killed after step %d", at)
				}
			}
		})
	}
}

func lastPhase(h *history.History) string {
	e := &h.Statuses[len(h.Statuses)-1]
	return string(e.Status.Phase) + "/" + string(e.Status.Reason)
}

func recordedScenarios(t *testing.T) []*lifecycletest.Scenario {
	t.Helper()
	list, err := lifecycletest.ReadScenarios(filepath.Join("lifecycletest", "testdata", "traces", "scenarios"))
	require.NoError(t, err)
	return list
}

func TestRestoreRefuses(t *testing.T) {
	p := benchPod(t)
	saved := newMachine(t, p).Save()
	other := p.Clone()
	other.UID = "other"
	_, err := lifecycle.Restore(other, nil, saved, nil)
	require.EqualError(t, err, `lifecycle: saved machine of the pod with UID "5f3c", expected "other"`)
	_, err = lifecycle.Restore(p, nil, lifecycle.Saved{}, nil)
	require.EqualError(t, err, "lifecycle: saved machine of version 0, expected 1")
	saved.Stage = 99
	_, err = lifecycle.Restore(p, nil, saved, nil)
	require.EqualError(t, err, "lifecycle: the saved machine is damaged")
}

// TestRestoreNoticesWhatWasLost has a container vanish while the driver was away.
func TestRestoreNoticesWhatWasLost(t *testing.T) {
	p, w := benchPod(t), newWorld()
	m := newMachine(t, p)
	m.Step(epoch, lifecycle.Input{})
	for i := range 3 {
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: &w.seen[i]})
	}
	data, err := json.Marshal(m.Save())
	require.NoError(t, err)
	var saved lifecycle.Saved
	require.NoError(t, json.Unmarshal(data, &saved))
	seen := w.seen[2]
	seen.Containers = seen.Containers[:1]
	back, err := lifecycle.Restore(p, nil, saved, &seen)
	require.NoError(t, err)
	out := back.Step(epoch.Add(time.Minute), lifecycle.Input{})
	require.Equal(t, "StartContainer log#1", out.Actions[0].String())
	s := back.Status()
	require.Equal(t, pod.Running, s.Phase)
	require.Equal(t, m.Status().StartTime, s.StartTime)
}

// TestRestGoesOn plays every recorded scenario with lives that are put by whenever they rest: nothing of it shows.
func TestRestGoesOn(t *testing.T) {
	rests := 0
	for _, s := range recordedScenarios(t) {
		t.Run(s.Name, func(t *testing.T) {
			plain, err := lifecycletest.Play(s, lifecycletest.TestNode())
			require.NoError(t, err)
			resting, n, err := lifecycletest.PlayResting(s, lifecycletest.TestNode())
			require.NoError(t, err)
			require.Equal(t, plain.String(), resting.String())
			rests += n
		})
	}
	require.Greater(t, rests, 300)
}
