package workload

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The reasons of a Deployment's conditions.
const (
	newReplicaSetCreated       = "NewReplicaSetCreated"
	foundNewReplicaSet         = "FoundNewReplicaSet"
	replicaSetUpdated          = "ReplicaSetUpdated"
	newReplicaSetAvailable     = "NewReplicaSetAvailable"
	progressDeadlineExceeded   = "ProgressDeadlineExceeded"
	replicaSetCreateError      = "ReplicaSetCreateError"
	deploymentPaused           = "DeploymentPaused"
	deploymentResumed          = "DeploymentResumed"
	minimumReplicasAvailable   = "MinimumReplicasAvailable"
	minimumReplicasUnavailable = "MinimumReplicasUnavailable"
)

// defaultProgressDeadline is used where progressDeadlineSeconds is not set.
const defaultProgressDeadline = 600

// hasDeadline reports whether progress is watched at all.
func (c *deploymentCall) hasDeadline() bool {
	return value(c.d.Spec.ProgressDeadlineSeconds, defaultProgressDeadline) != math.MaxInt32
}

func (c *deploymentCall) deadline() time.Duration {
	return time.Duration(value(c.d.Spec.ProgressDeadlineSeconds, defaultProgressDeadline)) * time.Second
}

func (c *deploymentCall) copyOfStatus() object.DeploymentStatus {
	status := c.d.Status
	status.Conditions = slices.Clone(status.Conditions)
	return status
}

// condition is the Deployment's own condition of a type, as it was; nil if there is none.
func (c *deploymentCall) condition(t object.DeploymentConditionType) *object.DeploymentCondition {
	return conditionOf(&c.d.Status, t)
}

func conditionOf(s *object.DeploymentStatus, t object.DeploymentConditionType) *object.DeploymentCondition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == t {
			return &s.Conditions[i]
		}
	}
	return nil
}

// set puts a condition in place of the one of its type, unless that says the same already. It keeps the time of the last
// transition where the status does not change.
func (c *deploymentCall) set(s *object.DeploymentStatus, next object.DeploymentCondition) {
	before := conditionOf(s, next.Type)
	if before != nil && before.Status == next.Status && before.Reason == next.Reason {
		return
	}
	c.replace(s, next)
}

func (c *deploymentCall) replace(s *object.DeploymentStatus, next object.DeploymentCondition) {
	if next.LastUpdateTime.IsZero() {
		next.LastUpdateTime, next.LastTransitionTime = stamp(c.request.Now), stamp(c.request.Now)
	}
	if before := conditionOf(s, next.Type); before != nil && before.Status == next.Status {
		next.LastTransitionTime = before.LastTransitionTime
	}
	remove(s, next.Type)
	s.Conditions = append(s.Conditions, next)
}

func remove(s *object.DeploymentStatus, t object.DeploymentConditionType) {
	s.Conditions = slices.DeleteFunc(s.Conditions, func(c object.DeploymentCondition) bool { return c.Type == t })
	if len(s.Conditions) == 0 {
		s.Conditions = nil
	}
}

func (c *deploymentCall) progress(s *object.DeploymentStatus, reason, format string, args ...any) {
	c.set(s, progressing(pod.ConditionTrue, reason, format, args...))
}

func (c *deploymentCall) failProgress(s *object.DeploymentStatus, reason, format string, args ...any) {
	c.set(s, progressing(pod.ConditionFalse, reason, format, args...))
}

func progressing(status pod.ConditionStatus, reason, format string, args ...any) object.DeploymentCondition {
	return object.DeploymentCondition{
		Type: object.DeploymentProgressing, Status: status, Reason: reason, Message: fmt.Sprintf(format, args...),
	}
}

// status counts the pods of the ReplicaSets as these report them, and says whether enough are available.
func (c *deploymentCall) status() object.DeploymentStatus {
	all := c.all()
	s := c.copyOfStatus()
	s.ObservedGeneration = c.d.Generation
	s.Replicas, s.ReadyReplicas, s.AvailableReplicas = sum(all, actualOf), sum(all, readyOf), sum(all, availableOf)
	s.UnavailableReplicas = max(0, sum(all, replicasOf)-s.AvailableReplicas)
	s.UpdatedReplicas = 0
	if c.latest != nil {
		s.UpdatedReplicas = c.latest.Status.Replicas
	}
	s.TerminatingReplicas = terminating(all)
	_, unavailable := c.bounds()
	enough := object.DeploymentCondition{
		Type: object.DeploymentAvailable, Status: pod.ConditionTrue,
		Reason: minimumReplicasAvailable, Message: "Deployment has minimum availability.",
	}
	if s.AvailableReplicas < c.wanted()-unavailable {
		enough.Status = pod.ConditionFalse
		enough.Reason, enough.Message = minimumReplicasUnavailable, "Deployment does not have minimum availability."
	}
	c.set(&s, enough)
	return s
}

// terminating adds up the pods on their way out; nil where a ReplicaSet does not count them.
func terminating(sets []*object.ReplicaSet) *int32 {
	var n int32
	for _, s := range sets {
		switch {
		case s.Status.TerminatingReplicas != nil:
			n += *s.Status.TerminatingReplicas
		case s.Status.ObservedGeneration != 0:
			return nil
		}
	}
	return &n
}

