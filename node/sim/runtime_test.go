package sim_test

import (
	"sync"
	"testing"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/nodetest"
	"github.com/podlife/podlife/node/sim"
	"github.com/podlife/podlife/pod"
)

func TestRuntime(t *testing.T) {
	var mu sync.Mutex
	scripts := map[pod.UID]*script.Script{}
	suite := nodetest.Suite{
		New: func(t *testing.T) node.Runtime {
			return sim.New(func(p *pod.Pod) *script.Script {
				mu.Lock()
				defer mu.Unlock()
				return scripts[p.UID]
			})
		},
		Program: func(t *testing.T, _ node.Runtime, p *pod.Pod, c *pod.Container, b nodetest.Behavior) {
			mu.Lock()
			defer mu.Unlock()
			if scripts[p.UID] == nil {
				scripts[p.UID] = &script.Script{Containers: map[string]script.Behavior{}}
			}
			scripts[p.UID].Containers[c.Name] = behave(b)
		},
		Skip:    map[string]string{"LogsFollow": "a script has no log to follow"},
		Command: func(e nodetest.Exec) []string { return []string{command(e)} },
	}
	suite.Run(t)
}

// behave says in a script what b says.
func behave(b nodetest.Behavior) script.Behavior {
	run := script.Run{For: script.Duration(b.For), Exit: b.Exit, Forever: b.Forever, Message: b.Message}
	if b.Broken {
		run = script.Run{StartError: "no such program"}
	}
	out := script.Behavior{Runs: []script.Run{run}, Exec: map[string]script.Rules{}}
	switch b.OnTerm {
	case nodetest.Obeys:
		out.OnTerm.Exit = &b.TermExit
	case nodetest.Ignores:
		out.OnTerm.Ignore = true
	}
	for _, e := range b.Execs {
		out.Exec[command(e)] = script.Rules{{Takes: script.Duration(e.Takes), Exit: e.Exit, Output: line(e.Output)}}
	}
	return out
}

// command is a word that stands for e.
func command(e nodetest.Exec) string {
	return "exec " + e.Output + e.Takes.String() + string(rune('a'+e.Exit))
}

func line(s string) string {
	if s == "" {
		return ""
	}
	return s + "\n"
}
