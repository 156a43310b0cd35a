package yamldoc

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type shelf struct {
	header  `json:",inline"`
	Books   []book            `json:"books"`
	Owner   *person           `json:"owner,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Sizes   map[string]size   `json:"sizes,omitempty"`
	Any     any               `json:"any,omitempty"`
	Raw     json.RawMessage   `json:"raw,omitempty"`
	Cover   []byte            `json:"cover,omitempty"`
	Hidden  string            `json:"-"`
	Checked bool              `json:"checked,omitempty"`
}

type header struct {
	Kind string `json:"kind,omitempty"`
}

type book struct {
	Title string   `json:"title"`
	Pages int32    `json:"pages,omitempty"`
	Price float64  `json:"price,omitempty"`
	Tags  []string `json:"tags,omitempty"`
	Size  *size    `json:"size,omitempty"`
	Count *uint8   `json:"count,omitempty"`
}

type person struct {
	Name string  `json:"name"`
	Boss *person `json:"boss,omitempty"`
}

// size is a scalar of its own: a number and a unit.
type size struct{ text string }

func (s *size) UnmarshalJSON(b []byte) error {
	if strings.Contains(string(b), "bad") {
		return errors.New("a bad size")
	}
	s.text = string(b)
	return nil
}

func (s size) MarshalJSON() ([]byte, error) { return []byte(s.text), nil }

var shelfCodec = NewCodec[shelf](MapType[map[string]string]())

// decodeText decodes the only document of a text and prints its faults.
func decodeShelf(t *testing.T, text string, strictness Strictness) (shelf, []string) {
	t.Helper()
	docs, faults := Parse([]byte(text), Limits{})
	require.Empty(t, faults)
	require.Len(t, docs, 1)
	var s shelf
	var got []string
	for _, f := range shelfCodec.Decode(docs[0].Root(), &s, "", strictness) {
		got = append(got, f.Error())
	}
	return s, got
}

func TestDecodeFillsEveryShape(t *testing.T) {
	text := `
kind: shelf
books:
- {title: a, pages: 0x10, price: 1.5, tags: [x, "2"], size: 1Gi, count: 255}
- title: b
  pages: 1e2
  size: 12
owner: {name: o, boss: {name: p}}
labels: {1: a, yes: b, 1.50: c, "": d}
sizes: {s: 0x1F}
any: {i: 7, f: 2.5, l: [~, true, text], m: {}}
raw: {b: [1, yes], a: x}
cover: aGVsbG8=
checked: yes
`
	got, faults := decodeShelf(t, text, Strict)
	require.Empty(t, faults)
	count := uint8(255)
	require.Equal(t, shelf{
		header: header{"shelf"},
		Books: []book{
			{Title: "a", Pages: 16, Price: 1.5, Tags: []string{"x", "2"}, Size: &size{`"1Gi"`}, Count: &count},
			{Title: "b", Pages: 100, Size: &size{"12"}},
		},
		Owner:   &person{Name: "o", Boss: &person{Name: "p"}},
		Labels:  map[string]string{"1": "a", "true": "b", "1.5": "c", "": "d"},
		Sizes:   map[string]size{"s": {"31"}},
		Any:     map[string]any{"i": int64(7), "f": 2.5, "l": []any{nil, true, "text"}, "m": map[string]any{}},
		Raw:     json.RawMessage(`{"b":[1,true],"a":"x"}`),
		Cover:   []byte("hello"),
		Checked: true,
	}, got)
}

func TestNullLeavesZero(t *testing.T) {
	got, faults := decodeShelf(t, "books: [{title: ~, pages: null, size: ~}]\nowner: ~\nlabels:\ncover: ~\nany: ~\n", Strict)
	require.Empty(t, faults)
	require.Equal(t, shelf{Books: []book{{}}}, got)
}

func TestFaultsAreAllReportedInOrderWithTheirPlace(t *testing.T) {
	text := `kind: 12
bokks: []
books:
- title: yes
  pages: 1.5
  tittle: x
- pages: 99999999999
  tags: x
  tags: [1, a]
- [a]
owner:
  name: {a: b}
  boss: text
labels: {a: 1, b: x, b: z}
sizes: {s: bad}
cover: "%"
checked: "true"
~: x
any: {a: 1, a: 2}
zebra: {x: {v: 1, v: 2}}
`
	want := []string{
		`1:7: kind: expected a string, found the number 12; in quotes it is a string: "12"`,
		`2:1: bokks: unknown field "bokks" (did you mean "books"?)`,
		`4:10: books[0].title: expected a string, found the bool true (written yes); in quotes it is a string: "yes"`,
		`5:10: books[0].pages: expected an integer of 32 bits, found the number 1.5`,
		`6:3: books[0].tittle: unknown field "tittle" (did you mean "title"?)`,
		`7:10: books[1].pages: expected an integer of 32 bits, found the number 99999999999`,
		`9:3: books[1].tags: duplicate field "tags", first set on line 8`,
		`9:10: books[1].tags[0]: expected a string, found the number 1; in quotes it is a string: "1"`,
		`10:3: books[2]: expected a mapping, found a list`,
		`12:9: owner.name: expected a string, found a mapping`,
		`13:9: owner.boss: expected a mapping, found the string "text"`,
		`14:13: labels[a]: expected a string, found the number 1; in quotes it is a string: "1"`,
		`14:22: labels[b]: duplicate field "b", first set on line 14`,
		`15:12: sizes[s]: a bad size`,
		`16:8: cover: expected base64: illegal base64 data at input byte 0`,
		`17:10: checked: expected true or false, found the string "true"`,
		`18:1: null cannot be a key`,
		`19:13: any[a]: duplicate field "a", first set on line 19`,
		`20:1: zebra: unknown field "zebra"`,
		`20:19: zebra[x][v]: duplicate field "v", first set on line 20`,
	}
	_, got := decodeShelf(t, text, Strict)
	require.Equal(t, want, got)

	lenient := want[:0:0]
	for _, w := range want {
		if !strings.Contains(w, "unknown field") && !strings.Contains(w, "duplicate field") {
			lenient = append(lenient, w)
		}
	}
	_, got = decodeShelf(t, text, Lenient)
	require.Equal(t, lenient, got)
}

func TestJSONKeepsItsOwnRules(t *testing.T) {
	_, faults := decodeShelf(t, `{"kind":"k","books":[{"pages":1.0},{"pages":1e2}],"zebra":{"a":1,"a":2},"labels":{"a":"1","a":"2"}}`, Strict)
	require.Equal(t, []string{
		`1:31: books[0].pages: expected an integer of 32 bits, found the number 1.0`,
		`1:45: books[1].pages: expected an integer of 32 bits, found the number 1e2`,
		`1:51: zebra: unknown field "zebra"`,
		`1:91: labels[a]: duplicate field "a", first set on line 1`,
	}, faults, "JSON numbers are taken as written, and nobody looks into unknown fields")

	s, faults := decodeShelf(t, `{"raw":{"b":[1, "\u0041"],"a":"x" } }`, Strict)
	require.Empty(t, faults)
	require.Equal(t, `{"b":[1, "\u0041"],"a":"x" }`, string(s.Raw), "the very text")
}

func TestTheLastOfDuplicateFieldsWins(t *testing.T) {
	s, faults := decodeShelf(t, "owner: {name: a, boss: {name: b}}\nowner: {name: c}\nkind: 1\nkind: k\nlabels: {a: 1, a: x}\n", Lenient)
	require.Empty(t, faults, "what is replaced is not looked at")
	require.Equal(t, &person{Name: "c"}, s.Owner)
	require.Equal(t, "k", s.Kind)
	require.Equal(t, map[string]string{"a": "x"}, s.Labels)
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	text := `books:
- &base
  title: a
  pages: 7
- <<: *base
  tags: [x]
- <<: [{title: c}, {price: 2}]
  pages: 9
labels: &l {p: q}
owner:
  name: &n boss
  boss: {name: *n}
`
	s, faults := decodeShelf(t, text, Strict)
	require.Empty(t, faults)
	require.Equal(t, []book{{Title: "a", Pages: 7}, {Title: "a", Pages: 7, Tags: []string{"x"}}, {Title: "c", Pages: 9, Price: 2}}, s.Books)
	require.Equal(t, "boss", s.Owner.Boss.Name)

	_, faults = decodeShelf(t, "books:\n- &b {title: a}\n- <<: *b\n  title: c\n", Strict)
	require.Equal(t, []string{`4:3: books[1].title: duplicate field "title"`}, faults, "Kubernetes wants no key set twice, merged or not")
	_, faults = decodeShelf(t, "books:\n- &b {title: 1}\n- <<: *b\n", Strict)
	require.Equal(t, []string{
		`2:14: books[0].title: expected a string, found the number 1; in quotes it is a string: "1"`,
		`2:14: books[1].title: expected a string, found the number 1; in quotes it is a string: "1"`,
	}, faults, "the place of a merged value is where it is written")
	_, faults = decodeShelf(t, "books:\n- <<: text\n- <<: [a]\n", Strict)
	require.Equal(t, []string{
		"2:7: books[0]: a merge key needs a mapping or a list of mappings",
		"3:8: books[1]: a merge key needs a mapping or a list of mappings",
	}, faults)
	s, faults = decodeShelf(t, "books:\n- <<: [{title: c, pages: 1}, {title: d}]\n  pages: 2\n", Lenient)
	require.Empty(t, faults)
	require.Equal(t, []book{{Title: "c", Pages: 2}}, s.Books, "the first mapping of a list wins")
	_, faults = decodeShelf(t, "any: &a [1, *a]\nzebra: &b {x: *b}\n", Strict)
	require.Equal(t, []string{
		`1:13: any[1]: the value of the anchor "a" contains itself`,
		`2:1: zebra: unknown field "zebra"`,
		`2:15: zebra[x]: the value of the anchor "b" contains itself`,
	}, faults)
}

func TestDecodeReportsPathsBelowABase(t *testing.T) {
	docs, faults := Parse([]byte("items:\n- kind: k\n- kind: [x]\n"), Limits{})
	require.Empty(t, faults)
	var s shelf
	faults = shelfCodec.Decode(docs[0].Root().Field("items").Item(1), &s, "items[1]", Strict)
	require.Len(t, faults, 1)
	require.Equal(t, "3:9: items[1].kind: expected a string, found a list", faults[0].Error())
}

func TestScalarTypesAndSkippedTypes(t *testing.T) {
	type thing struct {
		Size size      `json:"size"`
		Skip *struct{} `json:"skip"`
	}
	codec := NewCodec[thing](
		ScalarType(func(s *size, v Scalar) error {
			if v.Kind > String {
				return errors.New("expected a scalar, found " + v.Kind.String())
			}
			s.text = v.Kind.String() + " " + v.Text
			return nil
		}, func(dst []byte, s *size) []byte { return AppendString(dst, s.text) }),
		SkippedType[struct{}](),
	)
	for text, want := range map[string]string{
		"size: 0x10": "a number 16", "size: yes": "a bool true", "size: '1'": "a string 1", "size: ~": "",
	} {
		docs, _ := Parse([]byte(text), Limits{})
		var got thing
		require.Empty(t, codec.Decode(docs[0].Root(), &got, "", Strict))
		require.Equal(t, want, got.Size.text, text)
	}
	docs, _ := Parse([]byte("size: [1]\nskip: {a: 1, a: [b]}"), Limits{})
	var got thing
	faults := codec.Decode(docs[0].Root(), &got, "", Strict)
	require.Len(t, faults, 2)
	require.Equal(t, "1:7: size: expected a scalar, found a list", faults[0].Error())
	require.Equal(t, `2:14: skip[a]: duplicate field "a", first set on line 2`, faults[1].Error())
}

func TestSuggestionsAreClose(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Books", "books"}, {"boks", "books"}, {"oboks", "books"}, {"lables", "labels"}, {"checkd", "checked"},
		{"owners", "owner"}, {"x", ""}, {"ki", ""}, {"completely", ""}, {strings.Repeat("b", 500), ""},
	} {
		_, faults := decodeShelf(t, c.name+": 1\n", Strict)
		require.Len(t, faults, 1)
		want := `1:1: ` + c.name + `: unknown field "` + c.name + `"`
		if c.want != "" {
			want += ` (did you mean "` + c.want + `"?)`
		}
		require.Equal(t, want, faults[0])
	}
}

func TestCodecsOfImpossibleTypesPanic(t *testing.T) {
	require.Panics(t, func() { NewCodec[chan int]() })
	require.Panics(t, func() { NewCodec[map[int]string]() })
	require.Panics(t, func() { NewCodec[struct{ F error }]() })
}

// FuzzDecode decodes any text into a type of every shape, strictly and not.
func FuzzDecode(f *testing.F) {
	for _, c := range scanned {
		f.Add(c.text)
	}
	for _, c := range unusualTexts {
		f.Add(c.text)
	}
	f.Add("books: [{title: a, pages: 1, tags: [x], size: 1}]\nlabels: {a: b}\nany: {a: [1, 2.5]}\nraw: {a: &x [1], b: *x}\n")
	f.Add(`{"books":[{"title":"a","pages":1}],"any":{"a":[1,{"b":null}]},"raw":[1,2],"owner":{"boss":{}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		docs, faults := Parse([]byte(text), Limits{Size: 1 << 16})
		requirePlaced(t, text, faults)
		for _, d := range docs {
			var strict, lenient shelf
			requirePlaced(t, text, shelfCodec.Decode(d.Root(), &strict, "", Strict))
			requirePlaced(t, text, shelfCodec.Decode(d.Root(), &lenient, "", Lenient))
			_, err := shelfCodec.AppendJSON(nil, &strict)
			require.NoError(t, err)
			d.Root().Locate("books[0].title")
		}
	})
}

func requirePlaced(t *testing.T, text string, faults []Fault) {
	t.Helper()
	lines := strings.Count(text, "\n") + 1
	last := Position{}
	for _, f := range faults {
		require.LessOrEqual(t, f.Line, lines)
		require.False(t, f.Line < last.Line || f.Line == last.Line && f.Column < last.Column, "faults out of order: %v", faults)
		require.NotEmpty(t, f.Detail)
		last = f.Position
	}
}
