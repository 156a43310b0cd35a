package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
)

// Timeline is what happened to several pods, side by side, on one axis of time. SVG and HTML draw it. The zero Timeline is an
// empty picture.
type Timeline struct {
	// Title stands above the picture; it may be empty.
	Title string
	// End is where the axis ends; 0 is a moment after the last thing that happened.
	End time.Duration
	// Lives are the pods, one row each, in this order.
	Lives []Life
	// Outages are times at which a node was not heard of. They are shaded behind the pods of the node.
	Outages []Outage
	// Notes are what was done, in the order of their times.
	Notes []Note
}

// Life is one pod object.
type Life struct {
	Name string
	// Node is where it was bound; empty if it never was.
	Node string
	// Born is when it was created, since the beginning of the timeline.
	Born time.Duration
	// History has its times since then.
	History *History
}

// Outage is a time at which a node was silent. A To of zero is the end of the picture.
type Outage struct {
	Node     string
	From, To time.Duration
}

// Note is something that was done at a time.
type Note struct {
	At   time.Duration
	Text string
}

// Of is the timeline of one pod alone.
func Of(name string, h *History) Timeline {
	return Timeline{Title: h.Scenario, Lives: []Life{{Name: name, History: h}}}
}

// span is a time during which something was the same.
type span struct {
	from, to float64 // seconds since the beginning
	class    string  // how it is drawn
	text     string  // what it is
}

// lane is one line of spans.
type lane struct {
	label string
	spans []span
}

// end is where the axis ends, in seconds.
func (t *Timeline) end() float64 {
	if t.End > 0 {
		return t.End.Seconds()
	}
	last := 0.0
	for _, l := range t.Lives {
		born := l.Born.Seconds()
		for _, e := range l.History.Statuses {
			last = max(last, born+e.T)
		}
		for _, e := range l.History.Events {
			last = max(last, born+e.T)
		}
		if l.History.GoneAt != nil {
			last = max(last, born+*l.History.GoneAt)
		}
	}
	for _, n := range t.Notes {
		last = max(last, n.At.Seconds())
	}
	for _, o := range t.Outages {
		last = max(last, o.From.Seconds(), o.To.Seconds())
	}
	return max(last*1.05, 1)
}

// lanes are the phase of a pod and the states of its containers.
func (l *Life) lanes(end float64) []lane {
	born := l.Born.Seconds()
	if l.History.GoneAt != nil {
		end = min(end, born+*l.History.GoneAt)
	}
	phase := lane{label: l.Name}
	var containers []lane
	for i := range l.History.Statuses {
		e := &l.History.Statuses[i]
		to := end
		if i+1 < len(l.History.Statuses) {
			to = min(end, born+l.History.Statuses[i+1].T)
		}
		phase.add(span{born + e.T, to, "phase-" + strings.ToLower(string(cmp.Or(e.Status.Phase, pod.Pending))), phaseSentence(e)})
		for _, list := range [][]pod.ContainerStatus{e.Status.InitContainerStatuses, e.Status.ContainerStatuses, e.Status.EphemeralContainerStatuses} {
			for j := range list {
				containers = addState(containers, &list[j], born+e.T, to)
			}
		}
	}
	return append([]lane{phase}, containers...)
}

// add puts a span at the end of the lane, or makes the last one longer if it is the same.
func (l *lane) add(s span) {
	if n := len(l.spans); n > 0 && l.spans[n-1].class == s.class && l.spans[n-1].text == s.text && l.spans[n-1].to >= s.from {
		l.spans[n-1].to = s.to
		return
	}
	if s.to > s.from {
		l.spans = append(l.spans, s)
	}
}

func addState(lanes []lane, s *pod.ContainerStatus, from, to float64) []lane {
	i := slices.IndexFunc(lanes, func(l lane) bool { return l.label == s.Name })
	if i < 0 {
		i = len(lanes)
		lanes = append(lanes, lane{label: s.Name})
	}
	class := "waiting"
	switch state := &s.State; {
	case state.Waiting != nil && setBack(state.Waiting.Reason):
		class = "backoff"
	case state.Running != nil && s.Ready:
		class = "ready"
	case state.Running != nil:
		class = "running"
	case state.Terminated != nil && state.Terminated.ExitCode == 0:
		class = "completed"
	case state.Terminated != nil:
		class = "failed"
	}
	text := fmt.Sprintf("%s: %s", s.Name, stateText(&s.State))
	if s.RestartCount > 0 {
		text += fmt.Sprintf(", restarts %d", s.RestartCount)
	}
	if class == "running" {
		text += ", not ready"
	}
	lanes[i].add(span{from, to, class, text})
	return lanes
}

// setBack reports whether a container waits because something went wrong.
func setBack(reason pod.Reason) bool {
	return reason != pod.ReasonContainerCreating && reason != pod.ReasonPodInitializing && reason != ""
}

func phaseSentence(e *Entry) string {
	text := string(e.Status.Phase)
	if e.Status.Reason != "" {
		text += " (" + string(e.Status.Reason) + ")"
	}
	if e.DeletionTimestamp {
		text += ", deleting"
	}
	for _, c := range e.Status.Conditions {
		text += fmt.Sprintf("\n%s %s", c.Type, c.Status)
		if c.Reason != "" {
			text += " " + string(c.Reason)
		}
	}
	return text
}

// deletedAt is when deletion was asked for, in seconds since the beginning.
func (l *Life) deletedAt() (at float64, ok bool) {
	for _, e := range l.History.Statuses {
		if e.DeletionTimestamp {
			return l.Born.Seconds() + e.T, true
		}
	}
	return 0, false
}

// ticks are the marks of the axis: at most 12, at round times.
func ticks(end float64) []float64 {
	steps := []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if end/s <= 12 {
			step = s
			break
		}
	}
	var out []float64
	for i := 0; float64(i)*step <= end; i++ {
		out = append(out, float64(i)*step)
	}
	return out
}

// tickText is a time on the axis: 90s is 1m30s, and 60s is 1m.
func tickText(t float64) string {
	text := timeText(t)
	for _, zero := range []string{"m0s", "h0m"} {
		if short, ok := strings.CutSuffix(text, zero); ok {
			text = short + zero[:1]
		}
	}
	return text
}
