package cri

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// parse reads a pod and sets its defaults.
func parse(t *testing.T, spec string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, uid: u-1, labels: {app: web}}\nspec:\n" + spec))
	require.NoError(t, err)
	pod.SetDefaults(p)
	return p
}

// offline is a runtime without an engine, for what asks for none.
func offline(t *testing.T) *Runtime {
	resolv := "nameserver 192.0.2.53\nsearch example.com\n"
	return &Runtime{
		cfg: Config{
			Owner: "me", SeccompDir: "/profiles", Handlers: map[string]string{"sealed": "kata"}, CgroupParent: "/pods",
			DNS: network.NodeDNS{ClusterDomain: "cluster.local", ResolvConf: &resolv}, Rules: pod.LinuxRules{MemoryCapacity: 1 << 30},
		},
		groups: podGroups{parent: "/pods"},
		files:  files{dir: t.TempDir()}, wanted: map[pod.UID][]string{}, known: map[pod.UID]*remembered{},
	}
}

func TestSandboxConfig(t *testing.T) {
	r := offline(t)
	p := parse(t, `
  hostname: front
  shareProcessNamespace: true
  hostIPC: true
  securityContext: {sysctls: [{name: net.core.somaxconn, value: "1024"}], supplementalGroups: [7], fsGroup: 5, runAsUser: 9}
  initContainers:
  - {name: once, image: "a:1", ports: [{containerPort: 1, hostPort: 11}]}
  - {name: side, image: "b:1", restartPolicy: Always, ports: [{containerPort: 2, hostPort: 12, protocol: UDP}]}
  containers:
  - {name: main, image: "a:1", ports: [{containerPort: 3, hostPort: 13, hostIP: 127.0.0.1}, {containerPort: 4}], securityContext: {privileged: true}}
`)
	c, err := r.sandboxConfig(p)
	require.NoError(t, err)
	require.Equal(t, "front", c.Hostname)
	require.Equal(t, "web shop u-1", c.Metadata.Name+" "+c.Metadata.Namespace+" "+c.Metadata.Uid)
	require.Equal(t, map[string]string{
		"app": "web", "io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": "u-1",
		"io.podlife.owner": "me",
	}, c.Labels)
	require.Equal(t, "a:1\nb:1", c.Annotations[annotationImages])
	require.Equal(t, []string{"192.0.2.53"}, c.DnsConfig.Servers)
	require.Equal(t, "/pods/podu-1", c.Linux.CgroupParent)
	require.Equal(t, map[string]string{"net.core.somaxconn": "1024"}, c.Linux.Sysctls)
	s := c.Linux.SecurityContext
	require.True(t, s.Privileged)
	require.Equal(t, []int64{5, 7}, s.SupplementalGroups)
	require.EqualValues(t, 9, s.RunAsUser.Value)
	require.Equal(t, criapi.NamespaceMode_POD, s.NamespaceOptions.Pid)
	require.Equal(t, criapi.NamespaceMode_NODE, s.NamespaceOptions.Ipc)
	require.Equal(t, criapi.NamespaceMode_POD, s.NamespaceOptions.Network)
	var ports []int32
	for _, m := range c.PortMappings {
		ports = append(ports, m.HostPort, m.ContainerPort, int32(m.Protocol))
	}
	require.Equal(t, []int32{12, 2, int32(criapi.Protocol_UDP), 13, 3, 0}, ports)
	require.Equal(t, "127.0.0.1", c.PortMappings[1].HostIp)
}

func TestSandboxConfigHostNetwork(t *testing.T) {
	c, err := offline(t).sandboxConfig(parse(t, "  hostNetwork: true\n  hostPID: true\n  containers: [{name: a, image: a, ports: [{containerPort: 80}]}]\n"))
	require.NoError(t, err)
	require.Empty(t, c.Hostname)
	require.Empty(t, c.PortMappings)
	require.Equal(t, criapi.NamespaceMode_NODE, c.Linux.SecurityContext.NamespaceOptions.Network)
	require.Equal(t, criapi.NamespaceMode_NODE, c.Linux.SecurityContext.NamespaceOptions.Pid)
}

