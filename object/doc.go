// Package object is the kinds of Kubernetes objects that a Pod's life touches: nodes, volumes and budgets, and the
// workloads that make pods. Each is field for field what Kubernetes v1.37 has, with the same names in JSON; the Pod itself
// and whatever its spec is made of are in package pod.
//
// It holds data, and decides nothing: predicates over nodes are in scheduling, controllers in cluster/workload.
package object
