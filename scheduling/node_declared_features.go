package scheduling

import (
	"slices"

	"github.com/podlife/podlife/pod"
)

// Features of a node that a pod may need. See KEP-5328.
const (
	featureRestartAll   = "RestartAllContainersOnContainerExits"
	featureHostUsers    = "UserNamespacesHostNetworkSupport"
	featureMountOptions = "VolumeBindMountOptions"
)

// neededFeatures lists what the pod needs of a node.
func neededFeatures(to []string, s *pod.Spec) []string {
	if s.HostNetwork && s.HostUsers != nil && !*s.HostUsers {
		to = append(to, featureHostUsers)
	}
	restarts, options := false, false
	for role, c := range s.AllContainers() {
		for i := range c.RestartPolicyRules {
			restarts = restarts || role != pod.RoleEphemeral && c.RestartPolicyRules[i].Action == pod.ContainerRestartRuleActionRestartAllContainers
		}
		for i := range c.VolumeMounts {
			options = options || len(c.VolumeMounts[i].BindMountOptions) > 0
		}
	}
	if restarts {
		to = append(to, featureRestartAll)
	}
	if options {
		to = append(to, featureMountOptions)
	}
	return to
}

// filterFeatures keeps the pod to nodes that declare all that it needs.
func (c *cycle) filterFeatures(n *node) verdict {
	for _, feature := range c.features {
		if !slices.Contains(n.object.Status.DeclaredFeatures, feature) {
			return verdict{byNodeDeclaredFeatures, unresolvable, 1}
		}
	}
	return verdict{}
}
