// Package lifecycle is the life of a Pod on its node, as one pure machine:
//
//	 now, Input                                    Output
//	------------>  Machine.Step  ----------------------------------------------->
//	 Seen, Done,                                   Changed: publish Status()
//	 Update, Delete,                               Events:  say them
//	 Evict, Reject,                                Actions: carry them out, in order
//	 or nothing (Tick)                             Wake:    call Step again by then
//
// Whoever calls Step is a driver: it looks at a runtime, carries actions out, keeps a timer, and decides nothing. There is
// no clock, no goroutine, no randomness and no input or output in here, so the same inputs at the same times give the same
// outputs, in virtual time as on a real node.
//
// # The life of one call
//
//	absorb    take in what happened: what the runtime shows, an answer, what a user or the node asks for
//	timers    note which of the machine's own times have come
//	advance   do what there is to do, until everything waits for the driver or for time:
//	            look       publish how things stand, and plan what is missing
//	            round      carry the plan on: mount, stop some, make the sandbox, start one after the other, stop all
//	probe     ask for the probes whose tick has come
//
// A look is what a kubelet calls a sync. It begins a round of work, and while the round waits for the driver there is no
// other look, as in a kubelet, whose sync of a pod blocks while it pulls an image or runs a postStart hook. What is new
// meanwhile is looked at when the round has ended. Three things do not wait: readiness and startup are published as soon as
// a probe finds them, and the time that a stop may take runs on.
//
// A pod passes through stages and never goes back to an earlier one:
//
//	unbound -> live -> ending -> cleaning -> over
//
// Live is where looks and rounds happen. Ending stops everything for good: after a deletion, an eviction, a deadline, or
// when nothing is left to run. Cleaning takes the volumes down; then the last status is published. Only in the stage over
// may the object of a deleted pod go; see Machine.Ended. Inside, each container is classified as one small word, the view,
// and Status makes the long form of the words, so that a machine stays small.
//
// The phases of a pod are the few that Transitions lists, and PhaseOf says which one containers make.
//
// # Bad input
//
// No input makes Step fail or panic, and none leaves a pod stuck that could still be deleted.
//
//   - A container that the spec does not name, and an attempt below 0 or of the number 2147483647, are ignored. An attempt
//     that nobody asked for counts as one. Of two that run the higher number counts; the other ends with the sandbox. An
//     attempt that has ended stays as it ended.
//   - A Done of an unknown or already answered action is ignored.
//   - A pod whose containers are not those of the machine's pod (ephemeral ones may come) is ignored: an Update has no
//     effect then, and a Delete deletes the pod that the machine has. New refuses a pod without containers, and one with
//     two of one name.
//   - A clock that runs backwards stands still until it is back where it was. Times before 1970 count as its beginning and
//     those after 2199 as its end; a wake that would come later is not wanted. What the runtime says happened more than a
//     minute from now happened at an unknown time.
//   - When a pod is over, nothing has any effect but a Delete, which removes its leavings.
//
// # Invariants
//
// Of every state; CheckInvariants checks them:
//
//  1. The phase is one of the table's, and a terminal one is published only when nothing of the pod can run any more.
//  2. PhaseOf, given the published status, agrees with the published phase. Exceptions: a terminal phase comes late, after
//     the sandbox has stopped, and then stays whatever is seen; eviction and deadline make it Failed; after the last status, containers that had not ended
//     show as lost; between a probe's verdict and the next look the phase waits for the look.
//  3. A container has started only while it runs, is ready only when it has started (an init container: when it has
//     ended), and shows no more restarts than it has had attempts. In the last status none runs.
//  4. Ready is True only if ContainersReady is, and neither once the pod has ended by itself.
//  5. The work in progress is of containers that there are; each stop and start belongs to a round; every action in flight
//     was asked for, and one thing alone waits for it.
//  6. A pod that is over works on nothing, waits for nothing, and its phase is terminal if a node ever looked at it.
//  7. The attempts known of a container are in order, and all but the newest have ended.
//
// Of every history; a Checker checks them:
//
//  8. Output.Changed is true exactly when Status differs from what it was before the Step; once the runtime has shown an
//     attempt that nobody asked for, it may be off by a Step.
//  9. The phase takes only steps that Transitions lists; a terminal phase never changes.
//  10. Restart counts never fall.
//  11. No action is asked for twice: IDs count up by one, a start is repeated only if its attempt could not be made, and
//     each attempt has each of its hooks run once.
//  12. No container starts before every init container ahead of it is done and every sidecar ahead of it has started.
//  13. After the pod's end was asked for nothing starts, but what a start in progress (a pull, the start itself, a postStart
//     hook) still brings about in its round; and that is stopped.
//  14. A pod that is over asks for nothing but the removal of its leavings, says nothing, and stays over.
//  15. Wake is never before now, and a machine that asks for a Tick at once makes progress by it.
//
// Of every state, by trying what would follow from it; package explore checks them:
//
//  16. The same Seen twice at the same time yields an empty second Output, unless a Tick at once was asked for.
//  17. A Clone answers as the original, and what happens to one does not touch the other; so a replay of the same inputs
//     gives the same outputs.
//  18. A machine for which nothing is in flight and that wants no wake has ended, or has something that runs, or is one
//     whose restart policy Never forbids it a second sandbox; Kubernetes leaves such a pod as it is, too.
//  19. A pod that is deleted ends within what is in progress, its grace period, and 2 s for each stage of its stop.
//  20. Restored with nothing in progress, a machine behaves as the one that was saved; with something in progress, it comes
//     to the same end. A pod that is over may have its leavings removed once more.
//
// # What this package does not do
//
// It does not place pods, admit them to a node or evict them: others decide that and tell it. It does not defend itself
// against a driver that never answers, and it asks only once for the removal of what a pod leaves behind. It measures no
// resources. It keeps no history but the last end of each container: that is what a status shows.
package lifecycle
