package network

import (
	"cmp"
	"slices"
	"sort"
)

// span is a run of neighbouring offsets, both ends included, with the same
// reason to be kept back.
type span struct {
	first, last uint64
	why         string
}

// layout numbers the usable offsets of a range: what is reserved has no number,
// and so costs nothing, however much it is.
type layout struct {
	lead run // the first of runs, where most lookups end
	runs []run
	size uint64
	kept []span // what is reserved, as given
}

// run is a run of usable offsets; base is the number of its first.
type run struct{ first, last, base uint64 }

// newLayout numbers the offsets 0 to last that are in none of the reserved
// spans.
func newLayout(last uint64, reserved []span) layout {
	l := layout{kept: reserved}
	sorted := slices.Clone(reserved)
	slices.SortStableFunc(sorted, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	from, open := uint64(0), true
	for _, s := range sorted {
		if open && s.first > from {
			l.add(from, s.first-1)
		}
		if open && s.last >= from {
			open = s.last < last
			from = s.last + 1
		}
	}
	if open {
		l.add(from, last)
	}
	if len(l.runs) > 0 {
		l.lead = l.runs[0]
	}
	return l
}

func (l *layout) add(first, last uint64) {
	l.runs = append(l.runs, run{first, last, l.size})
	l.size += last - first + 1
}

// offset returns the offset with number i, which is less than size.
func (l *layout) offset(i uint64) uint64 {
	if at := l.lead.first + i; at <= l.lead.last {
		return at
	}
	return l.laterOffset(i)
}

// laterOffset is offset for a number behind the first run.
func (l *layout) laterOffset(i uint64) uint64 {
	r := l.runs[sort.Search(len(l.runs), func(k int) bool { return l.runs[k].base > i })-1]
	return r.first + i - r.base
}

// number returns the number of an offset, and false if it is reserved.
func (l *layout) number(offset uint64) (uint64, bool) {
	if l.lead.first <= offset && offset <= l.lead.last {
		return offset - l.lead.first, true
	}
	return l.laterNumber(offset)
}

// laterNumber is number for an offset that is not in the first run.
func (l *layout) laterNumber(offset uint64) (uint64, bool) {
	k := sort.Search(len(l.runs), func(k int) bool { return l.runs[k].first > offset })
	if k == 0 {
		return 0, false
	}
	r := l.runs[k-1]
	return offset - r.first + r.base, offset <= r.last
}

// why returns the reason for which an offset is reserved.
func (l *layout) why(offset uint64) string {
	for _, s := range l.kept {
		if s.first <= offset && offset <= s.last {
			return s.why
		}
	}
	return "reserved"
}
