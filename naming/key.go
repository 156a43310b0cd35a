package naming

import (
	"strings"
	"unicode/utf8"
)

// keyName is the part of a qualified name after its prefix, and a label value.
var keyName = shape{
	start: alnum, inner: alnum | dash | underscore | dot, end: alnum, max: 63,
	starts: "the name must start with a letter or digit",
	holds:  "the name must consist of letters, digits, '-', '_' and '.'",
	ends:   "the name must end with a letter or digit",
	long:   "the name must be no more than 63 bytes",
}

var labelValue = shape{
	start: alnum, inner: alnum | dash | underscore | dot, end: alnum, max: 63,
	starts: "must start with a letter or digit",
	holds:  "must consist of letters, digits, '-', '_' and '.'",
	ends:   "must end with a letter or digit",
	long:   want63,
}

// QualifiedName returns nil when s is what Kubernetes calls a qualified name,
// the form of label keys, taint keys, resource names, condition types and
// scheduling gates: a name of 1 to 63 bytes of letters, digits, '-', '_' and
// '.', a letter or digit first and last; before it there may be an RFC 1123
// subdomain and '/'.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
func QualifiedName(s string) error { return scanQualified(s).of(RuleQualifiedName, s) }

func scanQualified(s string) fault { return scanKey(s, &dns1123Subdomain) }

// scanKey scans a key whose prefix, if any, has the given shape.
func scanKey(s string, prefix *shape) fault {
	at := strings.IndexByte(s, '/')
	switch {
	case at < 0:
		return scanKeyName(s)
	case at == 0:
		return fault{0, "the prefix before '/' must not be empty"}
	}
	if f := prefix.scan(s[:at]); !f.ok() {
		return f
	}
	return scanKeyName(s[at+1:]).after(at + 1)
}

// scanKeyName scans what stands after the prefix of a key, or the whole key.
func scanKeyName(s string) fault {
	if s == "" {
		return fault{0, "the name must not be empty"}
	}
	f := keyName.scan(s)
	if f.want == keyName.holds && s[f.at] == '/' {
		f.want = "must have no more than one '/'"
	}
	return f
}

// PrefixedKey returns nil when s is a qualified name that has a prefix, as
// "example.com/key" has.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
func PrefixedKey(s string) error { return scanPrefixedKey(s).of(RulePrefixedKey, s) }

func scanPrefixedKey(s string) fault { return prefixed(s, scanQualified(s)) }

// prefixed adds to f, what a scan for a key found in s, that s has a prefix.
func prefixed(s string, f fault) fault {
	if f.ok() && strings.IndexByte(s, '/') < 0 {
		return fault{len(s), "must have a prefix, as example.com/key has"}
	}
	return f
}

// AnnotationKey returns nil when s in lower case is a qualified name, the form of
// annotation keys. DNS1123SubdomainCaseless says which letters have a lower
// case here.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set
func AnnotationKey(s string) error { return scanAnnotationKey(s).of(RuleAnnotationKey, s) }

func scanAnnotationKey(s string) fault { return caseless(s, scanAnyCaseKey) }

func scanAnyCaseKey(s string) fault { return scanKey(s, &caselessSubdomain) }

// PrefixedAnnotationKey returns nil when s is an annotation key that has a
// prefix, the form of the keys of userAnnotations in a podCertificate source.
//
// https://kubernetes.io/docs/concepts/storage/projected-volumes/#podcertificate
func PrefixedAnnotationKey(s string) error {
	return scanPrefixedAnnotationKey(s).of(RulePrefixedAnnotationKey, s)
}

func scanPrefixedAnnotationKey(s string) fault { return prefixed(s, scanAnnotationKey(s)) }

// LabelValue returns nil when s is empty, or 1 to 63 bytes of letters, digits,
// '-', '_' and '.' with a letter or digit first and last.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
func LabelValue(s string) error { return scanLabelValue(s).of(RuleLabelValue, s) }

func scanLabelValue(s string) fault {
	if s == "" {
		return fault{}
	}
	return labelValue.scan(s)
}

// caseless returns what scan finds in s, where the two letters outside ASCII
// whose lower case is in ASCII count as that. scan takes ASCII letters of both
// cases.
func caseless(s string, scan func(string) fault) fault {
	f := scan(s)
	if f.ok() || f.at == len(s) || s[f.at] < utf8.RuneSelf {
		return f
	}
	if r, _ := utf8.DecodeRuneInString(s[f.at:]); r != '\u0130' && r != '\u212a' {
		return f
	}
	f = scan(strings.ToLower(s))
	return fault{runeOffset(s, f.at), f.want}
}

// runeOffset returns the offset of the n-th rune of s: as every byte before a
// fault is ASCII, the offset of a fault in the lower case of s is a count of
// runes of s.
func runeOffset(s string, n int) int {
	for at := range s {
		if n == 0 {
			return at
		}
		n--
	}
	return len(s)
}
