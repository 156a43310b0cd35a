package cluster

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// host is a machine with a kubelet. It may be there without a Node object, when that has been deleted.
type host struct {
	c       *Cluster
	name    string
	item    *item // the Node, nil without one
	ip      netip.Addr
	machine *lifecycle.Config
	up      bool
	since   time.Time        // up: when it began to renew its lease; down: when it last did
	before  time.Time        // what since was until then
	tenants []*tenant        // in no order
	held    map[*item]bool   // pods that it is about to refuse, or that wait for others to end
	away    map[*item]*retry // pods that it could not take yet
	beat    *heartbeat       // its renewals, where they are stored
	strain  *strain          // what it measures; nil for nothing
	resizes resizes          // pods that wait for other resources
	timer                    // of its next status, where the Node says what is not so
}

const leaseEvery = 10 * time.Second

// AddNode makes a node, with a kubelet, out of n, which is not changed: a name is enough. Without a capacity it has 4 CPUs, 8 GiB
// of memory and room for 110 pods, and unless n says otherwise it is ready.
func (c *Cluster) AddNode(n *object.Node) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.addNode(n); err != nil {
		return err
	}
	c.instant()
	return nil
}

func (c *Cluster) addNode(n *object.Node) error {
	_, err := c.create(n)
	return err
}

// complete fills in what a kubelet says of its node when it registers it.
func (c *Cluster) complete(n *object.Node, ip netip.Addr) {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	for key, value := range map[string]string{"kubernetes.io/hostname": n.Name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"} {
		if _, ok := n.Labels[key]; !ok {
			n.Labels[key] = value
		}
	}
	s := &n.Status
	if len(s.Capacity) == 0 {
		s.Capacity = defaultCapacity()
		s.Allocatable = nil
	}
	if len(s.Allocatable) == 0 {
		s.Allocatable = s.Capacity.Clone()
	}
	if len(s.Addresses) == 0 {
		s.Addresses = []pod.NodeAddress{{Type: pod.NodeInternalIP, Address: ip.String()}, {Type: "Hostname", Address: n.Name}}
	}
	c.ready(n)
}

func defaultCapacity() pod.ResourceList {
	return pod.ResourceList{
		pod.ResourceCPU: pod.MustParseQuantity("4"), pod.ResourceMemory: pod.MustParseQuantity("8Gi"),
		pod.ResourcePods: pod.MustParseQuantity("110"), pod.ResourceEphemeralStorage: pod.MustParseQuantity("100Gi"),
	}
}

// ready sets the conditions that a healthy kubelet reports; of a new node, those that it does not bring.
func (c *Cluster) ready(n *object.Node) {
	for _, want := range []object.NodeCondition{
		{Type: object.NodeMemoryPressure, Status: pod.ConditionFalse, Reason: "KubeletHasSufficientMemory", Message: "kubelet has sufficient memory available"},
		{Type: object.NodeDiskPressure, Status: pod.ConditionFalse, Reason: "KubeletHasNoDiskPressure", Message: "kubelet has no disk pressure"},
		{Type: object.NodePIDPressure, Status: pod.ConditionFalse, Reason: "KubeletHasSufficientPID", Message: "kubelet has sufficient PID available"},
		{Type: object.NodeReady, Status: pod.ConditionTrue, Reason: "KubeletReady", Message: "kubelet is posting ready status"},
	} {
		want.LastHeartbeatTime, want.LastTransitionTime = pod.NewTime(c.now), pod.NewTime(c.now)
		i := slices.IndexFunc(n.Status.Conditions, func(have object.NodeCondition) bool { return have.Type == want.Type })
		switch {
		case i < 0:
			n.Status.Conditions = append(n.Status.Conditions, want)
		case n.Status.Conditions[i].Status == pod.ConditionUnknown:
			n.Status.Conditions[i] = want
		}
	}
}

// hearNode gives a new Node its kubelet.
func (c *Cluster) hearNode(it *item, was, is object.Object) {
	switch {
	case is == nil:
		if h := c.hosts[was.Meta().Name]; h != nil {
			h.item = nil
		}
	case was == nil:
		h := c.hostOf(is.Meta().Name)
		h.item = it
		h.up, h.since, h.before = true, c.now, c.now
		c.beat(h)
		if c.resume(h); c.cfg.Usage != nil {
			c.times.set(&c.strainOf(h).timer, nanos(c.now))
		}
	case is != nil:
		if h := c.hosts[is.Meta().Name]; h != nil {
			c.notice(h, is.(*object.Node))
			h.freed()
		}
	}
}

