// Replay plays scenario files in virtual time and prints what happened: those of one pod on its node, and those of whole
// clusters, with workloads, controllers and failing nodes.
//
//	go run ./examples/replay [-o DIR] [-html FILE] FILE.yaml|DIR...
//
// With -o it also writes each history to DIR/NAME.json, in the format of recordings of real clusters; with -html all of them as one
// page to look at.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/history"
)

func main() {
	r := replay{out: os.Stdout}
	flag.StringVar(&r.folder, "o", "", "write NAME.json files into this `folder`")
	flag.StringVar(&r.page, "html", "", "write a page with all timelines to this `file`")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: replay [-o DIR] [-html FILE] SCENARIO.yaml|DIR...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := r.all(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

// replay is one run of the program.
type replay struct {
	out          io.Writer
	folder, page string
	timelines    []history.Timeline
}

func (r *replay) all(paths []string) error {
	files, err := scenarioFiles(paths)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := r.one(file); err != nil {
			return err
		}
	}
	if r.page == "" {
		return nil
	}
	return clustertest.WritePage(r.page, r.timelines...)
}

// scenarioFiles are the files, and the *.yaml files of the folders.
func scenarioFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := filepath.Glob(filepath.Join(path, "*.yaml"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no *.yaml file in this folder", path)
		}
		files = append(files, found...)
	}
	return files, nil
}

// played is what a scenario came to, of whichever kind it is.
type played interface {
	fmt.Stringer
	Write(w io.Writer) error
}

func (r *replay) one(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	name, about, p, timeline, err := play(file, data)
	if err != nil {
		return err
	}
	timeline.Title = name
	r.timelines = append(r.timelines, timeline)
	fmt.Fprintf(r.out, "%s: %s\n\n%s\n", name, about, p)
	if r.folder == "" {
		return nil
	}
	if err := os.MkdirAll(r.folder, 0o755); err != nil {
		return err
	}
	return write(filepath.Join(r.folder, name+".json"), p.Write)
}

func write(file string, to func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := to(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
