// Package clustertest plays scenario files of whole clusters in virtual time, records what happened, and holds the
// recording against others.
//
//	scenario.yaml ─ ParseScenario ─> Scenario ─ Play ─> Recording ─ Compare ─> differences
//	 nodes, objects,                  scripts, steps     actions, samples,
//	 how pods behave,                                    pods, events
//	 what is done, when
//
// A recording names nothing by chance: of the names that end in a hash or in random letters it keeps what is stable, so that
// two recordings of one scenario can be compared, also with one that was made on a real cluster. What varies between two
// recordings of a real cluster is said at Compare, which leaves it out.
//
// The life of one call of Play: it makes a cluster with the scenario's nodes and with scripts for its pods, creates the
// objects, carries each step out at its time, and takes down every change that a watch shows, until the scenario ends.
//
// Invariants:
//
//  1. The same scenario gives the same Recording, to the byte.
//  2. A step that cannot be carried out is not an error of Play: its code is in the Recording, as a user would see it.
//  3. A scenario that cannot be read is refused whole, with the place of each fault.
package clustertest
