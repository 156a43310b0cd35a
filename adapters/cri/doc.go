// Package cri is a node.Runtime whose containers are real ones, run by an engine of this machine that speaks the Container Runtime
// Interface, version 1: containerd from 1.6 on, CRI-O from 1.23 on (the latter has not been tried).
//
//	node.Agent                      the machine's actions, one pod after the other's
//	    |
//	Runtime                         keeps no state that counts: what there is, the engine's lists say
//	    |- sandboxConfig, containerConfig, securityContext      pure: a pod -> what the engine is asked for
//	    |- seen                                                 what the engine lists -> lifecycle.Seen
//	    |- watcher                                              events of the engine, and polls -> Notify; beside it logs are rotated
//	    |- DIR/pods/UID                                         logs, termination messages, hosts file
//	    v
//	gRPC on a unix socket           RuntimeService, ImageService
//	    |
//	containerd or CRI-O  ->  CNI, runc, images
//
// # The life of one call
//
//  1. StartContainer takes the lock of that container, and goes on in a goroutine whose context does not end with the caller's: the
//     engine is never left with a call cut in half by this program. The caller is answered when its own context ends.
//  2. It looks at what the engine has of the container. The attempt runs: nothing to do. It ended: the answer is the first one's.
//     It was made and never started, as after a crash of this program: it is started now. Another attempt runs: an error.
//  3. It makes the files that the container is given, asks for the image, has the container created and started.
//  4. Where that failed, the engine is asked what has become of the attempt, so that the error and List agree.
//  5. The watcher is told that something changes: it polls quickly for a while. What changes by itself it learns of the engine's events,
//     be they the interface's or, where that has none, containerd's own, or else of a poll.
//
// # What an engine's object is called
//
// Sandboxes and containers have the names, labels and annotations of a kubelet's, so crictl and other tools show pods as they are used
// to. An attempt is the CRI's attempt. The label io.podlife.owner tells the pods of this Runtime from those of others on the same
// engine. A kubelet is no such other: it takes everything on its engine for its own.
//
// # Invariants
//
//  1. A container has at most one attempt that runs, and an attempt is started at most once, also across crashes of this program and
//     of the engine.
//  2. List is a level read from the engine, never from memory. What is remembered cannot change: how an attempt ended, the addresses
//     of a sandbox. The presence of an image is remembered for a short time, and looked up again before it is relied on.
//  3. An engine that does not answer is an error of every call, and of List: never a pod without containers.
//  4. When the engine is back, every pod is announced once, so that no change of the meantime is missed.
//  5. Nothing that is not labelled with the owner is stopped or removed.
//
// # What it does not do
//
// It makes a cgroup for a pod only below Config.CgroupParent, has no user IDs for hostUsers false, compresses no logs, and gives no
// devices. Volumes are the storage driver's, with their fsGroup; those of images are the engine's, see ImageVolumes. Windows is left
// out. A grace is rounded up to whole seconds, as the interface has it. A command that is run in a container has its standard output
// before its standard error, as the interface keeps the two apart.
package cri
