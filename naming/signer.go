package naming

import "strings"

// signerPath is what a signer's name has after '/'. Its limit is the whole name's.
var signerPath = shape{
	start: lowerAlnum, inner: lowerAlnum | dash, end: lowerAlnum, join: dot,
	starts: "each part between dots must start with a lower-case letter or digit",
	holds:  "must consist of lower-case letters, digits, '-' and '.' after its one '/'",
	ends:   "each part between dots must end with a lower-case letter or digit",
}

// signerMax is the longest name of a signer: a subdomain, '/', a label, '.', a
// subdomain.
const signerMax = 253 + 1 + 63 + 1 + 253

// SignerName returns nil when s may name a signer of certificates: a domain of
// two RFC 1123 labels at least and 253 bytes at most, '/', and an RFC 1123
// subdomain; 571 bytes at most together. No label of the domain is longer than
// 63 bytes, and no part of the subdomain longer than 253.
//
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#signers
func SignerName(s string) error { return scanSigner(s).of(RuleSignerName, s) }

func scanSigner(s string) fault {
	domain, path, found := strings.Cut(s, "/")
	f := earlier(dns1123Subdomain.scan(domain), longPart(domain, 63, "no part of the domain may be longer than 63 bytes"))
	switch {
	case !f.ok():
		return f
	case !found:
		return fault{len(s), "must be a domain, '/' and a name"}
	case strings.IndexByte(domain, '.') < 0:
		return fault{len(domain), "must have a domain of at least two parts before '/'"}
	}
	f = earlier(signerPath.scan(path), longPart(path, 253, "no part may be longer than 253 bytes")).after(len(domain) + 1)
	if len(s) > signerMax {
		f = earlier(f, fault{signerMax, "must be no more than 571 bytes"})
	}
	return f
}

// longPart finds the first part of s between dots that is longer than max.
func longPart(s string, max int, want string) fault {
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '.' {
			start = i + 1
		} else if i-start == max {
			return fault{i, want}
		}
	}
	return fault{}
}

// earlier returns the first of two faults.
func earlier(a, b fault) fault {
	if a.ok() || !b.ok() && b.at < a.at {
		return b
	}
	return a
}
