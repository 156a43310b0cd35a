package process_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

// marked returns the processes that carry a word in their environment, but for this one.
func marked(t *testing.T, word string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		pid := filepath.Base(filepath.Dir(file))
		env, err := os.ReadFile(file)
		if err == nil && pid != strconv.Itoa(os.Getpid()) && bytes.Contains(env, []byte(word)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			found = append(found, pid+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// mark is what the processes of a container's first attempt carry.
func (s *shell) mark(container string) string {
	return "PODLIFE_CONTAINER=" + filepath.Join(s.dir, "pods", string(uid), container, "0") + "\x00"
}

// zombies returns the children of this process that have ended and were not reaped.
func zombies(t *testing.T) []string {
	t.Helper()
	return zombiesOf(t, os.Getpid())
}

func zombiesOf(t *testing.T, parent int) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		rest := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if rest[0] == "Z" && rest[1] == strconv.Itoa(parent) {
			found = append(found, string(b))
		}
	}
	return found
}

// TestNothingIsLeft lets containers end with all kinds of children around.
func TestNothingIsLeft(t *testing.T) {
	for _, c := range []struct{ name, script string }{
		{"child", "sleep 1000 & echo ready; "},
		{"child ignores TERM", "(trap '' TERM; sleep 1000) & echo ready; "},
		{"own session", "setsid sleep 1000 & echo ready; "},
		{"double fork", "(setsid sh -c 'sleep 1000 & sleep 1001 &' &); echo ready; "},
		{"own group", "set -m; sleep 1000 & echo ready; "},
		{"forks again and again", "(while :; do sleep 0.01; done) & (while :; do setsid sleep 0.01 & sleep 0.01; done) & echo ready; "},
		{"keeps the output open", "setsid sh -c 'sleep 1000; echo late' & echo ready; "},
	} {
		for _, end := range []string{"exit 3", "kill -9 $$", "exec sleep 1002"} {
			t.Run(c.name+"/"+end, func(t *testing.T) {
				s := newShell(t, c.script+end)
				word := s.mark("app")
				require.NoError(t, s.start(node.StartOptions{Env: []string{"PATH=/usr/bin:/bin"}}))
				s.ready()
				if strings.HasPrefix(end, "exec") {
					require.NotEmpty(t, marked(t, word))
					require.NoError(t, s.StopSandbox(t.Context(), uid))
				}
				want := map[string]int32{"exit 3": 3}[end]
				require.Equal(t, cmp.Or(want, 137), s.wait().ExitCode)
				require.Empty(t, marked(t, word))
				require.Empty(t, zombies(t))
			})
		}
	}
}

// TestOrphansAreReaped has a container's children lose their parents and end, while the container runs on.
func TestOrphansAreReaped(t *testing.T) {
	s := newShell(t, "for i in 1 2 3; do (setsid sh -c 'sleep 0.05; echo orphan' &); done; exec sleep 1000")
	require.NoError(t, s.start(node.StartOptions{}))
	shim := shimOf(t, s.dir)
	eventually(t, "the orphans do not end", func() bool { return strings.Count(s.text(false), "orphan") == 3 })
	eventually(t, "they are zombies", func() bool { return len(zombiesOf(t, shim)) == 0 })
}

func TestExecChildrenEndWithTheContainer(t *testing.T) {
	s := newShell(t, "exec sleep 1000")
	require.NoError(t, s.start(node.StartOptions{}))
	_, err := s.Exec(t.Context(), uid, "app", 0, []string{"sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & sleep 1001 >/dev/null 2>&1 &"})
	require.NoError(t, err)
	word := s.mark("app")
	require.Len(t, marked(t, word), 3)
	require.NoError(t, s.StopContainer(t.Context(), uid, "app", 0, 0))
	require.Empty(t, marked(t, word))
	require.Empty(t, zombies(t))
}

// TestTwoRuntimesDoNotMix has two runtimes with a pod of the same UID.
func TestTwoRuntimesDoNotMix(t *testing.T) {
	one, two := newShell(t, "sleep 1000"), newShell(t, "sleep 1000")
	require.NoError(t, one.start(node.StartOptions{}))
	require.NoError(t, two.start(node.StartOptions{}))
	require.NoError(t, one.StopContainer(t.Context(), uid, "app", 0, 0))
	require.Empty(t, marked(t, one.mark("app")))
	require.NotEmpty(t, marked(t, two.mark("app")))
}

func TestOneContainersEndLeavesTheOthers(t *testing.T) {
	s := newShell(t, "exit 0")
	s.pod.Spec.Containers = append(s.pod.Spec.Containers, pod.Container{Name: "other"})
	o := node.StartOptions{Command: []string{"sleep", "1000"}}
	require.NoError(t, s.start(node.StartOptions{Command: []string{"sleep", "1000"}}))
	require.NoError(t, s.StartContainer(t.Context(), s.pod, "other", 0, o))
	require.NoError(t, s.StopContainer(t.Context(), uid, "app", 0, 0))
	require.Len(t, marked(t, s.mark("other")), 1)
	pid, ok := s.PID(uid, "other", 0)
	require.True(t, ok)
	require.NoError(t, syscall.Kill(pid, 0))
	_, ok = s.PID(uid, "app", 0)
	require.False(t, ok, "an ended process has no number")
}

// TestGoroutinesAndFiles has many containers come and go and looks for what they leave in this process.
func TestGoroutinesAndFiles(t *testing.T) {
	s := newShell(t, "echo hello; exit 1")
	round := func(attempt int32) {
		o := node.StartOptions{Command: s.app.Command}
		require.NoError(t, s.StartContainer(t.Context(), s.pod, "app", attempt, o))
		for n := 0; ; n++ {
			seen, err := s.List(t.Context(), uid)
			require.NoError(t, err)
			if seen.Containers[0].ExitCode == 1 {
				break
			}
			require.Less(t, n, 10_000)
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, s.RemoveContainer(t.Context(), uid, "app", attempt))
	}
	round(0)
	goroutines, files := settled(t)
	for attempt := range int32(20) {
		round(attempt + 1)
	}
	moreGoroutines, moreFiles := settled(t)
	require.LessOrEqual(t, moreGoroutines, goroutines)
	require.LessOrEqual(t, moreFiles, files)
}

// settled returns how many goroutines and open files this process has, once that does not change any more.
func settled(t *testing.T) (goroutines, files int) {
	t.Helper()
	for same := 0; same < 5; {
		g := runtime.NumGoroutine()
		open, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		if g == goroutines && len(open) == files {
			same++
		} else {
			goroutines, files, same = g, len(open), 0
		}
		time.Sleep(5 * time.Millisecond)
	}
	return goroutines, files
}

// alive reports whether a process runs; a zombie does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))[0] != "Z"
}

