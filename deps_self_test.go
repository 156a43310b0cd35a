package podlife_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// smallPicture has one of everything that a picture can have.
const smallPicture = `
programs/*  bench            # tools
top  top/{left,right}
node                         # the clock
-----------
low/deep
low  beside

floor  internal/yamldoc
`

func TestParseLayers(t *testing.T) {
	l, err := parseLayers(smallPicture)
	require.NoError(t, err)
	require.Equal(t, map[string]int{
		"programs/*": 5, "bench": 5,
		"top": 4, "top/left": 4, "top/right": 4,
		"node":     3,
		"low/deep": 2,
		"low":      1, "beside": 1,
		"floor": 0, "internal/yamldoc": 0,
	}, l.height)
	require.Equal(t, 3, l.pure)

	for folder, want := range map[string]int{"programs/a": 5, "programs/b": 5, "low": 1} {
		height, ok := l.at(folder)
		require.True(t, ok, folder)
		require.Equal(t, want, height, folder)
	}
	for _, folder := range []string{"programs", "programs/a/b", "lower", "top/middle", "internal"} {
		_, ok := l.at(folder)
		require.False(t, ok, folder)
	}
}

func TestParseLayersRefuses(t *testing.T) {
	for _, test := range []struct{ picture, want string }{
		{"a\nb\n", "no dashed line"},
		{"a\n---\nb\n---\nc", "two dashed lines"},
		{"a b\n---\nc a", `"a" twice`},
		{"a/{b,b}\n---\nc", `"a/b" twice`},
	} {
		_, err := parseLayers(test.picture)
		require.ErrorContains(t, err, test.want)
	}
}

