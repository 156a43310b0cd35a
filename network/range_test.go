package network

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func at(seconds float64) time.Time { return t0.Add(time.Duration(seconds * float64(time.Second))) }

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// holder is a pod of the default namespace; its UID is "uid-" and its name.
func holder(name string) Holder { return Holder{UID: pod.UID("uid-" + name), Name: "default/" + name} }

func newRange(t testing.TB, prefix string, change ...func(*RangeConfig)) *Range {
	c := RangeConfig{Prefix: netip.MustParsePrefix(prefix)}
	for _, f := range change {
		f(&c)
	}
	r, err := NewRange(c)
	require.NoError(t, err)
	return r
}

func resting(d time.Duration) func(*RangeConfig) { return func(c *RangeConfig) { c.Rest = d } }

func TestNewRangeRefuses(t *testing.T) {
	none := netip.Addr{}
	for _, c := range []struct {
		prefix, reserved string
		gateway          netip.Addr
		rest             time.Duration
		want             string
	}{
		{"10.0.0.0/30", "", none, 0, `range "10.0.0.0/30" is not between /8 and /29, as an IPv4 range must be`},
		{"10.0.0.0/7", "", none, 0, `range "10.0.0.0/7" is not between /8 and /29, as an IPv4 range must be`},
		{"fd00::/63", "", none, 0, `range "fd00::/63" is not between /64 and /125, as an IPv6 range must be`},
		{"fd00::/126", "", none, 0, `range "fd00::/126" is not between /64 and /125, as an IPv6 range must be`},
		{"::ffff:10.0.0.0/112", "", none, 0, `range "::ffff:10.0.0.0/112" is IPv4 written as IPv6, write it as IPv4`},
		{"10.0.0.0/24", "", addr("10.0.1.1"), 0, `gateway "10.0.1.1" is not in range "10.0.0.0/24"`},
		{"10.0.0.0/24", "10.0.0.0/23", none, 0, `reserved prefix "10.0.0.0/23" is not in range "10.0.0.0/24"`},
		{"10.0.0.0/24", "fd00::/120", none, 0, `reserved prefix "fd00::/120" is not in range "10.0.0.0/24"`},
		{"10.0.0.0/24", "10.0.0.0/24", none, 0, `range "10.0.0.0/24" has no address left to give, all are reserved`},
		{"10.0.0.0/24", "", none, -1, `range "10.0.0.0/24" has a negative rest of -1ns`},
	} {
		config := RangeConfig{Prefix: netip.MustParsePrefix(c.prefix), Gateway: c.gateway, Rest: c.rest}
		if c.reserved != "" {
			config.Reserved = []netip.Prefix{netip.MustParsePrefix(c.reserved)}
		}
		_, err := NewRange(config)
		require.EqualError(t, err, c.want)
	}
	_, err := NewRange(RangeConfig{})
	require.Error(t, err)
}

// Every address that a range gives until it is full, in order.
func TestRangeGivesAllButReserved(t *testing.T) {
	for _, c := range []struct {
		prefix   string
		gateway  string
		reserved []string
		want     string
	}{
		{"10.0.0.8/29", "", nil, "[10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14]"},
		{"10.0.0.11/29", "10.0.0.14", nil, "[10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13]"},
		{"10.0.0.8/29", "0.0.0.0", nil, "[10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14]"},
		{"10.0.0.8/29", "", []string{"10.0.0.12/31", "10.0.0.10/32"}, "[10.0.0.11 10.0.0.14]"},
		{"10.0.0.8/29", "", []string{"10.0.0.8/30", "10.0.0.9/32", "10.0.0.13/32"}, "[10.0.0.12 10.0.0.14]"},
		{"fd00::8/125", "", nil, "[fd00::a fd00::b fd00::c fd00::d fd00::e fd00::f]"},
		{"fd00::8/125", "", []string{"fd00::c/127", "fd00::e/127"}, "[fd00::a fd00::b]"},
		{"fd00::8/125", "::", []string{"fd00::c/126"}, "[fd00::9 fd00::a fd00::b]"},
	} {
		r := newRange(t, c.prefix, func(rc *RangeConfig) {
			if c.gateway != "" {
				rc.Gateway = addr(c.gateway)
			}
			for _, p := range c.reserved {
				rc.Reserved = append(rc.Reserved, netip.MustParsePrefix(p))
			}
		})
		var got []netip.Addr
		for range r.Usage().Size {
			a, err := r.Acquire(t0, holder("a"))
			require.NoError(t, err)
			require.True(t, r.Contains(a))
			got = append(got, a)
		}
		require.Equal(t, c.want, fmt.Sprint(got), c.prefix)
		_, err := r.Acquire(t0, holder("b"))
		require.ErrorIs(t, err, ErrRangeFull)
		require.EqualError(t, err, fmt.Sprintf("range is full: no free address in %s", r.Prefix()))
		require.Zero(t, r.Usage().Free())
	}
}

