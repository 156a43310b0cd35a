package lifecycle

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/podlife/podlife/pod"
)

// InputKind says which of an Input's fields count. The set is closed.
type InputKind uint8

// The inputs of a machine.
const (
	// Tick says only that time has passed. It is the zero value.
	Tick InputKind = iota
	// Update brings the pod object as the API now holds it: a binding, a changed spec, a condition of
	// somebody else's, a deletion timestamp. Input.Pod counts, and Input.Wanted, Input.Reason and Input.Message where a resize is
	// pending: the resources in Pod are then those that the node has given the pod.
	Update
	// Observed brings all that the runtime knows of the pod: a level, never an edge. Input.Seen counts.
	Observed
	// Done answers an action that leaves no lasting trace, or one that failed. Input.Action and Input.Result count.
	Done
	// Delete asks for the pod's end. Input.Grace counts, and Input.Pod where the API has changed the object already.
	Delete
	// Evict is the node's own decision to end the pod (pressure, shutdown, a critical pod in need of room).
	// Input.Reason, Input.Message and Input.Grace count.
	Evict
	// Reject is the node's refusal to run the pod at all. Input.Reason and Input.Message count; it has an effect
	// only before the first container or sandbox was asked for. Input.Pod counts where a binding comes with the refusal.
	Reject
)

var inputNames = [...]string{"Tick", "Update", "Seen", "Done", "Delete", "Evict", "Reject"}

// String returns the name of k, or "InputKind(n)" for one outside the set.
func (k InputKind) String() string {
	if int(k) < len(inputNames) {
		return inputNames[k]
	}
	return fmt.Sprintf("InputKind(%d)", k)
}

// An Input is one thing that happened, or one look at what is. The zero Input is a Tick.
//
// Step only reads an Input; what it points to stays the caller's, may be used again after Step returned, and must not
// change while Step runs. The exception is Pod, which the machine keeps: see Update.
type Input struct {
	Kind InputKind
	// Pod is the whole object, for Update, Delete and Reject. The machine keeps the pointer and never writes through it;
	// whoever changes a pod afterwards clones it first.
	Pod *pod.Pod
	// Wanted is, for Update, the object as its user wants it, where the node does not give the pod all of the resources; nil where
	// nothing is pending. It is only read. Reason and Message say why: the reason Infeasible means that it never will, any other, such
	// as OutOfcpu, that it has to wait.
	Wanted *pod.Pod
	// Seen is what the runtime shows, for Observed.
	Seen *Seen
	// Action is the ID of the action that Result answers, for Done. An unknown or already answered ID is ignored.
	Action ActionID
	// Result is how the action went, for Done.
	Result Result
	// Grace is the grace period, for Delete and Evict, in whole seconds. Nil means the pod's own.
	Grace *int64
	// Reason and Message go into the status, for Evict and Reject, exactly as given (Reject puts "Pod was rejected: "
	// before the message, as the kubelet does).
	Reason  pod.Reason
	Message string
	// OverLimit says, of Evict, that the pod has used more than a limit of its own allows: its end then comes without a
	// DisruptionTarget condition, for nobody but itself caused it.
	OverLimit bool
}

// String prints the input on one line, for transcripts and logs.
func (in Input) String() string {
	switch in.Kind {
	case Observed:
		return "Seen " + in.Seen.String()
	case Done:
		return fmt.Sprintf("Done #%d %s", in.Action, in.Result)
	case Delete:
		if in.Grace != nil {
			return fmt.Sprintf("Delete grace=%ds", *in.Grace)
		}
		return "Delete"
	case Update:
		if in.Wanted != nil {
			return fmt.Sprintf("Update, resize pending: %s %q", in.Reason, in.Message)
		}
		return "Update"
	case Evict, Reject:
		return fmt.Sprintf("%s %s %q", in.Kind, in.Reason, in.Message)
	default:
		return in.Kind.String()
	}
}

// SandboxState is what the runtime knows of the pod's sandbox, the thing that holds its network and namespaces.
type SandboxState uint8

// The states of a sandbox.
const (
	// SandboxAbsent: there is none. The zero value.
	SandboxAbsent SandboxState = iota
	// SandboxReady: it runs, and containers can be started in it.
	SandboxReady
	// SandboxStopped: it exists and nothing runs in it, nor ever will again.
	SandboxStopped
)

// String returns the state's name in lower case.
func (s SandboxState) String() string {
	return [...]string{"absent", "ready", "stopped", "unknown"}[min(s, 3)]
}

// ContainerState is what the runtime knows of one attempt to run a container.
type ContainerState uint8

