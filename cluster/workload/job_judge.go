package workload

import (
	"fmt"
	"slices"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Reasons and messages by which a Job ends.
const (
	reasonPodFailurePolicy = "PodFailurePolicy"
	reasonBackoffLimit     = "BackoffLimitExceeded"
	reasonDeadline         = "DeadlineExceeded"
	reasonMaxFailedIndexes = "MaxFailedIndexesExceeded"
	reasonFailedIndexes    = "FailedIndexes"
	reasonSuccessPolicy    = "SuccessPolicy"
	reasonCompletions      = "CompletionsReached"
)

// judge finds whether the Job is to end, by the first of these that holds: what was announced before, the failure policy,
// the back-off limit, the deadline, the failed indexes, the success policy. Whether all completions are there is seen later.
func (l *jobLook) judge() {
	if l.end = jobEnd(l.status); l.end != nil {
		l.announced = true
		return
	}
	for _, rule := range []func() (reason, message string){l.failedByPolicy, l.failedByLimit, l.failedByDeadline, l.failedByIndexes} {
		if reason, message := rule(); reason != "" {
			l.end = l.condition(object.JobFailureTarget, pod.ConditionTrue, reason, message)
			return
		}
	}
	if n, ok := l.succeededByPolicy(); ok {
		l.end = l.condition(object.JobSuccessCriteriaMet, pod.ConditionTrue, reasonSuccessPolicy, fmt.Sprintf("Matched rules at index %d", n))
	}
}

// jobEnd is the condition that announces the end of a Job, or nil.
func jobEnd(s *object.JobStatus) *object.JobCondition {
	for _, t := range []object.JobConditionType{object.JobSuccessCriteriaMet, object.JobFailureTarget} {
		if c := jobCondition(s, t); c != nil && c.Status == pod.ConditionTrue {
			return c
		}
	}
	return nil
}

func (l *jobLook) failedByPolicy() (reason, message string) {
	if l.job.Spec.PodFailurePolicy == nil {
		return "", ""
	}
	for _, p := range l.pods {
		if !l.failedPod(p) {
			continue
		}
		if v := l.verdict(p); v.action == object.PodFailurePolicyActionFailJob {
			return reasonPodFailurePolicy, v.message
		}
	}
	return "", ""
}

func (l *jobLook) failedByLimit() (reason, message string) {
	if l.failed > l.spec.limit || l.restartsPastLimit() {
		return reasonBackoffLimit, "Job has reached the specified backoff limit"
	}
	return "", ""
}

// restartsPastLimit reports, for restartPolicy OnFailure, whether the containers of pods at work have restarted too often.
func (l *jobLook) restartsPastLimit() bool {
	if l.job.Spec.Template.Spec.RestartPolicy != pod.RestartPolicyOnFailure {
		return false
	}
	n := int32(0)
	for _, p := range l.pods {
		if p.Status.Phase != pod.Running && p.Status.Phase != pod.Pending {
			continue
		}
		for _, s := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
			n += s.RestartCount
		}
	}
	return n >= max(l.spec.limit, 1)
}

// failedByDeadline counts from the start as the API keeps it, and asks for a look at the deadline.
func (l *jobLook) failedByDeadline() (reason, message string) {
	limit := l.job.Spec.ActiveDeadlineSeconds
	if limit == nil || l.spec.suspended || l.status.StartTime == nil {
		return "", ""
	}
	deadline := l.status.StartTime.Add(time.Duration(*limit) * time.Second)
	if !l.now.Before(deadline) {
		return reasonDeadline, "Job was active longer than specified deadline"
	}
	l.plan.wakeAt(deadline)
	return "", ""
}

func (l *jobLook) failedByIndexes() (reason, message string) {
	if l.spec.perIndex < 0 || !l.spec.indexed {
		return "", ""
	}
	failed := l.failedOnes.count()
	switch limit := l.job.Spec.MaxFailedIndexes; {
	case limit != nil && failed > int(*limit):
		return reasonMaxFailedIndexes, "Job has exceeded the specified maximal number of failed indexes"
	case failed > 0 && failed+l.completed.count() >= int(l.spec.completions):
		return reasonFailedIndexes, "Job has failed indexes"
	}
	return "", ""
}

