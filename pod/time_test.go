package pod_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestTimeJSON(t *testing.T) {
	east := time.FixedZone("east", 2*3600)
	for _, tc := range []struct {
		t    pod.Time
		want string
	}{
		{pod.Time{}, `null`},
		{pod.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 999, time.UTC)), `"2026-01-02T03:04:05Z"`},
		{pod.NewTime(time.Date(2026, 1, 2, 1, 0, 0, 0, east)), `"2026-01-01T23:00:00Z"`},
	} {
		got, err := json.Marshal(tc.t)
		require.NoError(t, err)
		require.Equal(t, tc.want, string(got))
		var back pod.Time
		require.NoError(t, json.Unmarshal(got, &back))
		require.True(t, back.Equal(pod.NewTime(tc.t.Truncate(time.Second))), "%s", got)
	}
	var v pod.Time
	require.NoError(t, json.Unmarshal([]byte(`"2026-01-02T01:00:00.5+02:00"`), &v))
	require.Equal(t, "2026-01-01 23:00:00.5 +0000 UTC", v.String())
	require.EqualError(t, json.Unmarshal([]byte(`"yesterday"`), &v), `time "yesterday": want RFC 3339, such as "2006-01-02T15:04:05Z"`)
	require.EqualError(t, json.Unmarshal([]byte(`7`), &v), `time: got 7, want a string such as "2006-01-02T15:04:05Z"`)
}

func TestIntOrStringKeepsWhatWasWritten(t *testing.T) {
	for _, in := range []string{`0`, `8080`, `-1`, `"8080"`, `"http"`, `""`, `"<&>"`} {
		var v pod.IntOrString
		require.NoError(t, json.Unmarshal([]byte(in), &v))
		out, err := json.Marshal(v)
		require.NoError(t, err)
		require.JSONEq(t, in, string(out))
		require.Equal(t, in[0] == '"', v.IsString(), in)
	}
	require.NotEqual(t, pod.FromInt(80), pod.FromString("80"))
	require.Equal(t, "80", pod.FromInt(80).String())
	require.Equal(t, "http", pod.FromString("http").String())
	n, ok := pod.FromInt(80).Int()
	require.True(t, ok && n == 80)
	_, ok = pod.FromString("80").Int()
	require.False(t, ok)
	s, ok := pod.FromString("80").Text()
	require.True(t, ok && s == "80")
	for _, bad := range []string{`1.5`, `2147483648`, `true`, `{}`} {
		require.Error(t, json.Unmarshal([]byte(bad), new(pod.IntOrString)), bad)
	}
}

func TestFieldsV1IsKeptRaw(t *testing.T) {
	in := `{"metadata":{"managedFields":[{"manager":"kubectl","fieldsV1":{"f:spec":{"f:nodeName":{}}}}]}}`
	var m struct{ Metadata pod.ObjectMeta }
	require.NoError(t, json.Unmarshal([]byte(in), &m))
	require.Equal(t, `{"f:spec":{"f:nodeName":{}}}`, string(m.Metadata.ManagedFields[0].FieldsV1.Raw))
	out, err := json.Marshal(m.Metadata.ManagedFields[0].FieldsV1)
	require.NoError(t, err)
	require.Equal(t, `{"f:spec":{"f:nodeName":{}}}`, string(out))
	out, err = json.Marshal(pod.FieldsV1{})
	require.NoError(t, err)
	require.Equal(t, "null", string(out))
}
