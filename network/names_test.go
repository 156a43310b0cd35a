package network

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

func yes() *bool { b := true; return &b }
func no() *bool  { return new(bool) }

func TestHostName(t *testing.T) {
	x := strings.Repeat("x", 100)
	override := func(s string) *string { return &s }
	for _, c := range []struct {
		name   string
		spec   pod.Spec
		fqdn   string
		kernel string
		err    string
	}{
		{name: "web-0", fqdn: "web-0", kernel: "web-0"},
		{name: x, fqdn: x[:63], kernel: x[:63]},
		{name: x[:61] + "-." + x, fqdn: x[:61], kernel: x[:61]},
		{name: "web-0", spec: pod.Spec{Hostname: "h"}, fqdn: "h", kernel: "h"},
		{name: "web-0", spec: pod.Spec{Subdomain: "sub"}, fqdn: "web-0.sub.ns.svc.cluster.local", kernel: "web-0"},
		{name: "web-0", spec: pod.Spec{Hostname: "h", Subdomain: "sub", SetHostnameAsFQDN: yes()}, fqdn: "h.sub.ns.svc.cluster.local", kernel: "h.sub.ns.svc.cluster.local"},
		{name: "web-0", spec: pod.Spec{Subdomain: "sub", SetHostnameAsFQDN: no()}, fqdn: "web-0.sub.ns.svc.cluster.local", kernel: "web-0"},
		{name: "web-0", spec: pod.Spec{SetHostnameAsFQDN: yes()}, fqdn: "web-0", kernel: "web-0"},
		{name: "web-0", spec: pod.Spec{HostnameOverride: override("a.b.c"), Hostname: "Bad_", Subdomain: "sub"}, fqdn: "a.b.c", kernel: "a.b.c"},
		{name: "web-0", spec: pod.Spec{HostNetwork: true, Hostname: "h"}},
		{name: "web-0", spec: pod.Spec{Hostname: "h.x"}, err: "spec.hostname: "},
		{name: "web-0", spec: pod.Spec{Subdomain: "Sub"}, err: "spec.subdomain: "},
		{name: "web-0", spec: pod.Spec{HostnameOverride: override("")}, err: "spec.hostnameOverride: "},
		{name: strings.Repeat("-", 70), err: "metadata.name: "},
		{name: x[:38], spec: pod.Spec{Subdomain: "s", SetHostnameAsFQDN: yes()}, fqdn: x[:38] + ".s.ns.svc.cluster.local", kernel: x[:38] + ".s.ns.svc.cluster.local"},
		{name: x[:42], spec: pod.Spec{Subdomain: "s", SetHostnameAsFQDN: yes()}, fqdn: x[:42] + ".s.ns.svc.cluster.local", kernel: "!"},
	} {
		p := &pod.Pod{Spec: c.spec}
		p.Name, p.Namespace = c.name, "ns"
		h, err := HostName(p, "cluster.local")
		if c.err != "" {
			require.ErrorContains(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.fqdn, h.FQDN())
		kernel, err := h.Kernel()
		require.Equal(t, c.kernel == "!", err != nil)
		require.Equal(t, strings.TrimPrefix(c.kernel, "!"), kernel)
	}
	exact := Host{Name: x[:60], Domain: "abc", whole: true}
	kernel, err := exact.Kernel()
	require.NoError(t, err)
	require.Len(t, kernel, 64)
	exact.Domain = "abcd"
	_, err = exact.Kernel()
	require.ErrorContains(t, err, "has 65 bytes, expected at most 64 with setHostnameAsFQDN")
}

// A pod's own names are in its hosts file, and no other pod's.
func TestHosts(t *testing.T) {
	got := Hosts(Host{Name: "web-0", Domain: "sub.ns.svc.cluster.local"}, podIPs([]string{"10.0.0.2", "fd00::2"}),
		[]pod.HostAlias{{IP: "10.1.2.3", Hostnames: []string{"db", "db.local"}}})
	require.Equal(t, `# Kubernetes-managed hosts file.
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
fe00::0	ip6-mcastprefix
fe00::1	ip6-allnodes
fe00::2	ip6-allrouters
10.0.0.2	web-0.sub.ns.svc.cluster.local	web-0
fd00::2	web-0.sub.ns.svc.cluster.local	web-0

# Entries added by HostAliases.
10.1.2.3	db	db.local
`, got)
}

func TestResolvConf(t *testing.T) {
	node := "search a.example b.example\nnameserver 8.8.8.8\noptions timeout:2\n"
	value := func(s string) *string { return &s }
	full := NodeDNS{ClusterDNS: addrs([]string{"10.96.0.10"}), ClusterDomain: "cluster.local", ResolvConf: &node}
	bare := NodeDNS{NodeIPs: addrs([]string{"192.168.0.2", "fd00::2"})}
	for _, c := range []struct {
		what string
		spec pod.Spec
		node NodeDNS
		want string
		warn string
	}{
		{"cluster first", pod.Spec{DNSPolicy: pod.DNSClusterFirst}, full,
			"search ns.svc.cluster.local svc.cluster.local cluster.local a.example b.example\nnameserver 10.96.0.10\noptions ndots:5\n", ""},
		{"cluster first on the host network", pod.Spec{DNSPolicy: pod.DNSClusterFirst, HostNetwork: true}, full,
			"search a.example b.example\nnameserver 8.8.8.8\noptions timeout:2\n", ""},
		{"cluster first, host network too", pod.Spec{DNSPolicy: pod.DNSClusterFirstWithHostNet, HostNetwork: true}, full,
			"search ns.svc.cluster.local svc.cluster.local cluster.local a.example b.example\nnameserver 10.96.0.10\noptions ndots:5\n", ""},
		{"default", pod.Spec{DNSPolicy: pod.DNSDefault}, full,
			"search a.example b.example\nnameserver 8.8.8.8\noptions timeout:2\n", ""},
		{"none", pod.Spec{DNSPolicy: pod.DNSNone}, full, "", ""},
		{"none with a config", pod.Spec{DNSPolicy: pod.DNSNone, DNSConfig: &pod.PodDNSConfig{
			Nameservers: []string{"1.1.1.1"}, Searches: []string{"x.y"}, Options: []pod.PodDNSConfigOption{{Name: "edns0"}}}}, full,
			"search x.y\nnameserver 1.1.1.1\noptions edns0\n", ""},
		{"an option in place of another", pod.Spec{DNSPolicy: pod.DNSClusterFirst, DNSConfig: &pod.PodDNSConfig{
			Options: []pod.PodDNSConfigOption{{Name: "edns0"}, {Name: "ndots", Value: value("2")}}}}, full,
			"search ns.svc.cluster.local svc.cluster.local cluster.local a.example b.example\nnameserver 10.96.0.10\noptions ndots:2 edns0\n", ""},
		{"no cluster DNS", pod.Spec{DNSPolicy: pod.DNSClusterFirst}, bare,
			"search .\nnameserver 127.0.0.1\nnameserver ::1\n", "MissingClusterDNS"},
		{"nothing known", pod.Spec{DNSPolicy: pod.DNSDefault}, NodeDNS{}, "search .\nnameserver 127.0.0.1\n", ""},
		{"too many nameservers", pod.Spec{DNSPolicy: pod.DNSDefault, DNSConfig: &pod.PodDNSConfig{
			Nameservers: []string{"1.1.1.1", "8.8.8.8", "1.1.1.2", "1.1.1.3"}}}, full,
			"search a.example b.example\nnameserver 8.8.8.8\nnameserver 1.1.1.1\nnameserver 1.1.1.2\noptions timeout:2\n", "DNSConfigForming"},
	} {
		p := &pod.Pod{Spec: c.spec}
		p.Name, p.Namespace = "p", "ns"
		got, err := ResolvConf(p, c.node)
		require.NoError(t, err, c.what)
		require.Equal(t, c.want, got.String(), c.what)
		if c.warn == "" {
			require.Empty(t, got.Warnings, c.what)
		} else {
			require.Len(t, got.Warnings, 1, c.what)
			require.Equal(t, c.warn, got.Warnings[0].Reason, c.what)
		}
	}
	for _, bad := range []string{"nameserver\n", strings.Repeat("#", maxResolvConf)} {
		_, err := ResolvConf(&pod.Pod{}, NodeDNS{ResolvConf: &bad})
		require.Error(t, err)
	}
}

func TestFitSearches(t *testing.T) {
	domain := func(n int) string { return strings.Repeat("d", n) }
	var many []string
	for k := range 40 {
		many = append(many, fmt.Sprint(k))
	}
	require.Equal(t, many[:32], fitSearches(many))
	require.Equal(t, []string{"a", domain(253), "b"}, fitSearches([]string{"a", domain(254), domain(253), "b"}))
	long := []string{}
	for range 8 {
		long = append(long, domain(253))
	}
	require.Equal(t, append(long, domain(16)), fitSearches(append(long[:8:8], domain(16))), "2048 bytes with 8 spaces")
	require.Equal(t, long, fitSearches(append(long[:8:8], domain(17), "x")), "what follows the first that does not fit goes too")
	require.Empty(t, fitSearches(nil))
}

func TestStatusField(t *testing.T) {
	own := Addrs{addr("10.0.0.2"), addr("fd00::2")}
	host := Addrs{Primary: addr("192.168.0.1")}
	for path, want := range map[string][2]string{
		"status.podIP":   {"10.0.0.2", "192.168.0.1"},
		"status.podIPs":  {"10.0.0.2,fd00::2", "192.168.0.1"},
		"status.hostIP":  {"192.168.0.1", "192.168.0.1"},
		"status.hostIPs": {"192.168.0.1", "192.168.0.1"},
	} {
		got, ok := StatusField(path, own, host)
		require.True(t, ok)
		require.Equal(t, want[0], got, path)
		got, _ = StatusField(path, Addrs{}, host)
		require.Equal(t, want[1], got, path+" on the host network")
	}
	_, ok := StatusField("metadata.name", own, host)
	require.False(t, ok)
	empty, ok := StatusField("status.podIP", Addrs{}, Addrs{})
	require.True(t, ok)
	require.Empty(t, empty)
}

func TestSharingOf(t *testing.T) {
	for _, c := range []struct {
		spec pod.Spec
		want Sharing
	}{
		{pod.Spec{}, Sharing{ScopePod, ScopeContainer, ScopePod, ScopeNode}},
		{pod.Spec{HostNetwork: true}, Sharing{ScopeNode, ScopeContainer, ScopePod, ScopeNode}},
		{pod.Spec{ShareProcessNamespace: yes()}, Sharing{ScopePod, ScopePod, ScopePod, ScopeNode}},
		{pod.Spec{ShareProcessNamespace: no()}, Sharing{ScopePod, ScopeContainer, ScopePod, ScopeNode}},
		{pod.Spec{HostPID: true}, Sharing{ScopePod, ScopeNode, ScopePod, ScopeNode}},
		{pod.Spec{HostIPC: true}, Sharing{ScopePod, ScopeContainer, ScopeNode, ScopeNode}},
		{pod.Spec{HostUsers: no()}, Sharing{ScopePod, ScopeContainer, ScopePod, ScopePod}},
		{pod.Spec{HostUsers: yes()}, Sharing{ScopePod, ScopeContainer, ScopePod, ScopeNode}},
	} {
		require.Equal(t, c.want, SharingOf(&c.spec))
	}
}

func TestHolderOf(t *testing.T) {
	p := &pod.Pod{}
	p.Name, p.Namespace, p.UID = "web-0", "default", "6f1d"
	require.Equal(t, Holder{"6f1d", "default/web-0"}, HolderOf(p))
	require.Equal(t, `"default/web-0" (uid 6f1d)`, HolderOf(p).String())
	require.Equal(t, "nobody known", Holder{}.String())
}
