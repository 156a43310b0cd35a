//go:build unix

package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

const uid = pod.UID("00000000-0000-4000-8000-0000000000aa")

// shell is a pod with one container, app, that runs a script, and its runtime with a sandbox.
type shell struct {
	*process.Runtime
	t   *testing.T
	dir string
	pod *pod.Pod
	app *pod.Container
}

func newShell(t *testing.T, script string) *shell {
	t.Helper()
	return newShellIn(t, process.Config{Dir: t.TempDir()}, script)
}

func newShellIn(t *testing.T, c process.Config, script string) *shell {
	t.Helper()
	p := &pod.Pod{}
	p.UID, p.Name = uid, "web"
	p.Spec.Containers = []pod.Container{{Name: "app", Command: []string{"/bin/sh", "-c", script}}}
	s := &shell{Runtime: newRuntimeOf(t, c), t: t, dir: c.Dir, pod: p, app: &p.Spec.Containers[0]}
	require.NoError(t, s.CreateSandbox(t.Context(), p))
	return s
}

// start starts the container with the script as its command.
func (s *shell) start(o node.StartOptions) error {
	if o.Command == nil {
		o.Command, o.Args = s.app.Command, s.app.Args
	}
	return s.StartContainer(s.t.Context(), s.pod, "app", 0, o)
}

// ended starts the container and waits for its end.
func (s *shell) ended(o node.StartOptions) lifecycle.SeenContainer {
	s.t.Helper()
	require.NoError(s.t, s.start(o))
	return s.wait()
}

func (s *shell) wait() lifecycle.SeenContainer {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		seen, err := s.List(s.t.Context(), uid)
		require.NoError(s.t, err)
		if c := seen.Containers[0]; c.State == lifecycle.ContainerExited {
			return c
		}
	}
	s.t.Fatal("the container does not end")
	return lifecycle.SeenContainer{}
}

// text returns the log, one line each.
func (s *shell) text(follow bool) string {
	s.t.Helper()
	var b strings.Builder
	for l, err := range s.Logs(s.t.Context(), uid, "app", 0, node.LogOptions{Follow: follow}) {
		require.NoError(s.t, err)
		fmt.Fprintf(&b, "%s %s\n", l.Stream, l.Text)
	}
	return b.String()
}

// ready waits for the first line of the log.
func (s *shell) ready() {
	s.t.Helper()
	for _, err := range s.Logs(s.t.Context(), uid, "app", 0, node.LogOptions{Follow: true}) {
		require.NoError(s.t, err)
		return
	}
	s.t.Fatal("the container wrote nothing")
}

func TestMountIsRelativeToRoot(t *testing.T) {
	volume := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(volume, "greeting"), []byte("hello\n"), 0o644))
	s := newShell(t, `cat data/greeting; cat "$PODLIFE_ROOT/data/greeting"; echo more >data/more; cat etc/conf/x`)
	conf := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(conf, []byte("file\n"), 0o644))
	c := s.ended(node.StartOptions{Mounts: []node.Mount{
		{Source: volume, Target: "/data"}, {Source: conf, Target: "/etc/conf/x"},
	}})
	require.Equal(t, int32(0), c.ExitCode)
	require.Equal(t, "stdout hello\nstdout hello\nstdout file\n", s.text(false))
	require.FileExists(t, filepath.Join(volume, "more"))
	require.NoError(t, s.RemoveContainer(t.Context(), uid, "app", 0))
	require.FileExists(t, filepath.Join(volume, "more"), "a volume outlives the container")
}

func TestMountsThatNeedNamespaces(t *testing.T) {
	for _, targets := range [][]string{{"/"}, {"/data", "/data/inner"}, {"/data/x/../inner", "/data"}} {
		s := newShellIn(t, process.Config{Dir: t.TempDir(), NoNamespaces: true}, "exit 0")
		var o node.StartOptions
		for _, target := range targets {
			o.Mounts = append(o.Mounts, node.Mount{Source: t.TempDir(), Target: target})
		}
		var failed *node.StartError
		require.ErrorAs(t, s.start(o), &failed, "%q", targets)
		require.Equal(t, pod.ReasonCreateContainerError, failed.Reason)
		seen, err := s.List(t.Context(), uid)
		require.NoError(t, err)
		require.Empty(t, seen.Containers, "the attempt was never made")
	}
}

