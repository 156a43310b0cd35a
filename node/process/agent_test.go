//go:build unix

package process_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
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
	a, err := node.New(node.Config{
		Runtime: newRuntime(t), Volumes: volumes, Addresses: addresses,
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
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var last node.Change
	for c := range m.Watch(ctx) {
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
	require.NoError(t, m.Delete("", "web", pod.DeleteOptions{}))
	p = m.until("gone", func(c node.Change) bool { return c.Type == node.Deleted })
	require.Equal(t, pod.Succeeded, p.Status.Phase, describe(node.Change{Type: node.Deleted, Pod: p}))
	require.Empty(t, m.Pods())
}
