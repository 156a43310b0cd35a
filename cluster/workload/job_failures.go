package workload

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// jobFailures is the back-off of a Job: how many pods have failed since one last succeeded, and when the last did.
type jobFailures struct {
	count int
	last  time.Time
	// seen are the ended pods in count that are still to be seen, so that none counts twice.
	seen map[pod.UID]bool
}

// observe takes in pods that have ended and are not yet in the Job's status. A success forgets the failures before it. The last
// failure is that of the pods that are new, even where one before them has failed later.
func (f jobFailures) observe(succeeded, failed []*pod.Pod) jobFailures {
	seen := make(map[pod.UID]bool, len(succeeded)+len(failed))
	var success time.Time
	for _, p := range succeeded {
		seen[p.UID] = true
		if t := finishTime(p); !f.seen[p.UID] && t.After(success) {
			success = t
		}
	}
	if !success.IsZero() {
		f.count, f.last = 0, time.Time{}
	}
	var last time.Time
	for _, p := range failed {
		seen[p.UID] = true
		t := finishTime(p)
		if f.seen[p.UID] || !success.IsZero() && !t.After(success) {
			continue
		}
		f.count++
		if t.After(last) {
			f.last, last = t, t
		}
	}
	f.seen = seen
	return f
}

// unless is f where nothing of what came after it was written down; of the pods in its count those are still seen that are seen then.
func (f jobFailures) unless(after jobFailures) jobFailures {
	seen := map[pod.UID]bool{}
	for uid := range f.seen {
		if after.seen[uid] {
			seen[uid] = true
		}
	}
	f.seen = seen
	return f
}

// failuresAgain finds the back-off of a Job from its pods that are counted.
func failuresAgain(v controller.View, job *object.Job) jobFailures {
	uncounted := map[pod.UID]bool{}
	if u := job.Status.UncountedTerminatedPods; u != nil {
		for _, uid := range u.Failed {
			uncounted[uid] = true
		}
	}
	var succeeded, failed []*pod.Pod
	for o := range v.Owned(object.PodKind, job.UID) {
		p := o.(*pod.Pod)
		switch counted := !hasFinalizer(&p.ObjectMeta, JobTrackingFinalizer) || uncounted[p.UID]; {
		case !counted:
		case p.Status.Phase == pod.Succeeded:
			succeeded = append(succeeded, p)
		case p.Status.Phase == pod.Failed || p.IsTerminating():
			failed = append(failed, p)
		}
	}
	return jobFailures{}.observe(succeeded, failed)
}

// remaining is how much of the back-off is left.
func (f jobFailures) remaining(now time.Time) time.Duration {
	return backoffLeft(f.count, f.last, now)
}

// backoffLeft is what is left at now of the back-off after so many failures, the last of them at last.
func backoffLeft(failures int, last, now time.Time) time.Duration {
	if failures == 0 {
		return 0
	}
	wait := jobBackoff
	for i := 1; i < failures && wait < jobBackoffMax; i++ {
		wait *= 2
	}
	return max(0, min(wait, jobBackoffMax)-now.Sub(last))
}

// finishTime is when a pod ended, in whole seconds: when the last of its containers did; else when it was last ready; else
// when it was deleted; else, for want of anything better, when it was created.
func finishTime(p *pod.Pod) time.Time {
	t, ok := containersEnd(p)
	if !ok {
		switch c := p.Status.Condition(pod.Ready); {
		case c != nil && c.Status == pod.ConditionFalse && !c.LastTransitionTime.IsZero():
			t = c.LastTransitionTime.Time
		case p.DeletionTimestamp != nil:
			t = p.DeletionTimestamp.Time
			if g := p.DeletionGracePeriodSeconds; g != nil {
				t = t.Add(-time.Duration(*g) * time.Second)
			}
		default:
			t = p.CreationTimestamp.Time
		}
	}
	return cut(t)
}

// containersEnd is when the last container or sidecar of a pod ended; false while one has not.
func containersEnd(p *pod.Pod) (last time.Time, ok bool) {
	sidecars := map[string]bool{}
	for role, c := range p.Spec.AllContainers() {
		if role == pod.RoleSidecar {
			sidecars[c.Name] = true
		}
	}
	take := func(s *pod.ContainerStatus) bool {
		if s.State.Terminated == nil || s.State.Terminated.FinishedAt.IsZero() {
			return false
		}
		if t := s.State.Terminated.FinishedAt.Time; t.After(last) {
			last = t
		}
		return true
	}
	for i := range p.Status.ContainerStatuses {
		if !take(&p.Status.ContainerStatuses[i]) {
			return time.Time{}, false
		}
	}
	for i := range p.Status.InitContainerStatuses {
		if s := &p.Status.InitContainerStatuses[i]; sidecars[s.Name] && !take(s) {
			return time.Time{}, false
		}
	}
	return last, !last.IsZero()
}
