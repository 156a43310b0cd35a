package workload

import (
	"reflect"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// tell writes the status down, and takes the finalizer off pods whose end stands in it. If that leaves something to count, or the Job is
// to end, it is the first half of a look, and the second is at once.
//
// A pod is counted in two steps, so that it is counted once whatever fails in between. Its UID is in
// uncountedTerminatedPods before its finalizer goes; it is in succeeded or failed once the finalizer has gone.
func (l *jobLook) tell() {
	l.countReleased()
	release, all := l.settle()
	stopped := l.stopped()
	for _, p := range stopped {
		l.leaving(p)
	}
	l.status.Active, l.status.Ready, l.status.Terminating = l.activeCount, &l.ready, &l.terminating
	if l.spec.indexed {
		l.tellIndexes()
	}
	news := l.end != nil && !l.announced
	if news {
		l.status.Conditions = append(l.status.Conditions, *l.end)
	}
	l.ends = l.end != nil && all && l.terminating == 0 && l.activeCount == 0
	var event controller.Event
	if l.ends && !news && len(release) == 0 && l.allCounted() {
		event = l.finish()
	}
	l.write(event)
	for _, p := range release {
		l.plan.write(controller.Update, withoutFinalizer(p))
	}
	for _, p := range stopped {
		l.delete(p)
	}
	l.plan.Changes = append(l.plan.Changes, l.later...)
	if l.half = news || len(release) > 0; l.half {
		l.wake = l.plan.Wake
		l.plan.wakeAt(l.now)
	}
}

// secondHalf counts the pods that have lost their finalizer by the first half of the look, and ends the Job if that is all there was to
// wait for. Whatever has changed since is left to the next look.
func (l *jobLook) secondHalf(first *jobMemo) controller.Plan {
	for p := range unsettled(l.view, l.job.UID) {
		l.pods = append(l.pods, p)
	}
	l.countReleased()
	l.end = jobEnd(l.status)
	var event controller.Event
	if first.ends && l.end != nil && l.allCounted() {
		event = l.finish()
	}
	l.write(event)
	l.plan.wakeAt(l.now.Add(jobBatch))
	if !first.wake.IsZero() {
		l.plan.wakeAt(first.wake)
	}
	l.plan.Memo = &jobMemo{uid: first.uid, backoff: first.backoff}
	return l.plan.Plan
}

// countReleased moves pods that have lost their finalizer from uncounted to the counts.
func (l *jobLook) countReleased() {
	held := map[pod.UID]bool{}
	for _, p := range l.pods {
		if l.tracked(p) {
			held[p.UID] = true
		}
	}
	u := l.status.UncountedTerminatedPods
	count := func(list []pod.UID, n *int32) []pod.UID {
		var left []pod.UID
		for _, uid := range list {
			if held[uid] {
				left = append(left, uid)
				continue
			}
			*n++
		}
		return left
	}
	u.Succeeded = count(u.Succeeded, &l.status.Succeeded)
	u.Failed = count(u.Failed, &l.status.Failed)
}

// settle enters ended pods as uncounted, and returns those that may lose their finalizer with this plan; all says that these are not
// as many as fit in a status.
func (l *jobLook) settle() (release []*pod.Pod, all bool) {
	u := l.status.UncountedTerminatedPods
	room := jobPodsAtOnce - len(u.Succeeded) - len(u.Failed)
	for _, p := range l.pods {
		if !l.tracked(p) || l.removed[p.UID] || !l.mayRelease(p) {
			continue
		}
		release = append(release, p)
		if l.enter(p) {
			room--
		}
		if room <= 0 {
			return release, false
		}
	}
	return release, true
}

// enter makes an ended pod an uncounted one, and reports whether it was not one before. An index that has succeeded is
// counted by its number and not by its pod. In a Job that fails, pods at work count as failed.
func (l *jobLook) enter(p *pod.Pod) bool {
	u := l.status.UncountedTerminatedPods
	failing := l.end != nil && l.end.Type == object.JobFailureTarget
	switch {
	case slices.Contains(u.Failed, p.UID) || slices.Contains(u.Succeeded, p.UID):
		return false
	case p.Status.Phase == pod.Succeeded && l.spec.indexed:
		return l.validIndex(p) && !l.counted.has(indexOf(p))
	case p.Status.Phase == pod.Succeeded:
		u.Succeeded = append(u.Succeeded, p.UID)
		return true
	case !l.failedPod(p) && !failing, l.spec.indexed && !l.validIndex(p), !l.verdict(p).counts:
		return false
	}
	u.Failed = append(u.Failed, p.UID)
	return true
}

// mayRelease reports whether the finalizer has served its purpose.
func (l *jobLook) mayRelease(p *pod.Pod) bool {
	switch {
	case l.job.IsTerminating(), l.end != nil, p.Status.Phase == pod.Succeeded:
		return true
	case !l.failedPod(p):
		return false
	}
	kept := l.last[indexOf(p)]
	return kept == nil || kept.UID != p.UID
}

// stopped are the pods at work of a Job that ends.
func (l *jobLook) stopped() []*pod.Pod {
	if l.end == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(l.active), func(p *pod.Pod) bool { return l.removed[p.UID] })
}

func (l *jobLook) tellIndexes() {
	l.status.CompletedIndexes = l.completed.String()
	l.status.Succeeded = int32(l.completed.count())
	l.status.FailedIndexes = nil
	if l.spec.perIndex >= 0 {
		failed := l.failedOnes.String()
		l.status.FailedIndexes = &failed
	}
}

func (l *jobLook) allCounted() bool {
	u := l.status.UncountedTerminatedPods
	return len(u.Succeeded)+len(u.Failed) == 0
}

// finish ends the Job, for the reason that was announced.
func (l *jobLook) finish() controller.Event {
	if l.end.Type == object.JobFailureTarget {
		l.setCondition(l.condition(object.JobFailed, pod.ConditionTrue, l.end.Reason, l.end.Message))
		return controller.Event{Type: warning, Reason: l.end.Reason, Message: l.end.Message}
	}
	l.setCondition(l.condition(object.JobComplete, pod.ConditionTrue, l.end.Reason, l.end.Message))
	l.status.CompletionTime = new(stamp(l.now))
	if l.spec.completions >= 0 && l.status.Succeeded > l.spec.completions {
		l.plan.emit(mention(l.job), warning, "TooManySucceededPods", "Too many succeeded pods running after completion count reached")
	}
	return controller.Event{Type: normal, Reason: "Completed", Message: "Job completed"}
}

// write asks for the status to be written, if it says anything new. Where it does not, the back-off stays what it was: a failure that is
// ignored and changes nothing leaves no trace.
func (l *jobLook) write(event controller.Event) {
	was := l.job.Status
	if was.UncountedTerminatedPods == nil {
		was.UncountedTerminatedPods = &object.UncountedTerminatedPods{}
	}
	if reflect.DeepEqual(&was, l.status) {
		l.backoff = l.before.unless(l.backoff)
		return
	}
	next := l.job.Clone()
	next.Status = *l.status
	l.plan.add(controller.Change{Kind: controller.UpdateStatus, Object: next, Event: event})
}
