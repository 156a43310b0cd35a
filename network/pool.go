package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// Addrs are the addresses of one pod or node: one, or two of different
// families. They compare with ==. The zero value has none.
type Addrs struct {
	// Primary is status.podIP, and the first of status.podIPs.
	Primary netip.Addr
	// Secondary is of the other family; the zero value where there is only one.
	Secondary netip.Addr
}

// PodIP returns the primary address as status.podIP has it; empty where there
// is none.
func (a Addrs) PodIP() string {
	if !a.Primary.IsValid() {
		return ""
	}
	return a.Primary.String()
}

// PodIPs returns the addresses as status.podIPs has them, the first equal to
// PodIP.
func (a Addrs) PodIPs() []pod.PodIP {
	var ips []pod.PodIP
	for _, ip := range a.strings() {
		ips = append(ips, pod.PodIP{IP: ip})
	}
	return ips
}

// HostIPs returns the addresses as status.hostIPs has them.
func (a Addrs) HostIPs() []pod.HostIP {
	var ips []pod.HostIP
	for _, ip := range a.strings() {
		ips = append(ips, pod.HostIP{IP: ip})
	}
	return ips
}

func (a Addrs) strings() []string {
	var s []string
	for _, ip := range []netip.Addr{a.Primary, a.Secondary} {
		if ip.IsValid() {
			s = append(s, ip.String())
		}
	}
	return s
}

// StatusField returns what the downward API gives for status.podIP,
// status.podIPs, status.hostIP and status.hostIPs: one address, or all
// separated by commas. It returns false for any other path. A pod on the host
// network has no addresses of its own and gets the node's.
// See https://kubernetes.io/docs/concepts/workloads/pods/downward-api/.
func StatusField(path string, own, host Addrs) (string, bool) {
	if !own.Primary.IsValid() {
		own = host
	}
	switch path {
	case "status.podIP":
		return own.PodIP(), true
	case "status.podIPs":
		return strings.Join(own.strings(), ","), true
	case "status.hostIP":
		return host.PodIP(), true
	case "status.hostIPs":
		return strings.Join(host.strings(), ","), true
	}
	return "", false
}

// Pool gives each pod one address of each family out of several ranges, all or
// none, and remembers which by the pod's UID. Make one with NewPool; it is not
// safe for concurrent use.
// See https://kubernetes.io/docs/concepts/services-networking/dual-stack/.
type Pool struct {
	ranges   []*Range
	families [][]*Range // one or two; the first is of the primary family
	held     map[pod.UID]seats
}

// seats is where the addresses of a pod stand, the primary one first: Addrs in
// half of the room.
type seats struct {
	number [2]uint64 // in the range
	ranges [2]uint16 // in the pool's order, counted from 1; 0 for no address
}

func (p *Pool) seats(a Addrs) (s seats) {
	for k, addr := range [2]netip.Addr{a.Primary, a.Secondary} {
		for at, r := range p.ranges {
			if i, ok := r.number(addr); ok {
				s.number[k], s.ranges[k] = i, uint16(at+1)
			}
		}
	}
	return s
}

func (p *Pool) addrs(s seats) (a Addrs) {
	for k, to := range [2]*netip.Addr{&a.Primary, &a.Secondary} {
		if r := s.ranges[k]; r > 0 {
			*to = p.ranges[r-1].addr(s.number[k])
		}
	}
	return a
}

const maxRanges = 1<<16 - 1

// NewPool returns a pool over ranges, which it owns from now on and in which
// nothing may be held. The first range decides which family is the primary one.
// Ranges of one family are used in the order given, the next where one is full.
func NewPool(ranges ...*Range) (*Pool, error) {
	if len(ranges) == 0 {
		return nil, errors.New("a pool needs at least one range")
	}
	if len(ranges) > maxRanges {
		return nil, fmt.Errorf("a pool of %d ranges, expected no more than %d", len(ranges), maxRanges)
	}
	p := &Pool{ranges: ranges, held: make(map[pod.UID]seats)}
	for k, r := range ranges {
		for _, other := range ranges[:k] {
			if r.prefix.Overlaps(other.prefix) {
				return nil, fmt.Errorf("range %q overlaps range %q", r.prefix, other.prefix)
			}
		}
		if r.taken > 0 {
			return nil, fmt.Errorf("range %q has %d addresses in use, a pool needs an unused one", r.prefix, r.taken)
		}
		p.join(r)
	}
	return p, nil
}

