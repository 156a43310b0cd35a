package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// limited is a pod whose container has limits; the test is skipped where those cannot be enforced.
func limited(t *testing.T, script, memory string) *shell {
	t.Helper()
	s := newShell(t, script)
	require.NoError(t, s.RemoveSandbox(t.Context(), uid))
	limits := pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity("250m"), pod.ResourceMemory: pod.MustParseQuantity(memory)}
	s.app.Resources = pod.ResourceRequirements{Limits: limits, Requests: limits}
	require.NoError(t, s.CreateSandbox(t.Context(), s.pod))
	for _, w := range s.Warnings(uid) {
		if strings.Contains(w, "limits of cpu and memory") {
			t.Skip(w)
		}
	}
	return s
}

// groups are the cgroup folders on this machine that have to do with the pod of this test.
func groups(t *testing.T) []string {
	t.Helper()
	var found []string
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), string(uid)+".") {
			found = append(found, path)
		}
		return nil
	})
	return found
}

func TestLimits(t *testing.T) {
	before := len(groups(t))
	s := limited(t, "grep -E ':(cpu|memory|):' /proc/self/cgroup; cat /proc/self/oom_score_adj; echo ready; exec sleep 1000", "32Mi")
	require.NoError(t, s.start(node.StartOptions{}))
	eventually(t, "it says nothing", func() bool { return strings.Contains(s.text(false), "ready") })
	pid, ok := s.PID(uid, "app", 0)
	require.True(t, ok)
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	require.NoError(t, err)
	require.Contains(t, string(own), "/app.0\n")
	require.Contains(t, s.text(false), "/app.0\n", "from its first moment on")
	score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
	require.NoError(t, err)
	require.Contains(t, []string{"-997\n", "0\n"}, string(score), "that of a Guaranteed pod, where this user may set it")
	values := map[string]string{}
	for _, dir := range groups(t) {
		for _, file := range []string{"memory.limit_in_bytes", "memory.max", "cpu.cfs_quota_us", "cpu.max", "cpu.shares"} {
			if b, err := os.ReadFile(filepath.Join(dir, "app.0", file)); err == nil {
				values[file] = strings.TrimSpace(string(b))
			}
		}
	}
	if values["cpu.max"] != "" {
		require.Equal(t, map[string]string{"memory.max": "33554432", "cpu.max": "25000 100000"}, values)
	} else {
		require.Equal(t, map[string]string{
			"memory.limit_in_bytes": "33554432", "cpu.cfs_quota_us": "25000", "cpu.shares": "256",
		}, values)
	}
	require.NoError(t, s.RemoveSandbox(t.Context(), uid))
	require.Len(t, groups(t), before)
}

func TestOutOfMemory(t *testing.T) {
	s := limited(t, "x=0123456789abcdef; while :; do x=$x$x; done", "16Mi")
	c := s.ended(node.StartOptions{})
	require.Equal(t, int32(137), c.ExitCode)
	require.Equal(t, pod.ReasonOOMKilled, c.Reason)
}

// TestHiddenProcesses has a container's process run away from all by which it could be found, but for the pod.
func TestHiddenProcesses(t *testing.T) {
	seconds := fmt.Sprint(1_000_000 + os.Getpid())
	s := newShell(t, "(setsid env -i sh -c '(setsid sleep "+seconds+" &)' &); sleep 0.1; echo ready")
	require.NoError(t, s.start(node.StartOptions{}))
	s.wait()
	require.NoError(t, s.StopSandbox(t.Context(), uid))
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, line := range lines {
		b, _ := os.ReadFile(line)
		require.NotEqual(t, "sleep\x00"+seconds+"\x00", string(b), line)
	}
}

// valueOf is the first line of a file of the pod's cgroups, "" where there is none.
func valueOf(t *testing.T, files ...string) string {
	t.Helper()
	for _, dir := range groups(t) {
		for _, file := range files {
			if b, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
				return strings.TrimSpace(string(b))
			}
		}
	}
	return ""
}

// TestResize gives a running container more and then less, and its process stays the same.
func TestResize(t *testing.T) {
	s := limited(t, "echo ready; exec sleep 1000", "32Mi")
	require.NoError(t, s.start(node.StartOptions{}))
	s.ready()
	pid, _ := s.PID(uid, "app", 0)
	resize := func(cpu, memory string) error {
		r := pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity(cpu), pod.ResourceMemory: pod.MustParseQuantity(memory)}
		s.app.Resources = pod.ResourceRequirements{Limits: r, Requests: r}
		return s.Resize(t.Context(), s.pod, "app", 0)
	}
	for _, c := range []struct{ cpu, memory, quota, bytes string }{
		{"500m", "64Mi", "50000", "67108864"},
		{"500m", "64Mi", "50000", "67108864"},
		{"100m", "16Mi", "10000", "16777216"},
	} {
		require.NoError(t, resize(c.cpu, c.memory))
		for _, of := range []string{"app.0", ""} {
			require.Equal(t, c.bytes, valueOf(t, filepath.Join(of, "memory.max"), filepath.Join(of, "memory.limit_in_bytes")), "%q", of)
			quota := valueOf(t, filepath.Join(of, "cpu.max"), filepath.Join(of, "cpu.cfs_quota_us"))
			require.Equal(t, c.quota, strings.TrimSuffix(quota, " 100000"), "%q", of)
		}
	}
	err := resize("100m", "1")
	require.ErrorContains(t, err, `resize: container "app": cannot decrease memory limits: attempting to set container memory limit (1) below current usage (`)
	require.Equal(t, "16777216", valueOf(t, "app.0/memory.max", "app.0/memory.limit_in_bytes"))
	still, _ := s.PID(uid, "app", 0)
	require.Equal(t, pid, still)
}
