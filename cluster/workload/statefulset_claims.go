package workload

import (
	"fmt"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// claimName is the name of the claim of an ordinal by a template.
func (c *statefulSetCall) claimName(t *object.PersistentVolumeClaim, ordinal int) string {
	return fmt.Sprintf("%s-%s-%d", t.Name, c.set.Name, ordinal)
}

// volumes are a pod's own, with one for each claim in front; a claim takes the place of a volume of its name.
func (c *statefulSetCall) volumes(ordinal int, own []pod.Volume) []pod.Volume {
	templates := c.set.Spec.VolumeClaimTemplates
	if len(templates) == 0 {
		return own
	}
	var all []pod.Volume
	for i := range templates {
		v := pod.Volume{Name: templates[i].Name}
		v.PersistentVolumeClaim = &pod.PersistentVolumeClaimVolumeSource{ClaimName: c.claimName(&templates[i], ordinal)}
		all = append(all, v)
	}
	for _, v := range own {
		if !slices.ContainsFunc(templates, func(t object.PersistentVolumeClaim) bool { return t.Name == v.Name }) {
			all = append(all, v)
		}
	}
	return all
}

// claims makes the claims that an ordinal lacks, and reports whether a pod can have them: not while one is going, or belongs to a
// pod before.
func (c *statefulSetCall) claims(ordinal int) bool {
	fit := true
	for i := range c.set.Spec.VolumeClaimTemplates {
		t := &c.set.Spec.VolumeClaimTemplates[i]
		key := pod.Key{Namespace: c.set.Namespace, Name: c.claimName(t, ordinal)}
		if claim, ok := c.request.View.Read(object.PersistentVolumeClaimKind, key).(*object.PersistentVolumeClaim); ok {
			fit = fit && !claim.IsTerminating() && !c.isStale(claim, ordinal)
			continue
		}
		claim := t.Clone()
		claim.Name, claim.Namespace = key.Name, key.Namespace
		if claim.Labels == nil {
			claim.Labels = map[string]string{}
		}
		for name, value := range c.set.Spec.Selector.MatchLabels {
			claim.Labels[name] = value
		}
		c.plan.add(controller.Change{
			Kind: controller.Create, Object: claim, About: c.set,
			Event:   event(normal, "SuccessfulCreate", "Create Claim %s Pod %s in StatefulSet %s success", key.Name, c.podName(ordinal), c.set.Name),
			Refused: event(warning, "FailedCreate", "Create Claim %s for Pod %s in StatefulSet %s failed error: %s", key.Name, c.podName(ordinal), c.set.Name, controller.ErrorPlace),
		})
	}
	return fit
}

// isStale reports whether claim is to go with a pod of this name that has gone.
func (c *statefulSetCall) isStale(claim *object.PersistentVolumeClaim, ordinal int) bool {
	_, scaled := c.retention()
	if !scaled {
		return false
	}
	return refTo(claim, object.PodKind, c.podName(ordinal)) != nil
}

// retention says when claims go: with the set, and with their pod when the set is scaled down.
func (c *statefulSetCall) retention() (deleted, scaled bool) {
	p := c.set.Spec.PersistentVolumeClaimRetentionPolicy
	if p == nil {
		return false, false
	}
	const gone = object.DeletePersistentVolumeClaimRetentionPolicyType
	return p.WhenDeleted == gone, p.WhenScaled == gone
}

// refTo is the reference of o to an owner of that kind and name, or nil.
func refTo(o object.Object, kind object.Kind, name string) *pod.OwnerReference {
	refs := o.Meta().OwnerReferences
	for i := range refs {
		if r := &refs[i]; r.Kind == kind.Name && r.APIVersion == kind.APIVersion && r.Name == name {
			return r
		}
	}
	return nil
}

// owns gives the claims of a pod the owners with which they are to go, and reports whether they had others. It never has to be
// waited for. See https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention.
func (c *statefulSetCall) owns(x place) (changed bool) {
	for i := range c.set.Spec.VolumeClaimTemplates {
		key := pod.Key{Namespace: c.set.Namespace, Name: c.claimName(&c.set.Spec.VolumeClaimTemplates[i], x.ordinal)}
		if claim, ok := c.request.View.Read(object.PersistentVolumeClaimKind, key).(*object.PersistentVolumeClaim); ok {
			changed = c.own(claim, x) || changed
		}
	}
	return changed
}

// own writes the owners of one claim where they differ, and reports whether they do. One that belongs to a set or pod of before, or to
// somebody else, is left to the garbage collector.
func (c *statefulSetCall) own(claim *object.PersistentVolumeClaim, x place) bool {
	deleted, scaled := c.retention()
	toSet, toPod := refTo(claim, object.StatefulSetKind, c.set.Name), refTo(claim, object.PodKind, x.pod.Name)
	if toSet != nil && toSet.UID != c.set.UID || toPod != nil && toPod.UID != x.pod.UID {
		return false
	}
	condemned := x.ordinal < c.start() || x.ordinal >= c.start()+len(c.replicas)
	wantPod := scaled && condemned
	wantSet := deleted && !wantPod
	if other := claim.ControllerRef(); other != nil && other.UID != c.set.UID && other.UID != x.pod.UID && (deleted || scaled) {
		wantPod, wantSet = false, false
	}
	if isController(toSet) == wantSet && (toSet != nil) == wantSet && isController(toPod) == wantPod && (toPod != nil) == wantPod {
		return false
	}
	own := claim.Clone()
	own.OwnerReferences = slices.DeleteFunc(own.OwnerReferences, func(r pod.OwnerReference) bool {
		return r.UID == c.set.UID || r.UID == x.pod.UID
	})
	if wantSet {
		own.OwnerReferences = append(own.OwnerReferences, controllerRef(object.StatefulSetKind, &c.set.ObjectMeta))
	}
	if wantPod {
		own.OwnerReferences = append(own.OwnerReferences, controllerRef(object.PodKind, &x.pod.ObjectMeta))
	}
	c.plan.write(controller.Update, own)
	return true
}

func isController(r *pod.OwnerReference) bool { return r != nil && value(r.Controller, false) }

// identify gives a pod that was adopted the label that says its name, and its claims their owners.
func (c *statefulSetCall) identify(x place) {
	claimed := c.owns(x)
	if !c.label(x) && claimed {
		c.plan.add(controller.Change{Kind: controller.Emit, Object: c.set, Event: c.updated(x)})
	}
}

// label gives a pod the label that says its name, and reports whether it lacked it.
func (c *statefulSetCall) label(x place) bool {
	if x.pod.Labels[podNameLabel] == x.pod.Name {
		return false
	}
	own := x.pod.Clone()
	own.Labels[podNameLabel] = own.Name
	own.Labels[podIndexLabel] = fmt.Sprint(x.ordinal)
	c.plan.write(controller.Update, own)
	last := &c.plan.Changes[len(c.plan.Changes)-1]
	last.About, last.Event = c.set, c.updated(x)
	return true
}

func (c *statefulSetCall) updated(x place) controller.Event {
	return event(normal, "SuccessfulUpdate", "Update Pod %s in StatefulSet %s successful", x.pod.Name, c.set.Name)
}
