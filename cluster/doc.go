// Package cluster runs pods in memory and in virtual time: they are created, live as their scripts say on a simulated
// node, and are deleted, within microseconds and without a process.
//
//	Create, Bind, Delete ...  --->  objects  --->  node: one machine and one engine for each pod
//	                                   ^                         |      ^
//	                                   '-------- statuses -------'      '--- Fail, OOMKill, SetReady: levers
//
//	RunFor, RunUntil: the clock     Pod, History, Explain: what came of it
//
// The life of one call. RunFor takes the earliest thing that is due, sets the clock to its time, and plays that pod until
// nothing more happens at that instant; then the next, until the time is over. Nothing else moves the clock.
//
// A test of a controller runs the clock, shows the controller what Pod and Pods return, and pulls levers in between.
//
// Invariants:
//
//  1. Time never goes back, and everything due at one instant happens in a stated order: by pod in the order of creation,
//     within a pod ends before results before timers.
//  2. The same seed and the same calls give the same histories, byte for byte.
//  3. A pod that was returned is never changed afterwards: a change makes a new object.
//  4. A UID is used once. A new pod of the same name has a new UID and new addresses.
//
// A Cluster is used by one goroutine at a time.
//
// What the package does not do yet: one node, and no scheduler, controllers or watches; a pod that is not held back by a
// scheduling gate is bound to the node when it is created.
package cluster
