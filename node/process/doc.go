// Package process is a node.Runtime whose containers are processes of this machine. It is the default of a node that has nothing
// else: no root, no daemon and no images are needed.
//
// # What a container is here
//
// Each attempt of a container is one process that leads a session and a process group of its own:
//
//	DIR/pods/UID/                     the pod
//	    NAME/0/                       container NAME, attempt 0
//	        root/                     stands for the container's "/", PODLIFE_ROOT in its environment
//	            data -> /...          a volume mounted at /data: a symbolic link
//	            dev/termination-log   the termination message
//	        log                       its output, where StartOptions names no other place
//
// The process starts in root, or in workingDir below it. So a manifest whose workingDir is "/" and which names its files by
// relative paths (`cat data/greeting` for a volume at /data) behaves here as it does in a real container. An absolute path
// (`cat /data/greeting`) is one of this machine: that, and mounts inside of mounts, need namespaces, which this package does
// not make yet. A read-only mount can be written to.
//
// The image is not interpreted: a container must have a command, which is looked for in the PATH of its environment, or of
// this program where it has none. The securityContext, resources, stdin and tty count for nothing. The pods share the machine's
// network, host name and process table; their addresses are virtual, and DialPod leads to the loopback address.
//
// # The life of an attempt
//
//  1. StartContainer makes the root and the log and starts the process. A program that cannot be run makes an attempt with
//     exit code 128, reason StartError, started at the Unix epoch, as containerd has it.
//  2. Both output streams are written down line by line in the CRI's format, and can be read with Logs all the while. Exec
//     runs commands with the container's environment, in its directory.
//  3. The process ends, by itself or because StopContainer sent it the stop signal and killed all of it when the grace was
//     over. The signal goes to the process alone, as from a container runtime.
//  4. Everything it has left behind is killed: members of its sessions and groups, and any process that has its mark in the
//     environment. Only then is it reaped, and its exit code, 128+n after signal n, and its termination message taken.
//  5. RemoveContainer or RemoveSandbox removes the folder.
//
// # Invariants
//
//  1. An attempt is started at most once; asking again answers the same.
//  2. At most one attempt of a container runs.
//  3. When an attempt is shown as exited, none of its processes lives, none is a zombie of this program, and its log is
//     complete.
//  4. After StopSandbox returned nil, nothing of the pod runs; after RemoveSandbox returned nil, nothing of it is on disk.
//
// On Linux a container's own process dies when this program is killed. What it started itself may then live on. On other systems
// only members of the process group are found in step 4, and on Windows only the process itself, which has no stop signal but
// is killed at once.
//
// The processes of a pod are kept behind the small type keeper, whose requests are plain values, so that a program of its own
// can take that part over.
package process
