// Package disk is the storage.Driver that keeps volumes in a directory of this machine.
//
//	<dir>/<uid>/                      mounted: every volume of the pod is there
//	      <uid>/cache/                an emptyDir
//	      <uid>/conf/..data/app.conf  a volume of files, see content.go
//	      <uid>/logs -> /var/log      what is elsewhere is a link: hostPath, claims, plugins, emptyDir in memory
//	<dir>/.new-<uid>/                 a Mount at work, or cut short
//	<dir>/.gone-<uid>/                an Unmount at work, or cut short
//	<dir>/.claims/                    the class of claims for who has no other, see Claims
//
// The life of one pod:
//
//	Mount     plan, files and hostPath types are checked; .new-<uid> is filled; it is renamed to <uid>
//	Mount     again: each volume of files gets a new directory beside the old one, and one rename swaps them
//	Unmount   <uid> is renamed to .gone-<uid>; plugins and memory give theirs back; it is deleted
//	Mounted   the UIDs of all three kinds of directories, and those that plugins and memory still have
//
// Invariants:
//
//  1. <dir>/<uid> exists exactly while all volumes of the pod are ready: it comes and goes by one rename.
//  2. As long as anything of a UID is left, Mounted has it, and Unmount removes it. The process may end between any two
//     system calls; the crash test stops after every one.
//  3. All access below <dir> is relative to an open directory: through os.Root where links inside a volume count (Open,
//     ReadFile, WriteFile, Usage), and on Linux with O_NOFOLLOW everywhere else. A link is never followed out of a
//     volume, and a removal follows none.
//  4. What a link leads to is not removed with the link: hostPath and claims outlive the pod.
//  5. A removal holds at most 16 directories open and a few hundred names each in memory, whatever it removes, and no
//     lock but that of its UID.
//  6. Volumes of files, emptyDirs and claims are given to the pod's fsGroup, where this process may, before a container can see
//     them; a claim that is only read, and what other plugins make, is left as it is.
//  7. What hostPath types make on the machine stays, as the manifest asks, unless the Mount that made it fails.
//
// Beside the Driver, WriteSnapshot keeps what network's allocators remember, in one step.
//
// What it does not do: no fsync, since a pod does not survive the end of its machine; no mounting but of memory
// (Options.MountMemory), so another size limit is measured (Driver.Usage, storage.OverLimit) and not enforced by the
// kernel; no second process on the same directory; modes of directories of files are 0755 and not 0777, since nobody
// writes there.
package disk
