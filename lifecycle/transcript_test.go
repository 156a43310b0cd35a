package lifecycle_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle/lifecycletest"
)

var update = flag.Bool("update", false, "rewrite the histories of the transcripts in testdata")

// TestTranscripts plays every transcript in testdata and wants the history that it tells. Read a change of a history as a
// diff: `go test ./lifecycle -update`, then `git diff`.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			transcript, err := lifecycletest.ParseTranscript(file, string(text))
			require.NoError(t, err)
			told := transcript.History
			require.NoError(t, transcript.Play())
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(transcript.String()), 0o644))
				return
			}
			require.Equal(t, told, transcript.History)
		})
	}
}