func TestWorkingDirAndEnvironment(t *testing.T) {
	s := newShell(t, `echo "$(pwd | sed "s|$PODLIFE_ROOT||") $HOSTNAME $GREETING"; [ "$HOME" = "$PODLIFE_ROOT" ] && echo home`)
	s.app.WorkingDir = "/var/app"
	c := s.ended(node.StartOptions{Hostname: "web", Env: []string{"GREETING=hello there"}})
	require.Equal(t, int32(0), c.ExitCode)
	require.Equal(t, "stdout /var/app web hello there\nstdout home\n", s.text(false))
}

func TestCommandIsLookedUpInThePathOfTheContainer(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hello"), []byte("#!/bin/sh\necho from $1\n"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plain"), []byte("no program"), 0o644))
	s := newShell(t, "")
	c := s.ended(node.StartOptions{Command: []string{"hello"}, Args: []string{"path"}, Env: []string{"PATH=/nowhere:" + dir}})
	require.Equal(t, int32(0), c.ExitCode)
	require.Equal(t, "stdout from path\n", s.text(false))
}

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, []byte("no program"), 0o644))
	for _, c := range []struct {
		command []string
		env     []string
		reason  pod.Reason
		message string
	}{
		{[]string{"nosuch"}, nil, "RunContainerError", `exec: "nosuch": executable file not found in $PATH`},
		{[]string{"plain"}, []string{"PATH=" + dir}, "RunContainerError", `exec: "plain": executable file not found in $PATH`},
		{[]string{"/no/such"}, nil, "RunContainerError", `exec: "/no/such": no such file or directory`},
		{[]string{plain}, nil, "RunContainerError", `exec: "` + plain + `": permission denied`},
		{[]string{}, nil, "CreateContainerError", "no command specified: a process has no image to take one from"},
	} {
		s := newShell(t, "")
		var failed *node.StartError
		require.ErrorAs(t, s.start(node.StartOptions{Command: c.command, Env: c.env}), &failed, "%q", c.command)
		require.Equal(t, node.StartError{Reason: c.reason, Message: c.message}, *failed)
	}
}

func TestTerminationMessage(t *testing.T) {
	const fallback = pod.TerminationMessageFallbackToLogsOnError
	long := strings.Repeat("x", 5000)
	for _, c := range []struct {
		name, script string
		policy       pod.TerminationMessagePolicy
		want         string
	}{
		{"file", "echo log; printf said >dev/termination-log; exit 1", "", "said"},
		{"file, success", "printf said >dev/termination-log", "", "said"},
		{"none", "echo log; exit 1", "", ""},
		{"log", "echo one; echo two >&2; sleep 0.05; exit 1", fallback, "one\ntwo\n"},
		{"log, success", "echo log", fallback, ""},
		{"file before log", "echo log; printf said >dev/termination-log; exit 1", fallback, "said"},
		{"cut file", "printf %s '" + long + "' >dev/termination-log", "", long[:4096]},
		{"80 lines", "seq 1 200; exit 1", fallback, lines(121, 200)},
		{"2048 bytes", "echo start " + long + "; exit 1", fallback, long[:2047] + "\n"},
		{"no regular file", "rm dev/termination-log; mkfifo dev/termination-log; exit 1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShell(t, c.script)
			s.app.TerminationMessagePolicy = c.policy
			if strings.HasPrefix(c.name, "log") {
				// The two streams have no order between them but that of time.
				s.app.Command[2] = strings.Replace(c.script, "; echo two", "; sleep 0.1; echo two", 1)
			}
			require.Equal(t, c.want, s.ended(node.StartOptions{}).Message)
		})
	}
}

