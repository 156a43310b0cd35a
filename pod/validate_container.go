package pod

import (
	"strings"

	"github.com/podlife/podlife/naming"
)

// containers judges the app containers of a pod, of which there must be one.
// See https://kubernetes.io/docs/concepts/workloads/pods/#how-pods-manage-multiple-containers.
func (v *validator) containers(p path, list []Container) {
	if len(list) == 0 {
		v.required(p, "a pod has at least one container")
	}
	var names smallSet[string]
	for i := range list {
		at, c := p.at(i), &list[i]
		v.container(at, c)
		if !names.add(c.Name) {
			v.duplicate(at.field("name"), c.Name)
		}
		v.containerRestartPolicy(at, c)
		v.restartRules(at.field("restartPolicyRules"), c.RestartPolicyRules)
		v.lifecycle(at.field("lifecycle"), c.Lifecycle)
		v.containerProbes(at, c)
	}
	var ports smallSet[hostPort]
	for i := range list {
		at := p.at(i)
		v.hostPorts(at.field("ports"), list[i].Ports, &ports)
	}
}

// initContainers judges the containers that run before the app containers. Those with the restart policy Always are
// sidecars: they go on running, and may have probes and hooks as app containers do.
// See https://kubernetes.io/docs/concepts/workloads/pods/init-containers/.
func (v *validator) initContainers(p path, list []Container) {
	if len(list) == 0 {
		return
	}
	var names smallSet[string]
	for i := range v.spec.Containers {
		names.add(v.spec.Containers[i].Name)
	}
	for i := range list {
		at, c := p.at(i), &list[i]
		v.container(at, c)
		if names.has(c.Name) {
			v.duplicate(at.field("name"), c.Name)
		} else if c.Name != "" {
			names.add(c.Name)
		}
		v.initHostPorts(p, i, c.Ports)
		v.containerRestartPolicy(at, c)
		if c.RestartPolicy != nil {
			v.restartRules(at.field("restartPolicyRules"), c.RestartPolicyRules)
		}
		if c.IsSidecar() {
			v.lifecycle(at.field("lifecycle"), c.Lifecycle)
			v.containerProbes(at, c)
		} else {
			v.onlyForSidecars(at, c)
		}
	}
}

// onlyForSidecars judges what an ordinary init container may not have, as it is not kept running.
func (v *validator) onlyForSidecars(p path, c *Container) {
	const why = "needs restartPolicy Always on an init container"
	if c.LivenessProbe != nil {
		v.forbidden(p.field("livenessProbe"), why)
	}
	if c.ReadinessProbe != nil {
		v.forbidden(p.field("readinessProbe"), why)
	}
	if c.StartupProbe != nil {
		v.forbidden(p.field("startupProbe"), why)
	}
	if c.Lifecycle != nil {
		v.forbidden(p.field("lifecycle"), why)
	}
	if v.allow.initRestartContainer {
		return
	}
	policies := p.field("resizePolicy")
	for i := range c.ResizePolicy {
		if c.ResizePolicy[i].RestartPolicy == RestartContainer {
			at := policies.at(i)
			v.invalid(at.field("restartPolicy"), string(RestartContainer), why)
		}
	}
}

// container judges what all kinds of containers have in common. Names are compared by the caller.
func (v *validator) container(p path, c *Container) {
	if c.Name == "" {
		v.required(p.field("name"), "")
	} else {
		v.name(p.field("name"), c.Name, naming.DNS1123Label(c.Name))
	}
	v.requireText(p.field("image"), c.Image)
	v.containerPorts(p.field("ports"), c.Ports)
	v.envFrom(p.field("envFrom"), c.EnvFrom)
	v.env(p.field("env"), c.Env)
	v.containerResources(p.field("resources"), &c.Resources)
	v.resizePolicy(p.field("resizePolicy"), c.ResizePolicy)
	v.volumeMounts(p.field("volumeMounts"), c)
	v.volumeDevices(p.field("volumeDevices"), c)
	requireOneOf(v, p.field("terminationMessagePolicy"), c.TerminationMessagePolicy,
		TerminationMessageReadFile, TerminationMessageFallbackToLogsOnError)
	v.pullPolicy(p.field("imagePullPolicy"), c.ImagePullPolicy)
	v.containerSecurity(p.field("securityContext"), c)
}

// pullPolicy judges when an image is pulled.
func (v *validator) pullPolicy(p path, policy PullPolicy) {
	requireOneOf(v, p, policy, PullAlways, PullIfNotPresent, PullNever)
}

// imagesTrimmed judges that images have no space around them. A template may have them so, as it always could; the pods
// made from it then cannot be created.
func (v *validator) imagesTrimmed(p path, list []Container) {
	for i := range list {
		at := p.at(i)
		v.imageTrimmed(at.field("image"), list[i].Image)
	}
}

// imageTrimmed judges that an image has no space around it.
func (v *validator) imageTrimmed(p path, image string) {
	if strings.TrimSpace(image) != image {
		v.invalid(p, image, "no spaces before or after it")
	}
}

// Bounds of restart rules.
const (
	maxRestartRules = 20
	maxExitCodes    = 255
)

// containerRestartPolicy judges a container's own restart policy, which the rules that refine it need.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restart-rules.
func (v *validator) containerRestartPolicy(p path, c *Container) {
	switch {
	case c.RestartPolicy != nil:
		oneOf(v, p.field("restartPolicy"), *c.RestartPolicy, RestartPolicyAlways, RestartPolicyNever, RestartPolicyOnFailure)
	case len(c.RestartPolicyRules) > 0:
		v.required(p.field("restartPolicy"), "restartPolicyRules need it")
	}
}

// restartRules judges the rules of one container. The first that matches an exit code decides.
func (v *validator) restartRules(p path, rules []ContainerRestartRule) {
	if len(rules) > maxRestartRules {
		v.tooMany(p, len(rules), maxRestartRules)
	}
	for i := range rules {
		v.restartRule(p.at(i), &rules[i])
	}
}

// restartRule judges one restart rule.
func (v *validator) restartRule(p path, r *ContainerRestartRule) {
	oneOf(v, p.field("action"), r.Action, ContainerRestartRuleActionRestart, ContainerRestartRuleActionRestartAllContainers)
	codes := p.field("exitCodes")
	if r.ExitCodes == nil {
		v.required(codes, "")
		return
	}
	oneOf(v, codes.field("operator"), r.ExitCodes.Operator,
		ContainerRestartRuleOnExitCodesOpIn, ContainerRestartRuleOnExitCodesOpNotIn)
	if n := len(r.ExitCodes.Values); n > maxExitCodes {
		v.tooMany(codes.field("values"), n, maxExitCodes)
	}
}

// resizePolicy judges what a change of cpu or memory does to a container.
// See https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/.
func (v *validator) resizePolicy(p path, list []ContainerResizePolicy) {
	var seen smallSet[ResourceName]
	for i := range list {
		at, r := p.realAt(i), &list[i]
		if !seen.add(r.ResourceName) {
			item := p.at(i)
			v.duplicate(item.real("resourceName"), string(r.ResourceName))
		}
		requireOneOf(v, at.real("resourceName"), r.ResourceName, ResourceCPU, ResourceMemory)
		requireOneOf(v, at.real("restartPolicy"), r.RestartPolicy, NotRequired, RestartContainer)
		if v.spec.RestartPolicy == RestartPolicyNever && r.RestartPolicy != NotRequired {
			v.invalid(at.real("restartPolicy"), string(r.RestartPolicy), "want NotRequired in a pod that is never restarted")
		}
	}
}
