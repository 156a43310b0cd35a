package clustertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Difference is one thing in which two recordings differ.
type Difference struct {
	// What names the projection: final, conditions, replicas, pods, times, events, actions, bounds; and of what.
	What string
	// Recorded and Produced are the projection of each side.
	Recorded, Produced string
}

// String prints the difference on three lines.
func (d Difference) String() string {
	return fmt.Sprintf("%s\n  recorded %s\n  produced %s", d.What, d.Recorded, d.Produced)
}

// Compare holds a recording against another of the same scenario that was made on a real cluster, and returns in what they
// differ. It looks at what is the same from one such recording to the next: the last state of each object, the order of its
// conditions, the replicas of each ReplicaSet, what became of the pods of each owner and when, how often events came, what
// users were answered, and the most pods that there were at once.
//
// It does not look at what is chance there: which of several equal pods or nodes, short-lived samples, the latency of
// controllers, and the phase of those that look only every few seconds.
func Compare(recorded, produced *Recording) []Difference {
	c := comparison{slack: slackOf(recorded)}
	ignored := ""
	if kinds := namesOf(recorded, "PodDisruptionBudget"); len(kinds) > 1 {
		ignored = "PodDisruptionBudget" // of two budgets over one pod only one is kept up to date
	}
	c.maps("final", finalStates(recorded, ignored), finalStates(produced, ignored))
	c.maps("conditions", conditionStories(recorded, ignored), conditionStories(produced, ignored))
	c.maps("replicas", replicaStories(recorded), replicaStories(produced))
	c.pods(podsByOwner(recorded), podsByOwner(produced))
	c.maps("events", eventCounts(recorded), eventCounts(produced))
	c.same("actions", actionCodes(recorded), actionCodes(produced))
	return c.found
}

type comparison struct {
	slack float64 // by how much more times may be off, for those who look at a phase that is chance
	found []Difference
}

// slackOf is how far apart the looks are of those who made something of this recording: the controller of nodes, where one was
// silent, looks every 5 s and taints one node of a zone every 10 s; the collector of pods looks every 20 s, and a second time before it
// collects those of a node that is lost for good; the scheduler tries a pod again up to 10 s after a node takes pods again.
func slackOf(r *Recording) float64 {
	silent := did(r, "nodeFail", "nodeDelete")
	collected := slices.ContainsFunc(r.Pods, func(p Pod) bool { return p.DisruptionTarget == "DeletionByPodGC" || r.surplus(&p) })
	switch {
	case silent && collected:
		return 41
	case collected:
		return 21
	case silent || did(r, "uncordon"):
		return 11
	}
	return 0
}

func did(r *Recording, verbs ...string) bool {
	return slices.ContainsFunc(r.Actions, func(a Action) bool { return slices.Contains(verbs, a.Do) })
}

// surplus reports whether a pod was deleted after it had ended although its owner is there: too many pods had ended.
func (r *Recording) surplus(p *Pod) bool {
	if p.Ended == nil || p.DeleteMark == nil || *p.DeleteMark <= *p.Ended || p.Owner == "" {
		return false
	}
	return !slices.ContainsFunc(r.Samples, func(s Sample) bool { return s.Change == "deleted" && s.Kind+"/"+s.Name == p.Owner })
}

func (c *comparison) same(what, recorded, produced string) {
	if recorded != produced {
		c.found = append(c.found, Difference{what, recorded, produced})
	}
}

func (c *comparison) maps(what string, recorded, produced map[string]string) {
	for _, key := range unionOf(recorded, produced) {
		c.same(what+" "+key, recorded[key], produced[key])
	}
}