func TestRangeContains(t *testing.T) {
	for prefix, c := range map[string]struct{ in, out []string }{
		"10.0.0.0/24": {[]string{"10.0.0.0", "10.0.0.7", "10.0.0.255"},
			[]string{"9.255.255.255", "10.0.1.0", "::a00:7", "::ffff:10.0.0.7", "255.255.255.255", "0.0.0.0"}},
		"fd00:7::/64": {[]string{"fd00:7::", "fd00:7::7", "fd00:7::ffff:ffff:ffff:ffff"},
			[]string{"fd00:7:0:1::7", "fd00:6::7", "fd00:7::7%eth0", "::7", "0.0.0.7"}},
		"fd00:7::100/120": {[]string{"fd00:7::100", "fd00:7::1ff"},
			[]string{"fd00:7::ff", "fd00:7::200", "fd00:7::", "fd00:8::100"}},
	} {
		r := newRange(t, prefix)
		for _, a := range c.in {
			require.True(t, r.Contains(addr(a)), a)
		}
		for _, a := range c.out {
			require.False(t, r.Contains(addr(a)), a)
		}
		require.False(t, r.Contains(netip.Addr{}))
	}
}

func TestRangeSizes(t *testing.T) {
	for prefix, want := range map[string]uint64{
		"10.0.0.0/8": 1<<24 - 3, "10.0.0.0/16": 1<<16 - 3, "10.0.0.0/29": 5,
		"fd00::/64": 1<<64 - 2, "fd00::/112": 1<<16 - 2, "fd00::/125": 6,
	} {
		require.Equal(t, want, newRange(t, prefix).Usage().Size, prefix)
	}
}

// A half of the largest range may be reserved, and costs nothing.
func TestRangeReservedHalf(t *testing.T) {
	r := newRange(t, "fd00::/64", func(c *RangeConfig) {
		c.Reserved = []netip.Prefix{netip.MustParsePrefix("fd00::8000:0:0:0/65")}
	})
	require.Equal(t, uint64(1<<63-2), r.Usage().Size)
	require.Error(t, r.AcquireAddr(t0, holder0, addr("fd00::ffff:ffff:ffff:ffff")))
	require.NoError(t, r.AcquireAddr(t0, holder0, addr("fd00::7fff:ffff:ffff:ffff")))
}

// The last addresses of the largest ranges are given too, and the search comes round behind them.
func TestRangeEnds(t *testing.T) {
	for prefix, last := range map[string][3]string{
		"10.0.0.0/8": {"10.255.255.253", "10.255.255.254", "10.0.0.2"},
		"fd00::/64":  {"fd00::ffff:ffff:ffff:fffe", "fd00::ffff:ffff:ffff:ffff", "fd00::2"},
	} {
		r := newRange(t, prefix)
		r.cursor = r.size - 2
		for _, want := range last {
			a, err := r.Acquire(t0, holder("a"))
			require.NoError(t, err)
			require.Equal(t, want, a.String())
		}
	}
}

