package pod

import (
	"fmt"
	"math"

	"github.com/podlife/podlife/naming"
)

// maxPort is the highest port of TCP, UDP and SCTP.
const maxPort = math.MaxUint16

// containerPorts judges the ports of one container. Only names must be unique.
func (v *validator) containerPorts(p path, ports []ContainerPort) {
	var names smallSet[string]
	for i := range ports {
		at, c := p.at(i), &ports[i]
		if c.Name != "" {
			if err := naming.PortName(c.Name); err != nil {
				v.name(at.field("name"), c.Name, err)
			} else if !names.add(c.Name) {
				v.duplicate(at.field("name"), c.Name)
			}
		}
		if c.ContainerPort == 0 {
			v.required(at.field("containerPort"), "")
		} else {
			v.portNumber(at.field("containerPort"), c.ContainerPort)
		}
		if c.HostPort != 0 {
			v.portNumber(at.field("hostPort"), c.HostPort)
		}
		requireOneOf(v, at.field("protocol"), c.Protocol, ProtocolTCP, ProtocolUDP, ProtocolSCTP)
	}
}

// portNumber judges a port.
func (v *validator) portNumber(p path, port int32) { v.inRange(p, int64(port), 1, maxPort) }

// portNumberOrName judges a port that may be given by the name it has in its container.
func (v *validator) portNumberOrName(p path, port IntOrString) {
	if n, isInt := port.Int(); isInt {
		v.portNumber(p, n)
		return
	}
	name, _ := port.Text()
	v.name(p, name, naming.PortName(name))
}

// hostPort is a port of the node that a container occupies.
type hostPort struct {
	protocol Protocol
	ip       string
	port     int32
}

// hostPorts judges that no port of the node is taken twice; taken are those of the containers before.
func (v *validator) hostPorts(p path, ports []ContainerPort, taken *smallSet[hostPort]) {
	for i := range ports {
		h := hostPort{ports[i].Protocol, ports[i].HostIP, ports[i].HostPort}
		if h.port != 0 && !taken.add(h) {
			at := p.at(i)
			v.duplicate(at.field("hostPort"), fmt.Sprintf("%s/%s/%d", h.protocol, h.ip, h.port))
		}
	}
}

// initHostPorts judges the ports of the node that init container i of the list p takes. Each is judged alone, as they
// run one after the other, and Kubernetes' path names the first for all.
func (v *validator) initHostPorts(p path, i int, ports []ContainerPort) {
	var taken smallSet[hostPort]
	first := p.toldAt(0)
	at := first.realAt(i)
	v.hostPorts(at.field("ports"), ports, &taken)
}

// hostNetworkPorts judges that containers on the node's network take the port of the node that they listen on.
func (v *validator) hostNetworkPorts(p path, list []Container) {
	for i := range list {
		at := p.at(i)
		ports := at.field("ports")
		for j := range list[i].Ports {
			c := &list[i].Ports[j]
			if c.HostPort == c.ContainerPort || c.HostPort == 0 && v.meta == nil {
				continue
			}
			port := ports.at(j)
			v.invalid(port.field("hostPort"), c.HostPort, "must be the containerPort under hostNetwork")
		}
	}
}
