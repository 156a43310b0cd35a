package lifecycletest

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/pod"
)

// containersOf are the statuses of all containers: init, main, ephemeral.
func containersOf(s *pod.Status) iter.Seq[*pod.ContainerStatus] {
	return func(yield func(*pod.ContainerStatus) bool) {
		for _, list := range [][]pod.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}

// A span is a value that held from one time to another, in seconds.
type span struct {
	value    string
	from, to float64
}

func (s span) last() bool      { return math.IsInf(s.to, 1) }
func (s span) length() float64 { return s.to - s.from }

// spansOf are the values of f over the entries, without repeats.
func spansOf(entries []history.Entry, f func(*history.Entry) string) []span {
	var out []span
	for i := range entries {
		out = append(out, span{f(&entries[i]), entries[i].T, math.Inf(1)})
	}
	return joinSpans(out)
}

// joinSpans joins neighbours of the same value.
func joinSpans(list []span) []span {
	var out []span
	for _, s := range list {
		n := len(out)
		if n > 0 && out[n-1].value == s.value {
			out[n-1].to = s.to
			continue
		}
		if n > 0 {
			out[n-1].to = s.from
		}
		out = append(out, s)
	}
	return out
}

func spanText(list []span) string {
	var out []string
	for _, s := range list {
		out = append(out, s.value)
	}
	return strings.Join(out, " > ")
}

// steady leaves out what lasted only a moment.
func steady(list []span) []span {
	return joinSpans(slices.DeleteFunc(slices.Clone(list), func(s span) bool { return !s.last() && s.length() < moment }))
}

// align leaves out, on each side, the spans shorter than short that the other does not have, by the longest common
// subsequence of their values.
func align(a, b []span, short float64) ([]span, []span) {
	common := commonLengths(a, b)
	var keptA, keptB []span
	keep := func(out []span, s span) []span {
		if s.last() || s.length() >= short {
			return append(out, s)
		}
		return out
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i].value == b[j].value:
			keptA, keptB = append(keptA, a[i]), append(keptB, b[j])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			keptA = keep(keptA, a[i])
			i++
		default:
			keptB = keep(keptB, b[j])
			j++
		}
	}
	return joinSpans(keptA), joinSpans(keptB)
}

// commonLengths has at [i][j] the length of the longest common subsequence of a[i:] and b[j:].
func commonLengths(a, b []span) [][]int {
	l := make([][]int, len(a)+1)
	for i := range l {
		l[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].value == b[j].value {
				l[i][j] = l[i+1][j+1] + 1
			} else {
				l[i][j] = max(l[i+1][j], l[i][j+1])
			}
		}
	}
	return l
}

func phaseText(e *history.Entry) string {
	if e.Status.Reason != "" {
		return fmt.Sprintf("%s(%s)", e.Status.Phase, e.Status.Reason)
	}
	return string(e.Status.Phase)
}

func readyText(e *history.Entry) string {
	if c := e.Status.Condition(pod.Ready); c != nil {
		return string(c.Status)
	}
	return "-"
}

func generationText(e *history.Entry) string {
	if e.Status.ObservedGeneration == 0 {
		return ""
	}
	return fmt.Sprint(e.Status.ObservedGeneration)
}

// distinct are the values of f in order, without repeats and empty ones.
func distinct(h *history.History, f func(*history.Entry) string) []string {
	var out []string
	for i := range h.Statuses {
		if v := f(&h.Statuses[i]); v != "" && (len(out) == 0 || out[len(out)-1] != v) {
			out = append(out, v)
		}
	}
	return out
}

func sinceDeletion(h *history.History) []history.Entry {
	i := slices.IndexFunc(h.Statuses, func(e history.Entry) bool { return e.DeletionTimestamp })
	if i < 0 {
		return nil
	}
	return h.Statuses[i:]
}

func deletingText(e *history.Entry) string {
	grace := "-"
	if e.DeletionGracePeriodSeconds != nil {
		grace = fmt.Sprint(*e.DeletionGracePeriodSeconds)
	}
	return fmt.Sprintf("%s grace=%s %s", phaseText(e), grace, statesText(&e.Status, nil))
}

// statesText is the state of each container but those to skip. A wait between restarts is shown as it or as the end before.
func statesText(s *pod.Status, skip map[string]bool) string {
	var out []string
	for c := range containersOf(s) {
		if skip[c.Name] {
			continue
		}
		state := &c.State
		if w := state.Waiting; w != nil && w.Reason == pod.ReasonCrashLoopBackOff && c.LastTerminationState.Terminated != nil {
			state = &c.LastTerminationState
		}
		out = append(out, fmt.Sprintf("%s:%s x%d ready=%v", c.Name, stateWord(state), c.RestartCount, c.Ready))
	}
	return strings.Join(out, "; ")
}

