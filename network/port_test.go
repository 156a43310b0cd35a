package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// port reads "TCP 80", "UDP 10.0.0.1 53" or "TCP :: 80".
func port(t testing.TB, text string) Port {
	words := strings.Fields(text)
	protocol, err := ProtocolOf(pod.Protocol(words[0]))
	require.NoError(t, err)
	p := Port{Protocol: protocol}
	if len(words) == 3 {
		p.Addr = addr(words[1])
	}
	_, err = fmt.Sscan(words[len(words)-1], &p.Number)
	require.NoError(t, err)
	return p
}

func TestPortSpaceClashes(t *testing.T) {
	for _, c := range []struct {
		have, want string
		clash      bool
	}{
		{"TCP 80", "TCP 80", true},
		{"TCP 80", "TCP 81", false},
		{"TCP 80", "UDP 80", false},
		{"TCP 80", "SCTP 80", false},
		{"UDP 80", "SCTP 80", false},
		{"TCP 80", "TCP 10.0.0.1 80", true},
		{"TCP 10.0.0.1 80", "TCP 10.0.0.1 80", true},
		{"TCP 10.0.0.1 80", "TCP 127.0.0.1 80", false},
		{"TCP 0.0.0.0 80", "TCP 127.0.0.1 80", true},
		{"TCP 0.0.0.0 80", "TCP ::1 80", false},
		{"TCP 0.0.0.0 80", "TCP :: 80", true},
		{"TCP :: 80", "TCP ::1 80", true},
		{"TCP :: 80", "TCP 127.0.0.1 80", true},
		{"TCP ::1 80", "TCP fd00::1 80", false},
		{"TCP ::1 80", "TCP 80", true},
	} {
		for _, order := range [][2]string{{c.have, c.want}, {c.want, c.have}} {
			s := PortSpace{Pod: holder("web-0")}
			require.NoError(t, s.Reserve(port(t, order[0]), "one"))
			require.NoError(t, s.Reserve(port(t, order[0]), "one"), "again")
			err := s.Reserve(port(t, order[1]), "two")
			require.Equal(t, c.clash, err != nil, order)
			alone := PortSpace{}
			require.NoError(t, alone.Reserve(port(t, order[0]), "one"))
			require.NoError(t, alone.Reserve(port(t, order[1]), "one"), "a container is not in its own way")
		}
	}
}

func TestPortErrorNamesBoth(t *testing.T) {
	s := PortSpace{Pod: Holder{"6f1d", "default/web-0"}}
	require.NoError(t, s.Reserve(port(t, "TCP 8080"), "app"))
	err := s.Reserve(port(t, "TCP fd00::1 8080"), "proxy")
	require.ErrorIs(t, err, ErrPortTaken)
	require.EqualError(t, err, `port TCP [fd00::1]:8080 wanted by container "proxy" of "default/web-0" (uid 6f1d) is taken: `+
		`container "app" of "default/web-0" (uid 6f1d) listens on TCP *:8080`)
	var e *PortError
	require.ErrorAs(t, err, &e)
	require.Equal(t, pod.UID("6f1d"), e.Holder.UID)
	require.Equal(t, "app", e.Holder.Container)
	require.Equal(t, port(t, "TCP 8080"), e.Taken)
}

func TestPortSpaceRelease(t *testing.T) {
	s := PortSpace{Pod: holder("a")}
	require.NoError(t, s.Reserve(port(t, "TCP 80"), "one"))
	require.NoError(t, s.Reserve(port(t, "UDP 10.0.0.1 80"), "one"))
	require.ErrorIs(t, s.Release(port(t, "TCP 80"), "two"), ErrNotHeld)
	require.ErrorIs(t, s.Release(port(t, "TCP 10.0.0.1 80"), "one"), ErrNotHeld)
	require.EqualError(t, s.Release(port(t, "SCTP 80"), "one"), `port SCTP *:80 is not held by container "one" of "default/a" (uid uid-a)`)
	owner, ok := s.Owner(port(t, "TCP 10.9.9.9 80"))
	require.True(t, ok)
	require.Equal(t, "one", owner)
	require.Equal(t, 2, s.Len())
	require.Equal(t, 2, s.ReleaseContainer("one"))
	require.Zero(t, s.ReleaseContainer("one"))
	require.Zero(t, s.Len())
	_, ok = s.Owner(port(t, "TCP 80"))
	require.False(t, ok)
}