// join puts r to the ranges of its family.
func (p *Pool) join(r *Range) {
	for k, family := range p.families {
		if family[0].four == r.four {
			p.families[k] = append(family, r)
			return
		}
	}
	p.families = append(p.families, []*Range{r})
}

// Acquire gives h an address of each family, or none: then the error wraps
// ErrRangeFull where a family is full, and ErrAddrTaken where a requested
// address cannot be had, with its holder. Each requested address stands for its
// family; the others are chosen. A pod that has its addresses already gets the
// same again, and an error if others are requested.
func (p *Pool) Acquire(now time.Time, h Holder, requested ...netip.Addr) (Addrs, error) {
	if h.UID == "" {
		return Addrs{}, errNobody
	}
	if s, ok := p.held[h.UID]; ok {
		have := p.addrs(s)
		return have, have.include(h, requested)
	}
	want, err := p.sort(requested)
	if err != nil {
		return Addrs{}, err
	}
	var got [2]netip.Addr
	for k := range p.families {
		if got[k], err = p.acquireOne(now, h, k, want[k]); err != nil {
			p.undo(now, h, got, want)
			return Addrs{}, err
		}
	}
	a := Addrs{got[0], got[1]}
	p.held[h.UID] = p.seats(a)
	return a, nil
}

// include returns an error unless every requested address is one of a.
func (a Addrs) include(h Holder, requested []netip.Addr) error {
	for _, want := range requested {
		if want != a.Primary && want != a.Secondary {
			return fmt.Errorf("address %q is requested by %s, which has %s already", want, h, strings.Join(a.strings(), " and "))
		}
	}
	return nil
}

// sort puts requested addresses in the order of the pool's families.
func (p *Pool) sort(requested []netip.Addr) (want [2]netip.Addr, err error) {
	for _, a := range requested {
		k, r := p.find(a)
		if r == nil {
			return want, fmt.Errorf("address %q is in no range of the pool", a)
		}
		if want[k].IsValid() {
			return want, fmt.Errorf("addresses %q and %q are of one family, a pod has one of each", want[k], a)
		}
		want[k] = a
	}
	return want, nil
}

// find returns the range that a lies in and the place of its family, or nil.
func (p *Pool) find(a netip.Addr) (int, *Range) {
	for k, family := range p.families {
		for _, r := range family {
			if r.Contains(a) {
				return k, r
			}
		}
	}
	return 0, nil
}

// acquireOne gives h the address want of family k, or any where want is zero.
func (p *Pool) acquireOne(now time.Time, h Holder, k int, want netip.Addr) (netip.Addr, error) {
	if want.IsValid() {
		_, r := p.find(want)
		if err := r.AcquireAddr(now, h, want); err != nil {
			return netip.Addr{}, err
		}
		return want, nil
	}
	var err error
	for _, r := range p.families[k] {
		var a netip.Addr
		if a, err = r.Acquire(now, h); err == nil {
			return a, nil
		}
	}
	return netip.Addr{}, err
}

// undo gives back what an Acquire that failed had taken; at once and without
// rest where it was chosen here, since no packet was ever sent from it.
func (p *Pool) undo(now time.Time, h Holder, got, want [2]netip.Addr) {
	for k, a := range got {
		_, r := p.find(a)
		if r == nil {
			continue
		}
		if i, _ := r.number(a); want[k].IsValid() {
			r.release(now, i, h)
		} else {
			r.drop(i)
		}
	}
}

// Release takes all its addresses from the pod with the given UID and returns
// them; they rest now. A pod that has none releases none: calling it again is
// harmless.
func (p *Pool) Release(now time.Time, uid pod.UID) Addrs {
	have, ok := p.Addrs(uid)
	if !ok {
		return Addrs{}
	}
	delete(p.held, uid)
	for _, a := range []netip.Addr{have.Primary, have.Secondary} {
		if _, r := p.find(a); r != nil {
			_ = r.Release(now, Holder{UID: uid}, a) // it holds a: that is what held says
		}
	}
	return have
}

