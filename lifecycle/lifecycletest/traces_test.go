package lifecycletest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
	"github.com/podlife/podlife/lifecycle/script"
)

// TestRecordedHistories plays every scenario and holds it against what a real kubelet published. PODLIFE_TRACES names
// further folders (a list as in PATH), each with folders scenarios and recorded.
func TestRecordedHistories(t *testing.T) {
	folders := []string{filepath.Join("testdata", "traces")}
	folders = append(folders, filepath.SplitList(os.Getenv("PODLIFE_TRACES"))...)
	for _, folder := range folders {
		scenarios, err := lifecycletest.ReadScenarios(filepath.Join(folder, "scenarios"))
		require.NoError(t, err)
		for _, s := range scenarios {
			t.Run(s.Name, func(t *testing.T) {
				produced, err := lifecycletest.Play(s, lifecycletest.TestNode())
				require.NoError(t, err)
				for _, d := range lifecycletest.Compare(recording(t, folder, s.Name), produced) {
					t.Error(d)
				}
			})
		}
	}
}

// recording reads recorded/NAME.json, compressed or not.
func recording(t *testing.T, folder, name string) *history.History {
	t.Helper()
	path := filepath.Join(folder, "recorded", name+".json")
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		data, err = os.ReadFile(path + ".gz")
		require.NoError(t, err)
		z, zerr := gzip.NewReader(bytes.NewReader(data))
		require.NoError(t, zerr)
		data, err = io.ReadAll(z)
	}
	require.NoError(t, err)
	h, err := history.Parse(data)
	require.NoError(t, err)
	return h
}

func TestPlayTwiceIsByteEqual(t *testing.T) {
	scenarios, err := lifecycletest.ReadScenarios(filepath.Join("testdata", "traces", "scenarios"))
	require.NoError(t, err)
	for _, s := range scenarios {
		var out [2]bytes.Buffer
		for i := range out {
			h, err := lifecycletest.Play(s, lifecycletest.TestNode())
			require.NoError(t, err)
			require.NoError(t, h.Write(&out[i]))
		}
		require.Equal(t, out[0].String(), out[1].String(), s.Name)
	}
}

// TestCompareSeesWhatIsBroken breaks scenarios in ways that a wrong machine might, and wants each noticed.
func TestCompareSeesWhatIsBroken(t *testing.T) {
	tests := []struct {
		scenario, want string
		breakIt        func(*lifecycletest.Scenario)
	}{
		{"never-exit-zero", "attempts of app", func(s *lifecycletest.Scenario) { run(s, "app").Exit = 1 }},
		{"delete-obeys-term", "deleting", func(s *lifecycletest.Scenario) { s.Steps[0].GraceSeconds = new(int64) }},
		{"always-crash-loop", "times of attempt 0 of app", func(s *lifecycletest.Scenario) { run(s, "app").For = script.Duration(20 * time.Second) }},
		{"init-two-then-app", "length of first", func(s *lifecycletest.Scenario) { run(s, "first").For = script.Duration(9 * time.Second) }},
		{"termination-message", "messages", func(s *lifecycletest.Scenario) { s.Containers["app"].Runs[1].Message = "" }},
		{"image-never-missing", "last", func(s *lifecycletest.Scenario) { delete(s.Containers, "app") }},
		{"sidecar-readiness", "ready", func(s *lifecycletest.Scenario) { s.Containers["proxy"].Exec["/ready"][0].Until = 0 }},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s/%s", test.scenario, test.want), func(t *testing.T) {
			folder := filepath.Join("testdata", "traces")
			list, err := lifecycletest.ReadScenarios(filepath.Join(folder, "scenarios", test.scenario+".yaml"))
			require.NoError(t, err)
			test.breakIt(list[0])
			produced, err := lifecycletest.Play(list[0], lifecycletest.TestNode())
			require.NoError(t, err)
			var found []string
			for _, d := range lifecycletest.Compare(recording(t, folder, test.scenario), produced) {
				found = append(found, d.What)
			}
			require.Contains(t, strings.Join(found, ", "), test.want)
		})
	}
}

func run(s *lifecycletest.Scenario, name string) *script.Run { return &s.Containers[name].Runs[0] }
