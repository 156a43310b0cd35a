package workload

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
)

// TTLAfterFinished is the controller that deletes Jobs some time after their end, with their pods. The zero value is ready
// for use. See https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/.
type TTLAfterFinished struct{}

// Name is ttl-after-finished-controller.
func (TTLAfterFinished) Name() string { return "ttl-after-finished-controller" }

// Concerns are Jobs.
func (TTLAfterFinished) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.JobKind}}
}

// Reconcile deletes the Job in the foreground if its time is up, and else wakes when it will be. The time counts from the
// end as the API keeps it, in whole seconds.
func (TTLAfterFinished) Reconcile(r controller.Request) controller.Plan {
	job, ok := r.View.Read(object.JobKind, r.Key).(*object.Job)
	if !ok || job.IsTerminating() || job.Spec.TTLSecondsAfterFinished == nil {
		return controller.Plan{}
	}
	end := finished(job)
	if end == nil || end.LastTransitionTime.IsZero() {
		return controller.Plan{}
	}
	due := cut(end.LastTransitionTime.Time).Add(time.Duration(*job.Spec.TTLSecondsAfterFinished) * time.Second)
	if r.Now.Before(due) {
		return controller.Plan{Wake: due}
	}
	c := controller.Change{Kind: controller.Delete, Object: mention(job)}
	c.Delete.UID, c.Delete.Propagation = job.UID, object.DeletePropagationForeground
	return controller.Plan{Changes: []controller.Change{c}}
}
