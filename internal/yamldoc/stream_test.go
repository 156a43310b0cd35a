package yamldoc

import (
	"encoding/binary"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

func parseText(text string, limits Limits) (outlines []string, faults []string) {
	docs, all := Parse([]byte(text), limits)
	for _, d := range docs {
		outlines = append(outlines, outline(d.nodes)+" "+d.Root().Position().String())
	}
	for _, f := range all {
		faults = append(faults, f.Error())
	}
	return outlines, faults
}

func TestStreamsAreSplitAtDocumentMarks(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"---\n---\n# nothing\n---\n", nil},
		{"a: b\n---\nc: d\n", []string{"{a: b} 1:1", "{c: d} 3:1"}},
		{"# head\n---\na: |\n  ---\n  x\n--- # next\nc: d\n", []string{`{a: "---\nx\n"} 3:1`, "{c: d} 7:1"}},
		{"a: ---\nb: c---\n", []string{"{a: ---, b: c---} 1:1"}},
		{"%YAML 1.1\n---\na: b\n---\nc: d\n", []string{"{a: b} 3:1", "{c: d} 5:1"}},
		{"a: b\n...\n---\nc: d\n", []string{"{a: b} 1:1", "{c: d} 4:1"}},
		{"a: b\r\nc:\r\n- d\r\n---\r\ne: f\r\n", []string{"{a: b, c: [d]} 1:1", "{e: f} 5:1"}},
		{"\ufeffa: b\n", []string{"{a: b} 1:1"}},
		{"--- text\n--- [a]\n", []string{"text 1:5", "[a] 2:5"}},
	} {
		got, faults := parseText(c.text, Limits{})
		require.Empty(t, faults, "%q", c.text)
		require.Equal(t, c.want, got, "%q", c.text)
	}
}

func TestUTF16IsRead(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var data []byte
		for _, u := range utf16.Encode([]rune("\ufeffa: é\n")) {
			data = order.AppendUint16(data, u)
		}
		got, faults := parseText(string(data), Limits{})
		require.Empty(t, faults)
		require.Equal(t, []string{"{a: é} 1:1"}, got)
	}
}

func TestSyntaxFaultsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a: b\n\tc: d\n", "2:1: a tab where only spaces may indent"},
		{"a: b\n  c: d\n", "2:3: a mapping cannot begin here, where the value above goes on"},
		{"a:\n  b: c\n d: e\n", "3:2: indented deeper than the keys above it"},
		{"a: [b, c\n", `1:4: this "[" is never closed`},
		{"a: {b: c\nd: e\n", "not valid YAML: did not find expected ',' or '}'"},
		{"a: \"b\nc: d\n", "1:4: this string has no closing quote"},
		{"a: 'b", "1:4: this string has no closing quote"},
		{"a: b: c\n", "1:5: a mapping cannot begin here"},
		{"a: *b\n", "not valid YAML: unknown anchor 'b' referenced"},
		{"a:\n- b\nc\n", `3:1: expected a key followed by ":"`},
		{"a: |\n  b\n \tc\n", "3:2: a tab where only spaces may indent"},
		{"a: \"b\" c\n", "1:8: unexpected text after a value"},
		{"? [a]\n: b\n", "1:3: a list or mapping cannot be a key"},
		{"a: !!int x\n", `1:10: "x" is not a !!int`},
		{"a: !!binary x\n", "1:13: the !!binary value is not base64"},
		{"a: b\n---\nc: \xff\n---\nd: e\n", "3:4: not UTF-8 text"},
		{"a: \x01\n", "not valid YAML: control characters are not allowed"},
		{"PK\x03\x04\x00\x00", "a binary file, not YAML or JSON"},
		{"a:\n  b: 1\n  @c\n", "3:3: not valid YAML: found character that cannot start any token"},
		{"@a", "not valid YAML: found character that cannot start any token"},
	} {
		_, faults := parseText(c.text, Limits{})
		require.Len(t, faults, 1, "%q", c.text)
		require.Contains(t, faults[0], c.want, "%q", c.text)
	}
}

func TestDocumentsAfterABadOneAreRead(t *testing.T) {
	got, faults := parseText("a: [\n---\nb: c\n---\nd: e: f\n---\n{\"g\":}\n---\nh: i\n", Limits{})
	require.Equal(t, []string{"{b: c} 3:1", "{h: i} 9:1"}, got)
	require.Equal(t, []string{
		`1:4: this "[" is never closed`,
		"5:5: a mapping cannot begin here",
		`7:6: found '}' where a value was expected`,
	}, faults)
}

func TestLimitsRefuse(t *testing.T) {
	nested := func(n int) string { return "a: " + strings.Repeat("[", n) + strings.Repeat("]", n) }
	blocks := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}
	for _, c := range []struct {
		name, text string
		limits     Limits
		want       string
	}{
		{"size", "a: b", Limits{Size: 3}, "larger than 3 bytes, the limit"},
		{"default size", strings.Repeat("a", DefaultSize+1), Limits{}, "larger than 16777216 bytes, the limit"},
		{"depth in flow", nested(5), Limits{Depth: 5}, "1:8: nested more than 5 deep"},
		{"depth in blocks", blocks(6), Limits{Depth: 5}, "6:6: nested more than 5 deep"},
		{"depth in dashes", strings.Repeat("- ", 6) + "a", Limits{Depth: 5}, "1:11: nested more than 5 deep"},
		{"depth in JSON", `{"a":[[[]]]}`, Limits{Depth: 3}, "1:8: nested more than 3 deep"},
		{"depth left to yaml.v3", "? " + strings.Repeat("[", 6) + strings.Repeat("]", 6), Limits{Depth: 5}, "a list or mapping cannot be a key"},
		{"default depth", nested(100000), Limits{}, "nested more than 250 deep"},
		{"nodes", "[a, b, c]", Limits{Nodes: 3}, "1:8: more than 3 keys and values"},
		{"nodes in JSON", `{"a":1}`, Limits{Nodes: 2}, "1:6: more than 2 keys and values"},
		{"nodes left to yaml.v3", "? a\n: [b, c]", Limits{Nodes: 3}, "2:4: more than 3 keys and values"},
		{"nodes of all documents", "a\n---\nb\n---\nc\n", Limits{Nodes: 2*documentCost + 2}, "5:1: more than 18 keys and values"},
		{"values left to yaml.v3", "? a\n: [" + strings.Repeat("a,", fallbackMarks) + "]", Limits{}, "may have no more than 200000 values"},
	} {
		_, faults := parseText(c.text, c.limits)
		require.Len(t, faults, 1, c.name)
		require.Contains(t, faults[0], c.want, c.name)
	}
	got, faults := parseText(nested(4), Limits{Depth: 5, Nodes: 6, Size: 11})
	require.Empty(t, faults)
	require.Equal(t, []string{"{a: [[[[]]]]} 1:1"}, got, "what fits is read")
}

func TestAliasBombsAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("any:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		last := strconv.Itoa(i - 1)
		b.WriteString("  a" + strconv.Itoa(i) + ": &a" + strconv.Itoa(i) + " [" + strings.TrimSuffix(strings.Repeat("*a"+last+", ", 10), ", ") + "]\n")
	}
	_, faults := decodeShelf(t, b.String(), Strict)
	require.Len(t, faults, 1)
	require.Contains(t, faults[0], "aliases stand for too many values")

	docs, parseFaults := Parse([]byte("any: [&x [1, 2, 3], *x, *x]\n"), Limits{Aliased: 7})
	require.Empty(t, parseFaults)
	var s shelf
	place := shelfCodec.Decode(docs[0].Root(), &s, "", Strict)
	require.Len(t, place, 1)
	require.Equal(t, "1:25: any[2]: aliases stand for more than 7 values", place[0].Error())
}

func TestMergeBombsAreRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("zebra:\n- &a0 {x: 1}\n")
	for i := 1; i < 30; i++ {
		last := strconv.Itoa(i - 1)
		b.WriteString("- &a" + strconv.Itoa(i) + " {<<: [*a" + last + ", *a" + last + "]}\n")
	}
	_, faults := decodeShelf(t, b.String(), Strict)
	require.NotEmpty(t, faults)
	require.LessOrEqual(t, len(faults), maxFaults+1)
}

// TestNoInputTakesMuchMoreThanItsSize reads texts made to be dear and counts
// every byte that is allocated on the way.
func TestNoInputTakesMuchMoreThanItsSize(t *testing.T) {
	const size = 1 << 18
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	for name, text := range map[string]string{
		"empty books":          "books: [" + fill("{},") + "]",
		"empty books in JSON":  `{"books":[` + strings.TrimSuffix(fill("{},"), ",") + "]}",
		"dashes":               fill("-\n"),
		"keys":                 fill("a:\n"),
		"items of flow lists":  "any: [" + fill("a,") + "]",
		"JSON objects":         fill("{}"),
		"documents":            fill("a\n---\n"),
		"marks":                fill("---\n"),
		"bad documents":        fill("a: [\n---\n"),
		"unusual documents":    fill("!a b\n---\n"),
		"unknown fields":       fill("a: 1\nb: 2\n"),
		"unknown JSON fields":  `{"x":[` + strings.TrimSuffix(fill(`{"a":1},`), ",") + "]}",
		"unusual values":       "? a\n: [" + fill("a,") + "]",
		"comments":             fill("# comment\n"),
		"blank lines":          "a: b" + fill("\n"),
		"lines of plain text":  "a: b\n" + fill("  c\n"),
		"lines of a literal":   "a: |\n" + fill("  c\n"),
		"escapes":              `{"a":"` + fill(`\n`) + `"}`,
		"labels":               "labels: {" + fill("a: b,") + "}",
		"brackets":             fill("["),
		"quotes":               fill(`"`),
		"raw":                  "raw: [" + fill("[a],") + "]",
		"many lists of any":    "any: [" + fill("[],") + "]",
		"anchors":              "any: [" + fill("&a b,") + "]",
		"deep text in raw":     `raw: ` + strings.Repeat("[", 200) + `"` + fill("x") + `"` + strings.Repeat("]", 200),
		"a mapping of aliases": "any: [&a {}, " + fill("*a,") + "]",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		docs, _ := Parse([]byte(text), Limits{})
		for _, d := range docs {
			var s shelf
			shelfCodec.Decode(d.Root(), &s, "", Strict)
			var lenient shelf
			shelfCodec.Decode(d.Root(), &lenient, "", Lenient)
		}
		runtime.ReadMemStats(&after)
		total := after.TotalAlloc - before.TotalAlloc
		t.Logf("%-22s %4d times its size", name, total/uint64(len(text)))
		most := uint64(250)
		switch name {
		case "JSON objects":
			most = 500 // two bytes each, and two results of 250 bytes
		case "unusual documents":
			most = 1000 // what yaml.v3 allocates for each and is garbage at once
		}
		require.Less(t, total, most*uint64(len(text)), name)
	}
}

func TestDecodedMemoryIsLimited(t *testing.T) {
	docs, faults := Parse([]byte("books: ["+strings.Repeat("{},", 1000)+"]"), Limits{Decoded: 10_000})
	require.Empty(t, faults)
	var s shelf
	faults = shelfCodec.Decode(docs[0].Root(), &s, "", Strict)
	require.Len(t, faults, 1)
	require.Equal(t, "1:8: books: the values up to here need too much memory for the size of the text", faults[0].Error())
}
