package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

func newPool(t testing.TB, rest time.Duration, prefixes ...string) *Pool {
	var ranges []*Range
	for _, p := range prefixes {
		ranges = append(ranges, newRange(t, p, resting(rest)))
	}
	p, err := NewPool(ranges...)
	require.NoError(t, err)
	return p
}

func TestNewPoolRefuses(t *testing.T) {
	_, err := NewPool()
	require.EqualError(t, err, "a pool needs at least one range")
	_, err = NewPool(newRange(t, "10.0.0.0/16"), newRange(t, "fd00::/64"), newRange(t, "10.0.7.0/24"))
	require.EqualError(t, err, `range "10.0.7.0/24" overlaps range "10.0.0.0/16"`)
	used := newRange(t, "10.0.0.0/24")
	_, err = used.Acquire(t0, holder0)
	require.NoError(t, err)
	_, err = NewPool(used)
	require.EqualError(t, err, `range "10.0.0.0/24" has 1 addresses in use, a pool needs an unused one`)
}

func TestPoolDualStack(t *testing.T) {
	for _, c := range []struct {
		ranges []string
		want   []pod.PodIP
	}{
		{[]string{"10.0.0.0/24"}, []pod.PodIP{{IP: "10.0.0.2"}}},
		{[]string{"fd00::/64"}, []pod.PodIP{{IP: "fd00::2"}}},
		{[]string{"10.0.0.0/24", "fd00::/64"}, []pod.PodIP{{IP: "10.0.0.2"}, {IP: "fd00::2"}}},
		{[]string{"fd00::/64", "10.0.0.0/24", "fd01::/64"}, []pod.PodIP{{IP: "fd00::2"}, {IP: "10.0.0.2"}}},
	} {
		p := newPool(t, 0, c.ranges...)
		a, err := p.Acquire(t0, holder("a"))
		require.NoError(t, err)
		require.Equal(t, c.want, a.PodIPs())
		require.Equal(t, c.want[0].IP, a.PodIP(), "podIP is the first of podIPs")
		again, err := p.Acquire(t0, holder("a"))
		require.NoError(t, err)
		require.Equal(t, a, again)
		who, ok := p.Holder(a.Primary)
		require.True(t, ok)
		require.Equal(t, holder("a"), who)
	}
	require.Empty(t, Addrs{}.PodIP())
	require.Empty(t, Addrs{}.PodIPs())
	require.Equal(t, []pod.HostIP{{IP: "10.0.0.2"}}, Addrs{Primary: addr("10.0.0.2")}.HostIPs())
}

// All families or none: where the second is full, the first is as before.
func TestPoolAllOrNone(t *testing.T) {
	p := newPool(t, time.Hour, "10.0.0.0/24", "fd00::/125")
	for k := range 6 {
		_, err := p.Acquire(t0, holder(fmt.Sprint(k)))
		require.NoError(t, err)
	}
	before := p.Usage()
	_, err := p.Acquire(t0, holder("x"))
	require.ErrorIs(t, err, ErrRangeFull)
	require.EqualError(t, err, "range is full: no free address in fd00::/125")
	_, err = p.Acquire(t0, holder("x"), addr("10.0.0.77"))
	require.ErrorIs(t, err, ErrRangeFull)
	_, ok := p.Addrs("uid-x")
	require.False(t, ok)
	require.Equal(t, before[0].Held, p.Usage()[0].Held)
	require.Equal(t, before[1], p.Usage()[1])
}

// Ranges of a family are used one after the other.
func TestPoolSeveralRanges(t *testing.T) {
	p := newPool(t, 0, "10.0.0.0/29", "10.0.1.0/29")
	var got []string
	for k := range 10 {
		a, err := p.Acquire(t0, holder(fmt.Sprint(k)))
		require.NoError(t, err)
		got = append(got, a.PodIP())
	}
	require.Equal(t, "10.0.0.6", got[4])
	require.Equal(t, "10.0.1.2", got[5])
	_, err := p.Acquire(t0, holder("x"))
	require.EqualError(t, err, "range is full: no free address in 10.0.1.0/29")
	require.Equal(t, got[2], p.Release(t0, "uid-2").PodIP())
	require.Equal(t, Addrs{}, p.Release(t0, "uid-2"), "again")
	a, err := p.Acquire(t0, holder("x"))
	require.NoError(t, err)
	require.Equal(t, got[2], a.PodIP())
}

func TestPoolRequested(t *testing.T) {
	p := newPool(t, 0, "10.0.0.0/24", "fd00::/64")
	a, err := p.Acquire(t0, holder("a"), addr("fd00::77"))
	require.NoError(t, err)
	require.Equal(t, Addrs{addr("10.0.0.2"), addr("fd00::77")}, a)
	for _, c := range []struct {
		want  string
		addrs []netip.Addr
	}{
		{`address "fd00::77" is held by "default/a" (uid uid-a) (range fd00::/64)`, []netip.Addr{addr("fd00::77")}},
		{`address "10.1.0.7" is in no range of the pool`, []netip.Addr{addr("10.1.0.7")}},
		{`addresses "10.0.0.7" and "10.0.0.8" are of one family, a pod has one of each`, []netip.Addr{addr("10.0.0.7"), addr("10.0.0.8")}},
	} {
		_, err := p.Acquire(t0, holder("b"), c.addrs...)
		require.EqualError(t, err, c.want)
	}
	require.Equal(t, uint64(1), p.Usage()[0].Held, "a refusal keeps nothing")
	_, err = p.Acquire(t0, holder("a"), addr("10.0.0.9"))
	require.EqualError(t, err, `address "10.0.0.9" is requested by "default/a" (uid uid-a), which has 10.0.0.2 and fd00::77 already`)
	_, err = p.Acquire(t0, Holder{})
	require.Error(t, err)
}

