package podlife_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/podlife/podlife"

// picture says who may import whom: downwards only, and nobody on one's own line. Every folder of the module with a Go file must
// stand in it; a folder may stand in it before it exists. README.md shows the same picture.
//
// One line is one layer, the highest first. a/{b,c} is two packages, a/* every folder right below a, and # begins a remark.
// What is below the dashes is pure: see banned and bannedCalls.
//
// In _test.go files the rules are looser. They may also import packages on their own line and in folders beneath their own
// (lifecycle's tests use lifecycle/lifecycletest), and testify's require; what is banned from pure packages is not banned there.
const picture = `
examples/*  internal/clonegen  bench                          # programs: nobody imports them
adapters/*
cluster/clustertest
cluster  internal/story  node/local
node/{sim,process,static,nodetest}  storage/{disk,memory,storagetest}
node  internal/manifests                                      # goroutines, clock, context, slog, uuid from here on up
lifecycle/{lifecycletest,explore}
------------------------------------------------------------- # pure below this line
cluster/{workload,disruption,volume}
cluster/controller
lifecycle/{script,history}  scheduling
lifecycle  network  storage  node/eviction  object  internal/keyed
pod
naming  internal/yamldoc  internal/pack                       # standard library; yaml.v3 in yamldoc alone
`

// nested are the folders that are modules of their own, whose dependencies the core never sees. They are not read here.
var nested = []string{"adapters/*", "bench"}

// dependencies are the packages of other modules that the core may import, and where. A new one needs a decision in
// docs/decisions first.
var dependencies = map[string]dependency{
	"gopkg.in/yaml.v3":                    {only: "internal/yamldoc"},
	"github.com/google/uuid":              {from: "node"},
	"github.com/robfig/cron/v3":           {only: "cluster/workload"},
	"github.com/stretchr/testify/require": {tests: true},
}

// dependency says where a package may be imported: in one folder, from a layer on upwards, or in tests.
type dependency struct {
	only  string
	from  string
	tests bool
}

// banned are the packages that a pure package must not import, each with all below it but for those in exempt.
var banned = []string{"context", "sync", "os", "net", "log", "math/rand", "crypto/rand"}

var exempt = []string{"net/netip"}

// bannedCalls are the functions of package time that a pure package must not name: now is a parameter, and waiting is a Wake.
var bannedCalls = []string{"Now", "Since", "Until", "After", "Sleep", "NewTimer", "NewTicker", "Tick", "AfterFunc"}

// It reads the sources and never asks go list, whose answers the test cache would not see change.
func TestDependencies(t *testing.T) {
	l, err := parseLayers(picture)
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range l.check(os.DirFS(".")) {
		t.Error(violation)
	}
}

// layers is a picture that has been read.
type layers struct {
	height map[string]int // of a folder or pattern; the lowest line of the picture is 0
	pure   int            // layers below this height are pure
}

func parseLayers(picture string) (layers, error) {
	l := layers{height: map[string]int{}, pure: -1}
	lines := strings.Split(strings.TrimSpace(picture), "\n")
	slices.Reverse(lines)
	height := 0
	for _, line := range lines {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if strings.Trim(line, "-") == "" {
			if l.pure >= 0 {
				return l, fmt.Errorf("the picture has two dashed lines")
			}
			l.pure = height
			continue
		}
		for _, folder := range expand(line) {
			if _, twice := l.height[folder]; twice {
				return l, fmt.Errorf("the picture has %q twice", folder)
			}
			l.height[folder] = height
		}
		height++
	}
	if l.pure < 0 {
		return l, fmt.Errorf("the picture has no dashed line")
	}
	return l, nil
}

// expand lists the folders of one line of the picture.
func expand(line string) []string {
	var folders []string
	for _, word := range strings.Fields(line) {
		before, rest, braces := strings.Cut(word, "{")
		if !braces {
			folders = append(folders, word)
			continue
		}
		for _, name := range strings.Split(strings.TrimSuffix(rest, "}"), ",") {
			folders = append(folders, before+name)
		}
	}
	return folders
}

// at returns the height of a folder's layer. A pattern with * stands for the folders that have no place of their own.
func (l layers) at(folder string) (height int, ok bool) {
	if height, ok = l.height[folder]; !ok {
		height, ok = l.height[path.Dir(folder)+"/*"]
	}
	return height, ok
}

// check returns what the module in fsys does that the picture does not allow, in the order of its files.
func (l layers) check(fsys fs.FS) []string {
	var found []string
	lost := map[string]bool{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if skipped(fsys, name) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		folder := path.Dir(name)
		if _, ok := l.at(folder); !ok && folder != "." {
			if !lost[folder] {
				lost[folder] = true
				found = append(found, fmt.Sprintf("%s: the folder has no place in the picture of deps_test.go: decide who may import it, and put it on a line there and in README.md", folder))
			}
			return nil
		}
		if belongs(folder, nested) {
			found = append(found, fmt.Sprintf("%s: the folder must be a module of its own, with a go.mod", name))
			return nil
		}
		violations, err := l.checkFile(fsys, name)
		found = append(found, violations...)
		return err
	})
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}

