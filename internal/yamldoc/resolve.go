package yamldoc

import (
	"math"
	"strconv"
	"strings"
)

// Kind is what a value is, once a plain YAML scalar has been read as null,
// bool, number or string.
type Kind uint8

// The kinds of value.
const (
	Null Kind = iota
	Bool
	Number
	String
	Sequence
	Mapping
)

// String returns the kind with its article, for use in a sentence.
func (k Kind) String() string {
	return [...]string{"null", "a bool", "a number", "a string", "a list", "a mapping"}[k]
}

// Scalar is a scalar value. Text is the string itself; "true" or "false"; or
// the number as JSON spells it (a YAML 0x1F is "31"; an infinity or NaN, which
// JSON cannot spell, stays ".inf", "-.inf" or ".nan").
type Scalar struct {
	Kind Kind
	Text string
}

// mayResolve marks the first bytes that a plain scalar must have to be
// anything but a string.
var mayResolve = func() (t [256]bool) {
	for _, c := range []byte("+-.0123456789yYnNtTfFoO~") {
		t[c] = true
	}
	return t
}()

// resolvePlain reads a plain scalar by the YAML 1.1 rules that Kubernetes
// applies: yes, no, on and off are bools, 0644 and 0o644 are octal, 1_000 is
// 1000, dates are strings and there are no base-60 numbers.
func resolvePlain(s string) Scalar {
	if s == "" {
		return Scalar{Kind: Null}
	}
	if !mayResolve[s[0]] {
		return Scalar{String, s}
	}
	if c := s[0]; c == '.' || c == '+' || c == '-' || '0' <= c && c <= '9' {
		return resolveNumber(s)
	}
	switch s {
	case "~", "null", "Null", "NULL":
		return Scalar{Kind: Null}
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return Scalar{Bool, "true"}
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return Scalar{Bool, "false"}
	}
	return Scalar{String, s}
}

func resolveNumber(s string) Scalar {
	if canonicalInt(s) {
		return Scalar{Number, s}
	}
	switch s {
	case ".nan", ".NaN", ".NAN":
		return Scalar{Number, ".nan"}
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return Scalar{Number, ".inf"}
	case "-.inf", "-.Inf", "-.INF":
		return Scalar{Number, "-.inf"}
	}
	plain := s
	if s[0] != '.' && strings.IndexByte(s, '_') >= 0 {
		plain = strings.ReplaceAll(s, "_", "")
	}
	if s[0] != '.' && intShape(plain) {
		if text, ok := intText(plain); ok {
			return Scalar{Number, text}
		}
	}
	if floatShape(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return Scalar{Number, floatText(f)}
		}
	}
	return Scalar{String, s}
}

// canonicalInt reports whether s is an integer that JSON spells the same way
// and that surely fits 64 bits.
func canonicalInt(s string) bool {
	d := s
	if d[0] == '-' {
		d = d[1:]
	}
	if len(d) == 0 || len(d) > 18 || d[0] == '0' && (len(d) > 1 || len(s) > 1) {
		return false
	}
	for i := 0; i < len(d); i++ {
		if d[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// intShape reports whether s can be an integer with an optional sign and the
// prefixes 0x, 0o, 0b and 0, so that strconv need not make an error of most
// that are not.
func intShape(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	if s == "" || s[0]-'0' > 9 {
		return false
	}
	hex := len(s) > 2 && (s[1] == 'x' || s[1] == 'X')
	for i := 1; i < len(s); i++ {
		c := s[i]
		ok := c-'0' <= 9 || i == 1 && strings.IndexByte("xXoObB", c) >= 0 ||
			hex && ('a' <= c|0x20 && c|0x20 <= 'f')
		if !ok {
			return false
		}
	}
	return true
}

func intText(s string) (string, bool) {
	if i, err := strconv.ParseInt(s, 0, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		return strconv.FormatUint(u, 10), true
	}
	return "", false
}

// floatShape reports whether s is a decimal float: a sign, digits with an
// optional point (digits on at least one side), an optional exponent.
func floatShape(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole := digits(s)
	s = s[whole:]
	if s != "" && s[0] == '.' {
		fraction := digits(s[1:])
		s = s[1+fraction:]
		whole += fraction
	}
	if whole == 0 {
		return false
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

// digits is the number of decimal digits that s begins with.
func digits(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return i
		}
	}
	return len(s)
}

// floatText spells f as encoding/json does.
func floatText(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return ".inf"
	}
	return string(appendFloat(nil, f))
}

func appendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs == 0 || abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// keyText is how a plain scalar reads as a mapping key: bools and integers in
// their JSON spelling, floats with 32-bit precision. Null is no key, nor is an
// integer beyond 63 bits.
func keyText(s string) (string, bool) {
	r := resolvePlain(s)
	if r.Kind != Number || canonicalInt(s) {
		return r.Text, r.Kind != Null
	}
	if plain := strings.ReplaceAll(s, "_", ""); s[0] != '.' && intShape(plain) {
		if _, ok := intText(plain); ok {
			_, err := strconv.ParseInt(r.Text, 10, 64)
			return r.Text, err == nil
		}
	}
	if f, err := strconv.ParseFloat(r.Text, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 32), true
	}
	return r.Text, true
}
