package pod_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpusRow is a question and Kubernetes' answer to it.
type corpusRow struct {
	ID   string          `json:"id"`
	Kind string          `json:"kind"`
	In   json.RawMessage `json:"in"`
	Out  json.RawMessage `json:"out"`
}

// corpusFiles are the files of one name: that of testdata, and those below the folders that PODLIFE_CORPUS lists.
func corpusFiles(t *testing.T, name string) []string {
	t.Helper()
	files := []string{filepath.Join("testdata", name)}
	for _, dir := range filepath.SplitList(os.Getenv("PODLIFE_CORPUS")) {
		for _, file := range []string{filepath.Join(dir, name), filepath.Join(dir, filepath.Base(name))} {
			if _, err := os.Stat(file); err == nil {
				files = append(files, file)
				break
			}
		}
	}
	return files
}

// eachCorpusLine calls do with each line of a corpus, which is valid until do returns.
func eachCorpusLine(t *testing.T, name string, do func(line []byte)) {
	t.Helper()
	for _, file := range corpusFiles(t, name) {
		f, err := os.Open(file)
		require.NoError(t, err)
		z, err := gzip.NewReader(f)
		require.NoError(t, err)
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 16<<20)
		n := 0
		for ; lines.Scan(); n++ {
			do(lines.Bytes())
		}
		require.NoError(t, lines.Err())
		require.NoError(t, f.Close())
		require.NotZero(t, n, "%s is empty", file)
		t.Logf("%s: %d rows", file, n)
	}
}

// eachNodeRow calls do with each row of one file of what a node makes of a pod.
func eachNodeRow(t *testing.T, name string, do func(row corpusRow)) {
	t.Helper()
	eachCorpusLine(t, "node/"+name+".jsonl.gz", func(line []byte) {
		var row corpusRow
		require.NoError(t, json.Unmarshal(line, &row))
		do(row)
	})
}

// unmarshal reads one part of a row.
func unmarshal[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(raw, &v), "%s", raw)
	return v
}