// Addrs returns the addresses of the pod with the given UID, and false if it
// has none.
func (p *Pool) Addrs(uid pod.UID) (Addrs, bool) {
	s, ok := p.held[uid]
	return p.addrs(s), ok
}

// Holder returns who holds a, and false if nobody does, or nobody known.
func (p *Pool) Holder(a netip.Addr) (Holder, bool) {
	if _, r := p.find(a); r != nil {
		return r.Holder(a)
	}
	return Holder{}, false
}

// Adopt records that the running pod h has the given addresses, as its status
// says; after a restart this rebuilds the pool. All are recorded or none: an
// address of another family than the pool's, a second one of a family, or one
// that another pod holds is an error.
func (p *Pool) Adopt(now time.Time, h Holder, addrs ...netip.Addr) error {
	if have, ok := p.Addrs(h.UID); ok {
		return have.include(h, addrs)
	}
	want, err := p.sort(addrs)
	if err != nil {
		return err
	}
	for _, a := range want {
		if _, r := p.find(a); r != nil {
			if err := r.adoptable(h, a); err != nil {
				return err
			}
		}
	}
	a := Addrs{want[0], want[1]}
	if !a.Primary.IsValid() {
		a.Primary, a.Secondary = a.Secondary, a.Primary
	}
	if !a.Primary.IsValid() {
		return fmt.Errorf("pod %s has no addresses to adopt", h)
	}
	for _, a := range want {
		if _, r := p.find(a); r != nil {
			_ = r.Adopt(now, h, a) // asked above
		}
	}
	p.held[h.UID] = p.seats(a)
	return nil
}

// adoptable says why h could not adopt a.
func (r *Range) adoptable(h Holder, a netip.Addr) error {
	if h.UID == "" {
		return errNobody
	}
	i, ok := r.number(a)
	if !ok {
		return r.unusable(a)
	}
	if v := r.tree.get(i); v != nil && v.state == slotHeld && v.holder.UID != h.UID {
		return r.refusal(a.String(), v, ErrAddrTaken)
	}
	return nil
}

// Settle ends a rebuild: it releases what a snapshot says is held and no pod
// adopted, and returns how many addresses.
func (p *Pool) Settle(now time.Time) int {
	n := 0
	for _, r := range p.ranges {
		n += r.Settle(now)
	}
	return n
}

// Usage counts the addresses of each range, in the order given to NewPool.
func (p *Pool) Usage() []Usage {
	all := make([]Usage, len(p.ranges))
	for k, r := range p.ranges {
		all[k] = r.Usage()
	}
	return all
}

// Snapshot returns the snapshots of all ranges as one.
func (p *Pool) Snapshot() []byte {
	out := binary.AppendUvarint(nil, uint64(len(p.ranges)))
	for _, r := range p.ranges {
		out = appendBytes(out, r.Snapshot())
	}
	return seal(framePool, out)
}

// Restore replaces everything p knows by a snapshot of a pool with the same
// ranges. No pod is known then: Adopt each that runs, and Settle. A damaged
// snapshot is an error that wraps ErrSnapshot, and p is as before.
func (p *Pool) Restore(snapshot []byte) error {
	body, err := unseal(framePool, snapshot)
	if err != nil {
		return err
	}
	r := reader{left: body}
	if n := r.uvarint(); n != uint64(len(p.ranges)) {
		return fmt.Errorf("%w: has %d ranges, expected %d", ErrSnapshot, n, len(p.ranges))
	}
	fresh := make([]Range, len(p.ranges))
	for k, old := range p.ranges {
		fresh[k] = *old
		if err := fresh[k].Restore(r.bytes()); err != nil {
			return err
		}
	}
	if r.bad || len(r.left) > 0 {
		return fmt.Errorf("%w: bytes left over", ErrSnapshot)
	}
	for k, old := range p.ranges {
		*old = fresh[k]
	}
	clear(p.held)
	return nil
}
