package network

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/podlife/podlife/pod"
)

// PortRange is a range of port numbers, both ends included.
type PortRange struct{ First, Last uint16 }

// EphemeralPorts is Linux's range of ports for those who do not care,
// net.ipv4.ip_local_port_range.
var EphemeralPorts = PortRange{32768, 60999}

// PortSpace is the one port space that the containers of a pod share: what each
// listens on. Two containers cannot listen on one port of one protocol at
// addresses that overlap: the zero address and :: overlap with every address,
// 0.0.0.0 with every IPv4 one, as sockets do. Reserve and Release take constant
// time however many ports are taken, and allocate nothing in a steady state. The
// memory follows the ports taken; a protocol that was asked for a dynamic port
// takes a bit for each port of the dynamic range besides.
// The zero value is the empty space of a pod not named; a PortSpace is not safe
// for concurrent use.
// See https://kubernetes.io/docs/concepts/workloads/pods/#pod-networking.
type PortSpace struct {
	// Pod is whose space this is; errors name it.
	Pod Holder
	// Dynamic is where ReserveDynamic takes ports from; the zero value means
	// EphemeralPorts. Set it before the first use.
	Dynamic PortRange

	table portTable[string]
	// busy has, for each protocol that was asked for a dynamic port, the
	// numbers of the dynamic range that anybody listens on.
	busy [len(protocols)]*portSet
	// cursor is, for each protocol, the number at which the search for a
	// dynamic port goes on.
	cursor [len(protocols)]uint16
}

// overlap reports whether sockets bound to two addresses receive some of the
// same packets.
func overlap(a, b netip.Addr) bool {
	return a == b || everything(a) || everything(b) ||
		a == netip.IPv4Unspecified() && b.Is4() || b == netip.IPv4Unspecified() && a.Is4()
}

// everything reports whether a socket bound to a receives what is sent to any
// address.
func everything(a netip.Addr) bool { return !a.IsValid() || a == netip.IPv6Unspecified() }

// Reserve records that a container listens on p. It succeeds if it does
// already. A port that another container has at an address that overlaps gives
// a *PortError, which wraps ErrPortTaken and names both.
func (s *PortSpace) Reserve(p Port, container string) error {
	k := p.key()
	if k == 0 {
		return p.invalid()
	}
	if !s.table.putHome(k, p.Addr, container) {
		if l := s.table.reserve(k, p.Addr, container, overlap); l != nil {
			return s.refusal(p, container, l)
		}
	}
	if busy := s.busy[p.Protocol]; busy != nil {
		busy.add(p.Number)
	}
	return nil
}

// refusal returns the error for a port that l is in the way of.
func (s *PortSpace) refusal(p Port, container string, l *listener[string]) error {
	return &PortError{Port: p, Owner: s.owner(container), Taken: l.port(), Holder: s.owner(l.owner)}
}

func (s *PortSpace) owner(container string) Owner { return Owner{s.Pod, container} }

// Release records that a container no longer listens on p. If it did not,
// nothing changes and the error wraps ErrNotHeld.
func (s *PortSpace) Release(p Port, container string) error {
	k := p.key()
	if k == 0 {
		return p.invalid()
	}
	if !s.table.takeHome(k, p.Addr, container) {
		return s.release(p, container)
	}
	if busy := s.busy[p.Protocol]; busy != nil {
		busy.remove(p.Number)
	}
	return nil
}

// release is Release of a port that others may listen on, too.
func (s *PortSpace) release(p Port, container string) error {
	k := p.key()
	if !s.table.release(k, p.Addr, container) {
		return fmt.Errorf("port %s is %w by %s", p, ErrNotHeld, s.owner(container))
	}
	if busy := s.busy[p.Protocol]; busy != nil && !s.table.has(k) {
		busy.remove(p.Number)
	}
	return nil
}

