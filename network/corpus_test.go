package network

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// row is one recorded call of Kubernetes: what went in and what came out.
type row struct {
	ID   string          `json:"id"`
	Kind string          `json:"kind"`
	In   json.RawMessage `json:"in"`
	Out  json.RawMessage `json:"out"`
}

// eachRow runs check on every row of a file of the package's testdata, and of the same file below node/ in each folder
// that the environment variable PODLIFE_CORPUS lists.
func eachRow(t *testing.T, name string, check func(t *testing.T, r row)) {
	files := []string{filepath.Join("testdata", name)}
	for _, dir := range filepath.SplitList(os.Getenv("PODLIFE_CORPUS")) {
		if file := filepath.Join(dir, "node", name); dir != "" {
			if _, err := os.Stat(file); err == nil {
				files = append(files, file)
			}
		}
	}
	for _, file := range files {
		rows := readRows(t, file)
		require.NotEmpty(t, rows, file)
		for _, r := range rows {
			check(t, r)
		}
		t.Logf("%s: %d rows", file, len(rows))
	}
}

func readRows(t *testing.T, file string) []row {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var rows []row
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r row
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		rows = append(rows, r)
	}
	require.NoError(t, lines.Err())
	return rows
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	require.NoError(t, json.Unmarshal(raw, into), string(raw))
}

func addrs(texts []string) []netip.Addr {
	var all []netip.Addr
	for _, s := range texts {
		all = append(all, netip.MustParseAddr(s))
	}
	return all
}

func podIPs(texts []string) []pod.PodIP {
	var all []pod.PodIP
	for _, s := range texts {
		all = append(all, pod.PodIP{IP: s})
	}
	return all
}

func TestCorpusHostName(t *testing.T) {
	eachRow(t, "hostname.jsonl.gz", func(t *testing.T, r row) {
		var in struct {
			pod.Spec
			Name, Namespace, ClusterDomain string
		}
		var out struct{ Hostname, Domain, Nodename, NodenameError, Error string }
		decode(t, r.In, &in)
		decode(t, r.Out, &out)
		p := &pod.Pod{Spec: in.Spec}
		p.Name, p.Namespace = in.Name, in.Namespace
		h, err := HostName(p, in.ClusterDomain)
		if out.Error != "" {
			require.Error(t, err, r.ID)
			return
		}
		require.NoError(t, err, r.ID)
		require.Equal(t, []string{out.Hostname, out.Domain}, []string{h.Name, h.Domain}, r.ID)
		kernel, err := h.Kernel()
		require.Equal(t, out.NodenameError != "", err != nil, r.ID)
		require.Equal(t, out.Nodename, kernel, r.ID)
	})
}

func TestCorpusHosts(t *testing.T) {
	eachRow(t, "hosts.jsonl.gz", func(t *testing.T, r row) {
		var in struct {
			Hostname, Domain, NodeHosts string
			HostAliases                 []pod.HostAlias
			PodIPs                      []string
			HostNetwork                 bool
		}
		var out struct {
			Content string
			Mounted bool
		}
		decode(t, r.In, &in)
		decode(t, r.Out, &out)
		ips := podIPs(in.PodIPs)
		switch r.Kind {
		case "managed":
			h := Host{Name: in.Hostname, Domain: in.Domain}
			require.Equal(t, out.Content, Hosts(h, ips, in.HostAliases), r.ID)
		case "hostNetwork":
			require.Equal(t, out.Content, HostNetworkHosts(in.NodeHosts, in.HostAliases), r.ID)
		case "mounted":
			require.Equal(t, out.Mounted, HostsMounted(&pod.Spec{HostNetwork: in.HostNetwork}, ips), r.ID)
		default:
			t.Fatalf("%s: unknown kind %q", r.ID, r.Kind)
		}
	})
}

