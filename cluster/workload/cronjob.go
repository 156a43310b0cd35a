package workload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const (
	// cronJobDelay is how long after a time the controller looks.
	cronJobDelay = 100 * time.Millisecond
	// CronJobScheduledTimestamp is the annotation of a Job with the time that it was due, in the CronJob's time zone.
	CronJobScheduledTimestamp = "batch.kubernetes.io/cronjob-scheduled-timestamp"
)

// CronJob is the controller of CronJobs. The zero value is ready for use. See
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/.
//
// The schedule that it last saw of a CronJob is in the memo: after a change of schedule nothing is made up for, it waits for
// the next time.
type CronJob struct{}

// cronMemo is the memo of one CronJob.
type cronMemo struct {
	uid                pod.UID
	schedule, timeZone string
	// wake is when a look was asked for. It is kept, as in Kubernetes' work queues.
	wake time.Time
}

// Name is cronjob-controller.
func (CronJob) Name() string { return "cronjob-controller" }

// Concerns are CronJobs and their Jobs.
func (CronJob) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.CronJobKind},
		{Kind: object.JobKind, Keys: func(_ controller.View, was, is object.Object) []pod.Key {
			before, owned := controlledBy(was, object.CronJobKind)
			after, owns := controlledBy(is, object.CronJobKind)
			switch {
			case owned && owns && before != after:
				return []pod.Key{before, after}
			case owned:
				return []pod.Key{before}
			case owns:
				return []pod.Key{after}
			}
			return nil
		}},
	}
}

// Reconcile takes note of Jobs that have come and gone, deletes those that are too many, and starts a new one if it is time.
func (CronJob) Reconcile(r controller.Request) controller.Plan {
	cron, ok := r.View.Read(object.CronJobKind, r.Key).(*object.CronJob)
	if !ok {
		return controller.Plan{}
	}
	l := &cronLook{now: r.Now, view: r.View, cron: cron, status: cron.Status.Clone()}
	for o := range r.View.Owned(object.JobKind, cron.UID) {
		l.jobs = append(l.jobs, o.(*object.Job))
	}
	memo := cronMemo{uid: cron.UID, schedule: cron.Spec.Schedule, timeZone: value(cron.Spec.TimeZone, "")}
	was, known := r.Memo.(cronMemo)
	known = known && was.uid == memo.uid
	if known && was.wake.After(r.Now) {
		l.plan.wakeAt(was.wake)
	}
	l.run(known && (was.schedule != memo.schedule || was.timeZone != memo.timeZone))
	memo.wake = l.plan.Wake
	l.plan.Memo = memo
	return l.plan.Plan
}

// cronLook is one look at one CronJob.
type cronLook struct {
	now    time.Time
	view   controller.View
	cron   *object.CronJob
	status *object.CronJobStatus
	jobs   []*object.Job
	// started is a Job that this look asks for.
	started *object.Job
	plan    draft
}

// run is the look; rescheduled says that the schedule is another than at the look before.
func (l *cronLook) run(rescheduled bool) {
	l.trim()
	l.take()
	l.forgetGone()
	if s, due, ok := l.due(); ok {
		if !due.IsZero() && !rescheduled {
			l.start(due)
		}
		l.sleep(s)
	}
	l.write()
}

