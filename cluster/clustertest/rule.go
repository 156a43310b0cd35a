package clustertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Rule is how the pods behave that it matches. The zero Rule matches every pod, whose container starts and is ready at once
// and runs until it is told to stop.
type Rule struct {
	Match Match `json:"match,omitempty,omitzero"`
	// StartsAfter is how long after it was bound the pod's container runs; Stagger is added for each attempt after the first.
	StartsAfter Span            `json:"startsAfter,omitempty"`
	Stagger     script.Duration `json:"stagger,omitempty"`
	// Waiting is the reason for which a container that never starts waits.
	Waiting pod.Reason `json:"waiting,omitempty"`
	// ReadyAfter is how long after its start the container is ready.
	ReadyAfter Span `json:"readyAfter,omitempty"`
	// RunsFor is how long it runs, until it exits with Exit; nil is forever. Runs are instead one entry a run, the last repeats.
	RunsFor *Span     `json:"runsFor,omitempty"`
	Exit    int32     `json:"exit,omitempty"`
	Runs    []RunsFor `json:"runs,omitempty"`
	// StopsAfter is how long after a stop signal it exits, with StopExit; nil is 143.
	StopsAfter script.Duration `json:"stopsAfter,omitempty"`
	StopExit   *int32          `json:"stopExit,omitempty"`
}

// RunsFor is one run.
type RunsFor struct {
	For  Span  `json:"for,omitempty"`
	Exit int32 `json:"exit,omitempty"`
}

// Span is a duration, or "never" or "forever", which are Endless.
type Span time.Duration

// Endless is the Span that has no end.
const Endless Span = math.MaxInt64

// UnmarshalJSON reads a duration, or one of the words.
func (s *Span) UnmarshalJSON(b []byte) error {
	if text := string(b); text == `"never"` || text == `"forever"` {
		*s = Endless
		return nil
	}
	return json.Unmarshal(b, (*script.Duration)(s))
}

// Match says which pods a rule is for: those for which all that is given holds.
type Match struct {
	// Image is that of the first container.
	Image  string            `json:"image,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Node   string            `json:"node,omitempty"`
	// Ordinal is that of a StatefulSet's pod, Index that of an indexed Job's.
	Ordinal *int `json:"ordinal,omitempty"`
	Index   *int `json:"index,omitempty"`
	// Attempt is the how manieth pod in its place it is: "2", "1-3", "4-".
	Attempt Attempts `json:"attempt,omitempty"`
}

// Attempts is a range of numbers that begin at 1; empty is all of them.
type Attempts string

func (a Attempts) bounds() (from, to int, err error) {
	if a == "" {
		return 1, math.MaxInt, nil
	}
	first, last, ranged := strings.Cut(string(a), "-")
	if from, err = strconv.Atoi(first); err != nil {
		return 0, 0, fmt.Errorf("attempt is %q, expected one such as 2, 1-3 or 4-", string(a))
	}
	switch {
	case !ranged:
		to = from
	case last == "":
		to = math.MaxInt
	default:
		if to, err = strconv.Atoi(last); err != nil {
			err = fmt.Errorf("attempt is %q, expected one such as 2, 1-3 or 4-", string(a))
		}
	}
	return from, to, err
}

func (r *Rule) check() error {
	_, _, err := r.Match.Attempt.bounds()
	return err
}

// holds reports whether the rule is for a pod that is the attempt-th in its place.
func (m *Match) holds(p *pod.Pod, attempt int) bool {
	from, to, _ := m.Attempt.bounds()
	switch {
	case m.Image != "" && p.Spec.Containers[0].Image != m.Image,
		m.Node != "" && p.Spec.NodeName != m.Node,
		m.Ordinal != nil && ordinalOf(p) != strconv.Itoa(*m.Ordinal),
		m.Index != nil && indexOf(p) != strconv.Itoa(*m.Index),
		attempt < from || attempt > to:
		return false
	}
	for name, value := range maps.All(m.Labels) {
		if p.Labels[name] != value {
			return false
		}
	}
	return true
}

// ordinalOf is the number of a StatefulSet's pod, or empty.
func ordinalOf(o object.Object) string { return o.Meta().Labels["apps.kubernetes.io/pod-index"] }

// indexOf is the completion index of an indexed Job's pod, or empty.
func indexOf(p *pod.Pod) string { return p.Annotations["batch.kubernetes.io/job-completion-index"] }

// places counts the pods that there have been in each place.
type places map[string]int

// enter counts the pod, and returns the how manieth in its place it is.
func (c places) enter(p *pod.Pod) int {
	place := p.Namespace + "/" + p.Name
	if owner := p.ControllerRef(); owner != nil && owner.Kind != "StatefulSet" {
		place = string(owner.UID) + "/" + indexOf(p)
	}
	c[place]++
	return c[place]
}

// script is how a pod behaves that is the attempt-th in its place.
func (r *Rule) script(p *pod.Pod, attempt int) *script.Script {
	b := script.Behavior{OnTerm: script.OnTerm{After: r.StopsAfter, Exit: r.StopExit}}
	if r.StartsAfter == Endless {
		b.Pull = script.Tries{{Error: "never"}}
	} else if wait := time.Duration(r.StartsAfter) + time.Duration(r.Stagger)*time.Duration(attempt-1); wait > 0 {
		b.Pull = script.Tries{{Takes: script.Duration(wait)}}
	}
	switch {
	case r.ReadyAfter == Endless:
		b.Ready = []script.Ready{{}}
	case r.ReadyAfter > 0:
		b.Ready = []script.Ready{{}, {After: script.Duration(r.ReadyAfter), Ready: true}}
	}
	for _, run := range r.runs() {
		if run.For == Endless {
			b.Runs = append(b.Runs, script.Run{Forever: true})
		} else {
			b.Runs = append(b.Runs, script.Run{For: script.Duration(run.For), Exit: run.Exit})
		}
	}
	return &script.Script{Containers: map[string]script.Behavior{p.Spec.Containers[0].Name: b}}
}

func (r *Rule) runs() []RunsFor {
	if r.Runs == nil && r.RunsFor != nil {
		return []RunsFor{{For: *r.RunsFor, Exit: r.Exit}}
	}
	return r.Runs
}