func TestHandler(t *testing.T) {
	r := offline(t)
	for class, want := range map[string]string{"": "", "sealed": "kata"} {
		p := &pod.Pod{Spec: pod.Spec{RuntimeClassName: &class}}
		got, err := r.handler(p)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	class := "other"
	_, err := r.handler(&pod.Pod{Spec: pod.Spec{RuntimeClassName: &class}})
	require.ErrorContains(t, err, `runtimeClassName "other"`)
}

func TestContainerConfig(t *testing.T) {
	p := parse(t, `
  terminationGracePeriodSeconds: 7
  securityContext: {runAsUser: 9, seccompProfile: {type: RuntimeDefault}}
  volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]
  containers:
  - name: main
    image: a:1
    workingDir: /srv
    tty: true
    terminationMessagePolicy: FallbackToLogsOnError
    lifecycle: {stopSignal: SIGUSR1}
    resources: {requests: {cpu: 500m, memory: 512Mi}, limits: {cpu: "1", memory: 512Mi, hugepages-2Mi: 4Mi}}
    volumeMounts:
    - {name: v, mountPath: /v, mountPropagation: Bidirectional}
    - {name: w, mountPath: /w, readOnly: true, recursiveReadOnly: Enabled}
    securityContext:
      runAsGroup: 8
      readOnlyRootFilesystem: true
      allowPrivilegeEscalation: false
      capabilities: {add: [NET_ADMIN], drop: [ALL]}
      seccompProfile: {type: Localhost, localhostProfile: my/profile.json}
      appArmorProfile: {type: Localhost, localhostProfile: mine}
`)
	p.Spec.Containers[0].Lifecycle.StopSignal = new(pod.Signal)
	*p.Spec.Containers[0].Lifecycle.StopSignal = "SIGRTMIN+3"
	s := &start{Runtime: offline(t), pod: p, container: &p.Spec.Containers[0], attempt: 3, options: node.StartOptions{
		Env: []string{"A=b=c", "EMPTY="}, Command: []string{"run"}, Args: []string{"fast"}, LogPath: "/logs/x/main/3.log",
		Mounts: []node.Mount{{Source: "/src/v", Target: "/v"}, {Source: "/src/w", Target: "/w", ReadOnly: true}},
	}}
	c, err := s.containerConfig(image{id: "sha256:1", user: imageUser{name: "app"}}, ownFiles{message: "/m", hosts: "/h"}, "")
	require.NoError(t, err)
	require.Equal(t, "sha256:1 a:1 main 3", c.Image.Image+" "+c.Image.UserSpecifiedImage+" "+c.Metadata.Name+" "+c.Annotations[annotationRestartCount])
	require.EqualValues(t, 3, c.Metadata.Attempt)
	require.Equal(t, "A", c.Envs[0].Key)
	require.Equal(t, "b=c", string(c.Envs[0].Value))
	require.Equal(t, []string{"run", "fast", "/srv"}, append(append(c.Command, c.Args...), c.WorkingDir))
	require.True(t, c.Tty)
	require.Equal(t, criapi.Signal_SIGNAL_SIGRTMINPLUS3, c.StopSignal)
	require.Equal(t, "main", c.Labels[labelContainerName])
	require.Equal(t, "7", c.Annotations[annotationGrace])
	require.Equal(t, "SIGRTMIN+3", c.Annotations[annotationStopSignal])
	require.Equal(t, "/logs/x/main/3.log", c.Annotations[annotationLogPath])

	require.Len(t, c.Mounts, 4)
	require.Equal(t, criapi.MountPropagation_PROPAGATION_BIDIRECTIONAL, c.Mounts[0].Propagation)
	require.True(t, c.Mounts[1].Readonly && c.Mounts[1].RecursiveReadOnly)
	require.Equal(t, "/h /etc/hosts", c.Mounts[2].HostPath+" "+c.Mounts[2].ContainerPath)
	require.Equal(t, "/m /dev/termination-log", c.Mounts[3].HostPath+" "+c.Mounts[3].ContainerPath)

	r := c.Linux.Resources
	require.Equal(t, []int64{512, 100000, 100000, 512 << 20}, []int64{r.CpuShares, r.CpuQuota, r.CpuPeriod, r.MemoryLimitInBytes})
	require.EqualValues(t, 500, r.OomScoreAdj)
	require.Equal(t, "2MB", r.HugepageLimits[0].PageSize)
	require.EqualValues(t, 4<<20, r.HugepageLimits[0].Limit)

	sc := c.Linux.SecurityContext
	require.EqualValues(t, 9, sc.RunAsUser.Value)
	require.Empty(t, sc.RunAsUsername, "runAsUser takes the place of the image's")
	require.EqualValues(t, 8, sc.RunAsGroup.Value)
	require.True(t, sc.ReadonlyRootfs && sc.NoNewPrivs)
	require.Equal(t, []string{"NET_ADMIN"}, sc.Capabilities.AddCapabilities)
	require.Equal(t, []string{"ALL"}, sc.Capabilities.DropCapabilities)
	require.Equal(t, "/profiles/my/profile.json", sc.Seccomp.LocalhostRef)
	require.Equal(t, "mine", sc.Apparmor.LocalhostRef)
	require.Contains(t, sc.MaskedPaths, "/proc/kcore")
}

// What a machine has decides what containers do not see of it, which huge pages they do not get, and whose labels are changed.
func TestMachine(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{
		"sys/devices/system/cpu/cpu0/thermal_throttle", "sys/devices/system/cpu/cpu1/thermal_throttle", "sys/devices/system/cpu/cpufreq",
		"sys/kernel/mm/hugepages/hugepages-1048576kB", "sys/kernel/mm/hugepages/hugepages-2048kB",
		"sys/fs/selinux/enforce", "sys/fs/cgroup/cgroup.controllers",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	m := lookAt(root)
	require.Equal(t, machine{
		maskedPaths: []string{"/sys/devices/system/cpu/cpu0/thermal_throttle", "/sys/devices/system/cpu/cpu1/thermal_throttle"},
		pageSizes:   []int64{2 << 20, 1 << 30},
		unified:     true,
		selinux:     true,
	}, m)
	require.Equal(t, machine{}, lookAt(t.TempDir()))

	p := parse(t, `
  volumes: [{name: v, emptyDir: {}}, {name: h, hostPath: {path: /srv}}]
  containers: [{name: main, image: a, resources: {limits: {hugepages-2Mi: 4Mi}}, volumeMounts: [{name: v, mountPath: /v}, {name: h, mountPath: /h}]}]
`)
	s := &start{Runtime: offline(t), pod: p, container: &p.Spec.Containers[0], options: node.StartOptions{
		Mounts: []node.Mount{{Source: "/a", Target: "/v"}, {Source: "/srv", Target: "/h"}},
	}}
	s.machine = m
	c, err := s.containerConfig(image{id: "i"}, ownFiles{hosts: "/hosts"}, "")
	require.NoError(t, err)
	require.Contains(t, c.Linux.SecurityContext.MaskedPaths, "/sys/devices/system/cpu/cpu1/thermal_throttle")
	require.Equal(t, map[string]string{"memory.oom.group": "1"}, c.Linux.Resources.Unified)
	var pages []string
	for _, l := range c.Linux.Resources.HugepageLimits {
		pages = append(pages, fmt.Sprintf("%s %d", l.PageSize, l.Limit))
	}
	require.Equal(t, []string{"2MB 4194304", "1GB 0"}, pages)
	var relabeled []string
	for _, m := range c.Mounts {
		if m.SelinuxRelabel {
			relabeled = append(relabeled, m.ContainerPath)
		}
	}
	require.Equal(t, []string{"/v", "/etc/hosts"}, relabeled, "and not the folder of the machine")
}

// Handlers that make one machine a pod are told what all of it takes.
func TestSandboxResources(t *testing.T) {
	for _, c := range []struct {
		spec     string
		shares   int64
		quota    int64
		memory   int64
		overhead string
	}{
		{"  containers: [{name: a, image: a}]\n", 2, 0, 0, "0 0 0"},
		{"  overhead: {cpu: 250m, memory: 64Mi}\n  containers: [{name: a, image: a, resources: {requests: {cpu: 500m}}}, {name: b, image: a, resources: {limits: {cpu: 500m, memory: 1Gi}}}]\n", 1024, 50000, 1 << 30, "256 25000 67108864"},
	} {
		config, err := offline(t).sandboxConfig(parse(t, c.spec))
		require.NoError(t, err)
		r, o := config.Linux.Resources, config.Linux.Overhead
		require.Equal(t, []int64{c.shares, c.quota, c.memory}, []int64{r.CpuShares, r.CpuQuota, r.MemoryLimitInBytes})
		require.Equal(t, c.overhead, fmt.Sprintf("%d %d %d", o.CpuShares, o.CpuQuota, o.MemoryLimitInBytes))
	}
}

// A volume at the place of a file of this runtime keeps it.
func TestMountsTaken(t *testing.T) {
	c := &pod.Container{TerminationMessagePath: "/out/message"}
	s := &start{Runtime: offline(t), pod: &pod.Pod{}, container: c, options: node.StartOptions{
		Mounts: []node.Mount{{Source: "/v", Target: "/etc/hosts/"}, {Source: "/w", Target: "/out/message"}}}}
	require.Len(t, s.mounts(ownFiles{message: "/m", hosts: "/h"}), 2)
}

func TestRunAsNonRoot(t *testing.T) {
	number := func(n int64) *int64 { return &n }
	yes := true
	for _, c := range []struct {
		asks *int64
		user imageUser
		want string
	}{
		{nil, imageUser{uid: number(1000)}, ""},
		{nil, imageUser{uid: number(0)}, "image will run as root"},
		{nil, imageUser{}, "image will run as root"},
		{nil, imageUser{name: "app"}, "non-numeric user (app)"},
		{number(5), imageUser{name: "app"}, ""},
		{number(0), imageUser{uid: number(5)}, "breaks non-root policy"},
	} {
		err := checkNonRoot(&pod.SecurityContext{RunAsNonRoot: &yes, RunAsUser: c.asks}, c.user)
		if c.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.want)
		}
	}
	require.NoError(t, checkNonRoot(&pod.SecurityContext{}, imageUser{}))
}

