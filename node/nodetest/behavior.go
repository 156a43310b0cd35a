package nodetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// A Behavior is what a container of the suite does, in all its attempts. The zero Behavior exits at once with code 0.
type Behavior struct {
	// Broken: it cannot be started. Nothing else counts.
	Broken bool
	// Log are the lines it writes to standard output first, once it is ready for a stop signal.
	Log []string
	// Message is its termination message.
	Message string
	// Forever: it runs until it is told to end. Else it ends after For with the code Exit.
	Forever bool
	For     time.Duration
	// Exit is its exit code. From 129 on, a signal ends it: that of the number Exit-128.
	Exit int32
	// OnTerm is what the stop signal does to it.
	OnTerm Reaction
	// TermExit is its exit code for OnTerm == Obeys.
	TermExit int32
	// Execs are the commands that will be run in it.
	Execs []Exec
}

// A Reaction is what a stop signal does to a container.
type Reaction uint8

// The reactions.
const (
	// Dies: the signal ends it, with code 143.
	Dies Reaction = iota
	// Obeys: it ends by itself, with Behavior.TermExit.
	Obeys
	// Ignores: it runs on.
	Ignores
)

// An Exec is a command to run in a container.
type Exec struct {
	// Output is what it writes to standard output, one line without its end, or nothing.
	Output string
	// Takes is how long it runs.
	Takes time.Duration
	// Exit is its exit code.
	Exit int32
}

// ShellProgram makes a container behave by a script for /bin/sh, with "/" as the working directory. It is what a Suite uses
// where it names nothing else, and serves every runtime whose containers are real and have a shell.
func ShellProgram(_ *testing.T, _ node.Runtime, _ *pod.Pod, c *pod.Container, b Behavior) {
	if b.Broken {
		c.Command = []string{"/no/such/program"}
		return
	}
	c.Command = []string{"/bin/sh", "-c", script(b)}
}

// script is b in the shell's language. A shell that is the first process of its namespace is spared by signals that it has not asked
// for, its own as well, so it ends itself.
func script(b Behavior) string {
	var out strings.Builder
	switch b.OnTerm {
	case Obeys:
		fmt.Fprintf(&out, "trap 'exit %d' TERM\n", b.TermExit)
	case Ignores:
		out.WriteString("trap '' TERM\n")
	case Dies:
		out.WriteString("trap 'trap - TERM; kill -TERM $$; exit 143' TERM\n")
	}
	for _, line := range b.Log {
		fmt.Fprintf(&out, "echo '%s'\n", line)
	}
	if b.Message != "" {
		fmt.Fprintf(&out, "printf %%s '%s' >dev/termination-log\n", b.Message)
	}
	switch {
	case b.Forever:
		out.WriteString("sleep 1000 &\nwait\nwait\n")
	case b.For > 0:
		fmt.Fprintf(&out, "sleep %g\n", b.For.Seconds())
	}
	if b.Exit > 128 {
		fmt.Fprintf(&out, "kill -%d $$\n", b.Exit-128)
	}
	fmt.Fprintf(&out, "exit %d\n", b.Exit)
	return out.String()
}

// ShellCommand returns the command for /bin/sh that behaves as e says.
func ShellCommand(e Exec) []string {
	var out strings.Builder
	if e.Output != "" {
		fmt.Fprintf(&out, "echo '%s'\n", e.Output)
	}
	if e.Takes > 0 {
		fmt.Fprintf(&out, "sleep %g\n", e.Takes.Seconds())
	}
	fmt.Fprintf(&out, "exit %d\n", e.Exit)
	return []string{"/bin/sh", "-c", out.String()}
}
