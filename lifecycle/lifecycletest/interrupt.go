package lifecycletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
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

// PlayResting plays the scenario and, after each instant, puts the life of the pod by and resumes it, if it rests. It returns how
// often that was.
func PlayResting(s *Scenario, node Node) (h *history.History, rests int, err error) {
	g, err := newGame(s, node)
	if err != nil {
		return nil, 0, err
	}
	g.rest = func() {
		saved, ok := g.life.Save(nil)
		if !ok || err != nil {
			return
		}
		rests++
		err = g.resume(saved)
	}
	g.run()
	return g.history, rests, err
}

// resume makes a life out of what was saved of the present one, and puts it in its place. It is an error if they differ.
func (g *game) resume(saved []byte) error {
	old := g.life
	next, err := script.Resume(old.Machine.Pod(), g.config, &g.scenario.Script, g.world, saved)
	if err != nil {
		return err
	}
	if a, b := old.Machine.AppendKey(nil), next.Machine.AppendKey(nil); !bytes.Equal(a, b) {
		return fmt.Errorf("at %s the machine has the key %x, and %x when it is resumed", g.since(), a, b)
	}
	next.Watch, next.Between = old.Watch, old.Between
	g.life = next
	return nil
}
