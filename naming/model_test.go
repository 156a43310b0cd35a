package naming_test

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/podlife/podlife/naming"
)

// A model answers a rule's question slowly and obviously.
type model func(string) bool

// pattern is the model of a rule that is one regular expression and a limit in
// bytes, 0 for none.
func pattern(expr string, max int) model {
	re := regexp.MustCompile(`\A(?:` + expr + `)\z`)
	return func(s string) bool { return (max == 0 || len(s) <= max) && re.MatchString(s) }
}

func all(models ...model) model {
	return func(s string) bool {
		for _, m := range models {
			if !m(s) {
				return false
			}
		}
		return true
	}
}

func lowered(m model) model { return func(s string) bool { return m(strings.ToLower(s)) } }

const (
	part      = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	parts     = part + `(\.` + part + `)*`
	loose     = `_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?`
	keyPart   = `[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?`
	windowsID = `[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?`
)

var (
	isSubdomain  = pattern(parts, 253)
	isUnderscore = pattern(loose+`(\.`+loose+`)*`, 253)
	isKeyName    = pattern(keyPart, 63)
	isSafeFile   = func(s string) bool { return s != "." && !strings.HasPrefix(s, "..") }
	isWindowsNet = pattern(`[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}`, 0)
	isWindowsDNS = pattern(windowsID+`(\.`+windowsID+`)*`, 0)
	isShortPart  = pattern(part, 63)
	isLongPart   = pattern(part, 253)
	isURLPath    = pattern(`[A-Za-z0-9/\-._~%!$&'()*+,;=:]+`, 0)
	isIQN        = pattern(`(?s)(iqn.*)?iqn\.[0-9]{4}-[0-9]{2}\.[-.A-Za-z0-9]+:[^,;*&$|\s]+`, 0)
	isSerial     = pattern(`eui.[A-Za-z0-9]{16}|naa.[A-Za-z0-9]{32}`, 0)
	hasControl   = regexp.MustCompile(`[\x00-\x1f\x7f]`)
	isWindowsUsr = all(pattern(`(?s)[^"/\\:;|=,+*?<>@\[\]]+`, 104), func(s string) bool { return strings.Trim(s, ". ") != "" })
)

var models = map[naming.Rule]model{
	naming.RuleDNS1123Label:                   pattern(part, 63),
	naming.RuleDNS1123Subdomain:               isSubdomain,
	naming.RuleDNS1123SubdomainWithUnderscore: isUnderscore,
	naming.RuleDNS1123SubdomainCaseless:       lowered(isSubdomain),
	naming.RuleDNS1123SubdomainPrefix:         isPrefix,
	naming.RuleWildcardDNS1123Subdomain:       pattern(`\*\.`+parts, 253),
	naming.RuleDNS1035Label:                   all(pattern(part, 63), pattern(`[a-z].*`, 0)),
	naming.RuleDNSSearch: func(s string) bool {
		return s == "." || isUnderscore(strings.TrimSuffix(s, "."))
	},
	naming.RuleFullyQualifiedName:    pattern(part+`(\.`+part+`){2,}`, 253),
	naming.RuleQualifiedName:         isKey,
	naming.RulePrefixedKey:           all(isKey, isTwofold),
	naming.RuleAnnotationKey:         lowered(isKey),
	naming.RulePrefixedAnnotationKey: lowered(all(isKey, isTwofold)),
	naming.RuleLabelValue:            func(s string) bool { return s == "" || isKeyName(s) },
	naming.RuleEnvVarName:            all(pattern(`[-._a-zA-Z][-._a-zA-Z0-9]*`, 0), isSafeFile),
	naming.RuleRelaxedEnvVarName:     pattern(`[ -<>-~]+`, 0),
	naming.RuleConfigMapKey:          all(pattern(`[-._a-zA-Z0-9]+`, 253), isSafeFile),
	naming.RuleCIdentifier:           pattern(`[A-Za-z_][A-Za-z0-9_]*`, 0),
	naming.RuleHTTPHeaderName:        pattern(`[-A-Za-z0-9]+`, 0),
	naming.RulePortName:              all(pattern(`[a-z0-9]+(-[a-z0-9]+)*`, 15), pattern(`.*[a-z].*`, 0)),
	naming.RulePercent:               pattern(`[0-9]+%`, 0),
	naming.RuleDomainPrefixedPath: func(s string) bool {
		host, path, _ := strings.Cut(s, "/")
		return isSubdomain(host) && isURLPath(path)
	},
	naming.RulePathSegmentName: func(s string) bool {
		return s != "." && s != ".." && !strings.ContainsAny(s, "/%")
	},
	naming.RulePathSegmentPrefix: func(s string) bool { return !strings.ContainsAny(s, "/%") },
	naming.RuleSysctlName: pattern(
		`([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?`, 253),
	naming.RuleSignerName:      isSigner,
	naming.RuleConditionReason: pattern(`[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?`, 0),
	naming.RuleIP: func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && !a.Is4In6() && a.Zone() == "" && a.String() == s
	},
	naming.RuleLegacyIP: func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && !a.Is4In6() && !strings.Contains(s, "%")
	},
	naming.RuleWindowsUserName: isWindowsUser,
	naming.RuleISCSIName:       func(s string) bool { return isIQN(s) || isSerial(s) },
}

func isTwofold(s string) bool { return strings.Contains(s, "/") }

func isKey(s string) bool {
	prefix, name, found := strings.Cut(s, "/")
	if !found {
		return isKeyName(s)
	}
	return isSubdomain(prefix) && isKeyName(name)
}

// isPrefix is Kubernetes' own way: a last '-' and what precedes it become an
// 'a'.
func isPrefix(s string) bool {
	if len(s) > 1 && strings.HasSuffix(s, "-") {
		s = s[:len(s)-2] + "a"
	}
	return isSubdomain(s)
}

func isSigner(s string) bool {
	domain, path, _ := strings.Cut(s, "/")
	for _, p := range strings.Split(domain, ".") {
		if !isShortPart(p) {
			return false
		}
	}
	for _, p := range strings.Split(path, ".") {
		if !isLongPart(p) {
			return false
		}
	}
	return len(domain) <= 253 && strings.Contains(domain, ".") && len(s) <= 571
}

func isWindowsUser(s string) bool {
	if hasControl.MatchString(s) {
		return false
	}
	domain, user, found := strings.Cut(s, `\`)
	if !found {
		return isWindowsUsr(s)
	}
	return len(domain) < 256 && (isWindowsNet(domain) || isWindowsDNS(domain)) && isWindowsUsr(user)
}

// complete are ends that make a whole of what may be continued, one for each
// thing a rule may be waiting for. A prefix none of them completes cannot be
// continued.
var complete = []string{
	"", "a", "1", "%", "1%", ".a", "a.a", ".a.a", "a.a.a", "/a", "a/a", "a.a/a", ".a/a", "*.a", ".1", ".1.1", ".1.1.1",
	"1.1.1.1", "0", "0.0.0", ":", "::", "1", ":1", "1::", "::1", ":1::", ":0:0:0:0:0:0:0",
}

// continues reports whether some string that starts with s is valid.
func (m model) continues(s string) bool {
	for _, end := range complete {
		if m(s + end) {
			return true
		}
	}
	return false
}
