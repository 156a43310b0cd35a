// Package explore walks every order in which things may happen to a small pod, and checks the invariants of package
// lifecycle in every state that it comes to.
//
//	          every move that the world allows            the same machine and world
//	state  ------------------------------------>  state   are looked at once
//	         exit, answer, failure, loss,
//	         deletion, eviction, time ...
//
// A state is a machine in its world: what the runtime has, and what it was asked for and has not answered. The world is
// as free as a driver may be. It answers actions in any order, well or not, as late as their time allows; containers exit
// when they like; attempts, sandboxes or everything vanish; answers come twice; the clock is read late or runs backwards;
// somebody deletes the pod, twice; the node evicts it. What goes wrong on one path is bounded, so that paths lead somewhere.
//
// Explore is the walk, for whatever pod and Config a user cares for; Pods makes all small ones. A state in which an
// invariant does not hold comes back as a Violation, with the path that leads to it, Step by Step.
//
// The numbers of invariants are those of package lifecycle's documentation. 1 to 15 are checked on every Step; 16 to 20 in
// every new state, by trying in a copy what would follow: the same Seen again, a restart of the driver, a deletion.
//
// The package does not explore the contents of a pod's objects: images, resources and messages play no part in the order
// of things. It knows no node.Agent: the machine alone is looked at.
package explore
