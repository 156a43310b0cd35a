package process

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

func TestParseCgroups(t *testing.T) {
	const v2 = "24 30 0:22 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	const v1 = "33 31 0:30 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n36 31 0:32 /docker/x /cg/memory rw - cgroup cgroup rw,memory\n"
	own := "4:memory:/docker/x/sub\n3:cpu,cpuacct:/user\n1:name=systemd:/\n0::/\n"
	require.Equal(t, cgroupTree{unified: "/sys/fs/cgroup"}, parseCgroups(v2, "0::/user.slice\n"))
	require.Equal(t, cgroupTree{cpu: "/cg/cpu,cpuacct/user", memory: "/cg/memory/sub"}, parseCgroups(v1, own))
	require.Equal(t, cgroupTree{}, parseCgroups("1 2 0:3 / / rw - ext4 /dev/vda rw\nnonsense - cgroup\n", ""))
}

func TestLimitFiles(t *testing.T) {
	top := t.TempDir()
	g := &cgroup{tree: cgroupTree{unified: top}, name: "podlife/x"}
	dir := filepath.Join(top, g.name)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, file := range []string{"cpu.weight", "cpu.max", "memory.max"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), nil, 0o644))
	}
	require.NoError(t, g.limit(pod.LinuxResources{CPUShares: 1024, CPUQuota: 50_000, CPUPeriod: 100_000, Memory: 1 << 20}))
	for file, want := range map[string]string{"cpu.weight": "100", "cpu.max": "50000 100000", "memory.max": "1048576"} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, want, string(b), file)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "memory.events"), []byte("low 0\noom 1\noom_kill 1\n"), 0o644))
	require.True(t, g.oomKilled())
	require.False(t, (*cgroup)(nil).oomKilled())
}

// TestProcessIsBornInGroup starts a process in a group of version 2 of this machine, whether or not that has the controllers of CPU and
// memory, and ends it with what has hidden from its session.
func TestProcessIsBornInGroup(t *testing.T) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	g := &cgroup{tree: cgroupTree{unified: parseCgroups(string(mounts), "").unified}, name: fmt.Sprintf("podlife.born.%d", os.Getpid())}
	if g.tree.unified == "" || os.Mkdir(g.dirs()[0], 0o755) != nil {
		t.Skip("there are no cgroups of version 2 here, or they cannot be written to")
	}
	t.Cleanup(func() { g.remove() })
	o, err := newOutlet()
	require.NoError(t, err)
	var c *child
	onForkThread(func() {
		c, err = startChild("/bin/sh", []string{"sh", "-c", "setsid sleep 1000 & cat /proc/self/cgroup; wait"}, childAttr{
			stdout: o.stdout(), stderr: o.stderr(), group: g,
		})
	})
	require.NoError(t, err)
	o.given()
	b := make([]byte, 4096)
	n, err := o.pipes[0].r.Read(b)
	require.NoError(t, err)
	require.Contains(t, string(b[:n]), "0::/"+g.name+"\n", "it is there from its first moment on")
	require.GreaterOrEqual(t, len(g.pids()), 2)
	g.kill()
	require.Empty(t, g.pids())
	c.ended()
	require.Equal(t, int32(137), c.reap())
	require.False(t, g.oomKilled())
	g.remove()
	require.NoDirExists(t, g.dirs()[0])
}
