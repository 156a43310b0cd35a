package network

import "math/bits"

// fan is the number of children of a node, and of values in a leaf: one bit of
// a word each.
const fan = 64

// maxHeight is the height of a tree that reaches all 64-bit indexes.
const maxHeight = 10

// maxSpare bounds the empty nodes that a tree keeps for reuse, of each kind.
const maxSpare = 16

// tree is a sparse set of 64-bit indexes with a slot for each. It finds the
// next free index in a time that depends on the height only, at most 11 levels,
// and its memory follows the number of indexes taken, not their size. The zero
// value is an empty set.
//
// A leaf stands for 64 neighbouring indexes, an inner node for 64 neighbouring
// nodes. A child that is nil is all free. The tree is no higher than its
// largest index needs.
type tree struct {
	root   *node
	height int
	// hot is the leaf that take went to last. While it is hot it stays in the
	// tree when it becomes empty, and the nodes above do not hear that it has
	// become full: taking and freeing one index in turn touches the leaf alone.
	hot *node
	// hotAt is 1 more than the 64th part of the indexes of hot, and 0 before
	// the first take.
	hotAt uint64

	spareLeaves, spareInner []*node
}

// node is a leaf (vals is set) or an inner node (kids is set).
type node struct {
	// full has a bit for each child that has no free index; in a leaf, for each
	// index taken.
	full uint64
	// parent is nil at the root.
	parent *node
	used   int // kids there are
	kids   *[fan]*node
	vals   *[fan]slot
}

// digit returns which child of a node at the given level leads to index i.
func digit(i uint64, level int) uint64 { return i >> (6 * uint(level) & 63) % fan }

// reaches reports whether index i lies below the root.
func (t *tree) reaches(i uint64) bool { return t.root != nil && i>>(6*uint(t.height+1)) == 0 }

// leaf returns the leaf of index i, or nil if there is none, and then i is
// free.
func (t *tree) leaf(i uint64) *node {
	if i/fan+1 == t.hotAt {
		return t.hot
	}
	return t.seek(i)
}

// seek is leaf for a leaf that is not hot; apart, so that leaf can be inlined.
//
//go:noinline
func (t *tree) seek(i uint64) *node {
	if !t.reaches(i) {
		return nil
	}
	n := t.root
	for l := t.height; l > 0 && n != nil; l-- {
		n = n.kids[digit(i, l)]
	}
	return n
}

// get returns the value of index i, or nil if i is free.
func (t *tree) get(i uint64) *slot {
	n := t.leaf(i)
	if n == nil || n.full>>(i%fan)&1 == 0 {
		return nil
	}
	return &n.vals[i%fan]
}

// take marks the free index i and returns its value, which is zero. The pointer
// is good until i is freed.
func (t *tree) take(i uint64) *slot {
	if i/fan+1 != t.hotAt {
		t.enter(i)
	}
	t.hot.full |= 1 << (i % fan)
	return &t.hot.vals[i%fan]
}

// takeNext marks the smallest free index from the given one on, or else from 0
// on, and returns it with its value, which is zero. One below size must be free.
func (t *tree) takeNext(from, size uint64) (uint64, *slot) {
	if from/fan+1 == t.hotAt {
		open := ^t.hot.full >> (from % fan)
		if open == 0 && t.hop() {
			from, open = (t.hotAt-1)*fan, ^t.hot.full
		}
		if i := from + uint64(bits.TrailingZeros64(open)); open != 0 && i < size {
			t.hot.full |= 1 << (i % fan)
			return i, &t.hot.vals[i%fan]
		}
	}
	i, ok := t.next(from)
	if !ok || i >= size {
		i, _ = t.next(0)
	}
	return i, t.take(i)
}

// hop makes the next leaf hot that is not full, if it is there and hangs beside
// the hot one, and reports whether it did: enter for most cases.
func (t *tree) hop() bool {
	p, at := t.hot.parent, t.hotAt
	if p == nil {
		return false
	}
	own := (at - 1) % fan
	open := ^p.full >> own >> 1
	step := uint64(bits.TrailingZeros64(open)) + 1
	if open == 0 || p.kids[own+step] == nil {
		return false
	}
	n := p.kids[own+step]
	t.cool()
	t.hot, t.hotAt = n, at+step
	return true
}

// enter makes the leaf of index i the hot one, a new one where there is none.
func (t *tree) enter(i uint64) {
	t.cool()
	if !t.reaches(i) {
		t.grow(i)
	}
	n := t.root
	for l := t.height; l > 0; l-- {
		child := n.kids[digit(i, l)]
		if child == nil {
			child = t.make(l - 1)
			child.parent = n
			n.kids[digit(i, l)] = child
			n.used++
		}
		n = child
	}
	t.hot, t.hotAt = n, i/fan+1
}

// cool makes the hot leaf one like the others.
func (t *tree) cool() {
	n, i := t.hot, (t.hotAt-1)*fan
	t.hot, t.hotAt = nil, 0
	switch {
	case n == nil:
	case n.full == 0:
		t.prune(n, i)
	case n.full == ^uint64(0):
		n.markFull(i)
	}
}

// free gives back index i, which must be taken, and forgets its value.
func (t *tree) free(i uint64) {
	n := t.leaf(i)
	if n != t.hot {
		t.loosen(n, i)
	}
	n.full &^= 1 << (i % fan)
	n.vals[i%fan] = slot{}
}

// loosen prepares the tree for giving back index i of n, a leaf that is not
// hot.
func (t *tree) loosen(n *node, i uint64) {
	switch n.full {
	case ^uint64(0):
		n.markFree(i)
	case 1 << (i % fan):
		n.full = 0
		t.prune(n, i)
	}
}