func TestPageSize(t *testing.T) {
	for bytes, want := range map[int64]string{64 << 10: "64KB", 2 << 20: "2MB", 1 << 30: "1GB", 16 << 30: "16GB"} {
		require.Equal(t, want, pageSize(bytes))
	}
}

func TestSignalOf(t *testing.T) {
	for name, want := range map[string]criapi.Signal{
		"SIGTERM": criapi.Signal_SIGNAL_SIGTERM, "SIGRTMAX-2": criapi.Signal_SIGNAL_SIGRTMAXMINUS2, "SIGRTMIN": criapi.Signal_SIGNAL_SIGRTMIN, "": 0, "SIGX": 0,
	} {
		require.Equal(t, want, signalOf(name), name)
	}
}

func TestAddresses(t *testing.T) {
	more := func(ips ...string) (out []*criapi.PodIP) {
		for _, ip := range ips {
			out = append(out, &criapi.PodIP{Ip: ip})
		}
		return out
	}
	ip := netip.MustParseAddr
	for _, c := range []struct {
		first string
		rest  []*criapi.PodIP
		want  []netip.Addr
	}{
		{"", nil, nil},
		{"10.0.0.5", nil, []netip.Addr{ip("10.0.0.5")}},
		{"10.0.0.5", more("fd00::5"), []netip.Addr{ip("10.0.0.5"), ip("fd00::5")}},
		{"fd00::5", more("10.0.0.5", "10.0.0.6"), []netip.Addr{ip("fd00::5"), ip("10.0.0.5")}},
		{"10.0.0.5", more("10.0.0.6", "fd00::5"), []netip.Addr{ip("10.0.0.5"), ip("fd00::5")}},
		{"nonsense", more("fd00::5"), []netip.Addr{ip("fd00::5")}},
	} {
		require.Equal(t, c.want, addresses(&criapi.PodSandboxNetworkStatus{Ip: c.first, AdditionalIps: c.rest}))
	}
	require.Nil(t, addresses(nil))
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		registry, image string
		want            bool
	}{
		{"registry.example", "registry.example/team/app:1", true},
		{"https://registry.example/v2/", "registry.example/app", true},
		{"registry.example/team", "registry.example/team/app", true},
		{"registry.example/team", "registry.example/other/app", false},
		{"*.example", "registry.example/app", true},
		{"*.example", "a.registry.example/app", false},
		{"reg*.*.com", "registry.example.com/app", true},
		{"registry.example", "registry.example:5000/app", false},
		{"registry.example:5000", "registry.example:5000/app", true},
		{"https://index.docker.io/v1/", "busybox", true},
		{"docker.io", "docker.io/library/busybox", true},
		{"[", "registry.example/app", false},
	} {
		ref, err := pod.ParseImage(c.image)
		require.NoError(t, err)
		require.Equal(t, c.want, covers(c.registry, ref.Repository), "%s for %s", c.registry, c.image)
	}
}

