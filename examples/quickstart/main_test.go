package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/process"
)

func TestMain(m *testing.M) {
	process.Init()
	os.Exit(m.Run())
}

// scratch makes a folder of the test's own the place for temporary files, and returns it.
func scratch(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return dir
}

func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "left behind")
}

func TestVirtual(t *testing.T) {
	var first, second bytes.Buffer
	require.NoError(t, run(t.Context(), &first, options{runtime: runtimeSim}))
	require.NoError(t, run(t.Context(), &second, options{runtime: runtimeSim}))
	require.Equal(t, first.String(), second.String())
	for _, want := range []string{"Init:0/2", "app exit 3 (Error)", "2/2    Running          1", "OOMKilled", "Terminating", "gone"} {
		require.Contains(t, first.String(), want)
	}
}

func TestReal(t *testing.T) {
	dir := scratch(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, options{runtime: runtimeProcess}))
	for _, want := range []string{
		"setup done", "journal running", "app exit 3 (Error)", "says: hello from setup", "app: crashing", "Terminating",
		"the pod is gone", "and so is its volume",
	} {
		require.Contains(t, out.String(), want)
	}
	requireEmpty(t, dir)
}

// TestInterrupted ends the story early, as Ctrl-C does: nothing is left.
func TestInterrupted(t *testing.T) {
	dir := scratch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	require.Error(t, run(ctx, &out, options{runtime: runtimeProcess}))
	requireEmpty(t, dir)
}

// TestNobodyReads ends the story early as well: the other end of the pipe is closed after a line.
func TestNobodyReads(t *testing.T) {
	dir := scratch(t)
	require.Error(t, run(t.Context(), &oneLine{}, options{runtime: runtimeProcess}))
	requireEmpty(t, dir)
}

type oneLine struct{ lines int }

func (o *oneLine) Write(b []byte) (int, error) {
	if o.lines++; o.lines > 1 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func TestLinksInFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: a}]}\n")
	require.NoError(t, os.Symlink("pod.yaml", filepath.Join(dir, "link.yaml")))
	require.NoError(t, os.Symlink("loop.yaml", filepath.Join(dir, "loop.yaml")))
	var out bytes.Buffer
	require.ErrorContains(t, run(t.Context(), &out, options{runtime: runtimeProcess, span: time.Minute, files: []string{dir}}), "loop.yaml")
	require.Equal(t, 2, strings.Count(out.String(), "Pod web"))
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "deployment.yaml", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: front}
---
apiVersion: v1
kind: Pod
metadata: {name: lone}
spec: {containers: [{name: a, image: "a:1"}, {name: b, image: "b:1"}]}
`)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, options{runtime: runtimeProcess, span: time.Minute, files: []string{dir}}))
	require.Contains(t, out.String(), "Deployment front")
	require.Contains(t, out.String(), "Pod lone")
	require.Contains(t, out.String(), "2/2    Running")
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestBadInput(t *testing.T) {
	const head = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
	tests := []struct{ name, text, want string }{
		{"syntax error", head + "spec: {containers: [}\n", ":4:"},
		{"unknown field", head + "spec:\n  containres: []\n", `:5:3: spec.containres: unknown field "containres"`},
		{"duplicate container name", head + "spec:\n  containers:\n  - {name: a, image: a}\n  - {name: a, image: b}\n", `:7:12: spec.containers[1].name: duplicate value "a"`},
		{"invalid name", "apiVersion: v1\nkind: Pod\nmetadata: {name: Web_1}\nspec: {containers: [{name: a, image: a}]}\n", ":3:18: metadata.name: invalid value \"Web_1\""},
		{"no container", head + "spec: {}\n", "spec.containers: required"},
		{"too large", strings.Repeat("#", 50<<20), "larger than"},
		{"alias bomb", bomb(), "alias"},
		{"binary", "\x7fELF\x00\x01\x02", "binary"},
		{"empty", "", "no YAML or JSON document"},
		{"no pod", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n", "no Pod"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := scratch(t)
			file := write(t, t.TempDir(), "bad.yaml", test.text)
			var out bytes.Buffer
			err := run(t.Context(), &out, options{runtime: runtimeProcess, span: time.Minute, files: []string{file}})
			require.ErrorContains(t, err, test.want)
			require.True(t, strings.HasPrefix(err.Error(), file+":"), err)
			require.NotContains(t, err.Error(), "\n", "one error")
			require.Empty(t, out.String(), "nothing is played")
			requireEmpty(t, dir)
		})
	}
	t.Run("folder without manifests", func(t *testing.T) {
		require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}, options{runtime: runtimeProcess, span: time.Minute, files: []string{t.TempDir()}}), "no manifests")
	})
	t.Run("missing file", func(t *testing.T) {
		require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}, options{runtime: runtimeProcess, span: time.Minute, files: []string{"absent.yaml"}}), "absent.yaml")
	})
}

// bomb is a small file whose aliases stand for a billion values.
func bomb() string {
	text := "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    a: &a x\nx0: &x0 [lol, lol]\n"
	for i := range 40 {
		n := string(rune('0'+i/10)) + string(rune('0'+i%10))
		p := "x0"
		if i > 0 {
			p = "y" + string(rune('0'+(i-1)/10)) + string(rune('0'+(i-1)%10))
		}
		text += "y" + n + ": &y" + n + " [*" + p + ", *" + p + ", *" + p + "]\n"
	}
	return text + "spec:\n  containers: *y39\n"
}

func TestRuntimes(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), io.Discard, options{runtime: "docker"}), `runtime "docker" is not known: want process, sim or cri`)
}
