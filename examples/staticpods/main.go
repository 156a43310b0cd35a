// Staticpods is a node of its own: it runs the manifests of a folder as processes of this machine, until it is interrupted, and shows
// their mirrors. Put a file there, edit it, break it, take it away:
//
//	go run ./examples/staticpods [-dir DIR] FOLDER
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/local"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

func main() {
	process.Init()
	dir := flag.String("dir", filepath.Join(os.TempDir(), "podlife-node"), "the node's own `folder`; what it finds there it goes on with")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("staticpods: expected one folder of manifests")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *dir, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

// run runs the node until ctx is done; then its pods end.
func run(ctx context.Context, out io.Writer, dir, manifests string) error {
	n, err := local.Open(local.Config{
		Dir: dir, Manifests: manifests, Publisher: &board{out: out, mirrors: map[pod.Key]*pod.Pod{}},
		Agent: node.Config{
			ShutdownGrace: 10 * time.Second,
			Log:           slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn})), // faults of manifests, for one
		},
	})
	if err != nil {
		return err
	}
	err = n.Run(ctx)
	return errors.Join(err, n.Close())
}

// board shows the mirrors of the static pods, as an API server would: what is done to a mirror does nothing to its pod.
type board struct {
	mu      sync.Mutex
	out     io.Writer
	mirrors map[pod.Key]*pod.Pod
}

// Mirrors implements static.Publisher.
func (b *board) Mirrors(context.Context) ([]*pod.Pod, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.mirrors)), nil
}

// Publish implements static.Publisher.
func (b *board) Publish(_ context.Context, p *pod.Pod) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if was := b.mirrors[p.Key()]; was == nil || line(was) != line(p) {
		fmt.Fprintln(b.out, line(p))
	}
	b.mirrors[p.Key()] = p
	return nil
}

// Withdraw implements static.Publisher.
func (b *board) Withdraw(_ context.Context, p *pod.Pod) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintln(b.out, p.Name, "gone")
	delete(b.mirrors, p.Key())
	return nil
}

// line is what is shown of a mirror.
func line(p *pod.Pod) string {
	hash := p.Annotations[node.ConfigHashAnnotation]
	return fmt.Sprintf("%s %s restarts=%d hash=%.6s", p.Name, p.Status.Phase, restarts(p), hash)
}

func restarts(p *pod.Pod) (n int32) {
	for i := range p.Status.ContainerStatuses {
		n += p.Status.ContainerStatuses[i].RestartCount
	}
	return n
}