// keys has two secrets.
type keys map[string]pod.Secret

func (k keys) Secret(namespace, name string) (pod.Secret, bool) {
	s, ok := k[namespace+"/"+name]
	return s, ok
}

func TestLogins(t *testing.T) {
	r := offline(t)
	auth := base64.StdEncoding.EncodeToString([]byte("ann:se:cret"))
	r.cfg.Secrets = keys{
		"shop/one": {Data: map[string][]byte{".dockerconfigjson": []byte(`{"auths": {
			"registry.example": {"auth": "` + auth + `"}, "registry.example/team": {"username": "bob", "password": "x"}, "other.example": {}}}`)}},
		"shop/old":    {Data: map[string][]byte{".dockercfg": []byte(`{"registry.example": {"identitytoken": "t"}}`)}},
		"shop/broken": {Data: map[string][]byte{".dockerconfigjson": []byte(`{`)}},
		"shop/other":  {Data: map[string][]byte{"password": []byte("x")}},
	}
	p := parse(t, "  imagePullSecrets: [{name: broken}, {name: absent}, {name: other}, {name: one}, {name: old}]\n  containers: [{name: a, image: a}]\n")
	ref, err := pod.ParseImage("registry.example/team/app:1")
	require.NoError(t, err)
	var got []string
	for _, a := range r.logins(p, ref) {
		got = append(got, a.Username+"/"+a.Password+"/"+a.IdentityToken)
	}
	require.Equal(t, []string{"bob/x/", "ann/se:cret/", "//t"}, got)
	r.cfg.Secrets = nil
	require.Empty(t, r.logins(p, ref))
}

