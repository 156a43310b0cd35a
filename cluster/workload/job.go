package workload

import (
	"maps"
	"reflect"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// What a Job is looked after with. See https://kubernetes.io/docs/concepts/workloads/controllers/job/.
const (
	// jobBatch is how long changes of a Job's pods are gathered before the controller looks.
	jobBatch = time.Second
	// jobBackoff is the back-off after the first failure; it doubles with each further one up to jobBackoffMax.
	jobBackoff    = 10 * time.Second
	jobBackoffMax = 10 * time.Minute
	// jobPodsAtOnce is how many pods one plan makes, takes away or counts.
	jobPodsAtOnce = 500
	// jobControllerName is the value of spec.managedBy that leaves a Job to this controller.
	jobControllerName = "kubernetes.io/job-controller"
)

// JobTrackingFinalizer keeps a Job's pod until the Job has counted it (KEP-2307).
const JobTrackingFinalizer = "batch.kubernetes.io/job-tracking"

// Labels and annotations of a Job's pods. The index is both.
const (
	JobNameLabel                = "batch.kubernetes.io/job-name"
	JobUIDLabel                 = "batch.kubernetes.io/controller-uid"
	JobIndexAnnotation          = "batch.kubernetes.io/job-completion-index"
	JobIndexFailures            = "batch.kubernetes.io/job-index-failure-count"
	JobIndexIgnoredFailures     = "batch.kubernetes.io/job-index-ignored-failure-count"
	legacyJobNameLabel          = "job-name"
	legacyJobUIDLabel           = "controller-uid"
	jobIndexVariable            = "JOB_COMPLETION_INDEX"
	unknownIndex            int = -1
)

// Job is the controller of Jobs. The zero value is ready for use.
//
// The back-off of a Job is in its plans' memos, and is found again from the pods that have ended where it is not.
type Job struct{}

// jobMemo is the memo of one Job. It is not written to once it is made.
type jobMemo struct {
	uid     pod.UID
	backoff jobFailures
	// half says that the plan is the first half of a look: the second counts the pods that have lost their finalizer by it.
	half bool
	// ends says that with these the Job has ended: no pod was at work or being deleted.
	ends bool
	// wake is when to look again after both halves.
	wake time.Time
	// generation is that of the Job at the first half. Where it is another one now, a whole look is due.
	generation int64
}

// Name is job-controller.
func (Job) Name() string { return "job-controller" }

// Backoff is from a second to a minute.
func (Job) Backoff() (first, longest time.Duration) { return time.Second, time.Minute }

// Concerns are Jobs, at once where they come, go or get another spec, else after a second, and their pods after a second.
func (Job) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.JobKind, Keys: jobsAtOnce},
		{Kind: object.JobKind, Keys: jobsLater, Delay: jobBatch},
		{Kind: object.PodKind, Keys: jobsOfPod, Delay: jobBatch},
	}
}

func jobsAtOnce(_ controller.View, was, is object.Object) []pod.Key {
	switch {
	case is == nil:
		return []pod.Key{was.Meta().Key()}
	case was == nil || !sameSpec(was, is) && finished(is.(*object.Job)) == nil:
		return []pod.Key{is.Meta().Key()}
	}
	return nil
}

func jobsLater(_ controller.View, was, is object.Object) []pod.Key {
	if was == nil || is == nil || !sameSpec(was, is) || finished(is.(*object.Job)) != nil {
		return nil
	}
	return []pod.Key{is.Meta().Key()}
}

func sameSpec(a, b object.Object) bool {
	return a.Meta().Generation == b.Meta().Generation && a.Meta().UID == b.Meta().UID
}

