package scheduling

import "math"

// scoreBalanced prefers nodes whose resources the pod would leave more evenly used than they are; 75 means that it
// changes nothing. See https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins.
func (c *cycle) scoreBalanced(scores []int64) {
	for i, n := range c.feasible {
		scores[i] = maxScore/2 + (maxScore/2+c.balance(n, true)-c.balance(n, false))/2
	}
}

// balances reports whether the pod asks for any of the resources that are to be balanced, which are cpu and memory.
func (c *cycle) balances() bool { return c.fit.counted.cpu > 0 || c.fit.counted.memory > 0 }

// balance is 100 where cpu and memory are used to the same degree, with or without the pod, and less the more they differ.
// A resource that the node has not got counts for nothing.
func (c *cycle) balance(n *node, with bool) int64 {
	if n.size.cpu == 0 || n.size.memory == 0 {
		return maxScore
	}
	cpu, memory := n.requested.cpu, n.requested.memory
	if with {
		cpu += c.fit.counted.cpu
		memory += c.fit.counted.memory
	}
	apart := (degree(cpu, n.size.cpu) - degree(memory, n.size.memory)) / 2
	return int64((1 - math.Abs(apart)) * maxScore)
}

// degree is how much of the size is taken, at most all.
func degree(taken, size int64) float64 { return min(float64(taken)/float64(size), 1) }
