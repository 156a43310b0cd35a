package network

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// portPod is a pod with a container "c" for each group of ports.
func portPod(name string, groups ...[]pod.ContainerPort) *pod.Pod {
	p := &pod.Pod{}
	p.Name, p.Namespace, p.UID = name, "default", holder(name).UID
	for k, ports := range groups {
		p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: string(rune('a' + k)), Ports: ports})
	}
	return p
}

func onHost(ip string, protocol pod.Protocol, n int32) pod.ContainerPort {
	return pod.ContainerPort{HostIP: ip, Protocol: protocol, HostPort: n, ContainerPort: n}
}

// :: is an address like others to Kubernetes, and every address to sockets.
func TestHostPortOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		clash, dual bool
	}{
		{"", "", true, true},
		{"", "10.0.0.1", true, true},
		{"", "::1", true, true},
		{"0.0.0.0", "", true, true},
		{"0.0.0.0", "::1", true, true},
		{"0.0.0.0", "::", true, true},
		{"10.0.0.1", "10.0.0.1", true, true},
		{"10.0.0.1", "10.0.0.2", false, false},
		{"::", "::", true, true},
		{"::", "::1", false, true},
		{"::", "10.0.0.1", false, true},
		{"::1", "0:0:0:0:0:0:0:1", true, true},
	} {
		for _, dual := range []bool{false, true} {
			h := HostPorts{DualStack: dual}
			require.NoError(t, h.Reserve(portPod("a", []pod.ContainerPort{onHost(c.a, "TCP", 80)})))
			want := c.clash
			if dual {
				want = c.dual
			}
			for _, protocol := range []pod.Protocol{"TCP", ""} {
				err := h.Reserve(portPod("b", []pod.ContainerPort{onHost(c.b, protocol, 80)}))
				require.Equal(t, want, err != nil, "%v %v", c, dual)
			}
			require.NoError(t, h.Reserve(portPod("c", []pod.ContainerPort{onHost(c.b, "UDP", 80), onHost(c.b, "TCP", 81)})))
		}
	}
}

func TestHostPortsNameBoth(t *testing.T) {
	var h HostPorts
	web := portPod("web", nil, []pod.ContainerPort{onHost("", "TCP", 8080)})
	require.NoError(t, h.Reserve(web))
	require.NoError(t, h.Reserve(web), "again")
	require.Equal(t, 1, h.Len())
	job := portPod("job", []pod.ContainerPort{onHost("", "TCP", 9090), onHost("10.0.0.1", "TCP", 8080)})
	err := h.Reserve(job)
	require.ErrorIs(t, err, ErrPortTaken)
	require.EqualError(t, err, `port TCP 10.0.0.1:8080 wanted by container "a" of "default/job" (uid uid-job) is taken: `+
		`container "b" of "default/web" (uid uid-web) listens on TCP *:8080`)
	require.Equal(t, err, h.Check(job))
	require.Equal(t, 1, h.Len(), "all or none")
	require.Zero(t, h.Release(job))
	owner, ok := h.Owner(Port{Number: 8080, Addr: addr("10.0.0.1")})
	require.True(t, ok)
	require.Equal(t, Owner{holder("web"), "b"}, owner)

	same := portPod("web", nil, []pod.ContainerPort{onHost("", "TCP", 8080)})
	same.UID = "another"
	require.ErrorIs(t, h.Reserve(same), ErrPortTaken, "a new pod of the same name")
	require.Zero(t, h.Release(same))
	require.Equal(t, 1, h.Release(web))
	require.Zero(t, h.Release(web))
	require.NoError(t, h.Reserve(same))
	require.NoError(t, h.Check(same))
}

// On the host network a containerPort is a host port.
func TestHostPortsOfHostNetwork(t *testing.T) {
	var h HostPorts
	p := portPod("a", []pod.ContainerPort{{ContainerPort: 80}, {ContainerPort: 81, HostPort: 81}})
	require.NoError(t, h.Reserve(p))
	require.Equal(t, 1, h.Len())
	p.Spec.HostNetwork = true
	require.NoError(t, h.Reserve(p))
	require.Equal(t, 2, h.Len())
	require.ErrorIs(t, h.Check(portPod("b", []pod.ContainerPort{onHost("10.0.0.1", "", 80)})), ErrPortTaken)
}