func TestDialPod(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	r := newRuntime(t, t.TempDir())
	conn, err := r.DialPod(t.Context(), uid, "tcp", net.JoinHostPort("10.88.0.7", port))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.NoError(t, l.Close())
	_, err = r.DialPod(t.Context(), uid, "tcp", net.JoinHostPort("10.88.0.7", port))
	require.ErrorContains(t, err, "connection refused")
}

// TestFolderThatCannotBeRemoved holds that a pod whose folder cannot be removed is known until it can, so that it is tried again.
func TestFolderThatCannotBeRemoved(t *testing.T) {
	for _, c := range []process.Config{{}, {InProgram: true}} {
		c.Dir = t.TempDir()
		s := newShellIn(t, c, "exit 0")
		s.ended(node.StartOptions{})
		busy := filepath.Join(c.Dir, "pods", string(uid), "busy")
		require.NoError(t, os.Mkdir(busy, 0o755))
		if err := syscall.Mount("podlife", busy, "tmpfs", 0, ""); err != nil {
			t.Skip("needs the right to mount a file system: ", err)
		}
		defer func() { _ = syscall.Unmount(busy, syscall.MNT_DETACH) }()
		for range 2 {
			require.ErrorIs(t, s.RemoveSandbox(t.Context(), uid), syscall.EBUSY)
			known, err := s.Pods(t.Context())
			require.NoError(t, err)
			require.Equal(t, []pod.UID{uid}, known)
		}
		require.NoError(t, syscall.Unmount(busy, 0))
		require.NoError(t, s.RemoveSandbox(t.Context(), uid))
		require.NoDirExists(t, filepath.Dir(busy))
		known, err := s.Pods(t.Context())
		require.NoError(t, err)
		require.Empty(t, known)
	}
}

// small mounts a small file system in a new folder.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("podlife", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("needs the right to mount a file system: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestFullLogDisk has a container write more than the disk of its log has room for: it runs on, its log loses lines but no order, and goes
// on when there is room again.
func TestFullLogDisk(t *testing.T) {
	disk, dir := small(t), t.TempDir()
	wrote, goOn := filepath.Join(dir, "wrote"), filepath.Join(dir, "go-on")
	s := newShell(t, fmt.Sprintf("i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done; "+
		">%s; until [ -e %s ]; do sleep 0.01; done; echo after", wrote, goOn))
	path, filler := filepath.Join(disk, "app.log"), filepath.Join(disk, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 800<<10), 0o600)) // more than what a pipe holds takes in a log
	require.NoError(t, s.start(node.StartOptions{LogPath: path}))
	eventually(t, "it does not run on", func() bool { _, err := os.Stat(wrote); return err == nil })
	eventually(t, "the disk has room", func() bool {
		var room syscall.Statfs_t
		require.NoError(t, syscall.Statfs(disk, &room))
		return room.Bfree == 0
	})
	require.NoError(t, os.Remove(filler))
	require.NoError(t, os.WriteFile(goOn, nil, 0o600))
	require.Equal(t, int32(0), s.wait().ExitCode)
	last, after := -1, false
	for l, err := range s.Logs(t.Context(), uid, "app", 0, node.LogOptions{}) {
		require.NoError(t, err)
		var n int
		if _, err := fmt.Sscanf(l.Text, "line %d", &n); err == nil && !after {
			require.GreaterOrEqual(t, n, last/10, "lines are in order, but for one that was cut off")
			last = max(last, n)
		}
		after = after || l.Text == "after"
	}
	require.Greater(t, last, 100)
	require.True(t, after, "the log goes on")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		require.LessOrEqual(t, strings.Count(line, "Z std"), 1, "no line runs into the next: %q", line)
	}
	require.NoError(t, s.RemoveSandbox(t.Context(), uid))
}
