package yamldoc

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outline prints a tree on one line: mappings in braces, lists in brackets,
// plain scalars bare, strings in quotes, null as ~.
func outline(nodes []node) string {
	var b strings.Builder
	var value func(i int32) int32
	value = func(i int32) int32 {
		n := nodes[i]
		switch n.form {
		case formNull:
			b.WriteString("~")
		case formString:
			fmt.Fprintf(&b, "%q", n.text)
		case formAlias:
			b.WriteString("*" + n.text)
		case formSequence, formMapping:
			open, shut := "[", "]"
			if n.form == formMapping {
				open, shut = "{", "}"
			}
			b.WriteString(open)
			for c := i + 1; c < n.end; c = nodes[c].end {
				if c > i+1 {
					b.WriteString(", ")
				}
				value(c)
				if n.form == formMapping {
					b.WriteString(": ")
					c++
					value(c)
				}
			}
			b.WriteString(shut)
		default:
			b.WriteString(n.text)
		}
		return n.end
	}
	if len(nodes) > 0 {
		value(0)
	}
	return b.String()
}

// scanText reads text with the scanner alone.
func scanText(text string) ([]node, bool) {
	limits := Limits{}.filled()
	s := scanner{builder: builder{src: text, limits: limits, room: limits.Nodes}}
	if !usualText(text) {
		return nil, false
	}
	return s.document()
}

// v3Text reads text with yaml.v3 alone.
func v3Text(text string) ([][]node, *Fault) {
	limits := Limits{}.filled()
	trees, fault := readV3(builder{src: text, limits: limits, room: limits.Nodes})
	return dropEmpty(trees), fault
}

var scanned = []struct{ text, want string }{
	{"a: 1\nb: x y  # comment\n", "{a: 1, b: x y}"},
	{"---\na: b", "{a: b}"},
	{"---   # and here\n# there\n\nx", "x"},
	{"a: b\n...\n# end\n", "{a: b}"},
	{"", ""},
	{"\n  # nothing\n", ""},
	{"a:\n  b:\n    c: d\n  e: f\ng: h\n", "{a: {b: {c: d}, e: f}, g: h}"},
	{"a:\n- x\n- y\nb: z\n", "{a: [x, y], b: z}"},
	{"a:\n  - x\n  - y\n", "{a: [x, y]}"},
	{"- a: b\n  c: d\n-   e: f\n    g: h\n", "[{a: b, c: d}, {e: f, g: h}]"},
	{"- - a\n  - b\n- - c\n", "[[a, b], [c]]"},
	{"-\n  a: b\n-\n- c\n", "[{a: b}, ~, c]"},
	{"a:\nb: ~\nc: # none\nd:", "{a: ~, b: ~, c: ~, d: ~}"},
	{"a: {b: c, d: [e, f,], g: {}}\n", "{a: {b: c, d: [e, f], g: {}}}"},
	{"a: [\n  b, # one\n  c\n]\n", "{a: [b, c]}"},
	{"a: {\"b\":c, 'd': e, f: , g: h}\n", `{a: {"b": c, "d": e, f: ~, g: h}}`},
	{"a: {b: 10.0.0.1:80, u: http://x/y}\n", "{a: {b: 10.0.0.1:80, u: http://x/y}}"},
	{"a: \"x \\\"y\\\" \\n\\u00e9\"\nb: 'it''s'\n", `{a: "x \"y\" \né", b: "it's"}`},
	{"\"k\" : v\n'l': w\n", `{"k": v, "l": w}`},
	{"a: b:c\nd: e#f\ng: -x\nh: ?x\n", "{a: b:c, d: e#f, g: -x, h: ?x}"},
	{"a: one\n  two\n\n  three\nb: c\n", "{a: one two\nthree, b: c}"},
	{"a:\n  one\n  two\n", "{a: one two}"},
	{"- one\n  two\n- three\n", "[one two, three]"},
	{"a: |\n  x\n   y\n\n  z\nb: c\n", "{a: \"x\\n y\\n\\nz\\n\", b: c}"},
	{"a: |-\n  x\n\n\nb: |+\n  y\n\nc: |2\n    z\n", `{a: "x", b: "y\n\n", c: "  z\n"}`},
	{"a: >\n  x\n  y\n\n  z\n   w\n  v\n", `{a: "x y\nz\n w\nv\n"}`},
	{"a: >-\n\n  x\n\n\n  y", `{a: "\nx\n\ny"}`},
	{"|2\n   x\n", `" x\n"`},
	{"[a#b, c #d\n]", "[a#b, c]"},
	{"a: |\nb: c\n", `{a: "", b: c}`},
	{"- |\n x\n- >\n y\n", `["x\n", "y\n"]`},
	{"a: |  # comment\n  # text\n  x\n # comment\nb: c\n", `{a: "# text\nx\n", b: c}`},
	{"a: &x {b: c}\nd: *x\n", "{a: {b: c}, d: *x}"},
	{"a: &x\n  b: c\nd:\n  <<: *x\n  e: f\n", "{a: {b: c}, d: {<<: *x, e: f}}"},
	{"a: &x\n  - b\nd: [*x, *x ]\n", "{a: [b], d: [*x, *x]}"},
	{"a: &x text\nb: *x\n", "{a: text, b: *x}"},
	{"- &x a\n- *x\n", "[a, *x]"},
	{"a: 日本 é\nb: \"é\"\n", "{a: 日本 é, b: \"é\"}"},
	{"a: [a b, c  d ]\n", "{a: [a b, c  d]}"},
	{"a: \"x \n  y\n\n\tz \"\nb: 'p''\n  q\n'\n", `{a: "x y\nz ", b: "p' q "}`},
	{"a: \"x\\\n  y \\\n\n  \\tz\\\"\n\"\nb: c\n", `{a: "xy \n\tz\" ", b: c}`},
	{"[\"a\n b\", 'c\n d', e]", `["a b", "c d", e]`},
	{"a: [&x b, &y [c], *x, *y]\n", "{a: [b, [c], *x, *y]}"},
	{"a: x\t# tab before a comment\n", "{a: x}"},
}