func TestPortMalformed(t *testing.T) {
	var s PortSpace
	for _, p := range []Port{{}, {Number: 80, Protocol: 3}, {Number: 80, Protocol: 255}} {
		require.Error(t, s.Reserve(p, "one"))
		require.Error(t, s.Release(p, "one"))
		_, ok := s.Owner(p)
		require.False(t, ok)
	}
	_, err := s.ReserveDynamic(9, netip.Addr{}, "one")
	require.EqualError(t, err, "protocol(9) is not a protocol")
	for _, c := range []struct {
		protocol pod.Protocol
		number   int32
		want     string
	}{
		{"TCP", 0, "port 0 is not between 1 and 65535"},
		{"TCP", -1, "port -1 is not between 1 and 65535"},
		{"TCP", 65536, "port 65536 is not between 1 and 65535"},
		{"tcp", 80, `protocol "tcp" is none of TCP, UDP and SCTP`},
	} {
		_, err := PortOf(c.protocol, c.number)
		require.EqualError(t, err, c.want)
	}
	p, err := PortOf("", 65535)
	require.NoError(t, err)
	require.Equal(t, Port{Number: 65535}, p)
}

func TestPortSpaceDynamic(t *testing.T) {
	s := PortSpace{Dynamic: PortRange{1000, 1003}}
	require.NoError(t, s.Reserve(port(t, "TCP 10.0.0.1 1001"), "fixed"))
	var got []uint16
	for range 3 {
		p, err := s.ReserveDynamic(TCP, netip.Addr{}, "dyn")
		require.NoError(t, err)
		got = append(got, p.Number)
	}
	require.Equal(t, []uint16{1000, 1002, 1003}, got)
	_, err := s.ReserveDynamic(TCP, netip.Addr{}, "dyn")
	require.ErrorIs(t, err, ErrRangeFull)
	require.EqualError(t, err, "range is full: no free TCP port in 1000-1003")
	p, err := s.ReserveDynamic(UDP, netip.Addr{}, "dyn")
	require.NoError(t, err)
	require.Equal(t, uint16(1000), p.Number, "UDP is apart")

	require.NoError(t, s.Reserve(port(t, "TCP 10.0.0.2 1001"), "fixed"))
	require.NoError(t, s.Release(port(t, "TCP 10.0.0.1 1001"), "fixed"))
	_, err = s.ReserveDynamic(TCP, addr("10.0.0.1"), "dyn")
	require.ErrorIs(t, err, ErrRangeFull, "somebody listens on 1001 still")
	require.NoError(t, s.Release(port(t, "TCP 10.0.0.2 1001"), "fixed"))
	p, err = s.ReserveDynamic(TCP, addr("10.0.0.1"), "dyn")
	require.NoError(t, err)
	require.Equal(t, "TCP 10.0.0.1:1001", p.String())

	next := PortSpace{Dynamic: PortRange{1000, 1002}}
	for _, want := range []uint16{1000, 1001, 1002, 1000} {
		p, err = next.ReserveDynamic(TCP, netip.Addr{}, "dyn")
		require.NoError(t, err)
		require.Equal(t, want, p.Number, "a port that was just released is the last to come again")
		require.NoError(t, next.Release(p, "dyn"))
	}

	bad := PortSpace{Dynamic: PortRange{5, 4}}
	_, err = bad.ReserveDynamic(TCP, netip.Addr{}, "dyn")
	require.EqualError(t, err, "dynamic ports 5 to 4 are no range of ports")
	high := PortSpace{Dynamic: PortRange{65535, 65535}}
	for range 3 {
		p, err = high.ReserveDynamic(TCP, netip.Addr{}, "dyn")
		require.NoError(t, err)
		require.Equal(t, uint16(65535), p.Number)
		require.NoError(t, high.Release(p, "dyn"))
	}
}

