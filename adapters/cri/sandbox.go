package cri

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// annotationImages has the images of a pod, one a line, for a program that finds it running.
const annotationImages = "io.podlife.images"

// sandboxConfig is what the engine is asked for as the sandbox of p.
func (r *Runtime) sandboxConfig(p *pod.Pod) (*criapi.PodSandboxConfig, error) {
	host, err := network.HostName(p, r.cfg.DNS.ClusterDomain)
	if err != nil {
		return nil, err
	}
	name, err := host.Kernel()
	if err != nil {
		return nil, err
	}
	dns, err := dnsConfig(p, r.cfg.DNS)
	if err != nil {
		return nil, err
	}
	security, err := sandboxSecurity(&p.Spec)
	if err != nil {
		return nil, err
	}
	return &criapi.PodSandboxConfig{
		Metadata:     &criapi.PodSandboxMetadata{Name: p.Name, Uid: string(p.UID), Namespace: p.Namespace},
		Hostname:     name,
		LogDirectory: r.files.logs(p.UID),
		DnsConfig:    dns,
		PortMappings: portMappings(&p.Spec),
		Labels:       podLabels(p, r.cfg.Owner),
		Annotations:  sandboxAnnotations(p),
		Linux: &criapi.LinuxPodSandboxConfig{
			CgroupParent:    r.groups.name(p.UID),
			SecurityContext: security,
			Sysctls:         sysctls(&p.Spec),
			Resources:       r.sandboxResources(p.Spec),
			Overhead:        r.overhead(p.Spec.Overhead),
		},
	}, nil
}

// sandboxResources is what all containers of a pod get together, for handlers that make room for the whole pod at once.
func (r *Runtime) sandboxResources(s pod.Spec) *criapi.LinuxContainerResources {
	s.Overhead = nil
	requests, limits := s.EffectiveRequests(), s.EffectiveLimits()
	request, ok := requests[pod.ResourceCPU]
	if !ok {
		request = limits[pod.ResourceCPU]
	}
	return r.amounts(request, limits[pod.ResourceCPU], limits[pod.ResourceMemory])
}

// overhead is what the sandbox itself takes, of which it asks for no less than it may have.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-overhead/.
func (r *Runtime) overhead(l pod.ResourceList) *criapi.LinuxContainerResources {
	if l == nil {
		return &criapi.LinuxContainerResources{}
	}
	return r.amounts(l[pod.ResourceCPU], l[pod.ResourceCPU], l[pod.ResourceMemory])
}

func (r *Runtime) amounts(request, limit, memory pod.Quantity) *criapi.LinuxContainerResources {
	one := pod.Container{Resources: pod.ResourceRequirements{
		Requests: pod.ResourceList{pod.ResourceCPU: request},
		Limits:   pod.ResourceList{pod.ResourceCPU: limit, pod.ResourceMemory: memory},
	}}
	l := new(pod.Spec).ContainerLinuxResources(&one, r.cfg.Rules)
	return &criapi.LinuxContainerResources{
		CpuShares: l.CPUShares, CpuQuota: l.CPUQuota, CpuPeriod: l.CPUPeriod, MemoryLimitInBytes: l.Memory,
	}
}

// podLabels are the labels of a pod's sandbox: its own, and those by which it is found.
func podLabels(p *pod.Pod, owner string) map[string]string {
	labels := maps.Clone(p.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, objectLabels(p, owner))
	return labels
}

// objectLabels are the labels by which everything of a pod is found.
func objectLabels(p *pod.Pod, owner string) map[string]string {
	return map[string]string{
		labelPodName: p.Name, labelPodNamespace: p.Namespace, labelPodUID: string(p.UID), labelOwner: owner,
	}
}

func sandboxAnnotations(p *pod.Pod) map[string]string {
	annotations := maps.Clone(p.Annotations)
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[annotationImages] = strings.Join(imagesOf(p), "\n")
	return annotations
}

// imagesOf returns the images of a pod as its spec writes them, each once, in order.
func imagesOf(p *pod.Pod) []string {
	var list []string
	for _, c := range p.Spec.AllContainers() {
		if c.Image != "" {
			list = append(list, c.Image)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// dnsConfig is the pod's resolv.conf. Where the node does not say what its own is, that of this machine counts.
func dnsConfig(p *pod.Pod, dns network.NodeDNS) (*criapi.DNSConfig, error) {
	if dns.ResolvConf == nil {
		if text, err := os.ReadFile("/etc/resolv.conf"); err == nil {
			own := string(text)
			dns.ResolvConf = &own
		}
	}
	resolver, err := network.ResolvConf(p, dns)
	if err != nil {
		return nil, err
	}
	return &criapi.DNSConfig{Servers: resolver.Nameservers, Searches: resolver.Searches, Options: resolver.Options}, nil
}

// portMappings are the host ports of a pod. On the host network there is nothing to map.
func portMappings(s *pod.Spec) []*criapi.PortMapping {
	if s.HostNetwork {
		return nil
	}
	var out []*criapi.PortMapping
	for role, c := range s.AllContainers() {
		if role == pod.RoleEphemeral || role == pod.RoleInit {
			continue
		}
		for _, m := range network.PortMappings(c) {
			if m.HostPort > 0 {
				out = append(out, &criapi.PortMapping{
					Protocol: protocol(m.Protocol), ContainerPort: m.ContainerPort, HostPort: m.HostPort, HostIp: m.HostIP,
				})
			}
		}
	}
	return out
}

func protocol(p pod.Protocol) criapi.Protocol {
	switch p {
	case pod.ProtocolUDP:
		return criapi.Protocol_UDP
	case pod.ProtocolSCTP:
		return criapi.Protocol_SCTP
	}
	return criapi.Protocol_TCP
}

func sysctls(s *pod.Spec) map[string]string {
	out := map[string]string{}
	if s.SecurityContext != nil {
		for _, c := range s.SecurityContext.Sysctls {
			out[c.Name] = c.Value
		}
	}
	return out
}

// namespaces says which namespaces of Linux the containers of a pod have in common.
// See https://kubernetes.io/docs/concepts/workloads/pods/share-process-namespace/.
func namespaces(s *pod.Spec) (*criapi.NamespaceOption, error) {
	sharing := network.SharingOf(s)
	if sharing.Users != network.ScopeNode {
		return nil, fmt.Errorf("hostUsers false: this runtime has no user IDs to give to pods")
	}
	return &criapi.NamespaceOption{
		Network: namespaceMode(sharing.Network), Pid: namespaceMode(sharing.Process), Ipc: namespaceMode(sharing.IPC),
	}, nil
}

func namespaceMode(s network.Scope) criapi.NamespaceMode {
	switch s {
	case network.ScopeContainer:
		return criapi.NamespaceMode_CONTAINER
	case network.ScopeNode:
		return criapi.NamespaceMode_NODE
	}
	return criapi.NamespaceMode_POD
}
