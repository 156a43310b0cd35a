package network

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// portSetModel is what a port set should be: a map, of what lies in the range.
type portSetModel map[uint16]bool

// take is the obvious search, round and round.
func (m portSetModel) take(r PortRange, from uint16) (uint16, bool) {
	for _, span := range [][2]int{{max(int(from), int(r.First)), int(r.Last)}, {int(r.First), int(r.Last)}} {
		for n := span[0]; n <= span[1]; n++ {
			if !m[uint16(n)] {
				m[uint16(n)] = true
				return uint16(n), true
			}
		}
	}
	return 0, false
}

func TestPortSetAgainstMap(t *testing.T) {
	for _, r := range []PortRange{
		{1, 1}, {1, 63}, {1, 64}, {1, 65}, {10, 40}, {100, 100 + 4095}, {100, 100 + 4096}, {100, 100 + 8200},
		{30000, 32767}, {65535, 65535}, {65000, 65535}, {1, 65535}, {0, 65535},
	} {
		rng := rand.New(rand.NewPCG(uint64(r.First), uint64(r.Last)))
		s, m := newPortSet(r), portSetModel{}
		near := func() uint16 { // also a little outside
			return uint16(int(r.First) - 3 + rng.IntN(int(r.Last-r.First)+7))
		}
		for step := range 3000 {
			switch n := near(); rng.IntN(4) {
			case 0:
				s.remove(n)
				delete(m, n)
			case 1:
				s.add(n)
				if r.First <= n && n <= r.Last {
					m[n] = true
				}
			default:
				want, ok := m.take(r, n)
				got, gotOK := s.take(n)
				require.Equal(t, ok, gotOK, "%v step %d from %d", r, step, n)
				require.Equal(t, want, got, "%v step %d from %d", r, step, n)
			}
		}
		for from := r.First; ; {
			want, ok := m.take(r, from)
			got, gotOK := s.take(from)
			require.Equal(t, ok, gotOK, "%v from %d", r, from)
			require.Equal(t, want, got, "%v from %d", r, from)
			if !ok {
				break
			}
			from = want + 1
		}
		require.Len(t, m, int(r.Last-r.First)+1)
		for n := int(r.First); n <= int(r.Last); n += 1 + rng.IntN(100) {
			s.remove(uint16(n))
			got, ok := s.take(r.First)
			require.True(t, ok, "%v but %d is full", r, n)
			require.Equal(t, uint16(n), got, "%v", r)
		}
		for at := 0; at <= int(r.Last-r.First); at += 64 { // the first of each word
			n := r.First + uint16(at)
			s.remove(n)
			got, ok := s.take(r.First)
			require.True(t, ok, "%v but %d is full", r, n)
			require.Equal(t, n, got, "%v", r)
		}
	}
}
