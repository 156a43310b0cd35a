package history

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/podlife/podlife/pod"
)

// Summary is a pod on one line, in the words of `kubectl get pods`.
type Summary struct {
	// Ready is how many of Containers are ready; sidecars count, other init containers do not.
	Ready, Containers int
	// Status is what the STATUS column says: the phase, or what is more telling, such as CrashLoopBackOff, Init:0/2,
	// Completed or Terminating.
	Status string
	// Restarts is how often containers were restarted, those of the init phase counting only during it.
	Restarts int32
}

// Summarize reads p as `kubectl get pods` does.
func Summarize(p *pod.Pod) Summary {
	s := Summary{Containers: len(p.Spec.Containers), Status: string(p.Status.Phase)}
	if p.Status.Reason != "" {
		s.Status = string(p.Status.Reason)
	}
	if c := p.Status.Condition(pod.PodScheduled); c != nil && c.Reason == pod.ReasonSchedulingGated {
		s.Status = string(pod.ReasonSchedulingGated)
	}
	initializing := s.init(p)
	if !initializing || p.Status.IsTrue(pod.Initialized) {
		s.main(p)
	}
	if p.DeletionTimestamp != nil && !p.Status.Phase.IsTerminal() {
		s.Status = "Terminating"
	}
	return s
}

// init takes in the init containers, and reports whether one of them holds the pod up.
func (s *Summary) init(p *pod.Pod) bool {
	sidecars := map[string]bool{}
	for i := range p.Spec.InitContainers {
		if c := &p.Spec.InitContainers[i]; c.IsSidecar() {
			sidecars[c.Name] = true
			s.Containers++
		}
	}
	for i := range p.Status.InitContainerStatuses {
		c := &p.Status.InitContainerStatuses[i]
		s.Restarts += c.RestartCount
		done := c.State.Terminated != nil && c.State.Terminated.ExitCode == 0
		if sidecars[c.Name] {
			done = c.Started != nil && *c.Started
			if done && c.Ready {
				s.Ready++
			}
		}
		if done {
			continue
		}
		s.Status = "Init:" + heldUp(c, i, len(p.Spec.InitContainers))
		return true
	}
	return false
}

// heldUp says why init container i of n is not done.
func heldUp(c *pod.ContainerStatus, i, n int) string {
	switch t, w := c.State.Terminated, c.State.Waiting; {
	case t != nil:
		return endText(t)
	case w != nil && w.Reason != "" && w.Reason != pod.ReasonPodInitializing:
		return string(w.Reason)
	}
	return fmt.Sprintf("%d/%d", i, n)
}

func endText(t *pod.ContainerStateTerminated) string {
	if t.Reason != "" {
		return string(t.Reason)
	}
	return fmt.Sprintf("ExitCode:%d", t.ExitCode)
}

// main takes in the main containers; the first in the list has the last word.
func (s *Summary) main(p *pod.Pod) {
	s.Restarts = sidecarRestarts(p)
	running := false
	for i := len(p.Status.ContainerStatuses) - 1; i >= 0; i-- {
		c := &p.Status.ContainerStatuses[i]
		s.Restarts += c.RestartCount
		switch {
		case c.State.Waiting != nil && c.State.Waiting.Reason != "":
			s.Status = string(c.State.Waiting.Reason)
		case c.State.Terminated != nil:
			s.Status = endText(c.State.Terminated)
		case c.Ready && c.State.Running != nil:
			running = true
			s.Ready++
		}
	}
	if s.Status == string(pod.ReasonCompleted) && running {
		s.Status = "NotReady"
		if p.Status.IsTrue(pod.Ready) {
			s.Status = string(pod.Running)
		}
	}
}

func sidecarRestarts(p *pod.Pod) (n int32) {
	for i := range p.Spec.InitContainers {
		if c := &p.Spec.InitContainers[i]; c.IsSidecar() && i < len(p.Status.InitContainerStatuses) {
			n += p.Status.InitContainerStatuses[i].RestartCount
		}
	}
	return n
}

// Containers says on one line what the status says of each container, such as "setup done, app running, log waiting
// (CrashLoopBackOff)", in the order init, main, ephemeral.
func Containers(s *pod.Status) string {
	var out []string
	for _, list := range [][]pod.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			out = append(out, list[i].Name+" "+containerWord(&list[i]))
		}
	}
	return strings.Join(out, ", ")
}

func containerWord(c *pod.ContainerStatus) string {
	switch t, w := c.State.Terminated, c.State.Waiting; {
	case c.State.Running != nil && c.Started != nil && !*c.Started:
		return "starting"
	case c.State.Running != nil:
		return "running"
	case t != nil && t.ExitCode == 0:
		return "done"
	case t != nil:
		return fmt.Sprintf("exit %d (%s)", t.ExitCode, t.Reason)
	case w != nil:
		return fmt.Sprintf("waiting (%s)", w.Reason)
	}
	return "unknown"
}

// Watch is the history as `kubectl get pods -w` would have shown it, with what became of each container: one line for
// each entry that differs in it from the one before.
func (h *History) Watch() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tREADY\tSTATUS\tRESTARTS\tCONTAINERS")
	previous := ""
	for i := range h.Statuses {
		e := &h.Statuses[i]
		line := fmt.Sprintf("%d/%d\t%s\t%d\t%s", e.Ready, e.Containers, e.Summary.Status, e.Restarts, Containers(&e.Status))
		if line != previous {
			fmt.Fprintf(w, "%s\t%s\n", timeText(e.T), line)
		}
		previous = line
	}
	if h.GoneAt != nil {
		fmt.Fprintf(w, "%s\t\tgone\t\t\n", timeText(*h.GoneAt))
	}
	w.Flush()
	return trimLines(b.String())
}

func timeText(t float64) string {
	return time.Duration(t * float64(time.Second)).Round(10 * time.Millisecond).String()
}

// trimLines takes trailing blanks off every line.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
