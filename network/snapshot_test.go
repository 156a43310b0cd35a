package network

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// busy makes random use of a range.
func busy(t testing.TB, r *Range, seed uint64, steps int) {
	rng := rand.New(rand.NewPCG(seed, 3))
	var held []netip.Addr
	for k := range steps {
		now := at(float64(k) / 1000)
		if len(held) > 0 && rng.IntN(5) < 2 {
			i := rng.IntN(len(held))
			require.NoError(t, r.Release(now, holder0, held[i]))
			held[i] = held[len(held)-1]
			held = held[:len(held)-1]
			continue
		}
		if a, err := r.Acquire(now, holder0); err == nil {
			held = append(held, a)
		}
	}
}

// images returns the states of a range's slots as a string, one character each: free is left out.
func images(s *slots) string {
	var b bytes.Buffer
	s.tree.all(func(i uint64, v *slot) bool {
		kind := 'h'
		if v.state == slotResting {
			kind = 'r'
		}
		fmt.Fprintf(&b, "%d%c ", i, kind)
		return true
	})
	return b.String()
}

func TestRangeSnapshot(t *testing.T) {
	for _, prefix := range []string{"10.0.0.0/29", "10.0.0.0/24", "10.0.0.0/16", "10.0.0.0/8", "fd00::/64", "fd00::/120"} {
		for _, rest := range []time.Duration{0, time.Second, time.Hour} {
			r := newRange(t, prefix, resting(rest))
			busy(t, r, 1, 3000)
			snapshot := r.Snapshot()
			got := newRange(t, prefix, resting(rest))
			require.NoError(t, got.Restore(snapshot))
			require.Equal(t, images(&r.slots), images(&got.slots))
			require.Equal(t, r.cursor, got.cursor)
			u := r.Usage()
			require.Equal(t, Usage{Size: u.Size, Resting: u.Resting, Unknown: u.Held}, got.Usage())
			require.Equal(t, snapshot, got.Snapshot())
		}
	}
}

// A snapshot of a full /16 takes at most 16 KiB, and so does the worst mixture.
func TestRangeSnapshotSize(t *testing.T) {
	full := filled(t, "10.0.0.0/16", 65533, 65533, 0)
	require.LessOrEqual(t, len(full.Snapshot()), 64)
	require.LessOrEqual(t, len(filled(t, "10.0.0.0/16", 32000, 65533, 0).Snapshot()), 1<<14)

	worst := newRange(t, "10.0.0.0/16", resting(time.Hour))
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range worst.size {
		if state := rng.IntN(3); state > 0 {
			worst.put(i, holder0)
			if state > 1 {
				worst.retire(i, worst.tree.get(i))
			}
		}
	}
	require.LessOrEqual(t, len(worst.Snapshot()), 13200)
	t.Logf("full %d bytes, worst %d bytes", len(full.Snapshot()), len(worst.Snapshot()))
}

// After a restart: what was held is kept back until the running pods are known, and what rested still rests.
func TestRangeRebuild(t *testing.T) {
	config := resting(10 * time.Second)
	r := newRange(t, "10.0.0.0/29", config)
	for k := range 4 {
		require.NoError(t, r.AcquireAddr(at(0), holder(fmt.Sprint(k)), addr(fmt.Sprintf("10.0.0.%d", k+2))))
	}
	require.NoError(t, r.Release(at(1), holder("3"), addr("10.0.0.5")))
	snapshot := r.Snapshot()

	r = newRange(t, "10.0.0.0/29", config)
	require.NoError(t, r.Restore(snapshot))
	_, known := r.Holder(addr("10.0.0.2"))
	require.False(t, known)
	err := r.AcquireAddr(at(2), holder("x"), addr("10.0.0.2"))
	require.EqualError(t, err, `address "10.0.0.2" is held by somebody not known since the restore (range 10.0.0.0/29)`)
	a, err := r.Acquire(at(2), holder("x"))
	require.NoError(t, err)
	require.Equal(t, "10.0.0.6", a.String(), "the only free one")
	_, err = r.Acquire(at(2), holder("x"))
	require.ErrorIs(t, err, ErrRangeFull)

	require.NoError(t, r.Adopt(at(3), holder("0"), addr("10.0.0.2")))
	require.NoError(t, r.Adopt(at(3), holder("late"), addr("10.0.0.5")), "it rests, but a pod that runs has it")
	require.ErrorIs(t, r.Adopt(at(3), holder("1"), addr("10.0.0.2")), ErrAddrTaken)
	require.Equal(t, 2, r.Settle(at(4)), "of pods 1 and 2 nobody has heard")
	require.Equal(t, Usage{Size: 5, Held: 3, Resting: 2}, r.Usage())
	_, err = r.Acquire(at(13.9), holder("y"))
	require.ErrorIs(t, err, ErrRangeFull)
	a, err = r.Acquire(at(14), holder("y"))
	require.NoError(t, err)
	require.Equal(t, "10.0.0.3", a.String())
	require.NoError(t, r.Release(at(14), holder("late"), addr("10.0.0.5")))
}