func TestSocketPath(t *testing.T) {
	for _, good := range []string{"unix:///run/x.sock", "/run/x.sock"} {
		path, err := socketPath(good)
		require.NoError(t, err)
		require.Equal(t, "/run/x.sock", path)
	}
	for _, bad := range []string{"", "x.sock", "unix://x.sock", "tcp://127.0.0.1:1", "http:///run/x"} {
		_, err := socketPath(bad)
		require.ErrorContains(t, err, "want unix://", bad)
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[int64]int64{-1: 0, 0: 0, 1: 1, 1e9: 1, 1e9 + 1: 2} {
		require.Equal(t, want, seconds(time.Duration(d)))
	}
}

// What an engine of a version does not take it is not asked for.
func TestTakesImageVolumes(t *testing.T) {
	for _, c := range []struct {
		name, version string
		whole, part   bool
	}{
		{"containerd", "1.6.20~ds1", false, false},
		{"containerd", "v1.7.27", false, false},
		{"containerd", "v2.1.4+unknown", true, false},
		{"containerd", "2.2.0", true, true},
		{"containerd", "10.0.1", true, true},
		{"cri-o", "1.30.9", false, false},
		{"cri-o", "1.32.1", true, false},
		{"cri-o", "1.33.0-dev", true, true},
		{"other", "", true, true},
	} {
		e := &engine{name: c.name, version: c.version}
		require.Equal(t, c.whole, e.takesImageVolumes(false) == nil, c)
		require.Equal(t, c.part, e.takesImageVolumes(true) == nil, c)
	}
}
