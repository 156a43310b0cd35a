package pod

// dropDisabledFields takes out of p what belongs to feature gates that are off by default in Kubernetes v1.37, but
// leaves the fields of a gate if old has any of them. For a new pod, old is empty.
// See https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/.
func (p *Pod) dropDisabledFields(old *Pod) {
	dropInitContainerAnnotations(p.Annotations)
	for _, fields := range disabledFields {
		if !fields(old, gateLook) {
			fields(p, gateEmpty)
		}
	}
}

// dropInitContainerAnnotations deletes the annotations that once stood for init containers.
func dropInitContainerAnnotations(annotations map[string]string) {
	for _, stage := range [...]string{"pod.alpha", "pod.beta"} {
		delete(annotations, stage+".kubernetes.io/init-containers")
		delete(annotations, stage+".kubernetes.io/init-container-statuses")
	}
}

// gateAccess says what is done with the fields of a gate.
type gateAccess uint8

const (
	gateLook  gateAccess = iota // leave them
	gateEmpty                   // empty them
)

// disabledFields visit, for each gate that is off, its fields, and report whether one was set.
var disabledFields = [...]func(p *Pod, do gateAccess) bool{
	emptyDirModes,      // EmptyDirVolumeMode
	bindMountOptions,   // VolumeBindMountOptions
	stopSignals,        // ContainerStopSignals
	httpProtocols,      // H2CContainerProbe
	grpcModes,          // GRPCContainerProbeTLS
	schedulingGroup,    // GenericWorkload
	evictionResponders, // EvictionRequestAPI
	volumeUsers,        // AtomicWriteVolumeUserFields
	imageVolumeDigests, // ImageVolumeWithDigest
	allocatableClaims,  // DRANodeAllocatableResources
	volumeHealth,       // CSIVolumeHealth
}

// visitPointer visits one field that is a pointer.
func visitPointer[T any](field **T, do gateAccess) (set bool) {
	set = *field != nil
	if do == gateEmpty {
		*field = nil
	}
	return set
}

// visitList visits one field that is a list.
func visitList[T any](field *[]T, do gateAccess) (set bool) {
	set = len(*field) > 0
	if do == gateEmpty {
		*field = nil
	}
	return set
}

func emptyDirModes(p *Pod, do gateAccess) (set bool) {
	for i := range p.Spec.Volumes {
		if e := p.Spec.Volumes[i].EmptyDir; e != nil {
			set = visitPointer(&e.Mode, do) || set
		}
	}
	return set
}

func bindMountOptions(p *Pod, do gateAccess) (set bool) {
	for _, c := range p.Spec.AllContainers() {
		for i := range c.VolumeMounts {
			set = visitList(&c.VolumeMounts[i].BindMountOptions, do) || set
		}
	}
	return set
}

// stopSignals leaves no lifecycle that is empty.
func stopSignals(p *Pod, do gateAccess) (set bool) {
	for _, c := range p.Spec.AllContainers() {
		if c.Lifecycle == nil || !visitPointer(&c.Lifecycle.StopSignal, do) {
			continue
		}
		set = true
		if *c.Lifecycle == (Lifecycle{}) {
			c.Lifecycle = nil
		}
	}
	return set
}

func httpProtocols(p *Pod, do gateAccess) (set bool) {
	visit := func(h *HTTPGetAction) {
		if h != nil {
			set = visitPointer(&h.Protocol, do) || set
		}
	}
	for _, c := range p.Spec.AllContainers() {
		for _, probe := range [...]*Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if probe != nil {
				visit(probe.HTTPGet)
			}
		}
		if c.Lifecycle == nil {
			continue
		}
		for _, hook := range [...]*LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
			if hook != nil {
				visit(hook.HTTPGet)
			}
		}
	}
	return set
}

func grpcModes(p *Pod, do gateAccess) (set bool) {
	for _, c := range p.Spec.AllContainers() {
		for _, probe := range [...]*Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if probe != nil && probe.GRPC != nil {
				set = visitPointer(&probe.GRPC.Mode, do) || set
			}
		}
	}
	return set
}

func schedulingGroup(p *Pod, do gateAccess) bool { return visitPointer(&p.Spec.SchedulingGroup, do) }

func evictionResponders(p *Pod, do gateAccess) bool { return visitList(&p.Spec.EvictionResponders, do) }

func volumeUsers(p *Pod, do gateAccess) (set bool) {
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if v.Secret != nil {
			set = visitPointer(&v.Secret.DefaultUser, do) || set
			set = keyUsers(v.Secret.Items, do) || set
		}
		if v.ConfigMap != nil {
			set = visitPointer(&v.ConfigMap.DefaultUser, do) || set
			set = keyUsers(v.ConfigMap.Items, do) || set
		}
		if v.DownwardAPI != nil {
			set = visitPointer(&v.DownwardAPI.DefaultUser, do) || set
			set = fileUsers(v.DownwardAPI.Items, do) || set
		}
		if v.Projected != nil {
			set = visitPointer(&v.Projected.DefaultUser, do) || set
			for j := range v.Projected.Sources {
				set = projectionUsers(&v.Projected.Sources[j], do) || set
			}
		}
	}
	return set
}

func projectionUsers(p *VolumeProjection, do gateAccess) (set bool) {
	if p.Secret != nil {
		set = keyUsers(p.Secret.Items, do) || set
	}
	if p.ConfigMap != nil {
		set = keyUsers(p.ConfigMap.Items, do) || set
	}
	if p.DownwardAPI != nil {
		set = fileUsers(p.DownwardAPI.Items, do) || set
	}
	if p.ServiceAccountToken != nil {
		set = visitPointer(&p.ServiceAccountToken.User, do) || set
	}
	if p.ClusterTrustBundle != nil {
		set = visitPointer(&p.ClusterTrustBundle.User, do) || set
	}
	if p.PodCertificate != nil {
		set = visitPointer(&p.PodCertificate.User, do) || set
	}
	return set
}

func keyUsers(items []KeyToPath, do gateAccess) (set bool) {
	for i := range items {
		set = visitPointer(&items[i].User, do) || set
	}
	return set
}

func fileUsers(items []DownwardAPIVolumeFile, do gateAccess) (set bool) {
	for i := range items {
		set = visitPointer(&items[i].User, do) || set
	}
	return set
}

func imageVolumeDigests(p *Pod, do gateAccess) (set bool) {
	s := &p.Status
	for _, statuses := range [...][]ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range statuses {
			for j := range statuses[i].VolumeMounts {
				set = visitPointer(&statuses[i].VolumeMounts[j].VolumeStatus, do) || set
			}
		}
	}
	return set
}

func allocatableClaims(p *Pod, do gateAccess) bool {
	return visitList(&p.Status.NodeAllocatableResourceClaimStatuses, do)
}

func volumeHealth(p *Pod, do gateAccess) bool { return visitList(&p.Status.VolumeHealth, do) }