func lines(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

func TestMessagePath(t *testing.T) {
	s := newShell(t, "echo gone >var/run/why; exit 1")
	s.app.TerminationMessagePath = "/var/run/why"
	require.Equal(t, "gone\n", s.ended(node.StartOptions{}).Message)
}

func TestLogFile(t *testing.T) {
	long := strings.Repeat("y", 20_000)
	s := newShell(t, "echo out; sleep 0.1; echo err >&2; sleep 0.1; echo "+long+"; printf end")
	path := filepath.Join(t.TempDir(), "logs", "app", "0.log")
	s.ended(node.StartOptions{LogPath: path})
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var got []string
	for line := range strings.Lines(string(raw)) {
		l, err := node.ParseLogLine([]byte(line))
		require.NoError(t, err)
		require.Less(t, time.Since(l.Time), time.Minute)
		got = append(got, fmt.Sprintf("%s %v %d %.3s", l.Stream, l.Partial, len(l.Text), l.Text))
	}
	require.Equal(t, []string{
		"stdout false 3 out", "stderr false 3 err", "stdout true 16384 yyy", "stdout false 3616 yyy", "stdout true 3 end",
	}, got)
	require.NoError(t, s.RemoveContainer(t.Context(), uid, "app", 0))
	require.NoFileExists(t, path)
}

// TestLogRotation has a container write more than its log may hold, while somebody follows. It goes on when that one has read what there is,
// for a log keeps no file for who is late.
func TestLogRotation(t *testing.T) {
	const lines, batch = 3000, 40
	dir := t.TempDir()
	fifo := filepath.Join(dir, "go-on")
	require.NoError(t, exec.Command("mkfifo", fifo).Run())
	s := newShellIn(t, process.Config{Dir: t.TempDir(), LogMaxSize: 4000, LogMaxFiles: 3}, fmt.Sprintf(
		"i=0; while [ $i -lt %d ]; do echo line $i; i=$((i+1)); [ $((i %% %d)) = 0 ] && read go; done <%s", lines, batch, fifo))
	path := filepath.Join(dir, "app.log")
	require.NoError(t, s.start(node.StartOptions{LogPath: path}))
	goOn, err := os.OpenFile(fifo, os.O_RDWR, 0)
	require.NoError(t, err)
	defer goOn.Close()
	next := 0
	for line, err := range s.Logs(t.Context(), uid, "app", 0, node.LogOptions{Follow: true}) {
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("line %d", next), line.Text)
		if next++; next%batch == 0 {
			_, err = goOn.WriteString("on\n")
			require.NoError(t, err)
		}
	}
	require.Equal(t, lines, next, "the reader followed to the end")
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(4000), f)
	}
	require.NoError(t, s.RemoveContainer(t.Context(), uid, "app", 0))
	files, err = filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Empty(t, files)
}

func TestStopSignal(t *testing.T) {
	s := newShell(t, `trap 'exit 11' USR1; trap 'exit 12' TERM; echo ready; sleep 1000 & wait`)
	signal := pod.SIGUSR1
	s.app.Lifecycle = &pod.Lifecycle{StopSignal: &signal}
	require.NoError(t, s.start(node.StartOptions{}))
	s.ready()
	require.NoError(t, s.StopContainer(t.Context(), uid, "app", 0, time.Minute))
	require.Equal(t, int32(11), s.wait().ExitCode)
}

func TestStopSignalGoesToTheContainersProcessAlone(t *testing.T) {
	s := newShell(t, `(trap 'echo child >&2; exit 0' TERM; echo ready; while :; do sleep 0.05; done) &
		trap 'exit 5' TERM; wait; wait`)
	require.NoError(t, s.start(node.StartOptions{}))
	s.ready()
	require.NoError(t, s.StopContainer(t.Context(), uid, "app", 0, time.Minute))
	require.Equal(t, int32(5), s.wait().ExitCode)
	require.Equal(t, "stdout ready\n", s.text(false), "the child was killed, not asked to end")
}

