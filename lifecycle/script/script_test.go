package script_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

func TestDuration(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration
		err  string
	}{
		{`"200ms"`, 200 * time.Millisecond, ""},
		{`"1m30s"`, 90 * time.Second, ""},
		{`"0s"`, 0, ""},
		{`5`, 5 * time.Second, ""},
		{`0.25`, 250 * time.Millisecond, ""},
		{`"5"`, 0, `duration "5": expected one such as 200ms or 1m30s`},
		{`"soon"`, 0, `duration "soon": expected one such as 200ms or 1m30s`},
		{`true`, 0, `duration true: expected one such as 200ms, or a number of seconds`},
		{`"-1s"`, 0, `duration "-1s": expected one that is not negative`},
		{`-1`, 0, `duration -1: expected one that is not negative`},
	} {
		var d script.Duration
		err := json.Unmarshal([]byte(row.text), &d)
		if row.err != "" {
			require.EqualError(t, err, row.err, row.text)
			continue
		}
		require.NoError(t, err, row.text)
		require.Equal(t, row.want, time.Duration(d), row.text)
		text, err := json.Marshal(d)
		require.NoError(t, err)
		var again script.Duration
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, d, again)
	}
}

func TestParse(t *testing.T) {
	s, err := script.Parse("web.yaml", []byte(`
sandbox: {takes: 1s}
behavior:
  app:
    pull: [{error: gone}, {takes: 200ms}]
    runs: [{for: 2s, exit: 1}, {forever: true}]
    onTerm: {after: 500ms, exit: 0}
    exec: {/ready: [{until: 3s, exit: 1}, {exit: 0}]}
`))
	require.NoError(t, err)
	zero := int32(0)
	require.Equal(t, &script.Script{
		Sandbox: script.Tries{{Takes: script.Duration(time.Second)}},
		Containers: map[string]script.Behavior{"app": {
			Pull:   script.Tries{{Error: "gone"}, {Takes: script.Duration(200 * time.Millisecond)}},
			Runs:   []script.Run{{For: script.Duration(2 * time.Second), Exit: 1}, {Forever: true}},
			OnTerm: script.OnTerm{After: script.Duration(500 * time.Millisecond), Exit: &zero},
			Exec:   map[string]script.Rules{"/ready": {{Until: script.Duration(3 * time.Second), Exit: 1}, {}}},
		}},
	}, s)

	for _, row := range []struct{ name, text, want string }{
		{"unknown field", "behavior: {app: {runs: [{fro: 2s}]}}", "fro"},
		{"bad duration", "behavior: {app: {runs: [{for: soon}]}}", `duration "soon"`},
		{"two documents", "{}\n---\n{}", "2 documents, expected one script"},
		{"not a mapping", "- 1", "web.yaml"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := script.Parse("web.yaml", []byte(row.text))
			require.ErrorContains(t, err, row.want)
			require.ErrorContains(t, err, "web.yaml")
		})
	}
}

func TestCheck(t *testing.T) {
	p := podOf(t, "{initContainers: [{name: setup, image: i}], containers: [{name: app, image: i}], "+
		"ephemeralContainers: [{name: debug, image: i}]}")
	s := &script.Script{Containers: map[string]script.Behavior{"setup": {}, "app": {}, "debug": {}}}
	require.NoError(t, s.Check(p))
	s.Containers["web"] = script.Behavior{}
	s.Containers["app"] = script.Behavior{Runs: []script.Run{{}, {Forever: true, Exit: 1}}}
	require.EqualError(t, s.Check(p), "behavior \"app\": run 1 is forever, so it cannot have for or exit\n"+
		"behavior \"web\": the pod has no container of that name")
}

// podOf is a pod with that spec, ready for an engine.
func podOf(t *testing.T, spec string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse([]byte("{apiVersion: v1, kind: Pod, metadata: {name: web, uid: u}, spec: " + spec + "}"))
	require.NoError(t, err)
	pod.SetDefaults(p)
	return p
}
