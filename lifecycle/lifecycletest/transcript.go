package lifecycletest

import (
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/pod"
)

// A Transcript is one behaviour told as a history, in a text file:
//
//	A paragraph that says what is shown, and where the rule comes from.
//
//	-- scenario --
//	pod: {spec: {containers: [{name: app, image: app}]}}
//	behavior: {app: {runs: [{for: 2s, exit: 1}]}}
//	until: 30s
//
//	-- history --
//	TIME  INPUT  PHASE  READY  RESTARTS  CONTAINERS  ACTIONS  WAKE
//	0s    Tick   Pending ...
//
// The scenario is that of a scenario file; its name, the pod's kind, name and node, and the image of its containers
// (NAME:1) are filled in where they are left out. The history is what the machine made of each step that changed or asked
// for anything, and what became of the object in the API: it is printed, never written by hand. Below a step stand the events that it brought, after an asterisk,
// and what else changed in the status, after an equals sign: conditions, the address, the generation observed, messages.
type Transcript struct {
	// About is the paragraph.
	About string
	// Scenario is what is played, and ScenarioText how the file says it.
	Scenario     *Scenario
	ScenarioText string
	// History is what the file says came of it.
	History string
}

const (
	scenarioMark = "-- scenario --\n"
	historyMark  = "-- history --\n"
)

// ParseTranscript reads the text of a transcript. The history may be missing, in one that was never played.
func ParseTranscript(file, text string) (*Transcript, error) {
	about, rest, found := strings.Cut(text, scenarioMark)
	if !found {
		return nil, fmt.Errorf("%s: no line %q", file, strings.TrimSpace(scenarioMark))
	}
	if strings.TrimSpace(about) == "" {
		return nil, fmt.Errorf("%s: no paragraph that says what is shown", file)
	}
	scenario, told, _ := strings.Cut(rest, historyMark)
	s, err := ParseScenario(file, []byte(scenario))
	if err != nil {
		return nil, err
	}
	s.complete()
	return &Transcript{About: strings.TrimSpace(about), Scenario: s, ScenarioText: strings.TrimSpace(scenario), History: told}, nil
}

// complete fills in what a transcript may leave out.
func (s *Scenario) complete() {
	p := &s.Pod
	p.Kind, p.APIVersion = "Pod", "v1"
	if p.Name == "" {
		p.Name = "web"
	}
	if s.Name == "" {
		s.Name = p.Name
	}
	if p.Spec.NodeName == "" && len(p.Spec.SchedulingGates) == 0 && !s.waitsForBinding() {
		p.Spec.NodeName = "node"
	}
	for _, list := range [][]pod.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			if list[i].Image == "" {
				list[i].Image = list[i].Name + ":1"
			}
		}
	}
}

func (s *Scenario) waitsForBinding() bool {
	for _, step := range s.Steps {
		if step.Do == "bind" {
			return true
		}
	}
	return false
}

// String is the transcript as its file has it.
func (t *Transcript) String() string {
	return fmt.Sprintf("%s\n\n%s%s\n\n%s%s", t.About, scenarioMark, t.ScenarioText, historyMark, t.History)
}

// Play plays the transcript's scenario and makes its history anew.
func (t *Transcript) Play() error {
	g, err := newGame(t.Scenario, TestNode())
	if err != nil {
		return err
	}
	rows := []row{{cells: [...]string{"TIME", "INPUT", "PHASE", "READY", "CONTAINERS", "ACTIONS", "WAKE"}}}
	previous := g.life.Machine.Status()
	g.told = func(in lifecycle.Input, out lifecycle.Output) {
		if out.Changed || len(out.Actions) > 0 || len(out.Events) > 0 {
			rows = append(rows, g.row(in, out, &previous))
		}
	}
	g.note = func(text string) { rows = append(rows, g.noteRow(text)) }
	g.note("created")
	g.run()
	t.History = printRows(rows)
	return nil
}

// row is one step, and the lines below it.
type row struct {
	cells [7]string
	below []string
}

// printRows aligns the cells, and puts each step's events below it.
func printRows(rows []row) string {
	var widths [7]int
	for _, r := range rows {
		for i, cell := range r.cells {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		line := ""
		for i, cell := range r.cells {
			line += fmt.Sprintf("%-*s", widths[i]+2, cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		for _, line := range r.below {
			fmt.Fprintf(&b, "%*s%s\n", widths[0]+2, "", line)
		}
	}
	return b.String()
}

// row tells one step; previous is the status before it, and then the one after.
func (g *game) row(in lifecycle.Input, out lifecycle.Output, previous *pod.Status) row {
	status := g.life.Machine.Status()
	var actions []string
	for _, a := range out.Actions {
		actions = append(actions, a.String())
	}
	r := row{cells: [...]string{
		g.since().String(), inputText(in), phaseWord(&status), readyWord(&status), containersText(&status),
		strings.Join(actions, ", "), g.wakeText(out),
	}}
	for _, e := range out.Events {
		r.below = append(r.below, "* "+strings.ReplaceAll(e.String(), "\n", " "))
	}
	if changes := changesText(previous, &status); changes != "" {
		r.below = append(r.below, "= "+strings.ReplaceAll(changes, "\n", " "))
	}
	*previous = status
	return r
}

// noteRow tells what became of the object in the API.
func (g *game) noteRow(text string) row {
	r := row{cells: [7]string{g.since().String(), text}}
	if g.object != nil {
		s := &g.object.Status
		r.cells[2], r.cells[3], r.cells[4] = phaseWord(s), readyWord(s), containersText(s)
	}
	return r
}

func phaseWord(s *pod.Status) string {
	if s.Reason != "" {
		return fmt.Sprintf("%s/%s", s.Phase, s.Reason)
	}
	return string(s.Phase)
}

func readyWord(s *pod.Status) string {
	switch c := s.Condition(pod.Ready); {
	case c == nil:
		return "-"
	case c.Status == pod.ConditionTrue:
		return "yes"
	default:
		return fmt.Sprintf("no (%s)", c.Reason)
	}
}

func (g *game) wakeText(out lifecycle.Output) string {
	if out.Wake.IsZero() {
		return "-"
	}
	return "at " + out.Wake.Sub(g.node.Epoch).String()
}

// containersText is each container, with its restart count where that is not 0.
func containersText(s *pod.Status) string {
	text := history.Containers(s)
	for c := range containersOf(s) {
		if c.RestartCount > 0 {
			text = strings.Replace(text, c.Name+" ", fmt.Sprintf("%s#%d ", c.Name, c.RestartCount), 1)
		}
	}
	return text
}

func inputText(in lifecycle.Input) string {
	if in.Kind == lifecycle.Delete && in.Pod != nil {
		return fmt.Sprintf("Delete grace=%ds", *in.Pod.DeletionGracePeriodSeconds)
	}
	return in.String()
}

// since is the time since the pod's creation.
func (g *game) since() time.Duration { return g.now.Sub(g.node.Epoch) }
