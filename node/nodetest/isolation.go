package nodetest

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// TestPodIsolation checks that the containers of a pod share what those of Kubernetes share, and that two pods share none of it, with
// real programs and a shell; see IsolationSuite.
func TestPodIsolation(t *testing.T, newRuntime func(t *testing.T) node.Runtime) {
	IsolationSuite{New: newRuntime}.Run(t)
}

// An IsolationSuite checks a runtime that gives each pod a network, shared memory, volumes and a name of its own. It must be a
// node.Execer. New must be set.
type IsolationSuite struct {
	// New returns a runtime without pods. It arranges with t.Cleanup for the runtime's end.
	New func(t *testing.T) node.Runtime
	// Program is Suite's.
	Program func(t *testing.T, rt node.Runtime, p *pod.Pod, c *pod.Container, b Behavior)
	// Commands are what is run in the containers.
	Commands Commands
	// Skip says why a test cannot be run, by its name.
	Skip map[string]string
}

// Commands are what the suite runs in a pod's containers, which may not have the same programs everywhere. The zero value needs a
// shell and, for what goes over the network, busybox's nc; of IPC it tests only files in /dev/shm.
type Commands struct {
	// Shell returns the command that runs a script.
	Shell func(script string) []string
	// Serve returns a command that answers every connection to a port, of all the pod's addresses, with one line, until it is
	// killed.
	Serve func(port int, line string) []string
	// Ask returns a command that connects to a port and prints what it is answered. It fails where nobody listens.
	Ask func(host string, port int) []string
	// PutIPC returns a command that makes a semaphore of System V with a value, and a shared memory segment of System V that
	// holds a text, both under the same key. It fails where there is one already.
	PutIPC func(key, value int, text string) []string
	// GetIPC returns a command that prints the value and the text of a key, with a space between, and fails where there are none.
	GetIPC func(key int) []string
}

func (c Commands) withDefaults() Commands {
	if c.Shell == nil {
		c.Shell = func(script string) []string { return []string{"/bin/sh", "-c", script} }
	}
	if c.Serve == nil {
		c.Serve = func(port int, line string) []string {
			return c.Shell(fmt.Sprintf("exec nc -lk -p %d -e echo '%s'", port, line))
		}
	}
	if c.Ask == nil {
		c.Ask = func(host string, port int) []string { return []string{"nc", "-w", "5", host, strconv.Itoa(port)} }
	}
	return c
}

// isolationCases are the tests in the order they run.
var isolationCases = []struct {
	name string
	test func(i *isolation)
}{
	{"HostName", testHostName},
	{"Localhost", testLocalhost},
	{"PortSpace", testPortSpace},
	{"Addresses", testAddresses},
	{"Dial", testDial},
	{"Volumes", testVolumes},
	{"VolumeReadOnly", testVolumeReadOnly},
	{"VolumeSurvivesRestart", testVolumeSurvivesRestart},
	{"SharedMemory", testSharedMemory},
	{"SystemVIPC", testSystemVIPC},
	{"Processes", testProcesses},
	{"ProcessesApart", testProcessesApart},
	{"RestartIsNotOfThePod", testRestartIsNotOfThePod},
}

// Run runs all tests as subtests of t, each with a runtime of its own.
func (s IsolationSuite) Run(t *testing.T) {
	if s.Program == nil {
		s.Program = ShellProgram
	}
	s.Commands = s.Commands.withDefaults()
	for _, c := range isolationCases {
		t.Run(c.name, func(t *testing.T) {
			if why := s.Skip[c.name]; why != "" {
				t.Skip(why)
			}
			b := &bench{T: t, suite: Suite{Program: s.Program}, rt: s.New(t), ctx: t.Context()}
			t.Cleanup(b.clean)
			if _, ok := b.rt.(node.Execer); !ok {
				t.Fatal("the runtime cannot run commands")
			}
			c.test(&isolation{bench: b, Commands: s.Commands})
		})
	}
}
