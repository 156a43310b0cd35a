package naming_test

import (
	"errors"
	"testing"

	"github.com/podlife/podlife/naming"
)

// FuzzCheck holds every rule against its model: the verdict is the same and the
// offset lies in the input. For the rules of exactOffset, something valid starts
// with what is before the offset, and nothing with one byte more.
func FuzzCheck(f *testing.F) {
	for _, c := range faults {
		f.Add(c.in)
	}
	for _, rule := range naming.Rules() {
		for _, s := range valid[rule] {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, rule := range naming.Rules() {
			err := rule.Check(s)
			if (err == nil) != models[rule](s) {
				t.Fatalf("%v %q: the model says %v, the check %v", rule, s, models[rule](s), err)
			}
			if err != nil {
				checkError(t, rule, s, err)
			}
		}
	})
}

func checkError(t *testing.T, rule naming.Rule, s string, err error) {
	var fault *naming.Error
	switch {
	case !errors.As(err, &fault):
		t.Fatalf("%v %q: %T is no *naming.Error", rule, s, err)
	case fault.Rule != rule || fault.Input != s || fault.Detail == "":
		t.Fatalf("%v %q: %#v", rule, s, fault)
	case fault.Offset < 0 || fault.Offset > len(s):
		t.Fatalf("%v %q: offset %d", rule, s, fault.Offset)
	case len(fault.Error()) > 2000:
		t.Fatalf("%v: a message of %d bytes", rule, len(fault.Error()))
	case exactOffset[rule] && len(s) < 50 && !models[rule].continues(s[:fault.Offset]):
		t.Fatalf("%v: nothing valid starts with %q: %v", rule, s[:fault.Offset], err)
	case exactOffset[rule] && len(s) < 50 && fault.Offset < len(s) && models[rule].continues(s[:fault.Offset+1]):
		t.Fatalf("%v: something valid starts with %q: %v", rule, s[:fault.Offset+1], err)
	}
}

// exactOffset has the rules whose offset is the first byte after which nothing
// can be mended, for inputs within all limits.
var exactOffset = map[naming.Rule]bool{
	naming.RuleDNS1123Label:                   true,
	naming.RuleDNS1123Subdomain:               true,
	naming.RuleDNS1123SubdomainWithUnderscore: true,
	naming.RuleWildcardDNS1123Subdomain:       true,
	naming.RuleDNS1035Label:                   true,
	naming.RuleFullyQualifiedName:             true,
	naming.RuleLabelValue:                     true,
	naming.RuleEnvVarName:                     true,
	naming.RuleRelaxedEnvVarName:              true,
	naming.RuleConfigMapKey:                   true,
	naming.RuleCIdentifier:                    true,
	naming.RuleHTTPHeaderName:                 true,
	naming.RulePercent:                        true,
	naming.RuleDomainPrefixedPath:             true,
	naming.RulePathSegmentName:                true,
	naming.RulePathSegmentPrefix:              true,
	naming.RuleSysctlName:                     true,
	naming.RuleConditionReason:                true,
}

// FuzzFixName: a label, the same each time, itself when fixed again, and never
// one that is taken.
func FuzzFixName(f *testing.F) {
	for _, s := range []string{"", "web", "My App", "-", "caf\u00e9", repeat("A", 62) + "-b", repeat("a", 63)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := naming.FixName(s, nil)
		if err := naming.DNS1123Label(name); err != nil {
			t.Fatal(err)
		}
		if again := naming.FixName(name, nil); again != name || naming.FixName(s, nil) != name {
			t.Fatalf("%q, then %q", name, again)
		}
		if naming.DNS1123Label(s) == nil && name != s {
			t.Fatalf("the label %q became %q", s, name)
		}
		other := naming.FixName(s, func(n string) bool { return n == name })
		if other == name || naming.DNS1123Label(other) != nil {
			t.Fatalf("%q is taken; got %q", name, other)
		}
	})
}

// FuzzGenerate: of a base that may be followed by a letter, a valid name.
func FuzzGenerate(f *testing.F) {
	f.Add("web-", 3)
	f.Add(repeat("a.", 40), -5)
	f.Fuzz(func(t *testing.T, base string, i int) {
		name := naming.Generate(base, always(i))
		if len(name) > naming.GeneratedMax {
			t.Fatalf("%q is %d bytes long", name, len(name))
		}
		if isSubdomain(base+"b") && naming.DNS1123Subdomain(name) != nil {
			t.Fatalf("%q of %q: %v", name, base, naming.DNS1123Subdomain(name))
		}
	})
}
