// Package workload is the controllers that make pods of templates: ReplicaSet, Deployment, StatefulSet, DaemonSet, Job and
// CronJob; and the one that deletes Jobs some time after their end. They decide as Kubernetes v1.37's do, in the same words.
//
//	Deployment ---> ReplicaSet ---\
//	StatefulSet -------------------> pods, each with its maker as the controlling owner
//	DaemonSet --------------------/
//	CronJob ------> Job ----------/
//
//	Request{Now, Key, View}  --Reconcile-->  Plan{Changes, Wake}
//
// # The life of one call
//
// Reconcile reads the object and the pods (or ReplicaSets, or Jobs) that it owns, takes in orphans that its selector selects
// and lets go what it selects no longer, compares what is there with what is wanted, and answers with the changes, each with
// the event that tells of it. A status is written where it differs. What has to happen one after another (a Deployment's new
// ReplicaSet and then its scaling, a StatefulSet's pods) comes in one plan after the other: every change brings the next call.
//
// # The life of a Job's pod
//
//	made, with the tracking finalizer -> ended -> its UID is uncounted in the Job's status -> the finalizer goes -> it is counted
//
// The controller looks a second after the first change that it has not seen, so that it sees several at once. Each arrow is a plan
// of its own, and the next look is at once. A Job ends in the same way: FailureTarget or SuccessCriteriaMet is written first, then
// the pods at work are stopped, and when all are counted and none is left the Job is Failed or Complete. A CronJob's new Job is
// noted as active at the look after the one that asked for it, when it has a UID; its name is that of the minute, so that none is
// made twice.
//
// # Invariants
//
//  1. Editing a template never changes a living pod: pods are made and deleted, and adopted or released, nothing else.
//  2. An object has one controlling owner at most; only objects without one are adopted.
//  3. A Deployment never has more pods that are wanted than replicas and surge, and takes no pod that is available below
//     replicas less unavailable.
//  4. A StatefulSet makes a pod only where none of that ordinal exists.
//  5. A Job never has more pods at work than its parallelism, and counts no pod twice: a pod's UID stands in the Job's status
//     before the pod loses its tracking finalizer, and is counted once it has lost it (KEP-2307).
//  6. A look at a Job costs no more than its pods that have not ended or are not counted yet, if the View has Unsettled.
//  7. Where nothing is to be done the plan is empty but for its Wake.
//
// # What the package does not do
//
// It carries nothing out and keeps no queue: that is the driver's, see package controller. It places no pods, except that a
// DaemonSet names the node of each. It does not default or validate: a field that is unset counts as its default. Objects
// that have gone are cleaned up after by the garbage collector, which the driver has.
package workload
