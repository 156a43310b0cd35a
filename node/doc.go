// Package node runs pods on this machine, as a kubelet does, but without an API server: an Agent drives one lifecycle.Machine for
// each pod through a Runtime.
//
//	          Apply  Update  Delete  Evict                Watch  Pods  Events  Logs  Exec
//	                     |                                    ^
//	Agent   +------------v------------------------------------|------+
//	        |  worker of one pod        Step(now, input)              |
//	        |    what the runtime shows  ->  Machine  ->  status, events
//	        |    results of actions                       actions     |
//	        |    time                                        |        |
//	        +------------------------------------------------|--------+
//	                     ^                                   v
//	Notifier, List ------+------ Runtime, storage.Driver, Addresses, Sources, probes and hooks
//
// The machine decides everything; this package only carries out. It owns what a machine must not have: goroutines, the clock,
// timeouts, the network, UIDs, and the count of equal events.
//
// # The life of one turn
//
//  1. Something rings: the runtime's Notifier, the answer of an action, the timer that the machine asked for, or the API user.
//  2. The worker feeds the machine all there is, in this order: what the runtime shows, then results, then the time, then the
//     API user.
//  3. After each Step the new status is published, then the events, and then the actions are carried out, in their order.
//     Making, starting and removing are done on the spot, and the runtime is looked at again afterwards. Pulling, stopping,
//     hooks and probes go on in goroutines of their own and leave a result.
//  4. With nothing left, the worker sleeps until something rings. An idle pod costs no time at all.
//
// A pod that was deleted goes when its machine has ended: whatever is left of it is removed, then it is no longer among Pods,
// and Watch shows it as DELETED. Where something cannot be removed it stays, with its name and its addresses, an event of the reason
// FailedKillPod says why, once for each cause, and it is tried again, at last once a minute.
//
// # After a crash
//
// With a Store the agent remembers the pods as they are wanted, and of each what its machine knows, whether its volumes are
// mounted, and its addresses; before it acts. Events and their counts are there a second later at the latest. A new agent with the same Store looks at each pod's containers first and goes on with
// what it sees: what runs is not started again, an exit code that the runtime still knows comes into the status, and what was in
// progress is asked for again. Pulls, hooks and probes may run twice. What the runtime (a Lister) and the volumes' driver have of pods
// that are not on the node is removed, and tried again as long as Run runs where that fails.
//
// # Admission, pressure, shutdown
//
// A pod that is new to the node is admitted as the kubelet admits it; see Admit. One that is refused is Failed with the reason, and
// nothing of it is started. A critical pod that lacks nothing but room takes that of others: eviction.Preempt says whose, they are Failed
// with the reason Preempting, and it waits until they have ended. A pod that is to be resized goes on with what it has until the node has
// more: its condition PodResizePending says why, and whatever is freed is given on by priority. Every Config.Monitor the agent looks at emptyDir volumes with a limit and, with Config.Signals, at what
// the node has left; package eviction decides who must go. Shutdown ends all pods by priority.
//
// # Invariants
//
//  1. A machine is stepped by one goroutine, that of its pod's worker.
//  2. A pod has one goroutine, and one more for each pull, stop, hook, probe or resize that goes on; the agent has one of its own. None is
//     left when Run returns.
//  3. The status is published before the actions that follow from it are carried out.
//  4. Every change of a pod and every event reaches every reader of Watch and Events that began before, in order.
//  5. When Run returns nil, nothing of the pods runs or is mounted, and their addresses are free; but for Config.LeaveRunning.
//  6. A *pod.Pod that was handed out is never written to.
//  7. What Apply, Update and Delete have accepted is in the Store when they return, and what a machine has decided is in it before
//     it is carried out or published.
//  8. Whenever the program is killed, the next agent starts no attempt a second time.
//  9. What the admitted pods have been given is never more than the node has, but while pods that end for a critical one take their time.
//
// Manifests in a folder are for node/static, virtual time for cluster.
package node
