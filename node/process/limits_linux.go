package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/podlife/podlife/pod"
)

// limits are the cgroups of a pod: its own, and below it one for each attempt. Nil are none.
type limits struct {
	tree cgroupTree
	name string
}

// newLimits makes the pod's own cgroup, where it is to have any. A warning says that there can be none.
func newLimits(q *sandboxRequest) (*limits, []string) {
	if q.Resources == nil {
		return nil, nil
	}
	l := &limits{tree: cgroups(), name: podCgroup(q.Dir)}
	g, err := makeCgroup(l.tree, l.name, *q.Resources)
	if err != nil {
		if g != nil {
			g.remove()
		}
		return nil, []string{fmt.Sprintf("the limits of cpu and memory are not enforced: %v", err)}
	}
	return l, nil
}

// group makes the cgroup of an attempt.
func (l *limits) group(r *startRequest) (*cgroup, error) {
	if l == nil || r.Resources == nil {
		return nil, nil
	}
	g, err := makeCgroup(l.tree, filepath.Join(l.name, fmt.Sprintf("%s.%d", r.Container, r.Attempt)), *r.Resources)
	if err != nil {
		g.remove()
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	return g, nil
}

// resize changes the limits of an attempt and of its pod, where they are enforced. The pod gets more before its container does, and less
// after it: version 1 lets no group have more of the CPU than the one around it.
func (l *limits) resize(g *cgroup, r resizeRequest) error {
	if l == nil || g == nil || r.Resources == nil || r.Pod == nil {
		return nil
	}
	whole := &cgroup{tree: l.tree, name: l.name}
	if err := errors.Join(g.bear("container", *r.Resources), whole.bear("pod", *r.Pod)); err != nil {
		return fmt.Errorf("cannot decrease memory limits: %w", err)
	}
	_ = whole.limit(*r.Pod)
	if err := g.limit(*r.Resources); err != nil {
		return fmt.Errorf("limits of the container: %w", err)
	}
	if err := whole.limit(*r.Pod); err != nil {
		return fmt.Errorf("limits of the pod: %w", err)
	}
	return nil
}

// bear is nil where what runs in the group can do with a memory limit; the kernel would end it otherwise.
func (g *cgroup) bear(what string, r pod.LinuxResources) error {
	if used := g.memory(); r.Memory > 0 && used >= r.Memory {
		return fmt.Errorf("attempting to set %s memory limit (%d) below current usage (%d)", what, r.Memory, used)
	}
	return nil
}

// memory is what the group uses now, in bytes; 0 where that is not known.
func (g *cgroup) memory() int64 {
	file := filepath.Join(g.tree.memory, g.name, "memory.usage_in_bytes")
	if g.tree.unified != "" {
		file = filepath.Join(g.tree.unified, g.name, "memory.current")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n
}
