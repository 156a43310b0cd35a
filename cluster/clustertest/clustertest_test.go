package clustertest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/clustertest"
)

var traces = filepath.Join("testdata", "workload-traces")

// recording reads recorded/NAME.json, compressed or not.
func recording(t *testing.T, folder, name string) *clustertest.Recording {
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
	r, err := clustertest.ParseRecording(data)
	require.NoError(t, err)
	return r
}

func TestScenariosAreRead(t *testing.T) {
	scenarios, err := clustertest.ReadScenarios(filepath.Join(traces, "scenarios"))
	require.NoError(t, err)
	require.Len(t, scenarios, 83)
	for _, s := range scenarios {
		require.Empty(t, clustertest.Compare(recording(t, traces, s.Name), recording(t, traces, s.Name)), s.Name)
	}
}

func TestScenariosAreRefused(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"{name: x, until: 1s, step: []}", `x.yaml:1:22: step: unknown field "step"`},
		{"{name: x}", "x.yaml: until is 0s, expected a duration above zero"},
		{"{name: x, until: 1s, steps: [{at: 1s, do: explode}]}", `x.yaml: steps[0]: do is "explode", expected one of cordon, create`},
		{"{name: x, until: 1s, steps: [{at: 1s, do: taint}]}", "x.yaml: steps[0]: taint without taint"},
		{"{name: x, until: 1s, steps: [{at: 1s, do: resize}]}", "x.yaml: steps[0]: resize without resources"},
		{"{name: x, until: 1s, steps: [{at: 1s, do: evict, select: {pick: some}}]}", `select.pick is "some", expected first, last or all`},
		{"{name: x, until: 1s, pods: [{match: {attempt: two}}]}", `x.yaml: pods[0]: attempt is "two", expected one such as 2, 1-3 or 4-`},
		{"{name: x, until: 1s, objects: [{kind: Pod}]}", "x.yaml: objects[0]: 1:1: expected an object with apiVersion and kind"},
		{"{name: x, until: 1s, nodes: {number: 3}}", "nodes"},
	} {
		_, err := clustertest.ParseScenario("x.yaml", []byte(row.text))
		require.ErrorContains(t, err, row.want)
	}
}

// TestCompareSeesWhatIsBroken breaks recordings in ways that a wrong controller might, and wants each noticed.
func TestCompareSeesWhatIsBroken(t *testing.T) {
	for _, row := range []struct {
		name, want string
		breakIt    func(r *clustertest.Recording)
	}{
		{"deployment-create", "final Deployment/web", func(r *clustertest.Recording) { r.Samples[len(r.Samples)-1].State["replicas"] = 7.0 }},
		{"deployment-create", "events ReplicaSet/web-#1", func(r *clustertest.Recording) {
			for i := range r.Events {
				if r.Events[i].Reason == "SuccessfulCreate" {
					r.Events[i].Count++
				}
			}
		}},
		{"deployment-create", "pods ReplicaSet/web-#1", func(r *clustertest.Recording) { r.Pods[0].Image = "app:2" }},
		{"deployment-create", "times ReplicaSet/web-#1 ready", func(r *clustertest.Recording) { *r.Pods[0].Ready += 2 }},
		{"deployment-scale", "actions", func(r *clustertest.Recording) { r.Actions[0].Code = 409 }},
		{"deployment-rolling-update-10", "times ReplicaSet/web-#2 created", func(r *clustertest.Recording) {
			for i := range r.Pods {
				if r.Pods[i].Owner == "ReplicaSet/web-#2" {
					r.Pods[i].Created = 10
				}
			}
		}},
	} {
		t.Run(row.want, func(t *testing.T) {
			broken := recording(t, traces, row.name)
			row.breakIt(broken)
			var found []string
			for _, d := range clustertest.Compare(recording(t, traces, row.name), broken) {
				found = append(found, d.What)
			}
			require.Contains(t, strings.Join(found, "\n"), row.want)
		})
	}
}

func TestRecordingsAreWrittenAsTheyAreRead(t *testing.T) {
	want := recording(t, traces, "job-indexed")
	var b bytes.Buffer
	require.NoError(t, want.Write(&b))
	got, err := clustertest.ParseRecording(b.Bytes())
	require.NoError(t, err)
	require.Equal(t, want, got)
}
