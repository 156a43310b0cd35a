package cri_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// cgroupFile prints a file of a container's own cgroup, of version 1 or 2.
func (b box) cgroupFile(one, two string) string {
	b.Helper()
	return b.sh("a", "cat /sys/fs/cgroup/"+one+" 2>/dev/null || cat /sys/fs/cgroup/"+two)
}

func (b box) memoryLimit() string {
	b.Helper()
	return b.cgroupFile("memory/memory.limit_in_bytes", "memory.max")
}

// resize gives the pod's container other limits.
func (b box) resize(memory string) error {
	b.Helper()
	q, err := pod.ParseQuantity(memory)
	require.NoError(b, err)
	p := b.p.Clone()
	p.Spec.Containers[0].Resources.Limits[pod.ResourceMemory] = q
	return b.r.Resize(b.Context(), p, "a", 0)
}

// A container that runs is given other limits without a restart; one that is below what it uses is refused, and the old one stays.
func TestResize(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  containers:
  - name: a
    image: IMAGE
    command: [sh, -c, 'x=$(yes | head -c 20000000); echo ready; sleep 1000; true']
    resources: {requests: {memory: 1Mi}, limits: {memory: 128Mi}}
`)
	require.ErrorIs(t, b.resize("96Mi"), node.ErrNotFound)
	b.run("a")
	b.awaitLine("a", "ready")
	require.Equal(t, "134217728", b.memoryLimit())
	require.NoError(t, b.resize("96Mi"))
	require.Equal(t, "100663296", b.memoryLimit())
	require.NoError(t, b.resize("96Mi"), "again")
	require.ErrorContains(t, b.resize("4Mi"), "a memory limit of 4194304 bytes is not above the")
	require.Equal(t, "100663296", b.memoryLimit())
	seen, err := b.r.List(t.Context(), b.p.UID)
	require.NoError(t, err)
	require.Len(t, seen.Containers, 1)
	require.NoError(t, b.r.StopContainer(t.Context(), b.p.UID, "a", 0, 0))
	require.ErrorIs(t, b.resize("96Mi"), node.ErrNotRunning)
}

// awaitLine waits until a container has said something.
func (b box) awaitLine(container, want string) {
	b.Helper()
	for line, err := range b.r.Logs(b.Context(), b.p.UID, container, 0, node.LogOptions{Follow: true}) {
		require.NoError(b, err)
		if line.Text == want {
			return
		}
	}
	b.Fatalf("container %q ended and never said %q", container, want)
}

// What a pod uses: memory that it holds, what it has written, what it has said.
func TestUsage(t *testing.T) {
	b := newBox(t, newRuntime(t), `
  containers:
  - name: a
    image: IMAGE
    command: [sh, -c, 'head -c 3000000 /dev/zero >/file; x=$(yes | head -c 20000000); echo ready; sleep 1000; true']
  - {name: b, image: IMAGE, command: [sleep, '1000']}
`)
	b.run("a")
	b.run("b")
	b.awaitLine("a", "ready")
	require.Nil(t, b.r.Usage(t.Context(), ""))
	var u *eviction.Usage
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) { // engines measure disks now and then
		u = b.r.Usage(t.Context(), b.p.UID)
		require.NotNil(t, u)
		if len(u.Containers) == 2 && u.Containers[0].Root.Bytes+u.Containers[1].Root.Bytes >= 3000000 {
			break
		}
	}
	require.Len(t, u.Containers, 2)
	a, other := u.Containers[0], u.Containers[1]
	if a.Name == "b" {
		a, other = other, a
	}
	require.Greater(t, *a.Memory, int64(15000000))
	require.Less(t, *other.Memory, int64(15000000))
	require.GreaterOrEqual(t, u.Memory, *a.Memory+*other.Memory)
	require.GreaterOrEqual(t, a.Root.Bytes, int64(3000000))
	require.Less(t, other.Root.Bytes, int64(3000000))
	require.Equal(t, int64(1), a.Logs.Inodes)
	require.Greater(t, a.Logs.Bytes, int64(len("ready")))
}

// A log that has grown is renamed and another begun, the oldest go, and whoever follows misses nothing.
func TestLogRotation(t *testing.T) {
	r := newRuntime(t, func(c *cri.Config) { c.LogMaxSize, c.LogMaxFiles = 50, 3 })
	b := newBox(t, r, `
  containers:
  - name: a
    image: IMAGE
    command: [sh, -c, 'n=0; until [ $n = 5 ]; do n=$((n+1)); echo line $n of a log that grows; until [ -e /tmp/$n ]; do sleep 0.02; done; done']
`)
	b.run("a")
	lines := make(chan string)
	go func() {
		defer close(lines)
		for line, err := range r.Logs(t.Context(), b.p.UID, "a", 0, node.LogOptions{Follow: true}) {
			if err == nil {
				lines <- line.Text
			}
		}
	}()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var kept []string
	for n := 1; n <= 5; n++ {
		number := string(rune('0' + n))
		require.Equal(t, "line "+number+" of a log that grows", <-lines)
		if n == 4 {
			kept = logFiles(t, b)
		}
		r.RotateLogs(t.Context(), at.Add(time.Duration(n)*time.Second))
		if n < 5 {
			b.sh("a", "touch /tmp/"+number)
		}
	}
	require.Len(t, kept, 3, "each line is more than LogMaxSize")
	b.sh("a", "touch /tmp/5")
	_, more := <-lines
	require.False(t, more)
	b.ended("a")
	require.Len(t, logFiles(t, b), 3)
	require.NoError(t, r.RemoveContainer(t.Context(), b.p.UID, "a", 0))
	require.Empty(t, logFiles(t, b))
}

// logFiles are the names of the files of a container's log.
func logFiles(t *testing.T, b box) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.r.Dir(), "pods", string(b.p.UID), "logs", "a", "*"))
	require.NoError(t, err)
	var out []string
	for _, file := range files {
		_, err := os.Stat(file)
		require.NoError(t, err)
		out = append(out, strings.TrimPrefix(filepath.Base(file), "0.log"))
	}
	return out
}

// A container that is not root's writes to a volume by its fsGroup, to which what it makes there belongs as well.
func TestFSGroup(t *testing.T) {
	a := newAgent(t, newRuntime(t))
	p, err := pod.Parse([]byte(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  restartPolicy: Never
  securityContext: {runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000}
  volumes: [{name: v, emptyDir: {mode: 0700}}, {name: told, downwardAPI: {defaultMode: 0400, items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}]
  containers:
  - name: a
    image: ` + enginetest.Image + `
    command: [sh, -c, 'touch /v/f && stat -c %g /v /v/f >/dev/termination-log; id -g >>/dev/termination-log; cat /told/name >>/dev/termination-log']
    volumeMounts: [{name: v, mountPath: /v}, {name: told, mountPath: /told}]
`))
	require.NoError(t, err)
	require.NoError(t, a.Apply(p))
	end := until(t, a, "web", func(p *pod.Pod) bool { return p.Status.Phase.IsTerminal() })
	require.Equal(t, "2000\n2000\n3000\nweb", end.Status.ContainerStatuses[0].State.Terminated.Message)
}

