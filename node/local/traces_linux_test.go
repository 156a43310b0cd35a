package local_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

// requireIsolation skips a test with namespaces where pods cannot have them.
func requireIsolation(t *testing.T, isolation string) {
	t.Helper()
	if isolation == isolations[0] {
		return
	}
	r, err := process.New(process.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	p := &pod.Pod{}
	p.UID, p.Name = "probe", "probe"
	require.NoError(t, r.CreateSandbox(t.Context(), p))
	for _, w := range r.Warnings(p.UID) {
		t.Skip("namespaces are not permitted here: " + w)
	}
}

// traces are what pods in a folder leave on a machine beside their files: processes that have the folder in their environment, their
// command or their mounts, which last as long as a namespace that a process is in; mounts of this program's own; namespaces that it holds
// open. A namespace that is in none of these is gone.
func traces(t *testing.T, dir string) (out []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, p := range processes {
		for _, file := range []string{"environ", "cmdline", "mountinfo"} {
			b, _ := os.ReadFile(filepath.Join(p, file))
			own := filepath.Base(p) == strconv.Itoa(os.Getpid()) && file != "mountinfo"
			if !own && bytes.Contains(b, []byte(dir)) {
				command, _ := os.ReadFile(filepath.Join(p, "cmdline"))
				out = append(out, filepath.Join(p, file)+" of "+strings.ReplaceAll(string(command), "\x00", " "))
			}
		}
	}
	files, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, f := range files {
		if to, _ := os.Readlink(f); strings.Contains(to, ":[") && !strings.HasPrefix(to, "socket:") && !strings.HasPrefix(to, "pipe:") &&
			!strings.HasPrefix(to, "anon_inode:") {
			out = append(out, f+" to "+to)
		}
	}
	return out
}
