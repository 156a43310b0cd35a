package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// adapter is the folder of the module that runs real containers, below the root of a checkout.
const adapter = "adapters/cri"

// playContainers plays the pod as real containers: with the program of the adapter, which is built for it and told what this one was
// told. So the engine's client stays out of this module. When ctx ends the program is asked to end, and waited for.
func playContainers(ctx context.Context, out io.Writer, o options) (err error) {
	if len(o.files) > 0 {
		return fmt.Errorf("%q with -runtime %s: files are played in virtual time only", o.files[0], runtimeCRI)
	}
	root, err := checkout()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "podlife-quickstart-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "quickstart.exe")
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(root, adapter), "-o", program, "./quickstart")
	build.Env = append(os.Environ(), "GOWORK=off")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("%s ./quickstart cannot be built: %w", adapter, err)
	}
	play := exec.CommandContext(ctx, program, o.forAdapter()...)
	play.Stdout, play.Stderr = out, os.Stderr
	play.Cancel = func() error { return play.Process.Signal(syscall.SIGTERM) }
	return play.Run()
}

// forAdapter is what the adapter's program is told.
func (o options) forAdapter() []string {
	var args []string
	if o.endpoint != "" {
		args = append(args, "-endpoint", o.endpoint)
	}
	if o.image != "" {
		args = append(args, "-image", o.image)
	}
	return args
}

// checkout is the folder above the current one, or that one, in which the adapter is.
func checkout() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, adapter, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no %s in %q or above: -runtime %s builds the program there, and wants a checkout of this module",
				adapter, here, runtimeCRI)
		}
	}
}