// An address is not given again while there are others: next-fit, not lowest first.
func TestRangeNextFit(t *testing.T) {
	r := newRange(t, "10.0.0.0/29")
	var got []string
	for range 7 {
		a, err := r.Acquire(t0, holder("a"))
		require.NoError(t, err)
		require.NoError(t, r.Release(t0, holder("a"), a))
		got = append(got, a.String()[len("10.0.0."):])
	}
	require.Equal(t, []string{"2", "3", "4", "5", "6", "2", "3"}, got)
}

func TestRangeRequested(t *testing.T) {
	r := newRange(t, "10.0.0.0/24", resting(time.Minute), func(c *RangeConfig) {
		c.Reserved = []netip.Prefix{netip.MustParsePrefix("10.0.0.64/26")}
	})
	require.NoError(t, r.AcquireAddr(t0, holder("a"), addr("10.0.0.7")))
	require.NoError(t, r.AcquireAddr(t0, holder("b"), addr("10.0.0.8")))
	require.NoError(t, r.Release(t0, holder("b"), addr("10.0.0.8")))
	for _, c := range []struct {
		who, addr, want string
		kind            error
	}{
		{"c", "10.0.0.7", `address "10.0.0.7" is held by "default/a" (uid uid-a) (range 10.0.0.0/24)`, ErrAddrTaken},
		{"c", "10.0.0.8", `address "10.0.0.8" rests until 2026-01-02T03:05:05Z after use by "default/b" (uid uid-b) (range 10.0.0.0/24)`, ErrAddrTaken},
		{"c", "10.0.0.0", `address "10.0.0.0" is the address of the network itself (range 10.0.0.0/24)`, ErrAddrTaken},
		{"c", "10.0.0.1", `address "10.0.0.1" is the gateway (range 10.0.0.0/24)`, ErrAddrTaken},
		{"c", "10.0.0.255", `address "10.0.0.255" is the broadcast address (range 10.0.0.0/24)`, ErrAddrTaken},
		{"c", "10.0.0.100", `address "10.0.0.100" is reserved (range 10.0.0.0/24)`, ErrAddrTaken},
		{"c", "10.0.1.7", `address "10.0.1.7" is not in range "10.0.0.0/24"`, nil},
		{"c", "fd00::7", `address "fd00::7" is not in range "10.0.0.0/24"`, nil},
		{"c", "::ffff:10.0.0.7", `address "::ffff:10.0.0.7" is not in range "10.0.0.0/24"`, nil},
		{"a", "10.0.0.7", ``, nil},
		{"c", "10.0.0.9", ``, nil},
	} {
		err := r.AcquireAddr(t0, holder(c.who), addr(c.addr))
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, c.want)
		if c.kind != nil {
			require.ErrorIs(t, err, c.kind)
		}
	}
	require.Error(t, r.AcquireAddr(t0, holder("c"), netip.Addr{}))
	require.EqualError(t, r.AcquireAddr(t0, Holder{Name: "default/x"}, addr("10.0.0.20")), "a holder needs a UID")
	_, err := r.Acquire(t0, Holder{})
	require.EqualError(t, err, "a holder needs a UID")
}

func TestRangeErrorTellsHolder(t *testing.T) {
	r := newRange(t, "fd00::/64", resting(time.Second))
	a, err := r.Acquire(t0, holder("a"))
	require.NoError(t, err)
	var e *AddrError
	require.ErrorAs(t, r.AcquireAddr(t0, holder("b"), a), &e)
	require.Equal(t, holder("a"), e.Holder)
	require.True(t, e.Until.IsZero())
	require.NoError(t, r.Release(t0, holder("a"), a))
	require.ErrorAs(t, r.AcquireAddr(t0, holder("b"), a), &e)
	require.Equal(t, at(1), e.Until)
}

