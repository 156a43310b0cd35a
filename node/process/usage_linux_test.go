package process_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

// TestUsage has a container hold some 4 Mi of memory and 1 Mi of disk, with two processes beside its own.
func TestUsage(t *testing.T) {
	for name, inProgram := range map[string]bool{"shim": false, "in this program": true} {
		t.Run(name, func(t *testing.T) {
			volume := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(volume, "big"), []byte(strings.Repeat("x", 8<<20)), 0o644))
			s := newShellIn(t, process.Config{Dir: t.TempDir(), InProgram: inProgram}, `x=0123456789abcdef
while [ ${#x} -lt 4194304 ]; do x=$x$x; done
head -c 1048576 /dev/zero >"$PODLIFE_ROOT/file"
sleep 1000 & sleep 1000 & echo ready; wait`)
			require.NoError(t, s.start(node.StartOptions{Mounts: []node.Mount{{Source: volume, Target: "/data"}}}))
			s.ready()
			var u *eviction.Usage
			eventually(t, "it does not come to rest", func() bool { // a child that has not executed its program yet is as large as its parent
				u = s.Usage(t.Context(), uid)
				return u.Processes == 3 && len(u.Containers) == 1 && u.Containers[0].Memory != nil && *u.Containers[0].Memory == u.Memory
			})
			require.Greater(t, u.Memory, int64(4<<20))
			require.Less(t, u.Memory, int64(64<<20))
			app := u.Containers[0]
			require.Equal(t, "app", app.Name)
			require.GreaterOrEqual(t, app.Root.Bytes, int64(1<<20))
			require.Less(t, app.Root.Bytes, int64(4<<20), "volumes are not the container's own")
			require.Greater(t, app.Root.Inodes, int64(1))
			require.Equal(t, int64(1), app.Logs.Inodes)
			require.NoError(t, s.StopContainer(t.Context(), uid, "app", 0, 0))
			u = s.Usage(t.Context(), uid)
			require.Zero(t, u.Memory)
			require.Zero(t, u.Processes)
			require.Nil(t, u.Containers[0].Memory)
			require.GreaterOrEqual(t, u.Containers[0].Root.Bytes, int64(1<<20))
		})
	}
}

func TestUsageOfNobody(t *testing.T) {
	require.Nil(t, newShell(t, "exit 0").Usage(t.Context(), pod.UID("other")))
}
