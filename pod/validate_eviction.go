package pod

import (
	"strings"

	"github.com/podlife/podlife/naming"
)

// Bounds of eviction responders. The lowest priorities are kept for those of Kubernetes itself.
const (
	maxEvictionResponders    = 10
	minEvictionPriority      = 1000
	maxEvictionPriority      = 100_000
	wantEvictionResponderKey = "want a domain in front that is not Kubernetes' own, as in example.com/name"
)

// evictionResponders judges who is asked before a pod is evicted.
func (v *validator) evictionResponders(p path, list []EvictionResponder) {
	if len(list) > maxEvictionResponders {
		v.tooMany(p, len(list), maxEvictionResponders)
		return
	}
	var seen smallSet[string]
	for i := range list {
		at, r := p.at(i), &list[i]
		if !seen.add(r.Name) {
			v.duplicate(at, r.Name)
		}
		domain, _, _ := strings.Cut(r.Name, "/")
		switch err := naming.PrefixedKey(r.Name); {
		case r.Name == "":
			v.required(at.field("name"), "")
		case err != nil:
			v.name(at.field("name"), r.Name, err)
		case isKubernetesDomain(domain):
			v.invalid(at.field("name"), r.Name, wantEvictionResponderKey)
		}
		if r.Priority == nil {
			v.required(at.field("priority"), "")
		} else {
			v.inRange(at.field("priority"), int64(*r.Priority), minEvictionPriority, maxEvictionPriority)
		}
	}
}
