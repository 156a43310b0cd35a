// Package eviction decides which pod a node ends when it runs short of memory, disk or process IDs, and in which order a node that
// shuts down ends its pods. It decides, and measures and ends nothing.
//
//	 now, Observation                         Decision
//	----------------->  Pressure.Step  --------------------->
//	 how much is left,                   Evict: this pod, with this grace and message
//	 what pods use                       Conditions: MemoryPressure ...
//	                                     Wake: look again by then
//
// The life of one call: which thresholds are crossed, and for how long have they been; which conditions of the node follow, and
// which linger; of the thresholds whose grace is over one is chosen, memory first; the pods are ranked for it, and the first
// that may be evicted is.
//
// Invariants:
//
//  1. At most one pod is evicted by a Step: what its end frees shows only later.
//  2. No critical pod is evicted: none from a manifest of the node, none with a priority of 2000000000 or more.
//  3. A soft threshold evicts only when it has been crossed at each Step for its whole grace.
//  4. A condition stays true for Config.Transition after it was last seen.
//  5. The same observations at the same times give the same decisions.
//
// What it does not do: free what belongs to the node itself, such as unused images, before it evicts.
//
// See https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/.
package eviction
