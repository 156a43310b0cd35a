package lifecycletest

import (
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
)

// MachineAt plays the scenario on the node up to a time since the pod's creation, inclusively, and returns the pod's machine as it
// is then. It is the caller's own: look at it, or fork what would come.
func MachineAt(s *Scenario, node Node, at time.Duration) (*lifecycle.Machine, error) {
	part := *s
	part.Until = script.Duration(at + 1)
	g, err := newGame(&part, node)
	if err != nil {
		return nil, err
	}
	g.run()
	m := g.life.Machine.Clone()
	m.Step(node.Epoch.Add(at), lifecycle.Input{})
	return m, nil
}
