package cri

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// Kubernetes' defaults for the logs of containers.
// See https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation.
const (
	logMaxSize  = 10 << 20
	logMaxFiles = 5
	// logInterval is how often logs are looked at.
	logInterval = 10 * time.Second
)

// rotation says when a log that grows is renamed and another begun. Its methods touch files of this machine.
type rotation struct {
	maxSize  int64 // less than 0: never
	maxFiles int
	interval time.Duration
}

func (r rotation) withDefaults() rotation {
	r.maxSize = cmp.Or(r.maxSize, logMaxSize)
	r.maxFiles = max(cmp.Or(r.maxFiles, logMaxFiles), 2)
	r.interval = cmp.Or(r.interval, logInterval)
	return r
}

// rotateLogs looks at the logs of all containers now and then, until ctx is done.
func (r *Runtime) rotateLogs(ctx context.Context) {
	if r.rotation.maxSize < 0 {
		return
	}
	for sleep(ctx, r.rotation.interval) == nil {
		if r.hasPods() {
			r.rotateAll(ctx, time.Now())
		}
	}
}

// rotateAll looks at the logs of all containers once.
func (r *Runtime) rotateAll(ctx context.Context, now time.Time) {
	list, err := r.engine.containers(ctx, r.cfg.Owner, "", "")
	if err != nil {
		return // the watcher tells that the engine has gone
	}
	for _, c := range list {
		if err := r.rotateLog(ctx, c, now); err != nil && ctx.Err() == nil {
			r.cfg.Log.Warn("a log could not be rotated", "container", c.Id, "err", err)
		}
	}
}

// hasPods reports whether this program has to do with any pod.
func (r *Runtime) hasPods() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.known)+len(r.wanted) > 0
}

// rotateLog renames the log of a container that runs, if it is too large, and has the engine begin another. Where the engine does not,
// the log keeps its name.
func (r *Runtime) rotateLog(ctx context.Context, c *criapi.Container, now time.Time) error {
	path := r.files.logOf(pod.UID(c.Labels[labelPodUID]), c)
	info, err := os.Stat(path)
	if c.State != criapi.ContainerState_CONTAINER_RUNNING || err != nil || info.Size() <= r.rotation.maxSize {
		return nil
	}
	renamed := node.RotatedLog(path, now)
	if err := os.Rename(path, renamed); err != nil {
		return err
	}
	if err := r.engine.reopenLog(ctx, c.Id); err != nil {
		return errors.Join(err, os.Rename(renamed, path))
	}
	var errs []error
	rotated := node.RotatedLogs(path)
	for _, old := range rotated[:max(0, len(rotated)-(r.rotation.maxFiles-1))] {
		errs = append(errs, removeFile(old))
	}
	return errors.Join(errs...)
}

// removeLog removes all files of a log; none where path is empty.
func removeLog(path string) error {
	if path == "" {
		return nil
	}
	return node.RemoveLog(path)
}

// logUsage is the room that all files of a log take.
func logUsage(path string) eviction.FileUsage {
	var out eviction.FileUsage
	for _, file := range append(node.RotatedLogs(path), path) {
		if info, err := os.Stat(file); err == nil {
			out.Bytes += info.Size()
			out.Inodes++
		}
	}
	return out
}
