package cri_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// box is a pod on a runtime, driven by hand.
type box struct {
	*testing.T
	r *cri.Runtime
	p *pod.Pod
}

// newBox makes a pod's sandbox. IMAGE in the spec is busybox.
func newBox(t *testing.T, r *cri.Runtime, spec string) box {
	t.Helper()
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n" + strings.ReplaceAll(spec, "IMAGE", enginetest.Image)
	p, err := pod.Parse([]byte(text))
	require.NoError(t, err)
	p.UID = pod.UID(strings.ReplaceAll(strings.ToLower(t.Name()), "/", "-"))
	pod.SetDefaults(p)
	require.NoError(t, r.CreateSandbox(t.Context(), p))
	return box{t, r, p}
}

// start starts the first attempt of a container.
func (b box) start(container string, mounts ...node.Mount) error {
	c := b.p.Spec.Container(container)
	return b.r.StartContainer(b.Context(), b.p, container, 0, node.StartOptions{
		Command: c.Command, Args: c.Args, Env: []string{"PATH=/bin"}, Hostname: b.p.Name, Mounts: mounts,
	})
}

// run starts a container that must start.
func (b box) run(container string, mounts ...node.Mount) {
	b.Helper()
	require.NoError(b, b.start(container, mounts...))
}

// sh runs a shell command in a container and returns its output.
func (b box) sh(container, command string) string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	out, err := b.r.Exec(ctx, b.p.UID, container, 0, []string{"sh", "-c", command})
	require.NoError(b, err)
	return strings.TrimSpace(string(out.Output))
}

// ended waits for the end of a container's first attempt.
func (b box) ended(container string) lifecycle.SeenContainer {
	b.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		seen, err := b.r.List(b.Context(), b.p.UID)
		require.NoError(b, err)
		for _, c := range seen.Containers {
			if c.Name == container && c.State == lifecycle.ContainerExited {
				return c
			}
		}
	}
	b.Fatalf("container %q does not end", container)
	return lifecycle.SeenContainer{}
}

func TestDualStack(t *testing.T) {
	b := newBox(t, newRuntime(t), "  containers: [{name: a, image: IMAGE, command: [sleep, '1000']}]\n  hostAliases: [{ip: 192.0.2.1, hostnames: [far]}]\n")
	b.run("a")
	seen, err := b.r.List(t.Context(), b.p.UID)
	require.NoError(t, err)
	require.Len(t, seen.IPs, 2)
	require.True(t, seen.IPs[0].Is4() && seen.IPs[1].Is6(), seen.IPs)
	require.True(t, strings.HasPrefix(seen.Containers[0].ID, "containerd://"), seen.Containers[0].ID)
	require.NotEmpty(t, seen.Containers[0].ImageID)
	require.Empty(t, seen.MissingImages)
	addresses := b.sh("a", "ip addr show eth0")
	hosts := b.sh("a", "cat /etc/hosts")
	for _, ip := range seen.IPs {
		require.Contains(t, addresses, ip.String())
		require.Contains(t, hosts, ip.String()+"\tweb")
	}
	require.Contains(t, hosts, "192.0.2.1\tfar")
	require.Equal(t, "web", b.sh("a", "hostname"))
}

// Kubernetes' own tool shows pods and containers as it shows a kubelet's.
func TestCrictl(t *testing.T) {
	crictl, err := exec.LookPath("crictl")
	if err != nil {
		t.Skip("there is no crictl here")
	}
	b := newBox(t, newRuntime(t), "  containers: [{name: a, image: IMAGE, command: [sh, -c, 'echo hello; sleep 1000; true']}]\n")
	b.run("a")
	b.awaitLine("a", "hello")
	run := func(args ...string) string {
		out, err := exec.Command(crictl, append([]string{"-r", sharedEngine(t).Endpoint(), "-i", sharedEngine(t).Endpoint()}, args...)...).Output()
		require.NoError(t, err)
		return string(out)
	}
	pods := strings.Fields(run("pods", "-o", "table", "--namespace", "shop", "--label", "io.kubernetes.pod.uid="+string(b.p.UID)))
	require.Subset(t, pods, []string{"Ready", "web", "shop", "0"})
	containers := run("ps", "-q", "--label", "io.kubernetes.container.name=a", "--label", "io.kubernetes.pod.uid="+string(b.p.UID))
	require.Equal(t, "hello\n", run("logs", strings.TrimSpace(containers)))
	require.Contains(t, run("exec", strings.TrimSpace(containers), "hostname"), "web")
}

