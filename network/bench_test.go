package network

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var benchNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// filled returns a range of which the given number of addresses are held, spread over the first span of it.
func filled(tb testing.TB, prefix string, held, span int, rest time.Duration) *Range {
	tb.Helper()
	r, err := NewRange(RangeConfig{Prefix: netip.MustParsePrefix(prefix), Rest: rest})
	if err != nil {
		tb.Fatal(err)
	}
	h := Holder{UID: "11111111-2222-3333-4444-555555555555", Name: "default/other"}
	for i := range span {
		if i*held/span != (i+1)*held/span {
			r.put(uint64(i), h)
		}
	}
	return r
}

// BenchmarkAcquireRelease is one address taken and given back, at several degrees of use. The figures of one prefix
// should be within 1.5 times of each other.
func BenchmarkAcquireRelease(b *testing.B) {
	for _, prefix := range []string{"10.0.0.0/16", "fd00::/64", "10.0.0.0/8"} {
		for _, percent := range []int{0, 50, 99} {
			for _, rest := range []time.Duration{0, time.Minute} {
				name := fmt.Sprintf("%s/%dpercent/rest%s", prefix[len(prefix)-2:], percent, rest)
				b.Run(name, func(b *testing.B) {
					r := filled(b, prefix, 65533*percent/100, 65533, rest)
					h := Holder{UID: "99999999-2222-3333-4444-555555555555", Name: "default/web-0"}
					now := benchNow
					b.ReportAllocs()
					for b.Loop() {
						if rest > 0 {
							now = now.Add(rest / 64)
						}
						a, err := r.Acquire(now, h)
						if err != nil {
							b.Fatal(err)
						}
						if err := r.Release(now, h, a); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// BenchmarkPorts is one port reserved and released, in an empty space and in a crowded one.
func BenchmarkPorts(b *testing.B) {
	const other, me = "other", "web"
	for _, taken := range []uint16{0, 1384, 30000} {
		b.Run(fmt.Sprintf("reserve/%d", taken), func(b *testing.B) {
			var s PortSpace
			for n := range taken {
				if err := s.Reserve(Port{Number: 1000 + n}, other); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			n := uint16(0)
			for b.Loop() {
				n = (n + 1) & 0x3fff
				p := Port{Number: 40000 + n}
				if err := s.Reserve(p, me); err != nil {
					b.Fatal(err)
				}
				if err := s.Release(p, me); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("dynamic", func(b *testing.B) {
		var s PortSpace
		b.ReportAllocs()
		for b.Loop() {
			p, err := s.ReserveDynamic(TCP, netip.Addr{}, me)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Release(p, me); err != nil {
				b.Fatal(err)
			}
		}
	})
}
