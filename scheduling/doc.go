// Package scheduling says where a pod fits, how well, and whom it must push aside, with the answers of Kubernetes v1.37's
// own scheduler in its default profile. It holds no queue and binds nothing: a scheduler is a loop around Decide, and the
// cluster's, a node's admission and one of your own are all built from the same parts.
//
//	nodes, pods, claims, budgets ...
//	        |  Put, PutWaiting, Delete: as they change
//	        v
//	    Snapshot            counts kept up to date: what is taken of each node, pods by
//	        |               label and topology, terms of affinity, images, claims
//	        |  Decide(snapshot, pod, profile)
//	        v
//	    Decision            Node, or why there is none; Rejected, Feasible, Scores, Best;
//	                        Preemption: whom to evict, and where
//
//	    Admit(pod, node, pods)   what a node itself asks before it runs a pod
//
// # The life of one decision
//
// Each plugin first looks at the pod alone, and may reject it for all nodes (scheduling gates, claims that do not exist) or
// leave only some nodes to be looked at. If the pod is nominated to a node and fits there, that is the answer. Otherwise
// every node is asked, plugin by plugin, until the first that rejects it; its code says whether evicting pods could help.
// Where other pods wait for room on a node, it is asked with them and without them. If two or more nodes are left, the
// plugins that score are asked once about the pod and then about each node; scores are stretched to 0 to 100, weighted and
// added up. If none is left, preemption takes all pods of lower priority off each node that this could help, and puts back
// as many as it can.
//
// There is one file for each plugin, named as Kubernetes names it. Counts over nodes are made when a decision first asks
// for them and kept up to date from then on, so that a decision looks at each node once and at other pods not at all.
//
// # Invariants
//
//  1. A Snapshot that was kept up to date decides as a fresh one with the same objects does, in whatever order they were put.
//  2. Decide changes nothing but buffers: the same pod gets the same Decision again.
//  3. Every node is either feasible or rejected, with a plugin and a reason, and preemption is tried only if none is feasible.
//  4. A victim has a lower priority than the pod, and with all victims of a candidate gone the pod fits there.
//  5. Nothing in a Decision depends on the order of a map, on time or on chance.
//
// # What it does not do
//
// It keeps no queue and no back-off, binds nothing and evicts nothing. Dynamic resource allocation, gangs of pods, extenders,
// storage capacity objects and attachments of volumes that no pod uses are not known. It looks at all nodes, where
// Kubernetes by default looks at a share of a large cluster.
package scheduling