// succeededByPolicy is the first rule of the success policy that holds (KEP-3998).
func (l *jobLook) succeededByPolicy() (rule int, ok bool) {
	policy := l.job.Spec.SuccessPolicy
	if policy == nil || !l.spec.indexed || len(l.completed) == 0 {
		return 0, false
	}
	for i := range policy.Rules {
		if l.meets(&policy.Rules[i]) {
			return i, true
		}
	}
	return 0, false
}

func (l *jobLook) meets(rule *object.SuccessPolicyRule) bool {
	if rule.SucceededIndexes == nil {
		return rule.SucceededCount != nil && l.completed.count() >= int(*rule.SucceededCount)
	}
	wanted := parseIndexes(*rule.SucceededIndexes, int(l.spec.completions))
	if len(wanted) == 0 {
		return false
	}
	n := wanted.common(l.completed)
	return n == wanted.count() || rule.SucceededCount != nil && n >= int(*rule.SucceededCount)
}

// verdict is what a Job's failure policy makes of a failed pod.
type verdict struct {
	// action is that of the rule that matches; empty where none does.
	action object.PodFailurePolicyAction
	// counts says that the failure counts against the back-off limit.
	counts bool
	// message goes with FailJob.
	message string
}

// verdict finds the first rule of the failure policy that matches (KEP-3329).
func (l *jobLook) verdict(p *pod.Pod) verdict {
	policy := l.job.Spec.PodFailurePolicy
	if policy == nil {
		return verdict{counts: true}
	}
	for i := range policy.Rules {
		rule := &policy.Rules[i]
		what := ruleMatch(rule, p)
		if what == "" {
			continue
		}
		return verdict{
			action: rule.Action, counts: rule.Action != object.PodFailurePolicyActionIgnore,
			message: fmt.Sprintf("%s matching %s rule at index %d", what, rule.Action, i),
		}
	}
	return verdict{counts: true}
}

// ruleMatch says in what the pod matches the rule; empty where it does not.
func ruleMatch(rule *object.PodFailurePolicyRule, p *pod.Pod) string {
	if rule.OnExitCodes != nil {
		s := exitMatch(rule.OnExitCodes, p)
		if s == nil {
			return ""
		}
		return fmt.Sprintf("Container %s for pod %s failed with exit code %d", s.Name, p.Key(), s.State.Terminated.ExitCode)
	}
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		for _, want := range rule.OnPodConditions {
			if c.Type == want.Type && (c.Status == want.Status || want.Status == "" && c.Status == pod.ConditionTrue) {
				return fmt.Sprintf("Pod %s has condition %s", p.Key(), c.Type)
			}
		}
	}
	return ""
}

// exitMatch is the first container, main ones before init ones, that ended with a code the requirement names. 0 is none.
func exitMatch(want *object.PodFailurePolicyOnExitCodesRequirement, p *pod.Pod) *pod.ContainerStatus {
	for _, list := range [][]pod.ContainerStatus{p.Status.ContainerStatuses, p.Status.InitContainerStatuses} {
		for i := range list {
			s := &list[i]
			t := s.State.Terminated
			if t == nil || t.ExitCode == 0 || want.ContainerName != nil && *want.ContainerName != s.Name {
				continue
			}
			if slices.Contains(want.Values, t.ExitCode) == (want.Operator == object.PodFailurePolicyOnExitCodesOpIn) {
				return s
			}
		}
	}
	return nil
}

// condition is a new condition of the Job, as of now.
func (l *jobLook) condition(t object.JobConditionType, s pod.ConditionStatus, reason, message string) *object.JobCondition {
	return &object.JobCondition{Type: t, Status: s, Reason: reason, Message: message, LastProbeTime: stamp(l.now), LastTransitionTime: stamp(l.now)}
}

func jobCondition(s *object.JobStatus, t object.JobConditionType) *object.JobCondition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == t {
			return &s.Conditions[i]
		}
	}
	return nil
}

// setCondition puts the condition in place of one of its type that says something else, and reports whether it did. One
// that is False is not new.
func (l *jobLook) setCondition(c *object.JobCondition) bool {
	was := jobCondition(l.status, c.Type)
	switch {
	case was == nil && c.Status == pod.ConditionFalse:
		return false
	case was == nil:
		l.status.Conditions = append(l.status.Conditions, *c)
		return true
	case was.Status == c.Status && was.Reason == c.Reason && was.Message == c.Message:
		return false
	}
	*was = *c
	return true
}
