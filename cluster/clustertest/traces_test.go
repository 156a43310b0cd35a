package clustertest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/clustertest"
)

// TestRecordedHistories plays every scenario and holds it against what Kubernetes' own controllers made of it.
// PODLIFE_WORKLOAD_TRACES names further folders (a list as in PATH), each with folders scenarios and recorded.
func TestRecordedHistories(t *testing.T) {
	folders := append([]string{traces}, filepath.SplitList(os.Getenv("PODLIFE_WORKLOAD_TRACES"))...)
	for _, folder := range folders {
		scenarios, err := clustertest.ReadScenarios(filepath.Join(folder, "scenarios"))
		require.NoError(t, err)
		for _, s := range scenarios {
			t.Run(s.Name, func(t *testing.T) {
				produced, err := clustertest.Play(s)
				require.NoError(t, err)
				for _, d := range clustertest.Compare(recording(t, folder, s.Name), produced) {
					t.Error(d)
				}
			})
		}
	}
}

func TestPlayTwiceIsByteEqual(t *testing.T) {
	scenarios, err := clustertest.ReadScenarios(filepath.Join(traces, "scenarios"))
	require.NoError(t, err)
	for _, s := range scenarios {
		var out [2]bytes.Buffer
		for i := range out {
			r, err := clustertest.Play(s)
			require.NoError(t, err)
			require.NoError(t, r.Write(&out[i]))
		}
		require.Equal(t, out[0].String(), out[1].String(), s.Name)
	}
}
