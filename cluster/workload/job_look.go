package workload

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// jobLook is one look at one Job that has not ended: what it sees, what it concludes, and the plan that comes of it.
//
// It sees the pods that have not ended, and those that have and are not yet counted; the others are in the Job's status.
type jobLook struct {
	now     time.Time
	job     *object.Job
	view    controller.View
	backoff jobFailures
	// before is the back-off before this look.
	before jobFailures
	// refused says that the plan before stopped at a pod that could not be made.
	refused bool

	spec   jobSpec
	pods   []*pod.Pod
	active []*pod.Pod

	status                *object.JobStatus
	succeeded, failed     int32
	ready, terminating    int32
	activeCount           int32
	counted               indexSet // indexes that the Job's status has as completed
	completed, failedOnes indexSet
	// last are, with backoffLimitPerIndex, the failed pods that stay until their replacement exists, by index.
	last map[int]*pod.Pod
	// end is FailureTarget or SuccessCriteriaMet once the Job is to end. announced says that the status has it already.
	end       *object.JobCondition
	announced bool

	// half, ends and wake are what the memo says of them.
	half, ends bool
	wake       time.Time

	// removed are pods that this plan takes away uncounted.
	removed map[pod.UID]bool
	// later are changes that come last in the plan.
	later []controller.Change
	plan  draft
}

// jobSpec is a Job's spec with its defaults.
type jobSpec struct {
	parallelism int32
	// completions is -1 for a work queue.
	completions, limit int32
	indexed            bool
	suspended          bool
	// patient says that a pod counts as failed, and is replaced, only once it has ended.
	patient bool
	// perIndex is backoffLimitPerIndex, or -1.
	perIndex int32
}

func specOf(job *object.Job) jobSpec {
	s := &job.Spec
	spec := jobSpec{parallelism: 1, completions: -1, limit: 6, perIndex: -1}
	if s.Parallelism != nil {
		spec.parallelism = *s.Parallelism
	}
	switch {
	case s.Completions != nil:
		spec.completions = *s.Completions
	case s.Parallelism == nil:
		spec.completions = 1
	}
	if s.BackoffLimitPerIndex != nil {
		spec.perIndex, spec.limit = *s.BackoffLimitPerIndex, math.MaxInt32
	}
	if s.BackoffLimit != nil {
		spec.limit = *s.BackoffLimit
	}
	spec.indexed = s.CompletionMode != nil && *s.CompletionMode == object.IndexedCompletion && spec.completions >= 0
	spec.suspended = s.Suspend != nil && *s.Suspend
	spec.patient = s.PodFailurePolicy != nil
	if s.PodReplacementPolicy != nil {
		spec.patient = *s.PodReplacementPolicy == object.Failed
	}
	return spec
}

func newJobLook(r controller.Request, job *object.Job) *jobLook {
	l := &jobLook{now: r.Now, job: job, view: r.View, backoff: recall(r, job), spec: specOf(job), status: job.Status.Clone(), removed: map[pod.UID]bool{}}
	if l.status.UncountedTerminatedPods == nil {
		l.status.UncountedTerminatedPods = &object.UncountedTerminatedPods{}
	}
	l.refused = refused(r, controller.Create, object.PodKind) != nil
	return l
}

// run is the look: see, count, judge, start and stop, and tell.
func (l *jobLook) run() {
	l.gather()
	l.count()
	if l.status.StartTime == nil && !l.spec.suspended {
		l.status.StartTime = new(stamp(l.now))
	}
	l.judge()
	if l.end == nil {
		l.carryOn()
	}
	l.tell()
}

