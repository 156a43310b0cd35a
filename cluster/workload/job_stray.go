package workload

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// StrayJobPods is the part of the controller of Jobs that takes the tracking finalizer off pods that no Job would count any more: they have
// no controller, or their Job has gone or has ended. The zero value is ready for use. Its keys are those of pods.
type StrayJobPods struct{}

// Name is job-controller.
func (StrayJobPods) Name() string { return Job{}.Name() }

// Backoff is that of Job.
func (StrayJobPods) Backoff() (first, longest time.Duration) { return Job{}.Backoff() }

// Concerns are pods that hold the finalizer and have no controller or are being deleted, and the pods of Jobs that have gone or ended.
func (StrayJobPods) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.PodKind, Keys: maybeStray}, {Kind: object.JobKind, Keys: podsOfEndedJob}}
}

func maybeStray(_ controller.View, _, is object.Object) []pod.Key {
	if is == nil || !hasFinalizer(is.Meta(), JobTrackingFinalizer) || is.Meta().ControllerRef() != nil && !is.Meta().IsTerminating() {
		return nil
	}
	return []pod.Key{is.Meta().Key()}
}

func podsOfEndedJob(v controller.View, was, is object.Object) []pod.Key {
	job, _ := is.(*object.Job)
	if job == nil {
		job = was.(*object.Job)
	} else if was == nil || finished(job) == nil {
		return nil
	}
	if job.Spec.Selector.IsEmpty() {
		return nil
	}
	var keys []pod.Key
	for o := range v.Labeled(object.PodKind, job.Namespace, job.Spec.Selector) {
		if hasFinalizer(o.Meta(), JobTrackingFinalizer) {
			keys = append(keys, o.Meta().Key())
		}
	}
	return keys
}

// Reconcile takes the finalizer off the pod, if nobody will count it.
func (StrayJobPods) Reconcile(r controller.Request) (plan controller.Plan) {
	p, _ := r.View.Read(object.PodKind, r.Key).(*pod.Pod)
	if p == nil || !hasFinalizer(&p.ObjectMeta, JobTrackingFinalizer) || isCounted(r.View, p) {
		return plan
	}
	plan.Changes = append(plan.Changes, controller.Change{Kind: controller.Update, Object: withoutFinalizer(p)})
	return plan
}

// isCounted reports whether the pod has a controller that may yet count it.
func isCounted(v controller.View, p *pod.Pod) bool {
	ref := p.ControllerRef()
	if ref == nil {
		return false
	}
	if !isJobRef(ref) {
		return true
	}
	job, _ := v.Read(object.JobKind, pod.Key{Namespace: p.Namespace, Name: ref.Name}).(*object.Job)
	return job != nil && job.UID == ref.UID && (managedElsewhere(job) || finished(job) == nil)
}
