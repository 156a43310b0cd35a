package naming

import (
	"strings"
	"unicode/utf8"
)

const (
	wantISCSI = "must start with iqn, eui or naa"
	wantIQN   = "must be as iqn.2001-04.com.example:disk"
	wantEUI   = "must be eui, one character, and 16 letters and digits"
	wantNAA   = "must be naa, one character, and 32 letters and digits"
)

// ISCSIName returns nil when s may name an iSCSI target or initiator: "iqn.",
// year, '-', month, '.', letters, digits, '-' and '.', then ':' and anything but
// white space and ,;*&$|; or "eui." and 16 letters and digits; or "naa." and 32.
//
// As in Kubernetes, any character will do for the dot of eui and naa, and what
// starts with iqn may have anything before the iqn that counts.
//
// https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/
func ISCSIName(s string) error { return scanISCSI(s).of(RuleISCSIName, s) }

func scanISCSI(s string) fault {
	switch {
	case strings.HasPrefix(s, "iqn"):
		return scanIQNs(s)
	case strings.HasPrefix(s, "eui"):
		return scanSerial(s, 16, wantEUI)
	case strings.HasPrefix(s, "naa"):
		return scanSerial(s, 32, wantNAA)
	}
	return fault{0, wantISCSI}
}

// scanIQNs tries each place where an iqn may start, and returns the fault of the
// first when none will do. No iqn that counts can start before the fault of
// another, so that the whole takes one pass.
func scanIQNs(s string) fault {
	first := scanIQN(s)
	for at, f := 0, first; !f.ok(); f = scanIQN(s[at:]) {
		at += f.at
		next := strings.Index(s[at:], "iqn.")
		if next < 0 {
			return first
		}
		at += next
	}
	return fault{}
}

func scanIQN(s string) fault {
	const form = "iqn.0000-00."
	for i := range len(form) {
		if i == len(s) || s[i] != form[i] && (form[i] != '0' || classes[s[i]]&digit == 0) {
			return fault{i, wantIQN}
		}
	}
	n := len(form) + span(s[len(form):], alnum|dash|dot)
	if n == len(form) || n == len(s) || s[n] != ':' {
		return fault{n, wantIQN}
	}
	rest := s[n+1:]
	if i := strings.IndexAny(rest, ",;*&$|\t\n\f\r "); i >= 0 {
		return fault{n + 1 + i, wantIQN}
	}
	if rest == "" {
		return fault{len(s), wantIQN}
	}
	return fault{}
}

// scanSerial scans three letters, one character, and count letters and digits.
func scanSerial(s string, count int, want string) fault {
	if len(s) == 3 || s[3] == '\n' {
		return fault{3, want}
	}
	_, width := utf8.DecodeRuneInString(s[3:])
	head := 3 + width
	n := span(s[head:], alnum)
	if n != count || head+n != len(s) {
		return fault{head + min(n, count), want}
	}
	return fault{}
}