// gather sorts the Job's pods. It takes pods that the selector of the Job's user matches, and lets go those that the
// Job's selector no longer matches.
func (l *jobLook) gather() {
	for p := range unsettled(l.view, l.job.UID) {
		if s := l.job.Spec.Selector; s != nil && !s.Matches(p.Labels) && !l.job.IsTerminating() {
			l.plan.add(controller.Change{Kind: controller.Update, Object: letGo(p, l.job.UID)})
			continue
		}
		l.pods = append(l.pods, p)
	}
	l.adopt()
	if l.spec.indexed {
		slices.SortStableFunc(l.pods, func(a, b *pod.Pod) int { return cmp.Compare(indexOf(a), indexOf(b)) })
	}
	for _, p := range l.pods {
		switch {
		case p.Status.Phase.IsTerminal():
		case p.IsTerminating():
			l.terminating++
		default:
			l.active = append(l.active, p)
			if isReady(p) {
				l.ready++
			}
		}
	}
	l.activeCount = int32(len(l.active))
}

// unsettled yields the pods of an owner that have not ended or are kept by a finalizer.
func unsettled(v controller.View, owner pod.UID) iter.Seq[*pod.Pod] {
	if u, ok := v.(controller.Unsettled); ok {
		return u.Unsettled(owner)
	}
	return func(yield func(*pod.Pod) bool) {
		for o := range v.Owned(object.PodKind, owner) {
			p := o.(*pod.Pod)
			if p.Status.Phase.IsTerminal() && len(p.Finalizers) == 0 {
				continue
			}
			if !yield(p) {
				return
			}
		}
	}
}

// adopt takes in pods without owner that the Job's selector matches, those that have ended too.
func (l *jobLook) adopt() {
	if l.job.IsTerminating() || l.job.Spec.Selector.IsEmpty() {
		return
	}
	for o := range l.orphans() {
		p := o.(*pod.Pod)
		if p.ControllerRef() != nil || p.IsTerminating() || !l.job.Spec.Selector.Matches(p.Labels) {
			continue
		}
		next := p.Clone()
		next.OwnerReferences = append(next.OwnerReferences, controllerRef(object.JobKind, &l.job.ObjectMeta))
		if !l.tracked(next) {
			next.Finalizers = append(next.Finalizers, JobTrackingFinalizer)
		}
		l.plan.write(controller.Update, next)
		l.pods = append(l.pods, next)
	}
}

// orphans yields pods without owner. Where the view cannot tell them from the others, only a Job whose user chose the
// selector looks for them, for the selector that the API server makes fits no pod but the Job's own.
func (l *jobLook) orphans() iter.Seq[object.Object] {
	if v, ok := l.view.(controller.Orphans); ok {
		return v.Orphans(object.PodKind, l.job.Namespace, l.job.Spec.Selector)
	}
	if !adopts(l.job) {
		return func(func(object.Object) bool) {}
	}
	return l.view.Labeled(object.PodKind, l.job.Namespace, l.job.Spec.Selector)
}

// adopts reports whether the Job has a selector that its user chose.
func adopts(job *object.Job) bool {
	return job.Spec.ManualSelector != nil && *job.Spec.ManualSelector && job.Spec.Selector != nil && !job.Spec.Selector.IsEmpty()
}

// count finds what has newly ended, and what that makes of the counts and of the back-off.
func (l *jobLook) count() {
	u := l.status.UncountedTerminatedPods
	known := map[pod.UID]bool{}
	for _, uid := range slices.Concat(u.Succeeded, u.Failed) {
		known[uid] = true
	}
	var succeeded, failed []*pod.Pod
	ignored := int32(0)
	for _, p := range l.pods {
		if !l.tracked(p) || known[p.UID] || l.spec.indexed && !l.validIndex(p) {
			continue
		}
		switch {
		case p.Status.Phase == pod.Succeeded:
			succeeded = append(succeeded, p)
		case l.failedPod(p):
			failed = append(failed, p)
			if !l.verdict(p).counts {
				ignored++
			}
		}
	}
	l.succeeded = l.status.Succeeded + int32(len(succeeded)+len(u.Succeeded))
	l.failed = l.status.Failed + int32(len(failed)+len(u.Failed)) - ignored
	l.before, l.backoff = l.backoff, l.backoff.observe(succeeded, failed)
	if l.spec.indexed {
		l.countIndexes(succeeded)
	}
}

