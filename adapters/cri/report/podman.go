//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
)

// podman is a podman with a storage of its own, on the same runc as the engine.
type podman struct{ dir string }

func (p podman) config() string { return filepath.Join(p.dir, "containers.conf") }

// limits keeps podman from raising limits, which not every root may.
const limits = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`

func (p podman) run(ctx context.Context, args ...string) error {
	base := []string{
		"--root", filepath.Join(p.dir, "root"), "--runroot", filepath.Join(p.dir, "run"), "--cgroup-manager", "cgroupfs", "--runtime", "runc",
	}
	c := exec.CommandContext(ctx, "podman", append(base, args...)...)
	c.Env = append(os.Environ(), "CONTAINERS_CONF="+p.config())
	out, err := c.CombinedOutput()
	if err != nil {
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return nil
}

// prepare loads the images into podman's storage.
func (p podman) prepare(ctx context.Context, e *enginetest.Engine) error {
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(p.config(), []byte(limits), 0o644); err != nil {
		return err
	}
	file := filepath.Join(p.dir, "images.tar")
	if err := e.SaveImages(file); err != nil {
		return err
	}
	if err := p.run(ctx, "load", "-i", file); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.dir, "pod.yaml"), manifest("pod", enginetest.Image), 0o644)
}

// play starts the pod, says how long that took, and takes it down.
func (p podman) play(ctx context.Context) (time.Duration, error) {
	file := filepath.Join(p.dir, "pod.yaml")
	began := time.Now()
	if err := p.run(ctx, "kube", "play", file); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, p.run(ctx, "pod", "rm", "-f", "-t", "0", "pod")
}

func (p podman) close(ctx context.Context) {
	_ = p.run(ctx, "pod", "rm", "-a", "-f", "-t", "0")
	_ = p.run(ctx, "network", "rm", "-f", "podman-default-kube-network")
	_ = p.run(ctx, "rmi", "-a", "-f")
	for _, storage := range []string{"root/overlay", "run"} {
		_ = syscall.Unmount(filepath.Join(p.dir, storage), syscall.MNT_DETACH)
	}
	_ = os.RemoveAll(p.dir)
}
