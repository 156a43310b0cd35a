package network

import (
	"errors"
	"fmt"
	"time"

	"github.com/podlife/podlife/pod"
)

// Holder says who holds an address, a subnet or a port: a pod, or a node where
// subnets are given out. UID alone decides who it is; Name is for messages.
// Holders compare with ==. The zero value is nobody and can hold nothing.
type Holder struct {
	// UID is the holder's identity. A new pod of the same name has another UID
	// and gets nothing of the old one.
	UID pod.UID
	// Name is what people call it: "namespace/name" for a pod.
	Name string
}

// HolderOf returns p as a holder.
func HolderOf(p *pod.Pod) Holder {
	return Holder{UID: p.UID, Name: p.Namespace + "/" + p.Name}
}

// String returns the name in quotes and the UID: "default/web-0" (uid 6f1d).
func (h Holder) String() string {
	if h.UID == "" {
		return "nobody known"
	}
	return fmt.Sprintf("%q (uid %s)", h.Name, h.UID)
}

// Sentinels for callers that branch; test with errors.Is.
var (
	// ErrRangeFull: no address, subnet or dynamic port is free now. Addresses
	// that rest after use are not free.
	ErrRangeFull = errors.New("range is full")
	// ErrAddrTaken: the address or subnet asked for is held, rests or is
	// reserved. An *AddrError says which, and by whom.
	ErrAddrTaken = errors.New("address is taken")
	// ErrPortTaken: somebody listens there already. A *PortError names both
	// sides.
	ErrPortTaken = errors.New("port is taken")
	// ErrNotHeld: what is to be released is not held by the one who releases
	// it. Nothing was changed.
	ErrNotHeld = errors.New("not held")
	// ErrSnapshot: the bytes are no snapshot, damaged, of an unknown version,
	// or made by another configuration.
	ErrSnapshot = errors.New("bad snapshot")

	errNobody = errors.New("a holder needs a UID")
)

// AddrError says why one certain address or subnet cannot be had, or cannot be
// given back.
type AddrError struct {
	// Want is the address or subnet asked for.
	Want string
	// Range is the range it was asked of.
	Range string
	// Reason says in a few words what is in the way, ready to follow Want.
	Reason string
	// Holder is who holds it, or who held it last where it rests; zero where
	// that is nobody or not known.
	Holder Holder
	// Until is when the address has rested, and zero where it does not rest.
	Until time.Time
	// Err is ErrAddrTaken or ErrNotHeld.
	Err error
}

// Error returns one sentence with the address, what is in its way, and the
// range.
func (e *AddrError) Error() string {
	return fmt.Sprintf("address %q %s (range %s)", e.Want, e.Reason, e.Range)
}

// Unwrap returns Err.
func (e *AddrError) Unwrap() error { return e.Err }
