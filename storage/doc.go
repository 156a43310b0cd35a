// Package storage says which volumes a pod has, where its containers mount them, what is in them and how long they
// live. It decides, and touches no disk: a Driver carries out.
//
//	             pod.Pod                 pod.Sources
//	                |                         |
//	     +----------+-----------+             |
//	     |                      |             |
//	  Volumes                Mounts         Files          plans: plain data, no side effects
//	kind, lifetime,        path, subPath,   names, bytes,
//	readOnly, claim        propagation      modes
//	     |                      |             |
//	     +------> Driver <------|-------------+
//	              Mount         |
//	              Unmount       +--> the runtime, which makes the mounts
//	              Path
//	              Mounted <-- Sweep
//	              |
//	    disk, memory; Plugin for claims, images, CSI
//
// The life of one pod: its agent calls Driver.Mount before the first container starts, and again whenever Sources
// change; Mounts for each container, with Mount.Expand where there is a subPathExpr; OverLimit now and then; and
// Driver.Unmount when the last container has ended. After a restart it calls Sweep with the UIDs that still live.
//
// Invariants, which every Driver keeps and storagetest checks:
//
//  1. A volume whose lifetime is the pod's exists from Mount to Unmount of one UID, and no other UID sees it. A new pod
//     of the same name finds it empty.
//  2. Mount prepares all volumes or none. Unmount twice is Unmount once.
//  3. The files of a volume out of Sources change all at once, and only where the whole set could be made.
//  4. Nothing named by a manifest, a config map or a container leads outside its volume.
//  5. A ReadWriteOncePod claim has at most one pod.
//  6. Sweep removes what belongs to UIDs that do not live, all of it, and nothing else.
//
// Errors are in the words of Kubernetes where a user sees them there: configmap "absent" not found.
//
// What it does not do: make mounts in a container's file system, relabel a volume for SELinux, or schedule by volumes. Modes, users and propagation are returned as data for who does. A pod is expected to have passed
// pod.Validate; one that has not gives an error here, never a file in a wrong place.
//
// See https://kubernetes.io/docs/concepts/storage/volumes/.
package storage