// rolloutStatus is the status with what is to be said of the rollout's progress.
func (c *deploymentCall) rolloutStatus() object.DeploymentStatus {
	s := c.status()
	before := c.condition(object.DeploymentProgressing)
	switch {
	case !c.hasDeadline():
		remove(&s, object.DeploymentProgressing)
	case s.Replicas == s.UpdatedReplicas && before != nil && before.Reason == newReplicaSetAvailable:
	case c.isComplete(&s):
		c.progress(&s, newReplicaSetAvailable, "%s has successfully progressed.", c.subject())
	case c.hasProgressed(&s):
		c.replace(&s, progressing(pod.ConditionTrue, replicaSetUpdated, "%s is progressing.", c.subject()))
	case c.hasTimedOut(&s):
		c.failProgress(&s, progressDeadlineExceeded, "%s has timed out progressing.", c.subject())
	}
	if failure := c.replicaFailure(); failure != nil {
		c.set(&s, *failure)
	} else {
		remove(&s, object.DeploymentReplicaFailure)
	}
	if reflect.DeepEqual(s, c.d.Status) {
		c.watchProgress(&s)
	}
	return s
}

// subject is what progresses, in the words of a condition's message.
func (c *deploymentCall) subject() string {
	if c.latest == nil {
		return fmt.Sprintf("Deployment %q", c.d.Name)
	}
	return fmt.Sprintf("ReplicaSet %q", c.latest.Name)
}

// isComplete reports whether, by s, all pods are of the new template and available, and no old ones are left.
func (c *deploymentCall) isComplete(s *object.DeploymentStatus) bool {
	n := c.wanted()
	return s.UpdatedReplicas == n && s.Replicas == n && s.AvailableReplicas == n && s.ObservedGeneration >= c.d.Generation
}

// hasProgressed reports whether s is further than the status of before.
func (c *deploymentCall) hasProgressed(s *object.DeploymentStatus) bool {
	was := &c.d.Status
	return s.UpdatedReplicas > was.UpdatedReplicas ||
		s.Replicas-s.UpdatedReplicas < was.Replicas-was.UpdatedReplicas ||
		s.ReadyReplicas > was.ReadyReplicas || s.AvailableReplicas > was.AvailableReplicas
}

func (c *deploymentCall) hasTimedOut(s *object.DeploymentStatus) bool {
	cond := conditionOf(s, object.DeploymentProgressing)
	switch {
	case cond == nil || cond.Reason == newReplicaSetAvailable:
		return false
	case cond.Reason == progressDeadlineExceeded:
		return true
	}
	return cut(cond.LastUpdateTime.Time).Add(c.deadline()).Before(c.request.Now)
}

// watchProgress has the next look a second after the deadline, while there is one to watch, and nothing to write, which leads to a look of
// its own. Within the last second it is looked at every few milliseconds until the deadline has passed.
func (c *deploymentCall) watchProgress(s *object.DeploymentStatus) {
	cond := conditionOf(s, object.DeploymentProgressing)
	if !c.hasDeadline() || cond == nil || cond.Reason == progressDeadlineExceeded || c.isComplete(s) {
		return
	}
	deadline, now := cut(cond.LastUpdateTime.Time).Add(c.deadline()), c.request.Now
	if rest := deadline.Sub(now); rest >= time.Second {
		c.plan.wakeAt(deadline.Add(time.Second))
	} else {
		c.plan.wakeAt(now.Add(max(0, rest)/retryDelay*retryDelay + retryDelay))
	}
}

// replicaFailure is the failure of a ReplicaSet to make pods, the latest's before those of the others; nil if none fails.
func (c *deploymentCall) replicaFailure() *object.DeploymentCondition {
	sets := c.old
	if c.latest != nil {
		sets = append([]*object.ReplicaSet{c.latest}, sets...)
	}
	for _, set := range sets {
		for _, x := range set.Status.Conditions {
			if x.Type == object.ReplicaSetReplicaFailure {
				return &object.DeploymentCondition{
					Type: object.DeploymentReplicaFailure, Status: x.Status, Reason: x.Reason, Message: x.Message,
					LastUpdateTime: x.LastTransitionTime, LastTransitionTime: x.LastTransitionTime,
				}
			}
		}
	}
	return nil
}

// notePause says that the Deployment is paused, or is so no longer, and reports whether there was something to write. Either
// restarts the clock of the progress deadline.
func (c *deploymentCall) notePause() bool {
	cond := c.condition(object.DeploymentProgressing)
	if !c.hasDeadline() || cond != nil && cond.Reason == progressDeadlineExceeded {
		return false
	}
	if noted := cond != nil && cond.Reason == deploymentPaused; noted == c.d.Spec.Paused {
		return false
	}
	reason, message := deploymentResumed, "Deployment is resumed"
	if c.d.Spec.Paused {
		reason, message = deploymentPaused, "Deployment is paused"
	}
	status := c.copyOfStatus()
	c.set(&status, progressing(pod.ConditionUnknown, reason, "%s", message))
	c.report(status)
	return true
}