func TestRestoreRefuses(t *testing.T) {
	r := newRange(t, "10.0.0.0/24", resting(time.Minute))
	busy(t, r, 1, 300)
	good := r.Snapshot()
	before := images(&r.slots)
	resealed := func(change func(b []byte) []byte) []byte { return reseal(change(bytes.Clone(good))) }
	for name, bad := range map[string][]byte{
		"empty":              nil,
		"short":              good[:8],
		"cut":                good[:len(good)-1],
		"longer":             append(bytes.Clone(good), 0),
		"other magic":        resealed(func(b []byte) []byte { b[0] = 'x'; return b }),
		"other kind":         resealed(func(b []byte) []byte { b[3] = 's'; return b }),
		"other version":      resealed(func(b []byte) []byte { b[4] = 2; return b }),
		"cut and resealed":   resealed(func(b []byte) []byte { return b[:len(b)-10] }),
		"padded, resealed":   resealed(func(b []byte) []byte { return append(b[:len(b)-4], 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0) }),
		"another range":      newRange(t, "10.0.1.0/24").Snapshot(),
		"other reservations": newRange(t, "10.0.0.0/24", func(c *RangeConfig) { c.Gateway = addr("10.0.0.9") }).Snapshot(),
	} {
		require.ErrorIs(t, r.Restore(bad), ErrSnapshot, name)
		require.Equal(t, before, images(&r.slots), name)
	}
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			require.ErrorIs(t, r.Restore(bad), ErrSnapshot, "bit %d of byte %d", bit, i)
		}
	}
	require.NoError(t, r.Restore(good))
}

