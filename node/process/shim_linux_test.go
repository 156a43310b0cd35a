package process_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

func init() {
	roles["hold"] = func(args []string) error { return runHolder(args[0]) }
}

// order is one thing that a holder is told to do with the pod.
type order struct {
	Do      string // create, start, stop, remove, removeSandbox
	UID     pod.UID
	Name    string
	Attempt int32
	Script  string
}

// runHolder obeys orders, one a line, and answers each with a line: the error, or nothing.
func runHolder(dir string) error {
	r, err := process.New(process.Config{Dir: dir})
	fmt.Println(err)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			panic(err)
		}
		fmt.Println(o.obey(r))
	}
	return lines.Err()
}

func (o order) obey(r *process.Runtime) error {
	ctx, p := context.Background(), o.pod()
	switch o.Do {
	case "create":
		return r.CreateSandbox(ctx, p)
	case "start":
		return r.StartContainer(ctx, p, o.Name, o.Attempt, node.StartOptions{Command: []string{"/bin/sh", "-c", o.Script}})
	case "stop":
		return r.StopContainer(ctx, o.UID, o.Name, o.Attempt, 0)
	case "remove":
		return r.RemoveContainer(ctx, o.UID, o.Name, o.Attempt)
	case "removeSandbox":
		return r.RemoveSandbox(ctx, o.UID)
	}
	panic(o.Do)
}

func (o order) pod() *pod.Pod {
	p := &pod.Pod{}
	p.UID, p.Name = o.UID, "web"
	p.Spec.Containers = []pod.Container{{Name: o.Name}}
	return p
}

// A holder is a program of its own that has a runtime.
type holder struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func newHolder(t *testing.T, dir string, env ...string) *holder {
	t.Helper()
	argv := role(t, "hold", dir)
	h := &holder{t: t, cmd: exec.Command(argv[0], argv[1:]...)}
	h.cmd.Env = append(os.Environ(), env...)
	var err error
	h.cmd.Stderr = t.Output()
	h.in, err = h.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := h.cmd.StdoutPipe()
	require.NoError(t, err)
	h.out = bufio.NewReader(out)
	require.NoError(t, h.cmd.Start())
	require.Equal(t, "<nil>", h.answer())
	return h
}

func (h *holder) answer() string {
	line, err := h.out.ReadString('\n')
	require.NoError(h.t, err)
	return strings.TrimSpace(line)
}

func (h *holder) tell(o order) {
	h.t.Helper()
	b, err := json.Marshal(o)
	require.NoError(h.t, err)
	_, err = fmt.Fprintf(h.in, "%s\n", b)
	require.NoError(h.t, err)
}

func (h *holder) do(o order) {
	h.t.Helper()
	h.tell(o)
	require.Equal(h.t, "<nil>", h.answer())
}

func (h *holder) kill() {
	require.NoError(h.t, h.cmd.Process.Kill())
	_ = h.cmd.Wait()
}

// listed is what a runtime shows of the pod.
func listed(t *testing.T, r *process.Runtime) lifecycle.Seen {
	t.Helper()
	seen, err := r.List(t.Context(), uid)
	require.NoError(t, err)
	return seen
}

// eventually waits for what another process is to do.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		require.True(t, time.Now().Before(end), what)
	}
}

// TestPodsOutliveTheProgram kills the program that has the runtime, and finds all there is with another.
func TestPodsOutliveTheProgram(t *testing.T) {
	dir := t.TempDir()
	h := newHolder(t, dir)
	h.do(order{Do: "create", UID: uid})
	h.do(order{Do: "start", UID: uid, Name: "app", Script: "trap 'echo stopped; exit 7' TERM; echo begun; sleep 1000 & wait"})
	h.do(order{Do: "start", UID: uid, Name: "early", Script: "exit 3"})
	go1, late := filepath.Join(dir, "go"), "while ! [ -e '%s' ]; do sleep 0.01; done; echo late; exit 4"
	h.do(order{Do: "start", UID: uid, Name: "late", Script: fmt.Sprintf(late, go1)})
	h.kill()
	require.NoError(t, os.WriteFile(go1, nil, 0o644))
	eventually(t, "the end of late is not written down", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "pods", string(uid), "pod.journal"))
		return strings.Contains(string(b), `"exitCode":4`)
	})

	r := newRuntime(t, dir)
	uids, err := r.Pods(t.Context())
	require.NoError(t, err)
	require.Equal(t, []pod.UID{uid}, uids)
	seen := listed(t, r)
	require.Equal(t, "sandbox=ready app#0=running early#0=exited(3) late#0=exited(4)", seen.String())
	require.NoError(t, r.CreateSandbox(t.Context(), order{UID: uid}.pod()), "there is one already")
	again := order{Do: "start", UID: uid, Name: "app", Script: "exit 99"}
	require.NoError(t, again.obey(r), "started once")
	pid, ok := r.PID(uid, "app", 0)
	require.True(t, ok)
	require.True(t, alive(pid))
	require.NoError(t, r.StopContainer(t.Context(), uid, "app", 0, time.Minute))
	require.Equal(t, int32(7), listed(t, r).Containers[0].ExitCode)
	var text []string
	for l, err := range r.Logs(t.Context(), uid, "app", 0, node.LogOptions{}) {
		require.NoError(t, err)
		text = append(text, l.Text)
	}
	require.Equal(t, []string{"begun", "stopped"}, text)
	require.NoError(t, r.RemoveSandbox(t.Context(), uid))
	require.NoDirExists(t, filepath.Join(dir, "pods", string(uid)))
	requireNothingOf(t, dir)
}

