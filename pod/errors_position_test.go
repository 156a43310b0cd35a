package pod_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// TestPlaceAgreesWithLocate places the faults of many containers, on many lines and on one.
func TestPlaceAgreesWithLocate(t *testing.T) {
	for _, separator := range []string{"\n  ", ""} {
		text := "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"wéb\"}, \"spec\": {\"containers\": ["
		for i := range 50 {
			text += fmt.Sprintf("%s{\"name\": \"ä\", \"image\": \"é%d\"},", separator, i)
		}
		objects, err := pod.Read("f.json", strings.NewReader(strings.TrimSuffix(text, ",")+"]}}"), pod.DecodeOptions{})
		require.NoError(t, err)
		faults := pod.Validate(objects[0].Pod)
		require.Greater(t, len(faults), 50)
		for _, f := range faults.Place(objects[0].Source) {
			line, column, _ := objects[0].Source.Position(f.Location())
			require.Equal(t, fmt.Sprintf("f.json:%d:%d", line, column), fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column), f.Path)
		}
	}
}

// TestPlaceTakesTimeInProportion places the faults of very many containers; by the square it would take minutes.
func TestPlaceTakesTimeInProportion(t *testing.T) {
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n" + strings.Repeat("  - {name: A, image: a}\n", 50_000)
	objects, err := pod.Read("f.yaml", strings.NewReader(text), pod.DecodeOptions{})
	require.NoError(t, err)
	faults := pod.Validate(objects[0].Pod)
	began := time.Now()
	faults.Place(objects[0].Source)
	require.Less(t, time.Since(began), 10*time.Second)
	for _, f := range faults {
		if f.Path == "spec.containers[49999].name" {
			require.Equal(t, 50_005, f.Line)
			return
		}
	}
	t.Fatal("no fault of the last container")
}

// TestSourcePath names fields of pods and of templates as their documents do.
func TestSourcePath(t *testing.T) {
	objects, err := pod.Read("f.yaml", strings.NewReader(`
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: c}
  spec:
    schedule: "0 0 * * *"
    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}
- apiVersion: v1
  kind: Pod
  metadata: {name: p}
  spec: {containers: [{name: a, image: a}]}
`), pod.DecodeOptions{})
	require.NoError(t, err)
	require.Equal(t, "items[0].spec.jobTemplate.spec.template.spec.containers[0].name", objects[0].Source.Path("spec.containers[0].name"))
	require.Equal(t, "items[0].metadata.name", objects[0].Source.Path("metadata.name"))
	require.Equal(t, "items[1].spec.containers[0].name", objects[1].Source.Path("spec.containers[0].name"))
}

func TestCheck(t *testing.T) {
	objects, err := pod.Read("f.yaml", strings.NewReader(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {selector: {}, template: {spec: {containers: [{name: App, image: a}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
`), pod.DecodeOptions{})
	require.NoError(t, err)
	faults := objects[0].Check()
	require.Len(t, faults, 1)
	require.Contains(t, faults.Error(), `f.yaml:5:60: spec.containers[0].name: invalid value "App"`)
	require.Empty(t, objects[0].Pod.Spec.RestartPolicy, "the pod itself is not defaulted")
	require.Nil(t, objects[1].Check())
}
