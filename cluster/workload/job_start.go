package workload

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// carryOn starts and stops pods of a Job that is not to end, and finds whether all completions are there.
func (l *jobLook) carryOn() {
	if !l.job.IsTerminating() {
		l.startAndStop()
	}
	enough := l.succeeded >= l.spec.completions
	if l.spec.completions < 0 {
		enough = l.succeeded > 0
	}
	switch {
	case enough && l.activeCount == 0:
		l.end = l.condition(object.JobSuccessCriteriaMet, pod.ConditionTrue, reasonCompletions, "Reached expected number of succeeded pods")
	case !l.job.IsTerminating():
		l.tellSuspension()
	}
}

// tellSuspension says that the Job is suspended or has been resumed. Its start time is that of the last resumption.
func (l *jobLook) tellSuspension() {
	if l.spec.suspended {
		if l.setCondition(l.condition(object.JobSuspended, pod.ConditionTrue, "JobSuspended", "Job suspended")) {
			l.plan.emit(mention(l.job), normal, "Suspended", "Job suspended")
			l.status.StartTime = nil
		}
		return
	}
	if l.setCondition(l.condition(object.JobSuspended, pod.ConditionFalse, "JobResumed", "Job resumed")) {
		l.plan.emit(mention(l.job), normal, "Resumed", "Job resumed")
		l.status.StartTime = new(stamp(l.now))
	}
}

// startAndStop brings the number of pods at work to what is wanted. A look either stops pods or starts some.
func (l *jobLook) startAndStop() {
	if l.spec.suspended {
		l.remove(l.surplus(len(l.active)))
		return
	}
	wanted := l.wanted()
	stop := l.surplus(max(0, int(l.activeCount-wanted)))
	if len(stop) > 0 {
		l.remove(stop[:min(len(stop), jobPodsAtOnce)])
		return
	}
	missing := wanted - l.activeCount
	if l.spec.patient {
		missing -= l.terminating
	}
	if missing <= 0 {
		return
	}
	if l.spec.perIndex < 0 {
		if wait := l.backoff.remaining(l.now); wait > 0 {
			l.plan.wakeAt(l.now.Add(max(wait, jobBatch)))
			return
		}
	}
	l.start(int(min(missing, jobPodsAtOnce)))
}

// wanted is how many pods are to be at work. A work queue starts no more once a pod has succeeded.
func (l *jobLook) wanted() int32 {
	if l.spec.completions < 0 {
		if l.succeeded > 0 {
			return l.activeCount
		}
		return l.spec.parallelism
	}
	return max(0, min(l.spec.completions-l.succeeded, l.spec.parallelism))
}

// start makes up to n pods.
func (l *jobLook) start(n int) {
	if !l.spec.indexed {
		for range n {
			l.create(unknownIndex)
		}
		return
	}
	for _, index := range l.startable(l.pending(n)) {
		l.create(index)
	}
}

// pending are the first n indexes that have neither ended nor a pod.
func (l *jobLook) pending(n int) []int {
	busy := l.completed.union(l.failedOnes, indexesOf(indexes(l.active)))
	if l.spec.patient {
		var leaving []int
		for _, p := range l.pods {
			if p.IsTerminating() && !p.Status.Phase.IsTerminal() && indexOf(p) != unknownIndex {
				leaving = append(leaving, indexOf(p))
			}
		}
		busy = busy.union(indexesOf(leaving))
	}
	return busy.missing(n, int(l.spec.completions))
}

// startable are those whose own back-off is over. If there are none it asks for a look when the first is.
func (l *jobLook) startable(indexes []int) []int {
	if l.spec.perIndex < 0 {
		return indexes
	}
	var now []int
	var soonest time.Duration
	for _, n := range indexes {
		wait := time.Duration(0)
		if p := l.last[n]; p != nil {
			wait = backoffLeft(int(failuresOf(p))+1, finishTime(p), l.now)
		}
		switch {
		case wait == 0:
			now = append(now, n)
		case soonest == 0 || wait < soonest:
			soonest = wait
		}
	}
	if len(now) == 0 && soonest > 0 {
		l.plan.wakeAt(l.now.Add(max(soonest, jobBatch)))
	}
	return now
}

// create makes one pod. After a refusal it comes at the end of the plan and is not yet counted, so that the counts are
// right even if it is refused again.
func (l *jobLook) create(index int) {
	c := making(l.newPod(index), mention(l.job))
	if l.refused {
		l.later = append(l.later, c)
		return
	}
	l.plan.add(c)
	l.activeCount++
}

// newPod is a pod out of the Job's template; for an index it says so in its name, host name, label, annotation and
// environment.
func (l *jobLook) newPod(index int) *pod.Pod {
	p := fromTemplate(&l.job.Spec.Template, object.JobKind, &l.job.ObjectMeta)
	if !hasFinalizer(&p.ObjectMeta, JobTrackingFinalizer) {
		p.Finalizers = append(p.Finalizers, JobTrackingFinalizer)
	}
	if p.Labels == nil {
		p.Labels = map[string]string{}
	}
	for label, value := range map[string]string{
		JobNameLabel: l.job.Name, legacyJobNameLabel: l.job.Name, JobUIDLabel: string(l.job.UID), legacyJobUIDLabel: string(l.job.UID),
	} {
		if _, set := p.Labels[label]; !set {
			p.Labels[label] = value
		}
	}
	if index != unknownIndex {
		l.giveIndex(p, index)
	}
	return p
}

