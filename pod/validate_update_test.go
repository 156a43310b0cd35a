package pod_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// updateRow is one update and what becomes of it.
type updateRow struct {
	ID, Edit    string
	Subresource pod.Subresource
	Old         json.RawMessage
	Patch       json.RawMessage
	Binding     json.RawMessage
	Valid       bool
	Errors      []struct{ Type, Field string }
	Reason      pod.StatusReason
	Generation  []int64
	Stored      map[string]json.RawMessage
}

// do carries the update out: it returns the stored pod, the pod sent (for a binding the old one), and the refusal.
func (r *updateRow) do(t *testing.T) (stored, sent *pod.Pod, refused *pod.StatusError) {
	old := unmarshal[*pod.Pod](t, r.Old)
	pod.SetDefaults(old)
	before := old.Clone()
	var err error
	if r.Binding != nil {
		sent = old
		stored, err = pod.Bind(old, unmarshal[*pod.Binding](t, r.Binding), pod.Time{})
	} else {
		sent = unmarshal[*pod.Pod](t, mergePatch(t, r.Old, r.Patch))
		pod.SetDefaults(sent)
		stored, err = pod.Update(old, sent, r.Subresource)
	}
	require.Equal(t, before, old, "%s: the old pod changed", r.ID)
	if err != nil {
		require.True(t, errors.As(err, &refused), "%s: %v", r.ID, err)
	}
	return stored, sent, refused
}

// mergePatch applies a JSON merge patch (RFC 7396).
func mergePatch(t *testing.T, doc, patch json.RawMessage) json.RawMessage {
	merged, err := json.Marshal(mergeJSON(anyJSON(t, doc), anyJSON(t, patch)))
	require.NoError(t, err)
	return merged
}

// anyJSON is a document whose numbers keep their digits.
func anyJSON(t *testing.T, raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}

func mergeJSON(doc, patch any) any {
	fields, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged, ok := doc.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for key, value := range fields {
		if value == nil {
			delete(merged, key)
		} else {
			merged[key] = mergeJSON(merged[key], value)
		}
	}
	return merged
}

func TestUpdateAgreesWithKubernetes(t *testing.T) {
	wrong := 0
	eachCorpusLine(t, "updates.jsonl.gz", func(line []byte) {
		row := unmarshal[updateRow](t, line)
		row.Stored = unmarshal[map[string]json.RawMessage](t, line)
		stored, sent, refused := row.do(t)
		if fault := row.compare(t, stored, sent, refused); fault != "" {
			if wrong++; wrong <= 20 {
				t.Errorf("%s %s %q: %s", row.ID, row.Subresource, row.Edit, fault)
			}
		}
	})
	require.Zero(t, wrong, "rows that disagree")
}

func (r *updateRow) compare(t *testing.T, stored, sent *pod.Pod, refused *pod.StatusError) string {
	if refused != nil {
		want := []string{}
		for _, e := range r.Errors {
			want = append(want, e.Type+" "+e.Field)
		}
		got := faultsOf(refused)
		slices.Sort(want)
		if want = slices.Compact(want); r.Valid || refused.Reason != r.Reason || !slices.Equal(want, got) {
			return "got " + string(refused.Reason) + " " + text(got) + "\nwant " + string(r.Reason) + " " + text(want)
		}
		return ""
	}
	if !r.Valid {
		return "accepted, want " + string(r.Reason) + " " + text(r.Errors)
	}
	old := unmarshal[*pod.Pod](t, r.Old)
	if got := []int64{old.Generation, stored.Generation}; !slices.Equal(got, r.Generation) {
		return "generation " + text(got) + ", want " + text(r.Generation)
	}
	return r.compareStored(t, stored, sent)
}

// compareStored compares each part of a pod with what was sent, or with what the row says of it.
func (r *updateRow) compareStored(t *testing.T, stored, sent *pod.Pod) string {
	want := sent.Clone()
	replace(t, r.Stored["storedSpec"], &want.Spec)
	replace(t, r.Stored["storedStatus"], &want.Status)
	replace(t, r.Stored["storedMetadata"], &want.ObjectMeta)
	got := stored.Clone()
	for _, p := range []*pod.Pod{got, want} {
		p.Generation, p.ResourceVersion, p.TypeMeta = 0, "", pod.TypeMeta{}
		for i := range p.Status.Conditions {
			if c := &p.Status.Conditions[i]; r.Binding != nil && c.Type == pod.PodScheduled {
				c.LastTransitionTime = pod.Time{}
			}
		}
	}
	if !pod.SamePod(got, want) {
		return "stored " + text(got) + "\nwant   " + text(want)
	}
	return ""
}

func replace[T any](t *testing.T, raw json.RawMessage, part *T) {
	if raw != nil {
		*part = unmarshal[T](t, raw)
	}
}

func text(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

// faultsOf are the faults of a refusal as "type path", sorted, each once.
func faultsOf(refused *pod.StatusError) []string {
	all := []string{}
	if refused == nil {
		return all
	}
	for _, e := range refused.Errors {
		all = append(all, string(e.Type)+" "+e.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
