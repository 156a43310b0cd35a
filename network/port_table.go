package network

import (
	"cmp"
	"net/netip"
	"slices"
)

// listener is one port taken, at one address, by one owner.
type listener[O comparable] struct {
	key   portKey
	addr  netip.Addr
	owner O
}

// port returns the port that l listens on.
func (l *listener[O]) port() Port { return l.key.port(l.addr) }

// portTable is a hash table from ports to their owners, with open addressing: a
// key stands in the first free place from its home on, and one key may stand
// several times, for several addresses or owners. Removing one closes the gap,
// so that nothing is left behind. At most a quarter of the places are in use,
// so that most keys stand at home. The zero value is empty; a table for a few
// ports takes a few hundred bytes.
type portTable[O comparable] struct {
	keys   []portKey     // what the search goes through: small, and so in the cache; 0 is a free place
	places []listener[O] // as many; a free place may hold what was there last
	n      int
	mask   uint  // the number of places less 1
	shift  uint8 // 32 less the bits of mask
}

const minPorts = 8 // places of the smallest table

// home returns the place where the search for k begins.
func (t *portTable[O]) home(k portKey) uint { return uint(uint32(k) * 0x9e3779b1 >> (t.shift & 31)) }

// overlapRule reports whether listeners on two addresses are in each other's
// way; equal ones always are.
type overlapRule func(a, b netip.Addr) bool

// putHome records that o listens on k at a if the place where the search for k
// begins is free, and reports whether it did: reserve for most cases, small
// enough to be inlined.
func (t *portTable[O]) putHome(k portKey, a netip.Addr, o O) bool {
	i := t.home(k)
	if 4*t.n >= len(t.keys) || t.keys[i] != 0 {
		return false
	}
	l := &t.places[i]
	t.keys[i], l.key, l.addr, l.owner = k, k, a, o
	t.n++
	return true
}

// reserve records that o listens on k at a, and returns nil, unless another
// owner's listener is in the way, which it then returns. What o has itself is
// never in its way.
func (t *portTable[O]) reserve(k portKey, a netip.Addr, o O, overlap overlapRule) *listener[O] {
	if 4*t.n >= len(t.keys) {
		t.grow()
	}
	i := t.home(k)
	for ; t.keys[i] != 0; i = (i + 1) & t.mask {
		if t.keys[i] != k {
			continue
		}
		l := &t.places[i]
		if l.owner != o && (l.addr == a || overlap(l.addr, a)) {
			return l
		}
		if l.owner == o && l.addr == a {
			return nil
		}
	}
	l := &t.places[i]
	t.keys[i], l.key, l.addr, l.owner = k, k, a, o
	t.n++
	return nil
}

// holds reports whether l is in the table.
func (t *portTable[O]) holds(l listener[O]) bool {
	return t.first(l.key, func(have *listener[O]) bool { return *have == l }) != nil
}

// takeHome removes o's listener on k at a if it stands where the search for k
// begins and nothing stands behind it, and reports whether it did: release for
// most cases.
func (t *portTable[O]) takeHome(k portKey, a netip.Addr, o O) bool {
	i := t.home(k)
	if t.n == 0 || t.keys[i] != k || t.places[i].addr != a || t.places[i].owner != o {
		return false
	}
	if t.keys[(i+1)&t.mask] != 0 {
		return false
	}
	t.keys[i] = 0
	t.n--
	return true
}

// release removes o's listener on k at a, and reports whether there was one.
func (t *portTable[O]) release(k portKey, a netip.Addr, o O) bool {
	if t.n == 0 {
		return false
	}
	mask := t.mask
	for i := t.home(k); t.keys[i] != 0; i = (i + 1) & mask {
		if t.keys[i] != k {
			continue
		}
		if l := &t.places[i]; l.addr == a && l.owner == o {
			t.remove(i)
			return true
		}
	}
	return false
}

// remove empties place i and moves what follows back to where a search finds
// it.
func (t *portTable[O]) remove(i uint) {
	mask := t.mask
	for j := (i + 1) & mask; t.keys[j] != 0; j = (j + 1) & mask {
		if (j-t.home(t.keys[j]))&mask >= (j-i)&mask {
			t.keys[i], t.places[i] = t.keys[j], t.places[j]
			i = j
		}
	}
	t.keys[i] = 0
	t.n--
}

func (t *portTable[O]) grow() {
	old := *t
	size := max(minPorts, 2*len(old.keys))
	*t = portTable[O]{keys: make([]portKey, size), places: make([]listener[O], size), mask: uint(size - 1), shift: 32}
	for ; size > 1; size /= 2 {
		t.shift--
	}
	for l := range old.all {
		t.add(*l)
	}
}

// add puts a listener in, without looking at what is there.
func (t *portTable[O]) add(l listener[O]) {
	if 4*t.n >= len(t.keys) {
		t.grow()
	}
	i, mask := t.home(l.key), t.mask
	for t.keys[i&mask] != 0 {
		i++
	}
	t.keys[i&mask], t.places[i&mask] = l.key, l
	t.n++
}

// all calls yield for each listener until it returns false, in no order.
func (t *portTable[O]) all(yield func(*listener[O]) bool) {
	for i, k := range t.keys {
		if k != 0 && !yield(&t.places[i]) {
			return
		}
	}
}

// each calls yield for each listener on k until it returns false.
func (t *portTable[O]) each(k portKey, yield func(*listener[O]) bool) {
	if t.n == 0 || k == 0 {
		return
	}
	mask := t.mask
	for i := t.home(k); t.keys[i&mask] != 0; i++ {
		if t.keys[i&mask] == k && !yield(&t.places[i&mask]) {
			return
		}
	}
}

// has reports whether anybody listens on k at any address.
func (t *portTable[O]) has(k portKey) bool {
	found := false
	t.each(k, func(*listener[O]) bool {
		found = true
		return false
	})
	return found
}

// first returns the first listener on k that fits, or nil.
func (t *portTable[O]) first(k portKey, fits func(*listener[O]) bool) *listener[O] {
	var found *listener[O]
	t.each(k, func(l *listener[O]) bool {
		if fits(l) {
			found = l
		}
		return found == nil
	})
	return found
}

// at returns who listens on k at a, or else at an address that overlaps with a,
// or nil.
func (t *portTable[O]) at(k portKey, a netip.Addr, overlap overlapRule) *listener[O] {
	if l := t.first(k, func(l *listener[O]) bool { return l.addr == a }); l != nil {
		return l
	}
	return t.first(k, func(l *listener[O]) bool { return overlap(l.addr, a) })
}

// sorted returns all listeners by port and address, and those that are equal in
// these by owner.
func (t *portTable[O]) sorted(owner func(a, b O) int) []listener[O] {
	var all []listener[O]
	for l := range t.all {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b listener[O]) int {
		return cmp.Or(cmp.Compare(a.key, b.key), a.addr.Compare(b.addr), owner(a.owner, b.owner))
	})
	return all
}
