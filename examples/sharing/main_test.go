package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/process"
)

// TestMain plays a container where this program was started as one.
func TestMain(m *testing.M) {
	process.Init()
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		if err := play(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// scratch makes a folder of the test's own the place for temporary files, and checks at the end that it is empty.
func scratch(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, "left behind")
	})
}

func TestStory(t *testing.T) {
	scratch(t)
	var out bytes.Buffer
	require.NoError(t, tell(t.Context(), &out))
	t.Log(out.String())
	require.Equal(t, 2, strings.Count(out.String(), "found 0 files in the volume"))
	require.Equal(t, 2, strings.Count(out.String(), "served the file that visitor wrote"))
	for _, want := range []string{`wanted by container "visitor"`, `container "web" of`, "its UID, its address and its volume are others"} {
		require.Contains(t, out.String(), want)
	}
	if strings.Count(out.String(), "podlife says") == 1 { // of the port, and nothing of namespaces
		require.Equal(t, 2, strings.Count(out.String(), "nobody listens at the machine's own localhost"))
		require.Equal(t, 2, strings.Count(out.String(), "on host shop"))
	}
	require.Less(t, strings.Count(out.String(), "\n"), 25, "one screen")
}

// interrupter ends the story while web runs, as Ctrl-C does.
type interrupter struct{ cancel func() }

func (i interrupter) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("visitor says")) {
		i.cancel()
	}
	return len(text), nil
}

func TestInterrupted(t *testing.T) {
	scratch(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.Error(t, tell(ctx, interrupter{cancel}))
}
