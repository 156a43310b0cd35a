package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/podlife/podlife/pod"
)

// Limits of a resolver configuration.
// See https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#dns-search-domain-list-limits.
const (
	maxNameservers  = 3
	maxSearches     = 32
	maxSearchBytes  = 2048 // of the whole list, with a space between two
	maxSearchDomain = 253  // bytes of one domain; some resolvers fail on longer ones
	maxResolvConf   = 10 << 20
)

// NodeDNS is what a node knows about name resolution. The zero value knows
// nothing.
type NodeDNS struct {
	// ClusterDNS are the addresses of the cluster's DNS service.
	ClusterDNS []netip.Addr
	// ClusterDomain is the domain of the cluster, usually "cluster.local".
	ClusterDomain string
	// NodeIPs are the node's addresses; their families choose the loopback
	// addresses where ResolvConf is nil.
	NodeIPs []netip.Addr
	// ResolvConf is the text of the node's resolv.conf; nil means that pods get
	// none of the node's settings.
	ResolvConf *string
}

// Resolver is the resolver configuration of a pod.
type Resolver struct {
	// Nameservers are addresses, at most three.
	Nameservers []string
	// Searches are domains that short names are looked up in, in this order.
	Searches []string
	// Options are like "ndots:5", each name once, in the order in which they
	// were first given.
	Options []string
	// Warnings are what an event should tell about the configuration, for
	// instance what was left out.
	Warnings []DNSWarning
}

// DNSWarning is a warning about a resolver configuration.
type DNSWarning struct {
	// Reason is the reason of the event: MissingClusterDNS or DNSConfigForming.
	Reason string
	// Message is one sentence.
	Message string
}

// String returns the text of the pod's resolv.conf. An empty part has no line.
func (r Resolver) String() string {
	var b strings.Builder
	if len(r.Searches) > 0 {
		b.WriteString("search " + strings.Join(r.Searches, " ") + "\n")
	}
	for _, s := range r.Nameservers {
		b.WriteString("nameserver " + s + "\n")
	}
	if len(r.Options) > 0 {
		b.WriteString("options " + strings.Join(r.Options, " ") + "\n")
	}
	return b.String()
}

// ResolvConf returns the resolver configuration of p: what its dnsPolicy says,
// then its dnsConfig, then cut to the limits. It is an error if the node's
// resolv.conf cannot be read, whatever the policy. An unknown or empty policy
// counts as ClusterFirst without regard to the host network.
// See https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy.
func ResolvConf(p *pod.Pod, n NodeDNS) (Resolver, error) {
	node, err := n.parse()
	if err != nil {
		return Resolver{}, err
	}
	policy := policyOf(&p.Spec)
	r := Resolver{}
	switch {
	case policy == pod.DNSNone:
	case policy == pod.DNSClusterFirst && len(n.ClusterDNS) > 0:
		r = n.cluster(p.Namespace, node)
	default:
		r = n.own(node)
	}
	if policy == pod.DNSClusterFirst && len(n.ClusterDNS) == 0 {
		r.warn("MissingClusterDNS", "pod %q wants the cluster's DNS, whose address the node does not know, and gets the node's",
			p.Namespace+"/"+p.Name)
	}
	if c := p.Spec.DNSConfig; c != nil {
		r.merge(c)
	}
	r.fit()
	return r, nil
}

// policyOf returns the policy in force, one of None, ClusterFirst and Default.
func policyOf(s *pod.Spec) pod.DNSPolicy {
	switch s.DNSPolicy {
	case pod.DNSNone, pod.DNSDefault:
		return s.DNSPolicy
	case pod.DNSClusterFirst:
		if s.HostNetwork {
			return pod.DNSDefault
		}
	}
	return pod.DNSClusterFirst
}

// parse reads the node's resolv.conf. Lines of nameservers and of options add
// up, of search lines the last counts, and all others are ignored. A nameserver
// line without an address is an error.
func (n *NodeDNS) parse() (Resolver, error) {
	var r Resolver
	if n.ResolvConf == nil {
		return r, nil
	}
	if len(*n.ResolvConf) >= maxResolvConf {
		return r, fmt.Errorf("resolv.conf of %d bytes is too long, expected less than %d", len(*n.ResolvConf), maxResolvConf)
	}
	for k, line := range strings.Split(*n.ResolvConf, "\n") {
		if err := r.line(line); err != nil {
			return Resolver{}, fmt.Errorf("resolv.conf line %d: %q %w", k+1, line, err)
		}
	}
	return r, nil
}

