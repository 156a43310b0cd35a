package naming

import (
	"net/netip"
	"strings"
)

const (
	want4  = "must be four numbers from 0 to 255 between dots, without leading zeros"
	want6  = "must be groups of up to four hexadecimal digits between colons"
	gap6   = "must have at most one '::', which stands for at least one group"
	count6 = "must have eight groups"
)

// IP returns nil when s is an IPv4 or IPv6 address in its one canonical
// spelling: no leading zeros, and for IPv6 that of RFC 5952. An IPv4-mapped IPv6
// address and a zone are refused. New fields of Kubernetes' API ask for this.
//
// https://kubernetes.io/docs/reference/using-api/api-concepts/ (KEP-4858)
func IP(s string) error { return scanIP(s).of(RuleIP, s) }

func scanIP(s string) fault {
	addr, f := parseIP(s)
	if !f.ok() || addr.Is4() {
		return f
	}
	var buf [netipMax]byte
	canonical := addr.AppendTo(buf[:0])
	if string(canonical) == s {
		return fault{}
	}
	return fault{differ(s, canonical), "must be in canonical form (RFC 5952)"}
}

// netipMax is the length of the longest IPv6 address without a zone.
const netipMax = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// differ returns the offset at which s and b part.
func differ(s string, b []byte) int {
	i := 0
	for i < len(s) && i < len(b) && s[i] == b[i] {
		i++
	}
	return i
}

// LegacyIP returns nil when s is an IPv4 or IPv6 address, IPv6 in any of its
// spellings. An IPv4-mapped IPv6 address, leading zeros in IPv4 and a zone are
// refused. So are held a pod's dnsConfig.nameservers, hostAliases, podIPs and
// hostIPs.
//
// https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
// (StrictIPCIDRValidation, KEP-4858)
func LegacyIP(s string) error { return scanLegacyIP(s).of(RuleLegacyIP, s) }

func scanLegacyIP(s string) fault {
	_, f := parseIP(s)
	return f
}

// parseIP reads an address. The fault of a mapped address lies at 0, as all of
// it is at fault.
func parseIP(s string) (netip.Addr, fault) {
	if strings.IndexByte(s, ':') < 0 {
		var a [4]byte
		f := parse4(s, a[:])
		return netip.AddrFrom4(a), f
	}
	a, f := parse6(s)
	addr := netip.AddrFrom16(a)
	if f.ok() && addr.Is4In6() {
		return addr, fault{0, "must not be an IPv4-mapped IPv6 address"}
	}
	return addr, f
}

// parse4 reads all of s as four decimal numbers into out.
func parse4(s string, out []byte) fault {
	fields, digits, value := 0, 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			if digits > 0 && value == 0 {
				return fault{i, want4}
			}
			value, digits = value*10+int(c-'0'), digits+1
			if value > 255 {
				return fault{i, want4}
			}
		case c == '.' && digits > 0 && fields < 3:
			out[fields] = byte(value)
			fields, digits, value = fields+1, 0, 0
		default:
			return fault{i, want4}
		}
	}
	if fields < 3 || digits == 0 {
		return fault{len(s), want4}
	}
	out[3] = byte(value)
	return fault{}
}

// parse6 reads all of s, which holds a colon, as an IPv6 address.
func parse6(s string) (a [16]byte, f fault) {
	n, gap, limit := 0, -1, 16 // bytes read; where '::' stands; bytes there may be
	i := 0
	if s[0] == ':' {
		if len(s) < 2 || s[1] != ':' {
			return a, fault{1, want6}
		}
		i, gap, limit = 2, 0, 14
	}
	for i < len(s) {
		value, width := hexGroup(s[i:])
		switch {
		case width == 0:
			return a, fault{i, want6}
		case n == limit:
			return a, fault{i, gap6}
		case i+width < len(s) && s[i+width] == '.':
			return parseTail(s, a, i, n, gap)
		}
		a[n], a[n+1] = byte(value>>8), byte(value)
		n, i = n+2, i+width
		if i == len(s) {
			break
		}
		if s[i] != ':' {
			return a, fault{i, want6}
		}
		i++
		switch {
		case i < len(s) && s[i] == ':' && gap < 0 && n < 16:
			i, gap, limit = i+1, n, 14
		case n == limit:
			return a, fault{i - 1, count6}
		case i == len(s):
			return a, fault{i, want6}
		case s[i] == ':':
			return a, fault{i, gap6}
		}
	}
	return spread(a, n, gap, len(s))
}

// parseTail reads the dotted IPv4 address that ends an IPv6 one, from s[i:] into
// a[n:].
func parseTail(s string, a [16]byte, i, n, gap int) ([16]byte, fault) {
	if gap < 0 && n != 12 || gap >= 0 && n > 10 {
		return a, fault{i, count6}
	}
	if f := parse4(s[i:], a[n:n+4]); !f.ok() {
		return a, f.after(i)
	}
	return spread(a, n+4, gap, len(s))
}

// spread moves the n bytes read so that the zeros '::' stands for are where it
// stood.
func spread(a [16]byte, n, gap, size int) ([16]byte, fault) {
	if gap < 0 {
		if n < 16 {
			return a, fault{size, count6}
		}
		return a, fault{}
	}
	moved := copy(a[16-(n-gap):], a[gap:n])
	clear(a[gap : 16-moved])
	return a, fault{}
}

// hexGroup reads up to four hexadecimal digits.
func hexGroup(s string) (value, width int) {
	for width < len(s) && width < 4 {
		d := hexDigit(s[width])
		if d < 0 {
			break
		}
		value, width = value<<4|d, width+1
	}
	return value, width
}

func hexDigit(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
