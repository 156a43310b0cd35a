package naming

import (
	"strconv"
	"unicode/utf8"
)

// An Error says which rule a string breaks, and where. Every check of this
// package that fails returns an *Error, and allocates nothing else.
type Error struct {
	Rule   Rule   // the rule that was asked for
	Input  string // the string as it was given, whole; it shares the caller's bytes
	Offset int    // bytes before the fault, 0 <= Offset <= len(Input); see the package comment
	Detail string // what was expected, a phrase such as "must start with a lower-case letter or digit"
}

// quoteMax is the longest input, in bytes, that a message quotes whole; of a
// longer one it quotes the first quoteCut bytes.
const (
	quoteMax = 320
	quoteCut = 64
)

// Error returns one sentence: the rule, the input in quotes, the place, and what
// was expected there. Its length is bounded whatever the input.
func (e *Error) Error() string {
	return e.Rule.String() + " " + quote(e.Input) + ": byte " + strconv.Itoa(e.Offset) +
		" (" + e.found() + "): " + e.Detail
}

// found returns what stands at the fault: a character in single quotes, a byte
// that is no UTF-8 in hexadecimal, or the end.
func (e *Error) found() string {
	if e.Offset < 0 || e.Offset >= len(e.Input) {
		return "the end"
	}
	r, width := utf8.DecodeRuneInString(e.Input[e.Offset:])
	if r == utf8.RuneError && width == 1 {
		return "0x" + strconv.FormatUint(uint64(e.Input[e.Offset]), 16)
	}
	return strconv.QuoteRune(r)
}

// quote returns s in double quotes, cut when long.
func quote(s string) string {
	if len(s) <= quoteMax {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:quoteCut]) + "... of " + strconv.Itoa(len(s)) + " bytes"
}

// A fault is what a scan found: nothing when want is empty, else the offset of
// the fault and what was expected. It lives in registers; only of allocates.
type fault struct {
	at   int
	want string
}

// ok reports whether nothing was found.
func (f fault) ok() bool { return f.want == "" }

// after returns f for a string that has n more bytes in front.
func (f fault) after(n int) fault { return fault{f.at + n, f.want} }

// of returns f as the error of rule r for s, nil when nothing was found.
func (f fault) of(r Rule, s string) error {
	if f.want == "" {
		return nil
	}
	return newError(r, s, f)
}

//go:noinline
func newError(r Rule, s string, f fault) error {
	return &Error{Rule: r, Input: s, Offset: f.at, Detail: f.want}
}