var errNoNameserver = errors.New("names no nameserver, expected an address")

// line reads one line of a resolv.conf.
func (r *Resolver) line(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	switch rest := words[1:]; words[0] {
	case "nameserver":
		if len(rest) == 0 {
			return errNoNameserver
		}
		r.Nameservers = append(r.Nameservers, rest[0])
	case "search":
		r.Searches = nil
		for _, domain := range rest {
			if domain != "." {
				r.Searches = append(r.Searches, strings.TrimSuffix(domain, "."))
			}
		}
	case "options":
		for _, option := range rest {
			r.option(option)
		}
	}
	return nil
}

// option sets an option, in place of an earlier one of the same name.
func (r *Resolver) option(option string) {
	name, _, _ := strings.Cut(option, ":")
	for k, have := range r.Options {
		if was, _, _ := strings.Cut(have, ":"); was == name {
			r.Options[k] = option
			return
		}
	}
	r.Options = append(r.Options, option)
}

// own returns the node's settings; where it has none, those that look names up
// on the node itself and nowhere else.
func (n *NodeDNS) own(node Resolver) Resolver {
	if n.ResolvConf != nil {
		return node
	}
	r := Resolver{Searches: []string{"."}}
	for _, ip := range n.NodeIPs {
		loopback := "127.0.0.1"
		if ip.Unmap().Is6() {
			loopback = "::1"
		}
		r.Nameservers = append(r.Nameservers, loopback)
	}
	if len(r.Nameservers) == 0 {
		r.Nameservers = []string{"127.0.0.1"}
	}
	return r
}

// cluster returns the cluster's settings for a namespace; of the node's only
// the searches remain, behind the cluster's.
func (n *NodeDNS) cluster(namespace string, node Resolver) Resolver {
	r := Resolver{Searches: node.Searches, Options: []string{"ndots:5"}}
	for _, ip := range n.ClusterDNS {
		r.Nameservers = append(r.Nameservers, ip.Unmap().String())
	}
	if d := n.ClusterDomain; d != "" {
		r.Searches = unique([]string{namespace + ".svc." + d, "svc." + d, d}, node.Searches)
	}
	return r
}

// unique returns the strings of all lists in order, each once.
func unique(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		for _, s := range list {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// merge adds a pod's dnsConfig: new nameservers and searches behind, options in
// place of those of the same name.
func (r *Resolver) merge(c *pod.PodDNSConfig) {
	r.Nameservers = unique(r.Nameservers, c.Nameservers)
	r.Searches = unique(r.Searches, c.Searches)
	var options []pair
	for _, have := range r.Options {
		name, value, _ := strings.Cut(have, ":")
		options = setPair(options, pair{name, value})
	}
	for _, o := range c.Options {
		p := pair{name: o.Name}
		if o.Value != nil {
			p.value = *o.Value
		}
		options = setPair(options, p)
	}
	r.Options = nil
	for _, o := range options {
		r.Options = append(r.Options, o.String())
	}
}

// pair is an option with its value; the value may be empty.
type pair struct{ name, value string }

func (p pair) String() string {
	if p.value == "" {
		return p.name
	}
	return p.name + ":" + p.value
}

// setPair puts p in place of the pair of its name, or behind all others.
func setPair(all []pair, p pair) []pair {
	for k := range all {
		if all[k].name == p.name {
			all[k] = p
			return all
		}
	}
	return append(all, p)
}

// fit leaves out what exceeds the limits, and warns of it.
func (r *Resolver) fit() {
	if len(r.Nameservers) > maxNameservers {
		r.Nameservers = r.Nameservers[:maxNameservers]
		r.warn("DNSConfigForming", "too many nameservers, the first %d are used: %s", maxNameservers,
			strings.Join(r.Nameservers, " "))
	}
	if short := fitSearches(r.Searches); len(short) < len(r.Searches) {
		r.Searches = short
		r.warn("DNSConfigForming", "search domains are too many or too long, these are used: %s", strings.Join(short, " "))
	}
}

// fitSearches returns the first 32 domains without those that are too long, and
// of these as many as fit the line.
func fitSearches(all []string) []string {
	var fit []string
	size := -1
	for _, s := range all[:min(len(all), maxSearches)] {
		if len(s) > maxSearchDomain {
			continue
		}
		if size += 1 + len(s); size > maxSearchBytes {
			break
		}
		fit = append(fit, s)
	}
	return fit
}

func (r *Resolver) warn(reason, format string, args ...any) {
	r.Warnings = append(r.Warnings, DNSWarning{reason, fmt.Sprintf(format, args...)})
}
