package cluster

import (
	"fmt"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Create makes a pod out of the manifest p, which is not changed. Its containers behave as s says; nil means as Config.Behaviors
// or script.Plausible says. What happens at once has happened when Create returns: the pod is bound, and a container without
// a pull in the script runs, and is ready if its first probe says so. The pod returned is as it was created, and not to be written
// to; Pod is as it is now.
//
// A namespace and a priority class that it names and that are not there are made, the class with the value 0.
//
// It fails as a Client's Create does; errors.As finds the pod.Errors of an invalid manifest, a nil one included.
func (c *Cluster) Create(p *pod.Pod, s *script.Script) (*pod.Pod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p == nil {
		p = &pod.Pod{}
	}
	if s != nil {
		if err := s.Check(p); err != nil {
			return nil, fmt.Errorf("pod %q: %w", p.Name, err)
		}
	}
	if err := c.assume(p); err != nil {
		return nil, err
	}
	it, err := c.create(p)
	if err != nil {
		return nil, err
	}
	created := it.pod()
	if s != nil {
		c.scripts[created.UID] = s
	}
	c.instant()
	return created, nil
}

// assume makes the namespace and the priority class that a manifest names, so that one can be played alone.
func (c *Cluster) assume(p *pod.Pod) error {
	if ns := p.Namespace; ns != "" && c.store.find(object.NamespaceKind, pod.Key{Name: ns}) == nil {
		if _, err := c.create(&object.Namespace{ObjectMeta: pod.ObjectMeta{Name: ns}}); err != nil {
			return err
		}
	}
	if class := p.Spec.PriorityClassName; class != "" && c.store.find(object.PriorityClassKind, pod.Key{Name: class}) == nil {
		if _, err := c.create(&object.PriorityClass{ObjectMeta: pod.ObjectMeta{Name: class}}); err != nil {
			return err
		}
	}
	return nil
}

// Pod is the pod of that name as its object now is; nil if there is none. It is not to be written to.
func (c *Cluster) Pod(key pod.Key) *pod.Pod {
	c.mu.Lock()
	defer c.mu.Unlock()
	if it := c.store.find(object.PodKind, key); it != nil {
		return it.pod()
	}
	return nil
}

// Pods are all pods in the order of their creation. They are not to be written to.
func (c *Cluster) Pods() []*pod.Pod {
	c.mu.Lock()
	defer c.mu.Unlock()
	sh := c.store.shelf(object.PodKind)
	out := make([]*pod.Pod, 0, sh.all.len())
	for it := range sh.all.all() {
		out = append(out, it.pod())
	}
	return out
}

// History is what has been published so far of the latest pod that was of that name; nil if there never was one, or it was too
// long ago. It is the cluster's own and grows with time.
func (c *Cluster) History(key pod.Key) *history.History {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pasts.byKey[whole(object.PodKind, key)]; p != nil {
		return &p.history
	}
	return nil
}

// Explain says in one sentence why the pod is as it is, and what it waits for.
func (c *Cluster) Explain(key pod.Key) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it := c.store.find(object.PodKind, key)
	if it == nil {
		return "", notFound(object.PodKind, key.Name)
	}
	if it.tenant != nil {
		return it.tenant.awake().Machine.Explain(), nil
	}
	p := it.pod()
	if s := p.Status; s.Phase.IsTerminal() && s.Reason != "" {
		return fmt.Sprintf("%s (%s): %s", s.Phase, s.Reason, s.Message), nil
	}
	if c := p.Status.Condition(pod.PodScheduled); p.Spec.NodeName == "" && c != nil && c.Message != "" {
		return string(p.Status.Phase) + ": " + c.Message, nil
	}
	m, err := lifecycle.New(p, nil)
	if err != nil || p.Status.Phase.IsTerminal() {
		return string(p.Status.Phase) + ": the pod has ended", nil
	}
	return m.Explain(), nil
}

// Delete asks for the end of the pod of that name, as the API server does: gracefully, or at once where the
// grace period is 0, the pod has ended or was never bound. The object goes when the node has stopped everything; it may
// be gone when Delete returns. The error is ErrNotFound where there is no such pod.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination.
func (c *Cluster) Delete(key pod.Key, options pod.DeleteOptions) error {
	return c.onPod(key, func(it *item) error { return c.delete(it, object.DeleteOptions{DeleteOptions: options}) })
}

// onPod does something with a pod, and plays what follows from it at once.
func (c *Cluster) onPod(key pod.Key, do func(*item) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	it := c.store.find(object.PodKind, key)
	if it == nil {
		return notFound(object.PodKind, key.Name)
	}
	err := do(it)
	c.instant()
	return err
}

// Bind binds a pod that waits for a node to the first node that there is. It fails for a pod that is bound or held back by a gate.
func (c *Cluster) Bind(key pod.Key) error {
	return c.onPod(key, func(it *item) error {
		for n := range c.store.shelf(object.NodeKind).all.all() {
			return c.bind(it, n.object().Meta().Name)
		}
		return notFound(object.NodeKind, c.cfg.NodeName)
	})
}

// RemoveSchedulingGates takes all scheduling gates off the pod, so that it can be bound. See KEP-3521.
func (c *Cluster) RemoveSchedulingGates(key pod.Key) error {
	return c.onPod(key, func(it *item) error {
		next := it.pod().Clone()
		next.Spec.SchedulingGates = nil
		return c.replace(it, next, pod.SubresourceNone)
	})
}

// SetCondition sets a condition of the pod's status as a controller of a readiness gate would. The error is a
// *pod.StatusError where the API server would refuse it. The node goes on to write the conditions that are its own.
func (c *Cluster) SetCondition(key pod.Key, condition pod.Condition) error {
	return c.onPod(key, func(it *item) error {
		next := it.pod().Clone()
		if condition.LastTransitionTime.IsZero() {
			condition.LastTransitionTime = pod.NewTime(c.now)
		}
		next.Status.SetCondition(condition)
		return c.replace(it, next, pod.SubresourceStatus)
	})
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
	return c.onTenant(key, func(t *tenant) error { return t.awake().Engine.Fail(container, c.now, exitCode, reason) })
}

// SetReady fixes the readiness of a container of the pod from now on. One without a readiness probe turns at once. One
// that has such a probe gets that answer from each further probe, whatever its script says, and turns by the probe's
// period and thresholds.
func (c *Cluster) SetReady(key pod.Key, container string, ready bool) error {
	return c.onTenant(key, func(t *tenant) error { return t.awake().Engine.SetReady(container, ready) })
}

// onTenant does something with the life of a pod, and plays what follows from it at once.
func (c *Cluster) onTenant(key pod.Key, do func(*tenant) error) error {
	return c.onPod(key, func(it *item) error {
		t := it.tenant
		if t == nil {
			return fmt.Errorf("pod %q: no container of it runs", it.key())
		}
		if err := do(t); err != nil {
			return fmt.Errorf("pod %q: %w", it.key(), err)
		}
		c.times.set(&t.timer, nanos(c.now))
		return nil
	})
}
