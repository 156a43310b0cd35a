package clustertest

import (
	"slices"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// state is what is taken down of an object; nil for a kind of which nothing is.
func (r *recorder) state(o object.Object) map[string]any {
	var s map[string]any
	switch o := o.(type) {
	case *object.Node:
		s = nodeState(o)
	case *object.Deployment:
		s = r.deploymentState(o)
	case *object.ReplicaSet:
		s = r.replicaSetState(o)
	case *object.StatefulSet:
		s = r.statefulSetState(o)
	case *object.DaemonSet:
		s = daemonSetState(o)
	case *object.ControllerRevision:
		s = map[string]any{"owner": r.ownerOf(o), "revision": o.Revision}
	case *object.Job:
		s = r.jobState(o)
	case *object.CronJob:
		s = r.cronJobState(o)
	case *object.PodDisruptionBudget:
		s = r.budgetState(o)
	default:
		return nil
	}
	if m := o.Meta(); m.DeletionTimestamp != nil {
		s["deleting"] = true
		s["finalizers"] = append([]string{}, m.Finalizers...)
	}
	return s
}

func nodeState(n *object.Node) map[string]any {
	taints := []string{}
	for _, t := range n.Spec.Taints {
		text := t.Key
		if t.Value != "" {
			text += "=" + t.Value
		}
		taints = append(taints, text+":"+string(t.Effect))
	}
	slices.Sort(taints)
	s := map[string]any{"unschedulable": n.Spec.Unschedulable, "taints": taints}
	for _, c := range n.Status.Conditions {
		if c.Type == object.NodeReady {
			s["ready"] = conditionState(string(c.Type), c.Status, c.Reason, c.Message)
		}
	}
	return s
}

func conditionState(name string, status pod.ConditionStatus, reason, message string) map[string]any {
	s := map[string]any{"type": name, "status": string(status), "reason": reason}
	if message != "" {
		s["message"] = message
	}
	return s
}

const revisionAnnotation = "deployment.kubernetes.io/revision"

func (r *recorder) deploymentState(d *object.Deployment) map[string]any {
	conditions := []any{}
	for _, c := range d.Status.Conditions {
		conditions = append(conditions, conditionState(string(c.Type), c.Status, c.Reason, r.names.text(c.Message)))
	}
	return map[string]any{
		"generation": d.Generation, "observedGeneration": d.Status.ObservedGeneration, "revision": d.Annotations[revisionAnnotation],
		"spec.replicas": d.Spec.Replicas, "paused": d.Spec.Paused, "replicas": d.Status.Replicas, "updated": d.Status.UpdatedReplicas,
		"ready": d.Status.ReadyReplicas, "available": d.Status.AvailableReplicas, "unavailable": d.Status.UnavailableReplicas,
		"terminating": d.Status.TerminatingReplicas, "conditions": conditions,
	}
}

func (r *recorder) replicaSetState(s *object.ReplicaSet) map[string]any {
	conditions := []any{}
	for _, c := range s.Status.Conditions {
		conditions = append(conditions, conditionState(string(c.Type), c.Status, c.Reason, r.names.text(c.Message)))
	}
	image := ""
	if len(s.Spec.Template.Spec.Containers) > 0 {
		image = s.Spec.Template.Spec.Containers[0].Image
	}
	return map[string]any{
		"owner": r.ownerOf(s), "revision": s.Annotations[revisionAnnotation],
		"revisionHistory": s.Annotations["deployment.kubernetes.io/revision-history"], "image": image, "spec.replicas": s.Spec.Replicas,
		"observedGeneration": s.Status.ObservedGeneration, "replicas": s.Status.Replicas, "fullyLabeled": s.Status.FullyLabeledReplicas,
		"ready": s.Status.ReadyReplicas, "available": s.Status.AvailableReplicas, "terminating": s.Status.TerminatingReplicas,
		"conditions": conditions,
	}
}

func (r *recorder) statefulSetState(s *object.StatefulSet) map[string]any {
	return map[string]any{
		"generation": s.Generation, "observedGeneration": s.Status.ObservedGeneration, "spec.replicas": s.Spec.Replicas,
		"replicas": s.Status.Replicas, "ready": s.Status.ReadyReplicas, "available": s.Status.AvailableReplicas,
		"current": s.Status.CurrentReplicas, "updated": s.Status.UpdatedReplicas,
		"currentRevision": r.names.text(s.Status.CurrentRevision), "updateRevision": r.names.text(s.Status.UpdateRevision),
	}
}

func daemonSetState(s *object.DaemonSet) map[string]any {
	return map[string]any{
		"generation": s.Generation, "observedGeneration": s.Status.ObservedGeneration, "desired": s.Status.DesiredNumberScheduled,
		"current": s.Status.CurrentNumberScheduled, "misscheduled": s.Status.NumberMisscheduled, "ready": s.Status.NumberReady,
		"updated": s.Status.UpdatedNumberScheduled, "available": s.Status.NumberAvailable, "unavailable": s.Status.NumberUnavailable,
	}
}

func (r *recorder) jobState(j *object.Job) map[string]any {
	conditions := []any{}
	for _, c := range j.Status.Conditions {
		conditions = append(conditions, conditionState(string(c.Type), c.Status, c.Reason, r.names.text(c.Message)))
	}
	uncounted := 0
	if u := j.Status.UncountedTerminatedPods; u != nil {
		uncounted = len(u.Succeeded) + len(u.Failed)
	}
	return map[string]any{
		"owner": r.ownerOf(j), "parallelism": j.Spec.Parallelism, "completions": j.Spec.Completions,
		"suspend": j.Spec.Suspend != nil && *j.Spec.Suspend, "active": j.Status.Active, "ready": j.Status.Ready,
		"terminating": j.Status.Terminating, "succeeded": j.Status.Succeeded, "failed": j.Status.Failed, "uncounted": uncounted,
		"completedIndexes": j.Status.CompletedIndexes, "failedIndexes": j.Status.FailedIndexes, "startTime": r.second(j.Status.StartTime),
		"completionTime": r.second(j.Status.CompletionTime), "conditions": conditions,
	}
}

func (r *recorder) cronJobState(c *object.CronJob) map[string]any {
	active := []string{}
	for _, ref := range c.Status.Active {
		active = append(active, r.names.text(ref.Name))
	}
	return map[string]any{
		"suspend": c.Spec.Suspend != nil && *c.Spec.Suspend, "active": active,
		"lastScheduleTime": r.second(c.Status.LastScheduleTime), "lastSuccessfulTime": r.second(c.Status.LastSuccessfulTime),
	}
}

func (r *recorder) budgetState(b *object.PodDisruptionBudget) map[string]any {
	conditions := []any{}
	for _, c := range b.Status.Conditions {
		conditions = append(conditions, conditionState(c.Type, c.Status, c.Reason, c.Message))
	}
	return map[string]any{
		"observedGeneration": b.Status.ObservedGeneration, "expectedPods": b.Status.ExpectedPods,
		"desiredHealthy": b.Status.DesiredHealthy, "currentHealthy": b.Status.CurrentHealthy,
		"disruptionsAllowed": b.Status.DisruptionsAllowed, "disruptedPods": len(b.Status.DisruptedPods), "conditions": conditions,
	}
}

// second is a time that the API has cut to seconds, as seconds since the beginning.
func (r *recorder) second(t *pod.Time) any {
	if t == nil {
		return nil
	}
	return int64(t.Truncate(time.Second).Sub(r.start.Truncate(time.Second)) / time.Second)
}
