package scheduling

import (
	"github.com/podlife/podlife/pod"
)

// hostPort is a port of the node that a pod takes.
type hostPort struct {
	ip       string
	protocol pod.Protocol
	port     int32
}

// anyIP stands for every address, and so does an empty one. "::" does not.
const anyIP = "0.0.0.0"

// hostPorts lists the ports of the node that a pod takes for as long as it runs: those of main containers and sidecars.
func hostPorts(s *pod.Spec) (ports []hostPort) {
	for role, c := range s.AllContainers() {
		if role != pod.RoleMain && role != pod.RoleSidecar {
			continue
		}
		for _, p := range c.Ports {
			if p.HostPort > 0 {
				ports = append(ports, newHostPort(p))
			}
		}
	}
	return ports
}

func newHostPort(p pod.ContainerPort) hostPort {
	h := hostPort{ip: p.HostIP, protocol: p.Protocol, port: p.HostPort}
	if h.ip == "" {
		h.ip = anyIP
	}
	if h.protocol == "" {
		h.protocol = pod.ProtocolTCP
	}
	return h
}

// conflicts reports whether a and b cannot both be taken.
func (a hostPort) conflicts(b hostPort) bool {
	return a.port == b.port && a.protocol == b.protocol && (a.ip == b.ip || a.ip == anyIP || b.ip == anyIP)
}

// anyConflict reports whether one of a conflicts with one of b.
func anyConflict(a, b []hostPort) bool {
	for _, p := range a {
		for _, q := range b {
			if p.conflicts(q) {
				return true
			}
		}
	}
	return false
}
