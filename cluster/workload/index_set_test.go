package workload

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIndexSet(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		out   string
		count int
	}{
		{"", 10, "", 0},
		{"0", 10, "0", 1},
		{"0,1", 10, "0,1", 2},
		{"0-2", 10, "0-2", 3},
		{"1,3-5,7", 10, "1,3-5,7", 5},
		{"1,3-5,7", 5, "1,3,4", 3},
		{"1,3-5,7", 0, "", 0},
		{"3-5,1", 10, "1,3-5", 4},
		{"1-3,2-6", 10, "1-6", 6},
		{"x,1,y-2,3-z,-4,5", 10, "1,5", 2},
		{"5-3", 10, "", 0},
		{"0-9223372036854775807", 4, "", 0},
	} {
		s := parseIndexes(c.in, c.limit)
		require.Equal(t, c.out, s.String(), c.in)
		require.Equal(t, c.count, s.count(), c.in)
	}
}

// Everything that a set says is what a plain list of bools says.
func FuzzIndexSet(f *testing.F) {
	f.Add([]byte{1, 2, 3, 9}, []byte{2, 7}, uint8(3))
	f.Fuzz(func(t *testing.T, a, b []byte, n uint8) {
		list := func(from []byte) (s indexSet, in [256]bool) {
			var indexes []int
			for _, x := range from {
				indexes = append(indexes, int(x))
				in[x] = true
			}
			return indexesOf(indexes), in
		}
		s, inS := list(a)
		u, inU := list(b)
		union := s.union(u)
		both, all := 0, 0
		var missing []int
		for i := range 256 {
			require.Equal(t, inS[i], s.has(i))
			require.Equal(t, inS[i] || inU[i], union.has(i))
			if inS[i] && inU[i] {
				both++
			}
			if inS[i] || inU[i] {
				all++
			} else if len(missing) < int(n) {
				missing = append(missing, i)
			}
		}
		require.Equal(t, both, s.common(u))
		require.Equal(t, all, union.count())
		require.Equal(t, missing, union.missing(int(n), 256))
		require.Equal(t, union, parseIndexes(union.String(), 256))
		require.True(t, slices.IsSortedFunc(union, func(x, y span) int { return x.from - y.to }))
	})
}
