package scheduling

import "math"

// scoreBalanced prefers nodes whose resources the pod would leave more evenly used than they are; 75 means that it
// changes nothing. See https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins.
func (c *cycle) scoreBalanced(scores []int64) {
	want := &c.fit.counted
	for i, at := range c.feasible {
		r := &c.s.table[at]
		change := r.balance(want.cpu, want.memory) - r.balance(0, 0)
		scores[i] = maxScore/2 + (maxScore/2+change)/2
	}
}

// balances reports whether the pod asks for any of the resources that are to be balanced, which are cpu and memory.
func (c *cycle) balances() bool { return c.fit.counted.cpu > 0 || c.fit.counted.memory > 0 }

// balance is 100 where cpu and memory are used to the same degree, when so much more is taken, and less the more they
// differ. A resource that the node has not got counts for nothing.
func (r *row) balance(cpu, memory int64) int64 {
	if r.cpu.size == 0 || r.memory.size == 0 {
		return maxScore
	}
	apart := (degree(r.cpu.used+cpu, r.cpu.size) - degree(r.memory.used+memory, r.memory.size)) / 2
	return int64((1 - math.Abs(apart)) * maxScore)
}

// degree is how much of the size is taken, at most all.
func degree(taken, size int64) float64 { return min(float64(taken)/float64(size), 1) }
