package bench

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"go4.org/netipx"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	"k8s.io/kubernetes/pkg/registry/core/service/portallocator"

	"github.com/podlife/podlife/network"
)

// span is how many addresses the degrees of use are taken of: a /16, and the part of a /64 that k8s.io/kubernetes gives
// out.
const span = 1 << 16

// maxFlat is how many times longer an address may take in a crowded range than in an empty one.
const maxFlat = 1.5

var holder = network.Holder{UID: "99999999-2222-3333-4444-555555555555", Name: "default/web-0"}

// networkCases are addresses and ports of a pod.
func networkCases() []Case { return append(addressCases(), portCases()...) }

// use is a range of addresses, crowded to some degree.
type use struct {
	prefix  netip.Prefix
	percent int
}

func (u use) String() string {
	return fmt.Sprintf("/%d, %d%% of %d in use", u.prefix.Bits(), u.percent, span)
}

// taken calls f for the addresses that are in use: spread over the range, without the first two and the last.
func (u use) taken(f func(netip.Addr)) {
	a := u.prefix.Addr().Next().Next()
	for i := range span - 3 {
		if i*u.percent/100 != (i+1)*u.percent/100 {
			f(a)
		}
		a = a.Next()
	}
}

// addressCases take an address and give it back. RemoveFreePrefix makes a new set, which is thrown away: nothing is given
// back there.
func addressCases() []Case {
	const group = "Addresses: acquire and release"
	var out []Case
	four, six := netip.MustParsePrefix("10.0.0.0/16"), netip.MustParsePrefix("fd00::/64")
	uses := []use{{four, 0}, {four, 50}, {four, 99}, {six, 0}, {six, 99}}
	var ours []func(b *testing.B)
	for i, u := range uses {
		ours = append(ours, repeat(acquireRelease(u)))
		out = append(out,
			Case{Group: group, Task: u.String(), Peer: "ipallocator", Faster: 20, NoAllocs: true, Ours: ours[i], Theirs: repeat(allocateIP(u))},
			Case{Group: group, Task: u.String(), Peer: "netipx RemoveFreePrefix", Faster: 20, NoAllocs: true, Ours: ours[i], Theirs: repeat(removeFreePrefix(u))})
	}
	for i, u := range uses[1:] {
		out = append(out, Case{Group: group, Task: u.String(), Peer: "podlife, /16, 0%", Faster: 1 / maxFlat, NoAllocs: true, Ours: ours[i+1], Theirs: ours[0]})
	}
	return append(out, snapshotCases(use{four, 100})...)
}

// filled is podlife's range.
func (u use) filled() *network.Range {
	r := must(network.NewRange(network.RangeConfig{Prefix: u.prefix}))
	u.taken(func(a netip.Addr) {
		check(r.AcquireAddr(epoch, network.Holder{UID: "other", Name: "default/other"}, a))
	})
	return r
}

func acquireRelease(u use) func() {
	r := u.filled()
	now := epoch
	return func() {
		now = now.Add(time.Microsecond)
		check(r.Release(now, holder, must(r.Acquire(now, holder))))
	}
}

// ipRange is k8s.io/kubernetes' range.
func (u use) ipRange() *ipallocator.Range {
	r := must(ipallocator.NewInMemory(netipx.PrefixIPNet(u.prefix)))
	u.taken(func(a netip.Addr) {
		check(r.Allocate(a.AsSlice()))
	})
	return r
}

func allocateIP(u use) func() {
	r := u.ipRange()
	return func() { check(r.Release(must(r.AllocateNext()))) }
}

func removeFreePrefix(u use) func() {
	var b netipx.IPSetBuilder
	b.AddPrefix(u.prefix)
	u.taken(b.Remove)
	set := must(b.IPSet())
	bits := uint8(u.prefix.Addr().BitLen())
	return func() {
		if _, _, ok := set.RemoveFreePrefix(bits); !ok {
			panic("no free address")
		}
	}
}

// snapshotCases save a full range, and bring it back. The peer's snapshot is its bitmap alone, with no check.
func snapshotCases(u use) []Case {
	const group = "Snapshot of a full /16"
	r, theirs := u.filled(), u.ipRange()
	ours := r.Snapshot()
	var saved core.RangeAllocation
	check(theirs.Snapshot(&saved))
	_, ipNet, err := net.ParseCIDR(saved.Range)
	check(err)
	restored := must(network.NewRange(network.RangeConfig{Prefix: u.prefix}))
	check(restored.Restore(ours))
	if restored.Usage() == (network.Usage{}) || !bytes.Equal(restored.Snapshot(), ours) {
		panic("what was restored is not what was saved")
	}
	return []Case{
		{Group: group, Task: fmt.Sprintf("save (%d bytes, the peer's %d)", len(ours), len(saved.Data)), Peer: "ipallocator",
			Ours: repeat(func() { r.Snapshot() }), Theirs: repeat(func() { check(theirs.Snapshot(&saved)) })},
		{Group: group, Task: "restore", Peer: "ipallocator",
			Ours: repeat(func() { check(restored.Restore(ours)) }), Theirs: repeat(func() { check(theirs.Restore(ipNet, saved.Data)) })},
	}
}

// firstPort and ports are the range that nodePorts come from.
const firstPort, ports = 30000, 2768

// portCases reserve a port and release it.
func portCases() []Case {
	const group, peer = "Ports: reserve and release, of 2,768", "portallocator"
	out := []Case{{Group: group, Task: "a given port, 50% in use", Peer: peer, Faster: 10, NoAllocs: true,
		Ours: repeat(reservePort(portSpace(50))), Theirs: repeat(allocatePort(portAllocator(50)))}}
	for _, percent := range []int{0, 50, 99} {
		out = append(out, Case{Group: group, Task: fmt.Sprintf("any port, %d%% in use", percent), Peer: peer, Faster: 10, NoAllocs: true,
			Ours: repeat(reserveAny(portSpace(percent))), Theirs: repeat(allocateAny(portAllocator(percent)))})
	}
	return out
}

// used calls f for the ports that are in use, spread over the range.
func used(percent int, f func(port int) error) {
	for i := range ports {
		if i*percent/100 != (i+1)*percent/100 {
			check(f(firstPort + i))
		}
	}
}

// free returns the n-th free port where half are in use, going round.
func free(n int) int { return firstPort + 2*(n%(ports/2)) }

func portSpace(percent int) *network.PortSpace {
	s := &network.PortSpace{Dynamic: network.PortRange{First: firstPort, Last: firstPort + ports - 1}}
	used(percent, func(port int) error { return s.Reserve(network.Port{Number: uint16(port)}, "other") })
	return s
}

func portAllocator(percent int) *portallocator.PortAllocator {
	r := must(portallocator.NewInMemory(utilnet.PortRange{Base: firstPort, Size: ports}))
	used(percent, r.Allocate)
	return r
}

func reservePort(s *network.PortSpace) func() {
	i := 0
	return func() {
		i++
		p := network.Port{Number: uint16(free(i))}
		check(s.Reserve(p, "web"))
		check(s.Release(p, "web"))
	}
}

func allocatePort(r *portallocator.PortAllocator) func() {
	i := 0
	return func() {
		i++
		check(r.Allocate(free(i)))
		check(r.Release(free(i)))
	}
}

func reserveAny(s *network.PortSpace) func() {
	return func() { check(s.Release(must(s.ReserveDynamic(network.TCP, netip.Addr{}, "web")), "web")) }
}

func allocateAny(r *portallocator.PortAllocator) func() {
	return func() { check(r.Release(must(r.AllocateNext()))) }
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}