func TestCorpusResolvConf(t *testing.T) {
	eachRow(t, "dns.jsonl.gz", func(t *testing.T, r row) {
		var in struct {
			ClusterDNS, NodeIPs      []string
			ClusterDomain, Namespace string
			DNSConfig                *pod.PodDNSConfig
			DNSPolicy                pod.DNSPolicy
			HostNetwork              bool
			ResolvConf               *string
		}
		var out struct {
			Nameservers, Searches, Options []string
			Error                          string
		}
		decode(t, r.In, &in)
		decode(t, r.Out, &out)
		p := &pod.Pod{Spec: pod.Spec{DNSConfig: in.DNSConfig, DNSPolicy: in.DNSPolicy, HostNetwork: in.HostNetwork}}
		p.Namespace, p.Name = in.Namespace, "p"
		got, err := ResolvConf(p, NodeDNS{addrs(in.ClusterDNS), in.ClusterDomain, addrs(in.NodeIPs), in.ResolvConf})
		if out.Error != "" {
			require.Error(t, err, r.ID)
			return
		}
		require.NoError(t, err, r.ID)
		slices.Sort(got.Options)
		slices.Sort(out.Options)
		requireSame(t, out.Nameservers, got.Nameservers, r.ID)
		requireSame(t, out.Searches, got.Searches, r.ID)
		requireSame(t, out.Options, got.Options, r.ID)
	})
}

// requireSame is require.Equal for lists of which an empty one is like none.
func requireSame[T any](t *testing.T, want, got []T, id string) {
	if len(want) > 0 || len(got) > 0 {
		require.Equal(t, want, got, id)
	}
}

func TestCorpusHostPorts(t *testing.T) {
	eachRow(t, "hostports.jsonl.gz", func(t *testing.T, r row) {
		switch r.Kind {
		case "conflict":
			corpusConflict(t, r)
		case "mappings":
			var in struct{ Ports []pod.ContainerPort }
			var out struct{ Mappings []PortMapping }
			decode(t, r.In, &in)
			decode(t, r.Out, &out)
			requireSame(t, out.Mappings, PortMappings(&pod.Container{Ports: in.Ports}), r.ID)
		case "hostPorts":
			var in struct{ Spec pod.Spec }
			var out struct{ Ports []pod.ContainerPort }
			decode(t, r.In, &in)
			decode(t, r.Out, &out)
			requireSame(t, out.Ports, HostPortsOf(&in.Spec), r.ID)
		default:
			t.Fatalf("%s: unknown kind %q", r.ID, r.Kind)
		}
	})
}

// hostPort is a host port as the corpus writes it; it is held by a pod that has nothing else.
type hostPort struct {
	IP       string
	Protocol pod.Protocol
	Port     int32
}

func (h hostPort) pod(uid pod.UID) *pod.Pod {
	p := &pod.Pod{}
	p.UID = uid
	if h.Port > 0 {
		port := pod.ContainerPort{HostIP: h.IP, Protocol: h.Protocol, HostPort: h.Port, ContainerPort: h.Port}
		p.Spec.Containers = []pod.Container{{Name: "c", Ports: []pod.ContainerPort{port}}}
	}
	return p
}

func corpusConflict(t *testing.T, r row) {
	var in struct {
		Used, Removed []hostPort
		Want          hostPort
	}
	var out struct {
		Conflict bool
		Len      int
	}
	decode(t, r.In, &in)
	decode(t, r.Out, &out)
	var h HostPorts
	for _, u := range in.Used {
		require.NoError(t, h.Adopt(u.pod("user")), r.ID)
	}
	for _, u := range in.Removed {
		h.Release(u.pod("user"))
	}
	require.Equal(t, out.Conflict, h.Conflict(in.Want.IP, in.Want.Protocol, in.Want.Port), r.ID)
	require.Equal(t, out.Conflict, h.Check(in.Want.pod("new")) != nil, r.ID)
	require.Equal(t, out.Len, h.Len(), r.ID)
}