// jobsOfPod are the Jobs that own the pod or owned it; for a pod that has lost its owner, is new without one, or has other labels
// than before those that might take it in. What becomes of a pod without owner that is being deleted concerns nobody.
func jobsOfPod(v controller.View, was, is object.Object) []pod.Key {
	if is == nil || is.Meta().IsTerminating() {
		last := is
		if last == nil {
			last = was
		}
		return jobsThatOwn(v, last.Meta().ControllerRef(), last.Meta().Namespace)
	}
	m, ref := is.Meta(), is.Meta().ControllerRef()
	var before *pod.OwnerReference
	var keys []pod.Key
	if was != nil {
		before = was.Meta().ControllerRef()
	}
	moved := !reflect.DeepEqual(before, ref)
	if moved {
		keys = jobsThatOwn(v, before, m.Namespace)
	}
	switch {
	case ref != nil:
		return append(keys, jobsThatOwn(v, ref, m.Namespace)...)
	case was == nil || moved || !maps.Equal(was.Meta().Labels, m.Labels):
		return append(keys, jobsThatSelect(v, m)...)
	}
	return keys
}

// jobsThatOwn is the Job that a reference is to, if there is one.
func jobsThatOwn(v controller.View, ref *pod.OwnerReference, namespace string) []pod.Key {
	if ref == nil || !isJobRef(ref) {
		return nil
	}
	key := pod.Key{Namespace: namespace, Name: ref.Name}
	if o := v.Read(object.JobKind, key); o == nil || o.Meta().UID != ref.UID {
		return nil
	}
	return []pod.Key{key}
}

// jobsThatSelect are the Jobs whose selectors match. One that the API server has made fits only pods with the label of its Job.
func jobsThatSelect(v controller.View, m *pod.ObjectMeta) []pod.Key {
	if len(m.Labels) == 0 {
		return nil
	}
	var keys []pod.Key
	_, ofJob := m.Labels[JobUIDLabel]
	for o := range v.List(object.JobKind, m.Namespace) {
		job := o.(*object.Job)
		if (ofJob || adopts(job)) && !job.Spec.Selector.IsEmpty() && job.Spec.Selector.Matches(m.Labels) {
			keys = append(keys, job.Key())
		}
	}
	return keys
}

// Reconcile counts the Job's pods, starts and stops pods, and says how the Job stands.
func (Job) Reconcile(r controller.Request) controller.Plan {
	job, _ := r.View.Read(object.JobKind, r.Key).(*object.Job)
	switch {
	case job == nil || finished(job) != nil || managedElsewhere(job):
		return controller.Plan{}
	}
	l := newJobLook(r, job)
	if mode := job.Spec.CompletionMode; mode != nil && *mode != object.NonIndexedCompletion && *mode != object.IndexedCompletion {
		l.plan.emit(mention(l.job), warning, "UnknownCompletionMode", "Skipped Job sync because completion mode is unknown")
		return l.plan.Plan
	}
	if memo, ok := r.Memo.(*jobMemo); ok && memo.half && memo.uid == job.UID && memo.generation == job.Generation && r.Refused == nil {
		return l.secondHalf(memo)
	}
	l.run()
	l.plan.Memo = &jobMemo{uid: job.UID, backoff: l.backoff, half: l.half, ends: l.ends, wake: l.wake, generation: job.Generation}
	return l.plan.Plan
}

// recall is the back-off of the Job, found again from its ended pods if need be.
func recall(r controller.Request, job *object.Job) jobFailures {
	if m, ok := r.Memo.(*jobMemo); ok && m.uid == job.UID {
		return m.backoff
	}
	if s := &job.Status; s.Failed > 0 || s.UncountedTerminatedPods != nil && len(s.UncountedTerminatedPods.Failed) > 0 {
		return failuresAgain(r.View, job)
	}
	return jobFailures{}
}

// finished is the condition by which a Job has ended, or nil.
func finished(job *object.Job) *object.JobCondition {
	for i := range job.Status.Conditions {
		c := &job.Status.Conditions[i]
		if (c.Type == object.JobComplete || c.Type == object.JobFailed) && c.Status == pod.ConditionTrue {
			return c
		}
	}
	return nil
}

// managedElsewhere reports whether spec.managedBy leaves the Job to another controller (KEP-4368).
func managedElsewhere(job *object.Job) bool {
	return job.Spec.ManagedBy != nil && *job.Spec.ManagedBy != jobControllerName
}

func isJobRef(ref *pod.OwnerReference) bool {
	return ref.Kind == object.JobKind.Name && ref.APIVersion == object.JobKind.APIVersion
}