// A new pod of the same name gets nothing of the old one, and the old one's release does not touch it.
func TestPoolSameName(t *testing.T) {
	p := newPool(t, time.Minute, "10.0.0.0/24")
	old, young := Holder{"uid-1", "default/web-0"}, Holder{"uid-2", "default/web-0"}
	first, err := p.Acquire(t0, old)
	require.NoError(t, err)
	p.Release(t0, old.UID)
	second, err := p.Acquire(t0, young)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	p.Release(t0, old.UID)
	got, ok := p.Addrs(young.UID)
	require.True(t, ok)
	require.Equal(t, second, got)
}

func TestPoolRebuild(t *testing.T) {
	p := newPool(t, time.Minute, "10.0.0.0/24", "fd00::/64")
	var all []Addrs
	for k := range 5 {
		a, err := p.Acquire(t0, holder(fmt.Sprint(k)))
		require.NoError(t, err)
		all = append(all, a)
	}
	snapshot := p.Snapshot()
	q := newPool(t, time.Minute, "10.0.0.0/24", "fd00::/64")
	require.NoError(t, q.Restore(snapshot))
	require.Equal(t, snapshot, q.Snapshot())
	for k, a := range all[:3] {
		require.NoError(t, q.Adopt(t0, holder(fmt.Sprint(k)), a.Secondary, a.Primary))
		require.NoError(t, q.Adopt(t0, holder(fmt.Sprint(k)), a.Primary), "again")
		got, ok := q.Addrs(holder(fmt.Sprint(k)).UID)
		require.True(t, ok)
		require.Equal(t, a, got)
	}
	before := q.Usage()
	require.ErrorIs(t, q.Adopt(t0, holder("x"), addr("10.0.0.99"), all[0].Secondary), ErrAddrTaken)
	require.ErrorIs(t, q.Adopt(t0, holder("x"), addr("10.0.0.1")), ErrAddrTaken)
	require.Error(t, q.Adopt(t0, holder("x"), addr("192.168.0.1")))
	require.Error(t, q.Adopt(t0, holder("x")))
	require.Error(t, q.Adopt(t0, Holder{}, addr("10.0.0.99")))
	require.Equal(t, before, q.Usage(), "a refusal keeps nothing")
	require.NoError(t, q.Adopt(t0, holder("single"), addr("fd00::99")))
	require.Equal(t, 4, q.Settle(t0), "two pods with two addresses each are gone")
	require.Equal(t, all[1], q.Release(t0, "uid-1"))

	require.ErrorIs(t, q.Restore(newPool(t, 0, "10.0.0.0/24").Snapshot()), ErrSnapshot)
	require.ErrorIs(t, q.Restore(newPool(t, 0, "fd00::/64", "10.0.0.0/24").Snapshot()), ErrSnapshot)
	_, ok := q.Addrs("uid-0")
	require.True(t, ok, "a refused snapshot changes nothing")
	require.NoError(t, q.Restore(snapshot))
	_, ok = q.Addrs("uid-0")
	require.False(t, ok, "nobody is known after a restore")
}

// However pods come and go, no two have one address, and each has one of each family.
func TestPoolAgainstMap(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 6))
		p := newPool(t, time.Duration(rng.IntN(2))*time.Second, "10.0.0.0/28", "fd00::/124", "10.0.1.0/29")
		model := map[pod.UID]Addrs{}
		for step := range 2000 {
			now := at(float64(step) / 10)
			h := holder(fmt.Sprint(rng.IntN(25)))
			if rng.IntN(2) == 0 {
				require.Equal(t, model[h.UID], p.Release(now, h.UID))
				delete(model, h.UID)
				continue
			}
			a, err := p.Acquire(now, h)
			if err != nil {
				require.ErrorIs(t, err, ErrRangeFull)
				continue
			}
			require.True(t, a.Primary.Is4() && a.Secondary.Is6())
			for uid, other := range model {
				if uid != h.UID {
					require.False(t, other.Primary == a.Primary || other.Secondary == a.Secondary)
				}
			}
			model[h.UID] = a
		}
		held := uint64(0)
		for _, u := range p.Usage() {
			held += u.Held
		}
		require.Equal(t, uint64(2*len(model)), held)
	}
}

