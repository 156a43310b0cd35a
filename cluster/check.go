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
	ips     map[string]*item    // pods by the addresses that they have, or had last
	losses  losses
}

// broken is an invariant that does not hold.
func broken(number int, format string, args ...any) error {
	return fmt.Errorf("invariant %d of the cluster is broken: %s", number, fmt.Sprintf(format, args...))
}

func newChecker(c *Cluster) *checker {
	return &checker{c: c, bound: map[pod.UID]string{}, used: map[pod.UID]pod.Key{}, ips: map[string]*item{}}
}

// after checks one change, and panics if it broke an invariant.
func (k *checker) after(it *item, was, is object.Object) {
	for _, err := range []error{
		k.grows(is), k.identity(was, is), k.pods(it, asPod(was), asPod(is)), k.budget(was, is), k.eviction(asPod(was), asPod(is)),
	} {
		if err != nil {
			panic(err)
		}
	}
}

func (k *checker) grows(is object.Object) error {
	v := k.c.store.version
	if v <= k.version {
		return broken(2, "a write has the version %d after %d", v, k.version)
	}
	k.version = v
	if is != nil && is.Meta().ResourceVersion != strconv.FormatUint(v, 10) {
		return broken(2, "%s has the version %q, and was written with %d", is.Meta().Key(), is.Meta().ResourceVersion, v)
	}
	return nil
}

func (k *checker) identity(was, is object.Object) error {
	if is == nil {
		return nil
	}
	m := is.Meta()
	if was != nil {
		if was.Meta().UID != m.UID || was.Meta().Key() != m.Key() {
			return broken(4, "%s with the UID %s has become %s with %s", was.Meta().Key(), was.Meta().UID, m.Key(), m.UID)
		}
		return nil
	}
	if before, ok := k.used[m.UID]; ok {
		return broken(4, "%s has the UID of %s", m.Key(), before)
	}
	k.used[m.UID] = m.Key()
	return nil
}

func (k *checker) pods(it *item, was, is *pod.Pod) error {
	if is == nil {
		return nil
	}
	if node := k.bound[is.UID]; node != "" && is.Spec.NodeName != node {
		return broken(5, "pod %s was bound to %q and is on %q", is.Key(), node, is.Spec.NodeName)
	}
	k.bound[is.UID] = is.Spec.NodeName
	if t := it.tenant; t != nil && t.host.name != is.Spec.NodeName {
		return broken(5, "pod %s is bound to %q and lives on %q", is.Key(), is.Spec.NodeName, t.host.name)
	}
	if was != nil && was.Status.Phase.IsTerminal() && was.Status.Phase != is.Status.Phase {
		return broken(5, "pod %s goes from %s to %s", is.Key(), was.Status.Phase, is.Status.Phase)
	}
	if is.Status.Phase.IsTerminal() {
		return nil
	}
	if err := k.address(it, is); err != nil {
		return err
	}
	if was == nil || was.Spec.NodeName != is.Spec.NodeName || was.Status.Phase != is.Status.Phase || resized(was, is) {
		return k.room(it, is)
	}
	return nil
}

// address checks that nobody has the pod's addresses who has not ended, a pod included whose object has gone and that still runs.
func (k *checker) address(it *item, p *pod.Pod) error {
	if p.Spec.HostNetwork {
		return nil
	}
	for _, ip := range p.Status.PodIPs {
		if other := k.ips[ip.IP]; other != nil && other != it && k.lives(other) {
			return broken(6, "pod %s has the address %s of pod %s", p.Key(), ip.IP, other.key())
		}
		k.ips[ip.IP] = it
	}
	return nil
}

func (k *checker) lives(it *item) bool {
	if k.c.store.uids[it.object().Meta().UID] == it && !it.pod().Status.Phase.IsTerminal() {
		return true
	}
	if it.tenant == nil {
		return false
	}
	return it.tenant.place > 0
}