func TestVolumes(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  volumes: [{name: v, emptyDir: {}}]
  containers:
  - {name: a, image: IMAGE, command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /v}]}
  - {name: b, image: IMAGE, command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /w, readOnly: true}, {name: v, mountPath: /w/x, subPath: x}]}
`)
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "x"), 0o777))
	b.run("a", node.Mount{Source: dir, Target: "/v"})
	b.run("b", node.Mount{Source: dir, Target: "/w", ReadOnly: true}, node.Mount{Source: filepath.Join(dir, "x"), Target: "/w/x"})
	b.sh("a", "echo hello >/v/x/f")
	require.Equal(t, "hello", b.sh("b", "cat /w/x/f"))
	require.Contains(t, b.sh("b", "echo no >/w/f 2>&1"), "Read-only")
	require.Empty(t, b.sh("b", "echo yes >/w/x/f 2>&1"))
	require.Equal(t, "yes", b.sh("a", "cat /v/x/f"))
}

func TestSecurity(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  securityContext: {supplementalGroups: [77], fsGroup: 88}
  containers:
  - {name: a, image: IMAGE, command: [sleep, '1000'], securityContext: {runAsUser: 1234, runAsGroup: 55, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
  - {name: root, image: IMAGE, command: [sleep, '1000'], securityContext: {runAsNonRoot: true}}
  - {name: user, image: docker.io/local/user:1, command: [sleep, '1000'], securityContext: {runAsNonRoot: true}}
`)
	b.run("a")
	require.Equal(t, "1234 55", b.sh("a", "echo $(id -u) $(id -g)"))
	groups := b.sh("a", "id -G")
	require.Contains(t, groups, "77")
	require.Contains(t, groups, "88")
	require.Contains(t, b.sh("a", "echo x >/f 2>&1"), "Read-only")
	status := b.sh("a", "cat /proc/self/status")
	require.Contains(t, status, "NoNewPrivs:\t1")
	require.Contains(t, status, "CapBnd:\t0000000000000000")
	var start *node.StartError
	require.ErrorAs(t, b.start("root"), &start)
	require.Equal(t, pod.ReasonCreateContainerConfigError, start.Reason)
	require.Contains(t, start.Message, "will run as root")
	b.run("user")
	require.Equal(t, "1000", b.sh("user", "id -u"))
}

func TestNamespaces(t *testing.T) {
	r := newRuntime(t)
	const two = `  containers: [{name: a, image: IMAGE, command: [sleep, '1000']}, {name: b, image: IMAGE, command: [sleep, '2000']}]
`
	for name, c := range map[string]struct {
		spec           string
		sees           bool
		network, procs bool // the node's
	}{
		"own":    {"", false, false, false},
		"shared": {"  shareProcessNamespace: true\n", true, false, false},
		"host":   {"  hostNetwork: true\n  hostPID: true\n  hostIPC: true\n", true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t, r, c.spec+two)
			b.run("a")
			b.run("b")
			require.Equal(t, c.sees, b.sh("a", "ps | grep '[s]leep 2000'") != "")
			own := func(kind string) string {
				link, err := os.Readlink("/proc/self/ns/" + kind)
				require.NoError(t, err)
				return link
			}
			require.Equal(t, c.network, own("net") == b.sh("a", "readlink /proc/self/ns/net"))
			require.Equal(t, c.procs, own("pid") == b.sh("a", "readlink /proc/self/ns/pid"))
			require.Equal(t, c.network, own("ipc") == b.sh("a", "readlink /proc/self/ns/ipc"))
			require.Equal(t, b.sh("a", "readlink /proc/self/ns/net"), b.sh("b", "readlink /proc/self/ns/net"))
		})
	}
}

func TestHostPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	b := newBox(t, newRuntime(t), `
  containers:
  - name: a
    image: IMAGE
    command: [sh, -c, 'while true; do echo served | nc -l -p 8080; done']
    ports: [{containerPort: 8080, hostPort: `+port+`}]
`)
	b.run("a")
	var got []byte
	for end := time.Now().Add(patience); len(got) == 0 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			buffer := make([]byte, 10)
			n, _ := conn.Read(buffer)
			got = buffer[:n]
			conn.Close()
		}
	}
	require.Equal(t, "served\n", string(got))
}

