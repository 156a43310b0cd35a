package network

import (
	"cmp"
	"net/netip"
	"slices"
)

// listener is one port taken, at one address, by one owner. A zero key is a free place, whatever else is left in it.
type listener[O comparable] struct {
	key   portKey
	addr  netip.Addr
	owner O
}

// port returns the port that l listens on.
func (l *listener[O]) port() Port { return l.key.port(l.addr) }

// portTable is a hash table from ports to their owners, with open addressing: a key stands in the first free place from
// its home on, and one key may stand several times, for several addresses or owners. Removing one closes the gap, so that
// nothing is left behind. At most half of the places are in use. The zero value is empty; a table for a few ports takes a
// few hundred bytes.
type portTable[O comparable] struct {
	places []listener[O] // the number is a power of two, or zero
	n      int
	shift  uint8
}

const minPorts = 4 // places of the smallest table

// home returns the place where the search for k begins.
func (t *portTable[O]) home(k portKey) uint { return uint(uint32(k) * 0x9e3779b1 >> (t.shift & 31)) }

// overlapRule reports whether listeners on two addresses are in each other's way; equal ones always are.
type overlapRule func(a, b netip.Addr) bool

// reserve records that o listens on k at a, and returns nil, unless another owner's listener is in the way, which it then
// returns. What o has itself is never in its way.
func (t *portTable[O]) reserve(k portKey, a netip.Addr, o O, overlap overlapRule) *listener[O] {
	if 2*t.n >= len(t.places) {
		t.grow()
	}
	for i := t.home(k); ; i++ {
		l := &t.places[i&uint(len(t.places)-1)]
		if l.key == 0 {
			l.key, l.addr, l.owner = k, a, o
			t.n++
			return nil
		}
		if l.key != k {
			continue
		}
		if l.owner != o && (l.addr == a || overlap(l.addr, a)) {
			return l
		}
		if l.owner == o && l.addr == a {
			return nil
		}
	}
}

// release removes o's listener on k at a, and reports whether there was one.
func (t *portTable[O]) release(k portKey, a netip.Addr, o O) bool {
	if t.n == 0 {
		return false
	}
	for i := t.home(k); ; i++ {
		l := &t.places[i&uint(len(t.places)-1)]
		if l.key == k && l.addr == a && l.owner == o {
			if t.places[(i+1)&uint(len(t.places)-1)].key != 0 {
				t.remove(i)
				return true
			}
			l.key = 0
			t.n--
			return true
		}
		if l.key == 0 {
			return false
		}
	}
}

// remove empties place i and moves what follows back to where a search finds it.
func (t *portTable[O]) remove(i uint) {
	mask := uint(len(t.places) - 1)
	for j := i + 1; t.places[j&mask].key != 0; j++ {
		if l := &t.places[j&mask]; (j-t.home(l.key))&mask >= (j-i)&mask {
			t.places[i&mask] = *l
			i = j
		}
	}
	t.places[i&mask].key = 0
	t.n--
}

func (t *portTable[O]) grow() {
	old := t.places
	size := max(minPorts, 2*len(old))
	*t = portTable[O]{places: make([]listener[O], size), shift: 32}
	for ; size > 1; size /= 2 {
		t.shift--
	}
	for k := range old {
		if old[k].key != 0 {
			t.add(old[k])
		}
	}
}

// add puts a listener in, without looking at what is there.
func (t *portTable[O]) add(l listener[O]) {
	if 2*t.n >= len(t.places) {
		t.grow()
	}
	i, mask := t.home(l.key), uint(len(t.places)-1)
	for t.places[i&mask].key != 0 {
		i++
	}
	t.places[i&mask] = l
	t.n++
}

// each calls yield for each listener on k until it returns false.
func (t *portTable[O]) each(k portKey, yield func(*listener[O]) bool) {
	if t.n == 0 || k == 0 {
		return
	}
	mask := uint(len(t.places) - 1)
	for i := t.home(k); t.places[i&mask].key != 0; i++ {
		if l := &t.places[i&mask]; l.key == k && !yield(l) {
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

// at returns who listens on k at a, or else at an address that overlaps with a, or nil.
func (t *portTable[O]) at(k portKey, a netip.Addr, overlap overlapRule) *listener[O] {
	if l := t.first(k, func(l *listener[O]) bool { return l.addr == a }); l != nil {
		return l
	}
	return t.first(k, func(l *listener[O]) bool { return overlap(l.addr, a) })
}

// sorted returns all listeners by port and address, and those that are equal in these by owner.
func (t *portTable[O]) sorted(owner func(a, b O) int) []listener[O] {
	var all []listener[O]
	for _, l := range t.places {
		if l.key != 0 {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b listener[O]) int {
		return cmp.Or(cmp.Compare(a.key, b.key), a.addr.Compare(b.addr), owner(a.owner, b.owner))
	})
	return all
}
