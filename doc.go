// Package podlife is the root of a module and holds no code: the Kubernetes Pod as a library is in the packages below it.
//
//	start here          cluster              pods and nodes in virtual time; one call plays one pod
//	                    node                 pods on this machine, through a Runtime
//	                    node/process         a Runtime whose containers are processes
//	                    node/sim             a Runtime whose containers follow a script
//	what a Pod is       pod                  the types of core/v1; decode, default, validate, clone
//	                    naming               the forms of Kubernetes names
//	                    object               the other kinds: nodes, claims, budgets, workloads
//	how it lives        lifecycle            the machine: (now, what I see) -> (report, actions, wake)
//	                    lifecycle/script     how a container behaves, as data
//	                    lifecycle/history    what was published of a pod
//	                    lifecycle/lifecycletest  plays scenarios in your own tests
//	                    lifecycle/explore    tries every order of events on small pods
//	                    node/local           all of a node on this machine, in one call
//	                    node/static          pods out of a folder of manifests, and their mirrors
//	                    node/eviction        whom a node that is short of something ends
//	what makes pods     cluster/controller   the shape of a controller: Request to Plan
//	                    cluster/workload     ReplicaSet, Deployment and the others that make pods of templates
//	what takes them     cluster/disruption   failing nodes, taints, garbage collection, disruption budgets
//	                    cluster/volume       claims and their volumes, found or made
//	                    scheduling           where it fits, how well, and whom it must push aside
//	what it stands on   network              addresses, ports, names
//	                    storage              volumes: what, where, how long; storage/disk, storage/memory
//	to test against     cluster/clustertest  a cluster in a test of your own; scenario files
//	to check your own   node/nodetest        a Runtime
//	                    storage/storagetest  a Driver
//
// Everything from lifecycle/script down is pure: no clock, no randomness, no goroutine, no input or output. Which package
// may import which is drawn in README.md and held by deps_test.go.
package podlife
