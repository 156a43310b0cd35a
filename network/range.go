package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// RangeConfig describes a range of addresses. All but Prefix may be zero.
type RangeConfig struct {
	// Prefix is the CIDR: IPv4 from /8 to /29, IPv6 from /64 to /125.
	Prefix netip.Prefix
	// Gateway is never given out. The zero value means the first address after
	// the network's own; an unspecified address, 0.0.0.0 or ::, means that
	// there is none.
	Gateway netip.Addr
	// Reserved are more addresses that are never given out; each prefix must
	// lie in Prefix.
	Reserved []netip.Prefix
	// Rest is how long a released address is kept back before it may be given
	// out again, rounded up to microseconds.
	Rest time.Duration
}

// Range gives out the addresses of one CIDR, each to one holder. It never gives
// out the network's own address (the Subnet-Router anycast address of IPv6, RFC
// 4291), the IPv4 broadcast address, the gateway and what is reserved. Acquire
// and Release take the same time whatever is in use and allocate nothing in a
// steady state; the memory follows the addresses in use, not the size of the
// range. Make one with NewRange; it is not safe for concurrent use.
type Range struct {
	slots
	prefix netip.Prefix
	layout layout
	upper  uint64 // the first half of an IPv6 address; 0 for IPv4
	base   uint64 // the second half of the first address, or all of an IPv4 one
	last   uint64 // the largest offset
	four   bool
}

// NewRange returns a range in which nothing is held.
func NewRange(c RangeConfig) (*Range, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	r := &Range{prefix: c.Prefix.Masked(), four: c.Prefix.Addr().Is4()}
	if r.four {
		r.base = whole(r.prefix.Addr())
	} else {
		r.upper, r.base, _ = halves(r.prefix.Addr())
	}
	r.last = uint64(1)<<(c.Prefix.Addr().BitLen()-c.Prefix.Bits()) - 1
	reserved, err := r.reserved(c)
	if err != nil {
		return nil, err
	}
	r.layout = newLayout(r.last, reserved)
	if r.layout.size == 0 {
		return nil, fmt.Errorf("range %q has no address left to give, all are reserved", r.prefix)
	}
	r.slots = newSlots(r.layout.size, c.Rest, fmt.Errorf("%w: no free address in %s", ErrRangeFull, r.prefix))
	return r, nil
}

// check judges what needs no arithmetic.
func (c *RangeConfig) check() error {
	p := c.Prefix
	switch {
	case !p.IsValid():
		return fmt.Errorf("range has no valid prefix: %q", p)
	case p.Addr().Is4() && (p.Bits() < 8 || p.Bits() > 29):
		return fmt.Errorf("range %q is not between /8 and /29, as an IPv4 range must be", p)
	case p.Addr().Is6() && (p.Bits() < 64 || p.Bits() > 125):
		return fmt.Errorf("range %q is not between /64 and /125, as an IPv6 range must be", p)
	case p.Addr().Is4In6():
		return fmt.Errorf("range %q is IPv4 written as IPv6, write it as IPv4", p)
	case c.Rest < 0:
		return fmt.Errorf("range %q has a negative rest of %s", p, c.Rest)
	}
	return nil
}

// reserved returns what is never given out, as spans of offsets.
func (r *Range) reserved(c RangeConfig) ([]span, error) {
	spans := []span{{0, 0, "is the address of the network itself"}}
	if r.four {
		spans = append(spans, span{r.last, r.last, "is the broadcast address"})
	}
	gateway := c.Gateway
	if !gateway.IsValid() {
		gateway = r.prefix.Addr().Next()
	}
	if !gateway.IsUnspecified() {
		at, ok := r.offset(gateway)
		if !ok {
			return nil, fmt.Errorf("gateway %q is not in range %q", gateway, r.prefix)
		}
		spans = append(spans, span{at, at, "is the gateway"})
	}
	for _, p := range c.Reserved {
		if !p.IsValid() || !r.prefix.Contains(p.Addr()) || p.Bits() < r.prefix.Bits() {
			return nil, fmt.Errorf("reserved prefix %q is not in range %q", p, r.prefix)
		}
		first, _ := r.offset(p.Masked().Addr())
		spans = append(spans, span{first, first + (uint64(1)<<(p.Addr().BitLen()-p.Bits()) - 1), "is reserved"})
	}
	return spans, nil
}

// halves returns the two halves of an IPv6 address as numbers, and false if it
// is another or has a zone.
func halves(a netip.Addr) (upper, lower uint64, ok bool) {
	var buf [16]byte
	b, _ := a.AppendBinary(buf[:0]) // never fails, and is faster than As16; a zone would follow
	if len(b) != len(buf) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), true
}

// whole returns an IPv4 address as a number.
func whole(a netip.Addr) uint64 {
	b := a.As4()
	return uint64(binary.BigEndian.Uint32(b[:]))
}

// offset returns how far a is from the start of the range, and false if it lies
// outside.
func (r *Range) offset(a netip.Addr) (uint64, bool) {
	if !r.four {
		upper, lower, ok := halves(a)
		return lower - r.base, ok && upper == r.upper && lower-r.base <= r.last
	}
	if !a.Is4() {
		return 0, false
	}
	off := whole(a) - r.base
	return off, off <= r.last
}

