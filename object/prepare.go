package object

import (
	"maps"
	"reflect"

	"github.com/podlife/podlife/pod"
)

// Subresource is the part of an object that an update addresses.
type Subresource = pod.Subresource

// PrepareCreate makes of o, after SetDefaults, what the API server would store: UID, creation time and generation are set, the
// name is generated where there is none, what says that the object is being deleted is cleared, and the status is that of a new object.
// Then Validate says whether it would be stored at all. o is changed in place.
func PrepareCreate(o Object, c pod.Creation) {
	if p, ok := o.(*pod.Pod); ok {
		pod.PrepareCreate(p, c)
		return
	}
	prepareMeta(o, c)
	switch o := o.(type) {
	case *Job:
		o.ownPods()
	case *Namespace:
		o.setDefaults()
		o.Spec.Finalizers = []FinalizerName{"kubernetes"}
	}
	if status := statusOf(o); status.IsValid() && KindOf(o) != NodeKind {
		status.SetZero()
	}
	setPlainDefaults(o)
	if c, ok := o.(*Custom); ok {
		delete(c.Fields, "status")
	}
}

func prepareMeta(o Object, c pod.Creation) {
	p := pod.Pod{ObjectMeta: *o.Meta()}
	pod.PrepareCreate(&p, c)
	m := o.Meta()
	namespace := m.Namespace
	*m = p.ObjectMeta
	if !Namespaced(KindOf(o)) {
		m.Namespace = namespace
	}
	if !hasGeneration(o) {
		m.Generation = 0
	}
}

// ownPods gives a Job the selector and its pods the labels that no other Job has, unless the Job brings its own.
func (j *Job) ownPods() {
	if j.Spec.ManualSelector != nil && *j.Spec.ManualSelector {
		return
	}
	labels := maps.Clone(j.Spec.Template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for key, value := range map[string]string{
		"job-name": j.Name, "batch.kubernetes.io/job-name": j.Name,
		"controller-uid": string(j.UID), controllerUID: string(j.UID),
	} {
		if _, ok := labels[key]; !ok {
			labels[key] = value
		}
	}
	j.Spec.Template.Labels = labels
	setPointer(&j.Spec.Selector, pod.LabelSelector{})
	if j.Spec.Selector.MatchLabels == nil {
		j.Spec.Selector.MatchLabels = map[string]string{}
	}
	if _, ok := j.Spec.Selector.MatchLabels[controllerUID]; !ok {
		j.Spec.Selector.MatchLabels[controllerUID] = string(j.UID)
	}
}

const controllerUID = "batch.kubernetes.io/controller-uid"

// PrepareUpdate makes of next, after SetDefaults, what would be stored in place of old: what the subresource does not own and what no
// client may set is as in old, and the generation is one more if the spec differs. It does not change old, and next shares nothing
// with it. A pod has its own rules, which are in pod.PrepareUpdate; the error is of them.
func PrepareUpdate(old, next Object, sub Subresource) error {
	if o, ok := old.(*pod.Pod); ok {
		return pod.PrepareUpdate(o, next.(*pod.Pod), sub)
	}
	was, is := old.Meta(), next.Meta()
	if sub == pod.SubresourceStatus {
		prepareStatusMeta(old, was.Clone(), is)
		keepOthers(old, next)
		return nil
	}
	keepIdentity(was.Clone(), is)
	keepStatus(old, next)
	if hasGeneration(old) && !sameGeneration(old, next) {
		is.Generation++
	}
	return nil
}

// prepareStatusMeta gives the metadata that comes with a status what it may not change. That of a workload may change annotations, by which a
// Deployment's controller tells of its revision, and labels, but for a Deployment's; of any other kind only finalizers.
func prepareStatusMeta(old Object, was, is *pod.ObjectMeta) {
	switch old.(type) {
	case *Deployment:
		is.Labels = was.Labels
		keepIdentity(was, is)
	case *ReplicaSet, *StatefulSet, *DaemonSet, *Job, *CronJob:
		keepIdentity(was, is)
	default:
		finalizers := is.Finalizers
		*is = *was
		is.Finalizers = finalizers
	}
}

// keepIdentity gives an object's metadata what no update changes. It takes over was.
func keepIdentity(was, is *pod.ObjectMeta) {
	is.UID, is.CreationTimestamp, is.Generation, is.SelfLink = was.UID, was.CreationTimestamp, was.Generation, was.SelfLink
	is.GenerateName = was.GenerateName
	is.DeletionTimestamp, is.DeletionGracePeriodSeconds = was.DeletionTimestamp, was.DeletionGracePeriodSeconds
}

// keepStatus gives next the status of old, which it shares with a copy.
func keepStatus(old, next Object) {
	if c, ok := old.(*Custom); ok {
		n := next.(*Custom)
		delete(n.Fields, "status")
		if s, ok := c.Fields["status"]; ok {
			if n.Fields == nil {
				n.Fields = map[string]Raw{}
			}
			n.Fields["status"] = s
		}
		return
	}
	if status := statusOf(next); status.IsValid() {
		status.Set(statusOf(Clone(old)))
	}
}

// keepOthers gives next all that is in old beside its status and metadata.
func keepOthers(old, next Object) {
	if c, ok := old.(*Custom); ok {
		n := next.(*Custom)
		status, has := n.Fields["status"]
		n.Fields = maps.Clone(c.Fields)
		if delete(n.Fields, "status"); has {
			if n.Fields == nil {
				n.Fields = map[string]Raw{}
			}
			n.Fields["status"] = status
		}
		return
	}
	from, to := reflect.ValueOf(Clone(old)).Elem(), reflect.ValueOf(next).Elem()
	for i := range to.NumField() {
		if name := to.Type().Field(i).Name; name != "Status" && name != "ObjectMeta" {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// statusOf is the status of o, or the zero Value if the kind has none of its own to be written apart.
func statusOf(o Object) reflect.Value {
	if _, ok := o.(*Custom); ok {
		return reflect.Value{}
	}
	return reflect.ValueOf(o).Elem().FieldByName("Status")
}

func hasGeneration(o Object) bool {
	switch o.(type) {
	case *pod.Pod, *Deployment, *ReplicaSet, *StatefulSet, *DaemonSet, *Job, *CronJob, *PodDisruptionBudget, *PriorityClass, *Custom:
		return true
	}
	return false
}

// sameGeneration reports whether next is of the same generation as old. A Deployment's annotations go to its ReplicaSets, and so count.
func sameGeneration(old, next Object) bool {
	if d, ok := old.(*Deployment); ok && !equal(d.Annotations, next.Meta().Annotations) {
		return false
	}
	return sameSpec(old, next)
}

// sameSpec reports whether old and next differ in metadata and status alone.
func sameSpec(old, next Object) bool {
	if c, ok := old.(*Custom); ok {
		return sameFields(c.Fields, next.(*Custom).Fields)
	}
	from, to := reflect.ValueOf(old).Elem(), reflect.ValueOf(next).Elem()
	spec := from.FieldByName("Spec")
	return !spec.IsValid() || equal(spec.Interface(), to.FieldByName("Spec").Interface())
}

func sameFields(a, b map[string]Raw) bool {
	rest := func(m map[string]Raw) map[string]Raw {
		m = maps.Clone(m)
		delete(m, "status")
		return m
	}
	return equal(rest(a), rest(b))
}
