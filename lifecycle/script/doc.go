// Package script says how the containers of a pod behave, and plays it: the runtime of virtual time.
//
//	            Action                         what becomes of it, and when
//	machine  ------------>  Engine  (Script)  -------------------------------->  Input
//
// A Script is data: for each container how its image is pulled, how each attempt to run it goes, how it reacts to the stop
// signal, and what its probes and hooks answer. It is the `behavior` part of a scenario file, so one file drives tests,
// examples and a user's own programs:
//
//	behavior:
//	  app:
//	    pull: {takes: 200ms}
//	    runs: [{for: 2s, exit: 1}, {forever: true}]
//	    onTerm: {after: 500ms, exit: 143}
//	    exec: {/ready: [{until: 3s, exit: 1}, {exit: 0}]}
//
// An Engine has the one shape of this library: it is told at what time an action was asked for, and answers what becomes
// visible and when to ask again. A Life joins a machine and an engine and carries one's output to the other; cluster runs
// many lives, lifecycletest runs one.
//
// What a script leaves open is as in containerd: a container that could not be started has ended with exit code 128 and
// reason StartError, its start time being the epoch; a stopped sandbox has no address any more.
//
// Invariants:
//
//  1. The same actions at the same times give the same inputs: there is no clock and no chance in here.
//  2. Every action that is answered by a Done gets exactly one.
//  3. A Seen is always the whole of what is; it is given once for each instant at which something changed.
//  4. At one instant ends come before results.
//
// The package does no input or output, and knows nothing of phases, restarts or thresholds: those are the machine's.
package script
