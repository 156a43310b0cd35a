package network

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/podlife/podlife/pod"
)

// HostPortsOf returns the ports of a pod that take a port of its node: those
// with a hostPort, of sidecars and then of main containers. Other init
// containers are not counted. On the host network defaulting has made every
// containerPort a hostPort, so an undefaulted spec has fewer.
// See https://kubernetes.io/docs/concepts/configuration/overview/#services.
func HostPortsOf(s *pod.Spec) []pod.ContainerPort {
	var ports []pod.ContainerPort
	eachServing(s, func(c *pod.Container) {
		for _, p := range c.Ports {
			if p.HostPort > 0 {
				ports = append(ports, p)
			}
		}
	})
	return ports
}

// eachServing calls visit for the containers whose host ports count.
func eachServing(s *pod.Spec, visit func(*pod.Container)) {
	for k := range s.InitContainers {
		if sidecar(&s.InitContainers[k]) {
			visit(&s.InitContainers[k])
		}
	}
	for k := range s.Containers {
		visit(&s.Containers[k])
	}
}

// PortMapping forwards a port of the node to a port of a pod.
type PortMapping struct {
	// HostIP is the node's address, as written in the manifest; empty means
	// every one.
	HostIP string
	// HostPort is the node's port; 0 means that none was asked for.
	HostPort int32
	// ContainerPort is the pod's port.
	ContainerPort int32
	// Protocol is as written in the manifest.
	Protocol pod.Protocol
}

// PortMappings returns the mappings that a runtime is asked to make for a
// container, in the order of its ports. Of several ports with one name only the
// first counts, and so of several that are equal and have none.
func PortMappings(c *pod.Container) []PortMapping {
	var made []PortMapping
	names := make(map[string]bool, len(c.Ports))
	for _, p := range c.Ports {
		m := PortMapping{p.HostIP, p.HostPort, p.ContainerPort, p.Protocol}
		name := p.Name
		if name == "" {
			name = unnamed(m)
		}
		if !names[name] {
			names[name] = true
			made = append(made, m)
		}
	}
	return made
}

// unnamed returns what a port without a name goes by: no two that differ share
// it.
func unnamed(m PortMapping) string {
	family := "any"
	if m.HostIP != "" {
		family = "v4"
		if a, err := netip.ParseAddr(m.HostIP); err == nil && a.Is6() && !a.Is4In6() {
			family = "v6"
		}
	}
	return fmt.Sprintf("%s-%s-%s:%d:%d", family, m.Protocol, m.HostIP, m.ContainerPort, m.HostPort)
}

// HostPorts are the ports of a node that pods have: by host IP, protocol and
// number. An empty hostIP and 0.0.0.0 mean every address of either family. The
// zero value is empty; it is not safe for concurrent use.
//
// Kubernetes takes :: for an address like others, and two pods with [::]:80 and
// 10.0.0.1:80 for no conflict, though a socket bound to :: receives IPv4 as
// well. So does the zero value; DualStack is the other way.
type HostPorts struct {
	// DualStack makes :: mean every address too, as it does for sockets. Set it
	// before the first use.
	DualStack bool

	table portTable[Owner]
}

// overlap is the rule of h for two host addresses; the zero Addr is every
// address.
func (h *HostPorts) overlap() overlapRule {
	if h.DualStack {
		return func(a, b netip.Addr) bool {
			return a == b || everyHost(a) || everyHost(b) || everything(a) || everything(b)
		}
	}
	return func(a, b netip.Addr) bool { return a == b || everyHost(a) || everyHost(b) }
}

// everyHost reports whether a means every address of the node.
func everyHost(a netip.Addr) bool { return !a.IsValid() || a == netip.IPv4Unspecified() }

// hostAddr returns the address of a hostIP, the zero Addr for every address.
func hostAddr(hostIP string) (netip.Addr, error) {
	if hostIP == "" || hostIP == "0.0.0.0" {
		return netip.Addr{}, nil
	}
	a, err := netip.ParseAddr(hostIP)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("hostIP %q is not an IP address", hostIP)
	}
	return a, nil
}

// hostPortOf returns the port of a node that a manifest means.
func hostPortOf(hostIP string, protocol pod.Protocol, number int32) (Port, error) {
	p, err := PortOf(protocol, number)
	if err != nil {
		return Port{}, err
	}
	p.Addr, err = hostAddr(hostIP)
	return p, err
}

