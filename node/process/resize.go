package process

import (
	"context"
	"fmt"

	"github.com/podlife/podlife/pod"
)

// Resize implements node.Resizer. Where limits are not enforced, of which Warnings tells, there is nothing to change. A memory limit
// that is not above what is in use now is refused, as by the kubelet.
func (r *Runtime) Resize(ctx context.Context, p *pod.Pod, container string, attempt int32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, c := r.sandbox(p.UID), p.Spec.Container(container)
	if s == nil || c == nil {
		return notRunning(attemptRef{container, attempt})
	}
	q := resizeRequest{attemptRef: attemptRef{container, attempt}}
	if p.Spec.QOSClass() != pod.QOSBestEffort {
		rules := linuxRules()
		q.Resources, q.Pod = new(p.Spec.ContainerLinuxResources(c, rules)), new(p.Spec.LinuxResources(rules))
	}
	if err := s.keeper.resize(q); err != nil {
		return fmt.Errorf("resize: %w", err)
	}
	return nil
}
