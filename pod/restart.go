package pod

import "slices"

// EffectiveRestartPolicy is the policy that holds for c in a pod with this policy, where no rule of c matches: c's
// own if it states one that exists, else the pod's; Always where neither does.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy.
func (c *Container) EffectiveRestartPolicy(podPolicy RestartPolicy) RestartPolicy {
	if c.RestartPolicy != nil {
		switch own := *c.RestartPolicy; own {
		case RestartPolicyAlways, RestartPolicyOnFailure, RestartPolicyNever:
			return own
		}
	}
	switch podPolicy {
	case RestartPolicyOnFailure, RestartPolicyNever:
		return podPolicy
	}
	return RestartPolicyAlways
}

// RestartRule is the first of c's rules that matches the exit code, nil if none does. It belongs to c.
//
// Rules are found even where c states no restart policy, which makes them without effect in ContainerShouldRestart but
// not for RestartAllContainers. See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restart-rules.
func (c *Container) RestartRule(exitCode int32) *ContainerRestartRule {
	for i := range c.RestartPolicyRules {
		if c.RestartPolicyRules[i].matches(exitCode) {
			return &c.RestartPolicyRules[i]
		}
	}
	return nil
}

// matches is false for a rule with no exit codes or an unknown operator.
func (r *ContainerRestartRule) matches(exitCode int32) bool {
	if r.ExitCodes == nil {
		return false
	}
	listed := slices.Contains(r.ExitCodes.Values, exitCode)
	switch r.ExitCodes.Operator {
	case ContainerRestartRuleOnExitCodesOpIn:
		return listed
	case ContainerRestartRuleOnExitCodesOpNotIn:
		return !listed
	}
	return false
}

// MatchedRestartAction is the action of the rule of c that matches the exit code, empty if none does.
func (c *Container) MatchedRestartAction(exitCode int32) ContainerRestartRuleAction {
	if rule := c.RestartRule(exitCode); rule != nil {
		return rule.Action
	}
	return ""
}

// ContainerShouldRestart reports whether c, having ended with this exit code, is started again: because a rule of c
// says so, or by its effective policy. Rules count only where c states a restart policy (KEP-5307).
//
// Whether a pod is being deleted, or its deadline has passed, is for the caller to know.
func ContainerShouldRestart(c *Container, podPolicy RestartPolicy, exitCode int32) bool {
	if c.RestartPolicy != nil {
		switch c.MatchedRestartAction(exitCode) {
		case ContainerRestartRuleActionRestart, ContainerRestartRuleActionRestartAllContainers:
			return true
		}
	}
	switch c.EffectiveRestartPolicy(podPolicy) {
	case RestartPolicyNever:
		return false
	case RestartPolicyOnFailure:
		return exitCode != 0
	}
	return true
}

// ContainerIsRestartable reports whether there is an exit code after which c by itself might be started again. A rule
// with the action RestartAllContainers does not count, and an own policy that does not exist does (KEP-5307).
func ContainerIsRestartable(c *Container, podPolicy RestartPolicy) bool {
	if c.RestartPolicy == nil {
		return podPolicy != RestartPolicyNever
	}
	return *c.RestartPolicy != RestartPolicyNever ||
		slices.ContainsFunc(c.RestartPolicyRules, func(r ContainerRestartRule) bool {
			return r.Action == ContainerRestartRuleActionRestart
		})
}

// AllContainersCouldRestart reports whether some init or main container has a rule that restarts all containers of the
// pod (KEP-5532). It is false for nil.
func AllContainersCouldRestart(s *Spec) bool {
	return s != nil && (anyRestartsAll(s.InitContainers) || anyRestartsAll(s.Containers))
}

func anyRestartsAll(list []Container) bool {
	for i := range list {
		for _, r := range list[i].RestartPolicyRules {
			if r.Action == ContainerRestartRuleActionRestartAllContainers {
				return true
			}
		}
	}
	return false
}
