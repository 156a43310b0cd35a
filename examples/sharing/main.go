// Sharing shows what the containers of one pod share, and for how long, with real processes: a volume, a network and a host name,
// for the life of one UID. A second pod of the same name gets nothing of the first. Where namespaces are not permitted, it says so,
// and the pods' network is the machine's.
//
//	go run ./examples/sharing
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage/disk"
)

//go:embed pod.yaml
var manifest string

func main() {
	process.Init() // each pod has a shim, which is this program once more
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := error(nil)
	if len(os.Args) > 1 {
		err = play(os.Args[1:])
	} else {
		err = tell(ctx, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// tell runs an agent in a temporary folder for as long as the story takes. Nothing is left afterwards.
func tell(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "podlife-sharing-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	volumes, err := disk.New(filepath.Join(dir, "volumes"))
	if err != nil {
		return err
	}
	defer volumes.Close()
	runtime, err := process.New(process.Config{Dir: filepath.Join(dir, "containers")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runtime.Close()) }()
	addresses, err := node.VirtualAddresses(netip.MustParsePrefix("10.88.0.0/24"))
	if err != nil {
		return err
	}
	agent, err := node.New(node.Config{
		Runtime: runtime, Volumes: volumes, Addresses: addresses,
		Machine: &lifecycle.Config{HostIPs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	ended := make(chan error, 1)
	go func() { ended <- agent.Run(ctx) }()
	s := story{out: out, agent: agent, volumes: volumes, runtime: runtime}
	err = s.tell(ctx)
	cancel()
	return errors.Join(err, <-ended)
}

// read returns the pod of pod.yaml, with a port that is free now.
func read() (*pod.Pod, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		return nil, err
	}
	return pod.Parse([]byte(strings.NewReplacer("[PROGRAM", "["+strconv.Quote(program), `"PORT"`, strconv.Quote(port), ": PORT", ": "+port).Replace(manifest)))
}
