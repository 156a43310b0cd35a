//go:build unix

package process_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

// An agent on processes, whose Run ends with the test.
type machine struct {
	*node.Agent
	t    *testing.T
	dir  string
	stop context.CancelFunc
	done chan error
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	volumes, err := disk.New(filepath.Join(dir, "volumes"))
	require.NoError(t, err)
	addresses, err := node.VirtualAddresses(netip.MustParsePrefix("10.88.0.0/24"), netip.MustParsePrefix("fd88::/64"))
	require.NoError(t, err)
	runtime, err := process.New(process.Config{Dir: filepath.Join(dir, "runtime")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, runtime.Close()) })
	a, err := node.New(node.Config{
		Runtime: runtime, Volumes: volumes, Addresses: addresses,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	m := &machine{Agent: a, t: t, dir: dir, done: make(chan error, 1)}
	var ctx context.Context
	ctx, m.stop = context.WithCancel(context.Background())
	go func() { m.done <- a.Run(ctx) }()
	t.Cleanup(m.end)
	return m
}

// end ends Run and checks that it leaves nothing.
func (m *machine) end() {
	m.stop()
	require.NoError(m.t, <-m.done)
	m.done <- nil
	left, err := filepath.Glob(filepath.Join(m.dir, "volumes", "pods", "*"))
	require.NoError(m.t, err)
	require.Empty(m.t, left, "volumes left")
}

func (m *machine) apply(manifest string) {
	m.t.Helper()
	p, err := pod.Parse([]byte(manifest))
	require.NoError(m.t, err)
	require.NoError(m.t, m.Apply(p))
}

// until follows the pods until one is as wanted, and returns it.
func (m *machine) until(what string, holds func(node.Change) bool) *pod.Pod {
	m.t.Helper()
	return m.after(func() {}, what, holds)
}

// after does something, and follows the pods from before that until one is as wanted.
func (m *machine) after(do func(), what string, holds func(node.Change) bool) *pod.Pod {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	changes := m.Watch(ctx)
	do()
	var last node.Change
	for c := range changes {
		if holds(c) {
			return c.Pod
		}
		last = c
	}
	m.t.Fatalf("%s did not come; last: %s", what, describe(last))
	return nil
}

func describe(c node.Change) string {
	if c.Pod == nil {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", c.Type, c.Pod.Name, c.Pod.Status.Phase)
	for _, s := range c.Pod.Status.ContainerStatuses {
		fmt.Fprintf(&b, " %s:%d:%v:%+v", s.Name, s.RestartCount, s.Ready, s.State)
	}
	return b.String()
}

func TestPodLife(t *testing.T) {
	m := newMachine(t)
	m.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 20
  volumes:
  - {name: data, emptyDir: {}}
  initContainers:
  - name: setup
    image: example/setup:1
    command: [sh, -c, "echo hello from $WHO > data/greeting"]
    workingDir: /
    env: [{name: WHO, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    volumeMounts: [{name: data, mountPath: /data}]
  - name: tail
    image: example/tail:1
    restartPolicy: Always
    command: [sh, -c, "echo sidecar; exec sleep 1000"]
  containers:
  - name: app
    image: example/app:1
    workingDir: /
    command: [sh, -c, "cat data/greeting; trap 'echo bye >> data/greeting; exit 0' TERM; touch tmp-ready; sleep 1000 & wait"]
    volumeMounts: [{name: data, mountPath: /data}]
    readinessProbe: {exec: {command: [cat, tmp-ready]}, periodSeconds: 1}
    livenessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
    lifecycle: {preStop: {exec: {command: [sh, -c, "cat data/greeting >> data/stopped"]}}}
`)
	p := m.until("ready", func(c node.Change) bool {
		s := c.Pod.Status.ContainerStatuses
		return len(s) == 1 && s[0].Ready
	})
	require.Equal(t, pod.Running, p.Status.Phase)
	require.Len(t, p.Status.PodIPs, 2)
	require.NotEmpty(t, m.files("greeting"))
	p = m.delete("web", pod.DeleteOptions{})
	require.Equal(t, pod.Succeeded, p.Status.Phase, describe(node.Change{Type: node.Deleted, Pod: p}))
	require.Empty(t, m.Pods())
	require.Empty(t, m.files("greeting"), "the volume is gone")
}

func (m *machine) delete(name string, o pod.DeleteOptions) *pod.Pod {
	m.t.Helper()
	return m.after(
		func() { require.NoError(m.t, m.Delete(pod.Key{Name: name}, o)) },
		"its end", func(c node.Change) bool { return c.Type == node.Deleted && c.Pod.Name == name },
	)
}

// files returns the files of a name below the test's folder.
func (m *machine) files(name string) []string {
	m.t.Helper()
	var found []string
	require.NoError(m.t, filepath.WalkDir(m.dir, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Base(path) == name {
			found = append(found, path)
		}
		return nil
	}))
	return found
}

func TestCrashAndRestart(t *testing.T) {
	m := newMachine(t)
	m.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes: [{name: data, emptyDir: {}}]
  containers:
  - name: app
    image: example/app:1
    workingDir: /
    command: [sh, -c, "echo run >>data/runs; [ $(wc -l <data/runs) = 2 ] && exec sleep 1000; echo 'no luck'; exit 3"]
    terminationMessagePolicy: FallbackToLogsOnError
    volumeMounts: [{name: data, mountPath: /data}]
`)
	p := m.until("the second attempt", func(c node.Change) bool {
		s := c.Pod.Status.ContainerStatuses
		return len(s) == 1 && s[0].RestartCount == 1 && s[0].State.Running != nil
	})
	last := p.Status.ContainerStatuses[0].LastTerminationState.Terminated
	require.Equal(t, int32(3), last.ExitCode)
	require.Equal(t, pod.ReasonError, last.Reason)
	require.Equal(t, "no luck\n", last.Message)
	var lines []string
	for l, err := range m.Logs(t.Context(), pod.Key{Name: "web"}, "app", node.PodLogOptions{Previous: true}) {
		require.NoError(t, err)
		lines = append(lines, l.Text)
	}
	require.Equal(t, []string{"no luck"}, lines)
	r, err := m.Exec(t.Context(), pod.Key{Name: "web"}, "app", []string{"sh", "-c",
		"until [ $(wc -l < data/runs) -ge 2 ]; do sleep 0.01; done; cat data/runs"})
	require.NoError(t, err)
	require.Equal(t, "run\nrun\n", string(r.Output), "the volume outlives the container")
	for _, err := range m.Logs(t.Context(), pod.Key{Name: "web"}, "nobody", node.PodLogOptions{}) {
		require.ErrorIs(t, err, node.ErrNotFound)
	}
	p = m.delete("web", pod.DeleteOptions{GracePeriodSeconds: new(int64(0))})
	require.Equal(t, "web", p.Name)
}

func TestStartErrorShows(t *testing.T) {
	m := newMachine(t)
	m.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  restartPolicy: Never
  containers: [{name: app, image: example/app:1, command: [nosuch]}]
`)
	p := m.until("its failure", func(c node.Change) bool { return c.Pod.Status.Phase == pod.Failed })
	end := p.Status.ContainerStatuses[0].State.Terminated
	require.Equal(t, int32(128), end.ExitCode)
	require.Equal(t, pod.ReasonStartError, end.Reason)
	require.Equal(t, `exec: "nosuch": executable file not found in $PATH`, end.Message)
}

// TestProbesReachTheContainer has a container that listens, and probes that connect to it by name of a port.
func TestProbesReachTheContainer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	m := newMachine(t)
	m.apply(fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: example/app:1
    command: ["%s"]
    ports: [{name: tcp, containerPort: %d}]
    readinessProbe: {tcpSocket: {port: tcp}, periodSeconds: 1}
`, strings.Join(role(t, "serve", strconv.Itoa(port), "hello"), `", "`), port))
	m.until("ready", func(c node.Change) bool {
		s := c.Pod.Status.ContainerStatuses
		return len(s) == 1 && s[0].Ready
	})
}

// TestRunLeavesNothing ends Run in the middle of everything.
func TestRunLeavesNothing(t *testing.T) {
	m := newMachine(t)
	for i := range 5 {
		m.apply(fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: web-%d}
spec:
  volumes: [{name: data, emptyDir: {}}]
  initContainers:
  - {name: slow, image: "a:1", command: [sh, -c, "sleep 0.0%d"]}
  containers:
  - name: app
    image: a:1
    command: [sh, -c, "trap '' TERM; setsid sleep 1000 & sleep 1001"]
    volumeMounts: [{name: data, mountPath: /data}]
    livenessProbe: {exec: {command: [sleep, "1000"]}, periodSeconds: 1}
    lifecycle: {postStart: {exec: {command: [sh, -c, "sleep 0.0%d"]}}}
`, i, i, i))
	}
	m.until("one runs", func(c node.Change) bool { return c.Pod.Status.Phase == pod.Running })
	require.Len(t, m.Pods(), 5)
	m.end()
	require.Empty(t, m.files("app"))
	require.Empty(t, m.files("data"))
}