// portModel is what a port space should be: a map from ports to containers.
type portModel map[Port]map[string]bool

func (m portModel) clash(p Port, container string) bool {
	for q, owners := range m {
		for o := range owners {
			if q.Number == p.Number && q.Protocol == p.Protocol && o != container && overlap(q.Addr, p.Addr) {
				return true
			}
		}
	}
	return false
}

func TestPortSpaceAgainstMap(t *testing.T) {
	places := []netip.Addr{{}, addr("0.0.0.0"), addr("::"), addr("10.0.0.1"), addr("::1")}
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 5))
		s := PortSpace{Dynamic: PortRange{10, 40}}
		m := portModel{}
		for step := range 1500 {
			p := Port{places[rng.IntN(len(places))], uint16(1 + rng.IntN(50)), Protocol(rng.IntN(3))}
			o := fmt.Sprint(rng.IntN(4))
			switch op := rng.IntN(9); {
			case op < 4:
				err := s.Reserve(p, o)
				require.Equal(t, m.clash(p, o), err != nil, "seed %d step %d: %v", seed, step, err)
				if err == nil {
					m[p] = map[string]bool{o: true}
				}
			case op < 8:
				err := s.Release(p, o)
				require.Equal(t, m[p][o], err == nil, "seed %d step %d: %v", seed, step, err)
				if err == nil {
					delete(m, p)
				}
			case seed%2 == 0:
				got, err := s.ReserveDynamic(p.Protocol, p.Addr, o)
				free := func(n uint16) bool {
					for q := range m {
						if q.Number == n && q.Protocol == p.Protocol {
							return false
						}
					}
					return true
				}
				any := false
				for n := uint16(10); n <= 40; n++ {
					any = any || free(n)
				}
				require.Equal(t, any, err == nil, "seed %d step %d: %v", seed, step, err)
				if err == nil {
					require.True(t, free(got.Number) && got.Number >= 10 && got.Number <= 40)
					m[got] = map[string]bool{o: true}
				}
			}
			require.Equal(t, len(m), s.Len())
		}
		n := 0
		for p, o := range s.All {
			n++
			require.True(t, m[p][o])
		}
		require.Equal(t, len(m), n)
		var again PortSpace
		require.NoError(t, again.Restore(s.Snapshot()))
		require.Equal(t, s.Snapshot(), again.Snapshot())
	}
}

func somePorts(t testing.TB) *PortSpace {
	s := &PortSpace{Pod: holder("a")}
	for _, p := range []string{"TCP 80", "UDP 53", "TCP 10.0.0.1 8080", "SCTP fd00::1 9"} {
		require.NoError(t, s.Reserve(port(t, p), "app"))
	}
	require.NoError(t, s.Reserve(port(t, "TCP fe80::1%eth0 443"), "proxy"))
	_, err := s.ReserveDynamic(UDP, netip.Addr{}, "proxy")
	require.NoError(t, err)
	return s
}

func TestPortSpaceSnapshot(t *testing.T) {
	s := somePorts(t)
	again := PortSpace{Pod: s.Pod}
	require.NoError(t, again.Reserve(port(t, "TCP 1"), "gone"))
	require.NoError(t, again.Restore(s.Snapshot()))
	require.Equal(t, s.Snapshot(), again.Snapshot())
	require.Equal(t, 6, again.Len())
	p, err := again.ReserveDynamic(UDP, netip.Addr{}, "proxy")
	require.NoError(t, err)
	require.Equal(t, uint16(32769), p.Number, "the search goes on where it was")
	good := s.Snapshot()
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x10
		require.ErrorIs(t, again.Restore(bad), ErrSnapshot)
	}
}

// containers reads "app TCP 80 UDP 53" into a container each.
func containers(texts ...string) []pod.Container {
	var all []pod.Container
	for _, text := range texts {
		words := strings.Fields(text)
		c := pod.Container{Name: words[0]}
		for k := 1; k < len(words); k += 2 {
			var n int32
			_, _ = fmt.Sscan(words[k+1], &n)
			c.Ports = append(c.Ports, pod.ContainerPort{Protocol: pod.Protocol(words[k]), ContainerPort: n})
		}
		all = append(all, c)
	}
	return all
}

