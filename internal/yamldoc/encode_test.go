package yamldoc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fullShelf has a value in every field.
func fullShelf() shelf {
	count := uint8(3)
	return shelf{
		header: header{"shelf"},
		Books: []book{
			{Title: "a \"b\" <c> \u2028", Pages: -16, Price: 1.5e-9, Tags: []string{"x", ""}, Size: &size{`"1Gi"`}, Count: &count},
			{},
		},
		Owner:   &person{Name: "o", Boss: &person{}},
		Labels:  map[string]string{"b": "1", "a": "2"},
		Sizes:   map[string]size{"s": {"31"}, "r": {`"x"`}},
		Any:     map[string]any{"n": int64(7), "l": []any{nil, true}},
		Raw:     json.RawMessage(`{"b":[1,true]}`),
		Cover:   []byte("hello"),
		Checked: true,
	}
}

func TestAppendJSONIsWhatEncodingJSONWrites(t *testing.T) {
	for _, s := range []shelf{fullShelf(), {}, {Books: []book{}, Labels: map[string]string{}}} {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(s))
		got, err := shelfCodec.AppendJSON([]byte("x"), &s)
		require.NoError(t, err)
		require.Equal(t, "x"+strings.TrimSuffix(want.String(), "\n"), string(got))
	}
}

func TestAppendYAML(t *testing.T) {
	type options struct {
		X *int `json:"x,omitempty"`
	}
	type layer struct {
		Second string           `json:"second"`
		First  string           `json:"first"`
		Lines  string           `json:"lines"`
		List   []any            `json:"list"`
		Empty  options          `json:"empty,omitempty"`
		Kept   *options         `json:"kept,omitempty"`
		Nested map[string][]any `json:"nested"`
	}
	v := layer{
		Second: "yes", First: "plain text", Lines: "one\n  two\n\nthree\n",
		List:   []any{"1", 1, 1.5, true, nil, "", "a: b", "a #b", "- a", "-a", "#", "é", "\x7f", "tab\there", "2024-01-02", "1:30", "no end\nof line", "two\n\n", "\nfirst", "trailing \nspace", "0x1F", "10.0.0.1", "~", "*a", "https://x/y?z=1", "a:", []any{"x", []any{}}, map[string]any{"k": []any{"v"}}},
		Kept:   &options{},
		Nested: map[string][]any{"a": {"b"}, "null": nil},
	}
	want := `first: plain text
second: "yes"
lines: |
  one
    two

  three
list:
- "1"
- 1
- 1.5
- true
- null
- ""
- "a: b"
- "a #b"
- "- a"
- -a
- "#"
- é
- "\u007f"
- "tab\there"
- "2024-01-02"
- "1:30"
- |-
  no end
  of line
- |+
  two

- "\nfirst"
- "trailing \nspace"
- "0x1F"
- 10.0.0.1
- "~"
- "*a"
- https://x/y?z=1
- "a:"
- - x
  - []
- k:
  - v
kept: {}
nested:
  a:
  - b
  "null": null
`
	codec := NewCodec[layer]()
	got, err := codec.AppendYAML(nil, &v, "first")
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestYAMLOfTopLevelValuesOtherThanMappings(t *testing.T) {
	codec := NewCodec[any]()
	for want, v := range map[string]any{
		"{}\n": map[string]any{}, "[]\n": []any{}, "- 1\n": []any{1}, "x\n": "x", "null\n": nil, "\"1\"\n": "1",
	} {
		got, err := codec.AppendYAML(nil, &v)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

// FuzzYAMLStrings writes a string as YAML in every place and reads it back.
func FuzzYAMLStrings(f *testing.F) {
	for _, s := range []string{
		"", " ", "a", "a\n", "\na", "a\n\nb", "a \nb", "|", "y", "1", "1_0", ".5", "a: b", "a:b", "#", "\t", "a\t\nb", "\u0085", "\ufeff",
		"---", "...", "--- a", "... a", "-", "- ", "?", "? a", "<<", "=", "é\u2028", "\x00", "\x7f", "{}", "[", "'", "\"", "`", "%", "@", "!", "&a", "*a",
		strings.Repeat("long ", 300),
	} {
		f.Add(s)
	}
	codec := NewCodec[map[string][]string]()
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd")
		want := map[string][]string{s: {s, s + "\n", "x\n" + s, s + " x"}}
		text, err := codec.AppendYAML(nil, &want)
		require.NoError(t, err)
		docs, faults := Parse(text, Limits{})
		require.Empty(t, faults, "%q", text)
		require.Len(t, docs, 1, "%q", text)
		var got map[string][]string
		require.Empty(t, codec.Decode(docs[0].Root(), &got, "", Strict), "%q", text)
		require.Equal(t, want, got, "%q", text)
	})
}
