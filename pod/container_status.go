package pod

// ContainerStatus is how one container is.
type ContainerStatus struct {
	Name  string         `json:"name"`
	State ContainerState `json:"state,omitempty"`
	// How the attempt before the current one ended; empty before the first restart.
	LastTerminationState ContainerState `json:"lastState,omitempty"`
	// Whether it may be sent work; for an ended init container, whether it succeeded.
	Ready bool `json:"ready"`
	// Attempts after the first.
	RestartCount int32 `json:"restartCount"`
	// What runs, which may be spelled otherwise than in the spec.
	Image string `json:"image"`
	// Digest of what runs; empty before the image is there.
	ImageID string `json:"imageID"`
	// RUNTIME://ID of the current attempt, or of the last.
	ContainerID string `json:"containerID,omitempty"`
	// postStart done and startup probe passed; always false once ended, nil for ephemeral containers.
	Started *bool `json:"started,omitempty"`
	// What the node has set aside.
	AllocatedResources ResourceList `json:"allocatedResources,omitempty"`
	// What is in force.
	Resources    *ResourceRequirements `json:"resources,omitempty"`
	VolumeMounts []VolumeMountStatus   `json:"volumeMounts,omitempty"`
	// Who the first process was started as.
	User *ContainerUser `json:"user,omitempty"`
	// Health of devices.
	AllocatedResourcesStatus []ResourceStatus `json:"allocatedResourcesStatus,omitempty"`
	// Signal that a stop will send.
	StopSignal *Signal `json:"stopSignal,omitempty"`
}

// ContainerState is exactly one of three; none at all counts as waiting.
type ContainerState struct {
	Waiting    *ContainerStateWaiting    `json:"waiting,omitempty"`
	Running    *ContainerStateRunning    `json:"running,omitempty"`
	Terminated *ContainerStateTerminated `json:"terminated,omitempty"`
}

// ContainerStateWaiting is a container that is to run but does not.
type ContainerStateWaiting struct {
	Reason Reason `json:"reason,omitempty"`
	// For people.
	Message string `json:"message,omitempty"`
}

// ContainerStateRunning is a container with a living process.
type ContainerStateRunning struct {
	StartedAt Time `json:"startedAt,omitempty"`
}

// ContainerStateTerminated is a container whose process has ended.
type ContainerStateTerminated struct {
	// 0 is success, 128+n death by signal n.
	ExitCode int32 `json:"exitCode"`
	// Seldom set; see ExitCode.
	Signal int32  `json:"signal,omitempty"`
	Reason Reason `json:"reason,omitempty"`
	// From the termination message file or the log.
	Message    string `json:"message,omitempty"`
	StartedAt  Time   `json:"startedAt,omitempty"`
	FinishedAt Time   `json:"finishedAt,omitempty"`
	// RUNTIME://ID of the attempt that ended.
	ContainerID string `json:"containerID,omitempty"`
}

// VolumeMountStatus is how a mount turned out.
type VolumeMountStatus struct {
	Name      string `json:"name"`
	MountPath string `json:"mountPath"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
	// What the node made of IfPossible: Disabled or Enabled.
	RecursiveReadOnly *RecursiveReadOnlyMode `json:"recursiveReadOnly,omitempty"`
	VolumeStatus      *VolumeStatus          `json:"volumeStatus,omitempty"`
}

// VolumeStatus is what one kind of volume has to tell.
type VolumeStatus struct {
	Image *ImageVolumeStatus `json:"image,omitempty"`
}

// ImageVolumeStatus tells which image a volume shows.
type ImageVolumeStatus struct {
	// Digest of the image.
	ImageRef string `json:"imageRef,omitempty"`
}

// ContainerUser is the identity of a container's first process.
type ContainerUser struct {
	// nil on other systems.
	Linux *LinuxContainerUser `json:"linux,omitempty"`
}

// LinuxContainerUser is that identity in numbers, as they were at the start.
type LinuxContainerUser struct {
	UID                int64   `json:"uid"`
	GID                int64   `json:"gid"`
	SupplementalGroups []int64 `json:"supplementalGroups,omitempty"`
}

// ResourceStatus is the health of one resource of a container.
type ResourceStatus struct {
	// A resource, or claim:NAME or claim:NAME/REQUEST.
	Name      ResourceName     `json:"name"`
	Resources []ResourceHealth `json:"resources,omitempty"`
}

// ResourceHealth is the health of one device.
type ResourceHealth struct {
	ResourceID ResourceID `json:"resourceID"`
	// Empty counts as Healthy.
	Health ResourceHealthStatus `json:"health,omitempty"`
	// For people, at most 1024 bytes.
	Message *string `json:"message,omitempty"`
}

// ResourceID names a device, in its driver's own terms.
type ResourceID string

// ResourceHealthStatus is a device's health.
type ResourceHealthStatus string

// What a device's driver may report.
const (
	ResourceHealthStatusHealthy   ResourceHealthStatus = "Healthy"
	ResourceHealthStatusUnhealthy ResourceHealthStatus = "Unhealthy"
	// ResourceHealthStatusUnknown means that the driver is not to be reached.
	ResourceHealthStatusUnknown ResourceHealthStatus = "Unknown"
)