func (l *jobLook) countIndexes(succeeded []*pod.Pod) {
	limit := int(l.spec.completions)
	l.counted = parseIndexes(l.status.CompletedIndexes, limit)
	l.completed = l.counted.union(indexesOf(indexes(succeeded)))
	l.succeeded = int32(l.completed.count())
	if l.spec.perIndex < 0 {
		return
	}
	var failed []int
	for _, p := range l.pods {
		if l.tracked(p) && l.validIndex(p) && l.failsIndex(p) {
			failed = append(failed, indexOf(p))
		}
	}
	if l.status.FailedIndexes != nil {
		l.failedOnes = parseIndexes(*l.status.FailedIndexes, limit)
	}
	l.failedOnes = l.failedOnes.union(indexesOf(failed))
	l.keepLast()
}

// failsIndex reports whether the pod's failure is the last that its index may have.
func (l *jobLook) failsIndex(p *pod.Pod) bool {
	if !l.failedPod(p) {
		return false
	}
	v := l.verdict(p)
	return v.action == object.PodFailurePolicyActionFailIndex || v.counts && number(p, JobIndexFailures) >= l.spec.perIndex
}

// keepLast finds the last failed pod of each index that has neither ended nor a pod at work: it carries the index's
// number of failures, until its replacement does.
func (l *jobLook) keepLast() {
	l.last = map[int]*pod.Pod{}
	busy := indexesOf(indexes(l.active)).union(l.completed, l.failedOnes)
	for _, p := range l.pods {
		n := indexOf(p)
		if !l.tracked(p) || !l.validIndex(p) || !l.failedPod(p) || busy.has(n) {
			continue
		}
		was := l.last[n]
		if was == nil || failuresOf(p) >= failuresOf(was) && !finishTime(p).Before(finishTime(was)) {
			l.last[n] = p
		}
	}
}

// failedPod reports whether the pod has failed, or is as good as failed: one that is being deleted may never get to say
// how it ended.
func (l *jobLook) failedPod(p *pod.Pod) bool {
	return p.Status.Phase == pod.Failed || !l.spec.patient && p.IsTerminating() && p.Status.Phase != pod.Succeeded
}

// tracked reports whether the pod is still to be counted.
func (l *jobLook) tracked(p *pod.Pod) bool { return hasFinalizer(&p.ObjectMeta, JobTrackingFinalizer) }

func (l *jobLook) validIndex(p *pod.Pod) bool {
	n := indexOf(p)
	return n != unknownIndex && n < int(l.spec.completions)
}

// indexOf is the completion index of a pod, or unknownIndex.
func indexOf(p *pod.Pod) int {
	s, ok := p.Annotations[JobIndexAnnotation]
	if !ok {
		return unknownIndex
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return unknownIndex
	}
	return n
}

func indexes(pods []*pod.Pod) []int {
	var found []int
	for _, p := range pods {
		if n := indexOf(p); n != unknownIndex {
			found = append(found, n)
		}
	}
	return found
}

// number is an annotation that holds a count; 0 where it does not.
func number(p *pod.Pod, annotation string) int32 {
	n, err := strconv.ParseInt(p.Annotations[annotation], 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int32(n)
}

// failuresOf is how often the pod's index had failed before it, ignored failures included.
func failuresOf(p *pod.Pod) int32 {
	return number(p, JobIndexFailures) + number(p, JobIndexIgnoredFailures)
}

// mention is the Job as an event speaks of it.
func mention(job *object.Job) *object.Job {
	return &object.Job{
		TypeMeta:   pod.TypeMeta{APIVersion: object.JobKind.APIVersion, Kind: object.JobKind.Name},
		ObjectMeta: pod.ObjectMeta{Namespace: job.Namespace, Name: job.Name, UID: job.UID, ResourceVersion: job.ResourceVersion},
	}
}