func TestScannerReadsWhatManifestsUse(t *testing.T) {
	for _, c := range scanned {
		got, ok := scanText(c.text)
		require.True(t, ok, "the scanner gives up on %q", c.text)
		require.Equal(t, c.want, outline(got), "%q", c.text)
		requireV3Agrees(t, c.text, got)
	}
}

// requireV3Agrees holds the scanner's tree against that of yaml.v3: kinds,
// texts, positions.
func requireV3Agrees(t *testing.T, text string, got []node) {
	t.Helper()
	trees, fault := v3Text(text)
	require.Nil(t, fault, "the scanner accepts %q", text)
	if len(got) == 0 || len(got) == 1 && got[0].form == formNull {
		require.Empty(t, trees, "%q", text)
		return
	}
	require.Len(t, trees, 1, "%q", text)
	require.Equal(t, outline(trees[0]), outline(got), "%q", text)
	require.Equal(t, trees[0], got, "%q", text)
}

// unusualTexts are YAML that is left to yaml.v3.
var unusualTexts = []struct{ text, want string }{
	{"? a\n: b\n", "{a: b}"},
	{"a: !!str 1\nb: !!int \"2\"\nc: !x y\n", `{a: "1", b: 2, c: "y"}`},
	{"[a: b, c]", "[{a: b}, c]"},
	{"{a, b: c}", "{a: ~, b: c}"},
	{"a: [b\n  c]\n", "{a: [b c]}"},
	{"&x a: b\n*x : c\n", "{a: b, a: c}"},
	{"a: \"\\x41\\N\"\n", `{a: "A\u0085"}`},
	{"%YAML 1.1\n---\na: b\n", "{a: b}"},
	{"a:\tb\n", "{a: b}"},
	{"a: &x\n- b\n", "{a: [b]}"},
	{"--- {a: b}\n", "{a: b}"},
	{"a: b\u2028c: d\n", "{a: b, c: d}"},
}

func TestScannerGivesUpOnWhatIsNotYAML(t *testing.T) {
	for _, text := range []string{
		"a: |\n     \n  x\nb: c\n", "a: b: c", "a:\n- b\nc\n", "...\n", "a: [b]]", "a: {b: c}}", "- a\nb: c\n", "a: 'b' c", "a: [b] c",
		"a: |x\n b\n", "a: *x", "a:\n\tb: c\n", "a: b\n c: d", "a: b #c\n d", "{a: b", "[a", "\"a", "'a", "a: \"\\q\"", "a: ,b", "a: ]",
	} {
		_, ok := scanText(text)
		require.False(t, ok, "%q", text)
		_, fault := v3Text(text)
		require.NotNil(t, fault, "yaml.v3 does not think so of %q", text)
	}
}

func TestUnusualYAMLIsRead(t *testing.T) {
	for _, c := range unusualTexts {
		_, ok := scanText(c.text)
		require.False(t, ok, "%q is not unusual any more", c.text)
		docs, faults := Parse([]byte(c.text), Limits{})
		require.Empty(t, faults, "%q", c.text)
		require.Len(t, docs, 1, "%q", c.text)
		require.Equal(t, c.want, outline(docs[0].nodes), "%q", c.text)
	}
}

func TestRealManifestsScanAsYAMLv3ReadsThem(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "corpus", "manifests")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/corpus/manifests beside the repository: real manifests are not tested")
	}
	files, scannedFiles := 0, 0
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		files++
		text := decodeText(data)
		if nodes, ok := scanText(text); ok {
			scannedFiles++
			requireV3Agrees(t, text, nodes)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, scannedFiles*100, files*98, "the scanner is meant for nearly all real manifests")
}

// FuzzScan holds the scanner against yaml.v3: what it accepts must be YAML, and
// the same tree at the same places.
func FuzzScan(f *testing.F) {
	for _, c := range scanned {
		f.Add(c.text)
	}
	for _, c := range unusualTexts {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || strings.Contains(text, "---") && strings.Contains(text[1:], "---") {
			return
		}
		if badUTF8(text, 0, len(text)) != nil {
			return
		}
		if nodes, ok := scanText(text); ok {
			requireV3Agrees(t, text, nodes)
		}
	})
}
