// Package volume is the controllers that give claims their volumes, as pure functions: the one that binds claims and volumes to each
// other, in Kubernetes v1.37's words, one that makes volumes, as a driver's provisioner does, one that makes the claims of pods' generic
// ephemeral volumes, and those that have claims and volumes stay while they are in use.
//
//	pod with an ephemeral volume --Ephemeral--> a claim that is the pod's and goes with it
//
//	claim --Binder--> the smallest volume that fits: claim and volume name each other, both are Bound
//	      `-- none --> its class has a provisioner --Provisioner--> after a time a volume that is set aside for the claim --Binder--> Bound
//
//	claim of a class with WaitForFirstConsumer: nothing, until the scheduler has found a node for a pod and says so, on the claim
//	(a volume is to be made there) or on a volume (it is set aside for the claim)
//
//	claim deleted --ClaimProtection--> gone, when no pod that has a node names it
//
//	claim gone --Binder--> volume Released --Provisioner--> deleted, if its reclaim policy is Delete --VolumeProtection--> gone
//
// # The life of one call
//
// Binder is asked about a claim when the claim, its volume, a volume that it could take or its class has changed. It reads the claim's
// state off the claim and the volume alone, and writes what is missing of the bond: the volume's side, then the claim's. About a
// volume, whose key has no namespace, it says whether it is available, bound or released.
//
// # Invariants
//
//  1. A volume is bound to one claim in its life, and a claim to one volume. A claim whose volume has gone is Lost for good.
//  2. A bond that is half written is completed, whoever wrote the first half.
//  3. A claim that a pod with a node names, and a volume that is bound, stay where they were deleted.
//  4. Nothing is written where nothing is to be done. What a claim waits for is said once.
//
// # What the package does not do
//
// Volumes are not resized, no class is given to a claim afterwards, and claims have no condition Unused.
//
// See https://kubernetes.io/docs/concepts/storage/persistent-volumes/ and
// https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode.
package volume
