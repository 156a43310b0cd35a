package cri_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

// newAgent runs an agent on a runtime until the test ends.
func newAgent(t *testing.T, r *cri.Runtime) *node.Agent {
	t.Helper()
	return agentWith(t, node.Config{Runtime: r, Relist: 200 * time.Millisecond}, disk.Options{})
}

// agentWith runs an agent with volumes on disk until the test ends.
func agentWith(t *testing.T, cfg node.Config, options disk.Options) *node.Agent {
	t.Helper()
	volumes, err := disk.Open(filepath.Join(t.TempDir(), "volumes"), options)
	require.NoError(t, err)
	cfg.Volumes, cfg.Machine = volumes, &lifecycle.Config{HostIPs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	a, err := node.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, volumes.Close())
	})
	return a
}

// parsePod reads a pod with a folder of this machine at /v.
func parsePod(t *testing.T, name, dir, spec string) *pod.Pod {
	t.Helper()
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n  terminationGracePeriodSeconds: 1\n" +
		"  volumes: [{name: v, hostPath: {path: " + dir + "}}]\n" + spec
	p, err := pod.Parse([]byte(strings.ReplaceAll(text, "IMAGE", enginetest.Image)))
	require.NoError(t, err)
	return p
}

// until waits until a pod is as is wanted.
func until(t *testing.T, a *node.Agent, name string, holds func(p *pod.Pod) bool) *pod.Pod {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	for c := range a.Watch(ctx) {
		if c.Pod.Name == name && holds(c.Pod) {
			return c.Pod
		}
	}
	p, _ := a.Pod(pod.Key{Name: name})
	t.Fatalf("pod %q does not get there: %+v", name, p.Status)
	return nil
}

func ready(p *pod.Pod) bool { return p.Status.IsTrue(pod.Ready) }

// starts is how often the container of that name says it was started. One that runs may not have said so yet: it is waited for as
// long as it is less than least.
func starts(t *testing.T, dir, name string, least int) int {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if !errors.Is(err, os.ErrNotExist) {
			require.NoError(t, err)
		}
		if n := strings.Count(string(b), "start\n"); n >= least || time.Now().After(end) {
			return n
		}
	}
}

// The engine is killed and comes back. The containers run on, the status says what is known, what ended meanwhile is noticed, and
// nothing is started twice.
func TestEngineComesBack(t *testing.T) {
	e := sharedEngine(t)
	r := newRuntime(t)
	a := newAgent(t, r)
	dir := t.TempDir()
	require.NoError(t, a.Apply(parsePod(t, "web", dir, `
  containers:
  - {name: steady, image: IMAGE, command: [sh, -c, 'echo start >>/v/steady; sleep 1000'], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: brief, image: IMAGE, command: [sh, -c, 'echo start >>/v/brief; until [ -e /v/go ]; do sleep 0.05; done; rm /v/go; exit 3'], volumeMounts: [{name: v, mountPath: /v}]}
`)))
	before := until(t, a, "web", ready)
	require.Len(t, before.Status.PodIPs, 2)

	e.Kill()
	t.Cleanup(func() {
		if _, err := r.List(context.Background(), before.UID); err != nil {
			require.NoError(t, e.Launch())
		}
	})
	_, err := r.List(t.Context(), before.UID)
	require.ErrorIs(t, err, cri.ErrUnreachable)
	require.ErrorIs(t, r.StartContainer(t.Context(), before, "steady", 1, node.StartOptions{}), cri.ErrUnreachable)
	require.ErrorIs(t, r.Ready(t.Context()), cri.ErrUnreachable)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), nil, 0o644))
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "go")); err != nil {
			break
		}
	}
	meanwhile, _ := a.Pod(pod.Key{Name: "web"})
	require.Equal(t, before.Status, meanwhile.Status)

	require.NoError(t, e.Launch())
	after := until(t, a, "web", func(p *pod.Pod) bool {
		return ready(p) && p.Status.ContainerStatuses[0].RestartCount+p.Status.ContainerStatuses[1].RestartCount == 1
	})
	for _, c := range after.Status.ContainerStatuses {
		if c.Name == "brief" {
			end := c.LastTerminationState.Terminated
			require.True(t, end.ExitCode == 3 || end.ExitCode == 255 && end.Reason == "Unknown", "what the engine knows: %+v", end)
		}
	}
	require.Equal(t, before.Status.PodIPs, after.Status.PodIPs)
	require.Equal(t, 1, starts(t, dir, "steady", 1))
	require.Equal(t, 2, starts(t, dir, "brief", 2))
}

