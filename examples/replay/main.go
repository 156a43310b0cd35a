// Replay plays scenario files on a simulated node in virtual time and prints what happened to each pod.
//
//	go run ./examples/replay [-o DIR] FILE.yaml|DIR...
//
// With -o it also writes each history to DIR/NAME.json, in the format of recordings of real clusters.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
)

func main() {
	out := flag.String("o", "", "write NAME.json files into this `folder`")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: replay [-o DIR] SCENARIO.yaml|DIR...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := replay(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

func replay(out string, paths []string) error {
	scenarios, err := lifecycletest.ReadScenarios(paths...)
	if err != nil {
		return err
	}
	for _, s := range scenarios {
		h, err := lifecycletest.Play(s, lifecycletest.TestNode())
		if err != nil {
			return err
		}
		fmt.Printf("%s: %s\n\n%s\n", s.Name, s.About, h)
		if out != "" {
			if err := write(out, h); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(folder string, h *history.History) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(folder, h.Scenario+".json"))
	if err != nil {
		return err
	}
	if err := h.Write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
