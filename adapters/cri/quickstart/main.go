// Quickstart shows the whole life of a pod as real containers: the story of examples/quickstart, on containerd or CRI-O.
//
//	go run -C adapters/cri ./quickstart -endpoint unix:///run/containerd/containerd.sock
//
// which is what `go run ./examples/quickstart -runtime cri -endpoint ...` runs.
//
// It runs as root on the engine's machine, because the pod's volume is a folder that both of them use. The image is fetched where the
// engine does not have it; -image names another one with a shell.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/internal/story"
)

// limit is how long the story may take, with the time that the image needs.
const limit = 2 * time.Minute

func main() {
	endpoint := flag.String("endpoint", "unix:///run/containerd/containerd.sock", "the engine's socket")
	image := flag.String("image", "", "the image of all containers, in the place of the manifest's")
	flag.Parse()
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Stdout, *endpoint, *image)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, endpoint, image string) (err error) {
	p, err := story.Manifest(image)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "podlife-quickstart-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	runtime, err := cri.New(ctx, cri.Config{Endpoint: endpoint, Dir: filepath.Join(dir, "cri"), Owner: filepath.Base(dir)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runtime.Close()) }()
	if err := runtime.Ready(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "real containers on %s\n", runtime.Engine())
	return story.Play(ctx, out, p, story.Stage{Runtime: runtime, Dir: dir, Limit: limit})
}
