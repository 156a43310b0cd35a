package node

import (
	"net/netip"
	"sync"
	"time"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// Addresses gives pods their IP addresses, where the Runtime does not. It is safe for concurrent use.
type Addresses interface {
	// Acquire returns the addresses of a pod, the primary one first, at most one of each family: the same ones as often
	// as it is asked, until Release.
	Acquire(p *pod.Pod) ([]netip.Addr, error)
	// Release takes them back. A pod that has none is not an error.
	Release(uid pod.UID)
}

// AddressAdopter is implemented by Addresses that forget who has which when the program ends.
type AddressAdopter interface {
	// Adopt gives a pod the addresses that it had before, of which it is told before any is given out.
	Adopt(p *pod.Pod, ips []netip.Addr) error
}

// addressRest is how long an address is left unused after its pod, so that nobody who still knows it reaches another.
const addressRest = 30 * time.Second

// VirtualAddresses gives out the addresses of one range, or of one for each family, the primary one first. Nothing carries
// traffic for them: they stand in the status of pods whose runtime makes no network.
func VirtualAddresses(ranges ...netip.Prefix) (Addresses, error) {
	var all []*network.Range
	for _, prefix := range ranges {
		r, err := network.NewRange(network.RangeConfig{Prefix: prefix, Rest: addressRest})
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	pool, err := network.NewPool(all...)
	if err != nil {
		return nil, err
	}
	return &virtual{pool: pool}, nil
}

// virtual is a pool with a lock and a clock.
type virtual struct {
	mu   sync.Mutex
	pool *network.Pool
}

func (v *virtual) Acquire(p *pod.Pod) ([]netip.Addr, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a, err := v.pool.Acquire(time.Now(), network.HolderOf(p))
	if err != nil {
		return nil, err
	}
	ips := []netip.Addr{a.Primary}
	if a.Secondary.IsValid() {
		ips = append(ips, a.Secondary)
	}
	return ips, nil
}

func (v *virtual) Adopt(p *pod.Pod, ips []netip.Addr) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.pool.Adopt(time.Now(), network.HolderOf(p), ips...)
}

func (v *virtual) Release(uid pod.UID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pool.Release(time.Now(), uid)
}