func (l *jobLook) giveIndex(p *pod.Pod, index int) {
	n := strconv.Itoa(index)
	suffix := "-" + n + "-"
	p.GenerateName = l.job.Name[:min(len(l.job.Name), naming.GeneratedMax-naming.GeneratedSuffix-len(suffix))] + suffix
	p.Spec.Hostname = l.job.Name + "-" + n
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.Labels[JobIndexAnnotation], p.Annotations[JobIndexAnnotation] = n, n
	for _, list := range [][]pod.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			giveIndexVariable(&list[i])
		}
	}
	if l.spec.perIndex >= 0 {
		l.giveFailures(p, l.last[index])
	}
}

func giveIndexVariable(c *pod.Container) {
	if slices.ContainsFunc(c.Env, func(v pod.EnvVar) bool { return v.Name == jobIndexVariable }) {
		return
	}
	source := &pod.ObjectFieldSelector{FieldPath: "metadata.labels['" + JobIndexAnnotation + "']"}
	c.Env = append(c.Env, pod.EnvVar{Name: jobIndexVariable, ValueFrom: &pod.EnvVarSource{FieldRef: source}})
}

// giveFailures writes down how often the index has failed, its last pod included (KEP-3850).
func (l *jobLook) giveFailures(p, last *pod.Pod) {
	var failures, ignored int32
	if last != nil {
		failures, ignored = number(last, JobIndexFailures), number(last, JobIndexIgnoredFailures)
		if l.verdict(last).counts {
			failures++
		} else {
			ignored++
		}
	}
	p.Annotations[JobIndexFailures] = strconv.Itoa(int(failures))
	if ignored > 0 {
		p.Annotations[JobIndexIgnoredFailures] = strconv.Itoa(int(ignored))
	}
}

// surplus are the pods at work that are to go: those of an index that another has too or that is none, and then others, the
// least far on first, until there are n.
func (l *jobLook) surplus(n int) []*pod.Pod {
	var gone, left []*pod.Pod
	best := map[int]*pod.Pod{}
	for _, p := range l.active {
		if !l.spec.indexed {
			left = append(left, p)
			continue
		}
		index := indexOf(p)
		other := best[index]
		switch {
		case !l.validIndex(p):
			gone = append(gone, p)
		case other == nil:
			best[index] = p
		case lessFar(other, p) < 0:
			gone, best[index] = append(gone, other), p
		default:
			gone = append(gone, p)
		}
	}
	for _, p := range l.active {
		if l.spec.indexed && best[indexOf(p)] == p {
			left = append(left, p)
		}
	}
	if n > len(gone) {
		slices.SortStableFunc(left, lessFar)
		gone = append(gone, left[:n-len(gone)]...)
	}
	return gone
}

// lessFar orders pods at work: those first that are bound to no node, pending, not ready, ready for less time, restarted
// more often, younger.
func lessFar(a, b *pod.Pod) int {
	ready := func(p *pod.Pod) int {
		if isReady(p) {
			return 1
		}
		return 0
	}
	bound := func(p *pod.Pod) int { return min(len(p.Spec.NodeName), 1) }
	phase := func(p *pod.Pod) int {
		return slices.Index([]pod.Phase{pod.Pending, pod.Unknown, pod.Running}, p.Status.Phase)
	}
	since := func(p *pod.Pod) time.Time {
		if c := p.Status.Condition(pod.Ready); c != nil && c.Status == pod.ConditionTrue {
			return c.LastTransitionTime.Time
		}
		return time.Time{}
	}
	return cmp.Or(
		cmp.Compare(bound(a), bound(b)), cmp.Compare(phase(a), phase(b)), cmp.Compare(ready(a), ready(b)),
		since(b).Compare(since(a)), cmp.Compare(restarts(b), restarts(a)), b.CreationTimestamp.Compare(a.CreationTimestamp.Time),
	)
}

// restarts is the highest restart count of a pod's main containers.
func restarts(p *pod.Pod) int32 {
	n := int32(0)
	for i := range p.Status.ContainerStatuses {
		n = max(n, p.Status.ContainerStatuses[i].RestartCount)
	}
	return n
}

// remove takes pods away that are not to be counted.
func (l *jobLook) remove(pods []*pod.Pod) {
	for _, p := range pods {
		if l.tracked(p) {
			l.plan.write(controller.Update, withoutFinalizer(p))
		}
		l.removed[p.UID] = true
		l.leaving(p)
		l.delete(p)
	}
}

// delete asks for the pod's end.
func (l *jobLook) delete(p *pod.Pod) {
	c := controller.Change{
		Kind: controller.Delete, Object: &pod.Pod{TypeMeta: p.TypeMeta, ObjectMeta: pod.ObjectMeta{Namespace: p.Namespace, Name: p.Name, UID: p.UID}},
		About: mention(l.job), Event: controller.Event{Type: normal, Reason: "SuccessfulDelete", Message: "Deleted pod: " + p.Name},
	}
	c.Delete.UID = p.UID
	l.plan.add(c)
}

// leaving counts a pod at work as one that is being deleted.
func (l *jobLook) leaving(p *pod.Pod) {
	l.activeCount--
	l.terminating++
	if isReady(p) {
		l.ready--
	}
}

func hasFinalizer(m *pod.ObjectMeta, finalizer string) bool {
	return slices.Contains(m.Finalizers, finalizer)
}

// withoutFinalizer is a pod without the tracking finalizer.
func withoutFinalizer(p *pod.Pod) *pod.Pod {
	next := p.Clone()
	next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == JobTrackingFinalizer })
	return next
}

// letGo is a pod without its owner and without the finalizer by which the owner counts it.
func letGo(p *pod.Pod, owner pod.UID) *pod.Pod {
	next := withoutFinalizer(p)
	next.OwnerReferences = slices.DeleteFunc(next.OwnerReferences, func(ref pod.OwnerReference) bool { return ref.UID == owner })
	return next
}
