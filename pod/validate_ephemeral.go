package pod

// ephemeralContainers judges the containers that were added to a running pod to look into it.
// See https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/.
func (v *validator) ephemeralContainers(p path, list []EphemeralContainer) {
	if len(list) == 0 {
		return
	}
	var names, targets smallSet[string]
	for _, others := range [...][]Container{v.spec.Containers, v.spec.InitContainers} {
		for i := range others {
			names.add(others[i].Name)
			targets.add(others[i].Name)
		}
	}
	for i := range list {
		at, e := p.at(i), &list[i]
		c := (*Container)(&e.EphemeralContainerCommon)
		v.container(at, c)
		v.imageTrimmed(at.field("image"), c.Image)
		if !names.add(c.Name) {
			v.duplicate(at.field("name"), c.Name)
		}
		if e.TargetContainerName != "" && !targets.has(e.TargetContainerName) {
			v.notFound(at.field("targetContainerName"), e.TargetContainerName, "want the name of another container of the pod")
		}
		v.notForEphemeral(at, c)
		v.noSubPaths(at.field("volumeMounts"), c.VolumeMounts)
	}
}

// notForEphemeral judges the fields of a container that an ephemeral one may not have; an empty list counts as set.
func (v *validator) notForEphemeral(p path, c *Container) {
	for _, f := range [...]struct {
		name string
		set  bool
	}{
		{"ports", c.Ports != nil},
		{"resources", c.Resources.Limits != nil || c.Resources.Requests != nil || c.Resources.Claims != nil},
		{"resizePolicy", c.ResizePolicy != nil},
		{"restartPolicy", c.RestartPolicy != nil},
		{"restartPolicyRules", c.RestartPolicyRules != nil},
		{"livenessProbe", c.LivenessProbe != nil},
		{"readinessProbe", c.ReadinessProbe != nil},
		{"startupProbe", c.StartupProbe != nil},
		{"lifecycle", c.Lifecycle != nil},
	} {
		if f.set {
			v.forbidden(p.field(f.name), "an ephemeral container has none")
		}
	}
}

// noSubPaths judges that whole volumes are mounted.
func (v *validator) noSubPaths(p path, mounts []VolumeMount) {
	const why = "an ephemeral container mounts whole volumes"
	for i := range mounts {
		at := p.at(i)
		if mounts[i].SubPath != "" {
			v.forbidden(at.field("subPath"), why)
		}
		if mounts[i].SubPathExpr != "" {
			v.forbidden(at.field("subPathExpr"), why)
		}
	}
}