func stateWord(s *pod.ContainerState) string {
	switch w, t := s.Waiting, s.Terminated; {
	case s.Running != nil:
		return "Running"
	case t != nil:
		return fmt.Sprintf("Terminated(%s,%d)", t.Reason, t.ExitCode)
	case w == nil:
		return "-"
	case w.Reason == pod.ReasonErrImagePull || w.Reason == pod.ReasonImagePullBackOff:
		return "Waiting(pull)"
	default:
		return fmt.Sprintf("Waiting(%s)", w.Reason)
	}
}

// looping names the containers that are still restarted again and again when the history ends.
func looping(h *history.History) map[string]bool {
	out := map[string]bool{}
	s := &h.Statuses[len(h.Statuses)-1].Status
	if s.Phase.IsTerminal() || h.GoneAt != nil {
		return out
	}
	trying := []pod.Reason{pod.ReasonErrImagePull, pod.ReasonImagePullBackOff, pod.ReasonCrashLoopBackOff}
	for c := range containersOf(s) {
		w := c.State.Waiting
		if c.RestartCount >= 2 || c.RestartCount >= 1 && c.State.Running == nil || w != nil && slices.Contains(trying, w.Reason) {
			out[c.Name] = true
		}
	}
	return out
}

func lastText(h *history.History, loops map[string]bool) string {
	e := &h.Statuses[len(h.Statuses)-1]
	var b strings.Builder
	fmt.Fprintf(&b, "%s qos=%s deleting=%v gone=%v;", phaseText(e), e.Status.QOSClass, e.DeletionTimestamp, h.GoneAt != nil)
	for i := range e.Status.Conditions {
		c := &e.Status.Conditions[i]
		if len(loops) > 0 && slices.Contains([]pod.ConditionType{pod.Ready, pod.ContainersReady, pod.Initialized}, c.Type) {
			continue
		}
		fmt.Fprintf(&b, " %s=%s(%s)", c.Type, c.Status, c.Reason)
	}
	return b.String() + "; " + statesText(&e.Status, loops)
}

// detailsText says what is present in the last entry.
func detailsText(h *history.History, loops map[string]bool) string {
	s := &h.Statuses[len(h.Statuses)-1].Status
	out := fmt.Sprintf("podIP %v, hostIP %v, startTime %v", s.PodIP != "", s.HostIP != "", s.StartTime != nil)
	for c := range containersOf(s) {
		if !loops[c.Name] {
			out += fmt.Sprintf("; %s: imageID %v, containerID %v, started %v",
				c.Name, c.ImageID != "", c.ContainerID != "", c.Started != nil && *c.Started)
		}
	}
	return out
}

// runLengths are how long the containers that have ended ran, in seconds.
func runLengths(h *history.History) map[string]float64 {
	out := map[string]float64{}
	for c := range containersOf(&h.Statuses[len(h.Statuses)-1].Status) {
		if t := c.State.Terminated; t != nil && !t.StartedAt.IsZero() && !t.FinishedAt.IsZero() && t.StartedAt.Unix() > 0 {
			out[c.Name] = t.FinishedAt.Sub(t.StartedAt.Time).Seconds()
		}
	}
	return out
}

// ending is how an attempt ended, and when that was first shown.
type ending struct {
	text string
	at   float64
}

func endTexts(list []ending) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.text)
	}
	return out
}

// endedAttempts are, for each container, the ends of its attempts by restart count. With the state waiting, lastState is
// the end of the same attempt; otherwise that of the one before.
func endedAttempts(h *history.History) map[string][]ending {
	found := map[string]map[int32]ending{}
	for i := range h.Statuses {
		for c := range containersOf(&h.Statuses[i].Status) {
			if found[c.Name] == nil {
				found[c.Name] = map[int32]ending{}
			}
			note := func(n int32, s *pod.ContainerState) {
				if _, known := found[c.Name][n]; s.Terminated != nil && n >= 0 && !known {
					text := fmt.Sprintf("%d:%s,%d", n, s.Terminated.Reason, s.Terminated.ExitCode)
					found[c.Name][n] = ending{text, h.Statuses[i].T}
				}
			}
			note(c.RestartCount, &c.State)
			before := c.RestartCount - 1
			if c.State.Waiting != nil {
				before = c.RestartCount
			}
			note(before, &c.LastTerminationState)
		}
	}
	out := map[string][]ending{}
	for name, ends := range found {
		for _, n := range sortedKeys(ends) {
			out[name] = append(out[name], ends[n])
		}
	}
	return out
}
