package pod_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

func TestLabelSelectorMatches(t *testing.T) {
	expression := func(op pod.LabelSelectorOperator, values ...string) *pod.LabelSelector {
		return &pod.LabelSelector{MatchExpressions: []pod.LabelSelectorRequirement{{Key: "a", Operator: op, Values: values}}}
	}
	one, two, none := map[string]string{"a": "1"}, map[string]string{"a": "2"}, map[string]string{"b": "1"}
	for _, c := range []struct {
		name           string
		s              *pod.LabelSelector
		one, two, none bool
	}{
		{"nil", nil, false, false, false},
		{"empty", &pod.LabelSelector{}, true, true, true},
		{"labels", &pod.LabelSelector{MatchLabels: one}, true, false, false},
		{"an empty value is a value", &pod.LabelSelector{MatchLabels: map[string]string{"c": ""}}, false, false, false},
		{"In", expression(pod.LabelSelectorOpIn, "1", "3"), true, false, false},
		{"NotIn", expression(pod.LabelSelectorOpNotIn, "1"), false, true, true},
		{"NotIn without values", expression(pod.LabelSelectorOpNotIn), false, false, false},
		{"Exists", expression(pod.LabelSelectorOpExists), true, true, false},
		{"DoesNotExist", expression(pod.LabelSelectorOpDoesNotExist), false, false, true},
		{"unknown operator", expression("Gt", "0"), false, false, false},
		{"both parts", &pod.LabelSelector{MatchLabels: one, MatchExpressions: expression(pod.LabelSelectorOpNotIn, "1").MatchExpressions}, false, false, false},
	} {
		require.Equal(t, []bool{c.one, c.two, c.none}, []bool{c.s.Matches(one), c.s.Matches(two), c.s.Matches(none)}, c.name)
	}
	require.True(t, (&pod.LabelSelector{}).IsEmpty())
	require.False(t, (*pod.LabelSelector)(nil).IsEmpty())
	require.False(t, expression(pod.LabelSelectorOpExists).IsEmpty())
}

func TestIntOrStringOf(t *testing.T) {
	for _, c := range []struct {
		v        pod.IntOrString
		total    int32
		down, up int32
		ok       bool
	}{
		{pod.FromInt(3), 10, 3, 3, true},
		{pod.FromString("25%"), 10, 2, 3, true},
		{pod.FromString("25%"), 8, 2, 2, true},
		{pod.FromString("0%"), 8, 0, 0, true},
		{pod.FromString("1%"), 1, 0, 1, true},
		{pod.FromString("100%"), 7, 7, 7, true},
		{pod.FromString("25"), 10, 0, 0, false},
		{pod.FromString("x%"), 10, 0, 0, false},
	} {
		down, ok := c.v.Of(c.total, pod.RoundDown)
		up, _ := c.v.Of(c.total, pod.RoundUp)
		require.Equal(t, []any{c.down, c.up, c.ok}, []any{down, up, ok}, "%s of %d", c.v, c.total)
	}
}

func TestTolerationTolerates(t *testing.T) {
	for _, c := range []struct {
		t    pod.Toleration
		want bool
	}{
		{pod.Toleration{Key: "k", Value: "v", Effect: pod.TaintEffectNoExecute}, true},
		{pod.Toleration{Key: "k", Value: "v"}, true},
		{pod.Toleration{Key: "k", Operator: pod.TolerationOpEqual, Value: "w"}, false},
		{pod.Toleration{Key: "k", Operator: pod.TolerationOpExists}, true},
		{pod.Toleration{Key: "l", Operator: pod.TolerationOpExists}, false},
		{pod.Toleration{Operator: pod.TolerationOpExists}, true},
		{pod.Toleration{Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoSchedule}, false},
		{pod.Toleration{Key: "k", Operator: "Lt", Value: "v"}, false},
	} {
		require.Equal(t, c.want, c.t.Tolerates("k", "v", pod.TaintEffectNoExecute), "%+v", c.t)
	}
}
