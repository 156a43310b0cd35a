package naming

import "strings"

var dns1123Label = shape{
	start: lowerAlnum, inner: lowerAlnum | dash, end: lowerAlnum, max: 63,
	starts: "must start with a lower-case letter or digit",
	holds:  "must consist of lower-case letters, digits and '-'",
	ends:   "must end with a lower-case letter or digit",
	long:   want63,
}

var dns1123Subdomain = subdomain(253)

// wildcardRest is what stands after "*.", whose two bytes count as well.
var wildcardRest = subdomain(251)

func subdomain(max int) shape {
	return shape{
		start: lowerAlnum, inner: lowerAlnum | dash, end: lowerAlnum, join: dot, max: max,
		starts: "each part between dots must start with a lower-case letter or digit",
		holds:  "must consist of lower-case letters, digits, '-' and '.'",
		ends:   "each part between dots must end with a lower-case letter or digit",
		long:   want253,
	}
}

var caselessSubdomain = shape{
	start: alnum, inner: alnum | dash, end: alnum, join: dot, max: 253,
	starts: "each part between dots must start with a letter or digit",
	holds:  "must consist of letters, digits, '-' and '.'",
	ends:   "each part between dots must end with a letter or digit",
	long:   want253,
}

var underscoreSubdomain = shape{
	lead: underscore, start: lowerAlnum, inner: lowerAlnum | dash | underscore, end: lowerAlnum, join: dot, max: 253,
	starts: "each part between dots must start with a lower-case letter or digit, after at most one '_'",
	holds:  "must consist of lower-case letters, digits, '-', '_' and '.'",
	ends:   "each part between dots must end with a lower-case letter or digit",
	long:   want253,
}

var dns1035Label = shape{
	start: lower, inner: lowerAlnum | dash, end: lowerAlnum, max: 63,
	starts: "must start with a lower-case letter",
	holds:  "must consist of lower-case letters, digits and '-'",
	ends:   "must end with a lower-case letter or digit",
	long:   want63,
}

// DNS1123Label returns nil when s is an RFC 1123 label in lower case: 1 to 63
// bytes of a-z, 0-9 and '-', a letter or digit first and last. So are named
// namespaces, containers, volumes, host names, subdomains and resource claims of
// a pod.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
func DNS1123Label(s string) error { return dns1123Label.scan(s).of(RuleDNS1123Label, s) }

// DNS1123Subdomain returns nil when s is an RFC 1123 subdomain in lower case: 1
// to 253 bytes of a-z, 0-9, '-' and '.', where each part between dots has a
// letter or digit first and last. One part may be longer than 63 bytes. So are
// named pods, nodes, secrets, config maps, service accounts and classes.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
func DNS1123Subdomain(s string) error {
	return dns1123Subdomain.scan(s).of(RuleDNS1123Subdomain, s)
}

// DNS1123SubdomainWithUnderscore returns nil when s is an RFC 1123 subdomain
// whose parts may hold '_' too, inside and once in front: "_http._tcp.example".
//
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config
func DNS1123SubdomainWithUnderscore(s string) error {
	return underscoreSubdomain.scan(s).of(RuleDNS1123SubdomainWithUnderscore, s)
}

// DNS1123SubdomainCaseless returns nil when s in lower case is an RFC 1123
// subdomain. So are named CSI drivers, whose names have a limit of 63 bytes
// besides.
//
// Two letters outside ASCII have i and k as their lower case, U+0130 and the
// Kelvin sign U+212A, and pass for these; only where they occur does the check
// allocate.
//
// https://kubernetes.io/docs/concepts/storage/volumes/#csi
func DNS1123SubdomainCaseless(s string) error {
	return scanCaselessSubdomain(s).of(RuleDNS1123SubdomainCaseless, s)
}

func scanCaselessSubdomain(s string) fault { return caseless(s, caselessSubdomain.scan) }

// DNS1123SubdomainPrefix returns nil when s may stand in metadata.generateName
// of a pod: an RFC 1123 subdomain, or one whose last byte is '-'. The names of
// the config maps and secrets of envFrom are held to this rule too.
//
// What stands before a last '-' is not looked at, and counts with it as one
// byte: "B-" passes, as it does in Kubernetes.
//
// https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values
func DNS1123SubdomainPrefix(s string) error {
	return scanSubdomainPrefix(s).of(RuleDNS1123SubdomainPrefix, s)
}

func scanSubdomainPrefix(s string) fault {
	n := len(s)
	if n < 2 || s[n-1] != '-' {
		return dns1123Subdomain.scan(s)
	}
	head := s[:n-2]
	if f := dns1123Subdomain.scan(head); !f.ok() && f.at < len(head) {
		return f
	}
	if n > 254 {
		return fault{254, "must be no more than 254 bytes with its last '-'"}
	}
	return fault{}
}

// WildcardDNS1123Subdomain returns nil when s is "*." and an RFC 1123 subdomain,
// 253 bytes at most together.
//
// https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
func WildcardDNS1123Subdomain(s string) error {
	return scanWildcard(s).of(RuleWildcardDNS1123Subdomain, s)
}

func scanWildcard(s string) fault {
	const want = "must start with '*.'"
	switch {
	case s == "" || s[0] != '*':
		return fault{0, want}
	case len(s) == 1 || s[1] != '.':
		return fault{1, want}
	}
	return wildcardRest.scan(s[2:]).after(2)
}

// DNS1035Label returns nil when s is an RFC 1035 label in lower case: as an RFC
// 1123 label, but a letter first.
//
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names
func DNS1035Label(s string) error { return dns1035Label.scan(s).of(RuleDNS1035Label, s) }

// DNSSearch returns nil when s may stand in dnsConfig.searches: a lone ".", or
// an RFC 1123 subdomain with underscores that may end with one dot more.
//
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config
func DNSSearch(s string) error { return scanSearch(s).of(RuleDNSSearch, s) }

func scanSearch(s string) fault {
	if s == "." {
		return fault{}
	}
	return underscoreSubdomain.scan(strings.TrimSuffix(s, "."))
}

// FullyQualifiedName returns nil when s is an RFC 1123 subdomain of three parts
// at least.
func FullyQualifiedName(s string) error {
	return scanFullyQualified(s).of(RuleFullyQualifiedName, s)
}

func scanFullyQualified(s string) fault {
	if f := dns1123Subdomain.scan(s); !f.ok() {
		return f
	}
	if strings.Count(s, ".") < 2 {
		return fault{len(s), "must have at least three parts separated by dots"}
	}
	return fault{}
}