func unionOf[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func namesOf(r *Recording, kind string) map[string]bool {
	names := map[string]bool{}
	for _, s := range r.Samples {
		if s.Kind == kind {
			names[s.Name] = true
		}
	}
	return names
}

// wholeSeconds are fields whose values are cut to seconds: a moment more or less makes them another. A Job's end is the last
// link of a chain of looks.
var wholeSeconds = map[string]float64{"startTime": 3, "lastScheduleTime": 3, "lastSuccessfulTime": 3, "completionTime": 12}

// finalStates is the last state of each object.
func finalStates(r *Recording, ignored string) map[string]string {
	out := map[string]string{}
	for _, s := range r.Samples {
		key := s.Kind + "/" + s.Name
		switch {
		case s.Kind == ignored:
		case s.Change == "deleted":
			out[key] = "gone"
		default:
			out[key] = stateText(s.State)
		}
	}
	return out
}

func stateText(state map[string]any) string {
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(state)) {
		value := state[field]
		if _, isCondition := value.(map[string]any); isCondition || field == "conditions" || field == "observedGeneration" {
			continue
		}
		if _, timed := value.(float64); timed && wholeSeconds[field] > 0 {
			value = "a time"
		}
		text, _ := json.Marshal(value)
		parts = append(parts, field+"="+string(text))
	}
	return strings.Join(parts, " ")
}

// conditionStories is for each condition of each object the order of its status and reason.
func conditionStories(r *Recording, ignored string) map[string]string {
	out, last := map[string]string{}, map[string]string{}
	for _, s := range r.Samples {
		if s.Change == "deleted" || s.Kind == ignored {
			continue
		}
		list, _ := s.State["conditions"].([]any)
		if ready, ok := s.State["ready"].(map[string]any); ok {
			list = append(slices.Clone(list), ready)
		}
		for _, each := range list {
			condition, _ := each.(map[string]any)
			key := fmt.Sprintf("%s/%s %v", s.Kind, s.Name, condition["type"])
			value := fmt.Sprintf("%v(%v)", condition["status"], condition["reason"])
			if last[key] != value {
				out[key] = strings.TrimSpace(out[key] + " " + value)
				last[key] = value
			}
		}
	}
	return out
}

// replicaStories is for each ReplicaSet the order of its wanted replicas.
func replicaStories(r *Recording) map[string]string {
	out, last := map[string]string{}, map[string]string{}
	for _, s := range r.Samples {
		if s.Kind != "ReplicaSet" || s.Change == "deleted" {
			continue
		}
		if value := fmt.Sprint(s.State["spec.replicas"]); value != last[s.Name] {
			out[s.Name] = strings.TrimSpace(out[s.Name] + " " + value)
			last[s.Name] = value
		}
	}
	return out
}

// byChance are the events that come as often as somebody happens to look.
var byChance = map[string]bool{
	"Scheduled": true, "FailedScheduling": true, "FailedCreate": true, "NoPods": true, "JobAlreadyActive": true, "SawCompletedJob": true,
	"MissingJob": true, "TaintManagerEviction": true, "MultiplePodDisruptionBudgets": true,
}

func eventCounts(r *Recording) map[string]string {
	out := map[string]string{}
	for _, e := range r.Events {
		if !byChance[e.Reason] {
			out[strings.Join([]string{e.Object, e.Type, e.Reason, e.Message}, " ")] = fmt.Sprint(e.Count)
		}
	}
	return out
}

func actionCodes(r *Recording) string {
	var b strings.Builder
	for _, a := range r.Actions {
		fmt.Fprintf(&b, "%s=%d ", a.Do, a.Code)
	}
	return b.String()
}

// podsByOwner groups the pods by what they stand for: their controller, with ordinal or index, or their own name.
func podsByOwner(r *Recording) map[string][]*Pod {
	out := map[string][]*Pod{}
	for i := range r.Pods {
		p := &r.Pods[i]
		key := p.Owner
		if key == "" {
			key = "Pod/" + p.Name
		}
		if p.Ordinal != nil {
			key += fmt.Sprintf(" ordinal %d", *p.Ordinal)
		}
		if p.Index != nil {
			key += fmt.Sprintf(" index %d", *p.Index)
		}
		out[key] = append(out[key], p)
	}
	return out
}

