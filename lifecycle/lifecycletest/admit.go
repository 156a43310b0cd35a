package lifecycletest

import (
	"cmp"
	"fmt"

	"github.com/podlife/podlife/pod"
)

// refusal is why the node will not run a pod, beside others; an empty reason where it will. It knows the node's labels,
// its operating system, its CPU and memory, and host ports.
func refusal(spec *pod.Spec, others []pod.Pod, node Node) (pod.Reason, string) {
	if spec.OS != nil && spec.OS.Name != node.OS {
		return pod.ReasonPodOSNotSupported, "Failed to admit pod as the OS field doesn't match node OS"
	}
	if reason, message := shortage(spec, others, node); reason != "" {
		return reason, message
	}
	for key, value := range spec.NodeSelector {
		if node.Labels[key] != value {
			return pod.ReasonNodeAffinity, "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
		}
	}
	for i := range others {
		if sharesHostPort(spec, &others[i].Spec) {
			return pod.ReasonNodePorts, "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
		}
	}
	return "", ""
}

func shortage(spec *pod.Spec, others []pod.Pod, node Node) (pod.Reason, string) {
	wanted := spec.EffectiveRequests()
	var cpu, memory int64
	for i := range others {
		used := others[i].Spec.EffectiveRequests()
		c, m := used[pod.ResourceCPU], used[pod.ResourceMemory]
		cpu, memory = cpu+c.MilliValue(), memory+m.Value()
	}
	const text = "Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d"
	if q := wanted[pod.ResourceCPU]; q.MilliValue() > 0 && q.MilliValue() > node.CPU-cpu {
		return pod.ReasonOutOfcpu, fmt.Sprintf(text, "cpu", q.MilliValue(), cpu, node.CPU)
	}
	if q := wanted[pod.ResourceMemory]; q.Value() > 0 && q.Value() > node.Memory-memory {
		return pod.ReasonOutOfmemory, fmt.Sprintf(text, "memory", q.Value(), memory, node.Memory)
	}
	return "", ""
}

// sharesHostPort reports whether the two want the same port of the node, on addresses that overlap.
func sharesHostPort(a, b *pod.Spec) bool {
	for _, p := range hostPorts(a) {
		for _, q := range hostPorts(b) {
			anyIP := p.HostIP == "" || q.HostIP == "" || p.HostIP == "0.0.0.0" || q.HostIP == "0.0.0.0"
			if p.HostPort == q.HostPort && cmp.Or(p.Protocol, pod.ProtocolTCP) == cmp.Or(q.Protocol, pod.ProtocolTCP) && (anyIP || p.HostIP == q.HostIP) {
				return true
			}
		}
	}
	return false
}

func hostPorts(s *pod.Spec) (out []pod.ContainerPort) {
	for i := range s.Containers {
		for _, p := range s.Containers[i].Ports {
			if p.HostPort > 0 {
				out = append(out, p)
			}
		}
	}
	return out
}
