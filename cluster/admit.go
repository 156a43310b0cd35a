package cluster

import (
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// systemPriorities are the classes that every cluster has.
var systemPriorities = []struct {
	name  string
	value int32
}{
	{"system-cluster-critical", 2_000_000_000},
	{"system-node-critical", 2_000_001_000},
}

// admit completes what is about to be created, as the admission plugins that are on by default do.
func (c *Cluster) admit(o object.Object) error {
	switch o := o.(type) {
	case *object.Node:
		c.complete(o, c.hostOf(o.Name).ip)
	case *object.PersistentVolumeClaim:
		c.setClass(o)
		c.protect(o, volume.FinalizerClaim, volume.ClaimProtection{})
	case *object.PersistentVolume:
		c.protect(o, volume.FinalizerVolume, volume.VolumeProtection{})
	case *pod.Pod:
		tolerateNodeLoss(&o.Spec)
		return c.setPriority(o)
	}
	return nil
}

// protect has an object stay as long as it is in use, where the controller runs that lets it go then.
func (c *Cluster) protect(o object.Object, finalizer string, by controller.Controller) {
	m := o.Meta()
	runs := slices.ContainsFunc(c.drivers, func(d *driver) bool { return d.controller.Name() == by.Name() })
	if runs && !slices.Contains(m.Finalizers, finalizer) {
		m.Finalizers = append(m.Finalizers, finalizer)
	}
}

// annotationDefaultClass marks the storage class of claims that name none.
const annotationDefaultClass = "storageclass.kubernetes.io/is-default-class"

// setClass gives a claim that names no storage class the default one: of several the youngest, then the first by name.
// See https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass.
func (c *Cluster) setClass(claim *object.PersistentVolumeClaim) {
	if claim.Spec.StorageClassName != nil {
		return
	}
	var best *object.StorageClass
	for it := range c.store.shelf(object.StorageClassKind).all.all() {
		class := it.object().(*object.StorageClass)
		if class.Annotations[annotationDefaultClass] == "true" && (best == nil || younger(class, best)) {
			best = class
		}
	}
	if best != nil {
		claim.Spec.StorageClassName = &best.Name
	}
}

func younger(a, b *object.StorageClass) bool {
	if d := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); d != 0 {
		return d > 0
	}
	return a.Name < b.Name
}

// setPriority resolves the pod's priority class.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.
func (c *Cluster) setPriority(p *pod.Pod) error {
	value, policy := int32(0), pod.PreemptLowerPriority
	class, err := c.priorityClass(p)
	if err != nil {
		return err
	}
	if class != nil {
		value, p.Spec.PriorityClassName = class.Value, class.Name
		if class.PreemptionPolicy != nil {
			policy = *class.PreemptionPolicy
		}
	}
	if p.Spec.Priority != nil && *p.Spec.Priority != value {
		return refuse(pod.StatusReasonForbidden, "pods %q is forbidden: the integer value of priority (%d) must not be provided in pod spec; priority admission controller computed %d from the given PriorityClass name", p.Name, *p.Spec.Priority, value)
	}
	if p.Spec.PreemptionPolicy != nil && *p.Spec.PreemptionPolicy != policy {
		return refuse(pod.StatusReasonForbidden, "pods %q is forbidden: the string value of PreemptionPolicy (%s) must not be provided in pod spec; priority admission controller computed %s from the given PriorityClass name", p.Name, *p.Spec.PreemptionPolicy, policy)
	}
	p.Spec.Priority, p.Spec.PreemptionPolicy = &value, &policy
	return nil
}

// priorityClass is the class that the pod names, or the default one, or nil.
func (c *Cluster) priorityClass(p *pod.Pod) (*object.PriorityClass, error) {
	if name := p.Spec.PriorityClassName; name != "" {
		if it := c.store.find(object.PriorityClassKind, pod.Key{Name: name}); it != nil {
			return it.object().(*object.PriorityClass), nil
		}
		return nil, refuse(pod.StatusReasonForbidden, "pods %q is forbidden: no PriorityClass with name %s was found", p.Name, name)
	}
	var found *object.PriorityClass
	for it := range c.store.shelf(object.PriorityClassKind).all.all() {
		if class := it.object().(*object.PriorityClass); class.GlobalDefault && (found == nil || class.Value < found.Value) {
			found = class
		}
	}
	return found, nil
}

// Taints of a node that is not ready or cannot be reached.
const (
	taintNotReady    = "node.kubernetes.io/not-ready"
	taintUnreachable = "node.kubernetes.io/unreachable"
)

// tolerateNodeLoss lets a pod stay for five minutes on a node that is lost, unless the pod says what it wants itself.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions.
func tolerateNodeLoss(s *pod.Spec) {
	for _, key := range []string{taintNotReady, taintUnreachable} {
		if tolerates(s.Tolerations, key) {
			continue
		}
		s.Tolerations = append(s.Tolerations, pod.Toleration{
			Key: key, Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute, TolerationSeconds: new(int64(300)),
		})
	}
}

func tolerates(list []pod.Toleration, key string) bool {
	for _, t := range list {
		if (t.Key == "" || t.Key == key) && (t.Effect == "" || t.Effect == pod.TaintEffectNoExecute) {
			return true
		}
	}
	return false
}
