package naming

// A Rule is one form of name that Kubernetes asks for somewhere in a Pod. Rules
// are small integers, comparable and usable as array indexes and map keys, so
// that a table of fields can say which rule holds for each.
//
// The zero Rule is no rule: its Check refuses every string.
type Rule uint8

// The rules. Each has a function of the same name without "Rule", which says
// what the rule is.
const (
	_ Rule = iota
	RuleDNS1123Label
	RuleDNS1123Subdomain
	RuleDNS1123SubdomainWithUnderscore
	RuleDNS1123SubdomainCaseless
	RuleDNS1123SubdomainPrefix
	RuleWildcardDNS1123Subdomain
	RuleDNS1035Label
	RuleDNSSearch
	RuleFullyQualifiedName
	RuleQualifiedName
	RulePrefixedKey
	RuleAnnotationKey
	RulePrefixedAnnotationKey
	RuleLabelValue
	RuleEnvVarName
	RuleRelaxedEnvVarName
	RuleConfigMapKey
	RuleCIdentifier
	RuleHTTPHeaderName
	RulePortName
	RulePercent
	RuleDomainPrefixedPath
	RulePathSegmentName
	RulePathSegmentPrefix
	RuleSysctlName
	RuleSignerName
	RuleConditionReason
	RuleIP
	RuleLegacyIP
	RuleWindowsUserName
	RuleISCSIName

	ruleCount
)

// rules gives each Rule its words and its scan.
var rules = [ruleCount]struct {
	name string
	scan func(string) fault
}{
	0:                                  {"unknown rule", noRule},
	RuleDNS1123Label:                   {"RFC 1123 label", dns1123Label.scan},
	RuleDNS1123Subdomain:               {"RFC 1123 subdomain", dns1123Subdomain.scan},
	RuleDNS1123SubdomainWithUnderscore: {"RFC 1123 subdomain with underscores", underscoreSubdomain.scan},
	RuleDNS1123SubdomainCaseless:       {"RFC 1123 subdomain of either case", scanCaselessSubdomain},
	RuleDNS1123SubdomainPrefix:         {"RFC 1123 subdomain prefix", scanSubdomainPrefix},
	RuleWildcardDNS1123Subdomain:       {"wildcard RFC 1123 subdomain", scanWildcard},
	RuleDNS1035Label:                   {"RFC 1035 label", dns1035Label.scan},
	RuleDNSSearch:                      {"DNS search domain", scanSearch},
	RuleFullyQualifiedName:             {"fully qualified name", scanFullyQualified},
	RuleQualifiedName:                  {"qualified name", scanQualified},
	RulePrefixedKey:                    {"domain-prefixed key", scanPrefixedKey},
	RuleAnnotationKey:                  {"annotation key", scanAnnotationKey},
	RulePrefixedAnnotationKey:          {"domain-prefixed annotation key", scanPrefixedAnnotationKey},
	RuleLabelValue:                     {"label value", scanLabelValue},
	RuleEnvVarName:                     {"environment variable name", scanEnvVar},
	RuleRelaxedEnvVarName:              {"relaxed environment variable name", scanRelaxedEnvVar},
	RuleConfigMapKey:                   {"config map key", scanConfigMapKey},
	RuleCIdentifier:                    {"C identifier", cIdentifier.scan},
	RuleHTTPHeaderName:                 {"HTTP header name", httpHeader.scan},
	RulePortName:                       {"port name", scanPortName},
	RulePercent:                        {"percentage", scanPercent},
	RuleDomainPrefixedPath:             {"domain-prefixed path", scanDomainPath},
	RulePathSegmentName:                {"path segment name", scanPathSegment},
	RulePathSegmentPrefix:              {"path segment prefix", scanPathSegmentPrefix},
	RuleSysctlName:                     {"sysctl name", sysctlName.scan},
	RuleSignerName:                     {"signer name", scanSigner},
	RuleConditionReason:                {"condition reason", conditionReason.scan},
	RuleIP:                             {"IP address", scanIP},
	RuleLegacyIP:                       {"IP address in any spelling", scanLegacyIP},
	RuleWindowsUserName:                {"Windows user name", scanWindowsUser},
	RuleISCSIName:                      {"iSCSI name", scanISCSI},
}

// Rules returns every rule, in the order of the constants. The caller owns the
// slice.
func Rules() []Rule {
	all := make([]Rule, 0, ruleCount-1)
	for r := Rule(1); r < ruleCount; r++ {
		all = append(all, r)
	}
	return all
}

// String returns the rule in words, as it stands in an error: "RFC 1123 label".
// A value that is no rule is "unknown rule".
func (r Rule) String() string { return rules[r.known()].name }

// Check returns nil when s has the form that r asks for, and an *Error
// otherwise. It is the same check as the function named after the rule. A value
// that is no rule refuses every string.
func (r Rule) Check(s string) error {
	return rules[r.known()].scan(s).of(r, s)
}

// known returns r, or 0 when r is no rule.
func (r Rule) known() Rule {
	if r >= ruleCount {
		return 0
	}
	return r
}

func noRule(string) fault { return fault{0, "cannot be checked: no such rule"} }
