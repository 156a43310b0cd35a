package naming

import "strings"

var sysctlName = shape{
	start: lowerAlnum, inner: lowerAlnum | dash | underscore, end: lowerAlnum, join: dot | slash, max: 253,
	starts: "each part between '.' or '/' must start with a lower-case letter or digit",
	holds:  "must consist of lower-case letters, digits, '-', '_', '.' and '/'",
	ends:   "each part between '.' or '/' must end with a lower-case letter or digit",
	long:   want253,
}

var conditionReason = shape{
	start: letter, inner: alnum | underscore | list, end: alnum | underscore,
	starts: "must start with a letter",
	holds:  "must consist of letters, digits, '_', ',' and ':'",
	ends:   "must end with a letter, a digit or '_'",
}

// DomainPrefixedPath returns nil when s is an RFC 1123 subdomain, '/', and one
// or more characters of a URL's path (RFC 3986): "acme.io/foo".
func DomainPrefixedPath(s string) error { return scanDomainPath(s).of(RuleDomainPrefixedPath, s) }

func scanDomainPath(s string) fault {
	host, path, found := strings.Cut(s, "/")
	if f := dns1123Subdomain.scan(host); !f.ok() {
		return f
	}
	if !found || path == "" {
		return fault{len(s), "must be a domain, '/' and a path"}
	}
	if n := span(path, urlPath); n < len(path) {
		return fault{len(host) + 1 + n, "the path must consist of characters of a URL's path"}
	}
	return fault{}
}

// PathSegmentName returns nil when s can be one segment of a URL's path as it
// is: not "." or "..", without '/' and '%'. The empty string passes.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names
func PathSegmentName(s string) error { return scanPathSegment(s).of(RulePathSegmentName, s) }

func scanPathSegment(s string) fault {
	if s == "." || s == ".." {
		return fault{len(s), "must not be '.' or '..'"}
	}
	return scanPathSegmentPrefix(s)
}

// PathSegmentPrefix returns nil when a path segment name can start with s: it is
// without '/' and '%'.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names
func PathSegmentPrefix(s string) error {
	return scanPathSegmentPrefix(s).of(RulePathSegmentPrefix, s)
}

func scanPathSegmentPrefix(s string) fault {
	for i := 0; i < len(s); i++ {
		if s[i] == '/' || s[i] == '%' {
			return fault{i, "must not hold '/' or '%'"}
		}
	}
	return fault{}
}

// SysctlName returns nil when s may name a kernel parameter in
// securityContext.sysctls: 1 to 253 bytes; parts of lower-case letters, digits,
// '-' and '_', a letter or digit first and last, with '.' or '/' between.
//
// https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
func SysctlName(s string) error { return sysctlName.scan(s).of(RuleSysctlName, s) }

// ConditionReason returns nil when s may be the reason of a condition: letters,
// digits, '_', ',' and ':', a letter first, no ',' or ':' last. Its length is not
// looked at.
func ConditionReason(s string) error { return conditionReason.scan(s).of(RuleConditionReason, s) }
