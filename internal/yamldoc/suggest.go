package yamldoc

import (
	"iter"
	"strconv"
	"strings"
)

// suggestion names the field of p that name is probably a misspelling of, as
// ` (did you mean "containers"?)`, or nothing.
func (d *decoder) suggestion(p *plan, name string) string {
	return Suggestion(name, func(yield func(string) bool) {
		for i := range p.fields {
			if !yield(p.fields[i].name) {
				return
			}
		}
	})
}

// Suggestion returns ` (did you mean "X"?)` for the candidate that name is
// probably a misspelling of: one that differs by case alone, or the first of
// those that differ least, by one edit in three letters and two at most. It
// returns nothing if there is none.
func Suggestion(name string, candidates iter.Seq[string]) string {
	best, least := "", 1+min(2, len(name)/3)
	for c := range candidates {
		if strings.EqualFold(c, name) {
			best = c
			break
		}
		if n := distance(c, name, least); n < least {
			best, least = c, n
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + strconv.Quote(best) + "?)"
}

// distance is the number of characters to add, drop, change or swap with their
// neighbour to make b of a, ignoring case; limit if it is that or more.
func distance(a, b string, limit int) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(b) > 64 {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
