// Quickstart shows the whole life of a pod.
//
//	go run ./examples/quickstart               pod.yaml, as processes of this machine
//	go run ./examples/quickstart -sim          the same pod for an hour, in virtual time
//	go run ./examples/quickstart FILE|DIR...   any manifests, in virtual time
//
// Files may hold Pods, and workloads such as Deployments and Jobs, of which one pod is played. What a manifest refers to
// (config maps, secrets, claims) is taken to exist.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

//go:embed pod.yaml
var manifest []byte

//go:embed script.yaml
var behavior []byte

func main() {
	sim := flag.Bool("sim", false, "play pod.yaml in virtual time")
	span := flag.Duration("for", time.Minute, "how much of a FILE's life to play")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: quickstart [-sim] [-for DURATION] [FILE|DIR...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := context.Background(), func() {}
	if !*sim && flag.NArg() == 0 { // only processes must be ended
		signal.Ignore(syscall.SIGPIPE)
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	}
	if err := run(ctx, os.Stdout, *sim, *span, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
	stop()
}

func run(ctx context.Context, out io.Writer, sim bool, span time.Duration, files []string) error {
	switch {
	case len(files) > 0:
		return playFiles(out, files, span)
	case sim:
		return playVirtual(out)
	}
	return playReal(ctx, out)
}