func TestExecHasTheContainersWorld(t *testing.T) {
	s := newShell(t, "exec sleep 1000")
	s.app.WorkingDir = "/work"
	require.NoError(t, s.start(node.StartOptions{Env: []string{"A=b", "PATH=/usr/bin:/bin"}}))
	r, err := s.Exec(t.Context(), uid, "app", 0, []string{"sh", "-c", `echo "$A"; basename "$(pwd)"; echo err >&2; exit 3`})
	require.NoError(t, err)
	require.Equal(t, node.ExecResult{ExitCode: 3, Output: []byte("b\nwork\nerr\n")}, r)

	r, err = s.Exec(t.Context(), uid, "app", 0, []string{"sh", "-c", "yes | head -c 100000"})
	require.NoError(t, err)
	require.Len(t, r.Output, node.MaxOutput)

	_, err = s.Exec(t.Context(), uid, "app", 0, []string{"nosuch"})
	require.EqualError(t, err, `exec: "nosuch": executable file not found in $PATH`)
	_, err = s.Exec(t.Context(), uid, "app", 0, nil)
	require.EqualError(t, err, "no command given")
}

func TestExecDoesNotWaitForWhatItLeavesRunning(t *testing.T) {
	s := newShell(t, "exec sleep 1000")
	require.NoError(t, s.start(node.StartOptions{}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := s.Exec(ctx, uid, "app", 0, []string{"sh", "-c", "echo begun; sleep 1000 &"})
	require.NoError(t, err)
	require.Equal(t, "begun\n", string(r.Output))
	require.NoError(t, ctx.Err(), "the answer came in time")
}

func TestNamesThatAreNoFolders(t *testing.T) {
	r := newRuntime(t, t.TempDir())
	p := &pod.Pod{}
	for _, bad := range []pod.UID{"", ".", "..", "a/b", "../../etc"} {
		p.UID = bad
		require.Error(t, r.CreateSandbox(t.Context(), p), "UID %q", bad)
	}
	p.UID = uid
	require.NoError(t, r.CreateSandbox(t.Context(), p))
	p.Spec.Containers = []pod.Container{{Name: "../x"}}
	require.Error(t, r.StartContainer(t.Context(), p, "../x", 0, node.StartOptions{Command: []string{"true"}}))
}

// TestNamesOfContainers has containers called as the runtime's own files might be.
func TestNamesOfContainers(t *testing.T) {
	s := newShell(t, "")
	for _, name := range []string{"journal", "socket", "sandbox", "hosts", "hostname", "shim", "log", "root", "pod"} {
		s.pod.Spec.Containers = append(s.pod.Spec.Containers, pod.Container{Name: name})
		require.NoError(t, s.StartContainer(t.Context(), s.pod, name, 0, node.StartOptions{Command: []string{"true"}}), name)
	}
}

func TestClose(t *testing.T) {
	s := newShell(t, "sleep 1000")
	require.NoError(t, s.start(node.StartOptions{}))
	require.NoError(t, s.Close())
	seen, err := s.List(t.Context(), uid)
	require.NoError(t, err)
	require.Equal(t, "sandbox=absent", seen.String())
	require.Error(t, s.CreateSandbox(t.Context(), s.pod))
	require.NoError(t, s.Close())
}

func TestNewWithoutFolder(t *testing.T) {
	_, err := process.New(process.Config{})
	require.EqualError(t, err, "process runtime: no folder given")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err = process.New(process.Config{Dir: file})
	require.Error(t, err)
}

func TestCanceledContext(t *testing.T) {
	s := newShell(t, "exit 0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.CreateSandbox(ctx, s.pod), context.Canceled)
	require.ErrorIs(t, s.StartContainer(ctx, s.pod, "app", 0, node.StartOptions{}), context.Canceled)
	_, err := s.List(ctx, uid)
	require.True(t, errors.Is(err, context.Canceled))
}

func TestResizeOfWhatDoesNotRun(t *testing.T) {
	s := newShell(t, "exit 0")
	require.EqualError(t, s.Resize(t.Context(), s.pod, "app", 0), `resize: container "app": attempt 0 does not run`)
	s.ended(node.StartOptions{})
	require.EqualError(t, s.Resize(t.Context(), s.pod, "app", 0), `resize: container "app": attempt 0 does not run`)
	require.Error(t, s.Resize(t.Context(), s.pod, "other", 0))
	require.NoError(t, s.RemoveSandbox(t.Context(), uid))
	require.Error(t, s.Resize(t.Context(), s.pod, "app", 0))
}
