package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/podlife/podlife/pod"
)

// Protocol is a transport protocol. The zero value is TCP.
type Protocol uint8

// The protocols. Each has ports of its own: the same number is free for each.
const (
	TCP Protocol = iota
	UDP
	SCTP
)

// protocols are the manifests' spellings, by Protocol.
var protocols = [...]pod.Protocol{TCP: pod.ProtocolTCP, UDP: pod.ProtocolUDP, SCTP: pod.ProtocolSCTP}

// ProtocolOf returns the protocol that a manifest means; empty means TCP. Any
// other spelling than TCP, UDP and SCTP is an error.
func ProtocolOf(p pod.Protocol) (Protocol, error) {
	if p == "" {
		return TCP, nil
	}
	for k, spelling := range protocols {
		if p == spelling {
			return Protocol(k), nil
		}
	}
	return 0, fmt.Errorf("protocol %q is none of TCP, UDP and SCTP", p)
}

// String returns the protocol as manifests spell it.
func (p Protocol) String() string {
	if int(p) < len(protocols) {
		return string(protocols[p])
	}
	return fmt.Sprintf("protocol(%d)", uint8(p))
}

// Port is a place to listen. Ports compare with ==.
type Port struct {
	// Addr is the local address listened on. The zero value means every
	// address.
	Addr netip.Addr
	// Number is the port; 0 is none.
	Number uint16
	// Protocol is TCP by default.
	Protocol Protocol
}

// PortOf returns the port that a manifest means, at every address. A number
// outside 1 to 65535 and an unknown protocol are errors.
func PortOf(protocol pod.Protocol, number int32) (Port, error) {
	if number < 1 || number > 65535 {
		return Port{}, fmt.Errorf("port %d is not between 1 and 65535", number)
	}
	t, err := ProtocolOf(protocol)
	return Port{Number: uint16(number), Protocol: t}, err
}

// String returns the port as "TCP 10.0.0.1:80", with * for every address.
func (p Port) String() string {
	if !p.Addr.IsValid() {
		return fmt.Sprintf("%s *:%d", p.Protocol, p.Number)
	}
	return fmt.Sprintf("%s %s", p.Protocol, netip.AddrPortFrom(p.Addr, p.Number))
}

// Owner is the container that listens on a port. Owners compare with ==.
type Owner struct {
	// Holder is the container's pod.
	Holder
	// Container is the container's name.
	Container string
}

// String names container and pod: container "web" of "default/web-0" (uid
// 6f1d).
func (o Owner) String() string {
	return fmt.Sprintf("container %q of %s", o.Container, o.Holder)
}

// PortError says that a port is taken. It wraps ErrPortTaken and names both
// sides.
type PortError struct {
	// Port is what was wanted.
	Port Port
	// Owner wanted it.
	Owner Owner
	// Taken is what stands in the way: Port, or a port of the same number on an
	// address that overlaps.
	Taken Port
	// Holder has Taken.
	Holder Owner
}

// Error returns one sentence that names both ports, containers and pods.
func (e *PortError) Error() string {
	return fmt.Sprintf("port %s wanted by %s is taken: %s listens on %s", e.Port, e.Owner, e.Holder, e.Taken)
}

// Unwrap returns ErrPortTaken.
func (e *PortError) Unwrap() error { return ErrPortTaken }

// portKey is a protocol and a number in one word: the protocol plus 1, times
// 65536, plus the number. 0 is no port.
type portKey uint32

// key returns the key of p, and 0 if p is no port.
func (p Port) key() portKey {
	if p.Number == 0 || p.Protocol > SCTP {
		return 0
	}
	return portKey(p.Protocol+1)<<16 | portKey(p.Number)
}

// port returns the port with key k on an address.
func (k portKey) port(a netip.Addr) Port {
	return Port{Protocol: k.protocol(), Number: uint16(k), Addr: a}
}

func (k portKey) protocol() Protocol { return Protocol(k>>16 - 1) }

// invalid returns the error for a port without a key.
func (p Port) invalid() error {
	if p.Number == 0 {
		return errors.New("port 0 is no port to listen on")
	}
	return fmt.Errorf("%s is not a protocol", p.Protocol)
}