// ReserveDynamic records that a container listens on some port of the dynamic
// range, and returns it: the next after the one given last on which nobody
// listens at any address. If there is none the error wraps ErrRangeFull.
func (s *PortSpace) ReserveDynamic(protocol Protocol, a netip.Addr, container string) (Port, error) {
	if protocol > SCTP || s.busy[protocol] == nil {
		if err := s.count(protocol); err != nil {
			return Port{}, err
		}
	}
	busy := s.busy[protocol]
	n, ok := busy.take(s.cursor[protocol])
	if !ok {
		return Port{}, fmt.Errorf("%w: no free %s port in %d-%d", ErrRangeFull, protocol, busy.First, busy.Last)
	}
	s.cursor[protocol] = n + 1 // 0 after 65535, which is before the range
	p := Port{Protocol: protocol, Number: n, Addr: a}
	if !s.table.putHome(p.key(), a, container) {
		s.table.add(listener[string]{p.key(), a, container})
	}
	return p, nil
}

// dynamic returns the range of dynamic ports.
func (s *PortSpace) dynamic() PortRange {
	if s.Dynamic == (PortRange{}) {
		return EphemeralPorts
	}
	return s.Dynamic
}

// count counts the busy numbers of a protocol.
func (s *PortSpace) count(protocol Protocol) error {
	r := s.dynamic()
	if p := (Port{Protocol: protocol, Number: r.First}); p.key() == 0 {
		return p.invalid()
	}
	if r.Last < r.First {
		return fmt.Errorf("dynamic ports %d to %d are no range of ports", r.First, r.Last)
	}
	busy := newPortSet(r)
	for l := range s.table.all {
		if p := l.port(); p.Protocol == protocol {
			busy.add(p.Number)
		}
	}
	s.busy[protocol] = busy
	return nil
}

// ReserveContainer reserves all ports that c declares, all or none, at every
// address: containerPort says nothing of an address. The errors are those of
// Reserve.
func (s *PortSpace) ReserveContainer(c *pod.Container) error {
	ports := make([]Port, len(c.Ports))
	for k, cp := range c.Ports {
		p, err := PortOf(cp.Protocol, cp.ContainerPort)
		if err != nil {
			return fmt.Errorf("container %q: %w", c.Name, err)
		}
		other := s.table.first(p.key(), func(l *listener[string]) bool { return l.owner != c.Name })
		if other != nil {
			return s.refusal(p, c.Name, other)
		}
		ports[k] = p
	}
	for _, p := range ports {
		_ = s.Reserve(p, c.Name) // asked above
	}
	return nil
}

// ReleaseContainer releases everything that a container has, declared or not,
// and returns how many ports that were. It takes time in proportion to the
// ports of the pod.
func (s *PortSpace) ReleaseContainer(container string) int {
	var ports []Port
	for l := range s.table.all {
		if l.owner == container {
			ports = append(ports, l.port())
		}
	}
	for _, p := range ports {
		_ = s.Release(p, container) // it is there: that is how it was found
	}
	return len(ports)
}

// Owner returns the name of the container that listens on p: on its very
// address, or else on one that overlaps with it.
func (s *PortSpace) Owner(p Port) (string, bool) {
	if l := s.table.at(p.key(), p.Addr, overlap); l != nil {
		return l.owner, true
	}
	return "", false
}

// Len returns how many ports are taken; one port at two addresses counts twice.
func (s *PortSpace) Len() int { return s.table.n }

// All calls yield for each port taken and its container, by protocol, number
// and address, until it returns false.
func (s *PortSpace) All(yield func(p Port, container string) bool) {
	for _, l := range s.table.sorted(strings.Compare) {
		if !yield(l.port(), l.owner) {
			return
		}
	}
}

// Clashes returns a *PortError for each two containers of p that declare one
// port and run at the same time: sidecars and main containers, and each other
// init container with the sidecars before it. Kubernetes accepts such pods;
// whether they work depends on who listens first.
func Clashes(p *pod.Pod) []error {
	var errs []error
	s := PortSpace{Pod: HolderOf(p)}
	declare := func(c *pod.Container) {
		for _, cp := range c.Ports {
			p, err := PortOf(cp.Protocol, cp.ContainerPort)
			if err == nil {
				err = s.Reserve(p, c.Name)
			}
			if errors.Is(err, ErrPortTaken) {
				errs = append(errs, err)
			}
		}
	}
	for k := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[k]
		declare(c)
		if !sidecar(c) {
			s.ReleaseContainer(c.Name)
		}
	}
	for k := range p.Spec.Containers {
		declare(&p.Spec.Containers[k])
	}
	return errs
}

// sidecar reports whether an init container runs as long as the pod.
// See https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
func sidecar(c *pod.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == pod.RestartPolicyAlways
}
