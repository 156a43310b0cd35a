package cluster

import (
	"fmt"
	"strconv"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// checker holds every change against the invariants of the package.
type checker struct {
	c       *Cluster
	version uint64
	bound   map[pod.UID]string  // the node of each pod that was ever bound
	used    map[pod.UID]pod.Key // every UID that ever was
	ips     map[string]pod.UID  // addresses of pods that have not ended
}

// broken is an invariant that does not hold.
func broken(number int, format string, args ...any) error {
	return fmt.Errorf("invariant %d of the cluster is broken: %s", number, fmt.Sprintf(format, args...))
}

func newChecker(c *Cluster) *checker {
	return &checker{c: c, bound: map[pod.UID]string{}, used: map[pod.UID]pod.Key{}, ips: map[string]pod.UID{}}
}

// after checks one change, and panics if it broke an invariant.
func (k *checker) after(it *item, was, is object.Object) {
	for _, err := range []error{k.grows(is), k.identity(was, is), k.pods(asPod(was), asPod(is)), k.budgets(it, is)} {
		if err != nil {
			panic(err)
		}
	}
}

func (k *checker) grows(is object.Object) error {
	if is == nil {
		return nil
	}
	v, err := strconv.ParseUint(is.Meta().ResourceVersion, 10, 64)
	if err != nil || v <= k.version {
		return broken(2, "%s has version %q after %d", is.Meta().Key(), is.Meta().ResourceVersion, k.version)
	}
	k.version = v
	return nil
}

func (k *checker) identity(was, is object.Object) error {
	if was != nil || is == nil {
		return nil
	}
	m := is.Meta()
	if before, ok := k.used[m.UID]; ok {
		return broken(4, "%s has the UID of %s", m.Key(), before)
	}
	k.used[m.UID] = m.Key()
	return nil
}

func (k *checker) pods(was, is *pod.Pod) error {
	switch {
	case was != nil && is == nil:
		k.free(was)
		return nil
	case is == nil:
		return nil
	}
	if node := k.bound[is.UID]; node != "" && is.Spec.NodeName != node {
		return broken(5, "pod %s was bound to %q and is on %q", is.Key(), node, is.Spec.NodeName)
	}
	k.bound[is.UID] = is.Spec.NodeName
	if was != nil && was.Status.Phase.IsTerminal() && was.Status.Phase != is.Status.Phase {
		return broken(5, "pod %s goes from %s to %s", is.Key(), was.Status.Phase, is.Status.Phase)
	}
	if is.Status.Phase.IsTerminal() {
		k.free(is)
		return nil
	}
	if err := k.address(is); err != nil {
		return err
	}
	if was == nil || was.Spec.NodeName != is.Spec.NodeName {
		return k.room(is.Spec.NodeName)
	}
	return nil
}

// free takes note that the pod has its addresses no longer.
func (k *checker) free(p *pod.Pod) {
	for _, ip := range p.Status.PodIPs {
		if k.ips[ip.IP] == p.UID {
			delete(k.ips, ip.IP)
		}
	}
}

func (k *checker) address(p *pod.Pod) error {
	if p.Spec.HostNetwork {
		return nil
	}
	for _, ip := range p.Status.PodIPs {
		if other, ok := k.ips[ip.IP]; ok && other != p.UID {
			return broken(6, "pod %s has the address %s of another", p.Key(), ip.IP)
		}
		k.ips[ip.IP] = p.UID
	}
	return nil
}

// room checks that the pods on a node ask for no more than it has, and that no two want one port. A pod that was bound by its
// maker, and not by the scheduler, may ask for what it likes: a node would refuse it, but has no admission here.
func (k *checker) room(name string) error {
	n := k.c.store.find(object.NodeKind, pod.Key{Name: name})
	if name == "" || n == nil {
		return nil
	}
	total, ports := pod.ResourceList{}, map[string]pod.Key{}
	for it := range k.c.store.byNode[name].all() {
		p := it.pod()
		if p.Status.Phase.IsTerminal() {
			continue
		}
		for r, q := range p.Spec.EffectiveRequests() {
			sum := total[r]
			sum.Add(q)
			total[r] = sum
		}
		if err := claimPorts(ports, p); err != nil {
			return err
		}
	}
	for r, have := range n.object.(*object.Node).Status.Allocatable {
		if asked := total[r]; asked.Cmp(have) > 0 {
			return broken(6, "pods on node %q ask for %s of %s, and it has %s", name, asked.String(), r, have.String())
		}
	}
	return nil
}

func claimPorts(ports map[string]pod.Key, p *pod.Pod) error {
	for i := range p.Spec.Containers {
		for _, port := range p.Spec.Containers[i].Ports {
			if port.HostPort == 0 {
				continue
			}
			key := fmt.Sprint(port.HostIP, port.HostPort, port.Protocol)
			if other, ok := ports[key]; ok && other != p.Key() {
				return broken(6, "pods %s and %s have host port %d", other, p.Key(), port.HostPort)
			}
			ports[key] = p.Key()
		}
	}
	return nil
}

// budgets checks that evictions have not taken more than a budget allows.
func (k *checker) budgets(it *item, is object.Object) error {
	if b, ok := is.(*object.PodDisruptionBudget); ok && b.Status.DisruptionsAllowed < 0 {
		return broken(7, "budget %s allows %d disruptions", it.key(), b.Status.DisruptionsAllowed)
	}
	return nil
}
