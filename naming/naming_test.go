package naming_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podlife/podlife/naming"
	"github.com/stretchr/testify/require"
)

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// faults are invalid names: the offset of the fault, and what was expected.
var faults = []struct {
	rule   naming.Rule
	in     string
	offset int
	detail string
}{
	{naming.RuleDNS1123Label, "", 0, "must not be empty"},
	{naming.RuleDNS1123Label, "Web", 0, "must start with a lower-case letter or digit"},
	{naming.RuleDNS1123Label, "-web", 0, "must start with a lower-case letter or digit"},
	{naming.RuleDNS1123Label, "we_b", 2, "must consist of lower-case letters, digits and '-'"},
	{naming.RuleDNS1123Label, "a.b", 1, "must consist of lower-case letters, digits and '-'"},
	{naming.RuleDNS1123Label, "wéb", 1, "must consist of lower-case letters, digits and '-'"},
	{naming.RuleDNS1123Label, "web-", 4, "must end with a lower-case letter or digit"},
	{naming.RuleDNS1123Label, repeat("a", 64), 63, "must be no more than 63 bytes"},
	{naming.RuleDNS1123Label, repeat("a", 62) + "-", 63, "must end with a lower-case letter or digit"},
	{naming.RuleDNS1123Label, repeat("a", 70) + "_", 63, "must be no more than 63 bytes"},
	{naming.RuleDNS1123Subdomain, "a..b", 2, "each part between dots must start with a lower-case letter or digit"},
	{naming.RuleDNS1123Subdomain, "a-.b", 2, "each part between dots must end with a lower-case letter or digit"},
	{naming.RuleDNS1123Subdomain, "a.", 2, "each part between dots must end with a lower-case letter or digit"},
	{naming.RuleDNS1123Subdomain, "a/b", 1, "must consist of lower-case letters, digits, '-' and '.'"},
	{naming.RuleDNS1123Subdomain, repeat("a", 254), 253, "must be no more than 253 bytes"},
	{naming.RuleDNS1123SubdomainWithUnderscore, "__a", 1, "each part between dots must start with a lower-case letter or digit, after at most one '_'"},
	{naming.RuleDNS1123SubdomainWithUnderscore, "a_.b", 2, "each part between dots must end with a lower-case letter or digit"},
	{naming.RuleDNS1123SubdomainWithUnderscore, "_", 1, "each part between dots must end with a lower-case letter or digit"},
	{naming.RuleDNS1123SubdomainCaseless, "Ebs.\u212a_", 7, "must consist of letters, digits, '-' and '.'"},
	{naming.RuleDNS1123SubdomainPrefix, "a_b-", 1, "must consist of lower-case letters, digits, '-' and '.'"},
	{naming.RuleDNS1123SubdomainPrefix, "-", 0, "each part between dots must start with a lower-case letter or digit"},
	{naming.RuleDNS1123SubdomainPrefix, repeat("a", 254) + "-", 254, "must be no more than 254 bytes with its last '-'"},
	{naming.RuleWildcardDNS1123Subdomain, "a.b", 0, "must start with '*.'"},
	{naming.RuleWildcardDNS1123Subdomain, "*", 1, "must start with '*.'"},
	{naming.RuleWildcardDNS1123Subdomain, "*.*.b", 2, "each part between dots must start with a lower-case letter or digit"},
	{naming.RuleWildcardDNS1123Subdomain, "*." + repeat("a", 252), 253, "must be no more than 253 bytes"},
	{naming.RuleDNS1035Label, "1a", 0, "must start with a lower-case letter"},
	{naming.RuleDNSSearch, "a..", 2, "each part between dots must end with a lower-case letter or digit"},
	{naming.RuleFullyQualifiedName, "example.com", 11, "must have at least three parts separated by dots"},
	{naming.RuleQualifiedName, "", 0, "the name must not be empty"},
	{naming.RuleQualifiedName, "/a", 0, "the prefix before '/' must not be empty"},
	{naming.RuleQualifiedName, "a/", 2, "the name must not be empty"},
	{naming.RuleQualifiedName, "a/b/c", 3, "must have no more than one '/'"},
	{naming.RuleQualifiedName, "A/b", 0, "each part between dots must start with a lower-case letter or digit"},
	{naming.RuleQualifiedName, "a/b*", 3, "the name must consist of letters, digits, '-', '_' and '.'"},
	{naming.RuleQualifiedName, "a/_b", 2, "the name must start with a letter or digit"},
	{naming.RuleQualifiedName, "a/b_", 4, "the name must end with a letter or digit"},
	{naming.RuleQualifiedName, "a/" + repeat("b", 64), 65, "the name must be no more than 63 bytes"},
	{naming.RuleQualifiedName, repeat("a", 254) + "/b", 253, "must be no more than 253 bytes"},
	{naming.RulePrefixedKey, "key", 3, "must have a prefix, as example.com/key has"},
	{naming.RuleAnnotationKey, "\u0130_/a", 2, "must consist of letters, digits, '-' and '.'"},
	{naming.RuleAnnotationKey, "\u017f/a", 0, "each part between dots must start with a letter or digit"},
	{naming.RulePrefixedAnnotationKey, "Key", 3, "must have a prefix, as example.com/key has"},
	{naming.RuleLabelValue, ".a", 0, "must start with a letter or digit"},
	{naming.RuleLabelValue, "a.", 2, "must end with a letter or digit"},
	{naming.RuleEnvVarName, "1A", 0, "must start with a letter, '-', '_' or '.'"},
	{naming.RuleEnvVarName, ".", 1, "must not be '.'"},
	{naming.RuleEnvVarName, "..A", 1, "must not start with '..'"},
	{naming.RuleRelaxedEnvVarName, "A=B", 1, "must consist of printable ASCII characters other than '='"},
	{naming.RuleConfigMapKey, "a b", 1, "must consist of letters, digits, '-', '_' and '.'"},
	{naming.RuleCIdentifier, "a-b", 1, "must consist of letters, digits and '_'"},
	{naming.RuleHTTPHeaderName, "X_A", 1, "must consist of letters, digits and '-'"},
	{naming.RulePortName, "123", 3, "must have at least one letter"},
	{naming.RulePortName, "a--b", 2, "must have a lower-case letter or digit at its start and after each '-'"},
	{naming.RulePortName, "http-", 5, "must end with a lower-case letter or digit"},
	{naming.RulePortName, "Http", 0, "must have a lower-case letter or digit at its start and after each '-'"},
	{naming.RulePortName, "h.p", 1, "must consist of lower-case letters, digits and '-'"},
	{naming.RulePortName, repeat("a", 16), 15, "must be no more than 15 bytes"},
	{naming.RulePercent, "%", 0, "must start with a digit"},
	{naming.RulePercent, "12", 2, "must be digits, then '%'"},
	{naming.RulePercent, "1%%", 2, "must end with its first '%'"},
	{naming.RuleDomainPrefixedPath, "a.io", 4, "must be a domain, '/' and a path"},
	{naming.RuleDomainPrefixedPath, "a.io/x y", 6, "the path must consist of characters of a URL's path"},
	{naming.RulePathSegmentName, "..", 2, "must not be '.' or '..'"},
	{naming.RulePathSegmentPrefix, "a/b", 1, "must not hold '/' or '%'"},
	{naming.RuleSysctlName, "kernel.", 7, "each part between '.' or '/' must end with a lower-case letter or digit"},
	{naming.RuleSignerName, "io/x", 2, "must have a domain of at least two parts before '/'"},
	{naming.RuleSignerName, "a.io", 4, "must be a domain, '/' and a name"},
	{naming.RuleSignerName, repeat("a", 64) + ".io/x", 63, "no part of the domain may be longer than 63 bytes"},
	{naming.RuleSignerName, "a.io/" + repeat("a", 254), 258, "no part may be longer than 253 bytes"},
	{naming.RuleSignerName, "a.io/x/y", 6, "must consist of lower-case letters, digits, '-' and '.' after its one '/'"},
	{naming.RuleSignerName, "a.io/" + repeat("a.", 300) + "a", 571, "must be no more than 571 bytes"},
	{naming.RuleSignerName, "a.io/" + repeat("a.", 283) + "a", 571, "must be no more than 571 bytes"},
	{naming.RuleSignerName, repeat("a", 64) + "_.io/x", 63, "no part of the domain may be longer than 63 bytes"},
	{naming.RuleSignerName, "a_" + repeat("a", 64) + ".io/x", 1, "must consist of lower-case letters, digits, '-' and '.'"},
	{naming.RuleConditionReason, "A:", 2, "must end with a letter, a digit or '_'"},
	{naming.RuleIP, "01.2.3.4", 1, "must be four numbers from 0 to 255 between dots, without leading zeros"},
	{naming.RuleIP, "1.2.3.256", 8, "must be four numbers from 0 to 255 between dots, without leading zeros"},
	{naming.RuleIP, "1.2.3", 5, "must be four numbers from 0 to 255 between dots, without leading zeros"},
	{naming.RuleIP, "2001:DB8::1", 5, "must be in canonical form (RFC 5952)"},
	{naming.RuleIP, "::10.0.0.1", 2, "must be in canonical form (RFC 5952)"},
	{naming.RuleIP, "::ffff:10.0.0.1", 0, "must not be an IPv4-mapped IPv6 address"},
	{naming.RuleIP, "fe80::1%eth0", 7, "must be groups of up to four hexadecimal digits between colons"},
	{naming.RuleLegacyIP, "1::2::3", 5, "must have at most one '::', which stands for at least one group"},
	{naming.RuleLegacyIP, "1:2:3:4:5:6:7::8", 15, "must have at most one '::', which stands for at least one group"},
	{naming.RuleLegacyIP, "1:2:3:4:5:6:7:8:9", 15, "must have eight groups"},
	{naming.RuleLegacyIP, "1:2", 3, "must have eight groups"},
	{naming.RuleLegacyIP, "1:2:3.4.5.6", 4, "must have eight groups"},
	{naming.RuleLegacyIP, "1:2:3:4:5:6:7:1.2.3.4", 14, "must have eight groups"},
	{naming.RuleLegacyIP, "1:2:3:4:5:6::1.2.3.4", 13, "must have eight groups"},
	{naming.RuleLegacyIP, "12345::", 4, "must be groups of up to four hexadecimal digits between colons"},
	{naming.RuleLegacyIP, "::1.2.3.400", 10, "must be four numbers from 0 to 255 between dots, without leading zeros"},
	{naming.RuleWindowsUserName, "a\tb", 1, "must not hold control characters"},
	{naming.RuleWindowsUserName, `D\E\u`, 3, `the user must hold none of "/\:;|=,+*?<>@[]`},
	{naming.RuleWindowsUserName, `.D\`, 0, "the domain must be a NetBIOS or DNS name"},
	{naming.RuleWindowsUserName, "a\x7fb", 1, "must not hold control characters"},
	{naming.RuleWindowsUserName, repeat("d.", 127) + `dd\u`, 255, "the domain must be no more than 255 bytes"},
	{naming.RuleWindowsUserName, "d" + repeat("_", 15) + `\u`, 1, "the domain must be a NetBIOS or DNS name"},
	{naming.RuleWindowsUserName, `D\`, 2, "the user must not be empty"},
	{naming.RuleWindowsUserName, `. .`, 3, "the user must not be dots and spaces only"},
	{naming.RuleWindowsUserName, repeat("u", 105), 104, "the user must be no more than 104 bytes"},
	{naming.RuleISCSIName, "x", 0, "must start with iqn, eui or naa"},
	{naming.RuleISCSIName, "iqn.20x", 6, "must be as iqn.2001-04.com.example:disk"},
	{naming.RuleISCSIName, "iqn.2001-04.a:b c", 15, "must be as iqn.2001-04.com.example:disk"},
	{naming.RuleISCSIName, "eui\n0123456789abcdef", 3, "must be eui, one character, and 16 letters and digits"},
	{naming.RuleISCSIName, "eui.0123", 8, "must be eui, one character, and 16 letters and digits"},
	{naming.Rule(0), "a", 0, "cannot be checked: no such rule"},
	{naming.Rule(255), "a", 0, "cannot be checked: no such rule"},
}

func TestFaults(t *testing.T) {
	for _, c := range faults {
		var fault *naming.Error
		require.ErrorAs(t, c.rule.Check(c.in), &fault, "%v %q", c.rule, c.in)
		require.Equal(t, c.offset, fault.Offset, "%v %q", c.rule, c.in)
		require.Equal(t, c.detail, fault.Detail, "%v %q", c.rule, c.in)
		require.Equal(t, c.in, fault.Input)
		require.Equal(t, c.rule, fault.Rule)
		if m, ok := models[c.rule]; ok {
			require.False(t, m(c.in), "the model of %v accepts %q", c.rule, c.in)
		}
	}
}

// valid are valid names, the first of each rule an ordinary one.
var valid = map[naming.Rule][]string{
	naming.RuleDNS1123Label:                   {"web-frontend-7d4b9c", "0", "a--b", repeat("a", 63)},
	naming.RuleDNS1123Subdomain:               {"web-7d4b9c.example.com", "0.0", repeat("a", 253)},
	naming.RuleDNS1123SubdomainWithUnderscore: {"_http._tcp.example.com", "a_b-_c", "_a"},
	naming.RuleDNS1123SubdomainCaseless:       {"Ebs.csi.aws.com", "A.B"},
	naming.RuleDNS1123SubdomainPrefix:         {"web-frontend-", "a", "--", "B-", "a.-", "/-", repeat("a", 253) + "-"},
	naming.RuleWildcardDNS1123Subdomain:       {"*.example.com", "*." + repeat("a", 251)},
	naming.RuleDNS1035Label:                   {"web-frontend", "a1"},
	naming.RuleDNSSearch:                      {"default.svc.cluster.local.", ".", "_a"},
	naming.RuleFullyQualifiedName:             {"www.example.com", "1.2.3"},
	naming.RuleQualifiedName:                  {"app.kubernetes.io/name", "A", "a_.-b", repeat("a", 253) + "/" + repeat("B", 63)},
	naming.RulePrefixedKey:                    {"app.kubernetes.io/name", "a/B"},
	naming.RuleAnnotationKey:                  {"Prometheus.io/Scrape", "name"},
	naming.RulePrefixedAnnotationKey:          {"Prometheus.io/Scrape"},
	naming.RuleLabelValue:                     {"frontend_v1.2", "", "A", repeat("a", 63)},
	naming.RuleEnvVarName:                     {"DATABASE_URL", ".a", "-", "a..", repeat("a", 1000)},
	naming.RuleRelaxedEnvVarName:              {"DATABASE_URL", " ", "1 ~", "..", repeat("%", 1000)},
	naming.RuleConfigMapKey:                   {"application.properties", "0", repeat("a", 253)},
	naming.RuleCIdentifier:                    {"my_name", "_", "A0"},
	naming.RuleHTTPHeaderName:                 {"X-Request-Id", "-"},
	naming.RulePortName:                       {"http-metrics", "a", "0-a", "123456789012a45"},
	naming.RulePercent:                        {"25%", "0%", "00100%"},
	naming.RuleDomainPrefixedPath:             {"example.com/path/to", "a//", "a/~%!$&'()*+,;=:"},
	naming.RulePathSegmentName:                {"web-frontend-7d4b9c", "", "...", "é\x00"},
	naming.RulePathSegmentPrefix:              {"web-frontend-7d4b9c", "", ".", ".."},
	naming.RuleSysctlName:                     {"net.ipv4.tcp_syncookies", "kernel/shm_rmid_forced"},
	naming.RuleSignerName:                     {"example.com/my-signer", "a.b/" + repeat("c", 253) + "." + repeat("d", 253)},
	naming.RuleConditionReason:                {"ContainersNotReady", "A", "a:_"},
	naming.RuleIP:                             {"10.244.1.17", "2001:db8::1", "::", "::1", "1::", "1:2:3:4:5:6:7:8"},
	naming.RuleLegacyIP:                       {"2001:DB8::1", "0:0:0:0:0:0:0:0", "::10.0.0.1", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::", "64:ff9b::1.2.3.4"},
	naming.RuleWindowsUserName:                {`CORP\svc-web`, "ContainerUser", `a b\u`, "d" + repeat("_", 14) + `\u`, repeat("d.", 127) + `d\u`, `NT Authority\SYSTEM`, repeat("d", 60) + `.x\u`},
	naming.RuleISCSIName:                      {"iqn.2001-04.com.example:storage.disk1", "iqnxiqn.2001-04.a:b", "eui.0123456789abcdef", "naaé" + repeat("0", 32)},
}

func TestValid(t *testing.T) {
	for _, rule := range naming.Rules() {
		require.NotEmpty(t, valid[rule], "%v", rule)
		for _, s := range valid[rule] {
			require.NoError(t, rule.Check(s))
			require.True(t, models[rule](s), "the model of %v refuses %q", rule, s)
		}
	}
}

// TestTwoLettersOutsideASCII has what only lower case makes valid.
func TestTwoLettersOutsideASCII(t *testing.T) {
	require.NoError(t, naming.DNS1123SubdomainCaseless("\u212a8s.\u0130o"))
	require.NoError(t, naming.AnnotationKey("\u212a8s.io/\u0130d"))
	require.NoError(t, naming.PrefixedAnnotationKey("\u212a8s.io/x"))
	require.Error(t, naming.PrefixedAnnotationKey("\u212a8s.io"))
	require.Error(t, naming.QualifiedName("\u212a8s.io/x"))
}

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{naming.DNS1123Label("my_app"), `RFC 1123 label "my_app": byte 2 ('_'): must consist of lower-case letters, digits and '-'`},
		{naming.DNS1123Label("caf\u00e9"), `RFC 1123 label "café": byte 3 ('é'): must consist of lower-case letters, digits and '-'`},
		{naming.DNS1123Label("a\xff"), `RFC 1123 label "a\xff": byte 1 (0xff): must consist of lower-case letters, digits and '-'`},
		{naming.PortName(""), `port name "": byte 0 (the end): must not be empty`},
		{naming.LabelValue("a\n"), `label value "a\n": byte 1 ('\n'): must consist of letters, digits, '-', '_' and '.'`},
		{
			naming.DNS1123Label(repeat("a", 1<<20)),
			`RFC 1123 label "` + repeat("a", 64) + `"... of 1048576 bytes: byte 63 ('a'): must be no more than 63 bytes`,
		},
		{&naming.Error{Input: "x", Offset: -1, Detail: "d"}, `unknown rule "x": byte -1 (the end): d`},
	} {
		require.EqualError(t, c.err, c.want)
	}
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range naming.Rules() {
		require.NotEmpty(t, rule.String())
		require.NotEqual(t, "unknown rule", rule.String())
		require.False(t, seen[rule.String()], "%v occurs twice", rule)
		require.Contains(t, models, rule)
		seen[rule.String()] = true
	}
	require.Equal(t, "unknown rule", naming.Rule(0).String())
	require.Equal(t, "unknown rule", naming.Rule(200).String())
}

// TestFunctions checks that each function is the check of the rule it is named
// after.
func TestFunctions(t *testing.T) {
	require.Len(t, functions, len(naming.Rules()))
	for rule, check := range functions {
		require.NoError(t, check(valid[rule][0]))
	}
	for _, c := range faults {
		if check, ok := functions[c.rule]; ok {
			require.Equal(t, c.rule.Check(c.in), check(c.in))
		}
	}
}

var functions = map[naming.Rule]func(string) error{
	naming.RuleDNS1123Label:                   naming.DNS1123Label,
	naming.RuleDNS1123Subdomain:               naming.DNS1123Subdomain,
	naming.RuleDNS1123SubdomainWithUnderscore: naming.DNS1123SubdomainWithUnderscore,
	naming.RuleDNS1123SubdomainCaseless:       naming.DNS1123SubdomainCaseless,
	naming.RuleDNS1123SubdomainPrefix:         naming.DNS1123SubdomainPrefix,
	naming.RuleWildcardDNS1123Subdomain:       naming.WildcardDNS1123Subdomain,
	naming.RuleDNS1035Label:                   naming.DNS1035Label,
	naming.RuleDNSSearch:                      naming.DNSSearch,
	naming.RuleFullyQualifiedName:             naming.FullyQualifiedName,
	naming.RuleQualifiedName:                  naming.QualifiedName,
	naming.RulePrefixedKey:                    naming.PrefixedKey,
	naming.RuleAnnotationKey:                  naming.AnnotationKey,
	naming.RulePrefixedAnnotationKey:          naming.PrefixedAnnotationKey,
	naming.RuleLabelValue:                     naming.LabelValue,
	naming.RuleEnvVarName:                     naming.EnvVarName,
	naming.RuleRelaxedEnvVarName:              naming.RelaxedEnvVarName,
	naming.RuleConfigMapKey:                   naming.ConfigMapKey,
	naming.RuleCIdentifier:                    naming.CIdentifier,
	naming.RuleHTTPHeaderName:                 naming.HTTPHeaderName,
	naming.RulePortName:                       naming.PortName,
	naming.RulePercent:                        naming.Percent,
	naming.RuleDomainPrefixedPath:             naming.DomainPrefixedPath,
	naming.RulePathSegmentName:                naming.PathSegmentName,
	naming.RulePathSegmentPrefix:              naming.PathSegmentPrefix,
	naming.RuleSysctlName:                     naming.SysctlName,
	naming.RuleSignerName:                     naming.SignerName,
	naming.RuleConditionReason:                naming.ConditionReason,
	naming.RuleIP:                             naming.IP,
	naming.RuleLegacyIP:                       naming.LegacyIP,
	naming.RuleWindowsUserName:                naming.WindowsUserName,
	naming.RuleISCSIName:                      naming.ISCSIName,
}

// TestAllocations: nothing for a valid string, one Error for another.
func TestAllocations(t *testing.T) {
	for rule, check := range functions {
		for _, s := range valid[rule] {
			require.Zero(t, testing.AllocsPerRun(50, func() { sink = check(s) }), "%v %q", rule, s)
		}
	}
	for _, c := range faults {
		if c.rule == naming.RuleDNS1123SubdomainCaseless || c.rule == naming.RuleAnnotationKey {
			continue // these hold the letters that cost an allocation
		}
		require.Equal(t, 1.0, testing.AllocsPerRun(50, func() { sink = c.rule.Check(c.in) }), "%v %q", c.rule, c.in)
	}
}

var sink error

// columns names the rule of each column of the corpus.
var columns = map[string]naming.Rule{
	"dns1123Label":                   naming.RuleDNS1123Label,
	"dns1123Subdomain":               naming.RuleDNS1123Subdomain,
	"dns1123SubdomainWithUnderscore": naming.RuleDNS1123SubdomainWithUnderscore,
	"wildcardDNS1123Subdomain":       naming.RuleWildcardDNS1123Subdomain,
	"dns1035Label":                   naming.RuleDNS1035Label,
	"qualifiedName":                  naming.RuleQualifiedName,
	"labelValue":                     naming.RuleLabelValue,
	"envVarName":                     naming.RuleEnvVarName,
	"relaxedEnvVarName":              naming.RuleRelaxedEnvVarName,
	"portName":                       naming.RulePortName,
	"cIdentifier":                    naming.RuleCIdentifier,
	"httpHeaderName":                 naming.RuleHTTPHeaderName,
	"percent":                        naming.RulePercent,
	"configMapKey":                   naming.RuleConfigMapKey,
	"fullyQualifiedName":             naming.RuleFullyQualifiedName,
	"domainPrefixedPath":             naming.RuleDomainPrefixedPath,
	"ip":                             naming.RuleIP,
	"podGenerateName":                naming.RuleDNS1123SubdomainPrefix,
}

// TestCorpus compares with the answers of Kubernetes' own code: those in
// testdata, and those in each folder that PODLIFE_CORPUS lists.
func TestCorpus(t *testing.T) {
	require.Equal(t, 1272, checkCorpus(t, filepath.Join("testdata", "names.jsonl.gz")))
	for _, dir := range filepath.SplitList(os.Getenv("PODLIFE_CORPUS")) {
		file := filepath.Join(dir, "names.jsonl.gz")
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			t.Logf("%s: no such file, nothing to compare", file)
			continue
		}
		t.Logf("%s: %d rows agree", file, checkCorpus(t, file))
	}
}

// checkCorpus returns how many rows file has.
func checkCorpus(t *testing.T, file string) (rows int) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for ; lines.Scan(); rows++ {
		var row map[string]any
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		s := row["s"].(string)
		for column, verdict := range row {
			if column == "s" {
				continue
			}
			rule, ok := columns[column]
			require.True(t, ok, "%s: no rule for %q", file, column)
			if err := rule.Check(s); (err == nil) != verdict.(bool) {
				t.Errorf("%s:%d: %s %q is %v there, here: %v", file, rows+1, column, s, verdict, err)
			}
		}
	}
	require.NoError(t, lines.Err())
	return rows
}