func TestReserveContainer(t *testing.T) {
	s := PortSpace{Pod: holder("a")}
	c := containers("app TCP 80 TCP 80 UDP 80", "proxy TCP 81 UDP 80", "bad TCP 0", "free SCTP 80")
	require.NoError(t, s.ReserveContainer(&c[0]))
	require.Equal(t, 2, s.Len())
	require.ErrorIs(t, s.ReserveContainer(&c[1]), ErrPortTaken)
	require.Equal(t, 2, s.Len(), "all or none")
	require.EqualError(t, s.ReserveContainer(&c[2]), `container "bad": port 0 is not between 1 and 65535`)
	require.NoError(t, s.ReserveContainer(&c[3]))
	require.Equal(t, 2, s.ReleaseContainer("app"))
	require.NoError(t, s.ReserveContainer(&c[1]))
}

func TestClashes(t *testing.T) {
	always := pod.RestartPolicyAlways
	p := &pod.Pod{}
	p.Name, p.Namespace = "web-0", "default"
	p.Spec.InitContainers = containers("init1 TCP 80", "side TCP 90", "init2 TCP 80 TCP 90", "init3 TCP 80")
	p.Spec.InitContainers[1].RestartPolicy = &always
	p.Spec.Containers = containers("main TCP 80", "other TCP 90 UDP 80", "third TCP 80")
	var got []string
	for _, err := range Clashes(p) {
		var e *PortError
		require.ErrorAs(t, err, &e)
		got = append(got, fmt.Sprintf("%s %s %s", e.Owner.Container, e.Holder.Container, e.Port))
	}
	require.Equal(t, []string{"init2 side TCP *:90", "other side TCP *:90", "third main TCP *:80"}, got)
}

func TestPortNames(t *testing.T) {
	always := pod.RestartPolicyAlways
	c := pod.Container{Name: "app", Ports: []pod.ContainerPort{
		{Name: "dns", ContainerPort: 53, Protocol: "UDP"}, {Name: "http", ContainerPort: 8080}, {Name: "odd", ContainerPort: 0},
	}}
	for _, k := range []struct {
		want pod.IntOrString
		n    int32
		err  string
	}{
		{pod.FromString("http"), 8080, ""},
		{pod.FromString("dns"), 53, ""},
		{pod.FromInt(9090), 9090, ""},
		{pod.FromString("https"), 0, `port "https" not found`},
		{pod.FromString("8080"), 0, `port "8080" not found`},
		{pod.FromInt(0), 0, `invalid port number: 0`},
		{pod.FromInt(65536), 0, `invalid port number: 65536`},
		{pod.FromString("odd"), 0, `invalid port number: 0`},
	} {
		n, err := ContainerPort(&c, k.want)
		if k.err != "" {
			require.EqualError(t, err, k.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, k.n, n)
	}

	spec := pod.Spec{
		InitContainers: []pod.Container{
			{Ports: []pod.ContainerPort{{Name: "setup", ContainerPort: 1}}},
			{RestartPolicy: &always, Ports: []pod.ContainerPort{{Name: "mesh", ContainerPort: 2}, {Name: "http", ContainerPort: 3}}},
		},
		Containers: []pod.Container{c, {Ports: []pod.ContainerPort{{Name: "dns", ContainerPort: 54, Protocol: "TCP"}}}},
	}
	for _, k := range []struct {
		name     string
		protocol pod.Protocol
		want     int32
	}{{"http", "TCP", 8080}, {"http", "", 8080}, {"dns", "UDP", 53}, {"dns", "TCP", 54}, {"mesh", "TCP", 2}, {"setup", "TCP", 0}, {"http", "UDP", 0}} {
		n, ok := NamedPort(&spec, k.name, k.protocol)
		require.Equal(t, k.want, n, k)
		require.Equal(t, k.want != 0, ok, k)
	}
}