// Only its holder gives an address back: the old pod of a name cannot release what the new one has.
func TestRangeRelease(t *testing.T) {
	r := newRange(t, "10.0.0.0/24", resting(time.Minute))
	old, young := Holder{"uid-1", "default/web-0"}, Holder{"uid-2", "default/web-0"}
	require.NoError(t, r.AcquireAddr(t0, young, addr("10.0.0.7")))
	err := r.Release(t0, old, addr("10.0.0.7"))
	require.ErrorIs(t, err, ErrNotHeld)
	require.EqualError(t, err, `address "10.0.0.7" is held by "default/web-0" (uid uid-2) (range 10.0.0.0/24)`)
	got, ok := r.Holder(addr("10.0.0.7"))
	require.True(t, ok)
	require.Equal(t, young, got)

	require.NoError(t, r.Release(t0, young, addr("10.0.0.7")))
	require.NoError(t, r.Release(t0, young, addr("10.0.0.7")), "releasing twice")
	_, ok = r.Holder(addr("10.0.0.7"))
	require.False(t, ok)
	require.ErrorIs(t, r.Release(t0, young, addr("10.0.0.8")), ErrNotHeld)
	require.ErrorIs(t, r.Release(t0, young, addr("10.0.0.1")), ErrAddrTaken)
	require.Error(t, r.Release(t0, young, addr("10.0.1.1")))
}

func TestRangeRest(t *testing.T) {
	r := newRange(t, "10.0.0.0/29", resting(10*time.Second))
	for range 5 {
		_, err := r.Acquire(at(0), holder("a"))
		require.NoError(t, err)
	}
	for k, a := range []string{"10.0.0.4", "10.0.0.2", "10.0.0.6"} {
		require.NoError(t, r.Release(at(float64(k)), holder("a"), addr(a)))
	}
	require.Equal(t, Usage{Size: 5, Held: 2, Resting: 3}, r.Usage())
	for _, step := range []struct {
		now  float64
		want string
	}{
		{3, ""}, {9.999999, ""}, {10, "10.0.0.4"}, {10, ""}, {12, "10.0.0.6"}, {5, "10.0.0.2"}, {60, ""},
	} {
		a, err := r.Acquire(at(step.now), holder("b"))
		if step.want == "" {
			require.ErrorIs(t, err, ErrRangeFull, "at %v", step.now)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, step.want, a.String(), "at %v", step.now)
	}
}

// Who released an address last may have it back at once; its entry among those that rest must do no harm later.
func TestRangeTakesBack(t *testing.T) {
	r := newRange(t, "10.0.0.0/24", resting(10*time.Second))
	a := addr("10.0.0.7")
	require.NoError(t, r.AcquireAddr(at(0), holder("a"), a))
	require.NoError(t, r.Release(at(0), holder("a"), a))
	require.NoError(t, r.AcquireAddr(at(5), holder("a"), a))
	require.NoError(t, r.Release(at(8), holder("a"), a))
	require.ErrorIs(t, r.AcquireAddr(at(12), holder("b"), a), ErrAddrTaken, "it rests until 18")
	require.NoError(t, r.AcquireAddr(at(18), holder("b"), a))
	require.Equal(t, Usage{Size: 253, Held: 1}, r.Usage())
}

// Entries of addresses that were taken back stand in the way of none that has rested, however many they are.
func TestRangeStaleEntries(t *testing.T) {
	r := newRange(t, "10.0.0.0/29", resting(10*time.Second))
	for range 5 {
		_, err := r.Acquire(at(0), holder("a"))
		require.NoError(t, err)
	}
	for range 3 * wakeups {
		require.NoError(t, r.Release(at(0), holder("a"), addr("10.0.0.2")))
		require.NoError(t, r.AcquireAddr(at(0), holder("a"), addr("10.0.0.2")))
	}
	require.NoError(t, r.Release(at(0), holder("a"), addr("10.0.0.3")))
	a, err := r.Acquire(at(10), holder("b"))
	require.NoError(t, err)
	require.Equal(t, "10.0.0.3", a.String())
	_, err = r.Acquire(at(10), holder("b"))
	require.ErrorIs(t, err, ErrRangeFull)
}