// due parses the schedule and finds the latest time that was not served. ok is false where nothing is to be started: the
// CronJob is suspended, or what it says makes no sense, which is told.
func (l *cronLook) due() (s schedule, due time.Time, ok bool) {
	spec := &l.cron.Spec
	if l.cron.IsTerminating() {
		return s, due, false
	}
	if spec.TimeZone != nil {
		if _, err := time.LoadLocation(*spec.TimeZone); err != nil {
			l.plan.emit(l.about(), warning, "UnknownTimeZone", "invalid timeZone: %q: %s", *spec.TimeZone, err)
			return s, due, false
		}
	}
	if value(spec.Suspend, false) {
		return s, due, false
	}
	if strings.Contains(spec.Schedule, "TZ") {
		l.plan.emit(l.about(), warning, "UnsupportedSchedule", "CRON_TZ or TZ used in schedule %q is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details", spec.Schedule)
	}
	s, err := parseSchedule(spec)
	if err != nil {
		l.plan.emit(l.about(), warning, "UnparseableSchedule", "unparseable schedule: %q : %s", spec.Schedule, err)
		return s, due, false
	}
	m, err := s.between(l.earliest(true), l.now)
	if err != nil {
		l.plan.emit(l.about(), warning, "InvalidSchedule", "invalid schedule: %s : %s", spec.Schedule, err)
		return s, due, false
	}
	if m.count > missedMany && !m.last.IsZero() {
		l.plan.emit(l.about(), warning, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
	}
	return s, m.last, true
}

// earliest is the time after which times count: that of the last start, or the creation; with the starting deadline, not
// further back than that.
func (l *cronLook) earliest(deadline bool) time.Time {
	t := l.cron.CreationTimestamp.Time
	if last := l.status.LastScheduleTime; last != nil {
		t = last.Time
	}
	if d := l.cron.Spec.StartingDeadlineSeconds; d != nil && deadline {
		if limit := l.now.Add(-time.Duration(*d) * time.Second); limit.After(t) {
			t = limit
		}
	}
	return t
}

// sleep asks for a look at the next time.
func (l *cronLook) sleep(s schedule) {
	from := l.earliest(false)
	switch m, err := s.between(from, l.now); {
	case err != nil || m.count > 0 && m.last.IsZero():
		from = l.now
	case !m.last.IsZero():
		from = m.last
	}
	if next := s.next(from); !next.IsZero() {
		l.plan.wakeAt(next.Add(cronJobDelay))
	}
}

// take notes which of the Jobs are active and which have ended. One that was started for a time later than the last that is
// noted was started at the look before.
func (l *cronLook) take() {
	for _, job := range l.jobs {
		noted := l.isActive(job.UID)
		end := finished(job)
		due, scheduled := dueTime(job)
		scheduled = scheduled && (l.status.LastScheduleTime == nil || due.After(l.status.LastScheduleTime.Time))
		if !noted && scheduled {
			l.status.LastScheduleTime = new(stamp(due))
		}
		switch {
		case end == nil && !noted && scheduled:
			l.status.Active = append(l.status.Active, reference(job))
		case end == nil && !noted:
			l.plan.emit(l.about(), warning, "UnexpectedJob", "Saw a job that the controller did not create or forgot: %s", job.Name)
		case end != nil && noted:
			l.forget(job.UID)
			l.plan.emit(l.about(), normal, "SawCompletedJob", "Saw completed job: %s, condition: %v", job.Name, end.Type)
		}
		if end != nil && end.Type == object.JobComplete {
			l.noteSuccess(job.Status.CompletionTime)
		}
	}
}

// dueTime is the time for which a CronJob started a Job, as the Job says.
func dueTime(job *object.Job) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, job.Annotations[CronJobScheduledTimestamp])
	return t, err == nil
}

func (l *cronLook) noteSuccess(t *pod.Time) {
	if last := l.status.LastSuccessfulTime; t != nil && (last == nil || t.After(last.Time)) {
		l.status.LastSuccessfulTime = new(*t)
	}
}

// forgetGone drops active Jobs that are there no longer. One that has lost its owner is still there.
func (l *cronLook) forgetGone() {
	for _, ref := range slices.Clone(l.status.Active) {
		if slices.ContainsFunc(l.jobs, func(j *object.Job) bool { return j.UID == ref.UID }) || l.named(ref) != nil {
			continue
		}
		l.forget(ref.UID)
		l.plan.emit(l.about(), normal, "MissingJob", "Active job went missing: %s", ref.Name)
	}
}

// named is the Job of the name that an active one has, or nil.
func (l *cronLook) named(ref pod.ObjectReference) *object.Job {
	job, _ := l.view.Read(object.JobKind, pod.Key{Namespace: ref.Namespace, Name: ref.Name}).(*object.Job)
	return job
}

