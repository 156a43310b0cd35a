package lifecycle

import (
	"fmt"
	"strings"
)

// StateName is one of the three states in which a status shows a container, as the documentation names them.
type StateName string

// The states of a container in a status. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states.
const (
	StateWaiting    StateName = "Waiting"
	StateRunning    StateName = "Running"
	StateTerminated StateName = "Terminated"
)

// A StateTransition is one step that the published state of a container may take, and what brings it about.
type StateTransition struct {
	From, To StateName
	When     string
}

var stateTransitions = []StateTransition{
	{StateWaiting, StateRunning, "its process runs, and its postStart hook is done"},
	{StateWaiting, StateTerminated, "it ended before it was seen running, or its pod ended without it"},
	{StateRunning, StateTerminated, "its process has ended, or it was lost"},
	{StateRunning, StateWaiting, "it was stopped or has vanished, and its next start is waited for"},
	{StateTerminated, StateWaiting, "its next start is waited for: back-off, image, or an error"},
	{StateTerminated, StateRunning, "it was started again"},
}

// StateTransitions lists every step that the state of a container may take from one published status to the next, in a
// stable order. A container begins as Waiting. The slice is the caller's own.
func StateTransitions() []StateTransition { return append([]StateTransition(nil), stateTransitions...) }

// StateAllowed reports whether the state of a container may go from one to the other in one step. Staying is always allowed:
// the attempt may have changed meanwhile.
func StateAllowed(from, to StateName) bool {
	if from == to {
		return true
	}
	for _, t := range stateTransitions {
		if t.From == from && t.To == to {
			return true
		}
	}
	return false
}

// edge is one row of either table, as a picture shows it. An empty from is where everything begins, an empty to an end.
type edge struct {
	from, to, when string
}

func phaseEdges() []edge {
	out := []edge{{to: "Pending", when: "created"}}
	for _, t := range transitions {
		out = append(out, edge{string(t.From), string(t.To), t.When})
	}
	return append(out, edge{from: "Succeeded"}, edge{from: "Failed"})
}

func stateEdges() []edge {
	out := []edge{{to: string(StateWaiting)}}
	for _, t := range stateTransitions {
		out = append(out, edge{string(t.From), string(t.To), t.When})
	}
	return out
}

// Mermaid draws Transitions and StateTransitions as a Mermaid state diagram, which many viewers of Markdown show as a
// picture. See https://mermaid.js.org/syntax/stateDiagram.html.
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	mermaidGroup(&b, "Pod", "the phase of a pod", "", phaseEdges())
	mermaidGroup(&b, "Container", "the state of a container", "c", stateEdges())
	return b.String()
}

// mermaidGroup draws one table. Names get a prefix, because both tables have a Running.
func mermaidGroup(b *strings.Builder, group, title, prefix string, edges []edge) {
	fmt.Fprintf(b, "    state %q as %s {\n", title, group)
	for _, name := range namesOf(edges) {
		if prefix != "" {
			fmt.Fprintf(b, "        state %q as %s\n", name, prefix+name)
		}
	}
	for _, e := range edges {
		from, to := "[*]", "[*]"
		if e.from != "" {
			from = prefix + e.from
		}
		if e.to != "" {
			to = prefix + e.to
		}
		fmt.Fprintf(b, "        %s --> %s", from, to)
		if e.when != "" {
			fmt.Fprintf(b, ": %s", strings.NewReplacer(";", ",", ":", " –").Replace(e.when))
		}
		b.WriteString("\n")
	}
	b.WriteString("    }\n")
}

// DOT draws Transitions and StateTransitions in the language of Graphviz: two clusters of one digraph.
func DOT() string {
	var b strings.Builder
	b.WriteString("digraph lifecycle {\n    node [shape=box, style=rounded]\n")
	dotGroup(&b, "pod", "the phase of a pod", phaseEdges())
	dotGroup(&b, "container", "the state of a container", stateEdges())
	b.WriteString("}\n")
	return b.String()
}

func dotGroup(b *strings.Builder, group, title string, edges []edge) {
	fmt.Fprintf(b, "    subgraph cluster_%s {\n        label=%q\n", group, title)
	for _, name := range namesOf(edges) {
		fmt.Fprintf(b, "        %s_%s [label=%q]\n", group, name, name)
	}
	for _, e := range edges {
		if e.from != "" && e.to != "" {
			fmt.Fprintf(b, "        %s_%s -> %s_%s [label=%q]\n", group, e.from, group, e.to, e.when)
		}
	}
	b.WriteString("    }\n")
}

// namesOf lists the states that the edges connect, in the order in which they first appear.
func namesOf(edges []edge) (names []string) {
	known := map[string]bool{"": true}
	for _, e := range edges {
		for _, name := range [...]string{e.from, e.to} {
			if !known[name] {
				known[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}