// An address that has rested is given on request, even where many others have rested before it.
func TestRangeRequestAfterRest(t *testing.T) {
	r := newRange(t, "10.0.0.0/24", resting(10*time.Second))
	var last netip.Addr
	for range 5 * wakeups {
		a, err := r.Acquire(at(0), holder("a"))
		require.NoError(t, err)
		require.NoError(t, r.Release(at(0), holder("a"), a))
		last = a
	}
	require.ErrorIs(t, r.AcquireAddr(at(9), holder("b"), last), ErrAddrTaken)
	require.NoError(t, r.AcquireAddr(at(10), holder("b"), last))
	require.Equal(t, uint64(1), r.Usage().Held)
}

// The shortest rest is a rest.
func TestRangeShortRest(t *testing.T) {
	r := newRange(t, "10.0.0.0/29", resting(time.Nanosecond))
	for range 5 {
		a, err := r.Acquire(t0, holder("a"))
		require.NoError(t, err)
		require.NoError(t, r.Release(t0, holder("a"), a))
	}
	_, err := r.Acquire(t0, holder("a"))
	require.ErrorIs(t, err, ErrRangeFull)
	_, err = r.Acquire(t0.Add(time.Microsecond), holder("a"))
	require.NoError(t, err)
}

// A rest that would end after all time ends there.
func TestRangeEndOfTime(t *testing.T) {
	end := time.UnixMicro(math.MaxInt64 - 5)
	r := newRange(t, "10.0.0.0/29", resting(time.Second))
	for range 5 {
		a, err := r.Acquire(end, holder("a"))
		require.NoError(t, err)
		require.NoError(t, r.Release(end, holder("a"), a))
	}
	_, err := r.Acquire(end, holder("a"))
	require.ErrorIs(t, err, ErrRangeFull)
}

// Time at the edges of what time.Time can say neither panics nor shortens a rest.
func TestRangeOddTimes(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		r := newRange(t, "10.0.0.0/29", resting(time.Duration(1<<63-1)))
		for range 5 {
			a, err := r.Acquire(now, holder("a"))
			require.NoError(t, err)
			require.NoError(t, r.Release(now, holder("a"), a))
		}
		_, err := r.Acquire(now.AddDate(200, 0, 0), holder("b"))
		require.ErrorIs(t, err, ErrRangeFull)
		_, err = r.Acquire(now.AddDate(300, 0, 0), holder("b"))
		require.NoError(t, err)
	}
}

// slotsModel is what slots should be: a map from slots to their state, and a list of those that rest.
type slotsModel struct {
	size, cursor uint64
	rest, now    time.Duration
	slots        map[uint64]modelSlot
	queue        []modelRest
}

type modelSlot struct {
	holder  Holder
	resting bool
	until   time.Duration
}

type modelRest struct {
	slot  uint64
	until time.Duration
}

func (m *slotsModel) advance(now time.Duration) {
	m.now = max(m.now, now)
	for n := 0; len(m.queue) > 0 && (n < wakeups || uint64(len(m.slots)) == m.size); n++ {
		head := m.queue[0]
		if head.until > m.now {
			return
		}
		m.queue = m.queue[1:]
		if s := m.slots[head.slot]; s.resting && s.until == head.until {
			delete(m.slots, head.slot)
		}
	}
}

func (m *slotsModel) acquire(now time.Duration, h Holder) (uint64, bool) {
	m.advance(now)
	for k := range m.size {
		i := (m.cursor + k) % m.size
		if _, taken := m.slots[i]; !taken {
			m.slots[i], m.cursor = modelSlot{holder: h}, i+1
			return i, true
		}
	}
	return 0, false
}

func (m *slotsModel) acquireAt(now time.Duration, i uint64, h Holder) bool {
	m.advance(now)
	s, taken := m.slots[i]
	mine := s.holder == h
	if taken && !mine && !(s.resting && s.until <= m.now) {
		return false
	}
	m.slots[i] = modelSlot{holder: h}
	return true
}

