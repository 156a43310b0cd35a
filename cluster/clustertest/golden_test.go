package clustertest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/clustertest"
)

var update = flag.Bool("update", false, "rewrite the histories in testdata/golden")

// TestGolden plays the scenario in each file of testdata/golden and holds what happens against the history below it: rules of Kubernetes that
// no recorded history shows by itself. With -update the histories are rewritten.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			text, want, _ := strings.Cut(string(data), "---\n")
			s, err := clustertest.ParseScenario(file, []byte(text))
			require.NoError(t, err)
			r, err := clustertest.Play(s)
			require.NoError(t, err)
			for _, a := range r.Actions {
				require.Equal(t, 200, a.Code, "%s %v: %s", a.Do, a.Target, a.Message)
			}
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(text+"---\n"+r.String()), 0o644))
				return
			}
			require.Equal(t, want, r.String())
		})
	}
}
