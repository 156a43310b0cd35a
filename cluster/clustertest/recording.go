package clustertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/podlife/podlife/lifecycle/history"
)

// Recording is what happened in a cluster. Times are seconds since the scenario began.
type Recording struct {
	Scenario          string   `json:"scenario"`
	KubernetesVersion string   `json:"kubernetesVersion"`
	Actions           []Action `json:"actions"`
	Samples           []Sample `json:"samples"`
	Pods              []Pod    `json:"pods"`
	Events            []Event  `json:"events"`
	// Timeline is the whole history of every pod, with what their nodes said, to look at; a recording that was read has none.
	Timeline history.Timeline `json:"-"`
}

// Action is one step and what became of it.
type Action struct {
	T      float64  `json:"t"`
	Do     string   `json:"do"`
	Target []string `json:"target"`
	// Pods are the IDs of the pods concerned.
	Pods []string `json:"pods,omitempty"`
	// Code is the HTTP status; Reason and Message are those of a refusal.
	Code    int    `json:"code"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// Sample is one change of an object that is not a pod.
type Sample struct {
	T    float64 `json:"t"`
	Kind string  `json:"kind"`
	Name string  `json:"name"`
	// Change is added, modified or deleted.
	Change string `json:"change"`
	// State is what is taken down of the object.
	State map[string]any `json:"state"`
}

// Pod is the life of one pod object. A nil time has not come.
type Pod struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	Owner              string   `json:"owner,omitempty"`
	Image              string   `json:"image"`
	Ordinal            *int     `json:"ordinal,omitempty"`
	Index              *int     `json:"index,omitempty"`
	Node               string   `json:"node,omitempty"`
	Created            float64  `json:"created"`
	Scheduled          *float64 `json:"scheduled,omitempty"`
	Running            *float64 `json:"running,omitempty"`
	Ready              *float64 `json:"ready,omitempty"`
	ReadyFlips         []Flip   `json:"readyFlips,omitempty"`
	Ended              *float64 `json:"ended,omitempty"`
	DeleteMark         *float64 `json:"deleteMark,omitempty"`
	DeleteGraceSeconds *int64   `json:"deleteGraceSeconds,omitempty"`
	Gone               *float64 `json:"gone,omitempty"`
	Phase              string   `json:"phase"`
	Reason             string   `json:"reason,omitempty"`
	Restarts           int32    `json:"restarts,omitempty"`
	ExitCode           *int32   `json:"exitCode,omitempty"`
	DisruptionTarget   string   `json:"disruptionTarget,omitempty"`
	// OwnerAtEnd is set where it is not Owner.
	OwnerAtEnd *string `json:"ownerAtEnd,omitempty"`
}

// Flip is a change of a pod's readiness after it was ready for the first time.
type Flip struct {
	T     float64 `json:"t"`
	Ready bool    `json:"ready"`
}

// Event is what was said of an object, with the times at which it was.
type Event struct {
	Object  string    `json:"object"`
	Type    string    `json:"type"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Count   int       `json:"count"`
	At      []float64 `json:"at"`
}

// Write prints the recording as JSON, one line for each entry.
func (r *Recording) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"scenario\": %q,\n\"kubernetesVersion\": %q", r.Scenario, r.KubernetesVersion)
	for _, list := range []struct {
		name  string
		items any
	}{{"actions", r.Actions}, {"samples", r.Samples}, {"pods", r.Pods}, {"events", r.Events}} {
		fmt.Fprintf(&b, ",\n%q: [", list.name)
		if err := writeLines(&b, list.items); err != nil {
			return err
		}
		b.WriteString("]")
	}
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func writeLines(b *bytes.Buffer, items any) error {
	text, err := json.Marshal(items)
	if err != nil {
		return err
	}
	var each []json.RawMessage
	if err := json.Unmarshal(text, &each); err != nil {
		return err
	}
	for i, item := range each {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(item)
	}
	if len(each) > 0 {
		b.WriteByte('\n')
	}
	return nil
}

// ParseRecording reads what Write has written.
func ParseRecording(data []byte) (*Recording, error) {
	r := &Recording{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return r, nil
}
