package lifecycle_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// question is one row of the corpus: a pod, and Kubernetes' own answer.
type question struct {
	ID string `json:"id"`
	In struct {
		Spec                  pod.Spec
		ContainerStatuses     []pod.ContainerStatus
		InitContainerStatuses []pod.ContainerStatus
		Conditions            []pod.Condition
		Generation            int64
		Phase                 pod.Phase
		PodIsTerminal         bool
		PodHasInitialized     bool
		Static                bool
	}
	Out json.RawMessage
}

func (q *question) status() *pod.Status {
	return &pod.Status{
		Conditions:            q.In.Conditions,
		ContainerStatuses:     q.In.ContainerStatuses,
		InitContainerStatuses: q.In.InitContainerStatuses,
	}
}

// eachQuestion calls check with every row of testdata/node/NAME, and of NAME or node/NAME in each folder that the
// environment variable PODLIFE_CORPUS lists. It returns the number of rows of the first.
func eachQuestion(t *testing.T, name string, check func(t *testing.T, q *question)) (rows int) {
	t.Helper()
	rows = readQuestions(t, filepath.Join("testdata", "node", name), check)
	for _, dir := range filepath.SplitList(os.Getenv("PODLIFE_CORPUS")) {
		for _, file := range []string{filepath.Join(dir, "node", name), filepath.Join(dir, name)} {
			if _, err := os.Stat(file); err == nil {
				require.NotZero(t, readQuestions(t, file, check), file)
				break
			}
		}
	}
	return rows
}

func readQuestions(t *testing.T, file string, check func(t *testing.T, q *question)) (rows int) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for ; lines.Scan(); rows++ {
		q := &question{}
		require.NoError(t, json.Unmarshal(lines.Bytes(), q))
		check(t, q)
	}
	require.NoError(t, lines.Err())
	return rows
}

func TestPhaseOfAgreesWithKubernetes(t *testing.T) {
	rows := eachQuestion(t, "phase.jsonl.gz", func(t *testing.T, q *question) {
		var want struct{ Phase pod.Phase }
		require.NoError(t, json.Unmarshal(q.Out, &want))
		at := lifecycle.Moment{Stopped: q.In.PodIsTerminal, Initialized: q.In.PodHasInitialized, Static: q.In.Static}
		if got := lifecycle.PhaseOf(&q.In.Spec, q.status(), at); got != want.Phase {
			t.Errorf("%s: %s, want %s", q.ID, got, want.Phase)
		}
	})
	require.Equal(t, 311, rows)
}

func TestConditionsOfAgreeWithKubernetes(t *testing.T) {
	rows := eachQuestion(t, "conditions.jsonl.gz", func(t *testing.T, q *question) {
		want := map[pod.ConditionType]pod.Condition{}
		require.NoError(t, json.Unmarshal(q.Out, &want))
		got := lifecycle.ConditionsOf(&q.In.Spec, q.status(), q.In.Phase)
		require.Len(t, got, len(want), q.ID)
		for _, c := range got {
			w := want[c.Type]
			if c.Status != w.Status || c.Reason != w.Reason || c.Message != w.Message {
				t.Errorf("%s: %s is %s %q %q, want %s %q %q", q.ID, c.Type, c.Status, c.Reason, c.Message, w.Status, w.Reason, w.Message)
			}
		}
	})
	require.Equal(t, 215, rows)
}
