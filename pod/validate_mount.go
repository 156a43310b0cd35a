package pod

// volumeMounts judges where the volumes of the pod appear in a container. None is mounted and a device as well, and no
// path is both; of several devices of one volume only the path of the last counts.
// See https://kubernetes.io/docs/concepts/storage/volumes/.
func (v *validator) volumeMounts(p path, c *Container) {
	var seen, devices, devicePaths smallSet[string]
	for i := len(c.VolumeDevices) - 1; i >= 0; i-- {
		if d := &c.VolumeDevices[i]; devices.add(d.Name) {
			devicePaths.add(d.DevicePath)
		}
	}
	for i := range c.VolumeMounts {
		at, m := p.at(i), &c.VolumeMounts[i]
		v.requireText(at.field("name"), m.Name)
		volume := v.volumes.find(m.Name)
		if volume == nil {
			v.notFound(at.field("name"), m.Name, "want the name of a valid volume of the pod")
		}
		v.requireText(at.field("mountPath"), m.MountPath)
		if !seen.add(m.MountPath) {
			v.invalid(at.field("mountPath"), m.MountPath, "must be unique in the container")
		}
		v.notBoth(at.field("name"), m.Name, &devices, "is among volumeDevices as well")
		v.notBoth(at.field("mountPath"), m.MountPath, &devicePaths, "is a path of volumeDevices as well")
		v.mountOptions(p.realAt(i), m, c)
		v.mountSubPathOnce(at, m)
		v.bindMountOptions(at.field("bindMountOptions"), m.BindMountOptions, volume)
	}
}

// notBoth judges that a value is not among others.
func (v *validator) notBoth(p path, value string, others *smallSet[string], detail string) {
	if others.has(value) {
		v.invalid(p, value, detail)
	}
}

// mountOptions judges how a volume is mounted. Kubernetes' paths leave out which mount it is.
func (v *validator) mountOptions(p path, m *VolumeMount, c *Container) {
	if m.SubPath != "" {
		v.relativePath(p.field("subPath"), m.SubPath)
	}
	if m.SubPathExpr != "" {
		v.relativePath(p.field("subPathExpr"), m.SubPathExpr)
	}
	if m.MountPropagation != nil {
		v.mountPropagation(p.field("mountPropagation"), *m.MountPropagation, c)
	}
	if m.RecursiveReadOnly != nil {
		v.recursiveReadOnly(p.field("recursiveReadOnly"), m)
	}
}

// mountSubPathOnce judges that a path inside the volume is given in one way.
func (v *validator) mountSubPathOnce(p path, m *VolumeMount) {
	if m.SubPath != "" && m.SubPathExpr != "" {
		v.invalid(p.field("subPathExpr"), m.SubPathExpr, "not together with subPath")
	}
}

// mountPropagation judges whether mounts made on one side appear on the other.
// See https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation.
func (v *validator) mountPropagation(p path, mode MountPropagationMode, c *Container) {
	oneOf(v, p, mode, MountPropagationBidirectional, MountPropagationHostToContainer, MountPropagationNone)
	if mode == MountPropagationBidirectional && !c.SecurityContext.isPrivileged() {
		v.forbidden(p, "Bidirectional needs a privileged container")
	}
}

// recursiveReadOnly judges a mount that is read-only with all mounts below it.
// See https://kubernetes.io/docs/concepts/storage/volumes/#recursive-read-only-mounts.
func (v *validator) recursiveReadOnly(p path, m *VolumeMount) {
	switch mode := *m.RecursiveReadOnly; mode {
	case RecursiveReadOnlyDisabled:
	case RecursiveReadOnlyEnabled, RecursiveReadOnlyIfPossible:
		if !m.ReadOnly {
			v.forbidden(p, "needs readOnly")
		}
		if m.MountPropagation != nil && *m.MountPropagation != MountPropagationNone {
			v.forbidden(p, "needs the mountPropagation None")
		}
	default:
		notSupported(v, p, mode, RecursiveReadOnlyDisabled, RecursiveReadOnlyIfPossible, RecursiveReadOnlyEnabled)
	}
}

// bindMountOptions judges extra options of a mount, which an image does not take.
func (v *validator) bindMountOptions(p path, options []string, volume *Volume) {
	if len(options) == 0 {
		return
	}
	var seen smallSet[string]
	for i, o := range options {
		oneOf(v, p.at(i), o, "nodev", "noexec", "nosuid")
		if !seen.add(o) {
			v.duplicate(p.at(i), o)
		}
	}
	if volume != nil && volume.Image != nil {
		v.invalid(p, options[0], "an image volume takes none")
	}
}

// volumeDevices judges which volumes of the pod a container sees as block devices. Again none is mounted as well; of
// several mounts of one volume only the path of the last counts.
// See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#raw-block-volume-support.
func (v *validator) volumeDevices(p path, c *Container) {
	if len(c.VolumeDevices) == 0 {
		return
	}
	if v.userNamespace() && !v.allow.userNamespaceVolumeDevices {
		v.forbidden(p, "not where hostUsers is false")
	}
	var names, paths, mounts, mountPaths smallSet[string]
	for i := len(c.VolumeMounts) - 1; i >= 0; i-- {
		if m := &c.VolumeMounts[i]; mounts.add(m.Name) {
			mountPaths.add(m.MountPath)
		}
	}
	for i := range c.VolumeDevices {
		at, d := p.at(i), &c.VolumeDevices[i]
		v.requireText(at.field("name"), d.Name)
		if d.Name != "" && !names.add(d.Name) {
			v.invalid(at.field("name"), d.Name, "must be unique in the container")
		}
		v.deviceVolume(at.field("name"), d.Name)
		v.requireText(at.field("devicePath"), d.DevicePath)
		if paths.has(d.DevicePath) {
			v.invalid(at.field("devicePath"), d.DevicePath, "must be unique in the container")
		}
		if hasBackstep(d.DevicePath) {
			v.invalid(at.field("devicePath"), d.DevicePath, `want no ".." in it`)
		} else {
			paths.add(d.DevicePath)
		}
		v.notBoth(at.field("name"), d.Name, &mounts, "is among volumeMounts as well")
		v.notBoth(at.field("devicePath"), d.DevicePath, &mountPaths, "is a path of volumeMounts as well")
	}
}

// deviceVolume judges that a volume exists and can be a block device.
func (v *validator) deviceVolume(p path, name string) {
	switch volume := v.volumes.find(name); {
	case volume == nil:
		v.notFound(p, name, "want the name of a valid volume of the pod")
	case volume.PersistentVolumeClaim == nil && volume.Ephemeral == nil:
		v.invalid(p, name, "want a persistentVolumeClaim or ephemeral volume")
	}
}