// skipped reports whether a folder holds no packages of this module, as go build sees it.
func skipped(fsys fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(fsys, dir+"/go.mod")
	return err == nil
}

func (l layers) checkFile(fsys fs.FS, name string) ([]string, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := source{layers: l, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go")}
	var found []string
	report := func(at token.Pos, fault string) {
		if fault != "" {
			p := fset.Position(at)
			found = append(found, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fault))
		}
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return found, err
		}
		report(spec.Pos(), f.importFault(imported))
	}
	if f.pure() {
		inspectPure(file, report)
	}
	return found, nil
}

// source is one file, for the questions that are asked of its imports.
type source struct {
	layers
	folder string
	test   bool
}

func (f source) pure() bool {
	height, ok := f.at(f.folder)
	return ok && height < f.layers.pure && !f.test
}

// importFault says what is wrong with an import, or nothing.
func (f source) importFault(imported string) string {
	if folder, ours := strings.CutPrefix(imported, module+"/"); ours {
		return f.ownFault(folder)
	}
	switch first, _, _ := strings.Cut(imported, "/"); {
	case imported == module:
		return "imports the module's root, which holds no code"
	case strings.Contains(first, "."):
		return f.foreignFault(imported)
	case f.folder == "." && !f.test:
		return fmt.Sprintf("imports %q: the module's root holds no code", imported)
	case f.pure() && belongs(imported, banned) && !slices.Contains(exempt, imported):
		return fmt.Sprintf("imports %q, which no pure package may: what it would fetch is passed in", imported)
	}
	return ""
}

// ownFault is importFault for a package of this module.
func (f source) ownFault(imported string) string {
	there, ok := f.at(imported)
	switch {
	case !ok:
		return fmt.Sprintf("imports %q, which has no place in the picture of deps_test.go", imported)
	case belongs(imported, nested):
		return fmt.Sprintf("imports %q, which is a module of its own and must not be needed by the core", imported)
	case f.folder == ".":
		if f.test {
			return ""
		}
		return fmt.Sprintf("imports %q: the module's root holds no code", imported)
	case f.test && (imported == f.folder || strings.HasPrefix(imported, f.folder+"/")):
		return ""
	}
	here, _ := f.at(f.folder)
	switch {
	case there > here:
		return fmt.Sprintf("imports %q, which is above it in the picture of deps_test.go: imports go downwards only", imported)
	case there == here && !f.test:
		return fmt.Sprintf("imports %q, which is on its own line in the picture of deps_test.go", imported)
	}
	return ""
}

// foreignFault is importFault for a package of another module.
func (f source) foreignFault(imported string) string {
	d, ok := dependencies[imported]
	switch {
	case belongs(imported, []string{"k8s.io", "sigs.k8s.io"}):
		return fmt.Sprintf("imports %q: Kubernetes' own modules are for adapters only", imported)
	case !ok:
		return fmt.Sprintf("imports %q, which is not among the dependencies of the core: that needs a decision in docs/decisions", imported)
	case d.tests && !f.test:
		return fmt.Sprintf("imports %q outside a _test.go file", imported)
	case d.only != "" && f.folder != d.only:
		return fmt.Sprintf("imports %q, which only %s may", imported, d.only)
	case d.from != "" && f.folder != ".":
		here, _ := f.at(f.folder)
		if from, _ := f.at(d.from); here < from {
			return fmt.Sprintf("imports %q, which is for %s and what is above it", imported, d.from)
		}
	}
	return ""
}

// belongs reports whether name is one of the roots or below one. A root a/* is every folder right below a.
func belongs(name string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return name == root || strings.HasPrefix(name, strings.TrimSuffix(root, "/*")+"/")
	})
}

// inspectPure reports goroutines and the functions of package time that read a clock or wait.
func inspectPure(file *ast.File, report func(token.Pos, string)) {
	timeName := nameOfTime(file)
	if timeName == "." {
		report(file.Package, `imports "time" with a dot, which hides its use`)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n.Pos(), "starts a goroutine, which no pure package may")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == timeName && slices.Contains(bannedCalls, n.Sel.Name) {
				report(n.Pos(), fmt.Sprintf("names time.%s, which no pure package may: now is a parameter", n.Sel.Name))
			}
		}
		return true
	})
}

// nameOfTime is what the file calls package time, empty if it does not import it.
func nameOfTime(file *ast.File) string {
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` {
			if spec.Name == nil {
				return "time"
			}
			return cmp.Or(spec.Name.Name, "time")
		}
	}
	return ""
}
