package bench

import "testing"

// BenchmarkScheduling is BenchmarkCases for placing pods alone.
func BenchmarkScheduling(b *testing.B) {
	for _, c := range schedulingCases() {
		b.Run(c.Task+"/podlife", c.Ours)
		b.Run(c.Task+"/"+c.Peer, c.Theirs)
	}
}