// A right checksum does not make a snapshot right: each of these was written on purpose, and says the impossible.
func TestRestoreRefusesTheImpossible(t *testing.T) {
	config := func(c *RangeConfig) { c.Gateway = netip.IPv4Unspecified() }
	shape := newRange(t, "10.0.0.0/28", config).appendShape(nil)
	for name, c := range map[string]struct {
		cursor, held, resting byte
		groups                []byte
		ok                    bool
	}{
		"nothing":              {0, 0, 0, nil, true},
		"one held":             {1, 1, 0, []byte{1}, true},
		"one of each":          {14, 1, 1, []byte{0, 1 + 2*3}, true},
		"a run":                {14, 10, 0, []byte{groupMax + 1, 2}, true},
		"all":                  {14, 14, 0, []byte{groupMax + 1, 2, 1 + 3 + 9 + 27}, true},
		"beyond the end":       {0, 15, 0, []byte{groupMax + 1, 3}, false},
		"far beyond the end":   {0, 20, 0, []byte{groupMax + 1, 4}, false},
		"free beyond the end":  {0, 0, 0, []byte{groupMax, 4}, false},
		"behind free ones":     {0, 1, 0, []byte{groupMax, 3, 1}, false},
		"an endless run":       {0, 5, 0, []byte{groupMax + 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, false},
		"an empty run":         {0, 0, 0, []byte{groupMax, 0}, false},
		"half a run":           {0, 5, 0, []byte{groupMax + 1}, false},
		"no such state":        {0, 1, 3, []byte{groupMax + 3, 1}, false},
		"none such, at length": {0, 1, 3, []byte{groupMax + 7, 1}, false},
		"fewer than it says":   {0, 2, 0, []byte{1}, false},
		"more than it says":    {0, 0, 1, []byte{1 + 2*3}, false},
		"held for resting":     {0, 0, 1, []byte{1}, false},
		"cursor outside":       {15, 0, 0, nil, false},
	} {
		body := append([]byte(nil), shape...)
		body = append(append(body, c.cursor, 0, 0, c.held, c.resting), c.groups...)
		r := newRange(t, "10.0.0.0/28", config)
		err := r.Restore(seal(frameRange, body))
		if !c.ok {
			require.ErrorIs(t, err, ErrSnapshot, name)
			continue
		}
		require.NoError(t, err, name)
		requireUsable(t, r)
	}
	require.ErrorIs(t, newRange(t, "10.0.0.0/28", config).Restore(seal(frameRange, shape)), ErrSnapshot)

	pool := newPool(t, 0, "10.0.0.0/28")
	for name, body := range map[string][]byte{
		"no range":       {0},
		"nothing":        {},
		"longer than it": {1, 200, 1, 2},
		"no end":         {1, 0xff},
	} {
		require.ErrorIs(t, pool.Restore(seal(framePool, body)), ErrSnapshot, name)
	}
	trailing, err := unseal(framePool, pool.Snapshot())
	require.NoError(t, err)
	require.ErrorIs(t, pool.Restore(seal(framePool, append(bytes.Clone(trailing), 0))), ErrSnapshot)
}

// A port snapshot is accepted only as Snapshot would write it.
func TestRestorePortsCanonical(t *testing.T) {
	two := func(order ...int) []byte {
		w := newTextWriter(len(order))
		for _, n := range order {
			w.port(Port{Number: uint16(n)}.key(), netip.Addr{})
			w.text("app")
		}
		return append(w.out, 0, 0, 0)
	}
	var s PortSpace
	require.NoError(t, s.Restore(seal(framePorts, two(1, 2))))
	require.Equal(t, 2, s.Len())
	for name, body := range map[string][]byte{
		"not in order":   two(2, 1),
		"twice":          two(1, 1),
		"more behind":    append(two(1, 2), 0),
		"no cursors":     two(1, 2)[:10],
		"too many":       {255, 255, 255, 255, 15},
		"unknown text":   {1, 1, 0, 9, 0, 0, 0},
		"no such port":   {1, 0, 0, 0, 0, 0, 0, 0},
		"odd address":    {1, 129, 128, 4, 3, 1, 2, 3, 0, 1, 'a', 0, 0, 0},
		"empty":          {},
		"large protocol": {1, 129, 128, 128, 128, 128, 4, 0, 0, 1, 'a', 0, 0, 0},
	} {
		require.ErrorIs(t, s.Restore(seal(framePorts, body)), ErrSnapshot, name)
		require.Equal(t, 2, s.Len(), name)
	}
	var h HostPorts
	require.ErrorIs(t, h.Restore(seal(frameHost, []byte{1, 129, 128, 4, 0, 0, 1, 'u'})), ErrSnapshot)
	require.ErrorIs(t, h.Restore(seal(frameHost, []byte{0, 0})), ErrSnapshot)
}

// Free slots at the end cost nothing.
func TestSnapshotOfLittle(t *testing.T) {
	r := newRange(t, "fd00::/64")
	empty := len(r.Snapshot())
	_, err := r.Acquire(t0, holder0)
	require.NoError(t, err)
	require.Equal(t, empty+1, len(r.Snapshot()))
}

// reseal gives a frame, the last four bytes of which do not count, the right checksum.
func reseal(frame []byte) []byte {
	if len(frame) < 4 {
		return frame
	}
	frame = frame[:len(frame)-4]
	return binary.BigEndian.AppendUint32(frame, crc32.Checksum(frame, crcTable))
}

// snapshotter is what can be saved and brought back.
type snapshotter interface {
	Snapshot() []byte
	Restore([]byte) error
}

// fuzzRestore feeds data, as it is and with a right checksum, to fresh values. None may panic; a refusal wraps ErrSnapshot
// and changes nothing; what is accepted is written as it will be read.
func fuzzRestore(t *testing.T, data []byte, fresh func(testing.TB) snapshotter) {
	for _, frame := range [][]byte{data, reseal(bytes.Clone(data))} {
		s := fresh(t)
		empty := s.Snapshot()
		if err := s.Restore(frame); err != nil {
			require.ErrorIs(t, err, ErrSnapshot)
			require.Equal(t, empty, s.Snapshot())
			continue
		}
		again := fresh(t)
		require.NoError(t, again.Restore(s.Snapshot()))
		require.Equal(t, s.Snapshot(), again.Snapshot())
		if r, ok := s.(*Range); ok {
			requireUsable(t, r)
		}
	}
}

// requireUsable takes all that is left of a small range and compares the counts. What rests may have rested by now.
func requireUsable(t *testing.T, r *Range) {
	u := r.Usage()
	got := uint64(0)
	early := time.UnixMicro(math.MinInt64)
	for ; got <= r.size; got++ {
		if _, err := r.Acquire(early, holder0); err != nil {
			break
		}
	}
	require.GreaterOrEqual(t, got, u.Free())
	require.LessOrEqual(t, got, u.Free()+u.Resting)
	require.Equal(t, r.Usage().Held, got)
	require.Equal(t, u.Unknown, r.Usage().Unknown)
}

func FuzzRestoreRange(f *testing.F) {
	fresh := func(t testing.TB) snapshotter { return newRange(t, "10.0.0.0/26", resting(time.Hour)) }
	r := newRange(f, "10.0.0.0/26", resting(time.Hour))
	f.Add(r.Snapshot())
	busy(f, r, 1, 40)
	f.Add(r.Snapshot())
	f.Add(r.Snapshot()[:30])
	f.Add(filled(f, "10.0.0.0/26", 61, 61, 0).Snapshot())
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRestore(t, data, fresh) })
}

