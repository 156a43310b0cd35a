package network

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// treeModel is what a tree should be: a map.
type treeModel map[uint64]int64

// next is the obvious search; ok is false if all from there to the largest index are taken.
func (m treeModel) next(from uint64) (uint64, bool) {
	for i := from; ; i++ {
		if _, taken := m[i]; !taken {
			return i, true
		}
		if i == math.MaxUint64 {
			return 0, false
		}
	}
}

// nodes counts the leaves and inner nodes of a tree and checks what each says of those below it.
func (n *node) check(t *testing.T, hot *node) (leaves, inner int) {
	if n.vals != nil {
		return 1, 0
	}
	used := 0
	for k, child := range n.kids {
		full := n.full>>k&1 == 1
		if child == nil {
			require.False(t, full, "a child that is not there is full")
			continue
		}
		used++
		if child == hot {
			require.False(t, full, "the hot leaf is marked full")
		} else {
			require.Equal(t, child.full == math.MaxUint64, full)
			require.True(t, child.full != 0 || child.used > 0, "an empty node was left")
		}
		l, i := child.check(t, hot)
		leaves, inner = leaves+l, inner+i
	}
	require.Equal(t, n.used, used)
	return leaves, inner + 1
}

// someIndex draws indexes that crowd together, lie far apart, or lie at the very end.
func someIndex(rng *rand.Rand) uint64 {
	switch rng.IntN(8) {
	case 0:
		return rng.Uint64()
	case 1:
		return math.MaxUint64 - rng.Uint64N(200)
	case 2:
		return 1<<12 + rng.Uint64N(200)
	case 3:
		return 1<<30 + rng.Uint64N(70)
	}
	return rng.Uint64N(300)
}

func TestTreeAgainstMap(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var tr tree
		model := treeModel{}
		for step := range 2000 {
			i := someIndex(rng)
			if rng.IntN(2) == 0 {
				if from, ok := model.next(i); ok {
					i = from
				}
			}
			want, taken := model[i]
			got := tr.get(i)
			require.Equal(t, taken, got != nil, "seed %d step %d index %d", seed, step, i)
			switch {
			case !taken:
				v := tr.take(i)
				require.Zero(t, *v)
				v.until, model[i] = int64(step+1), int64(step+1)
			case step%3 == 0 || seed%2 == 0:
				require.Equal(t, want, got.until)
				tr.free(i)
				delete(model, i)
			}
			if size := someIndex(rng); rng.IntN(2) == 0 {
				takeNext(t, &tr, model, someIndex(rng), size)
			}
			i = someIndex(rng)
			wantNext, wantOK := model.next(i)
			next, ok := tr.next(i)
			require.Equal(t, fmt.Sprint(wantNext, wantOK), fmt.Sprint(next, ok), "seed %d step %d next from %d", seed, step, i)
			if step%500 == 0 && tr.root != nil {
				tr.root.check(t, tr.hot)
			}
		}
		var all []uint64
		tr.all(func(i uint64, v *slot) bool {
			require.Equal(t, model[i], v.until)
			all = append(all, i)
			return true
		})
		require.Equal(t, slices.Sorted(maps.Keys(model)), all)
		for i := range model {
			tr.free(i)
		}
		tr.cool()
		require.Nil(t, tr.root, "an empty tree has nodes")
	}
}

// takeNext takes the next free index below size from a tree and its model, if there is one.
func takeNext(t *testing.T, tr *tree, model treeModel, from, size uint64) {
	want, ok := model.next(from)
	if !ok || want >= size {
		if want, _ = model.next(0); want >= size {
			return
		}
	}
	got, v := tr.takeNext(from, size)
	require.Equal(t, want, got, "from %d below %d", from, size)
	require.Zero(t, *v)
	v.until, model[got] = 1, 1
}

// Going round and round takes every free index of a range in turn, with the leaves full, mixed and empty.
func TestTreeTakesInTurn(t *testing.T) {
	const size = 3*fan*fan + 5
	for _, every := range []uint64{1, 2, 63, 64, 65, 127, 129, 500, 4097} {
		var tr tree
		model := treeModel{}
		for i := range uint64(size) {
			if i%every != every-1 {
				tr.take(i)
				model[i] = 0
			}
		}
		from := uint64(0)
		for range 2*size/every + 3 {
			want, ok := model.next(from)
			if !ok || want >= size {
				want, _ = model.next(0)
			}
			got, _ := tr.takeNext(from, size)
			require.Equal(t, want, got, "every %d, from %d", every, from)
			tr.free(got)
			from = got + 1
		}
		tr.root.check(t, tr.hot)
	}
}

// A tree of a few indexes is small however large they are.
func TestTreeMemoryFollowsUse(t *testing.T) {
	var tr tree
	for i := range uint64(1000) {
		tr.take(i)
	}
	leaves, inner := tr.root.check(t, tr.hot)
	require.Equal(t, []int{16, 1}, []int{leaves, inner})

	tr.take(math.MaxUint64)
	leaves, inner = tr.root.check(t, tr.hot)
	require.Equal(t, []int{17, 1 + 9 + 9}, []int{leaves, inner})
}

// The search for a free index ends at the largest, also from the leaf that was used last.
func TestTreeNextAtTheEnd(t *testing.T) {
	var tr tree
	const last = math.MaxUint64
	for i := uint64(last - 69); i != 0; i++ {
		tr.take(i)
	}
	for _, c := range []struct {
		from, want uint64
		ok         bool
	}{{last - 3, 0, false}, {0, 0, true}, {last - 70, last - 70, true}, {last - 69, 0, false}, {last - 3, 0, false}, {last, 0, false}} {
		got, ok := tr.next(c.from)
		require.Equal(t, c.ok, ok, c.from)
		require.Equal(t, c.want, got, c.from)
	}
	tr.free(last - 65)
	got, ok := tr.next(last - 69)
	require.True(t, ok)
	require.Equal(t, uint64(last-65), got)
	_, ok = tr.next(last - 64)
	require.False(t, ok)
}

// A node that is used again knows nothing of where it hung before.
func TestTreeReusesNodes(t *testing.T) {
	var tr tree
	for range 3 {
		for _, all := range [][]uint64{{0, 64, 1 << 20}, {3}, {200, 5000}, {0}} {
			for _, i := range all {
				require.Zero(t, *tr.take(i))
			}
			tr.root.check(t, tr.hot)
			require.Nil(t, tr.root.parent)
			for _, i := range all {
				tr.free(i)
			}
			tr.cool()
			require.Nil(t, tr.root)
		}
	}
}
