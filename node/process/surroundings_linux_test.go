package process_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

func init() { roles["echo"] = echoDatagrams }

// echoDatagrams answers each datagram at a port with itself and the number of datagrams from its sender.
func echoDatagrams(args []string) error {
	c, err := net.ListenPacket("udp", ":"+args[0])
	if err != nil {
		return err
	}
	fmt.Println("ready")
	seen := map[string]int{}
	b := make([]byte, 64<<10)
	for {
		n, sender, err := c.ReadFrom(b)
		if err != nil {
			return err
		}
		seen[sender.String()]++
		if _, err := c.WriteTo(fmt.Appendf(nil, "%s %d", b[:n], seen[sender.String()]), sender); err != nil {
			return err
		}
	}
}

// namespaced is a pod on 10.66.0.9 in a runtime that knows some name servers; it has no sandbox yet.
func namespaced(t *testing.T) *shell {
	t.Helper()
	requireNamespaces(t)
	machine := "nameserver 192.0.2.1\nsearch example.org\n"
	c := process.Config{Dir: t.TempDir(), DNS: network.NodeDNS{
		ClusterDNS: []netip.Addr{netip.MustParseAddr("10.96.0.10")}, ResolvConf: &machine,
	}}
	p := &pod.Pod{}
	p.UID, p.Name, p.Namespace = uid, "web", "shop"
	p.Status.PodIPs = []pod.PodIP{{IP: "10.66.0.9"}}
	p.Spec.Containers = []pod.Container{{Name: "app", Command: []string{"/bin/sh", "-c"}}}
	return &shell{Runtime: newRuntimeOf(t, c), t: t, dir: c.Dir, pod: p, app: &p.Spec.Containers[0]}
}

// says makes the sandbox, runs a script in it, and returns its output.
func (s *shell) says(script string) string {
	s.t.Helper()
	require.NoError(s.t, s.CreateSandbox(s.t.Context(), s.pod))
	for _, w := range s.Warnings(uid) {
		s.t.Error(w)
	}
	require.Equal(s.t, int32(0), s.ended(node.StartOptions{Args: []string{script}, Command: s.app.Command}).ExitCode)
	return s.text(false)
}

// TestFilesOfThePod shows the files that tell a pod who and where it is, as its containers find them.
func TestFilesOfThePod(t *testing.T) {
	const show = "cat /etc/hostname /etc/resolv.conf; grep -v '^#' /etc/hosts | tail -n 3"
	for name, c := range map[string]struct {
		change func(s *pod.Spec)
		want   string
	}{
		"ClusterFirst": {func(s *pod.Spec) {
			s.HostAliases = []pod.HostAlias{{IP: "192.0.2.7", Hostnames: []string{"db", "db.example.org"}}}
		}, "stdout web\nstdout search shop.svc.cluster.local svc.cluster.local cluster.local example.org\nstdout nameserver 10.96.0.10\n" +
			"stdout options ndots:5\nstdout 10.66.0.9\tweb\nstdout \nstdout 192.0.2.7\tdb\tdb.example.org\n"},
		"Default": {func(s *pod.Spec) {
			s.DNSPolicy, s.Hostname, s.Subdomain = pod.DNSDefault, "front", "shops"
		}, "stdout front\nstdout search example.org\nstdout nameserver 192.0.2.1\n" +
			"stdout fe00::1\tip6-allnodes\nstdout fe00::2\tip6-allrouters\nstdout 10.66.0.9\tfront.shops.shop.svc.cluster.local\tfront\n"},
		"None": {func(s *pod.Spec) {
			s.DNSPolicy = pod.DNSNone
			s.DNSConfig = &pod.PodDNSConfig{
				Nameservers: []string{"192.0.2.53"}, Options: []pod.PodDNSConfigOption{{Name: "timeout", Value: new("2")}},
			}
		}, "stdout web\nstdout nameserver 192.0.2.53\nstdout options timeout:2\n" +
			"stdout fe00::1\tip6-allnodes\nstdout fe00::2\tip6-allrouters\nstdout 10.66.0.9\tweb\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := namespaced(t)
			c.change(&s.pod.Spec)
			require.Equal(t, c.want, s.says(show))
		})
	}
	before, err := os.ReadFile("/etc/resolv.conf")
	require.NoError(t, err)
	require.NotContains(t, string(before), "192.0.2.53", "the machine's own is as it was")
}

