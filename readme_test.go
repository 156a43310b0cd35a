package podlife_test

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
)

var update = flag.Bool("update", false, "rewrite the marked blocks of README.md")

// What README.md shows of the code is the code. A marker, alone on its line, says what the fenced block below it must equal:
//
//	<!-- picture -->                     the import picture of deps_test.go
//	<!-- diagram -->                     what lifecycle.Mermaid draws
//	<!-- recorded -->                    what the packages are held to, counted
//	<!-- example: cluster ExamplePlay -->  the body of that function in that folder's tests
//
// Run with -update, the test writes the blocks instead.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := markedBlocks(string(text))
	require.NotEmpty(t, blocks, "README.md has no marked block")
	fresh := string(text)
	for _, b := range blocks {
		t.Run(strings.ReplaceAll(b.marker, " ", "_"), func(t *testing.T) {
			want, err := b.want(os.DirFS("."))
			if errors.Is(err, errNoExample) {
				t.Skipf("%v: README.md's block is not tested until it is written", err)
			}
			require.NoError(t, err)
			if *update {
				fresh = strings.Replace(fresh, b.whole, b.with(want), 1)
				return
			}
			require.Equal(t, want, b.body, "README.md is behind; go test . -update writes it anew")
		})
	}
	if fresh != string(text) {
		require.NoError(t, os.WriteFile("README.md", []byte(fresh), 0o644))
	}
}

// markedBlock is a marker and the fenced block that follows it.
type markedBlock struct {
	marker string // picture, diagram, recorded, or example: FOLDER FUNCTION
	whole  string // from the marker to the closing fence
	body   string // between the fences
}

var blockPattern = regexp.MustCompile("(?m)^<!-- (picture|diagram|recorded|example: .*) -->\n+```[a-z]*\n((?s:.*?))^```$")

func markedBlocks(text string) []markedBlock {
	var blocks []markedBlock
	for _, m := range blockPattern.FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, markedBlock{marker: m[1], whole: m[0], body: m[2]})
	}
	return blocks
}

// with is the block with another body.
func (b markedBlock) with(body string) string {
	head := strings.TrimSuffix(b.whole, b.body+"```")
	return head + body + "```"
}

// want is what the block's body should be.
func (b markedBlock) want(fsys fs.FS) (string, error) {
	switch b.marker {
	case "diagram":
		return lifecycle.Mermaid(), nil
	case "recorded":
		return recordedList(fsys)
	}
	source, ok := strings.CutPrefix(b.marker, "example: ")
	if !ok {
		return strings.TrimLeft(picture, "\n"), nil
	}
	words := strings.Fields(source)
	if len(words) != 2 || !strings.HasPrefix(words[1], "Example") {
		return "", fmt.Errorf("README.md has the marker %q, want a folder and the name of an Example function", b.marker)
	}
	return exampleBody(fsys, words[0], words[1])
}

var errNoExample = errors.New("no such Example function")

// exampleBody is the body of a function in the tests of a folder, less one tab of indentation.
func exampleBody(fsys fs.FS, folder, name string) (string, error) {
	tests, err := fs.Glob(fsys, path.Join(folder, "*_test.go"))
	if err != nil {
		return "", err
	}
	for _, test := range tests {
		src, err := fs.ReadFile(fsys, test)
		if err != nil {
			return "", err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, test, src, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				body := src[fset.Position(f.Body.Lbrace).Offset+1 : fset.Position(f.Body.Rbrace).Offset]
				return dedent(string(body)), nil
			}
		}
	}
	return "", fmt.Errorf("%w: %s in %s", errNoExample, name, folder)
}

func dedent(body string) string {
	var out strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(body, "\n")) {
		out.WriteString(strings.TrimPrefix(line, "\t"))
	}
	return out.String()
}

func TestMarkedBlocks(t *testing.T) {
	const text = "# Title\n\n```\nnot marked\n```\n" +
		"<!-- picture -->\n```\na\n  b\n```\n\n" +
		"<!-- diagram -->\n```mermaid\nold\n```\n\n" +
		"<!-- other -->\n```\nx\n```\n" +
		"<!-- example: cluster ExamplePlay -->\n\n```go\np := 1\n```\ntail\n" +
		"<!-- example: pod ExampleDecode -->\n```go\n```\n"
	blocks := markedBlocks(text)
	require.Len(t, blocks, 4)
	require.Equal(t, "picture", blocks[0].marker)
	require.Equal(t, "a\n  b\n", blocks[0].body)
	require.Equal(t, "diagram", blocks[1].marker)
	require.Equal(t, "<!-- diagram -->\n```mermaid\nnew\n```", blocks[1].with("new\n"))
	diagram, err := blocks[1].want(nil)
	require.NoError(t, err)
	require.Equal(t, lifecycle.Mermaid(), diagram)
	require.Equal(t, "example: cluster ExamplePlay", blocks[2].marker)
	require.Equal(t, "p := 1\n", blocks[2].body)
	require.Equal(t, "<!-- example: cluster ExamplePlay -->\n\n```go\nq := 2\n```", blocks[2].with("q := 2\n"))
	require.Empty(t, blocks[3].body)
	require.Equal(t, "<!-- example: pod ExampleDecode -->\n```go\nq := 2\n```", blocks[3].with("q := 2\n"))
}

func TestExampleBody(t *testing.T) {
	fsys := fstest.MapFS{
		"a/a.go": {Data: []byte("package a\n\nfunc ExampleNot() {}\n")},
		"a/a_test.go": {Data: []byte("package a_test\n\nfunc ExamplePlay_other() {}\n\nfunc ExamplePlay() {\n" +
			"\tif true {\n\t\tprintln(`}`)\n\t}\n\n\t// Output:\n\t// x\n}\n")},
	}
	body, err := exampleBody(fsys, "a", "ExamplePlay")
	require.NoError(t, err)
	require.Equal(t, "if true {\n\tprintln(`}`)\n}\n\n// Output:\n// x\n", body)

	for _, missing := range []struct{ folder, name string }{{"a", "ExampleNot"}, {"a", "Example"}, {"b", "ExamplePlay"}} {
		_, err = exampleBody(fsys, missing.folder, missing.name)
		require.ErrorIs(t, err, errNoExample)
	}
	fsys["a/b_test.go"] = &fstest.MapFile{Data: []byte("package")}
	_, err = exampleBody(fsys, "a", "ExampleNot")
	require.ErrorContains(t, err, "a/b_test.go")

	_, err = markedBlock{marker: "example: cluster"}.want(fsys)
	require.ErrorContains(t, err, `the marker "example: cluster"`)
}

// Every package and every example is named in README.md, and every package in the module's documentation.
func TestEverythingIsNamed(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	l, err := parseLayers(picture)
	require.NoError(t, err)
	for folder := range l.height {
		found, err := fs.Glob(os.DirFS("."), folder)
		require.NoError(t, err)
		for _, name := range found {
			switch program := strings.HasPrefix(name, "examples/"); {
			case program:
				require.Contains(t, string(readme), "./"+name)
			case strings.HasPrefix(name, "internal/"), strings.HasPrefix(name, "adapters/"), name == "bench":
			default:
				require.Contains(t, string(readme), "`"+name+"`")
				require.Regexp(t, `(?m)[ \t]`+name+`[ ,\n]`, string(doc))
			}
		}
	}
}