func (c *Cluster) hostOf(name string) *host {
	h := c.hosts[name]
	if h == nil {
		c.lastHost = c.lastHost.Next()
		machine := c.cfg.Machine
		machine.HostIPs = []netip.Addr{c.lastHost}
		h = &host{c: c, name: name, ip: c.lastHost, machine: &machine}
		h.timer.owner, h.timer.order = h, turnNode.in(c.nextTurn())
		h.resizes.host, h.resizes.owner, h.resizes.order = h, &h.resizes, turnNode.in(c.nextTurn())
		c.hosts[name] = h
	}
	return h
}

// FailNode makes a node fall silent: it renews its lease a last time, then nothing on it reports or hears of anything, and its
// containers run on.
func (c *Cluster) FailNode(name string) error {
	return c.withHost(name, func(h *host) { c.fail(h) })
}

// RecoverNode ends the silence of a node: it renews its lease, reports that it is ready and how its pods are, and does what it was
// told meanwhile. A node that was restarted rather than cut off is as one that was cut off.
func (c *Cluster) RecoverNode(name string) error {
	return c.withHost(name, func(h *host) { c.recover(h) })
}

func (c *Cluster) withHost(name string, do func(*host)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[name]
	if h == nil {
		return notFound(object.NodeKind, name)
	}
	do(h)
	c.instant()
	return nil
}

func (c *Cluster) fail(h *host) {
	if !h.up {
		return
	}
	was := c.leaseOf(h)
	h.up, h.since, h.before = false, c.now, h.since
	c.pasts.silent(c.now, h.name)
	c.leaseChanged(was, h)
}

func (c *Cluster) recover(h *host) {
	if h.up {
		return
	}
	was := c.leaseOf(h)
	h.up, h.since, h.before = true, c.now, h.since
	c.pasts.heard(c.now, h.name)
	c.leaseChanged(was, h)
	c.post(h)
	c.resume(h)
}

// resume lets every pod on the node report and hear, and begins those that came meanwhile.
func (c *Cluster) resume(h *host) {
	for _, t := range h.inOrder() {
		if t.unreported {
			t.report()
		}
		t.tell()
	}
	for it := range c.store.byNode[h.name].all() {
		switch t := it.tenant; {
		case t == nil:
			c.settle(it)
		case t.item != nil:
			t.report()
		}
	}
}

// takeIn gives a tenant a place on the node, and letGo takes it back.
func (h *host) takeIn(t *tenant) {
	h.tenants = append(h.tenants, t)
	t.place = int32(len(h.tenants))
}

func (h *host) letGo(t *tenant) {
	last := h.tenants[len(h.tenants)-1]
	h.tenants[t.place-1], last.place = last, t.place
	h.tenants[len(h.tenants)-1] = nil
	h.tenants = h.tenants[:len(h.tenants)-1]
	t.place = 0
}

func (h *host) inOrder() []*tenant {
	out := slices.Clone(h.tenants)
	slices.SortFunc(out, func(a, b *tenant) int { return cmp.Compare(a.timer.order, b.timer.order) })
	return out
}

// leaseOf is the lease of a node, as it would stand in the API. It is made when somebody looks: a renewal is no event.
func (c *Cluster) leaseOf(h *host) *object.Lease { return c.leaseAt(h, c.now) }

// leaseAt is the lease as it stood at t, if the node has not come and gone several times since.
func (c *Cluster) leaseAt(h *host, t time.Time) *object.Lease {
	since, up := h.since, h.up
	if t.Before(since) {
		since, up = h.before, !up
	}
	renewed := since
	if up {
		renewed = renewedAt(since, t)
	}
	l := &object.Lease{ObjectMeta: pod.ObjectMeta{Name: h.name, Namespace: namespaceLeases, ResourceVersion: fmt.Sprint(renewed.UnixNano())}}
	l.SetKind(object.LeaseKind.APIVersion, object.LeaseKind.Name)
	if h.item != nil {
		m := h.item.object().Meta()
		l.UID, l.CreationTimestamp = "lease-"+m.UID, m.CreationTimestamp
		l.OwnerReferences = []pod.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: h.name, UID: m.UID}}
	}
	l.Spec = object.LeaseSpec{HolderIdentity: &l.Name, LeaseDurationSeconds: new(int32(40)), RenewTime: &object.MicroTime{Time: renewed}}
	return l
}

// leaseChanged tells the controllers that a node has begun or ceased to renew its lease.
func (c *Cluster) leaseChanged(was *object.Lease, h *host) {
	if c.leasesStored {
		c.storeLease(h)
		c.beat(h)
	} else {
		c.tellControllers(object.LeaseKind, 0, was, c.leaseOf(h))
	}
	c.wrote = c.now
	c.poke()
}