// The engine is killed again and again while pods are started. However the calls ended, no attempt has run twice. One that the engine
// had no more than made when it was killed may never run: it has ended with a StartError then, and the next one runs.
func TestEngineDiesAtWork(t *testing.T) {
	e := sharedEngine(t)
	r := newRuntime(t)
	a := newAgent(t, r)
	dir := t.TempDir()
	names := []string{"one", "two", "three"}
	for i, name := range names {
		require.NoError(t, a.Apply(parsePod(t, name, dir, `
  containers:
  - {name: a, image: IMAGE, command: [sh, -c, '`+noteAttempt+` >>/v/`+name+`; exec sleep 1000'], volumeMounts: [{name: v, mountPath: /v}]}
`)))
		time.Sleep(time.Duration(60*(i+1)) * time.Millisecond)
		e.Kill()
		require.NoError(t, e.Launch())
	}
	for _, name := range names {
		p := until(t, a, name, ready)
		c := p.Status.ContainerStatuses[0]
		ran := attempts(t, filepath.Join(dir, name), c.RestartCount)
		if end := c.LastTerminationState.Terminated; end != nil && end.Reason == pod.ReasonStartError {
			require.NotContains(t, ran, strconv.Itoa(int(c.RestartCount-1)), "pod %s: an attempt that was not started has run", name)
		}
	}
}

// noteAttempt is a command that writes the number of the attempt that it runs in: each has a file of its own for its termination message.
const noteAttempt = `sed -n "s,.*/messages/a/\([0-9]*\) .*,\1,p" /proc/self/mountinfo`

// attempts are those noted in a file, each of which is there once. The last of them runs and is waited for.
func attempts(t *testing.T, file string, last int32) []string {
	t.Helper()
	var ran []string
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(file)
		if !errors.Is(err, os.ErrNotExist) {
			require.NoError(t, err)
		}
		ran = strings.Fields(string(b))
		if slices.Contains(ran, strconv.Itoa(int(last))) {
			break
		}
		require.True(t, time.Now().Before(end), "attempt %d has not noted that it runs: %q", last, b)
	}
	once := slices.Clone(ran)
	slices.Sort(once)
	require.Len(t, slices.Compact(once), len(ran), "an attempt ran twice: %v", ran)
	return ran
}

// An engine without a network says so, runs pods of the host's, and all others once it has one.
func TestNoNetwork(t *testing.T) {
	sharedEngine(t)
	dir, err := os.MkdirTemp("", "podlife-cri-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	e, err := enginetest.Start(dir, enginetest.Options{NoNetwork: true, Binaries: os.Getenv("PODLIFE_CONTAINERD")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	r := newRuntime(t, func(c *cri.Config) { c.Endpoint = e.Endpoint() })
	err = r.Ready(t.Context())
	require.ErrorIs(t, err, cri.ErrNoNetwork)
	require.ErrorContains(t, err, "/etc/cni/net.d")

	host := parsePod(t, "host", dir, "  hostNetwork: true\n  containers: [{name: a, image: IMAGE, command: [sleep, '1000']}]\n")
	host.UID = "host"
	pod.SetDefaults(host)
	require.NoError(t, r.CreateSandbox(t.Context(), host))

	p := parsePod(t, "lone", dir, "  containers: [{name: a, image: IMAGE, command: [sleep, '1000']}]\n")
	p.UID = "lone"
	pod.SetDefaults(p)
	require.ErrorIs(t, r.CreateSandbox(t.Context(), p), cri.ErrNoNetwork)
	seen, err := r.List(t.Context(), p.UID)
	require.NoError(t, err)
	require.NotEqual(t, lifecycle.SandboxReady, seen.Sandbox)

	require.NoError(t, e.AddNetwork())
	for end := time.Now().Add(patience); r.Ready(t.Context()) != nil && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	require.NoError(t, r.RemoveSandbox(t.Context(), p.UID))
	require.NoError(t, r.CreateSandbox(t.Context(), p))
}

// An engine that is closed while pods run, as after a failed test, leaves neither processes nor networks nor mounts.
func TestEngineLeavesNothing(t *testing.T) {
	sharedEngine(t)
	dir, err := os.MkdirTemp("", "podlife-cri-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	e, err := enginetest.Start(dir, enginetest.Options{Binaries: os.Getenv("PODLIFE_CONTAINERD")})
	require.NoError(t, err)
	r, err := cri.New(t.Context(), cri.Config{Endpoint: e.Endpoint(), Dir: filepath.Join(dir, "cri")})
	require.NoError(t, err)
	b := newBox(t, r, "  containers: [{name: a, image: IMAGE, command: [sleep, '100000']}]\n")
	b.run("a")
	network := b.sh("a", "readlink /proc/self/ns/net")
	require.NoError(t, r.Close())
	require.NoError(t, e.Close())

	processes, err := filepath.Glob("/proc/[0-9]*/ns/net")
	require.NoError(t, err)
	for _, p := range processes {
		link, _ := os.Readlink(p)
		require.NotEqual(t, network, link, p)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	require.NotContains(t, string(mounts), dir+"/")
	require.NotContains(t, string(mounts), network)
}
