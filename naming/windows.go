package naming

import (
	"strings"
	"unicode/utf8"
)

// windowsDomain is the DNS form of the domain of a Windows user.
var windowsDomain = shape{start: alnum, inner: alnum | dash, end: alnum, join: dot, starts: badDomain, holds: badDomain, ends: badDomain}

const (
	badDomain     = "the domain must be a NetBIOS or DNS name"
	netBIOSMax    = 15  // characters
	domainMax     = 255 // bytes
	userMax       = 104 // bytes
	notInNetBIOS  = `\/:*?"<>|`
	notInUserName = `"/\:;|=,+*?<>@[]`
)

// WindowsUserName returns nil when s may stand in windowsOptions.runAsUserName:
// USER or DOMAIN\USER, without control characters. DOMAIN is at most 255 bytes,
// and a NetBIOS name (1 to 15 characters, none of \/:*?"<>|, no dot first) or a
// DNS name of either case. USER is 1 to 104 bytes, none of "/\:;|=,+*?<>@[], and
// not dots and spaces only.
//
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-runasusername/
func WindowsUserName(s string) error { return scanWindowsUser(s).of(RuleWindowsUserName, s) }

func scanWindowsUser(s string) fault {
	if s == "" {
		return fault{0, wantSome}
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7f {
			return fault{i, "must not hold control characters"}
		}
	}
	at := strings.IndexByte(s, '\\')
	if at >= 0 {
		if f := scanWindowsDomain(s[:at]); !f.ok() {
			return f
		}
	}
	return scanWindowsPerson(s[at+1:]).after(at + 1)
}

func scanWindowsDomain(s string) fault {
	if len(s) > domainMax {
		return fault{domainMax, "the domain must be no more than 255 bytes"}
	}
	if s != "" && s[0] != '.' && utf8.RuneCountInString(s) <= netBIOSMax && !strings.ContainsAny(s, notInNetBIOS) {
		return fault{}
	}
	if s == "" {
		return fault{0, badDomain}
	}
	return earlier(windowsDomain.scan(s), longPart(s, 63, badDomain))
}

// scanWindowsPerson scans USER.
func scanWindowsPerson(s string) fault {
	if s == "" {
		return fault{0, "the user must not be empty"}
	}
	if i := strings.IndexAny(s, notInUserName); i >= 0 && i < userMax {
		return fault{i, `the user must hold none of "/\:;|=,+*?<>@[]`}
	}
	switch {
	case len(s) > userMax:
		return fault{userMax, "the user must be no more than 104 bytes"}
	case strings.Trim(s, ". ") == "":
		return fault{len(s), "the user must not be dots and spaces only"}
	}
	return fault{}
}