// TestFilesOnTheHostNetwork shows them to a pod on the machine's network, which has the machine's name.
func TestFilesOnTheHostNetwork(t *testing.T) {
	s := namespaced(t)
	s.pod.Spec.HostNetwork, s.pod.Spec.DNSPolicy = true, pod.DNSClusterFirst
	s.pod.Spec.HostAliases = []pod.HostAlias{{IP: "192.0.2.7", Hostnames: []string{"db"}}}
	machine, err := os.Hostname()
	require.NoError(t, err)
	require.Equal(t, "stdout "+machine+"\nstdout nameserver 192.0.2.1\nstdout # Kubernetes-managed hosts file (host network).\n"+
		"stdout 192.0.2.7\tdb\n", s.says("uname -n; grep nameserver /etc/resolv.conf; head -n 1 /etc/hosts; tail -n 1 /etc/hosts"))
}

// freePort is a port of the machine at which nobody listens.
func freePort(t *testing.T) int32 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return int32(l.Addr().(*net.TCPAddr).Port)
}

// TestHostPorts reaches a pod through ports of the machine, also after the program that made it has gone, and until it is removed.
func TestHostPorts(t *testing.T) {
	s := namespaced(t)
	stream, datagrams := freePort(t), freePort(t)
	serving := role(t, "serve", "8080", "served by web")
	echoing := role(t, "echo", "9090")
	s.pod.Spec.Containers = []pod.Container{
		{Name: "app", Ports: []pod.ContainerPort{{ContainerPort: 8080, HostPort: stream, Protocol: pod.ProtocolTCP}}},
		{Name: "echo", Ports: []pod.ContainerPort{
			{ContainerPort: 9090, HostPort: datagrams, HostIP: "127.0.0.1", Protocol: pod.ProtocolUDP},
			{ContainerPort: 9091, HostPort: 9, Protocol: pod.ProtocolSCTP},
		}},
	}
	require.NoError(t, s.CreateSandbox(t.Context(), s.pod))
	require.Equal(t, []string{"host port 9 is not forwarded: its protocol is SCTP"}, s.Warnings(uid))
	start := func(r *process.Runtime, name string, command []string) {
		require.NoError(t, r.StartContainer(t.Context(), s.pod, name, 0, node.StartOptions{Command: command}))
	}
	address := fmt.Sprintf("127.0.0.1:%d", stream)
	_, err := askAt(address)
	require.Error(t, err, "nobody listens in the pod yet")
	start(s.Runtime, "app", serving)
	start(s.Runtime, "echo", echoing)
	eventually(t, "the pod does not answer", func() bool {
		line, err := askAt(address)
		return err == nil && line == "served by web\n"
	})
	require.NoError(t, s.Leave())
	line, err := askAt(address)
	require.NoError(t, err)
	require.Equal(t, "served by web\n", line)
	one, two := datagramConn(t, datagrams), datagramConn(t, datagrams)
	eventually(t, "the pod does not echo", func() bool { return exchange(one, "hello", 100*time.Millisecond) != "" })
	require.Equal(t, "hello 1", exchange(two, "hello", 10*time.Second), "each sender has a socket of its own")
	require.Equal(t, "again 2", exchange(two, "again", 10*time.Second))

	r := newRuntime(t, s.dir)
	other := s.pod.Clone()
	other.UID = "00000000-0000-4000-8000-0000000000bb"
	require.ErrorContains(t, r.CreateSandbox(t.Context(), other), "host port "+strconv.Itoa(int(stream))+" (TCP): ")
	seen, err := r.List(t.Context(), other.UID)
	require.NoError(t, err)
	require.Equal(t, lifecycle.SandboxAbsent, seen.Sandbox)
	require.NoError(t, r.RemoveSandbox(t.Context(), uid))
	require.NoError(t, r.CreateSandbox(t.Context(), other), "the ports are free again")
}

// askAt connects and returns the line that is said then.
func askAt(address string) (string, error) {
	c, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return bufio.NewReader(c).ReadString('\n')
}

func datagramConn(t *testing.T, port int32) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// exchange sends a datagram and returns what comes back within a time, empty for nothing.
func exchange(c net.Conn, word string, within time.Duration) string {
	_ = c.SetDeadline(time.Now().Add(within))
	if _, err := c.Write([]byte(word)); err != nil {
		return ""
	}
	b := make([]byte, 100)
	n, _ := c.Read(b)
	return string(b[:n])
}
