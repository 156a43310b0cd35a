package pod

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/podlife/podlife/naming"
)

// statusUpdate judges a new status. Most of what a node writes is taken as it is: any phase, any restart count.
func (v *validator) statusUpdate(old, p *Pod) {
	var root path
	at := root.field("status")
	was, s := &old.Status, &p.Status
	v.conditions(at.field("conditions"), s.Conditions)
	v.nomination(at.field("nominatedNodeName"), old, s.NominatedNodeName)
	v.notNegative(at.field("observedGeneration"), s.ObservedGeneration)
	if s.QOSClass != was.QOSClass {
		v.invalid(at.field("qosClass"), string(s.QOSClass), immutable)
	}
	v.transitions(at, old, s)
	v.claimStatuses(at, p)
	v.volumeHealth(at.field("volumeHealth"), was.VolumeHealth, p)
	v.podIPs(at.field("podIPs"), was, s)
	v.hostIPs(at.field("hostIPs"), was, s)
	v.allocatableClaims(at.field("nodeAllocatableResourceClaimStatuses"), was.NodeAllocatableResourceClaimStatuses, p)
	v.containerStatuses(at.field("containerStatuses"), s.ContainerStatuses, p, p.Spec.Containers)
	v.containerStatuses(at.field("initContainerStatuses"), s.InitContainerStatuses, p, p.Spec.InitContainers)
	v.ephemeralStatuses(at.field("ephemeralContainerStatuses"), p)
}

// conditions judges the types of conditions. The three that every pod has need no check.
func (v *validator) conditions(p path, list []Condition) {
	for i := range list {
		at, c := p.at(i), &list[i]
		v.notNegative(at.field("observedGeneration"), c.ObservedGeneration)
		v.name(at.misspelt("Type", "type"), string(c.Type), naming.QualifiedName(string(c.Type)))
	}
}

// nomination judges the node that a scheduler has in mind for a pod, which a bound pod no longer needs.
func (v *validator) nomination(p path, old *Pod, node string) {
	if node == "" || node == old.Status.NominatedNodeName {
		return
	}
	v.name(p, node, naming.DNS1123Subdomain(node))
	if old.Spec.NodeName != "" {
		v.forbidden(p, "the pod is bound")
	}
}

// transitions judges that a container that ended for good stays so. A pod that can restart as a whole has none such.
func (v *validator) transitions(p path, old *Pod, s *Status) {
	if !AllContainersCouldRestart(&old.Spec) {
		v.staysEnded(p.field("containerStatuses"), old.Status.ContainerStatuses, s.ContainerStatuses, old, old.Spec.Containers)
		v.staysEnded(p.field("initContainerStatuses"), old.Status.InitContainerStatuses, s.InitContainerStatuses, old, old.Spec.InitContainers)
	}
	v.staysEnded(p.field("ephemeralContainerStatuses"), old.Status.EphemeralContainerStatuses, s.EphemeralContainerStatuses, old, nil)
}

// staysEnded judges one list of statuses; containers that are not in list never restart.
func (v *validator) staysEnded(p path, old, statuses []ContainerStatus, pod *Pod, list []Container) {
	for i := range old {
		ended := old[i].State.Terminated
		if ended == nil || !livesAgain(statuses, old[i].Name) {
			continue
		}
		c := slices.IndexFunc(list, func(c Container) bool { return c.Name == old[i].Name })
		if c < 0 || !ContainerShouldRestart(&list[c], pod.Spec.RestartPolicy, ended.ExitCode) {
			at := p.at(i)
			v.forbidden(at.field("state"), "the container has ended for good")
		}
	}
}

// livesAgain reports whether a status of that name says that the container has not ended.
func livesAgain(statuses []ContainerStatus, name string) bool {
	return slices.ContainsFunc(statuses, func(s ContainerStatus) bool { return s.Name == name && s.State.Terminated == nil })
}

// podIPs judges the addresses of a pod. Those that it had already may be malformed.
// See https://kubernetes.io/docs/concepts/services-networking/dual-stack/.
func (v *validator) podIPs(p path, old, s *Status) {
	ips, had := make([]string, len(s.PodIPs)), make([]string, len(old.PodIPs))
	for i := range ips {
		ips[i] = s.PodIPs[i].IP
	}
	for i := range had {
		had[i] = old.PodIPs[i].IP
	}
	v.addresses(p, ips, had)
	switch first := p.at(0); {
	case (s.PodIP == "") != (len(ips) == 0):
		v.invalid(p, s.PodIP, "want podIP and podIPs both, or neither")
	case len(ips) > 0 && ips[0] != s.PodIP:
		v.invalid(first.field("ip"), ips[0], "want the same as podIP")
	}
}