// groupFile is what a file of a pod's own cgroup says, of version 1 or 2.
func groupFile(t *testing.T, group, one, two string) string {
	t.Helper()
	controller, file, _ := strings.Cut(one, "/")
	text, err := os.ReadFile(filepath.Join("/sys/fs/cgroup", controller, group, file))
	if err != nil {
		text, err = os.ReadFile(filepath.Join("/sys/fs/cgroup", group, two))
	}
	require.NoError(t, err)
	return strings.TrimSpace(string(text))
}

// A pod's cgroup holds all its containers, has what the pod may have, follows a resize, and goes with the pod.
func TestPodCgroup(t *testing.T) {
	parent := fmt.Sprintf("/podlife-test-%d", os.Getpid())
	t.Cleanup(func() { // after newRuntime's, which removes the pod
		for _, pattern := range []string{"/sys/fs/cgroup" + parent, "/sys/fs/cgroup/*" + parent} {
			left, _ := filepath.Glob(pattern)
			for _, dir := range left {
				require.NoError(t, os.Remove(dir))
			}
		}
	})
	r := newRuntime(t, func(c *cri.Config) { c.CgroupParent = parent })
	b := newBox(t, r, `
  resources: {requests: {cpu: 500m, memory: 32Mi}, limits: {cpu: "1", memory: 64Mi}}
  containers: [{name: a, image: IMAGE, command: [sleep, '1000'], resources: {requests: {memory: 16Mi}, limits: {memory: 48Mi}}}, {name: b, image: IMAGE, command: [sleep, '1000'], resources: {limits: {cpu: 200m}}}]
`)
	group := parent + "/pod" + string(b.p.UID)
	require.Equal(t, "67108864", groupFile(t, group, "memory/memory.limit_in_bytes", "memory.max"))
	require.Contains(t, []string{"100000", "100000 100000"}, groupFile(t, group, "cpu/cpu.cfs_quota_us", "cpu.max"))
	require.Contains(t, []string{"512", "59"}, groupFile(t, group, "cpu/cpu.shares", "cpu.weight"))
	b.run("a")
	b.run("b")
	for _, container := range []string{"a", "b"} {
		require.Equal(t, container, b.sh(container, "echo "+container))
	}
	tasks, err := filepath.Glob("/sys/fs/cgroup/memory" + group + "/*/cgroup.procs")
	require.NoError(t, err)
	if len(tasks) == 0 {
		tasks, err = filepath.Glob("/sys/fs/cgroup" + group + "/*/cgroup.procs")
		require.NoError(t, err)
	}
	require.Len(t, tasks, 3, "two containers and the sandbox")

	q := pod.MustParseQuantity("80Mi")
	b.p.Spec.Resources.Limits[pod.ResourceMemory] = q
	require.NoError(t, b.resize("72Mi"))
	require.Equal(t, "83886080", groupFile(t, group, "memory/memory.limit_in_bytes", "memory.max"))
	for _, cpu := range []string{"2", "500m"} { // more for the container than its pod had, and less for the pod than its container had
		p := b.p.Clone()
		p.Spec.Resources.Limits[pod.ResourceCPU] = pod.MustParseQuantity(cpu)
		p.Spec.Containers[0].Resources.Limits[pod.ResourceCPU] = pod.MustParseQuantity(cpu)
		p.Spec.Resources.Limits[pod.ResourceMemory], p.Spec.Containers[0].Resources.Limits[pod.ResourceMemory] = q, pod.MustParseQuantity("72Mi")
		require.NoError(t, r.Resize(t.Context(), p, "a", 0), cpu)
	}
	require.Contains(t, []string{"50000", "50000 100000"}, groupFile(t, group, "cpu/cpu.cfs_quota_us", "cpu.max"))
	require.NoError(t, r.RemoveSandbox(t.Context(), b.p.UID))
	left, err := filepath.Glob("/sys/fs/cgroup/*" + group)
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoDirExists(t, "/sys/fs/cgroup"+group)
}
