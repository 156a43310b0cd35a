package naming

var portName = shape{
	start: lowerAlnum, inner: lowerAlnum, end: lowerAlnum, join: dash, max: 15,
	starts: "must have a lower-case letter or digit at its start and after each '-'",
	holds:  "must consist of lower-case letters, digits and '-'",
	ends:   "must end with a lower-case letter or digit",
	long:   "must be no more than 15 bytes",
}

// PortName returns nil when s may name a container port, an IANA service name
// (RFC 6335) in lower case: 1 to 15 bytes of a-z, 0-9 and '-', one letter at
// least, no '-' first, last or beside another.
//
// https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
func PortName(s string) error { return scanPortName(s).of(RulePortName, s) }

func scanPortName(s string) fault {
	f := portName.scan(s)
	if f.ok() && span(s, digit|dash) == len(s) {
		return fault{len(s), "must have at least one letter"}
	}
	return f
}

// Percent returns nil when s is one or more digits and '%'.
func Percent(s string) error { return scanPercent(s).of(RulePercent, s) }

func scanPercent(s string) fault {
	n := span(s, digit)
	switch {
	case n == 0:
		return fault{0, "must start with a digit"}
	case n == len(s) || s[n] != '%':
		return fault{n, "must be digits, then '%'"}
	case n+1 < len(s):
		return fault{n + 1, "must end with its first '%'"}
	}
	return fault{}
}
