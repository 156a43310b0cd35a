package cri

import (
	"context"
	"fmt"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Resize implements node.Resizer. A memory limit that is not above what the container's processes use now is refused, as by the
// kubelet: the kernel would end them. The pod's own cgroup, if it has one, shrinks with the last of its containers that does.
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
		return r.resize(ctx, p, c, found.Id)
	})
}

// resize resizes a container between the two times that its pod's cgroup is: that one must be the larger at any time, so that it grows
// before and shrinks after, and while another container is yet to shrink it does not.
func (r *Runtime) resize(ctx context.Context, p *pod.Pod, c *pod.Container, id string) error {
	wanted := r.resources(p, c)
	if err := r.checkMemory(ctx, id, wanted.MemoryLimitInBytes); err != nil {
		return fmt.Errorf("container %q: %w", c.Name, err)
	}
	whole := p.Spec.LinuxResources(r.cfg.Rules)
	_ = r.groups.limit(p.UID, whole)
	if err := r.engine.updateContainer(ctx, id, wanted); err != nil {
		return err
	}
	if err := r.groups.limit(p.UID, whole); err != nil {
		r.cfg.Log.Warn("the pod's cgroup still has other limits", "pod", p.UID, "err", err)
	}
	return nil
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
