package lifecycletest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/pod"
)

// Difference is one projection in which two histories differ.
type Difference struct {
	// What names the projection: phases, attempts of app, ready, last, details, observedGeneration, lengths, deleting,
	// times, events, event kinds, messages.
	What string
	// Recorded and Produced are the projection of each side.
	Recorded, Produced string
}

// String prints the difference on three lines.
func (d Difference) String() string {
	return fmt.Sprintf("%s\n  recorded %s\n  produced %s", d.What, d.Recorded, d.Produced)
}

// moment is, in seconds, what lasts so short that an observer of a real cluster may miss it.
const moment = 1.3

// Compare holds a history against a recording of the same scenario made on a real node, and returns in what they differ.
// It looks only at what is the same from one recording to the next: the order of phases, how each attempt ended, when pods
// were ready, the last entry with its messages, what happened from the deletion on, the order of events; and at times
// within a tolerance that grows with each exit and back-off on the way, since a node looks at its runtime once a second
// and stretches back-off by chance. Containers that still loop when the recording ends are compared as far as both go.
func Compare(recorded, produced *history.History) []Difference {
	c := comparison{rec: recorded, pro: produced, loops: looping(recorded), short: moment}
	if len(produced.Statuses) == 0 {
		return []Difference{{"phases", fmt.Sprint(len(recorded.Statuses), " entries"), "none"}}
	}
	if len(distinct(recorded, func(e *history.Entry) string { return string(e.UID) })) > 1 {
		c.short = 10 // a mirror pod came back: what it shows first is a matter of seconds
	}
	c.phases()
	c.attempts()
	c.ready()
	c.same("last", lastText(recorded, c.loops), lastText(produced, c.loops))
	c.same("details", detailsText(recorded, c.loops), detailsText(produced, c.loops))
	c.rest()
	c.deleting()
	c.times()
	c.events()
	return c.found
}

type comparison struct {
	rec, pro   *history.History
	loops      map[string]bool // containers that still loop when the recording ends
	short      float64
	recP, proP []span
	found      []Difference
}

func (c *comparison) same(what, recorded, produced string) {
	if recorded != produced {
		c.found = append(c.found, Difference{what, recorded, produced})
	}
}

func (c *comparison) phases() {
	c.recP, c.proP = align(spansOf(c.rec.Statuses, phaseText), spansOf(c.pro.Statuses, phaseText), c.short)
	c.same("phases", spanText(c.recP), spanText(c.proP))
}

func (c *comparison) attempts() {
	a, b := endedAttempts(c.rec), endedAttempts(c.pro)
	for _, name := range sortedNames(a, b) {
		x, y := endTexts(a[name]), endTexts(b[name])
		if d := len(x) - len(y); c.loops[name] && d >= -1 && d <= 1 {
			n := min(len(x), len(y))
			x, y = x[:n], y[:n]
		}
		c.same("attempts of "+name, strings.Join(x, " "), strings.Join(y, " "))
	}
}

func (c *comparison) ready() {
	if len(c.loops) > 0 {
		return
	}
	a, b := align(steady(spansOf(c.rec.Statuses, readyText)), steady(spansOf(c.pro.Statuses, readyText)), max(c.short, 2*moment))
	c.same("ready", spanText(a), spanText(b))
}

// rest compares what is stable only where everything has come to rest.
func (c *comparison) rest() {
	if len(c.loops) > 0 {
		return
	}
	c.same("observedGeneration", strings.Join(distinct(c.rec, generationText), " "), strings.Join(distinct(c.pro, generationText), " "))
	c.same("messages", messagesText(c.rec), messagesText(c.pro))
	a, b := runLengths(c.rec), runLengths(c.pro)
	for _, name := range sortedNames(a, b) {
		x, ok := a[name]
		y, also := b[name]
		if ok != also || math.Abs(x-y) > 3 {
			c.same("length of "+name, fmt.Sprint(x, " s, known ", ok), fmt.Sprint(y, " s, known ", also))
		}
	}
}

func (c *comparison) deleting() {
	a, b := align(spansOf(sinceDeletion(c.rec), deletingText), spansOf(sinceDeletion(c.pro), deletingText), moment)
	c.same("deleting", spanText(a), spanText(b))
}