// Pods that run have their ports, even where two have one: each releases its own.
func TestHostPortsAdopt(t *testing.T) {
	var h HostPorts
	a, b := portPod("a", []pod.ContainerPort{onHost("", "TCP", 80)}), portPod("b", []pod.ContainerPort{onHost("", "TCP", 80)})
	require.NoError(t, h.Adopt(a))
	require.NoError(t, h.Adopt(b))
	require.Equal(t, 1, h.Len())
	var again HostPorts
	require.NoError(t, again.Restore(h.Snapshot()))
	require.Equal(t, h.Snapshot(), again.Snapshot())
	require.Equal(t, 1, again.Release(a))
	require.ErrorIs(t, again.Check(portPod("c", []pod.ContainerPort{onHost("", "TCP", 80)})), ErrPortTaken)
	require.Equal(t, 1, again.Release(b))
	require.Zero(t, again.Len())
	good := h.Snapshot()
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 1
		require.ErrorIs(t, h.Restore(bad), ErrSnapshot)
	}
	require.Equal(t, 1, h.Len())
}

func TestHostPortsMalformed(t *testing.T) {
	var h HostPorts
	for want, p := range map[string]pod.ContainerPort{
		`container "a": hostIP "nowhere" is not an IP address`:        onHost("nowhere", "TCP", 80),
		`container "a": protocol "icmp" is none of TCP, UDP and SCTP`: onHost("", "icmp", 80),
		`container "a": port 70000 is not between 1 and 65535`:        onHost("", "TCP", 70000),
	} {
		for _, do := range []func(*pod.Pod) error{h.Check, h.Reserve, h.Adopt} {
			require.EqualError(t, do(portPod("a", []pod.ContainerPort{onHost("", "TCP", 1), p})), want)
		}
	}
	require.Zero(t, h.Len())
	nobody := portPod("a", []pod.ContainerPort{onHost("", "TCP", 80)})
	nobody.UID = ""
	require.Error(t, h.Reserve(nobody))
	require.False(t, h.Conflict("nowhere", "TCP", 80))
}

// hostModel is what the ports of a node should be: for each pod what it holds.
type hostModel map[string][]Port

func (m hostModel) clash(h *HostPorts, name string, wanted []Port) bool {
	for other, held := range m {
		for _, a := range held {
			for _, b := range wanted {
				if other != name && a.Number == b.Number && a.Protocol == b.Protocol && h.overlap()(a.Addr, b.Addr) {
					return true
				}
			}
		}
	}
	return false
}

func TestHostPortsAgainstMap(t *testing.T) {
	hostIPs := []string{"", "0.0.0.0", "::", "10.0.0.1", "10.0.0.2", "::1"}
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 9))
		h := HostPorts{DualStack: seed%2 == 1}
		m := hostModel{}
		pods := make([]*pod.Pod, 8)
		for k := range pods {
			pods[k] = &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: fmt.Sprint("web-", k), UID: pod.UID(fmt.Sprint("uid-", k))}}
			c := pod.Container{Name: "app"}
			for range 1 + rng.IntN(3) {
				c.Ports = append(c.Ports, pod.ContainerPort{
					HostIP: hostIPs[rng.IntN(len(hostIPs))], HostPort: int32(80 + rng.IntN(4)), Protocol: protocols[rng.IntN(len(protocols))],
				})
			}
			pods[k].Spec.Containers = []pod.Container{c}
		}
		wanted := func(p *pod.Pod) (all []Port) {
			for _, cp := range p.Spec.Containers[0].Ports {
				one, err := hostPortOf(cp.HostIP, cp.Protocol, cp.HostPort)
				require.NoError(t, err)
				if !slices.Contains(all, one) {
					all = append(all, one)
				}
			}
			return all
		}
		for step := range 1500 {
			p := pods[rng.IntN(len(pods))]
			switch op := rng.IntN(10); {
			case op < 5:
				clash := m.clash(&h, p.Name, wanted(p))
				require.Equal(t, clash, h.Check(p) != nil, "seed %d step %d", seed, step)
				err := h.Reserve(p)
				require.Equal(t, clash, err != nil, "seed %d step %d: %v", seed, step, err)
				if err == nil {
					m[p.Name] = wanted(p)
				}
			case op < 6:
				require.NoError(t, h.Adopt(p))
				m[p.Name] = wanted(p)
			default:
				require.Equal(t, len(m[p.Name]), h.Release(p), "seed %d step %d", seed, step)
				delete(m, p.Name)
			}
			n := 0
			for range h.All {
				n++
			}
			want := 0
			for _, held := range m {
				want += len(held)
			}
			require.Equal(t, want, n, "seed %d step %d", seed, step)
		}
		again := HostPorts{DualStack: h.DualStack}
		require.NoError(t, again.Restore(h.Snapshot()))
		require.Equal(t, h.Snapshot(), again.Snapshot())
	}
}
