// Package process is a node.Runtime whose containers are processes of this machine. It is the default of a node that has nothing
// else: no root, no daemon and no images are needed.
//
// # What a pod is here
//
//	this program         the agent, and a Runtime
//	  | pod.socket       requests, answers and news; see wire.go
//	shim                 this program once more, one for each pod: holds the namespaces, is parent and subreaper of
//	  |                  the containers, writes down their output and how they ended
//	  +-- NAME#0         the process of an attempt, which leads a session and a group of its own
//	  +-- NAME#1
//	  +-- pause          the first process of an attempt's process table, one for each
//
//	DIR/pods/UID/                     the pod
//	    pod.json pod.journal          what the shim was told, and what became of the attempts
//	    pod.socket pod.log            where the shim is asked, and what it says when it fails
//	    pod.hosts pod.hostname        the pod's /etc/hosts, /etc/hostname
//	    pod.resolv                    and /etc/resolv.conf
//	    pod.next/                     what will be the folder of the next attempt
//	    NAME/0/                       container NAME, attempt 0
//	        root/                     stands for the container's "/", PODLIFE_ROOT in its environment
//	            data -> /...          a volume mounted at /data: a symbolic link
//	            dev/termination-log   the termination message, or a symbolic link to where it is mounted
//	        message                   the termination message, where it is mounted
//	        log log.TIME              its output, where StartOptions names no other place
//
// A program has shims when it calls Init first of all in main. Its pods then go on when it is killed: a new Runtime on the same
// folder finds them, starts nothing twice and has lost no exit code. Pods that nobody claims are told by Pods. Without Init the
// Runtime works too, but the containers end with the program; Warnings says so of each pod, and so should who runs the pods. A
// Runtime that is closed ends its pods, one that leaves does not.
//
// # What the containers of a pod share
//
// On Linux, as root or where user namespaces are permitted, the shim has namespaces for its pod: a network with nothing but the
// loopback interface, which has the pod's addresses too; objects of IPC, and /dev/shm; the host name of network.HostName; and, with
// shareProcessNamespace, a process table. Without that each container has a process table of its own. hostNetwork, hostIPC and hostPID
// leave the machine's. A pod that may have none of that runs without, and Warnings says so. In a user namespace the processes see their
// user as root. The first process of a process table is a pause, which does nothing but reap what others left; see decision 0017.
//
// The pod's /etc/hosts, /etc/hostname and /etc/resolv.conf are those of package network, as hostAliases, dnsPolicy and dnsConfig want
// them, where the machine has such a file to mount them on.
//
// Nothing leads into a pod's network but DialPod and host ports, and nothing out of it. A pod that is to reach others has hostNetwork.
// What comes to a host port, by TCP or UDP, the shim forwards to the pod's address: the socket is opened by this program, on the
// machine's network, and given to the shim, so that it goes on when this program ends. The pod sees itself as the sender. A port
// that is taken is an error of CreateSandbox. Pods without a network of their own have nothing to forward.
//
// An attempt has mounts of its own, with /proc for its process table, and the file for its termination message where
// terminationMessagePath says: each volume is where its mountPath says, read-only ones cannot be written to, and
// where the machine has no such path, a folder of memory stands in for the one around it, in which all that was there is still
// found. So nothing is left behind on the machine. The process starts in root, or in workingDir below it, where the volumes are found
// as symbolic links: a manifest whose workingDir is "/" and which names its files by relative paths (`cat data/greeting` for a volume
// at /data) behaves everywhere as in a real container. Any other absolute path is one of this machine. Without namespaces the links
// are all there is, and mounts inside of mounts are refused.
//
// Pods with requests or limits have cgroups of version 1 or 2, where this user may make them, with the values of
// pod.LinuxResources; a container that the kernel kills for want of memory ends as OOMKilled. They are below "podlife", which stays.
//
// The image is not interpreted: a container must have a command, which is looked for in the PATH of its environment, or of
// this program where it has none. The securityContext, stdin and tty count for nothing.
//
// # The life of an attempt
//
//  1. StartContainer asks for the attempt, over a line that the thread reads which starts processes. The shim takes a berth, which it
//     made ahead: a folder, pipes, a mount namespace and a process table. It makes the log and mounts the volumes, starts the process
//     in the berth, and answers. After that it tells who watches, begins to read the output, and makes the next berth. A program that
//     cannot be run makes an attempt with exit code 128, reason StartError, started at the Unix epoch, as containerd has it.
//  2. Both output streams are written down line by line in the CRI's format, and can be read with Logs all the while. A file that has
//     grown to Config.LogMaxSize is renamed, and Logs follows. Exec runs commands with the container's environment, in its
//     directory, and sees its mounts.
//  3. The process ends, by itself or because StopContainer sent it the stop signal and killed all of it when the grace was
//     over. The signal goes to the process alone, as from a container runtime.
//  4. Everything it has left behind is killed: all that is in its process table, or, where it has none of its own, members of its
//     sessions and groups, any process that has its mark in the environment, and what is in its cgroup. Only then is it reaped, and
//     its exit code, 128+n after signal n, and its termination message taken. What can be found by none of these, a process that
//     cleared its environment and left its session in a pod without limits, ends with the sandbox.
//  5. RemoveContainer or RemoveSandbox removes the folder.
//
// # Invariants
//
//  1. An attempt is started at most once; asking again answers the same. So it is after this program was killed.
//  2. At most one attempt of a container runs.
//  3. When an attempt is shown as exited, none of its processes lives, none is a zombie, and its log is complete.
//  4. After StopSandbox returned nil, nothing of the pod runs; after RemoveSandbox returned nil, nothing of it is on disk.
//  5. What List has shown, a Runtime on the same folder shows, unless it was removed. A shim that is itself killed takes its
//     containers with it: they are shown as exited with 137, in a sandbox that is stopped.
//
// Nothing is synced to disk: what was written outlives every program, and no pod outlives the machine.
//
// Without a shim, a container's own process dies on Linux when this program is killed; what it started itself may then live on, until
// a Runtime on the folder ends it. On other systems there are no shims, namespaces and cgroups, only members of the process group
// are found in step 4, and on Windows only the process itself, which has no stop signal but is killed at once.
//
// The processes of a pod are kept behind the small type keeper, whose requests are plain values: local keeps them in this program,
// remote asks a shim, which has a local, and remains is what is known of a pod whose shim has ended.
package process
