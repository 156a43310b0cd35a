package workload

import (
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
}

// Name is job-controller.
func (Job) Name() string { return "job-controller" }

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
	case was == nil:
		return []pod.Key{is.Meta().Key()}
	case is == nil:
		return []pod.Key{was.Meta().Key()}
	case was.Meta().Generation != is.Meta().Generation || was.Meta().UID != is.Meta().UID:
		return []pod.Key{is.Meta().Key()}
	}
	return nil
}

func jobsLater(_ controller.View, was, is object.Object) []pod.Key {
	if was == nil || is == nil || finished(is.(*object.Job)) != nil {
		return nil
	}
	return []pod.Key{is.Meta().Key()}
}

// jobsOfPod are the Jobs that own the pod or owned it; for a pod without owner those that might take it.
func jobsOfPod(v controller.View, was, is object.Object) []pod.Key {
	var keys []pod.Key
	add := func(k pod.Key) {
		if len(keys) == 0 || keys[0] != k {
			keys = append(keys, k)
		}
	}
	for _, o := range []object.Object{was, is} {
		if o == nil {
			continue
		}
		m := o.Meta()
		if ref := m.ControllerRef(); ref != nil {
			if isJobRef(ref) {
				add(pod.Key{Namespace: m.Namespace, Name: ref.Name})
			}
			continue
		}
		if name := m.Labels[JobNameLabel]; name != "" {
			add(pod.Key{Namespace: m.Namespace, Name: name})
		}
	}
	if is != nil && is.Meta().ControllerRef() == nil && len(is.Meta().Labels) > 0 {
		for _, k := range jobsThatSelect(v, is.Meta()) {
			add(k)
		}
	}
	return keys
}

// jobsThatSelect are the Jobs with a selector of their user's own that matches; a selector made by the API server fits
// only pods of its Job.
func jobsThatSelect(v controller.View, m *pod.ObjectMeta) []pod.Key {
	var keys []pod.Key
	for o := range v.List(object.JobKind, m.Namespace) {
		job := o.(*object.Job)
		if adopts(job) && job.Spec.Selector.Matches(m.Labels) {
			keys = append(keys, job.Key())
		}
	}
	return keys
}

// Reconcile counts the Job's pods, starts and stops pods, and says how the Job stands.
func (Job) Reconcile(r controller.Request) controller.Plan {
	job, _ := r.View.Read(object.JobKind, r.Key).(*object.Job)
	switch {
	case job == nil || finished(job) != nil:
		return controller.Plan{Changes: releaseStray(r, job)}
	case managedElsewhere(job):
		return controller.Plan{}
	}
	l := newJobLook(r, job)
	if mode := job.Spec.CompletionMode; mode != nil && *mode != object.NonIndexedCompletion && *mode != object.IndexedCompletion {
		l.plan.emit(mention(l.job), warning, "UnknownCompletionMode", "Skipped Job sync because completion mode is unknown")
		return l.plan.Plan
	}
	l.run()
	l.plan.Memo = &jobMemo{uid: job.UID, backoff: l.backoff}
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

// releaseStray takes the tracking finalizer off the pods of a Job that has gone (job is nil) or ended, which nobody would
// count any more. Pods of a Job that another controller manages are that one's affair.
func releaseStray(r controller.Request, job *object.Job) []controller.Change {
	if job != nil && managedElsewhere(job) {
		return nil
	}
	var changes []controller.Change
	for o := range r.View.Labeled(object.PodKind, r.Key.Namespace, &pod.LabelSelector{MatchLabels: map[string]string{JobNameLabel: r.Key.Name}}) {
		p := o.(*pod.Pod)
		if ref := p.ControllerRef(); ref != nil && (!isJobRef(ref) || ref.Name != r.Key.Name || job != nil && ref.UID != job.UID) {
			continue
		}
		if hasFinalizer(&p.ObjectMeta, JobTrackingFinalizer) {
			changes = append(changes, withoutFinalizer(p))
		}
	}
	return changes
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