func TestOutOfMemory(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  containers:
  - name: a
    image: IMAGE
    command: [sh, -c, 'sleep 0.3; x=$(yes | head -c 200000000); echo $x | wc -c']
    resources: {limits: {memory: 24Mi}}
`)
	b.run("a")
	c := b.ended("a")
	require.Equal(t, pod.ReasonOOMKilled, c.Reason)
	require.EqualValues(t, 137, c.ExitCode)
}

func TestResources(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  containers: [{name: a, image: IMAGE, command: [sleep, '1000'], resources: {requests: {cpu: 250m}, limits: {cpu: 500m, memory: 64Mi}}}]
`)
	b.run("a")
	out := b.sh("a", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max")
	require.Contains(t, strings.Fields(out), "67108864")
	require.Contains(t, strings.Fields(out), "50000")
}

func TestMessageFromLog(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  containers:
  - {name: bad, image: IMAGE, command: [sh, -c, 'echo one; echo two; exit 1'], terminationMessagePolicy: FallbackToLogsOnError}
  - {name: good, image: IMAGE, command: [sh, -c, 'echo one; exit 0'], terminationMessagePolicy: FallbackToLogsOnError}
  - {name: file, image: IMAGE, command: [sh, -c, 'echo one; printf told >/tmp/m; exit 1'], terminationMessagePath: /tmp/m}
`)
	for container, want := range map[string]string{"bad": "one\ntwo\n", "good": "", "file": "told"} {
		b.run(container)
		require.Equal(t, want, b.ended(container).Message, container)
	}
}

func TestStopSignal(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  containers:
  - {name: a, image: IMAGE, command: [sh, -c, 'trap "exit 7" USR1; echo ready; sleep 1000 & wait; wait']}
`)
	signal := pod.Signal("SIGUSR1")
	b.p.Spec.Containers[0].Lifecycle = &pod.Lifecycle{StopSignal: &signal}
	b.run("a")
	for line, err := range b.r.Logs(t.Context(), b.p.UID, "a", 0, node.LogOptions{Follow: true}) {
		require.NoError(t, err)
		require.Equal(t, "ready", line.Text)
		break
	}
	require.NoError(t, b.r.StopContainer(t.Context(), b.p.UID, "a", 0, time.Minute))
	require.EqualValues(t, 7, b.ended("a").ExitCode)
}

func TestMissingImage(t *testing.T) {
	b := newBox(t, newRuntime(t), "  containers: [{name: a, image: '127.0.0.1:1/absent:1'}, {name: never, image: '127.0.0.1:1/never:1', imagePullPolicy: Never}, {name: b, image: IMAGE}]\n")
	seen, err := b.r.List(t.Context(), b.p.UID)
	require.NoError(t, err)
	require.Equal(t, []string{"127.0.0.1:1/absent:1", "127.0.0.1:1/never:1"}, seen.MissingImages)
	var start *node.StartError
	_, err = b.r.PullImage(t.Context(), b.p, "a")
	require.ErrorAs(t, err, &start)
	require.Equal(t, pod.ReasonErrImagePull, start.Reason)
	require.ErrorAs(t, b.start("never"), &start)
	require.Equal(t, pod.ReasonErrImageNeverPull, start.Reason)
}

// A program that comes back finds its pods by their labels, and those of others it leaves alone.
func TestRecovery(t *testing.T) {
	e := sharedEngine(t)
	config := cri.Config{Endpoint: e.Endpoint(), Dir: t.TempDir(), Owner: "recovery"}
	first, err := cri.New(t.Context(), config)
	require.NoError(t, err)
	b := newBox(t, first, "  containers: [{name: a, image: IMAGE, command: [sleep, '1000']}, {name: b, image: '127.0.0.1:1/absent:1'}]\n")
	b.run("a")
	before, err := first.List(t.Context(), b.p.UID)
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.Error(t, first.CreateSandbox(t.Context(), b.p))

	other := newRuntime(t)
	seen, err := other.List(t.Context(), b.p.UID)
	require.NoError(t, err)
	require.Equal(t, lifecycle.Seen{}, seen)
	removed, err := other.Sweep(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, removed)

	again, err := cri.New(t.Context(), config)
	require.NoError(t, err)
	defer again.Close()
	uids, err := again.Pods(t.Context())
	require.NoError(t, err)
	require.Equal(t, []pod.UID{b.p.UID}, uids)
	seen, err = again.List(t.Context(), b.p.UID)
	require.NoError(t, err)
	require.Equal(t, before, seen, "also the images that are missing")
	removed, err = again.Sweep(t.Context(), uids)
	require.NoError(t, err)
	require.Empty(t, removed)
	removed, err = again.Sweep(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, uids, removed)
	left, err := os.ReadDir(filepath.Join(config.Dir, "pods"))
	require.NoError(t, err)
	require.Empty(t, left)
}
