package lifecycletest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
)

// PlayInterrupted plays the scenario with a driver that may be killed after each step: where kill says so of what was saved,
// the machine is thrown away and restored from it, by way of JSON, and from what the runtime then shows. Answers to what
// was in flight are lost with the driver.
func PlayInterrupted(s *Scenario, node Node, kill func(lifecycle.Saved) bool) (*history.History, error) {
	g, err := newGame(s, node)
	if err != nil {
		return nil, err
	}
	var failed error
	g.life.Between = func(now time.Time) {
		saved := g.life.Machine.Save()
		if failed != nil || !kill(saved) {
			return
		}
		failed = g.replaceMachine(saved)
	}
	g.run()
	return g.history, failed
}

// replaceMachine restores the machine from what was saved.
func (g *game) replaceMachine(saved lifecycle.Saved) error {
	data, err := json.Marshal(saved)
	if err != nil {
		return err
	}
	var read lifecycle.Saved
	if err := json.Unmarshal(data, &read); err != nil {
		return fmt.Errorf("reading what was saved: %w", err)
	}
	g.life.Machine, err = lifecycle.Restore(g.life.Machine.Pod(), g.config, read, g.life.Engine.Seen())
	return err
}
