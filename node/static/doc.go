// Package static runs pods on a node from manifests that lie there: in a folder, or wherever a Source finds them.
//
//	folder of manifests --Source--> Pods.Run --Apply, Delete--> node.Agent
//	                                   |                            |
//	                                   |  <------- Watch -----------'
//	                                   '--Publisher--> mirror pods, where somebody shows them
//
// The life of one manifest. A file appears, and its pod is applied: NAME-NODE, with a UID that follows from what the manifest says, the
// node and the file, so that the same file is the same pod after a restart. An edited file is a new pod: the old one is ended in its
// own time, and then the new one is applied. When the file goes the pod is ended.
//
// # Invariants
//
//  1. A file that cannot be read, is half written, or holds no valid pod changes nothing of what runs: its fault is reported, and the
//     pod that it was before lives on. As long as it is not known which pod that was, no pod is ended for want of a file, but for those
//     whose own file was seen and has gone.
//  2. Two pods of one name never run at the same time.
//  3. A pod that somebody deletes comes back, once it is gone, as long as its file is there.
//  4. A mirror follows its pod and commands nothing: one that is deleted comes back, and the pod does not notice.
//  5. When Run has returned, no goroutine of it is left. The pods are left to the agent.
//
// A static pod must not refer to other objects of an API: service accounts, config maps, secrets, claims; unless
// Config.AllowReferences says that the node knows them itself.
//
// What it does not do: fetch manifests from a URL. A Source of your own can.
//
// See https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/.
package static