// hostIPs judges the addresses of a pod's node.
func (v *validator) hostIPs(p path, old, s *Status) {
	ips, had := make([]string, len(s.HostIPs)), make([]string, len(old.HostIPs))
	for i := range ips {
		ips[i] = s.HostIPs[i].IP
	}
	for i := range had {
		had[i] = old.HostIPs[i].IP
	}
	v.addresses(p, ips, had)
	if len(ips) > 0 && ips[0] != s.HostIP {
		first := p.at(0)
		v.invalid(first.field("ip"), ips[0], "want the same as hostIP")
	}
}

// addresses judges a list of IP addresses: one, or two of different families.
func (v *validator) addresses(p path, ips, had []string) {
	for i, ip := range ips {
		if !slices.Contains(had, ip) {
			v.name(p.at(i), ip, naming.LegacyIP(ip))
		}
	}
	if len(ips) < 2 {
		return
	}
	four, six := 0, 0
	for _, ip := range ips {
		switch is4, ok := ipFamily(ip); {
		case !ok:
			v.report(InternalError, p, ip, "want IP addresses, to tell their families")
			v.invalid(p, ip, "want one address of each family at most")
			return
		case is4:
			four++
		default:
			six++
		}
	}
	if four != 1 || six != 1 {
		v.invalid(p, strings.Join(ips, ","), "want one address of each family at most")
	}
}

// ipFamily tells IPv4, also mapped into IPv6, from IPv6. Decimal numbers may begin with zeros here.
func ipFamily(s string) (is4, ok bool) {
	colon := strings.LastIndexByte(s, ':')
	if tail := s[colon+1:]; strings.Contains(tail, ".") {
		numbers := strings.Split(tail, ".")
		for i, n := range numbers {
			if zeros := len(n) - len(strings.TrimLeft(n, "0")); zeros > 0 {
				numbers[i] = n[min(zeros, len(n)-1):]
			}
		}
		s = s[:colon+1] + strings.Join(numbers, ".")
	}
	ip, err := netip.ParseAddr(s)
	return ip.Unmap().Is4(), err == nil && ip.Zone() == ""
}

// containerStatuses judges what a node says of the users and devices of containers.
func (v *validator) containerStatuses(p path, list []ContainerStatus, pod *Pod, containers []Container) {
	for i := range list {
		at, s := p.at(i), &list[i]
		v.containerUser(at.field("user"), s.User, pod.Spec.OS)
		c := slices.IndexFunc(containers, func(c Container) bool { return c.Name == s.Name })
		allocated := at.field("allocatedResourcesStatus")
		for j := range s.AllocatedResourcesStatus {
			if c >= 0 && !hasResource(&containers[c], s.AllocatedResourcesStatus[j].Name, pod.Status.ExtendedResourceClaimStatus) {
				item := allocated.at(j)
				v.invalid(item.field("name"), string(s.AllocatedResourcesStatus[j].Name), "want a resource that the container requests, or claim:NAME/REQUEST of one that it claims")
			}
			v.resourceHealth(allocated.at(j), s.AllocatedResourcesStatus[j].Resources)
		}
	}
}

func (v *validator) ephemeralStatuses(p path, pod *Pod) {
	for i := range pod.Status.EphemeralContainerStatuses {
		at, s := p.at(i), &pod.Status.EphemeralContainerStatuses[i]
		v.containerUser(at.field("user"), s.User, pod.Spec.OS)
		if len(s.AllocatedResourcesStatus) > 0 {
			v.forbidden(at.field("allocatedResourcesStatus"), "an ephemeral container has no resources")
		}
	}
}

// containerUser judges the identity that a container's first process has.
func (v *validator) containerUser(p path, u *ContainerUser, os *PodOS) {
	if u == nil || u.Linux == nil {
		return
	}
	linux := p.field("linux")
	switch {
	case os != nil && os.Name == Windows:
		v.forbidden(linux, "the pod is for windows")
	case os == nil || os.Name == Linux:
		v.inRange(linux.field("uid"), u.Linux.UID, 0, math.MaxUint32)
		v.inRange(linux.field("gid"), u.Linux.GID, 0, math.MaxInt32)
		groups := linux.field("supplementalGroups")
		for i, gid := range u.Linux.SupplementalGroups {
			v.inRange(groups.at(i), gid, 0, math.MaxInt32)
		}
	}
}
