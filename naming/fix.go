package naming

import (
	"strconv"
	"strings"
)

// unnamed is what FixName makes of a string without a letter or digit.
const unnamed = "unnamed"

const labelMax = 63

// FixName returns an RFC 1123 label made of s for which taken answers false, the
// same for the same s and the same answers. taken may be nil: nothing is taken.
//
// A string that is a label already, and not taken, comes back as it is.
// Otherwise letters of ASCII become lower case; what stands between letters and
// digits, and whatever is not ASCII, becomes one '-'; none is left first or
// last; and all is cut to 63 bytes. Where nothing is left the name is "unnamed".
// If that is taken, the first of name-2, name-3, ... that is not is the result,
// the name cut so that its number has room.
//
// FixName asks until taken answers false, which it must do for some number.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
func FixName(s string, taken func(name string) bool) string {
	name := s
	if !dns1123Label.scan(s).ok() {
		name = toLabel(s)
	}
	if taken == nil || !taken(name) {
		return name
	}
	for n := 2; ; n++ {
		if numbered := withNumber(name, n); !taken(numbered) {
			return numbered
		}
	}
}

// toLabel makes a label of any string.
func toLabel(s string) string {
	var buf [labelMax]byte
	label, gap := buf[:0], false
	for i := 0; i < len(s) && len(label) < labelMax; i++ {
		b := s[i]
		switch {
		case classes[b]&alnum == 0:
			gap = len(label) > 0
			continue
		case classes[b]&upper != 0:
			b += 'a' - 'A'
		}
		if gap {
			label, gap = append(label, '-'), false
		}
		if len(label) < labelMax {
			label = append(label, b)
		}
	}
	if len(label) == 0 {
		return unnamed
	}
	return strings.TrimRight(string(label), "-")
}

// withNumber returns the label name with "-n" after it.
func withNumber(name string, n int) string {
	suffix := "-" + strconv.Itoa(n)
	head := name[:min(len(name), labelMax-len(suffix))]
	return strings.TrimRight(head, "-") + suffix
}
