package main

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/internal/story"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/process"
)

// playReal runs the pod as processes of this machine. Nothing of it is left afterwards, also where ctx ends early.
func playReal(ctx context.Context, out io.Writer) (err error) {
	p, err := story.Manifest("")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "podlife-quickstart-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	runtime, err := process.New(process.Config{Dir: filepath.Join(dir, "containers")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, runtime.Close()) }()
	addresses, err := node.VirtualAddresses(netip.MustParsePrefix("10.88.0.0/24"))
	if err != nil {
		return err
	}
	return story.Play(ctx, out, p, story.Stage{Runtime: runtime, Dir: dir, Addresses: addresses})
}
