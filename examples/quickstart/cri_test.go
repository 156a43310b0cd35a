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
)

// standIn makes the current folder one of a checkout whose adapter has a program without an engine, and returns the folder of
// temporary files.
func standIn(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(root, adapter), os.DirFS("testdata/adapter")))
	require.NoError(t, os.Mkdir(filepath.Join(root, "deeper"), 0o777))
	t.Chdir(filepath.Join(root, "deeper"))
	return scratch(t)
}

// The program of the adapter is told what this one was, and its output is this one's.
func TestContainers(t *testing.T) {
	dir := standIn(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, options{runtime: runtimeCRI, endpoint: "unix:///run/x.sock", image: "a:1"}))
	require.Equal(t, "-endpoint unix:///run/x.sock -image a:1\n", out.String())
	requireEmpty(t, dir)
}

// Its exit code is this one's.
func TestContainersFail(t *testing.T) {
	dir := standIn(t)
	err := run(t.Context(), io.Discard, options{runtime: runtimeCRI, image: "fail"})
	require.Equal(t, 3, failure(err))
	requireEmpty(t, dir)
}

// When this one is asked to end, so is that one, which may take its time.
func TestContainersInterrupted(t *testing.T) {
	dir := standIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := onWrite{what: "-image wait\n", then: cancel}
	require.Error(t, run(ctx, &told, options{runtime: runtimeCRI, image: "wait"}))
	require.Equal(t, "-image wait\nended by terminated\n", told.text.String())
	requireEmpty(t, dir)
}

// onWrite keeps what is written, and calls then when that is what.
type onWrite struct {
	what string
	then func()
	text strings.Builder
}

func (o *onWrite) Write(b []byte) (int, error) {
	o.text.Write(b)
	if o.text.String() == o.what {
		o.then()
	}
	return len(b), nil
}

func TestContainersElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	err := run(t.Context(), io.Discard, options{runtime: runtimeCRI})
	require.ErrorContains(t, err, "wants a checkout of this module")
	err = run(t.Context(), io.Discard, options{runtime: runtimeCRI, span: time.Minute, files: []string{"x.yaml"}})
	require.ErrorContains(t, err, `"x.yaml" with -runtime cri: files are played in virtual time only`)
}
