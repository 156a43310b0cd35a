package network

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
)

const (
	// maxHostName is the longest host name, in bytes.
	maxHostName = 63
	// maxNodeName is the longest name that fits the kernel's field for it, in
	// bytes.
	maxNodeName = 64
)

// Host is what a pod is called on the network. Hosts compare with ==. The zero
// value is a pod on the host network, which has the node's names.
type Host struct {
	// Name is the short host name.
	Name string
	// Domain is what follows Name in the FQDN; empty where the pod has none.
	Domain string

	whole bool // setHostnameAsFQDN
}

// HostName returns the name and the domain of p. The name is hostnameOverride,
// or else hostname, or else the pod's name, cut to 63 bytes without a "-" or
// "." at the end. There is a domain only with a subdomain and without
// hostnameOverride: subdomain.namespace.svc.clusterDomain. A hostname or
// subdomain that is no RFC 1123 label, or an override that is no subdomain, is
// an error.
// See https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-hostname-and-subdomain-fields.
func HostName(p *pod.Pod, clusterDomain string) (Host, error) {
	s := &p.Spec
	if s.HostNetwork {
		return Host{}, nil
	}
	h := Host{Name: p.Name, whole: s.SetHostnameAsFQDN != nil && *s.SetHostnameAsFQDN}
	switch {
	case s.HostnameOverride != nil:
		if err := naming.DNS1123Subdomain(*s.HostnameOverride); err != nil {
			return Host{}, fmt.Errorf("spec.hostnameOverride: %w", err)
		}
		h.Name = *s.HostnameOverride
	case s.Hostname != "":
		if err := naming.DNS1123Label(s.Hostname); err != nil {
			return Host{}, fmt.Errorf("spec.hostname: %w", err)
		}
		h.Name = s.Hostname
	}
	if len(h.Name) > maxHostName {
		long := h.Name
		if h.Name = strings.TrimRight(long[:maxHostName], "-."); h.Name == "" {
			return Host{}, fmt.Errorf("metadata.name: %q leaves no host name when cut to %d bytes", long, maxHostName)
		}
	}
	if s.Subdomain == "" || s.HostnameOverride != nil {
		return h, nil
	}
	if err := naming.DNS1123Label(s.Subdomain); err != nil {
		return Host{}, fmt.Errorf("spec.subdomain: %w", err)
	}
	h.Domain = s.Subdomain + "." + p.Namespace + ".svc." + clusterDomain
	return h, nil
}

// FQDN returns the name with its domain, or the name alone where there is none.
func (h Host) FQDN() string {
	if h.Domain == "" {
		return h.Name
	}
	return h.Name + "." + h.Domain
}

// Kernel returns the name that the pod's kernel namespace gets, what
// gethostname answers: Name, or the FQDN where spec.setHostnameAsFQDN asks for
// it. An FQDN of more than 64 bytes is an error, and the pod cannot start.
// See https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-sethostnameasfqdn-field.
func (h Host) Kernel() (string, error) {
	if !h.whole {
		return h.Name, nil
	}
	if name := h.FQDN(); h.Domain == "" || len(name) <= maxNodeName {
		return name, nil
	}
	return "", fmt.Errorf("host name %q has %d bytes, expected at most %d with setHostnameAsFQDN",
		h.FQDN(), len(h.FQDN()), maxNodeName)
}
