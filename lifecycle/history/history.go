// Package history is what was published of one pod, and how it is written down.
//
// A History lists every status of a pod with its time, and every event. It is made by whoever plays a pod (cluster,
// lifecycletest), printed as a table, and written and read as JSON in the format of recordings of real clusters.
//
// Times are durations since the pod's creation, so that two histories of one scenario are equal byte by byte.
package history

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// History is what was published of one pod, in the format of recordings.
type History struct {
	Scenario          string `json:"scenario"`
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`
	// Statuses has an entry for each time that the status, the deletion timestamp or its grace period changed.
	Statuses []Entry `json:"statuses"`
	// Events are all that were emitted, in order.
	Events []Event `json:"events"`
	// GoneAt is when the object was deleted, in seconds; nil if it was not.
	GoneAt *float64 `json:"goneAt"`
}

// Entry is the pod object at one moment.
type Entry struct {
	// T is in seconds since the pod's creation.
	T                          float64    `json:"t"`
	UID                        pod.UID    `json:"uid"`
	Generation                 int64      `json:"generation"`
	DeletionTimestamp          bool       `json:"deletionTimestamp"`
	DeletionGracePeriodSeconds *int64     `json:"deletionGracePeriodSeconds,omitempty"`
	Status                     pod.Status `json:"status"`

	// Summary is the object on one line; a recording does not have it.
	Summary `json:"-"`
}

// Event is one emission of an event.
type Event struct {
	T         float64 `json:"t"`
	Type      string  `json:"type"`
	Reason    string  `json:"reason"`
	Message   string  `json:"message"`
	Container string  `json:"container,omitempty"`
	// Count is how often this same event has been emitted so far.
	Count int `json:"count"`
}

// Parse reads a recording.
func Parse(data []byte) (*History, error) {
	h := &History{}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return h, nil
}

// Record adds the pod object as it is so long after its creation, if it differs from the latest entry.
func (h *History) Record(at time.Duration, p *pod.Pod) {
	e := Entry{
		T: secondsOf(at), UID: p.UID, Generation: p.Generation,
		DeletionTimestamp: p.DeletionTimestamp != nil, Status: *p.Status.Clone(), Summary: Summarize(p),
	}
	if e.DeletionTimestamp {
		e.DeletionGracePeriodSeconds = p.DeletionGracePeriodSeconds
	}
	if n := len(h.Statuses); n > 0 {
		last := h.Statuses[n-1]
		last.T, last.Generation = e.T, e.Generation
		if reflect.DeepEqual(last, e) {
			return
		}
	}
	h.Statuses = append(h.Statuses, e)
}

// Gone notes that the object was deleted so long after its creation.
func (h *History) Gone(at time.Duration) {
	t := secondsOf(at)
	h.GoneAt = &t
}

// Write writes h as a recording.
func (h *History) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(h)
}

// secondsOf is d in seconds, to the hundredth.
func secondsOf(d time.Duration) float64 { return math.Round(d.Seconds()*100) / 100 }

// Emit adds an event, counting those that are the same.
func (h *History) Emit(at time.Duration, e lifecycle.Event) {
	next := Event{
		T: secondsOf(at), Type: e.Type(), Reason: string(e.ReasonWord()), Message: e.Message(), Container: e.Container, Count: 1,
	}
	for i := len(h.Events) - 1; i >= 0; i-- {
		if old := h.Events[i]; old.Type == next.Type && old.Reason == next.Reason && old.Message == next.Message && old.Container == next.Container {
			next.Count = old.Count + 1
			break
		}
	}
	h.Events = append(h.Events, next)
}

// String is the history as a table for reading.
func (h *History) String() string {
	var b strings.Builder
	for i, e := range h.Statuses {
		if i > 0 && e.UID != h.Statuses[i-1].UID {
			b.WriteString("-------- the next pod object\n")
		}
		e.write(&b)
	}
	if h.GoneAt != nil {
		fmt.Fprintf(&b, "%8.2f | gone\n", *h.GoneAt)
	}
	b.WriteString("\nevents\n")
	for _, e := range h.Events {
		fmt.Fprintf(&b, "%8.2f | %s %s [%s] x%d %s\n", e.T, e.Type, e.Reason, e.Container, e.Count, e.Message)
	}
	return b.String()
}

func (e *Entry) write(b *strings.Builder) {
	fmt.Fprintf(b, "%8.2f | %s", e.T, e.Status.Phase)
	if e.Status.Reason != "" {
		fmt.Fprintf(b, "/%s", e.Status.Reason)
	}
	if e.Status.Message != "" {
		fmt.Fprintf(b, " %q", e.Status.Message)
	}
	if e.DeletionTimestamp {
		grace := int64(0)
		if e.DeletionGracePeriodSeconds != nil {
			grace = *e.DeletionGracePeriodSeconds
		}
		fmt.Fprintf(b, " deleting(%d s)", grace)
	}
	for _, c := range e.Status.Conditions {
		fmt.Fprintf(b, " %s=%.1s", c.Type, c.Status)
		if c.Reason != "" {
			fmt.Fprintf(b, "(%s)", c.Reason)
		}
	}
	fmt.Fprintf(b, " ip=%s\n", e.Status.PodIP)
	for _, list := range [][]pod.ContainerStatus{e.Status.InitContainerStatuses, e.Status.ContainerStatuses, e.Status.EphemeralContainerStatuses} {
		for i := range list {
			fmt.Fprintf(b, "         |   %s\n", ContainerLine(&list[i]))
		}
	}
}

// ContainerLine says on one line what a status says of one container.
func ContainerLine(s *pod.ContainerStatus) string {
	started := "-"
	if s.Started != nil {
		started = letter(*s.Started)
	}
	out := fmt.Sprintf("%s: %s x%d ready=%s started=%s", s.Name, stateText(&s.State), s.RestartCount, letter(s.Ready), started)
	if s.LastTerminationState.Terminated != nil {
		out += " last=" + stateText(&s.LastTerminationState)
	}
	return out
}

// letter is t or f.
func letter(b bool) string { return fmt.Sprint(b)[:1] }

func stateText(s *pod.ContainerState) string {
	text, message := "-", ""
	switch {
	case s.Running != nil:
		return "Running"
	case s.Waiting != nil:
		text, message = fmt.Sprintf("Waiting(%s)", s.Waiting.Reason), s.Waiting.Message
	case s.Terminated != nil:
		text, message = fmt.Sprintf("Terminated(%s,%d)", s.Terminated.Reason, s.Terminated.ExitCode), s.Terminated.Message
	}
	if message != "" {
		text += fmt.Sprintf("%q", message)
	}
	return text
}
