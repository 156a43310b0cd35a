package workload

import (
	"reflect"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// tell writes the status down, takes the finalizer off pods whose end stands in it, and ends the Job when all is counted.
//
// A pod is counted in two steps, so that it is counted once whatever fails in between. Its UID is in
// uncountedTerminatedPods before its finalizer goes; it is in succeeded or failed once the finalizer has gone.
func (l *jobLook) tell() {
	l.countReleased()
	release := l.settle()
	stopped := l.stopped(release)
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
	var event controller.Event
	if l.announced && len(release) == 0 && l.allCounted() && l.terminating == 0 && l.activeCount == 0 {
		event = l.finish()
	}
	l.write(event)
	for _, p := range release {
		l.plan.add(withoutFinalizer(p))
	}
	for _, p := range stopped {
		l.delete(p)
	}
	l.plan.Changes = append(l.plan.Changes, l.later...)
	if news || len(release) > 0 {
		l.plan.wakeAt(l.now)
	}
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

// settle enters ended pods as uncounted, and returns those that may lose their finalizer with this plan.
func (l *jobLook) settle() []*pod.Pod {
	var release []*pod.Pod
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
			break
		}
	}
	return release
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

// stopped are the pods at work of a Job that ends, once they are counted as far as they count.
func (l *jobLook) stopped(release []*pod.Pod) []*pod.Pod {
	if l.end == nil {
		return nil
	}
	released := map[pod.UID]bool{}
	for _, p := range release {
		released[p.UID] = true
	}
	var stopped []*pod.Pod
	for _, p := range l.active {
		if !l.removed[p.UID] && (released[p.UID] || !l.tracked(p)) {
			stopped = append(stopped, p)
		}
	}
	return stopped
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

// write asks for the status to be written, if it says anything new.
func (l *jobLook) write(event controller.Event) {
	was := l.job.Status
	if was.UncountedTerminatedPods == nil {
		was.UncountedTerminatedPods = &object.UncountedTerminatedPods{}
	}
	if reflect.DeepEqual(&was, l.status) {
		return
	}
	next := l.job.Clone()
	next.Status = *l.status
	l.plan.add(controller.Change{Kind: controller.UpdateStatus, Object: next, Event: event})
}
