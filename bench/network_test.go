package bench

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/podlife/podlife/network"
)

// maxSnapshot is how many bytes a snapshot of a /16 means to have at most.
const maxSnapshot = 16 << 10

func TestSnapshotOfFullRange(t *testing.T) {
	if n := len(use{netip.MustParsePrefix("10.0.0.0/16"), 100}.filled().Snapshot()); n > maxSnapshot {
		t.Errorf("snapshot of a full /16 has %d bytes, expected at most %d", n, maxSnapshot)
	}
}

// TestSnapshotOfRandomRange has half of the addresses in use, chosen by lot, which leaves nothing to compress.
func TestSnapshotOfRandomRange(t *testing.T) {
	r := must(network.NewRange(network.RangeConfig{Prefix: netip.MustParsePrefix("10.0.0.0/16")}))
	lot := rand.New(rand.NewPCG(1, 2))
	use{netip.MustParsePrefix("10.0.0.0/16"), 100}.taken(func(a netip.Addr) {
		if lot.IntN(2) == 0 {
			check(r.AcquireAddr(epoch, holder, a))
		}
	})
	n := len(r.Snapshot())
	t.Logf("%d bytes", n)
	if n > maxSnapshot {
		t.Errorf("snapshot of a /16 in use at random has %d bytes, expected at most %d", n, maxSnapshot)
	}
}

// TestNetworkAllocatesNothing checks what the cases promise.
func TestNetworkAllocatesNothing(t *testing.T) {
	for name, f := range map[string]func(){
		"address": acquireRelease(use{netip.MustParsePrefix("10.0.0.0/16"), 50}),
		"IPv6":    acquireRelease(use{netip.MustParsePrefix("fd00::/64"), 99}),
		"port":    reservePort(portSpace(50)),
		"dynamic": reserveAny(portSpace(50)),
	} {
		if n := testing.AllocsPerRun(10_000, f); n != 0 {
			t.Errorf("%s: %v allocations, expected none", name, n)
		}
	}
}
