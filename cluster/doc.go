// Package cluster is a Kubernetes cluster in memory and in virtual time: objects are written through a small client, pods are
// placed and live as their scripts say on simulated nodes, and controllers heal what fails, within microseconds and without a
// process.
//
//	a Client's writes            At, FailNode, Fail, SetReady: levers
//	         |                                  |
//	         v                                  v
//	 +-------------------+   statuses   +---------------+
//	 |  store            |<-------------|  nodes        |  one machine and one engine for each pod
//	 |  objects, changes |------------->|               |
//	 +-------------------+   bindings   +---------------+
//	   |     ^        |  ^
//	   v     |        v  |
//	 controllers    scheduler       garbage collector       watches: places in the store's latest changes
//
// # The life of one call
//
// A write (Client.Create and its like) is defaulted, completed, checked and stored, and has then a version of its own. Everybody whom
// the change concerns is queued for now: the pod's node, controllers, the scheduler, the garbage collector. Nothing else happens
// before the clock runs.
//
// RunFor, RunUntil and Settle take the earliest thing that is due, set the clock to its time, and let it happen, which may store
// more and queue more; then the next, until the time is over. The levers, and Create and Delete of a Cluster, play what is due now
// before they return. Nothing else moves the clock, unless Follow ties it to that of the process.
//
// # Invariants
//
//  1. Time never goes back. What is due at one instant happens in this order: pods, in the order of their creation, within a
//     pod ends before results before timers before what the API says; nodes; the garbage collector; what reaches
//     controllers that see late; controllers, in the order in which they were queued; the scheduler, pods of higher priority first;
//     functions given to At. What follows at that instant comes after it by the same order.
//  2. Every write has a version, and versions grow. A write that changes nothing is none.
//  3. An object that is stored is never changed: a write stores another one.
//  4. A UID is used once. A new pod of the same name has a new UID and new addresses.
//  5. A pod is bound at most once, and never moves. The phase of a pod that has ended is final.
//  6. No two pods have one address, or one port of a node's, at one time, and those that a node runs are not given more than it
//     has: a pod that is bound to a node and that the node refuses is Failed at that instant, and one that is to have more than there
//     is goes on with what it has.
//  7. Time goes on: where controllers do not come to an end at one instant, as two that undo what the other one does, whoever runs the
//     clock panics and says who they are, and over what.
//  8. Evictions never take more than a disruption budget allows.
//
// # Other resources for pods that run
//
// UpdateSubresource with pod.SubresourceResize asks for them. The node gives them when it has them beside what it has given its other pods;
// until then the condition PodResizePending says why, and the pod goes on with what it has. Behavior.Resize of a script says how the
// runtime takes it. The scheduler counts the largest of what a pod asks for, was given and still has.
//
// # Static pods
//
// A node runs the manifests that were put on it with AddStatic by itself. The API shows a mirror of each, which commands nothing: one that is deleted
// comes back under another UID when the node looks at the pod, once a minute, and the pod does not notice. When the manifest is taken
// away the pod ends in its own time, and the mirror goes without having said how.
//
// # What a watch promises
//
// It shows every change of its kind that its selectors select, once, in the order in which they were stored, from the version
// that it was asked for. It drops nothing, and holds nothing back unless Chaos.PollDelay says so: it is a place in the latest changes,
// whose number is bounded (Config.History), and a watch that falls behind them ends with ErrExpired and shows nothing wrong before that.
// A watch from the version of a list continues the list.
//
// # What a controller sees
//
// Everything as it is, and changes at once, unless Config.Lags or Chaos.WatchDelay say otherwise: then it sees a copy, which a change reaches
// after its lag, changes of one kind in their order, and it hears of the change then. Kinds do not wait for each other, so what it
// sees need never have been. A key is not looked at before the controller sees what it wrote for that key the last time; without
// that it would make everything twice. The scheduler, nodes, the garbage collector and clients see everything as it is.
//
// # What a controller writes
//
// The changes of a plan go out in their order: all at once, or, with Config.WriteLatency, each that much after the one before, but for pods
// that one plan makes, changes or takes away next to one another, which go out together; of new ones first 1, then 2, then 4 and so on.
// While a plan is under way its key is not looked at. The first refusal ends a plan, but for what is to be done regardless. What an owner
// takes in is refused where the owner has gone or is being deleted, whatever its controller sees.
//
// # What determinism covers
//
// With the same Config, the same calls at the same virtual times give the same objects, UIDs, versions, events and histories, byte
// for byte. Random numbers come from the seed alone. It ends where goroutines race: what two of them write at one
// instant is stored in the order in which they come. Functions that the user gives (scripts, controllers, schedulers) must be
// deterministic themselves.
//
// # What a pod weighs
//
// Config.Awake pods, those to which something has happened last, are kept whole, at some kilobytes each. Every further one sleeps: its
// template, which it shares, and a few hundred bytes are kept, under a thousand in all. A look at it makes its object anew, and whatever
// happens to it wakes it up; it cannot be told from one that is awake. Pods that wait for a node or for other resources, or are being
// deleted, do not sleep. Config.Sources is asked again for a pod that wakes up.
//
// # Concurrency
//
// All methods of a Cluster, of its Clients and of their Watches may be called by any number of goroutines, but only one at a
// time may run the clock. Functions given to At and RunUntil may call any of them but those that run the clock. Functions
// in the Config and a controller's Reconcile are called with the cluster locked, and must call none.
//
// # What this package does not do
//
// Nothing is authenticated, and no web hooks are called; the only admission is that of namespaces, priorities, default storage classes,
// claims and volumes in use, and the tolerations of node loss. Objects have no managed fields, and there is no server-side apply. Leases of
// nodes are made when somebody reads them, and stored, with every renewal, from when somebody first watches leases; the conditions of a
// node keep the heartbeat of their last change.
package cluster
