// Package disruption is the controllers that take pods away or keep them from being taken: the one that watches over nodes, the
// one that evicts pods for taints, the pods' garbage collector, and the one that keeps count for disruption budgets. They decide
// as Kubernetes v1.37's do, in the same words.
//
//	leases, heartbeats -> NodeLifecycle -> Ready Unknown, taints -> TaintEviction -> pods are deleted
//	                                                                     |
//	        nodes that have gone, out-of-service, ended pods  ->  PodGC  -> pods are Failed, and gone
//
//	pods of a budget -> Budget -> disruptionsAllowed        evictions that came to nothing -> StaleDisruption
//
// # The life of a lost node
//
// Every 5 s NodeLifecycle looks at all nodes. One that has not given a sign of life for 50 s gets Ready Unknown, its pods get
// Ready False, and it gets a NoSchedule taint at once. The NoExecute taint comes when its zone's turn has come, one node in 10 s.
// TaintEviction deletes the pods that do not tolerate the taint, or no longer. They stay, for there is nobody to stop them,
// until the node is back, or is marked out of service, or its Node object has gone for 40 s: then PodGC ends them.
//
// # Invariants
//
//  1. If all nodes of all zones have failed, no node keeps a NoExecute taint of NodeLifecycle's, and no pod is evicted: it is
//     rather the watcher who is cut off.
//  2. In one zone no two nodes get a NoExecute taint within 10 s of each other; within 100 s in a large zone most of which has
//     failed; in a small one none does.
//  3. A wait for a toleration that has begun is never shortened by a further taint that is tolerated too.
//  4. A pod is evicted for a taint only if its node has a NoExecute taint that it does not tolerate at that time.
//  5. A controller for which there is nothing to do writes nothing. NodeLifecycle alone looks again and again while there are
//     nodes; PodGC looks at times that are 20 s apart, and only after something has changed that concerns it.
//
// # What the package does not do
//
// It carries nothing out: that is the driver's, see package controller. It evicts no pods of its own accord beyond what is said
// above: who drains a node calls the API. Pressure on a node is the node's own affair (packages node/eviction and cluster).
//
// See https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller and
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions.
package disruption