// requireNothingOf checks that no process has to do with a folder.
func requireNothingOf(t *testing.T, dir string) {
	t.Helper()
	eventually(t, "a process is left of "+dir, func() bool { return len(marked(t, dir+"/")) == 0 })
	require.Empty(t, zombies(t))
}

// TestLeave lets a pod go and takes it up again in the same program.
func TestLeave(t *testing.T) {
	s := newShell(t, "echo begun; exec sleep 1000")
	require.NoError(t, s.start(node.StartOptions{}))
	s.ready()
	require.NoError(t, s.Leave())
	require.Error(t, s.CreateSandbox(t.Context(), s.pod))
	r := newRuntime(t, s.dir)
	seen := listed(t, r)
	require.Equal(t, "sandbox=ready app#0=running", seen.String())
	require.NoError(t, r.Close())
	requireNothingOf(t, s.dir)
}

// shimOf is the process number of the pod's shim.
func shimOf(t *testing.T, dir string) int {
	t.Helper()
	for _, line := range marked(t, "PODLIFE_ROLE=shim:"+filepath.Join(dir, "pods", string(uid))+"\x00") {
		var pid int
		if _, err := fmt.Sscan(line, &pid); err == nil && strings.Contains(line, "podlife-shim") {
			return pid
		}
	}
	t.Fatal("no shim")
	return 0
}

// TestShimIsKilled takes a pod its shim away: what ran is ended and shown so, what had ended is still known.
func TestShimIsKilled(t *testing.T) {
	s := newShell(t, "setsid sleep 1000 & echo begun; exec sleep 1001")
	s.pod.Spec.Containers = append(s.pod.Spec.Containers, pod.Container{Name: "early"})
	require.NoError(t, s.StartContainer(t.Context(), s.pod, "early", 0, node.StartOptions{Command: []string{"sh", "-c", "exit 5"}}))
	require.NoError(t, s.start(node.StartOptions{}))
	s.ready()
	eventually(t, "early does not end", func() bool { return listed(t, s.Runtime).Containers[0].ExitCode == 5 })
	require.NoError(t, syscall.Kill(shimOf(t, s.dir), syscall.SIGKILL))
	eventually(t, "the sandbox is not stopped", func() bool { return listed(t, s.Runtime).Sandbox == lifecycle.SandboxStopped })
	seen := listed(t, s.Runtime)
	require.Equal(t, "sandbox=stopped early#0=exited(5) app#0=exited(137)", seen.String())
	require.Equal(t, "the program that kept the container has ended before it", seen.Containers[1].Message)
	require.Empty(t, marked(t, s.mark("app")))
	require.NoError(t, s.RemoveContainer(t.Context(), uid, "early", 0))
	seen = listed(t, newRuntimeBeside(t, s.dir))
	require.Equal(t, "sandbox=stopped app#0=exited(137)", seen.String(), "another runtime knows it too")
	require.NoError(t, s.RemoveSandbox(t.Context(), uid))
	require.NoError(t, s.CreateSandbox(t.Context(), s.pod), "a new one can be made")
	require.Empty(t, zombies(t))
}

// newRuntimeBeside returns a runtime that leaves its pods at the end of the test.
func newRuntimeBeside(t *testing.T, dir string) *process.Runtime {
	t.Helper()
	r, err := process.New(process.Config{Dir: dir})
	require.NoError(t, err)
	return r
}

// TestWithoutShimsTheRestIsKnown kills a program that has its containers itself.
func TestWithoutShimsTheRestIsKnown(t *testing.T) {
	dir := t.TempDir()
	h := newHolder(t, dir, noInitVariable+"=1")
	h.do(order{Do: "create", UID: uid})
	h.do(order{Do: "start", UID: uid, Name: "early", Script: "exit 3"})
	h.do(order{Do: "start", UID: uid, Name: "app", Script: "setsid sleep 1000 & exec sleep 1001"})
	eventually(t, "early does not end", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "pods", string(uid), "pod.journal"))
		return strings.Contains(string(b), `"exitCode":3`)
	})
	h.kill()
	eventually(t, "the container's own process lives on", func() bool {
		return len(marked(t, filepath.Join(dir, "pods", string(uid), "app", "0")+"\x00")) <= 1
	})
	r := newRuntime(t, dir)
	seen := listed(t, r)
	require.Equal(t, "sandbox=stopped early#0=exited(3) app#0=exited(137)", seen.String())
	requireNothingOf(t, dir)
	require.NoError(t, r.RemoveSandbox(t.Context(), uid))
	require.NoDirExists(t, filepath.Join(dir, "pods", string(uid)))
}
