package pod_test

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// createRow is a pod, and what becomes of it when it is created.
type createRow struct {
	ID               string          `json:"id"`
	Edit             string          `json:"edit"`
	Pod              json.RawMessage `json:"pod"`
	Text             string          `json:"text"`
	Source           string          `json:"source"`
	Index            int             `json:"index"`
	Valid            bool            `json:"valid"`
	Errors           []recordedFault `json:"errors"`
	DecodeError      string          `json:"decodeError"`
	Defaulted        json.RawMessage `json:"defaulted"`
	StoredSpec       json.RawMessage `json:"storedSpec"`
	StoredConditions json.RawMessage `json:"storedConditions"`
}

// recordedFault is a fault as Kubernetes reports it.
type recordedFault struct {
	Type  pod.ErrorType `json:"type"`
	Field string        `json:"field"`
}

// faultSet returns the faults of a pod, sorted and each once.
func faultSet(all []recordedFault) []recordedFault {
	all = append([]recordedFault{}, all...)
	slices.SortFunc(all, func(a, b recordedFault) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Type, b.Type))
	})
	return slices.Compact(all)
}

// foundFaultSet returns what Validate found, in the form of a record.
func foundFaultSet(errs pod.Errors) []recordedFault {
	var all []recordedFault
	for _, e := range errs {
		all = append(all, recordedFault{e.Type, e.Path})
	}
	return faultSet(all)
}

// create does with p what the API server does, and compares each step with the record.
func (row *createRow) create(t *testing.T, name string, p *pod.Pod) {
	t.Helper()
	pod.SetDefaults(p)
	if row.Defaulted != nil {
		requireSamePod(t, row.Defaulted, p, name+": defaulted")
	}
	pod.PrepareCreate(p, pod.Creation{NameSuffix: "abcde"})
	errs := pod.Validate(p)
	require.Equal(t, faultSet(row.Errors), foundFaultSet(errs), "%s %s\n%v", name, row.Edit, errs)
	require.Equal(t, row.Valid, errs.Err() == nil, name)
	for _, e := range errs {
		require.NotEmpty(t, e.Error())
	}
	if row.Defaulted == nil || !row.Valid {
		return
	}
	want := row.StoredSpec
	if want == nil {
		var all struct{ Spec json.RawMessage }
		require.NoError(t, json.Unmarshal(row.Defaulted, &all))
		want = all.Spec
	}
	requireSame(t, want, &p.Spec, new(pod.Spec), name+": stored spec")
	var conditions []pod.Condition
	if row.StoredConditions != nil {
		require.NoError(t, json.Unmarshal(row.StoredConditions, &conditions))
	}
	require.Len(t, p.Status.Conditions, len(conditions), name)
	for i, c := range conditions {
		got := p.Status.Conditions[i]
		require.Equal(t, []any{c.Type, c.Status, c.Reason}, []any{got.Type, got.Status, got.Reason}, name)
	}
}

// requireSamePod compares a recorded pod with p.
func requireSamePod(t *testing.T, want json.RawMessage, p *pod.Pod, msg string) {
	t.Helper()
	requireSame(t, want, p, new(pod.Pod), msg)
}

// requireSame compares a record with a value of the same type as into, as JSON values: quantities by value, and fields
// that are printed even when empty equal to absent ones.
func requireSame(t *testing.T, want json.RawMessage, got, into any, msg string) {
	t.Helper()
	require.NoError(t, json.Unmarshal(want, into), msg)
	require.Equal(t, looseJSON(t, into), looseJSON(t, got), msg)
}

// looseJSON returns v as a JSON value without the fields that are printed though empty. Both sides were decoded into
// the same types, so that quantities are compared in one spelling.
func looseJSON(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(b, &value))
	return withoutEmpty(value)
}

// alwaysPrinted are the fields that Kubernetes prints even where they are empty.
var alwaysPrinted = []string{"resources", "metadata", "status", "spec", "creationTimestamp", "strategy", "divisor", "containers"}

// withoutEmpty drops fields that are printed even when empty, and brings quantities into one spelling.
func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			value = withoutEmpty(value)
			v[key] = value
			empty := value == nil || value == "0" && key == "divisor"
			if m, ok := value.(map[string]any); ok && len(m) == 0 {
				empty = true
			}
			if empty && slices.Contains(alwaysPrinted, key) {
				delete(v, key)
			}
			if s, ok := value.(string); ok && (key == "divisor" || key == "sizeLimit") {
				v[key] = canonicalQuantity(s)
			}
		}
		for _, key := range []string{"limits", "requests", "overhead"} {
			if list, ok := v[key].(map[string]any); ok {
				for name, amount := range list {
					if s, ok := amount.(string); ok {
						list[name] = canonicalQuantity(s)
					}
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	}
	return v
}

// canonicalQuantity returns a quantity as its exact value, or as it is where it is none.
func canonicalQuantity(s string) string {
	q, err := pod.ParseQuantity(s)
	if err != nil {
		return s
	}
	return decimal(q)
}

func TestCreateAgreesWithKubernetes(t *testing.T) {
	n := 0
	eachCorpusLine(t, "pods.jsonl.gz", func(line []byte) {
		var row createRow
		require.NoError(t, json.Unmarshal(line, &row))
		if row.DecodeError != "" {
			return
		}
		input := []byte(row.Text)
		if row.Text == "" {
			input = row.Pod
		}
		p, err := pod.Parse(input)
		require.NotNil(t, p, "%s: %v", row.ID, err)
		row.create(t, row.ID, p)
		n++
	})
	require.NotZero(t, n)
}

func TestCreateAgreesWithKubernetesOnRealManifests(t *testing.T) {
	for _, dir := range manifestFolders(t) {
		createFolder(t, dir)
	}
}

func createFolder(t *testing.T, dir string) {
	t.Helper()
	objects := map[string][]pod.Object{}
	eachLineOf(t, filepath.Join(dir, "manifests.jsonl.gz"), func(line []byte) {
		var row createRow
		require.NoError(t, json.Unmarshal(line, &row))
		if row.DecodeError != "" {
			return
		}
		all, read := objects[row.Source]
		if !read {
			all, _ = readManifest(t, filepath.Join(dir, "manifests", row.Source))
			all = slices.DeleteFunc(all, func(o pod.Object) bool { return o.Index < 0 })
			objects[row.Source] = all
		}
		require.Less(t, row.Index, len(all), row.Source)
		row.create(t, row.Source, all[row.Index].Pod)
	})
}

func TestDefaultsAreSetOnce(t *testing.T) {
	eachCorpusLine(t, "pods.jsonl.gz", func(line []byte) {
		var row createRow
		require.NoError(t, json.Unmarshal(line, &row))
		p, _ := pod.Parse(row.Pod)
		if row.Pod == nil || p == nil {
			return
		}
		pod.SetDefaults(p)
		once := p.Clone()
		pod.SetDefaults(p)
		require.True(t, reflect.DeepEqual(once, p), row.ID)
	})
}
