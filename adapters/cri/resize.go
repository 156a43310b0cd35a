package cri

import (
	"context"
	"fmt"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Resize implements node.Resizer. The pod's own cgroup, if it has one, shrinks with the last of its containers that does. A memory limit that is not above what the container's processes use now is refused, as by the kubelet:
// the kernel would end them.
func (r *Runtime) Resize(ctx context.Context, p *pod.Pod, container string, attempt int32) error {
	p = p.Clone()
	c := p.Spec.Container(container)
	if c == nil {
		return fmt.Errorf("container %q is not in pod %q", container, p.UID)
	}
	return r.carry(ctx, containerKey(p.UID, container), callPatience, func(ctx context.Context) error {
		found, err := r.findRunning(ctx, p.UID, container, attempt)
		if err != nil {
			return err
		}
		wanted := r.resources(p, c)
		if err := r.checkMemory(ctx, found.Id, wanted.MemoryLimitInBytes); err != nil {
			return fmt.Errorf("container %q: %w", container, err)
		}
		// What grows must grow in the pod first, what shrinks in all its containers, which its group has to hold at any time: the last
		// of them to be resized is the one with which the pod shrinks.
		whole := p.Spec.LinuxResources(r.cfg.Rules)
		_ = r.groups.limit(p.UID, whole)
		if err := r.engine.updateContainer(ctx, found.Id, wanted); err != nil {
			return err
		}
		if err := r.groups.limit(p.UID, whole); err != nil {
			r.cfg.Log.Warn("the pod's cgroup still has other limits", "pod", p.UID, "err", err)
		}
		return nil
	})
}

// findRunning returns an attempt that runs, or else why it does not.
func (r *Runtime) findRunning(ctx context.Context, uid pod.UID, container string, attempt int32) (*criapi.Container, error) {
	c, err := r.find(ctx, uid, container, attempt)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, fmt.Errorf("container %q, attempt %d: %w", container, attempt, node.ErrNotFound)
	case c.State != criapi.ContainerState_CONTAINER_RUNNING:
		return nil, fmt.Errorf("container %q: %w", container, node.ErrNotRunning)
	}
	return c, nil
}

// checkMemory compares a limit with what a container uses. 0 is no limit.
func (r *Runtime) checkMemory(ctx context.Context, id string, limit int64) error {
	if limit <= 0 {
		return nil
	}
	stats, err := r.engine.containerStats(ctx, id)
	if err != nil {
		return err
	}
	if used := stats.GetMemory().GetWorkingSetBytes().GetValue(); used >= uint64(limit) {
		return fmt.Errorf("a memory limit of %d bytes is not above the %d bytes in use", limit, used)
	}
	return nil
}
