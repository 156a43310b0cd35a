package pod

import (
	"net/netip"

	"github.com/podlife/podlife/naming"
)

// podNetwork judges what a pod shares with its node, and the names it has and looks up.
func (v *validator) podNetwork(p path, s *Spec) {
	requireOneOf(v, p.field("dnsPolicy"), s.DNSPolicy, DNSClusterFirstWithHostNet, DNSClusterFirst, DNSDefault, DNSNone)
	if s.HostNetwork {
		v.hostNetworkPorts(p.field("containers"), s.Containers)
	}
	if v.userNamespace() {
		v.notInUserNamespace(p, s)
	}
	if s.ShareProcessNamespace != nil && *s.ShareProcessNamespace && s.HostPID {
		v.invalid(p.field("shareProcessNamespace"), true, "not together with hostPID")
	}
	if s.Hostname != "" {
		v.name(p.field("hostname"), s.Hostname, naming.DNS1123Label(s.Hostname))
	}
	if s.Subdomain != "" {
		v.name(p.field("subdomain"), s.Subdomain, naming.DNS1123Label(s.Subdomain))
	}
	if s.HostnameOverride != nil {
		v.hostnameOverride(p, s)
	}
	v.hostAliases(p.field("hostAliases"), s.HostAliases)
	v.dnsConfig(p.field("dnsConfig"), s)
}

// notInUserNamespace judges what a pod with user IDs of its own may not share with its node.
// See https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/#limitations.
func (v *validator) notInUserNamespace(p path, s *Spec) {
	const why = "not where hostUsers is false"
	if s.HostNetwork && !v.allow.userNamespaceHostNetwork {
		v.forbidden(p.field("hostNetwork"), why)
	}
	if s.HostPID {
		v.forbidden(p.misspelt("HostPID", "hostPID"), why)
	}
	if s.HostIPC {
		v.forbidden(p.misspelt("HostIPC", "hostIPC"), why)
	}
}

// maxHostname is how many bytes a kernel's host name has at most.
const maxHostname = 64

// hostnameOverride judges the host name that overrides all else.
// See https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-sethostname.
func (v *validator) hostnameOverride(p path, s *Spec) {
	at := p.field("hostnameOverride")
	if s.SetHostnameAsFQDN != nil && *s.SetHostnameAsFQDN {
		v.forbidden(at, "not together with setHostnameAsFQDN")
	}
	if s.HostNetwork {
		v.forbidden(at, "not under hostNetwork")
	}
	if len(*s.HostnameOverride) > maxHostname {
		v.tooLong(at, maxHostname)
	}
	v.name(at, *s.HostnameOverride, naming.DNS1123Subdomain(*s.HostnameOverride))
}

// hostAliases judges extra lines of /etc/hosts.
func (v *validator) hostAliases(p path, list []HostAlias) {
	for i := range list {
		at := p.at(i)
		v.ip(at.field("ip"), list[i].IP)
		names := at.field("hostnames")
		for j, name := range list[i].Hostnames {
			v.name(names.at(j), name, naming.DNS1123Subdomain(name))
		}
	}
}

// ip judges an IP address. It need not be in its shortest form, but what some software reads differently is refused:
// leading zeros, which may mean octal, and IPv4 addresses mapped into IPv6.
func (v *validator) ip(p path, s string) {
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil || a.Zone() != "":
		v.invalid(p, s, "want an IP address, such as 10.9.8.7 or 2001:db8::1, without leading zeros")
	case a.Is4In6():
		v.invalid(p, s, "want the IPv4 address itself, not mapped into IPv6")
	}
}

// Bounds of a resolver's configuration.
const (
	maxNameservers = 3
	maxSearches    = 32
	maxSearchBytes = 2048
)

// dnsConfig judges the resolver's configuration, of which the policy None wants at least a name server.
// See https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config.
func (v *validator) dnsConfig(p path, s *Spec) {
	c, none := s.DNSConfig, s.DNSPolicy == DNSNone
	switch {
	case c == nil && none:
		v.required(p, "the dnsPolicy None needs it")
		return
	case c == nil:
		return
	case none && len(c.Nameservers) == 0:
		v.required(p.field("nameservers"), "the dnsPolicy None needs one")
		return
	}
	servers := p.field("nameservers")
	if len(c.Nameservers) > maxNameservers {
		v.invalid(servers, nil, "want at most 3")
	}
	for i, ip := range c.Nameservers {
		v.ip(servers.at(i), ip)
	}
	v.dnsSearches(p.field("searches"), c.Searches)
	options := p.field("options")
	for i := range c.Options {
		if c.Options[i].Name == "" {
			at := options.at(i)
			v.required(at.real("name"), "")
		}
	}
}

// dnsSearches judges the domains that a resolver appends, whose length counts with a space between.
func (v *validator) dnsSearches(p path, searches []string) {
	if len(searches) > maxSearches {
		v.invalid(p, nil, "want at most 32")
	}
	size := len(searches) - 1
	for i, s := range searches {
		size += len(s)
		v.name(p.at(i), s, naming.DNSSearch(s))
	}
	if size > maxSearchBytes {
		v.invalid(p, nil, "want at most 2048 bytes in all, with a space between")
	}
}
