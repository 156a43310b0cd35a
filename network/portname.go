package network

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

// ContainerPort returns the number that a probe or hook of c means by want: a
// number, or the name of a port of c. A name that no port has, and a number
// that is no port, is an error, in the words of the kubelet's events.
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port.
func ContainerPort(c *pod.Container, want pod.IntOrString) (int32, error) {
	n, _ := want.Int()
	if name, isString := want.Text(); isString {
		var ok bool
		if n, ok = named(c.Ports, name); !ok {
			return 0, fmt.Errorf("port %q not found", name)
		}
	}
	if n < 1 || n > 65535 {
		return 0, fmt.Errorf("invalid port number: %d", n)
	}
	return n, nil
}

func named(ports []pod.ContainerPort, name string) (int32, bool) {
	for _, p := range ports {
		if p.Name == name {
			return p.ContainerPort, true
		}
	}
	return 0, false
}

// NamedPort returns the number that a Service means by a target port's name:
// that of the first port of that name and protocol (empty means TCP) among the
// main containers and then the sidecars. It returns false if there is none.
// See https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports.
func NamedPort(s *pod.Spec, name string, protocol pod.Protocol) (int32, bool) {
	for k := range s.Containers {
		if n, ok := namedFor(&s.Containers[k], name, protocol); ok {
			return n, true
		}
	}
	for k := range s.InitContainers {
		if c := &s.InitContainers[k]; sidecar(c) {
			if n, ok := namedFor(c, name, protocol); ok {
				return n, true
			}
		}
	}
	return 0, false
}

func namedFor(c *pod.Container, name string, protocol pod.Protocol) (int32, bool) {
	for _, p := range c.Ports {
		if p.Name == name && orTCP(p.Protocol) == orTCP(protocol) {
			return p.ContainerPort, true
		}
	}
	return 0, false
}

func orTCP(p pod.Protocol) pod.Protocol {
	if p == "" {
		return pod.ProtocolTCP
	}
	return p
}