func (c *comparison) pods(recorded, produced map[string][]*Pod) {
	for _, owner := range unionOf(recorded, produced) {
		a, b := recorded[owner], produced[owner]
		if x, y := fates(a), fates(b); x != y {
			c.same("pods "+owner, x, y)
			continue
		}
		for _, moment := range moments {
			c.moments(owner, moment, a, b)
		}
		if x, y := mostAtOnce(a), mostAtOnce(b); y > x {
			c.same("bounds "+owner, fmt.Sprint(x), fmt.Sprint(y))
		}
	}
}

func fates(pods []*Pod) string {
	var each []string
	for _, p := range pods {
		text := fmt.Sprintf("%s %s", p.Image, p.Phase)
		if p.ExitCode != nil {
			text += fmt.Sprintf(" exit=%d", *p.ExitCode)
		}
		if p.DeleteGraceSeconds != nil {
			text += fmt.Sprintf(" grace=%d", *p.DeleteGraceSeconds)
		}
		each = append(each, fmt.Sprintf("%s restarts=%d %s", text, p.Restarts, p.DisruptionTarget))
	}
	slices.Sort(each)
	return fmt.Sprintf("%d: %s", len(pods), strings.Join(each, "; "))
}

// moment is one kind of time in a pod's life.
type moment struct {
	name string
	of   func(*Pod) *float64
}

var moments = []moment{
	{"created", func(p *Pod) *float64 { return &p.Created }},
	{"scheduled", func(p *Pod) *float64 { return p.Scheduled }},
	{"running", func(p *Pod) *float64 { return p.Running }},
	{"ready", func(p *Pod) *float64 { return p.Ready }},
	{"ended", func(p *Pod) *float64 { return p.Ended }},
	{"deleteMark", func(p *Pod) *float64 { return p.DeleteMark }},
	{"gone", func(p *Pod) *float64 { return p.Gone }},
}

func (m moment) all(pods []*Pod) []float64 {
	var out []float64
	for _, p := range pods {
		if t := m.of(p); t != nil {
			out = append(out, *t)
		}
	}
	slices.Sort(out)
	return out
}

func (c *comparison) moments(owner string, m moment, recorded, produced []*Pod) {
	a, b := m.all(recorded), m.all(produced)
	for i := range min(len(a), len(b)) {
		if math.Abs(a[i]-b[i]) > c.tolerance(owner, a[i], recorded) {
			c.same("times "+owner+" "+m.name, fmt.Sprint(a), fmt.Sprint(b))
			return
		}
	}
	if len(a) != len(b) {
		c.same("times "+owner+" "+m.name, fmt.Sprint(a), fmt.Sprint(b))
	}
}

// tolerance is by how much a time may be off: controllers react within some hundredths of a second; a Job's controller looks
// a second late, link after link; slackOf adds for others.
func (c *comparison) tolerance(owner string, t float64, pods []*Pod) float64 {
	most := 0.6
	if strings.HasPrefix(owner, "Job/") {
		links := 1
		for _, p := range pods {
			if p.Ended != nil && *p.Ended < t {
				links++
			}
		}
		most += 1.3 * float64(min(links, 6))
	}
	return most + c.slack
}

// mostAtOnce is the largest number of pods that at one time had not ended and were not to be deleted.
func mostAtOnce(pods []*Pod) int {
	type step struct {
		at float64
		by int
	}
	var steps []step
	for _, p := range pods {
		end := math.Inf(1)
		for _, t := range []*float64{p.DeleteMark, p.Ended, p.Gone} {
			if t != nil {
				end = min(end, *t)
			}
		}
		steps = append(steps, step{p.Created, 1}, step{end, -1})
	}
	slices.SortFunc(steps, func(a, b step) int {
		if a.at != b.at {
			return int(math.Copysign(1, a.at-b.at))
		}
		return a.by - b.by
	})
	now, most := 0, 0
	for _, s := range steps {
		now += s.by
		most = max(most, now)
	}
	return most
}
