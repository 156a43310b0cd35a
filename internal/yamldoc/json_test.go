package yamldoc

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestJSONFaultsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a":1`, `1:7: the JSON text ends where "," or "}" was expected`},
		{`{"a" 1}`, `1:6: found '1' where ":" was expected`},
		{`{"a":tru}`, `1:6: found 't' where a value was expected`},
		{`{"a":01}`, `1:7: found '1' where "," or "}" was expected`},
		{`{"a":1.}`, `1:8: found '}' where a digit was expected`},
		{`{"a":-}`, `1:7: found '}' where a digit was expected`},
		{`{"a":1e+}`, `1:9: found '}' where a digit was expected`},
		{"{\"a\":\"b\nc\"}", `1:8: a control character in a JSON string must be written as an escape`},
		{`{"a":"\x41"}`, `1:7: JSON has no escape "\\x"`},
		{`{"a":"\u00zz"}`, `1:7: "\u" must be followed by four hexadecimal digits`},
		{`{"a":"b`, `1:6: this JSON string has no closing quote`},
		{`{"a":1,}`, `1:8: found '}' where a key in double quotes was expected`},
		{`{"é":[1 2]}`, `1:9: found '2' where "," or "]" was expected`},
		{"{\"a\":1}\n  trailing", `2:3: found 't' where another object or the end was expected`},
	} {
		docs, faults := Parse([]byte(c.text), Limits{})
		require.Len(t, faults, 1, "%q", c.text)
		require.Equal(t, c.want, faults[0].Error(), "%q", c.text)
		require.Equal(t, strings.Contains(c.text, "trailing"), len(docs) == 1)
	}
}

func TestJSONObjectsFollowEachOther(t *testing.T) {
	docs, faults := Parse([]byte("{\"a\":1}{\"b\":2}\n\n{\"c\":3}\n---\n{\"d\":\n4}\n---\ne: 5\n"), Limits{})
	require.Empty(t, faults)
	var got []string
	for _, d := range docs {
		got = append(got, outline(d.nodes)+" "+d.Root().Position().String())
	}
	require.Equal(t, []string{
		`{"a": 1} 1:1`, `{"b": 2} 1:8`, `{"c": 3} 3:1`, `{"d": 4} 5:1`, `{e: 5} 8:1`,
	}, got)
}

// FuzzJSON holds the reader against encoding/json: the same texts are JSON,
// and mean the same.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e3,true,null,"x\n\u00e9\ud83d\ude00\ud800"],"b":{"c":{}}}`, `{"a":"\/"}`, `{}`, `{"a":1}{"b":2}`,
		`{"a":9223372036854775807,"b":9223372036854775808}`, "{\"\xff\":\"\xff\xfe\"}", `{"a":1,"a":2}`,
	} {
		f.Add(s)
	}
	anyCodec := NewCodec[any]()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || !strings.HasPrefix(text, "{") || strings.Contains(text, "\r\n") {
			return
		}
		limits := Limits{}.filled()
		r := jsonReader{builder{src: text, limits: limits, room: limits.Nodes}}
		ok := r.value()
		if r.space(); r.pos < len(text) {
			ok = false
		}
		require.Equal(t, json.Valid([]byte(text)), ok, "%q: %v", text, r.fault)
		if !ok {
			return
		}
		doc := &Document{input: &input{text, limits}, nodes: r.nodes, json: true, line: 1}
		var got, want any
		faults := anyCodec.Decode(doc.Root(), &got, "", Lenient)
		err := json.Unmarshal([]byte(text), &want)
		require.Equal(t, err != nil, len(faults) > 0, "%q: %v %v", text, err, faults)
		if err == nil {
			require.Equal(t, want, floats(got), "%q", text)
		}
	})
}

// floats makes float64 of int64, as encoding/json reads all numbers.
func floats(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = floats(v[k])
		}
	}
	return v
}

// FuzzAppendString holds strings written as JSON against encoding/json.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a\"b\\c\n\t\x00\x1f\x7f", "é日\u2028\u2029", "\xff", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &got))
		want := strings.Map(func(r rune) rune { return r }, s)
		require.True(t, utf8.ValidString(got))
		require.Equal(t, want, got)
	})
}
