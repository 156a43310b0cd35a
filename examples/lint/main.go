// Lint checks manifests as the API server would, and says what is wrong and where.
//
//	go run ./examples/lint [-o text|json|sarif] FILE|DIR...
//
// It reads Pods, and the pod templates of workloads, in YAML and JSON. A folder stands for all *.yaml, *.yml and *.json
// files below it, of which those without a pod are passed over. It ends with exit code 1 if it finds faults, 2 if it cannot
// do what it is asked.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/podlife/podlife/internal/manifests"
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
	if err := errors.Join(report(os.Stdout, result), err); err != nil {
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

// lint checks all files. The error tells which could not be read; the others are checked all the same.
func lint(names []string) (*Result, error) {
	r := &Result{Faults: []Fault{}}
	var errs []error
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files := []string{name}
		if info.IsDir() {
			files, err = manifests.Below(name)
			errs = append(errs, err)
		}
		for _, file := range files {
			errs = append(errs, r.check(file, !info.IsDir()))
		}
	}
	return r, errors.Join(errs...)
}

// limit is how large a file may be, in bytes.
const limit = 16 << 20

// check checks one file. One that was named must hold a pod.
func (r *Result) check(name string, named bool) error {
	f, err := manifests.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return err
	}
	r.Files++
	objects, err := pod.Read(name, bytes.NewReader(data), pod.DecodeOptions{Limits: pod.DecodeLimits{Size: limit}})
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
	r.Faults = append(r.Faults, inOrder(string(data), faults)...)
	return nil
}

// validate reports what the API server would refuse the pod for.
func validate(o pod.Object) (faults []Fault) {
	for _, e := range o.Check() {
		plain := *e
		plain.File, plain.Line, plain.Column, plain.Path, plain.Source = "", 0, 0, "", ""
		faults = append(faults, Fault{e.File, e.Line, e.Column, o.Source.Path(e.Location()), string(e.Type), plain.Error(), ""})
	}
	return faults
}

// inOrder sorts the faults of a file with that text by their places, and gives each its line.
func inOrder(text string, faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if len(faults) == 0 || !utf8.ValidString(text) { // nothing to show of UTF-16
		return faults
	}
	lines := strings.Split(text, "\n")
	for i := range faults {
		if n := faults[i].Line; n > 0 && n <= len(lines) {
			faults[i].text = lines[n-1]
		}
	}
	return faults
}

var reports = map[string]func(io.Writer, *Result) error{"text": printText, "json": printJSON, "sarif": printSARIF}
