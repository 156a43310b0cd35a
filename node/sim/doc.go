// Package sim is a node.Runtime without containers: they behave as a script says, in real time.
//
// It is lifecycle/script, which virtual time uses too, behind the interface of real runtimes. It serves tests of what
// stands above a runtime: an agent, or a program that embeds one. For tests of pods alone virtual time (package cluster) is
// faster and never waits.
//
// The life of one call. The call becomes an action for the pod's engine. It returns when the engine has shown its effect or
// answered it, or when its context ends. A timer plays what the script says will happen by itself.
//
// What it does not do: no process is started, no file written, and there are no logs.
package sim