// The states of an attempt.
const (
	// ContainerCreated: it exists and has never run. The zero value.
	ContainerCreated ContainerState = iota
	// ContainerRunning: its process runs.
	ContainerRunning
	// ContainerExited: its process has ended, or could not be started.
	ContainerExited
	// ContainerUnknown: the runtime has lost track of it.
	ContainerUnknown
)

// String returns the state's name in lower case.
func (s ContainerState) String() string {
	return [...]string{"created", "running", "exited", "unknown"}[min(s, 3)]
}

// SeenContainer is one attempt to run one container, as the runtime shows it.
type SeenContainer struct {
	// Name is the container's name in the spec.
	Name string
	// Attempt counts from 0: the number that StartContainer was asked with.
	Attempt int32
	State   ContainerState
	// ID is the runtime's name for this attempt, with its scheme, such as "process://1234"; it may be empty.
	ID string
	// ImageID is the runtime's name for the image that the attempt runs; it may be empty.
	ImageID string
	// StartedAt is when the process was started. The Unix epoch says that it never was (a start error).
	StartedAt time.Time
	// FinishedAt, ExitCode, Reason and Message count only where State is ContainerExited. An empty Reason means
	// Completed for exit code 0 and Error for any other.
	FinishedAt time.Time
	ExitCode   int32
	Reason     pod.Reason
	// Message is the termination message, read from its file or, by the container's policy, from the log.
	Message string
	// Ready is a declared readiness, for drivers that play a script: nil leaves it to the machine. It counts only
	// while the attempt runs and where the container has no readiness probe.
	Ready *bool
}

// Seen is all that the runtime knows of one pod. The zero Seen shows a pod of which nothing exists, all of whose images
// are on the node.
//
// It is a level: a driver gives the whole of it each time, in any order, and giving it twice does no harm. A container
// that the spec does not name is ignored. Of two attempts of one container the higher number counts as the newer, and
// of two entries of one attempt the first.
type Seen struct {
	Sandbox SandboxState
	// IPs are the addresses of the sandbox, the first being the primary one, at most one of each family.
	IPs []netip.Addr
	// Volumes says that the volumes of the pod are mounted.
	Volumes bool
	// Containers has every attempt that the runtime still knows.
	Containers []SeenContainer
	// MissingImages names the images of the pod, as the spec writes them, that are not on the node.
	MissingImages []string
}

// String prints what is seen on one line.
func (s *Seen) String() string {
	if s == nil {
		return "nothing"
	}
	out := "sandbox=" + s.Sandbox.String()
	if s.Volumes {
		out += " volumes"
	}
	for i := range s.Containers {
		c := &s.Containers[i]
		out += fmt.Sprintf(" %s#%d=%s", c.Name, c.Attempt, c.State)
		if c.State == ContainerExited {
			out += fmt.Sprintf("(%d)", c.ExitCode)
		}
	}
	return out
}

// Outcome is how an action went.
type Outcome uint8

// The outcomes.
const (
	// Succeeded: it was done. The zero value.
	Succeeded Outcome = iota
	// Failed: it was tried and went wrong; of a probe or hook: it said no.
	Failed
	// TimedOut: it took longer than the action's Timeout and was ended.
	TimedOut
	// Unknown: nothing can be said, as of a probe whose container vanished under it. It changes nothing. Where a probe's Message says
	// what went wrong, an event tells it.
	Unknown
	// Warned: it was done, and an event is to tell Message: of an httpGet probe, that it was sent on to another host, where it did not
	// go; of an httpGet hook, that HTTP had to take the place of HTTPS.
	Warned
)

// String returns the outcome's name in lower case.
func (o Outcome) String() string {
	return [...]string{"ok", "failed", "timed out", "unknown", "warned", "invalid"}[min(o, 5)]
}

// Result answers an action. The zero Result says that it went well.
type Result struct {
	Outcome Outcome
	// Reason is Kubernetes' word for the failure of a start or a pull: CreateContainerConfigError,
	// CreateContainerError, RunContainerError, ErrImagePull ... Empty means the usual one of the action. Of an Unknown probe it is the
	// state, "failure" or "unknown", that the event names; empty means "unknown".
	Reason pod.Reason
	// Message is what the runtime, the probe or the hook said.
	Message string
	// ExitCode is that of an exec probe or hook.
	ExitCode int32
	// ImageSize is how large a pulled image is, in bytes.
	ImageSize int64
}

// OK reports whether the action went well, if with a warning.
func (r Result) OK() bool { return r.Outcome == Succeeded || r.Outcome == Warned }

// String prints the result on one line.
func (r Result) String() string {
	out := r.Outcome.String()
	if r.Reason != "" {
		out += " " + string(r.Reason)
	}
	if r.Message != "" {
		out += fmt.Sprintf(" %q", r.Message)
	}
	return out
}
