package network

import (
	"strings"

	"github.com/podlife/podlife/pod"
)

// localHosts is how every managed hosts file begins.
const localHosts = `# Kubernetes-managed hosts file.
127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
fe00::0	ip6-mcastprefix
fe00::1	ip6-allnodes
fe00::2	ip6-allrouters
`

// Hosts returns the /etc/hosts of a pod with a network of its own: the
// well-known local names, a line for each of its addresses with its FQDN and
// name, and its aliases.
// See https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/.
func Hosts(h Host, ips []pod.PodIP, aliases []pod.HostAlias) string {
	var b strings.Builder
	b.WriteString(localHosts)
	for _, ip := range ips {
		b.WriteString(ip.IP + "\t")
		if h.Domain != "" {
			b.WriteString(h.FQDN() + "\t")
		}
		b.WriteString(h.Name + "\n")
	}
	writeAliases(&b, aliases)
	return b.String()
}

// HostNetworkHosts returns the /etc/hosts of a pod on the host network: the
// node's own file as it is, and the aliases.
func HostNetworkHosts(nodeHosts string, aliases []pod.HostAlias) string {
	var b strings.Builder
	b.WriteString("# Kubernetes-managed hosts file (host network).\n")
	b.WriteString(nodeHosts)
	writeAliases(&b, aliases)
	return b.String()
}

// writeAliases writes a paragraph with a line for each alias; an alias without
// names gets one too.
func writeAliases(b *strings.Builder, aliases []pod.HostAlias) {
	if len(aliases) == 0 {
		return
	}
	b.WriteString("\n# Entries added by HostAliases.\n")
	for _, a := range aliases {
		b.WriteString(a.IP + "\t" + strings.Join(a.Hostnames, "\t") + "\n")
	}
}

// HostsMounted reports whether the pod's containers get a hosts file at all:
// not before the pod has an address, except on the host network. A container
// that mounts a volume at /etc/hosts keeps its own.
func HostsMounted(s *pod.Spec, ips []pod.PodIP) bool {
	return s.HostNetwork || len(ips) > 0
}