// A hostile snapshot of a range with 2^64 addresses neither panics nor takes memory in proportion to what it says.
func FuzzRestoreHugeRange(f *testing.F) {
	config := func(c *RangeConfig) { c.Gateway = netip.IPv6Unspecified() }
	fresh := func(t testing.TB) *Range { return newRange(t, "fd00::/64", config) }
	shape := fresh(f).appendShape(nil)
	r := fresh(f)
	busy(f, r, 1, 40)
	body, _ := unseal(frameRange, r.Snapshot())
	f.Add(body[len(shape):])
	f.Fuzz(func(t *testing.T, data []byte) {
		held := reader{left: data}
		for range 3 {
			held.uvarint()
		}
		if n, resting := held.uvarint(), held.uvarint(); n > 1<<16 || resting > 1<<16 {
			t.Skip("legitimate, but slow")
		}
		s := fresh(t)
		if err := s.Restore(seal(frameRange, append(bytes.Clone(shape), data...))); err != nil {
			require.ErrorIs(t, err, ErrSnapshot)
			return
		}
		u := s.Usage()
		require.Equal(t, s.taken, u.Resting+u.Unknown)
		n := uint64(0)
		s.tree.all(func(i uint64, _ *slot) bool {
			n++
			return i < s.size
		})
		require.Equal(t, s.taken, n)
	})
}

func FuzzRestorePorts(f *testing.F) {
	f.Add(somePorts(f).Snapshot())
	f.Add(new(PortSpace).Snapshot())
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzRestore(t, data, func(testing.TB) snapshotter { return new(PortSpace) })
	})
}

func FuzzRestoreHostPorts(f *testing.F) {
	var h HostPorts
	require.NoError(f, h.Adopt(hostPort{"10.0.0.1", "TCP", 80}.pod("a")))
	require.NoError(f, h.Adopt(hostPort{"", "UDP", 53}.pod("a")))
	require.NoError(f, h.Adopt(hostPort{"fe80::1%eth0", "TCP", 80}.pod("b")))
	f.Add(h.Snapshot())
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzRestore(t, data, func(testing.TB) snapshotter { return new(HostPorts) })
	})
}

func FuzzRestorePool(f *testing.F) {
	fresh := func(t testing.TB) snapshotter {
		p, err := NewPool(newRange(t, "10.0.0.0/28"), newRange(t, "fd00::/124"))
		require.NoError(t, err)
		return p
	}
	p := fresh(f).(*Pool)
	f.Add(p.Snapshot())
	_, err := p.Acquire(t0, holder0)
	require.NoError(f, err)
	f.Add(p.Snapshot())
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRestore(t, data, fresh) })
}

func FuzzRestoreSubnets(f *testing.F) {
	fresh := func(t testing.TB) snapshotter {
		s, err := NewSubnets(SubnetsConfig{Cluster: netip.MustParsePrefix("10.0.0.0/16"), Bits: 20})
		require.NoError(t, err)
		return s
	}
	s := fresh(f).(*Subnets)
	_, err := s.Acquire(t0, holder0)
	require.NoError(f, err)
	f.Add(s.Snapshot())
	f.Fuzz(func(t *testing.T, data []byte) { fuzzRestore(t, data, fresh) })
}

func BenchmarkSnapshot(b *testing.B) {
	for _, percent := range []int{50, 100} {
		r := filled(b, "10.0.0.0/16", 65533*percent/100, 65533, 0)
		snapshot := r.Snapshot()
		b.Run(fmt.Sprintf("write/%dpercent", percent), func(b *testing.B) {
			b.SetBytes(int64(len(snapshot)))
			for b.Loop() {
				r.Snapshot()
			}
		})
		b.Run(fmt.Sprintf("restore/%dpercent", percent), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Restore(snapshot); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
