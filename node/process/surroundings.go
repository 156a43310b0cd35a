package process

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// clusterDomain is what the names of pods with a subdomain end in, where Config says nothing.
const clusterDomain = "cluster.local"

// host is what a pod is called.
func (r *Runtime) host(p *pod.Pod) (network.Host, error) {
	return network.HostName(p, cmp.Or(r.cfg.DNS.ClusterDomain, clusterDomain))
}

// sandboxRequest works out what a shim is to be told of a pod whose folder is dir: the namespaces that the pod is to have of its
// own, unless its spec shares the machine's.
func (r *Runtime) sandboxRequest(p *pod.Pod, dir string) (sandboxRequest, error) {
	q := sandboxRequest{Dir: dir}
	if p.Spec.QOSClass() != pod.QOSBestEffort {
		q.Resources = new(p.Spec.LinuxResources(linuxRules()))
	}
	if r.cfg.NoNamespaces {
		return q, nil
	}
	host, err := r.host(p)
	if err != nil {
		return q, err
	}
	if q.HostName, err = host.Kernel(); err != nil {
		return q, err
	}
	q.Network, q.IPC, q.Mounts = !p.Spec.HostNetwork, !p.Spec.HostIPC, true
	q.ShareProcesses = p.Spec.ShareProcessNamespace != nil && *p.Spec.ShareProcessNamespace
	q.OwnProcesses = !q.ShareProcesses && !p.Spec.HostPID
	if q.Network {
		for _, ip := range p.Status.PodIPs {
			q.Addresses = append(q.Addresses, ip.IP)
		}
		for _, h := range hostPorts(&p.Spec) {
			if h.Protocol == string(pod.ProtocolSCTP) {
				q.Warnings = append(q.Warnings, fmt.Sprintf("host port %d is not forwarded: its protocol is SCTP", h.HostPort))
			} else {
				q.HostPorts = append(q.HostPorts, h)
			}
		}
	}
	return q, r.writeFiles(p, host, &q)
}

// hostPorts are the ports of the machine that a pod's containers want.
func hostPorts(s *pod.Spec) []hostPort {
	var out []hostPort
	for role, c := range s.AllContainers() {
		if role == pod.RoleEphemeral || role == pod.RoleInit {
			continue
		}
		for _, m := range network.PortMappings(c) {
			if m.HostPort > 0 {
				out = append(out, hostPort{string(m.Protocol), m.HostIP, m.HostPort, m.ContainerPort})
			}
		}
	}
	return out
}

// linuxRules are those of this machine.
func linuxRules() pod.LinuxRules { return pod.LinuxRules{MemoryCapacity: memoryCapacity()} }

// limit sets the limits of an attempt.
func (r *startRequest) limit(p *pod.Pod, c *pod.Container) {
	rules := linuxRules()
	r.OOMScore = p.OOMScoreAdj(c, rules.MemoryCapacity)
	if p.Spec.QOSClass() != pod.QOSBestEffort {
		r.Resources = new(p.Spec.ContainerLinuxResources(c, rules))
	}
}

// Files of the machine that a pod has its own of.
const (
	hostsFile    = "/etc/hosts"
	hostNameFile = "/etc/hostname"
	resolvFile   = "/etc/resolv.conf"
)

// missingClusterDNS is the reason of a warning that every pod would hear here, where there is no cluster.
const missingClusterDNS = "MissingClusterDNS"

// writeFiles makes the files of a pod that take the place of the machine's, in its folder.
func (r *Runtime) writeFiles(p *pod.Pod, host network.Host, q *sandboxRequest) error {
	if err := os.MkdirAll(q.Dir, 0o755); err != nil {
		return err
	}
	resolver, err := network.ResolvConf(p, r.nodeDNS())
	if err != nil {
		return err
	}
	for _, w := range resolver.Warnings {
		if w.Reason != missingClusterDNS {
			q.Warnings = append(q.Warnings, w.Message)
		}
	}
	q.Files = []fileRequest{
		{filepath.Join(q.Dir, "pod.hosts"), hostsFile}, {filepath.Join(q.Dir, "pod.resolv"), resolvFile},
	}
	hosts := network.Hosts(host, p.Status.PodIPs, p.Spec.HostAliases)
	if p.Spec.HostNetwork {
		machine, _ := os.ReadFile(hostsFile)
		hosts = network.HostNetworkHosts(string(machine), p.Spec.HostAliases)
	}
	texts := []string{hosts, resolver.String()}
	if q.HostName != "" {
		q.Files = append(q.Files, fileRequest{filepath.Join(q.Dir, "pod.hostname"), hostNameFile})
		texts = append(texts, q.HostName+"\n")
	}
	for i, f := range q.Files {
		if err := os.WriteFile(f.Source, []byte(texts[i]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// nodeDNS is what the node knows of name resolution. Where Config does not say what its resolv.conf is, that of this machine counts.
func (r *Runtime) nodeDNS() network.NodeDNS {
	dns := r.cfg.DNS
	dns.ClusterDomain = cmp.Or(dns.ClusterDomain, clusterDomain)
	if dns.ResolvConf == nil {
		if text, err := os.ReadFile(resolvFile); err == nil {
			dns.ResolvConf = new(string(text))
		}
	}
	return dns
}
