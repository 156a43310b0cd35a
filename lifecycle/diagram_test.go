package lifecycle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

func TestMermaidHasEveryTransition(t *testing.T) {
	text := lifecycle.Mermaid()
	require.True(t, strings.HasPrefix(text, "stateDiagram-v2\n"))
	arrows := 0
	for _, row := range lifecycle.Transitions() {
		require.Contains(t, text, fmt.Sprintf("        %s --> %s: ", row.From, row.To))
		arrows++
	}
	for _, row := range lifecycle.StateTransitions() {
		require.Contains(t, text, fmt.Sprintf("        c%s --> c%s: ", row.From, row.To))
		arrows++
	}
	require.Equal(t, arrows+4, strings.Count(text, "-->"), "one arrow for each row, two beginnings and two ends")
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, strings.Count(line, ": "), 1, "a colon begins the text of an arrow: %s", line)
		require.NotContains(t, line, ";", "a semicolon ends an arrow")
	}
	require.Equal(t, strings.Count(text, "{"), strings.Count(text, "}"))
}

func TestDOTHasEveryTransition(t *testing.T) {
	text := lifecycle.DOT()
	require.True(t, strings.HasPrefix(text, "digraph lifecycle {\n"))
	for _, row := range lifecycle.Transitions() {
		require.Contains(t, text, fmt.Sprintf("pod_%s -> pod_%s [label=%q]\n", row.From, row.To, row.When))
	}
	for _, row := range lifecycle.StateTransitions() {
		require.Contains(t, text, fmt.Sprintf("container_%s -> container_%s [label=%q]\n", row.From, row.To, row.When))
	}
	require.Equal(t, len(lifecycle.Transitions())+len(lifecycle.StateTransitions()), strings.Count(text, "->"))
	require.Equal(t, strings.Count(text, "{"), strings.Count(text, "}"))
}

func TestAllowed(t *testing.T) {
	phases := []pod.Phase{pod.Pending, pod.Running, pod.Succeeded, pod.Failed, pod.Unknown}
	var allowed []string
	for _, from := range phases {
		for _, to := range phases {
			if from != to && lifecycle.Allowed(from, to) {
				allowed = append(allowed, fmt.Sprintf("%s %s", from, to))
			}
		}
		require.True(t, lifecycle.Allowed(from, from))
	}
	require.Equal(t, []string{
		"Pending Running", "Pending Succeeded", "Pending Failed", "Pending Unknown",
		"Running Pending", "Running Succeeded", "Running Failed", "Running Unknown",
		"Unknown Pending", "Unknown Running", "Unknown Succeeded", "Unknown Failed",
	}, allowed)
	require.True(t, lifecycle.StateAllowed(lifecycle.StateRunning, lifecycle.StateRunning))
	require.True(t, lifecycle.StateAllowed(lifecycle.StateTerminated, lifecycle.StateRunning))
	require.False(t, lifecycle.StateAllowed("", lifecycle.StateRunning))
}

func TestTransitionsAreTheCallersOwn(t *testing.T) {
	lifecycle.Transitions()[0].To = "Nowhere"
	lifecycle.StateTransitions()[0].To = "Nowhere"
	require.Equal(t, pod.Running, lifecycle.Transitions()[0].To)
	require.Equal(t, lifecycle.StateRunning, lifecycle.StateTransitions()[0].To)
}
