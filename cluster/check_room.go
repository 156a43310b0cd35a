package cluster

import (
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// room checks, of a pod that its node runs, that the pods on the node have all that they were given, and each its ports. A pod that was
// given to the node and that the node refuses is none of them, nor is one that was to end before the node heard of it.
func (k *checker) room(it *item, p *pod.Pod) error {
	n := k.c.store.find(object.NodeKind, pod.Key{Name: p.Spec.NodeName})
	if it.tenant == nil || n == nil || p.IsTerminating() {
		return nil
	}
	have, total := n.object().(*object.Node).Status.Allocatable, pod.ResourceList{}
	for other := range k.c.store.byNode[p.Spec.NodeName].all() {
		q := other.pod()
		if other.tenant == nil || q.Status.Phase.IsTerminal() || q.IsTerminating() && q.Status.StartTime == nil {
			continue
		}
		for r, amount := range other.tenant.given().AccountedRequests() {
			sum := total[r]
			sum.Add(amount)
			total[r] = sum
		}
		one := total[pod.ResourcePods]
		one.Add(pod.NewQuantity(1, pod.DecimalSI))
		total[pod.ResourcePods] = one
		if port, clash := clash(p, q); clash && other != it {
			return broken(6, "pods %s and %s have the port %d of node %q", q.Key(), p.Key(), port, p.Spec.NodeName)
		}
	}
	for r, asked := range it.tenant.given().AccountedRequests() {
		limit, listed := have[r]
		if used := total[r]; listed && !asked.IsZero() && used.Cmp(limit) > 0 {
			return broken(6, "pods on node %q ask for %s of %s, and it has %s", p.Spec.NodeName, used.String(), r, limit.String())
		}
	}
	limit, listed := have[pod.ResourcePods]
	if used := total[pod.ResourcePods]; listed && used.Cmp(limit) > 0 {
		return broken(6, "%s pods are on node %q, and it takes %s", used.String(), p.Spec.NodeName, limit.String())
	}
	return nil
}

// clash is a port of the node's that both pods want, if there is one: of one protocol, and of one address or of all.
func clash(p, q *pod.Pod) (port int32, yes bool) {
	for _, a := range nodePorts(p) {
		for _, b := range nodePorts(q) {
			if a.HostPort == b.HostPort && a.Protocol == b.Protocol && (a.HostIP == b.HostIP || allAddresses(a) || allAddresses(b)) {
				return a.HostPort, true
			}
		}
	}
	return 0, false
}

// nodePorts are the ports of the node's that a pod has as long as it runs.
func nodePorts(p *pod.Pod) (out []pod.ContainerPort) {
	for role, c := range p.Spec.AllContainers() {
		for _, port := range c.Ports {
			if (role == pod.RoleMain || role == pod.RoleSidecar) && port.HostPort > 0 {
				out = append(out, port)
			}
		}
	}
	return out
}

func allAddresses(p pod.ContainerPort) bool { return p.HostIP == "" || p.HostIP == "0.0.0.0" }