// claim is one host port that a container of a pod takes.
type claim struct {
	port  Port
	owner Owner
}

// claims returns what p takes of its node's ports. On the host network a port
// without hostPort takes its containerPort.
func claims(p *pod.Pod) ([]claim, error) {
	var all []claim
	var first error
	h := HolderOf(p)
	if h.UID == "" {
		return nil, errNobody
	}
	eachServing(&p.Spec, func(c *pod.Container) {
		for _, cp := range c.Ports {
			n := cp.HostPort
			if n == 0 && p.Spec.HostNetwork {
				n = cp.ContainerPort
			}
			if n == 0 || first != nil {
				continue
			}
			port, err := hostPortOf(cp.HostIP, cp.Protocol, n)
			if err != nil {
				first = fmt.Errorf("container %q: %w", c.Name, err)
			}
			all = append(all, claim{port, Owner{h, c.Name}})
		}
	})
	return all, first
}

// Check returns the error that Reserve would return, and changes nothing.
func (h *HostPorts) Check(p *pod.Pod) error {
	wanted, err := claims(p)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		if l := h.inTheWay(w); l != nil {
			return &PortError{Port: w.port, Owner: w.owner, Taken: l.port(), Holder: l.owner}
		}
	}
	return nil
}

// inTheWay returns what another pod has that a claim cannot be granted beside.
// A pod is never in its own way: that is for validation to find.
func (h *HostPorts) inTheWay(w claim) *listener[Owner] {
	overlap := h.overlap()
	return h.table.first(w.port.key(), func(l *listener[Owner]) bool {
		return l.owner.UID != w.owner.UID && overlap(l.addr, w.port.Addr)
	})
}

// Reserve gives p all the host ports of its spec, or none: then the error is a
// *PortError that wraps ErrPortTaken and names both pods and containers, or
// says which port is malformed. Reserving again for the same UID is harmless.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/.
func (h *HostPorts) Reserve(p *pod.Pod) error {
	if err := h.Check(p); err != nil {
		return err
	}
	return h.Adopt(p)
}

// Adopt records the host ports of a pod that runs already, whoever else has
// them. After a restart this rebuilds the node's ports. Only a malformed port
// is an error, and then nothing is recorded.
func (h *HostPorts) Adopt(p *pod.Pod) error {
	wanted, err := claims(p)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		h.add(w)
	}
	return nil
}

// add records a claim, once.
func (h *HostPorts) add(w claim) {
	l := listener[Owner]{w.port.key(), w.port.Addr, w.owner}
	if !h.table.holds(l) {
		h.table.add(l)
	}
}

// Release takes from p, by its UID, the host ports of its spec and returns how
// many it had. Calling it again is harmless.
func (h *HostPorts) Release(p *pod.Pod) int {
	had, _ := claims(p) // what is malformed was never taken
	n := 0
	for _, w := range had {
		if h.table.release(w.port.key(), w.port.Addr, w.owner) {
			n++
		}
	}
	return n
}

// Owner returns who has p: its very address, or else one that means every
// address. A zero Addr in p means every address.
func (h *HostPorts) Owner(p Port) (Owner, bool) {
	if l := h.table.at(p.key(), p.Addr, h.overlap()); l != nil {
		return l.owner, true
	}
	return Owner{}, false
}

// Conflict reports whether a pod that holds nothing yet could not have the
// given host port. What is no port, as 0, never conflicts.
func (h *HostPorts) Conflict(hostIP string, protocol pod.Protocol, port int32) bool {
	p, err := hostPortOf(hostIP, protocol, port)
	if err != nil {
		return false
	}
	_, taken := h.Owner(p)
	return taken
}

// Len returns how many host ports are taken. A port that several adopted pods
// have counts once.
func (h *HostPorts) Len() int {
	n := 0
	var last Port
	for p := range h.All {
		if p != last {
			n++
		}
		last = p
	}
	return n
}

// All calls yield for each host port taken, by protocol, number, address and
// owner, until it returns false.
func (h *HostPorts) All(yield func(Port, Owner) bool) {
	for _, l := range h.table.sorted(compareOwners) {
		if !yield(l.port(), l.owner) {
			return
		}
	}
}

func compareOwners(a, b Owner) int {
	return cmp.Or(cmp.Compare(a.UID, b.UID), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Container, b.Container))
}
