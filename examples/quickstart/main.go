// Quickstart shows the whole life of a pod.
//
//	go run ./examples/quickstart                     internal/story/pod.yaml, as processes of this machine
//	go run ./examples/quickstart -sim                the same pod for an hour, in virtual time
//	go run ./examples/quickstart FILE|DIR...         any manifests, in virtual time
//	go run ./examples/quickstart -runtime cri        the same pod as real containers; -endpoint names the engine's socket
//
// Files may hold Pods, and workloads such as Deployments and Jobs, of which one pod is played. What a manifest refers to
// (config maps, secrets, claims) is taken to exist.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/podlife/podlife/node/process"
)

//go:embed script.yaml
var behavior []byte

// options are what the command line says.
type options struct {
	runtime, endpoint, image string
	span                     time.Duration
	files                    []string
}

// The names of -runtime.
const (
	runtimeProcess = "process"
	runtimeSim     = "sim"
	runtimeCRI     = "cri"
)

func main() {
	process.Init() // each pod has a shim, which is this program once more
	var o options
	flag.StringVar(&o.runtime, "runtime", runtimeProcess,
		"where the pod runs: process (processes of this machine), sim (virtual time), cri (real containers)")
	sim := flag.Bool("sim", false, "short for -runtime sim")
	flag.StringVar(&o.endpoint, "endpoint", "", "the engine's socket, for -runtime cri")
	flag.StringVar(&o.image, "image", "", "the image of all containers, for -runtime cri")
	flag.DurationVar(&o.span, "for", time.Minute, "how much of a FILE's life to play")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: quickstart [-runtime NAME] [-sim] [-for DURATION] [FILE|DIR...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if o.files = flag.Args(); *sim {
		o.runtime = runtimeSim
	}
	ctx, stop := context.Background(), func() {}
	if o.runtime != runtimeSim && len(o.files) == 0 { // processes and containers must be ended
		signal.Ignore(syscall.SIGPIPE)
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	}
	if err := run(ctx, os.Stdout, o); err != nil {
		stop()
		os.Exit(failure(err))
	}
	stop()
}

// failure says what went wrong, unless another program has, and returns the exit code.
func failure(err error) int {
	var other *exec.ExitError
	if errors.As(err, &other) && other.ExitCode() > 0 {
		return other.ExitCode()
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func run(ctx context.Context, out io.Writer, o options) error {
	switch {
	case o.runtime == runtimeCRI:
		return playContainers(ctx, out, o)
	case o.runtime != runtimeProcess && o.runtime != runtimeSim:
		return fmt.Errorf("runtime %q is not known: want process, sim or cri", o.runtime)
	case len(o.files) > 0:
		return playFiles(out, o.files, o.span)
	case o.runtime == runtimeSim:
		return playVirtual(out)
	}
	return playReal(ctx, out)
}