func TestSubnets(t *testing.T) {
	for _, c := range []struct {
		cluster     string
		bits        int
		n           uint64
		first, last string
	}{
		{"10.0.0.0/8", 24, 1 << 16, "10.0.0.0/24", "10.255.255.0/24"},
		{"10.244.0.0/16", 24, 256, "10.244.0.0/24", "10.244.255.0/24"},
		{"10.244.0.0/24", 24, 1, "10.244.0.0/24", "10.244.0.0/24"},
		{"10.244.0.0/24", 29, 32, "10.244.0.0/29", "10.244.0.248/29"},
		{"fd00::/48", 64, 1 << 16, "fd00::/64", "fd00:0:0:ffff::/64"},
		{"fd00::/56", 72, 1 << 16, "fd00::/72", "fd00:0:0:ff:ff00::/72"},
		{"fd00::/64", 120, 1 << 56, "fd00::/120", "fd00::ffff:ffff:ffff:ff00/120"},
	} {
		s, err := NewSubnets(SubnetsConfig{Cluster: netip.MustParsePrefix(c.cluster), Bits: c.bits})
		require.NoError(t, err)
		require.Equal(t, c.n, s.Usage().Size, c.cluster)
		p, err := s.Acquire(t0, holder("n1"))
		require.NoError(t, err)
		require.Equal(t, c.first, p.String())
		require.Equal(t, c.last, s.prefix(c.n-1).String())
		for _, i := range []uint64{0, c.n / 3, c.n / 2, c.n - 1} {
			got, ok := s.number(s.prefix(i))
			require.True(t, ok)
			require.Equal(t, i, got)
			_, err := NewRange(RangeConfig{Prefix: s.prefix(i)})
			require.NoError(t, err, "a node's range is a range")
		}
	}
}

func TestSubnetsRefuse(t *testing.T) {
	for _, c := range []struct {
		cluster string
		bits    int
		want    string
	}{
		{"10.0.0.0/7", 24, `cluster range "10.0.0.0/7" is not a prefix of /8 or longer`},
		{"fd00::/8", 64, `cluster range "fd00::/8" is not a prefix of /16 or longer`},
		{"10.0.0.0/16", 15, `node ranges of /15 do not fit cluster range "10.0.0.0/16", expected /16 to /29`},
		{"10.0.0.0/16", 30, `node ranges of /30 do not fit cluster range "10.0.0.0/16", expected /16 to /29`},
		{"fd00::/48", 63, `node ranges of /63 do not fit cluster range "fd00::/48", expected /64 to /104`},
		{"fd00::/48", 105, `node ranges of /105 do not fit cluster range "fd00::/48", expected /64 to /104`},
	} {
		_, err := NewSubnets(SubnetsConfig{Cluster: netip.MustParsePrefix(c.cluster), Bits: c.bits})
		require.EqualError(t, err, c.want)
	}
	_, err := NewSubnets(SubnetsConfig{})
	require.Error(t, err)
}

func TestSubnetsHolders(t *testing.T) {
	prefix := netip.MustParsePrefix
	s, err := NewSubnets(SubnetsConfig{Cluster: prefix("10.0.0.0/22"), Bits: 24, Rest: time.Minute})
	require.NoError(t, err)
	require.NoError(t, s.AcquirePrefix(t0, holder("n2"), prefix("10.0.2.0/24")))
	require.EqualError(t, s.AcquirePrefix(t0, holder("n3"), prefix("10.0.2.0/24")),
		`address "10.0.2.0/24" is held by "default/n2" (uid uid-n2) (range 10.0.0.0/22)`)
	for _, bad := range []string{"10.0.3.0/25", "10.0.3.1/24", "10.1.0.0/24"} {
		require.Error(t, s.AcquirePrefix(t0, holder("n3"), prefix(bad)), bad)
	}
	var got []string
	for range 3 {
		p, err := s.Acquire(t0, holder("n1"))
		require.NoError(t, err)
		got = append(got, p.String())
	}
	require.Equal(t, []string{"10.0.0.0/24", "10.0.1.0/24", "10.0.3.0/24"}, got)
	_, err = s.Acquire(t0, holder("n4"))
	require.EqualError(t, err, "range is full: no free /24 in 10.0.0.0/22")
	require.ErrorIs(t, s.Release(t0, holder("n1"), prefix("10.0.2.0/24")), ErrNotHeld)
	require.NoError(t, s.Release(t0, holder("n2"), prefix("10.0.2.0/24")))
	_, err = s.Acquire(t0, holder("n4"))
	require.ErrorIs(t, err, ErrRangeFull, "it rests")

	again, err := NewSubnets(SubnetsConfig{Cluster: prefix("10.0.0.0/22"), Bits: 24, Rest: time.Minute})
	require.NoError(t, err)
	require.NoError(t, again.Restore(s.Snapshot()))
	require.NoError(t, again.Adopt(t0, holder("n1"), prefix("10.0.0.0/24")))
	require.Equal(t, 2, again.Settle(t0))
	for p, h := range again.All {
		require.Equal(t, "10.0.0.0/24 default/n1", p.String()+" "+h.Name)
	}
	other, err := NewSubnets(SubnetsConfig{Cluster: prefix("10.0.0.0/22"), Bits: 25})
	require.NoError(t, err)
	require.ErrorIs(t, other.Restore(s.Snapshot()), ErrSnapshot)
}
