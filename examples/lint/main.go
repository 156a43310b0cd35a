// Lint checks manifests as the API server would, and says what is wrong and where.
//
//	go run ./examples/lint [-o text|json|sarif] FILE|DIR...
//
// It reads Pods, and the pod templates of workloads, in YAML and JSON. A folder stands for all *.yaml, *.yml and *.json
// files below it, of which those without a pod are passed over. It ends with exit code 1 if it finds faults, 2 if it cannot
// do what it is asked.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/podlife/podlife/pod"
)

func main() {
	format := flag.String("o", "text", "how to print faults: text, json or sarif")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: lint [-o text|json|sarif] FILE|DIR...")
		flag.PrintDefaults()
	}
	flag.Parse()
	report, ok := reports[*format]
	if !ok || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	result, err := lint(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(2)
	}
	if err := report(os.Stdout, result); err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(2)
	}
	if len(result.Faults) > 0 {
		os.Exit(1)
	}
}

// Result is what was checked and what was found.
type Result struct {
	Files  int     `json:"files"`
	Pods   int     `json:"pods"`
	Faults []Fault `json:"faults"`
}

// Fault is one thing wrong with one file.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Type    string `json:"type"`
	Message string `json:"message"`

	text string // the line of the file
}

// lint checks all files.
func lint(names []string) (*Result, error) {
	r := &Result{Faults: []Fault{}}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		files := []string{name}
		if info.IsDir() {
			if files, err = manifestsIn(name); err != nil {
				return nil, err
			}
		}
		for _, file := range files {
			if err := r.check(file, !info.IsDir()); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func manifestsIn(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no manifests (*.yaml, *.yml, *.json) in this folder", dir)
	}
	return files, err
}

// check checks one file. One that was named must hold a pod.
func (r *Result) check(name string, named bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r.Files++
	objects, err := pod.Read(name, f, pod.DecodeOptions{})
	var undecoded pod.DecodeErrors
	if err != nil && !errors.As(err, &undecoded) {
		return err
	}
	var faults []Fault
	for _, e := range undecoded {
		faults = append(faults, Fault{e.File, e.Line, e.Column, e.Path, string(e.Type), e.Detail, ""})
	}
	pods := 0
	for _, o := range objects {
		if o.Pod != nil {
			pods++
			faults = append(faults, validate(o)...)
		}
	}
	if pods == 0 && len(faults) == 0 && named {
		faults = append(faults, Fault{File: name, Type: "NoPod", Message: "no Pod, and nothing with a pod template, in this file"})
	}
	r.Pods += pods
	r.Faults = append(r.Faults, inOrder(name, faults)...)
	return nil
}

// validate reports what the API server would refuse the pod for.
func validate(o pod.Object) (faults []Fault) {
	p := o.Pod.Clone()
	pod.SetDefaults(p)
	pod.PrepareCreate(p, pod.Creation{NameSuffix: "abcde"})
	for _, e := range pod.Validate(p).Place(o.Source) {
		plain := *e
		plain.File, plain.Line, plain.Column, plain.Path, plain.Source = "", 0, 0, "", ""
		faults = append(faults, Fault{
			e.File, e.Line, e.Column, e.Location(), string(e.Type), plain.Error(), o.Source.Line(e.Line),
		})
	}
	return faults
}

// inOrder sorts the faults of a file by their places, and gives each the text of its line.
func inOrder(name string, faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	lines := textOf(name, faults)
	for i := range faults {
		if n := faults[i].Line; faults[i].text == "" && n > 0 && n <= len(lines) {
			faults[i].text = lines[n-1]
		}
	}
	return faults
}

var reports = map[string]func(io.Writer, *Result) error{"text": printText, "json": printJSON, "sarif": printSARIF}
