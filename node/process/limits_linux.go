package process

import (
	"fmt"
	"path/filepath"
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
