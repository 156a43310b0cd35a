package workload

import (
	"slices"
	"strconv"
	"strings"
)

// indexSet is a set of completion indexes, as spans in increasing order that neither overlap nor touch. The zero value is
// empty. A set is never written to once it is made.
type indexSet []span

// span is the indexes from, from+1, ... to-1.
type span struct{ from, to int }

// parseIndexes reads a set as the API writes it, "1,3-5,7", as far as it lies below limit. What is no number is left out.
func parseIndexes(s string, limit int) indexSet {
	var set indexSet
	for s != "" {
		var word string
		word, s, _ = strings.Cut(s, ",")
		if sp, ok := parseSpan(word, limit); ok {
			set = append(set, sp)
		}
	}
	return joined(set)
}

func parseSpan(word string, limit int) (span, bool) {
	first, last, ranged := strings.Cut(word, "-")
	from, err := strconv.Atoi(first)
	if err != nil {
		return span{}, false
	}
	to := from
	if ranged {
		if to, err = strconv.Atoi(last); err != nil {
			return span{}, false
		}
	}
	sp := span{max(from, 0), min(to+1, limit)}
	return sp, sp.from < sp.to
}

// indexesOf is the set of these indexes, in any order.
func indexesOf(indexes []int) indexSet {
	set := make(indexSet, len(indexes))
	for i, n := range indexes {
		set[i] = span{n, n + 1}
	}
	return joined(set)
}

// joined sorts spans and joins those that overlap or touch. It writes to its argument.
func joined(spans []span) indexSet {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	kept := spans[:0]
	for _, sp := range spans {
		if n := len(kept); n > 0 && sp.from <= kept[n-1].to {
			kept[n-1].to = max(kept[n-1].to, sp.to)
			continue
		}
		kept = append(kept, sp)
	}
	return kept
}

// union is what is in any of the sets.
func (s indexSet) union(others ...indexSet) indexSet {
	return joined(slices.Concat(append([]indexSet{s}, others...)...))
}

// count is how many indexes are in the set.
func (s indexSet) count() int {
	n := 0
	for _, sp := range s {
		n += sp.to - sp.from
	}
	return n
}

// has reports whether n is in the set.
func (s indexSet) has(n int) bool {
	i, _ := slices.BinarySearchFunc(s, n, func(sp span, n int) int {
		if sp.to <= n {
			return -1
		}
		return 1
	})
	return i < len(s) && s[i].from <= n
}

// common is how many indexes are in both sets.
func (s indexSet) common(t indexSet) int {
	n := 0
	for i, j := 0, 0; i < len(s) && j < len(t); {
		n += max(0, min(s[i].to, t[j].to)-max(s[i].from, t[j].from))
		if s[i].to < t[j].to {
			i++
		} else {
			j++
		}
	}
	return n
}

// missing are the first indexes below limit that are not in the set, at most n of them.
func (s indexSet) missing(n, limit int) []int {
	var found []int
	next := 0
	for _, sp := range append(slices.Clip(s), span{limit, limit}) {
		for ; next < min(sp.from, limit) && len(found) < n; next++ {
			found = append(found, next)
		}
		next = max(next, sp.to)
	}
	return found
}

// String is the set as the API writes it: two neighbours with a comma, three and more with a dash.
func (s indexSet) String() string {
	var b []byte
	for i, sp := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(sp.from), 10)
		switch last := sp.to - 1; last - sp.from {
		case 0:
		case 1:
			b = strconv.AppendInt(append(b, ','), int64(last), 10)
		default:
			b = strconv.AppendInt(append(b, '-'), int64(last), 10)
		}
	}
	return string(b)
}
