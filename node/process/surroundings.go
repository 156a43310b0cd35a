package process

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// clusterDomain is what the names of pods with a subdomain end in, where Config says nothing.
const clusterDomain = "cluster.local"

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
	host, err := network.HostName(p, cmp.Or(r.cfg.ClusterDomain, clusterDomain))
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
		q.HostsFile, q.HostNameFile = filepath.Join(dir, "pod.hosts"), filepath.Join(dir, "pod.hostname")
	}
	return q, nil
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

// writeFiles makes the files of a pod that take the place of the machine's.
func (r *Runtime) writeFiles(p *pod.Pod, q sandboxRequest) error {
	if q.HostsFile == "" {
		return nil
	}
	host, err := network.HostName(p, cmp.Or(r.cfg.ClusterDomain, clusterDomain))
	if err != nil {
		return err
	}
	if err := os.WriteFile(q.HostNameFile, []byte(q.HostName+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(q.HostsFile, []byte(network.Hosts(host, p.Status.PodIPs, p.Spec.HostAliases)), 0o644)
}
