package lifecycle

import (
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// EventKind says what an event is about. The set is closed.
type EventKind uint8

// The events of a machine, in the kubelet's words.
const (
	// NoEvent is the zero value; no Output holds it.
	NoEvent EventKind = iota
	ImagePresent
	Pulling
	Pulled
	FailedPull
	PullBackOff
	InspectFailed
	ErrImageNeverPull
	FailedStart
	Created
	Started
	Killing
	BackOff
	Unhealthy
	ProbeErrored
	ProbeWarning
	LifecycleHTTPFallback
	FailedPostStartHook
	FailedPreStopHook
	FailedMount
	FailedCreatePodSandBox
	SandboxChanged
	DeadlineExceeded
	Rejected
	ResizeDeferred
	ResizeInfeasible
	ResizeStarted
	ResizeCompleted
	ResizeError
	Evicted
)

// EventReason is the short word of an event, as `kubectl describe` shows it.
type EventReason string

// eventForms gives each kind its type and reason.
var eventForms = [...]struct {
	warning bool
	reason  EventReason
}{
	ImagePresent:           {false, "Pulled"},
	Pulling:                {false, "Pulling"},
	Pulled:                 {false, "Pulled"},
	FailedPull:             {true, "Failed"},
	PullBackOff:            {false, "BackOff"},
	InspectFailed:          {true, "InspectFailed"},
	ErrImageNeverPull:      {true, "ErrImageNeverPull"},
	FailedStart:            {true, "Failed"},
	Created:                {false, "Created"},
	Started:                {false, "Started"},
	Killing:                {false, "Killing"},
	BackOff:                {true, "BackOff"},
	Unhealthy:              {true, "Unhealthy"},
	ProbeErrored:           {true, "Unhealthy"},
	ProbeWarning:           {true, "ProbeWarning"},
	LifecycleHTTPFallback:  {true, "LifecycleHTTPFallback"},
	FailedPostStartHook:    {true, "FailedPostStartHook"},
	FailedPreStopHook:      {true, "FailedPreStopHook"},
	FailedMount:            {true, "FailedMount"},
	FailedCreatePodSandBox: {true, "FailedCreatePodSandBox"},
	SandboxChanged:         {false, "SandboxChanged"},
	DeadlineExceeded:       {false, "DeadlineExceeded"},
	Rejected:               {true, ""},
	ResizeDeferred:         {true, "ResizeDeferred"},
	ResizeInfeasible:       {true, "ResizeInfeasible"},
	ResizeStarted:          {false, "ResizeStarted"},
	ResizeCompleted:        {false, "ResizeCompleted"},
	ResizeError:            {true, "ResizeError"},
	Evicted:                {true, "Evicted"},
}

const deadlineMessage = "Pod was active on the node longer than the specified deadline"

// An Event is one thing that a kubelet would say about the pod. It keeps its arguments; Message puts them in words.
type Event struct {
	Kind EventKind
	// Call is the probe, for Unhealthy, ProbeErrored and ProbeWarning.
	Call Call
	// Container is the container's name, and empty for events about the whole pod.
	Container string
	// Reason overrides the kind's own reason, for Rejected and Evicted.
	Reason EventReason
	// Text is the image, the runtime's error or the probe's output, and Note the error of a pull, the state that a probe which erred
	// resulted in, or why a resize is pending.
	Text, Note string
	// Took and Size are of a pulled image.
	Took time.Duration
	Size int64

	pod *pod.Pod
}

// Type is "Warning" or "Normal".
func (e Event) Type() string {
	if e.Kind < EventKind(len(eventForms)) && eventForms[e.Kind].warning {
		return "Warning"
	}
	return "Normal"
}

// ReasonWord is the event's reason, such as "Pulled" or "BackOff".
func (e Event) ReasonWord() EventReason {
	if e.Reason != "" {
		return e.Reason
	}
	if e.Kind < EventKind(len(eventForms)) {
		return eventForms[e.Kind].reason
	}
	return ""
}

// Message is what the kubelet writes into such an event.
func (e Event) Message() string {
	switch e.Kind {
	case ImagePresent:
		return fmt.Sprintf("Container image %q already present on machine and can be accessed by the pod", e.Text)
	case Pulling:
		return fmt.Sprintf("Pulling image %q", e.Text)
	case Pulled:
		took := e.Took.Truncate(time.Millisecond)
		return fmt.Sprintf("Successfully pulled image %q in %s (%s including waiting). Image size: %d bytes.", e.Text, took, took, e.Size)
	case FailedPull:
		return fmt.Sprintf("Failed to pull image %q: %s", e.Text, e.Note)
	case PullBackOff:
		return fmt.Sprintf("Back-off pulling image %q", e.Text)
	case ErrImageNeverPull:
		return fmt.Sprintf("Container image %q is not present with pull policy of Never", e.Text)
	case FailedStart:
		return "Error: " + e.Text
	case Created:
		return "Container created"
	case Started:
		return "Container started"
	case BackOff:
		return fmt.Sprintf("Back-off restarting failed container %s in pod %s", e.Container, podName(e.pod))
	case Unhealthy:
		return fmt.Sprintf("%s probe failed: %s", probeTitle(e.Call), e.Text)
	case ProbeErrored:
		return fmt.Sprintf("%s probe errored and resulted in %s state: %s", probeTitle(e.Call), e.Note, e.Text)
	case ProbeWarning:
		return fmt.Sprintf("%s probe warning: %s", probeTitle(e.Call), e.Text)
	case FailedPostStartHook:
		return "PostStartHook failed"
	case FailedPreStopHook:
		return "PreStopHook failed"
	case FailedMount:
		return e.Text
	case FailedCreatePodSandBox:
		return "Failed to create pod sandbox: " + e.Text
	case ResizeDeferred, ResizeInfeasible:
		return fmt.Sprintf("Pod resize %s: %s", e.Note, e.Text)
	case ResizeStarted:
		return "Pod resize started: " + e.Text
	case ResizeCompleted:
		return "Pod resize completed: " + e.Text
	case ResizeError:
		return "Pod resize error: " + e.Text
	case SandboxChanged:
		return "Pod sandbox changed, it will be killed and re-created."
	case DeadlineExceeded:
		return deadlineMessage
	}
	return e.Text
}

// String prints the event on one line, as "Normal Pulled app: Container image ...".
func (e Event) String() string {
	out := e.Type() + " " + string(e.ReasonWord())
	if e.Container != "" {
		out += " " + e.Container
	}
	return out + ": " + e.Message()
}

func probeTitle(c Call) string {
	name := c.String()
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// podName is how the kubelet writes a pod in its messages: name_namespace(uid).
func podName(p *pod.Pod) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s_%s(%s)", p.Name, p.Namespace, p.UID)
}

func joined(command []string) string { return strings.Join(command, " ") }