// addr returns the address with number i.
func (r *Range) addr(i uint64) netip.Addr {
	end := r.base + r.layout.offset(i)
	if r.four {
		return netip.AddrFrom4([4]byte{byte(end >> 24), byte(end >> 16), byte(end >> 8), byte(end)})
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], r.upper)
	binary.BigEndian.PutUint64(b[8:], end)
	return netip.AddrFrom16(b)
}

// Prefix returns the range's CIDR, with the bits after the prefix zero.
func (r *Range) Prefix() netip.Prefix { return r.prefix }

// Contains reports whether a lies in the range; it may be reserved.
func (r *Range) Contains(a netip.Addr) bool {
	_, ok := r.offset(a)
	return ok
}

// Acquire gives h the next free address after the one given last. A holder may
// acquire several. If none is free it returns an error that wraps ErrRangeFull,
// at once and without allocating.
func (r *Range) Acquire(now time.Time, h Holder) (netip.Addr, error) {
	i, err := r.acquire(now, h)
	if err != nil {
		return netip.Addr{}, err
	}
	return r.addr(i), nil
}

// AcquireAddr gives h the address a and no other. It succeeds if h holds a
// already, or released it last. Otherwise the error is an *AddrError that wraps
// ErrAddrTaken and names the holder. The next Acquire goes on where the last
// one was.
func (r *Range) AcquireAddr(now time.Time, h Holder, a netip.Addr) error {
	return r.obtain(h, a, func(i uint64) *slot { return r.acquireAt(now, i, h) })
}

// Adopt records that h has the address a, as a pod that runs already does. It
// is AcquireAddr, but takes also an address that rests or that a snapshot says
// is held.
func (r *Range) Adopt(now time.Time, h Holder, a netip.Addr) error {
	return r.obtain(h, a, func(i uint64) *slot { return r.adopt(now, i, h) })
}

// obtain has one way of getting a certain address carried out, and words what
// is in its way.
func (r *Range) obtain(h Holder, a netip.Addr, get func(uint64) *slot) error {
	if h.UID == "" {
		return errNobody
	}
	i, ok := r.number(a)
	if !ok {
		return r.unusable(a)
	}
	if other := get(i); other != nil {
		return r.refusal(a.String(), other, ErrAddrTaken)
	}
	return nil
}

// number returns the number of a, and false if it is reserved or outside.
func (r *Range) number(a netip.Addr) (uint64, bool) {
	off, inside := r.offset(a)
	i, free := r.layout.number(off)
	return i, inside && free
}

// unusable says why a has no number.
func (r *Range) unusable(a netip.Addr) error {
	off, ok := r.offset(a)
	if !ok {
		return fmt.Errorf("address %q is not in range %q", a, r.prefix)
	}
	return &AddrError{Want: a.String(), Range: r.prefix.String(), Reason: r.layout.why(off), Err: ErrAddrTaken}
}

// refusal returns the error for an address that other is in the way of.
func (r *Range) refusal(want string, other *slot, kind error) error {
	return conflict(want, r.prefix.String(), other, kind)
}

// conflict words what the state of a slot means for somebody who wants it, or
// wants to release it.
func conflict(want, where string, other *slot, kind error) error {
	e := &AddrError{Want: want, Range: where, Holder: other.holder, Err: kind}
	switch other.state {
	case slotHeld:
		e.Reason = "is held by " + other.holder.String()
	case slotResting:
		e.Until = time.UnixMicro(other.until).UTC()
		e.Reason = "rests until " + e.Until.Format(time.RFC3339Nano) + " after use by " + other.holder.String()
	case slotRestored:
		e.Reason = "is held by somebody not known since the restore"
	default:
		e.Reason = "is not held"
	}
	return e
}

// Release takes a from h; it rests then. Releasing again what h released is no
// error as long as it rests. If h does not hold a nothing changes, and the
// error wraps ErrNotHeld and names who does: the old pod of a name cannot
// release what the new one has.
func (r *Range) Release(now time.Time, h Holder, a netip.Addr) error {
	i, ok := r.number(a)
	if !ok {
		return r.unusable(a)
	}
	if other := r.release(now, i, h); other != nil {
		return r.refusal(a.String(), other, ErrNotHeld)
	}
	return nil
}

// Holder returns who holds a, and false if nobody does, or nobody known.
func (r *Range) Holder(a netip.Addr) (Holder, bool) {
	if i, ok := r.number(a); ok {
		if v := r.tree.get(i); v != nil && v.state == slotHeld {
			return v.holder, true
		}
	}
	return Holder{}, false
}

// All calls yield for each address that has a holder, in order, until it
// returns false.
func (r *Range) All(yield func(netip.Addr, Holder) bool) {
	r.tree.all(func(i uint64, v *slot) bool {
		return v.state != slotHeld || yield(r.addr(i), v.holder)
	})
}

// Usage counts the addresses of the range.
func (r *Range) Usage() Usage { return r.usage() }

// Settle releases every address that a snapshot says is held and nobody adopted
// since, and returns how many there were. Call it once all running pods are
// known.
func (r *Range) Settle(now time.Time) int { return r.settle(now) }