// markFull tells the nodes above n, the leaf of index i, that it has become
// full.
func (n *node) markFull(i uint64) {
	for p, l := n.parent, 1; p != nil; p, l = p.parent, l+1 {
		p.full |= 1 << digit(i, l)
		if p.full != ^uint64(0) {
			return
		}
	}
}

// markFree tells the nodes above n, the leaf of index i, that it is full no
// longer.
func (n *node) markFree(i uint64) {
	for p, l := n.parent, 1; p != nil; p, l = p.parent, l+1 {
		was := p.full
		p.full &^= 1 << digit(i, l)
		if was != ^uint64(0) {
			return
		}
	}
}

// prune takes n, the empty leaf of index i, out of the tree, with the inner
// nodes that become empty by it.
func (t *tree) prune(n *node, i uint64) {
	for l := 1; n.parent != nil; l++ {
		p := n.parent
		p.kids[digit(i, l)] = nil
		t.keep(n)
		if p.used--; p.used > 0 {
			return
		}
		n = p
	}
	t.keep(n)
	t.root, t.height = nil, 0
}

// grow makes the tree high enough for index i.
func (t *tree) grow(i uint64) {
	if t.root == nil {
		t.height = (bits.Len64(i|1) - 1) / 6
		t.root = t.make(t.height)
		return
	}
	for !t.reaches(i) {
		t.height++
		top := t.make(t.height)
		top.kids[0], top.used = t.root, 1
		t.root.parent = top
		if t.root.full == ^uint64(0) {
			top.full = 1
		}
		t.root = top
	}
}

// make returns an empty node for the given level, a spare one where there is
// one.
func (t *tree) make(level int) *node {
	spare := t.spare(level > 0)
	if n := len(*spare); n > 0 {
		got := (*spare)[n-1]
		*spare = (*spare)[:n-1]
		return got
	}
	if level > 0 {
		return &node{kids: new([fan]*node)}
	}
	return &node{vals: new([fan]slot)}
}

// keep puts an empty node aside for make.
func (t *tree) keep(n *node) {
	n.parent = nil
	spare := t.spare(n.kids != nil)
	if len(*spare) < maxSpare {
		*spare = append(*spare, n)
	}
}

func (t *tree) spare(inner bool) *[]*node {
	if inner {
		return &t.spareInner
	}
	return &t.spareLeaves
}

// next returns the smallest free index from the given one on, and false if
// there is none up to the largest uint64.
func (t *tree) next(from uint64) (uint64, bool) {
	if from/fan+1 == t.hotAt {
		if open := ^t.hot.full >> (from % fan); open != 0 {
			return from + uint64(bits.TrailingZeros64(open)), true
		}
		return t.behind()
	}
	return t.search(from)
}

// behind returns the smallest free index behind the hot leaf, and false if
// there is none. It climbs to the first node with one, mostly the next.
func (t *tree) behind() (uint64, bool) {
	n, i := t.hot, (t.hotAt-1)*fan
	for l := 1; n.parent != nil; l++ {
		n = n.parent
		if i, ok := n.from(l, i, digit(i, l)+1); ok {
			return i, true
		}
	}
	return t.beyond()
}

// beyond returns the first index that the tree is too low to reach, and false
// if there is none.
func (t *tree) beyond() (uint64, bool) {
	if t.height == maxHeight {
		return 0, false
	}
	return 1 << (6 * uint(t.height+1)), true
}

// search is next where the hot leaf has none.
func (t *tree) search(from uint64) (uint64, bool) {
	if t.hot != nil && t.hot.full == ^uint64(0) {
		t.cool()
	}
	if !t.reaches(from) {
		return from, true
	}
	if i, ok := t.root.next(t.height, from); ok {
		return i, true
	}
	return t.beyond()
}

// next returns the smallest free index below n, a node at the given level, from
// the given one on.
func (n *node) next(level int, from uint64) (uint64, bool) {
	k := digit(from, level)
	if level > 0 && n.full>>k&1 == 0 {
		child := n.kids[k]
		if child == nil {
			return from, true
		}
		if i, ok := child.next(level-1, from); ok {
			return i, true
		}
		k++
	}
	return n.from(level, from, k)
}

// from returns the smallest free index below the children of n from the k-th
// on; n is at the given level, and i is any index below it.
func (n *node) from(level int, i, k uint64) (uint64, bool) {
	open := ^n.full >> k << k
	if level == maxHeight {
		open &= 1<<4 - 1 // the highest digit of a 64-bit index has 4 bits
	}
	if open == 0 {
		return 0, false
	}
	size := uint(6 * level)
	i = i>>size>>6<<6<<size | uint64(bits.TrailingZeros64(open))<<size
	return n.first(level, i), true
}

// first returns the smallest free index below n from i on, the first index of a
// child of n that is not full.
func (n *node) first(level int, i uint64) uint64 {
	for ; level > 0; level-- {
		if n = n.kids[digit(i, level)]; n == nil {
			return i
		}
		i |= uint64(bits.TrailingZeros64(^n.full)) << (6 * uint(level-1))
	}
	return i
}

// all calls yield for each index taken, in order, until it returns false.
func (t *tree) all(yield func(i uint64, v *slot) bool) {
	if t.root != nil {
		t.root.all(t.height, 0, yield)
	}
}

func (n *node) all(level int, base uint64, yield func(uint64, *slot) bool) bool {
	if level == 0 {
		for left := n.full; left != 0; left &= left - 1 {
			k := bits.TrailingZeros64(left)
			if !yield(base+uint64(k), &n.vals[k]) {
				return false
			}
		}
		return true
	}
	for k, child := range n.kids {
		if child != nil && !child.all(level-1, base+uint64(k)<<(6*uint(level)), yield) {
			return false
		}
	}
	return true
}
