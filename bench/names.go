package bench

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
)

// nameCases check one ordinary valid name each.
func nameCases() []Case {
	checks := []struct {
		task, name string
		ours       func(string) error
		theirs     func(string) []string
	}{
		{"RFC 1123 label", "web-frontend-7d4b9c6f5-x2x9z", naming.DNS1123Label, validation.IsDNS1123Label},
		{"RFC 1123 subdomain", "payments.internal.example.com", naming.DNS1123Subdomain, validation.IsDNS1123Subdomain},
		{"RFC 1035 label", "web-frontend-7d4b9c6f5-x2x9z", naming.DNS1035Label, validation.IsDNS1035Label},
		{"label key", "app.kubernetes.io/component", naming.QualifiedName, validation.IsQualifiedName},
		{"label value", "release-2026.11", naming.LabelValue, validation.IsValidLabelValue},
		{"port name", "http-metrics", naming.PortName, validation.IsValidPortName},
		{"config map key", "application.properties", naming.ConfigMapKey, validation.IsConfigMapKey},
		{"C identifier", "POD_NAMESPACE", naming.CIdentifier, validation.IsCIdentifier},
		{"HTTP header name", "X-Forwarded-For", naming.HTTPHeaderName, validation.IsHTTPHeaderName},
	}
	var out []Case
	for _, c := range checks {
		if c.ours(c.name) != nil || len(c.theirs(c.name)) > 0 {
			panic(fmt.Sprintf("%s: %q is not valid", c.task, c.name))
		}
		out = append(out, Case{
			Group: "Names", Task: c.task, Peer: "apimachinery", Faster: 20, NoAllocs: true,
			Ours:   repeat(func() { _ = c.ours(c.name) }),
			Theirs: repeat(func() { _ = c.theirs(c.name) }),
		})
	}
	return out
}

// quantityCases parse amounts as manifests write them.
func quantityCases() []Case {
	var out []Case
	for _, text := range []string{"1", "100m", "512Mi", "1.5Gi", "250M"} {
		ours, theirs := pod.MustParseQuantity(text), resource.MustParse(text)
		if ours.String() != theirs.String() {
			panic(fmt.Sprintf("%q: %s and %s", text, ours, theirs.String()))
		}
		out = append(out, Case{
			Group: "Quantities", Task: "parse " + text, Peer: "resource.ParseQuantity", Faster: 2, NoAllocs: true,
			Ours:   repeat(func() { _, _ = pod.ParseQuantity(text) }),
			Theirs: repeat(func() { _, _ = resource.ParseQuantity(text) }),
		})
	}
	return out
}