// times compares when phases began, attempts were seen ended and the pod was gone.
func (c *comparison) times() {
	recA, proA := endedAttempts(c.rec), endedAttempts(c.pro)
	check := func(what string, a, b float64) {
		if tolerance := c.tolerance(recA, a); math.Abs(a-b) > tolerance {
			c.same("times of "+what, fmt.Sprintf("%.2f", a), fmt.Sprintf("%.2f (tolerance %.1f)", b, tolerance))
		}
	}
	if spanText(c.recP) == spanText(c.proP) {
		for i := range c.recP {
			check("phase "+c.recP[i].value, c.recP[i].from, c.proP[i].from)
		}
	}
	for _, name := range sortedNames(recA, proA) {
		for i := range min(len(recA[name]), len(proA[name])) {
			check(fmt.Sprintf("attempt %d of %s", i, name), recA[name][i].at, proA[name][i].at)
		}
	}
	if c.rec.GoneAt != nil && c.pro.GoneAt != nil {
		check("removal", *c.rec.GoneAt, *c.pro.GoneAt)
	}
}

// tolerance is how far what the recording shows at t may be off. Each end before it was noticed up to a second late, and
// each back-off lasted up to half as long again.
func (c *comparison) tolerance(ends map[string][]ending, t float64) float64 {
	out := 1.6
	for _, list := range ends {
		wait := 0.0
		for _, e := range list {
			if e.at > t {
				break
			}
			out += 1.6 + 0.55*wait
			wait = min(300, max(10, 2*wait))
		}
	}
	if failsToStart(c.rec) {
		out += 16
	}
	if c.short > moment {
		out += 30
	}
	return out
}

// failsToStart reports whether something was tried again after 10 to 15 s, or by the back-off of pulls.
func failsToStart(h *history.History) bool {
	usual := []pod.Reason{pod.ReasonContainerCreating, pod.ReasonPodInitializing, pod.ReasonCrashLoopBackOff}
	for i := range h.Statuses {
		for s := range containersOf(&h.Statuses[i].Status) {
			if w := s.State.Waiting; w != nil && !slices.Contains(usual, w.Reason) {
				return true
			}
		}
	}
	return slices.ContainsFunc(h.Events, func(e history.Event) bool {
		return slices.Contains([]string{"FailedCreatePodSandBox", "FailedMount", "FailedSync"}, e.Reason)
	})
}

// unsteady are the reasons of events whose number and place are a matter of chance.
var unsteady = []string{
	"BackOff", "Unhealthy", "Failed", "FailedMount", "FailedSync", "FailedCreatePodSandBox", "Pulling", "Pulled",
	"FailedPostStartHook", "FailedPreStopHook", "ProbeWarning", "DeadlineExceeded",
}

func (c *comparison) events() {
	a, b := eventOrder(c.rec), eventOrder(c.pro)
	for _, name := range sortedNames(a, b) {
		x, y := a[name], b[name]
		if d := len(x) - len(y); c.loops[name] && d >= -3 && d <= 3 {
			n := min(len(x), len(y))
			x, y = x[:n], y[:n]
		}
		c.same("events of "+name, strings.Join(x, " "), strings.Join(y, " "))
	}
	c.same("event kinds", eventKinds(c.rec), eventKinds(c.pro))
}

// eventOrder is, for each container, the types and reasons of its events without repeats.
func eventOrder(h *history.History) map[string][]string {
	out := map[string][]string{}
	for _, e := range h.Events {
		if slices.Contains(unsteady, e.Reason) {
			continue
		}
		word := e.Type + "/" + e.Reason
		if l := out[e.Container]; len(l) == 0 || l[len(l)-1] != word {
			out[e.Container] = append(l, word)
		}
	}
	return out
}

func eventKinds(h *history.History) string {
	kinds := map[string]bool{}
	for _, e := range h.Events {
		if e.Reason != "FailedSync" && e.Reason != "ProbeWarning" {
			kinds[e.Container+":"+e.Type+"/"+e.Reason] = true
		}
	}
	return strings.Join(sortedNames(kinds, nil), " ")
}

var (
	uidText      = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,64}`)
	durationText = regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+(\.\d+)?m?s\b`)
)

// messagesText is every message of the last entry, without UIDs and durations.
func messagesText(h *history.History) string {
	s := &h.Statuses[len(h.Statuses)-1].Status
	out := []string{s.Message}
	for i := range s.Conditions {
		out = append(out, s.Conditions[i].Message)
	}
	for c := range containersOf(s) {
		if c.State.Waiting != nil {
			out = append(out, c.State.Waiting.Message)
		}
		if c.State.Terminated != nil {
			out = append(out, c.State.Terminated.Message)
		}
	}
	return durationText.ReplaceAllString(uidText.ReplaceAllString(strings.Join(out, " | "), "UID"), "T")
}
