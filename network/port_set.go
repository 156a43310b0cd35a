package network

import "math/bits"

// portSet is a set of port numbers within a range, that finds the next number
// which is not in it. It has one bit for each number of the range, and above
// them one bit for each full word of 64; so the search looks at 18 words at
// most, and what is in the set does not matter. Numbers outside the range are
// never in it.
type portSet struct {
	PortRange
	words []uint64
	full  [16]uint64 // a bit for each word that has no number left
}

// newPortSet returns the empty set of a range, which has one number at least.
func newPortSet(r PortRange) *portSet {
	size := uint(r.Last-r.First) + 1
	s := &portSet{PortRange: r, words: make([]uint64, (size+63)/64)}
	for k := range s.full {
		s.full[k] = ^uint64(0) << min(64, max(len(s.words)-64*k, 0))
	}
	if size%64 > 0 {
		s.words[size/64] = ^uint64(0) << (size % 64)
	}
	return s
}

// add puts n into the set.
func (s *portSet) add(n uint16) {
	if at := uint(n) - uint(s.First); at < 64*uint(len(s.words)) && n <= s.Last {
		s.set(at)
	}
}

// set puts the number with an offset into the set.
func (s *portSet) set(at uint) {
	w := &s.words[at/64]
	if *w |= 1 << (at % 64); *w == ^uint64(0) {
		s.full[at/4096] |= 1 << (at / 64 % 64)
	}
}

// remove takes n out of the set.
func (s *portSet) remove(n uint16) {
	if at := uint(n) - uint(s.First); at < 64*uint(len(s.words)) && n <= s.Last {
		s.words[at/64] &^= 1 << (at % 64)
		s.full[at/4096] &^= 1 << (at / 64 % 64)
	}
}

// take puts the first number into the set that is not in it, from the given
// one on and then from the start, and returns it, or false if all are in it.
func (s *portSet) take(from uint16) (uint16, bool) {
	at, ok := s.next(uint(max(from, s.First) - s.First))
	if !ok {
		if at, ok = s.next(0); !ok {
			return 0, false
		}
	}
	s.set(at)
	return s.First + uint16(at), true
}

// next returns the smallest offset from the given one on that is not in the
// set, and false if there is none.
func (s *portSet) next(from uint) (uint, bool) {
	w := from / 64
	if w >= uint(len(s.words)) {
		return 0, false
	}
	if open := ^s.words[w] >> (from % 64); open != 0 {
		return from + uint(bits.TrailingZeros64(open)), true
	}
	return s.behind(w + 1)
}

// behind returns the smallest offset in the words from the given one on, and
// false if there is none.
func (s *portSet) behind(w uint) (uint, bool) {
	for k := w / 64; k < uint(len(s.full)); k++ {
		if open := ^s.full[k] >> (w % 64); open != 0 {
			w += uint(bits.TrailingZeros64(open))
			return 64*w + uint(bits.TrailingZeros64(^s.words[w])), true
		}
		w = 64 * (k + 1)
	}
	return 0, false
}