// start makes the Job of the time due, unless it is too late for that, or was done, or may not run beside another.
func (l *cronLook) start(due time.Time) {
	if d := l.cron.Spec.StartingDeadlineSeconds; d != nil && due.Add(time.Duration(*d)*time.Second).Before(l.now) {
		l.plan.emit(l.about(), warning, "MissSchedule", "Missed scheduled time to start a job: %s", due.UTC().Format(time.RFC1123Z))
		return
	}
	name := l.jobName(due)
	if last := l.status.LastScheduleTime; last != nil && last.Equal(stamp(due)) ||
		slices.ContainsFunc(l.status.Active, func(ref pod.ObjectReference) bool { return ref.Name == name }) {
		return
	}
	switch l.cron.Spec.ConcurrencyPolicy {
	case object.ForbidConcurrent:
		if len(l.status.Active) > 0 {
			l.plan.emit(l.about(), normal, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid")
			return
		}
	case object.ReplaceConcurrent:
		for _, ref := range slices.Clone(l.status.Active) {
			if job := l.named(ref); job != nil {
				l.delete(job)
			}
		}
	}
	l.create(due)
}

// create asks for the Job. It is noted at the next look, which is at once, when it has its UID. If there is one of its name
// that is another's, the time counts as served by it.
func (l *cronLook) create(due time.Time) {
	name := l.jobName(due)
	if l.view.Read(object.JobKind, pod.Key{Namespace: l.cron.Namespace, Name: name}) != nil {
		return
	}
	l.started = l.newJob(due)
	l.plan.wakeAt(l.now)
}

// newJob is a Job out of the template, named after the minute that it was due, so that none is made twice.
func (l *cronLook) newJob(due time.Time) *object.Job {
	t := l.cron.Spec.JobTemplate.Clone()
	job := &object.Job{
		TypeMeta: pod.TypeMeta{APIVersion: object.JobKind.APIVersion, Kind: object.JobKind.Name},
		ObjectMeta: pod.ObjectMeta{
			Namespace: l.cron.Namespace, Name: l.jobName(due), Labels: t.Labels, Annotations: t.Annotations,
			OwnerReferences: []pod.OwnerReference{controllerRef(object.CronJobKind, &l.cron.ObjectMeta)},
		},
		Spec: t.Spec,
	}
	if job.Annotations == nil {
		job.Annotations = map[string]string{}
	}
	zone, err := time.LoadLocation(value(l.cron.Spec.TimeZone, ""))
	if err != nil {
		zone = time.UTC
	}
	job.Annotations[CronJobScheduledTimestamp] = due.In(zone).Format(time.RFC3339)
	return job
}

func (l *cronLook) jobName(due time.Time) string {
	return fmt.Sprintf("%s-%d", l.cron.Name, due.Unix()/60)
}

// trim deletes ended Jobs beyond the history limits, the oldest first.
func (l *cronLook) trim() {
	kept := l.jobs[:0:0]
	var complete, failed []*object.Job
	for _, job := range l.jobs {
		switch end := finished(job); {
		case end == nil:
			kept = append(kept, job)
		case end.Type == object.JobComplete:
			complete = append(complete, job)
		default:
			failed = append(failed, job)
		}
	}
	kept = append(kept, l.trimTo(complete, l.cron.Spec.SuccessfulJobsHistoryLimit, 3)...)
	l.jobs = append(kept, l.trimTo(failed, l.cron.Spec.FailedJobsHistoryLimit, 1)...)
}

// trimTo deletes the oldest until there are no more than the limit, and returns the others.
func (l *cronLook) trimTo(jobs []*object.Job, limit *int32, unset int32) []*object.Job {
	slices.SortStableFunc(jobs, func(a, b *object.Job) int {
		return cmp.Or(compareTimes(a.Status.StartTime, b.Status.StartTime), cmp.Compare(a.Name, b.Name))
	})
	n := max(0, len(jobs)-int(value(limit, unset)))
	for _, job := range jobs[:n] {
		if job.IsTerminating() {
			continue
		}
		if end := finished(job); end.Type == object.JobComplete {
			l.noteSuccess(job.Status.CompletionTime)
		}
		l.delete(job)
	}
	return jobs[n:]
}

// compareTimes puts what has no time last.
func compareTimes(a, b *pod.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(b.Time)
}

// delete asks for a Job's end, and that of its pods after it.
func (l *cronLook) delete(job *object.Job) {
	l.forget(job.UID)
	c := controller.Change{
		Kind: controller.Delete, Object: mention(job), About: l.about(),
		Event: event(normal, "SuccessfulDelete", "Deleted job %s", job.Name),
	}
	c.Delete.UID, c.Delete.Propagation = job.UID, object.DeletePropagationBackground
	l.plan.add(c)
}

func (l *cronLook) isActive(uid pod.UID) bool {
	return slices.ContainsFunc(l.status.Active, func(ref pod.ObjectReference) bool { return ref.UID == uid })
}

func (l *cronLook) forget(uid pod.UID) {
	l.status.Active = slices.DeleteFunc(l.status.Active, func(ref pod.ObjectReference) bool { return ref.UID == uid })
}

// write puts the status, if it says anything new, before the Job that is to be started.
func (l *cronLook) write() {
	if !sameCronStatus(&l.cron.Status, l.status) {
		next := l.cron.Clone()
		next.Status = *l.status
		l.plan.write(controller.UpdateStatus, next)
	}
	if l.started != nil {
		l.plan.add(controller.Change{
			Kind: controller.Create, Object: l.started, About: l.about(), Event: event(normal, "SuccessfulCreate", "Created job %s", l.started.Name),
			Refused: event(warning, "FailedCreate", "Error creating job: %s", controller.ErrorPlace),
		})
	}
}

func sameCronStatus(a, b *object.CronJobStatus) bool {
	same := func(s, t *pod.Time) bool { return s == t || s != nil && t != nil && s.Equal(*t) }
	return slices.Equal(a.Active, b.Active) && same(a.LastScheduleTime, b.LastScheduleTime) && same(a.LastSuccessfulTime, b.LastSuccessfulTime)
}

// about is the CronJob as an event speaks of it.
func (l *cronLook) about() *object.CronJob {
	return &object.CronJob{
		TypeMeta:   pod.TypeMeta{APIVersion: object.CronJobKind.APIVersion, Kind: object.CronJobKind.Name},
		ObjectMeta: pod.ObjectMeta{Namespace: l.cron.Namespace, Name: l.cron.Name, UID: l.cron.UID, ResourceVersion: l.cron.ResourceVersion},
	}
}

func reference(job *object.Job) pod.ObjectReference {
	return pod.ObjectReference{
		APIVersion: object.JobKind.APIVersion, Kind: object.JobKind.Name, Namespace: job.Namespace, Name: job.Name, UID: job.UID,
		ResourceVersion: job.ResourceVersion,
	}
}
