package lifecycle

import (
	"fmt"
	"time"
)

// ActionID names one action of one machine. IDs count from 1; 0 names none.
type ActionID uint32

// ActionKind says what is to be done. The set is closed.
type ActionKind uint8

// The actions of a machine. Where nothing else is said, an action is answered by the Seen that shows its effect, and by a
// Done only if it failed.
const (
	// NoAction is the zero value; no Output holds it.
	NoAction ActionKind = iota
	// MountVolumes makes all volumes of the pod ready; Seen.Volumes shows it.
	MountVolumes
	// CreateSandbox makes the pod's sandbox, with its addresses; Seen.Sandbox shows it. One that has ended before a Seen
	// could show it ready has failed.
	CreateSandbox
	// PullImage fetches the container's image. Always answered by a Done.
	PullImage
	// StartContainer creates and starts one attempt. Asked again for the same attempt it does no harm.
	StartContainer
	// StopContainer sends the stop signal and, when Timeout is over, kills.
	StopContainer
	// RemoveContainer forgets one ended attempt and its leavings.
	RemoveContainer
	// RunHook runs a postStart or preStop hook. Always answered by a Done.
	RunHook
	// RunProbe runs a probe once. Always answered by a Done.
	RunProbe
	// Resize sets the container's resources to the spec's without a restart. Always answered by a Done.
	Resize
	// StopSandbox ends the sandbox and whatever still runs in it; Seen.Sandbox shows it.
	StopSandbox
	// UnmountVolumes takes the volumes down; Seen.Volumes shows it.
	UnmountVolumes
	// RemoveSandbox forgets the sandbox and all attempts, addresses and names of the pod.
	RemoveSandbox
)

var actionNames = [...]string{
	"NoAction", "MountVolumes", "CreateSandbox", "PullImage", "StartContainer", "StopContainer", "RemoveContainer",
	"RunHook", "RunProbe", "Resize", "StopSandbox", "UnmountVolumes", "RemoveSandbox",
}

// String returns the name of k, or "ActionKind(n)" for one outside the set.
func (k ActionKind) String() string {
	if int(k) < len(actionNames) {
		return actionNames[k]
	}
	return fmt.Sprintf("ActionKind(%d)", k)
}

// Call says which of a container's probes or hooks an action runs.
type Call uint8

// The probes and hooks. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes and
// https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/.
const (
	// NoCall is the zero value.
	NoCall Call = iota
	StartupProbe
	ReadinessProbe
	LivenessProbe
	PostStart
	PreStop
)

var callNames = [...]string{"", "startup", "readiness", "liveness", "postStart", "preStop"}

// String returns the name of c as the documentation writes it: startup, readiness, liveness, postStart, preStop.
func (c Call) String() string {
	if int(c) < len(callNames) {
		return callNames[c]
	}
	return fmt.Sprintf("Call(%d)", c)
}

// An Action is one thing the driver is asked to carry out. The driver carries actions out in the order given, each
// once; it finds what else it needs in the pod's spec.
type Action struct {
	ID   ActionID
	Kind ActionKind
	// Call says which probe or hook, for RunHook and RunProbe.
	Call Call
	// Attempt is the container's attempt, counting from 0.
	Attempt int32
	// Container is the container's name, and empty for actions on the whole pod.
	Container string
	// Timeout bounds the action: for StopContainer the grace period after which the driver kills; for RunProbe and
	// RunHook the time after which the driver ends it and answers TimedOut. Zero means no bound, except for
	// StopContainer, where it means kill at once.
	Timeout time.Duration
}

// String prints the action on one line, as "StartContainer app#0" or "RunProbe app#2 readiness 1s".
func (a Action) String() string {
	out := a.Kind.String()
	if a.Container != "" {
		out += fmt.Sprintf(" %s#%d", a.Container, a.Attempt)
	}
	if a.Call != NoCall {
		out += " " + a.Call.String()
	}
	if a.Timeout != 0 {
		out += " " + a.Timeout.String()
	}
	return out
}
