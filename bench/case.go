package bench

import "testing"

// Case is one task, done by podlife and by a peer.
type Case struct {
	// Group heads the case's table, Task names its row.
	Group, Task string
	// Peer is whom podlife is held against.
	Peer string
	// Ours and Theirs do the task b.N times.
	Ours, Theirs func(b *testing.B)
	// Faster is how many times faster podlife means to be, and Bytes how many times fewer bytes it means to allocate;
	// 0 where nothing is promised.
	Faster, Bytes float64
	// NoAllocs says that podlife means to allocate nothing.
	NoAllocs bool
}

// Cases are all cases, group by group.
func Cases() []Case {
	var all []Case
	for _, group := range []func() []Case{nameCases, quantityCases, manifestCases, jsonCases, lifeCases, statusCases, networkCases, storageCases, processCases, schedulingCases, clusterCases} {
		all = append(all, group()...)
	}
	return all
}

// repeat makes a benchmark of f.
func repeat(f func()) func(b *testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f()
		}
	}
}
