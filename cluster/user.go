package cluster

import (
	"fmt"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// Delete asks for the end of the pod of that name, as the API server does: gracefully, or at once where the
// grace period is 0, the pod has ended or was never bound. The object goes when the node has stopped everything; it may
// be gone when Delete returns. The error wraps ErrNotFound where there is no such pod.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination.
func (c *Cluster) Delete(key pod.Key, options pod.DeleteOptions) error {
	m, err := c.living(key)
	if err != nil {
		return err
	}
	next := m.object.Clone()
	outcome, err := pod.PrepareDelete(next, pod.NewTime(c.now), options)
	if err != nil || outcome == pod.DeletePending {
		return err
	}
	m.object = next
	m.record()
	if outcome == pod.DeleteNow {
		m.forget()
	}
	m.life.Do(c.now, lifecycle.Input{Kind: lifecycle.Delete, Pod: next})
	c.retire(m)
	return nil
}

// Bind binds a pod that waits for a node to the cluster's node. It fails for a pod that is bound or held back by a gate.
func (c *Cluster) Bind(key pod.Key) error {
	m, err := c.living(key)
	if err != nil {
		return err
	}
	switch {
	case m.object.Spec.NodeName != "":
		return fmt.Errorf("pod %q is bound to node %q already", key, m.object.Spec.NodeName)
	case len(m.object.Spec.SchedulingGates) > 0:
		return fmt.Errorf("pod %q is held back by the scheduling gate %q", key, m.object.Spec.SchedulingGates[0].Name)
	}
	next := m.object.Clone()
	next.Spec.NodeName = c.cfg.NodeName
	next.Status.SetCondition(pod.Condition{
		Type: pod.PodScheduled, Status: pod.ConditionTrue, LastTransitionTime: pod.NewTime(c.now),
	})
	m.put(next, lifecycle.Update)
	return nil
}

// RemoveSchedulingGates takes all scheduling gates off the pod, so that it can be bound. See KEP-3521.
func (c *Cluster) RemoveSchedulingGates(key pod.Key) error {
	m, err := c.living(key)
	if err != nil {
		return err
	}
	next := m.object.Clone()
	next.Spec.SchedulingGates = nil
	if err := pod.PrepareUpdate(m.object, next, pod.SubresourceNone); err != nil {
		return err
	}
	m.put(next, lifecycle.Update)
	return nil
}

// SetCondition sets a condition of the pod's status as a controller of a readiness gate would. The error is a
// *pod.StatusError where the API server would refuse it. The node goes on to write the conditions that are its own.
func (c *Cluster) SetCondition(key pod.Key, condition pod.Condition) error {
	m, err := c.living(key)
	if err != nil {
		return err
	}
	next := m.object.Clone()
	if condition.LastTransitionTime.IsZero() {
		condition.LastTransitionTime = pod.NewTime(c.now)
	}
	next.Status.SetCondition(condition)
	if next, err = pod.Update(m.object, next, pod.SubresourceStatus); err != nil {
		return err
	}
	m.put(next, lifecycle.Update)
	return nil
}

// Fail ends a container of the pod now with that exit code, as if its process had crashed. The error says so if it does
// not run.
func (c *Cluster) Fail(key pod.Key, container string, exitCode int32) error {
	return c.end(key, container, exitCode, "")
}

// OOMKill ends a container of the pod now, as the kernel does where it uses too much memory.
func (c *Cluster) OOMKill(key pod.Key, container string) error {
	return c.end(key, container, 137, pod.ReasonOOMKilled)
}

func (c *Cluster) end(key pod.Key, container string, exitCode int32, reason pod.Reason) error {
	m, err := c.living(key)
	if err != nil {
		return err
	}
	if err := m.life.Engine.Fail(container, c.now, exitCode, reason); err != nil {
		return fmt.Errorf("pod %q: %w", key, err)
	}
	m.life.Advance(c.now)
	c.retire(m)
	return nil
}

// SetReady fixes the readiness of a container of the pod from now on. One without a readiness probe turns at once. One
// that has such a probe gets that answer from each further probe, whatever its script says, and turns by the probe's
// period and thresholds.
func (c *Cluster) SetReady(key pod.Key, container string, ready bool) error {
	m, err := c.living(key)
	if err != nil {
		return err
	}
	if err := m.life.Engine.SetReady(container, ready); err != nil {
		return fmt.Errorf("pod %q: %w", key, err)
	}
	m.life.Advance(c.now)
	c.retire(m)
	return nil
}
