package clustertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// String is the recording as tables for reading: what changed, the pods, the events.
func (r *Recording) String() string {
	var b bytes.Buffer
	r.writeSamples(&b)
	r.writePods(&b)
	r.writeEvents(&b)
	return b.String()
}

// writeSamples lists what changed, in the order of time, with what was done in between.
func (r *Recording) writeSamples(b *bytes.Buffer) {
	last := map[string]map[string]any{}
	done := 0
	for _, s := range r.Samples {
		for ; done < len(r.Actions) && r.Actions[done].T <= s.T; done++ {
			r.Actions[done].write(b)
		}
		key := s.Kind + "/" + s.Name
		change := map[string]string{"added": " new", "deleted": " gone"}[s.Change]
		fmt.Fprintf(b, "%8.2f  %s%s: %s\n", s.T, key, change, difference(last[key], s.State))
		last[key] = s.State
	}
	for ; done < len(r.Actions); done++ {
		r.Actions[done].write(b)
	}
}

func (a *Action) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "%8.2f  == %s %s -> %d %s\n", a.T, a.Do, strings.Join(a.Target, " "), a.Code, a.Message)
}

// difference is what a state says that the one before did not.
func difference(was, is map[string]any) string {
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(is)) {
		value := fieldText(is[field])
		if before, known := was[field]; known && fieldText(before) == value || !known && value == "" {
			continue
		}
		parts = append(parts, field+"="+value)
	}
	return strings.Join(parts, " ")
}

// fieldText is a value in a few words; empty for what says nothing.
func fieldText(v any) string {
	switch v := v.(type) {
	case nil, bool:
		if v == true {
			return "true"
		}
		return ""
	case float64:
		return fmt.Sprint(v)
	case string:
		return v
	case map[string]any:
		return fmt.Sprintf("%v=%v(%v)", v["type"], v["status"], v["reason"])
	case []any:
		var each []string
		for _, e := range v {
			each = append(each, fieldText(e))
		}
		return strings.Join(each, ",")
	}
	text, _ := json.Marshal(v)
	return string(text)
}

func (r *Recording) writePods(b *bytes.Buffer) {
	b.WriteString("\npods\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  id\tname\towner\tnode\tcreated\tscheduled\trunning\tready\tended\tmarked\tgone\tphase\tnotes")
	for i := range r.Pods {
		p := &r.Pods[i]
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%.2f\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.Name, p.Owner, p.Node, p.Created,
			at(p.Scheduled), at(p.Running), at(p.Ready), at(p.Ended), at(p.DeleteMark), at(p.Gone), p.Phase, p.notes())
	}
	w.Flush()
}

func at(t *float64) string {
	if t == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *t)
}

func (p *Pod) notes() string {
	notes := []string{p.Image}
	if p.ExitCode != nil {
		notes = append(notes, fmt.Sprintf("exit=%d", *p.ExitCode))
	}
	if p.Restarts > 0 {
		notes = append(notes, fmt.Sprintf("restarts=%d", p.Restarts))
	}
	if p.DisruptionTarget != "" {
		notes = append(notes, p.DisruptionTarget)
	}
	return strings.Join(notes, " ")
}

func (r *Recording) writeEvents(b *bytes.Buffer) {
	b.WriteString("\nevents\n")
	for _, e := range r.Events {
		fmt.Fprintf(b, "%8.2f  %s x%d %s %s: %s\n", e.At[0], e.Type, e.Count, e.Object, e.Reason, e.Message)
	}
}
