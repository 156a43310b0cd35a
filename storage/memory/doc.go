// Package memory is the storage.Driver without a disk: for virtual time, tests and simulations.
//
//	Mount ──> plan and files are checked as on disk ──> a small entry for the UID
//	                                                    emptyDir   nothing, until something is written
//	                                                    configMap  the files themselves, shared with the Sources
//	                                                    claim      a reference to a claim that outlives the pod
//	Unmount ──> the entry is forgotten
//
// It behaves like storage/disk with two differences: Path is always "", and a hostPath volume is whatever its type says
// it should be, since there is no machine to look at; hostPath volumes of one path share their files.
//
// Invariants:
//
//  1. A UID has an entry exactly from its Mount to its Unmount.
//  2. A volume that lives as long as the pod is reached through the entry of that UID alone.
//  3. A ReadWriteOncePod claim has at most one holder.
//  4. A Mount that fails changes nothing.
package memory