// Each case is a small module and all that must be found in it: lines of "place: part of the message".
func TestCheckFindsViolations(t *testing.T) {
	const own = module + "/"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"downwards", files("top/a.go", own+"node", "node/a.go", own+"low/deep", "low/deep/a.go", own+"low", "low/a.go", own+"floor"), nil},
		{"two lines at once", files("programs/x/main.go", own+"floor"), nil},
		{"upwards", files("floor/a.go", own+"low"), []string{`floor/a.go:2: imports "low", which is above`}},
		{"upwards into one's own folder", files("low/a.go", own+"low/deep"), []string{`low/a.go:2: imports "low/deep", which is above`}},
		{"own line", files("low/a.go", own+"beside"), []string{`low/a.go:2: imports "beside", which is on its own line`}},
		{"own line, parent", files("top/left/a.go", own+"top"), []string{`top/left/a.go:2: imports "top", which is on its own line`}},
		{"own line, pattern", files("programs/a/main.go", own+"programs/b"), []string{"which is on its own line"}},
		{"the second import", files("floor/a.go", "fmt "+own+"top"), []string{`floor/a.go:3: imports "top"`}},
		{"no such place", files("low/a.go", own+"lower"), []string{`imports "lower", which has no place`}},
		{"the root", files("low/a.go", module), []string{"imports the module's root"}},
		{"new folder", files("util/a.go", "", "util/b.go", ""), []string{"util: the folder has no place in the picture"}},
		{"new folder below a known one", files("low/deep/er/a.go", ""), []string{"low/deep/er: the folder has no place"}},
		{"new folder of tests", files("util/a_test.go", ""), []string{"util: the folder has no place"}},
		{"nested module", files("bench/go.mod", "", "bench/a.go", "k8s.io/api/core/v1", "adapters/x/go.mod", "", "adapters/x/a.go", "os"), nil},
		{"nested module without go.mod", files("bench/a.go", ""), []string{"bench/a.go: the folder must be a module of its own"}},
		{"nested module imported", files("programs/x/main.go", own+"bench"), []string{`imports "bench", which is a module of its own`}},
		{"not packages", files("low/testdata/a.go", own+"top", "_x/a.go", "", ".ci/a.go", "", "vendor/a.go", "", "docs/a.md", ""), nil},

		{"root", files("doc.go", ""), nil},
		{"root with code", files("a.go", "fmt "+own+"low"), []string{`a.go:2: imports "fmt"`, `a.go:3: imports "low": the module's root holds no code`}},
		{"root's tests", files("a_test.go", own+"top os github.com/stretchr/testify/require"), nil},

		{"pure", files("low/a.go", "fmt strings net/netip time math/big unique"), nil},
		{"context", files("low/a.go", "context"), []string{`imports "context", which no pure package may`}},
		{"sync", files("low/deep/a.go", "sync"), []string{`"sync"`}},
		{"sync/atomic", files("low/a.go", "sync/atomic"), []string{`"sync/atomic"`}},
		{"os", files("floor/a.go", "os os/exec os/signal"), []string{`"os"`, `"os/exec"`, `"os/signal"`}},
		{"net", files("low/a.go", "net net/http"), []string{`"net"`, `"net/http"`}},
		{"log", files("low/a.go", "log log/slog"), []string{`"log"`, `"log/slog"`}},
		{"rand", files("low/a.go", "math/rand math/rand/v2 crypto/rand"), []string{`"math/rand"`, `"math/rand/v2"`, `"crypto/rand"`}},
		{"just above the line", files("node/a.go", "context sync os net log/slog math/rand crypto/rand"), nil},
		{"build constraints do not hide", map[string]string{"low/a_windows.go": "//go:build windows\n\npackage p\nimport \"os\"\n"}, []string{`low/a_windows.go:4: imports "os"`}},
		{"renamed and blank imports", map[string]string{"low/a.go": "package p\nimport x \"os\"\nimport _ \"log\"\n"}, []string{`low/a.go:2: imports "os"`, `low/a.go:3: imports "log"`}},

		{"yaml", files("internal/yamldoc/a.go", "gopkg.in/yaml.v3"), nil},
		{"yaml elsewhere", files("top/a.go", "gopkg.in/yaml.v3"), []string{`imports "gopkg.in/yaml.v3", which only internal/yamldoc may`}},
		{"yaml in a test elsewhere", files("top/a_test.go", "gopkg.in/yaml.v3"), []string{"which only internal/yamldoc may"}},
		{"uuid", files("node/a.go", "github.com/google/uuid", "programs/x/a.go", "github.com/google/uuid"), nil},
		{"uuid too low", files("low/deep/a.go", "github.com/google/uuid"), []string{`imports "github.com/google/uuid", which is for node and what is above it`}},
		{"require in a test", files("floor/a_test.go", "github.com/stretchr/testify/require"), nil},
		{"require in code", files("top/a.go", "github.com/stretchr/testify/require"), []string{"outside a _test.go file"}},
		{"assert", files("top/a_test.go", "github.com/stretchr/testify/assert"), []string{"not among the dependencies"}},
		{"kubernetes", files("programs/x/main.go", "k8s.io/api/core/v1 sigs.k8s.io/yaml"), []string{`"k8s.io/api/core/v1": Kubernetes' own`, `"sigs.k8s.io/yaml": Kubernetes' own`}},
		{"kubernetes in a test", files("top/a_test.go", "k8s.io/api/core/v1"), []string{"Kubernetes' own"}},
		{"anything else", files("top/a.go", "golang.org/x/sys/unix"), []string{"needs a decision in docs/decisions"}},

		{"tests: banned packages", files("low/a_test.go", "os sync context math/rand/v2 net"), nil},
		{"tests: own package", files("low/a_test.go", own+"low"), nil},
		{"tests: own line", files("low/a_test.go", own+"beside"), nil},
		{"tests: beneath one's own folder", files("low/a_test.go", own+"low/deep"), nil},
		{"tests: elsewhere above", files("low/a_test.go", own+"node"), []string{`imports "node", which is above`}},
		{"tests: above, of a like name", files("low/a_test.go", own+"top/left"), []string{`imports "top/left", which is above`}},

		{"clock", code("low/a.go", "var t = time.Now()"), []string{"low/a.go:3: names time.Now"}},
		{"clock as a value", code("low/a.go", "var clock = time.Now"), []string{"names time.Now"}},
		{"waiting", code("low/a.go", "func f() { time.Sleep(1); <-time.After(1); <-time.Tick(1) }"), []string{"time.Sleep", "time.After", "time.Tick"}},
		{"timers", code("low/a.go", "func f() { time.NewTimer(1); time.NewTicker(1); time.AfterFunc(1, nil) }"), []string{"time.NewTimer", "time.NewTicker", "time.AfterFunc"}},
		{"ages", code("low/a.go", "func f(t time.Time) { time.Since(t); time.Until(t) }"), []string{"time.Since", "time.Until"}},
		{"goroutine", code("low/a.go", "func f(d time.Duration) { go f(d) }"), []string{"starts a goroutine"}},
		{"methods of a time", code("low/a.go", "func f(t time.Time) bool { return t.After(t) }"), nil},
		{"clock above the line", code("node/a.go", "var t = time.Now()"), nil},
		{"clock in a test", code("low/a_test.go", "var t = time.Now()"), nil},
		{"clock by another name", map[string]string{"low/a.go": "package p\nimport clock \"time\"\nvar t = clock.Now()\n"}, []string{"low/a.go:3: names time.Now"}},
		{"clock without a name", map[string]string{"low/a.go": "package p\nimport . \"time\"\nvar t = Now()\n"}, []string{`imports "time" with a dot`}},
		{"not Go", map[string]string{"low/a.go": "package"}, []string{"low/a.go:1:8: expected"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, text := range test.files {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			l, err := parseLayers(smallPicture)
			require.NoError(t, err)
			found := l.check(fsys)
			require.Len(t, found, len(test.want), strings.Join(found, "\n"))
			for i, want := range test.want {
				require.Contains(t, found[i], want)
			}
		})
	}
}

// files makes sources of pairs: a name, and what that file imports, one a line from line 2 on.
func files(pairs ...string) map[string]string {
	made := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		text := "package p\n"
		for _, imported := range strings.Fields(pairs[i+1]) {
			text += "import \"" + imported + "\"\n"
		}
		made[pairs[i]] = text
	}
	return made
}

// code makes one source that imports time and has body on line 3.
func code(name, body string) map[string]string {
	return map[string]string{name: "package p\nimport \"time\"\n" + body + "\n"}
}
