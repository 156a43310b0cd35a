//go:build linux

// Report measures this adapter beside what it stands on, in one run, on a containerd of its own, and prints a Markdown table:
//
//		go run -C adapters/cri ./report
//
//	  - how long a pod takes from Apply to Running, beside the bare calls RunPodSandbox, CreateContainer, StartContainer, and beside
//	    `podman kube play` of the same manifest where podman is installed;
//	  - how long after its end the exit of a container is noticed, with the engine's events, if it has any, and with polls alone;
//	  - how much processor time an agent with idle pods takes, beside an idle Go program.
//
// It needs root and what enginetest.Missing names. -containerd names a folder with another containerd.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
)

func main() {
	n := flag.Int("n", 15, "how often each start and each exit is measured")
	pods := flag.Int("pods", 50, "how many idle pods")
	idle := flag.Duration("idle", 20*time.Second, "how long the idle pods are watched")
	binaries := flag.String("containerd", "", "a folder with containerd, its shim and ctr, in the place of those in PATH")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Stdout, sizes{*n, *pods, *idle}, *binaries) // ends its engine, also when it is asked to end
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sizes are how much is measured.
type sizes struct {
	n, pods int
	idle    time.Duration
}

func run(ctx context.Context, out io.Writer, s sizes, binaries string) (err error) {
	if why := enginetest.Missing(); why != "" {
		return errors.New("no real containers here: " + why)
	}
	dir, err := os.MkdirTemp("", "podlife-cri-report-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	e, err := enginetest.Start(filepath.Join(dir, "engine"), enginetest.Options{Binaries: binaries})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	w, err := newWorkshop(ctx, e, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	fmt.Fprintf(out, "%s\n\n| measure | podlife | beside | ratio |\n|---|---:|---:|---:|\n", e.Version())
	for _, measure := range []func(context.Context, sizes) (string, error){w.start, w.podman, w.exits, w.idle} {
		row, err := measure(ctx, s)
		if err != nil {
			return err
		}
		fmt.Fprint(out, row)
	}
	return nil
}

// median is the middle of some values.
func median[T cmp.Ordered](all []T) T {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// row is a line of the table that says how many times as long the first takes as the second.
func row(what string, own time.Duration, beside string, other time.Duration) string {
	return fmt.Sprintf("| %s | %s | %s: %s | %.2f× |\n", what, round(own), beside, round(other), float64(own)/float64(max(other, 1)))
}

// pairRow is a line of the table with the medians of two measures that were taken in turns, and the median of the ratios of each pair,
// which had the same machine to itself.
func pairRow(what string, own []time.Duration, beside string, other []time.Duration) string {
	ratios := make([]float64, len(own))
	for i := range own {
		ratios[i] = float64(own[i]) / float64(max(other[i], 1))
	}
	return fmt.Sprintf("| %s | %s | %s: %s | %.2f× |\n", what, round(median(own)), beside, round(median(other)), median(ratios))
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
