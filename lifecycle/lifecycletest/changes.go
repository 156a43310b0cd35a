package lifecycletest

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/pod"
)

// changesText says what differs between two statuses beside phase, Ready and the states of containers.
func changesText(a, b *pod.Status) string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for i := range b.Conditions {
		if c := &b.Conditions[i]; !saidElsewhere(b, c) && conditionText(a.Condition(c.Type)) != conditionText(c) {
			say("%s", conditionText(c))
		}
	}
	if a.PodIP != b.PodIP {
		say("podIP %s", b.PodIP)
	}
	if a.ObservedGeneration != b.ObservedGeneration {
		say("observedGeneration %d", b.ObservedGeneration)
	}
	if a.Message != b.Message {
		say("%q", b.Message)
	}
	before, several := map[string]*pod.ContainerStatus{}, -1
	for c := range containersOf(a) {
		before[c.Name] = c
	}
	for range containersOf(b) {
		several++
	}
	for c := range containersOf(b) {
		out = append(out, containerChanges(before[c.Name], c, several > 0)...)
	}
	return strings.Join(out, ", ")
}

// saidElsewhere reports whether the condition is in a column of its own, or says what that one says.
func saidElsewhere(s *pod.Status, c *pod.Condition) bool {
	ready := s.Condition(pod.Ready)
	return c.Type == pod.Ready || c.Type == pod.ContainersReady && ready != nil && ready.Status == c.Status && ready.Reason == c.Reason
}

func conditionText(c *pod.Condition) string {
	switch {
	case c == nil:
		return ""
	case c.Reason == "":
		return fmt.Sprintf("%s %s", c.Type, c.Status)
	}
	return fmt.Sprintf("%s %s (%s)", c.Type, c.Status, c.Reason)
}

// containerChanges says what a status says anew of a container beside its state: its readiness if the pod has several,
// the message of its state, its last state. The status before may be nil.
func containerChanges(a, b *pod.ContainerStatus, several bool) (out []string) {
	if a == nil {
		a = &pod.ContainerStatus{}
	}
	if several && a.Ready != b.Ready {
		out = append(out, b.Name+map[bool]string{false: " is not ready", true: " is ready"}[b.Ready])
	}
	if m := stateMessage(&b.State); m != "" && m != stateMessage(&a.State) {
		out = append(out, fmt.Sprintf("%s says %q", b.Name, m))
	}
	if last := lastStateText(b); last != "" && last != lastStateText(a) {
		out = append(out, b.Name+last)
	}
	return out
}

func stateMessage(s *pod.ContainerState) string {
	switch {
	case s.Waiting != nil:
		return s.Waiting.Message
	case s.Terminated != nil:
		return s.Terminated.Message
	}
	return ""
}

func lastStateText(c *pod.ContainerStatus) string {
	t := c.LastTerminationState.Terminated
	if t == nil {
		return ""
	}
	return fmt.Sprintf(" last exit %d (%s)", t.ExitCode, t.Reason)
}
