package network

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// SubnetsConfig says how a cluster's range is carved into ranges of nodes.
type SubnetsConfig struct {
	// Cluster is the range that all nodes share: IPv4 from /8, IPv6 from /16.
	Cluster netip.Prefix
	// Bits is the prefix length of each node's range, at least that of Cluster
	// and at most 56 more; IPv4 up to /29, IPv6 from /64 to /125, so that
	// NewRange accepts it.
	Bits int
	// Rest is how long the range of a node that has gone is kept back.
	Rest time.Duration
}

// Subnets carves ranges for nodes out of a cluster's range. It is to nodes and
// prefixes what Range is to pods and addresses, with the same costs and the
// same errors. Make one with NewSubnets; it is not safe for concurrent use.
// See https://kubernetes.io/docs/concepts/cluster-administration/networking/.
type Subnets struct {
	slots
	cluster netip.Prefix
	bits    int
}

// NewSubnets returns a cluster range of which no node has a part.
func NewSubnets(c SubnetsConfig) (*Subnets, error) {
	low, from, to := 16, 64, 125
	if c.Cluster.Addr().Is4() {
		low, from, to = 8, 8, 29
	}
	switch p := c.Cluster; {
	case !p.IsValid() || p.Addr().Is4In6() || p.Bits() < low:
		return nil, fmt.Errorf("cluster range %q is not a prefix of /%d or longer", p, low)
	case c.Bits < max(from, p.Bits()) || c.Bits > min(to, p.Bits()+56):
		return nil, fmt.Errorf("node ranges of /%d do not fit cluster range %q, expected /%d to /%d",
			c.Bits, p, max(from, p.Bits()), min(to, p.Bits()+56))
	case c.Rest < 0:
		return nil, fmt.Errorf("cluster range %q has a negative rest of %s", p, c.Rest)
	}
	s := &Subnets{cluster: c.Cluster.Masked(), bits: c.Bits}
	full := fmt.Errorf("%w: no free /%d in %s", ErrRangeFull, c.Bits, s.cluster)
	s.slots = newSlots(uint64(1)<<(c.Bits-c.Cluster.Bits()), c.Rest, full)
	return s, nil
}

// prefix returns subnet i.
func (s *Subnets) prefix(i uint64) netip.Prefix {
	b := s.cluster.Addr().As16()
	upper, lower := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	shift := s.cluster.Addr().BitLen() - s.bits // at most 64
	lower |= i << shift
	upper |= i >> (64 - shift)
	binary.BigEndian.PutUint64(b[:8], upper)
	binary.BigEndian.PutUint64(b[8:], lower)
	a := netip.AddrFrom16(b)
	if s.cluster.Addr().Is4() {
		a = a.Unmap()
	}
	return netip.PrefixFrom(a, s.bits)
}

// number returns which subnet p is, and false if it is none of this cluster's.
func (s *Subnets) number(p netip.Prefix) (uint64, bool) {
	if !p.IsValid() || p.Bits() != s.bits || p != p.Masked() || !s.cluster.Contains(p.Addr()) {
		return 0, false
	}
	b := p.Addr().As16()
	upper, lower := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	shift := p.Addr().BitLen() - s.bits
	return (lower>>shift | upper<<(64-shift)) & (s.size - 1), true
}

// Acquire gives the node h the next free subnet. If none is free the error
// wraps ErrRangeFull.
func (s *Subnets) Acquire(now time.Time, h Holder) (netip.Prefix, error) {
	i, err := s.acquire(now, h)
	if err != nil {
		return netip.Prefix{}, err
	}
	return s.prefix(i), nil
}

// AcquirePrefix gives the node h the subnet p and no other. Otherwise the error
// wraps ErrAddrTaken and names the holder.
func (s *Subnets) AcquirePrefix(now time.Time, h Holder, p netip.Prefix) error {
	return s.change(h, p, ErrAddrTaken, func(i uint64) *slot { return s.acquireAt(now, i, h) })
}

// Adopt records that the node h has the subnet p, as Range.Adopt does for an
// address.
func (s *Subnets) Adopt(now time.Time, h Holder, p netip.Prefix) error {
	return s.change(h, p, ErrAddrTaken, func(i uint64) *slot { return s.adopt(now, i, h) })
}

// Release takes p from the node h. If h does not hold it, the error wraps
// ErrNotHeld.
func (s *Subnets) Release(now time.Time, h Holder, p netip.Prefix) error {
	return s.change(h, p, ErrNotHeld, func(i uint64) *slot { return s.release(now, i, h) })
}

// change carries out one operation on subnet p and words what is in its way.
func (s *Subnets) change(h Holder, p netip.Prefix, kind error, do func(uint64) *slot) error {
	if h.UID == "" {
		return errNobody
	}
	i, ok := s.number(p)
	if !ok {
		return fmt.Errorf("subnet %q is not a /%d of cluster range %q", p, s.bits, s.cluster)
	}
	if other := do(i); other != nil {
		return conflict(p.String(), s.cluster.String(), other, kind)
	}
	return nil
}

// Holder returns the node that has p, and false if none has, or none known.
func (s *Subnets) Holder(p netip.Prefix) (Holder, bool) {
	if i, ok := s.number(p); ok {
		if v := s.tree.get(i); v != nil && v.state == slotHeld {
			return v.holder, true
		}
	}
	return Holder{}, false
}

// All calls yield for each subnet that has a holder, in order, until it returns
// false.
func (s *Subnets) All(yield func(netip.Prefix, Holder) bool) {
	s.tree.all(func(i uint64, v *slot) bool {
		return v.state != slotHeld || yield(s.prefix(i), v.holder)
	})
}

// Usage counts the subnets.
func (s *Subnets) Usage() Usage { return s.usage() }

// Settle releases every subnet that a snapshot says is held and nobody adopted
// since, and returns how many there were.
func (s *Subnets) Settle(now time.Time) int { return s.settle(now) }

// Snapshot returns which subnets are held and which rest; it is to Subnets what
// Range.Snapshot is to Range.
func (s *Subnets) Snapshot() []byte { return seal(frameSubnets, s.appendBody(s.appendShape(nil))) }

// Restore replaces everything s knows by a snapshot of the same cluster range
// and Bits; see Range.Restore.
func (s *Subnets) Restore(snapshot []byte) error {
	body, err := unseal(frameSubnets, snapshot)
	if err != nil {
		return err
	}
	shape := s.appendShape(nil)
	if !bytes.HasPrefix(body, shape) {
		return fmt.Errorf("%w: made for another cluster range than %q with /%d", ErrSnapshot, s.cluster, s.bits)
	}
	return s.restore(&reader{left: body[len(shape):]})
}

func (s *Subnets) appendShape(out []byte) []byte {
	return append(appendBytes(out, []byte(s.cluster.String())), byte(s.bits))
}
