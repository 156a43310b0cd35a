package lifecycle_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
	"github.com/podlife/podlife/pod"
)

var update = flag.Bool("update", false, "rewrite the histories of the transcripts in testdata")

// eachTranscript runs check, as a subtest, on every transcript in testdata.
func eachTranscript(t *testing.T, check func(t *testing.T, file string, tr *lifecycletest.Transcript)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tr, err := lifecycletest.ParseTranscript(file, string(text))
			require.NoError(t, err)
			check(t, file, tr)
		})
	}
}

// TestTranscripts plays every transcript in testdata and wants the history that it tells. Read a change of a history as a
// diff: `go test ./lifecycle -update`, then `git diff`.
func TestTranscripts(t *testing.T) {
	eachTranscript(t, func(t *testing.T, file string, tr *lifecycletest.Transcript) {
		told := tr.History
		require.NoError(t, tr.Play())
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(tr.String()), 0o644))
			return
		}
		require.Equal(t, told, tr.History)
		require.Contains(t, tr.About, "https://kubernetes.io/", "a transcript says where its rule comes from")
	})
}

// eachHistory plays every transcript, and runs check on what was published.
func eachHistory(t *testing.T, check func(t *testing.T, tr *lifecycletest.Transcript, h *history.History)) {
	t.Helper()
	eachTranscript(t, func(t *testing.T, _ string, tr *lifecycletest.Transcript) {
		h, err := lifecycletest.Play(tr.Scenario, lifecycletest.TestNode())
		require.NoError(t, err)
		check(t, tr, h)
	})
}

// TestTranscriptsKeepToTheTables wants only steps of the two tables in the published statuses, and every row of the tables
// in some transcript, but for those about a lost node, which are not the node's to tell.
func TestTranscriptsKeepToTheTables(t *testing.T) {
	phases := map[[2]pod.Phase]bool{}
	states := map[[2]lifecycle.StateName]bool{}
	eachHistory(t, func(t *testing.T, _ *lifecycletest.Transcript, h *history.History) {
		for i := 1; i < len(h.Statuses); i++ {
			a, b := &h.Statuses[i-1], &h.Statuses[i]
			if a.UID != b.UID {
				continue
			}
			from, to := a.Status.Phase, b.Status.Phase
			require.True(t, lifecycle.Allowed(from, to), "%v s: %s to %s", b.T, from, to)
			phases[[2]pod.Phase{from, to}] = true
			before := statesOf(&a.Status)
			for name, to := range statesOf(&b.Status) {
				if from, ok := before[name]; ok {
					require.True(t, lifecycle.StateAllowed(from, to), "%v s: %s from %s to %s", b.T, name, from, to)
					states[[2]lifecycle.StateName{from, to}] = true
				}
			}
		}
	})
	for _, row := range lifecycle.Transitions() {
		if row.From != pod.Unknown && row.To != pod.Unknown && !phases[[2]pod.Phase{row.From, row.To}] {
			t.Errorf("no transcript shows a phase going from %s to %s", row.From, row.To)
		}
	}
	for _, row := range lifecycle.StateTransitions() {
		if !states[[2]lifecycle.StateName{row.From, row.To}] {
			t.Errorf("no transcript shows a container going from %s to %s", row.From, row.To)
		}
	}
}

// statesOf is the state of each container.
func statesOf(s *pod.Status) map[string]lifecycle.StateName {
	out := map[string]lifecycle.StateName{}
	for _, list := range [][]pod.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			switch c := &list[i]; {
			case c.State.Running != nil:
				out[c.Name] = lifecycle.StateRunning
			case c.State.Terminated != nil:
				out[c.Name] = lifecycle.StateTerminated
			default:
				out[c.Name] = lifecycle.StateWaiting
			}
		}
	}
	return out
}

// TestTranscriptsAgreeWithConditionsOf holds the conditions that a machine published against what ConditionsOf makes of the
// container statuses beside them.
func TestTranscriptsAgreeWithConditionsOf(t *testing.T) {
	checked := 0
	eachHistory(t, func(t *testing.T, tr *lifecycletest.Transcript, h *history.History) {
		for i := range h.Statuses {
			s := h.Statuses[i].Status
			written := i+1 == len(h.Statuses) || h.Statuses[i+1].T > h.Statuses[i].T // by the node, not by the API's user
			if s.ContainerStatuses == nil || s.Phase.IsTerminal() || !written {
				continue
			}
			published := s.Conditions
			s.Conditions = nil
			for _, c := range published {
				if c.Type != pod.Initialized {
					s.Conditions = append(s.Conditions, c)
				}
			}
			if before := h.Statuses[i-1].Status.Condition(pod.Initialized); before != nil {
				s.Conditions = append(s.Conditions, *before)
			}
			for _, want := range lifecycle.ConditionsOf(&tr.Scenario.Pod.Spec, &s, aheadPhase(published, s.Phase)) {
				got := h.Statuses[i].Status.Condition(want.Type)
				require.Equal(t, want.Status, got.Status, "%v s: %s", h.Statuses[i].T, want.Type)
				require.Equal(t, want.Reason, got.Reason, "%v s: %s", h.Statuses[i].T, want.Type)
				require.Equal(t, want.Message, got.Message, "%v s: %s", h.Statuses[i].T, want.Type)
				checked++
			}
		}
	})
	require.Greater(t, checked, 500)
}

// aheadPhase is the phase that the conditions tell of already, before the status says it.
func aheadPhase(published []pod.Condition, phase pod.Phase) pod.Phase {
	for _, c := range published {
		switch {
		case c.Type != pod.Ready:
		case c.Reason == pod.ReasonPodCompleted:
			return pod.Succeeded
		case c.Reason == pod.ReasonPodFailed:
			return pod.Failed
		}
	}
	return phase
}