func (m *slotsModel) release(now time.Duration, i uint64, h Holder) bool {
	m.advance(now)
	s, taken := m.slots[i]
	if !taken || s.holder != h {
		return false
	}
	if m.rest == 0 {
		delete(m.slots, i)
	} else if !s.resting {
		m.slots[i] = modelSlot{h, true, m.now + m.rest}
		m.queue = append(m.queue, modelRest{i, m.now + m.rest})
	}
	return true
}

func TestSlotsAgainstMap(t *testing.T) {
	for seed := range uint64(24) {
		rng := rand.New(rand.NewPCG(seed, 2))
		size := 3 + rng.Uint64N(200)
		rest := time.Duration(rng.IntN(3)) * 7 * time.Second
		m := &slotsModel{size: size, rest: rest, slots: map[uint64]modelSlot{}}
		s := newSlots(size, rest, ErrRangeFull)
		now := time.Duration(0)
		for step := range 2000 {
			now += time.Duration(rng.IntN(200)-20) * time.Millisecond
			h := holder(fmt.Sprint(rng.IntN(3)))
			i := rng.Uint64N(size)
			switch op := rng.IntN(10); {
			case op < 5:
				want, ok := m.acquire(now, h)
				got, err := s.acquire(t0.Add(now), h)
				require.Equal(t, ok, err == nil, "seed %d step %d", seed, step)
				require.Equal(t, want, got, "seed %d step %d", seed, step)
			case op < 6:
				require.Equal(t, m.acquireAt(now, i, h), s.acquireAt(t0.Add(now), i, h) == nil, "seed %d step %d", seed, step)
			default:
				require.Equal(t, m.release(now, i, h), s.release(t0.Add(now), i, h) == nil, "seed %d step %d", seed, step)
			}
			requireSlots(t, m, &s)
		}
	}
}

// requireSlots compares the counts, and each slot.
func requireSlots(t *testing.T, m *slotsModel, s *slots) {
	n := 0
	s.tree.all(func(i uint64, v *slot) bool {
		n++
		want := m.slots[i]
		if want.holder != v.holder || want.resting != (v.state == slotResting) {
			require.Fail(t, "slot differs", "%d: %v and %v", i, want, *v)
		}
		return true
	})
	if n != len(m.slots) || s.taken != uint64(n) {
		require.Fail(t, "number of slots differs", "%d, %d and %d", n, s.taken, len(m.slots))
	}
}

// Acquire, Release, a full range, and ports allocate nothing.
func TestNoAllocations(t *testing.T) {
	now := t0
	for _, rest := range []time.Duration{0, time.Minute} {
		r := filled(t, "10.0.0.0/16", 60000, 65533, rest)
		require.Zero(t, testing.AllocsPerRun(5000, func() {
			now = now.Add(time.Second)
			a, _ := r.Acquire(now, holder0)
			_ = r.Release(now, holder0, a)
		}))
	}
	full := filled(t, "10.0.0.0/29", 5, 5, 0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if _, err := full.Acquire(now, holder0); err == nil {
			panic("it is full")
		}
	}))
	var s PortSpace
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		_ = s.Reserve(Port{Number: 80}, "web")
		_ = s.Release(Port{Number: 80}, "web")
	}))
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		p, _ := s.ReserveDynamic(TCP, netip.Addr{}, "web")
		_ = s.Release(p, "web")
	}))
}

var holder0 = holder("0")

// The memory of a huge range follows what is in use in it.
func TestRangeMemoryFollowsUse(t *testing.T) {
	for _, prefix := range []string{"10.0.0.0/8", "fd00::/64"} {
		r := newRange(t, prefix, func(c *RangeConfig) {
			half := c.Prefix.Bits() + 1
			c.Reserved = []netip.Prefix{netip.PrefixFrom(c.Prefix.Addr(), half)}
		})
		for range 100000 { // walks through the range without holding anything
			a, err := r.Acquire(t0, holder0)
			require.NoError(t, err)
			require.NoError(t, r.Release(t0, holder0, a))
		}
		leaves, inner := r.tree.root.check(t, r.tree.hot)
		require.LessOrEqual(t, leaves+inner, 1+maxHeight, prefix)
	}
}
