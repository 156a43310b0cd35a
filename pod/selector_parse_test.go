package pod_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

func TestParseLabelSelector(t *testing.T) {
	labels := []map[string]string{{}, {"app": "web"}, {"app": "db", "tier": "back"}, {"app": "cache", "tier": ""}}
	for _, row := range []struct{ text, want string }{
		{"", "0 1 2 3"},
		{"app=web", "1"},
		{"app == web", "1"},
		{"app!=web", "0 2 3"},
		{"app in (web, db)", "1 2"},
		{"app notin (web,db)", "0 3"},
		{"app", "1 2 3"},
		{"!app", "0"},
		{"app,tier", "2 3"},
		{"app in (db,cache), tier!=back", "3"},
		{"tier=", "3"},
	} {
		s, err := pod.ParseLabelSelector(row.text)
		require.NoError(t, err, row.text)
		var got []string
		for i, l := range labels {
			if s.Matches(l) {
				got = append(got, string(rune('0'+i)))
			}
		}
		require.Equal(t, row.want, strings.Join(got, " "), row.text)
	}
	for _, text := range []string{"=web", "app in web", "app near (web)", "a b", "app=a=b", "in (x)", "app in (a b)", ","} {
		_, err := pod.ParseLabelSelector(text)
		require.ErrorContains(t, err, `label selector "`+text+`": the term `, text)
	}
}
