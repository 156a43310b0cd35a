package pod

// Status is how a pod is, as its node last reported; before that, only what creation and scheduling set.
type Status struct {
	// metadata.generation of the spec that this status speaks of; 0 unknown.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	Phase              Phase `json:"phase,omitempty"`
	// One per type; the method Condition finds one.
	Conditions []Condition `json:"conditions,omitempty"`
	// For people.
	Message string `json:"message,omitempty"`
	// Why the pod as a whole failed; empty in ordinary life.
	Reason Reason `json:"reason,omitempty"`
	// Node on which room is being made by preemption.
	NominatedNodeName string `json:"nominatedNodeName,omitempty"`
	// Address of the node.
	HostIP string `json:"hostIP,omitempty"`
	// Both families; the first is HostIP.
	HostIPs []HostIP `json:"hostIPs,omitempty"`
	// Empty until the sandbox has one; it stays after the end.
	PodIP string `json:"podIP,omitempty"`
	// Both families; the first is PodIP.
	PodIPs []PodIP `json:"podIPs,omitempty"`
	// When the node took the pod on, before any image was pulled.
	StartTime *Time `json:"startTime,omitempty"`
	// In the order of the spec.
	InitContainerStatuses []ContainerStatus `json:"initContainerStatuses,omitempty"`
	// Sorted by name.
	ContainerStatuses []ContainerStatus `json:"containerStatuses,omitempty"`
	// Fixed at creation.
	QOSClass                   QOSClass          `json:"qosClass,omitempty"`
	EphemeralContainerStatuses []ContainerStatus `json:"ephemeralContainerStatuses,omitempty"`
	// Out of use; the resize conditions say it.
	Resize ResizeStatus `json:"resize,omitempty"`
	// Claims made from templates.
	ResourceClaimStatuses []PodResourceClaimStatus `json:"resourceClaimStatuses,omitempty"`
	// The claim that stands for extended resources, if any.
	ExtendedResourceClaimStatus *PodExtendedResourceClaimStatus `json:"extendedResourceClaimStatus,omitempty"`
	// What the node has set aside for the pod as a whole.
	AllocatedResources ResourceList `json:"allocatedResources,omitempty"`
	// What is in force for the pod as a whole.
	Resources *ResourceRequirements `json:"resources,omitempty"`
	// What claims take of the node's own cpu and memory.
	NodeAllocatableResourceClaimStatuses []NodeAllocatableResourceClaimStatus `json:"nodeAllocatableResourceClaimStatuses,omitempty"`
	// Only volumes with something to say.
	VolumeHealth []PodVolumeHealth `json:"volumeHealth,omitempty"`
}

// Phase is the state of a pod in one word. See
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase.
type Phase string

const (
	// Pending means accepted, but some container has not run yet.
	Pending Phase = "Pending"
	// Running means bound and created, and something runs or will be restarted.
	Running Phase = "Running"
	// Succeeded means all containers have ended with 0 and none will be restarted.
	Succeeded Phase = "Succeeded"
	// Failed means all containers have ended, some badly, and none will be restarted.
	Failed Phase = "Failed"
	// Unknown means that the node cannot be asked; it is no longer set.
	Unknown Phase = "Unknown"
)

// HostIP is one address of the node.
type HostIP struct {
	IP string `json:"ip"`
}

// PodIP is one address of the pod.
type PodIP struct {
	IP string `json:"ip"`
}

// QOSClass is how well a pod is treated when its node runs short.
type QOSClass string

const (
	// QOSGuaranteed is evicted last: requests equal limits everywhere.
	QOSGuaranteed QOSClass = "Guaranteed"
	// QOSBurstable lies between.
	QOSBurstable QOSClass = "Burstable"
	// QOSBestEffort is evicted first: no requests, no limits.
	QOSBestEffort QOSClass = "BestEffort"
)

// PodResourceClaimStatus tells which claim was made for an entry of spec.resourceClaims.
type PodResourceClaimStatus struct {
	// Name in spec.resourceClaims.
	Name string `json:"name"`
	// nil where none was needed.
	ResourceClaimName *string `json:"resourceClaimName,omitempty"`
}

// PodExtendedResourceClaimStatus is the claim made for extended resources that a device class backs.
type PodExtendedResourceClaimStatus struct {
	RequestMappings   []ContainerExtendedResourceRequest `json:"requestMappings"`
	ResourceClaimName string                             `json:"resourceClaimName"`
}

// ContainerExtendedResourceRequest ties one extended resource of a container to a request of the claim.
type ContainerExtendedResourceRequest struct {
	ContainerName string `json:"containerName"`
	ResourceName  string `json:"resourceName"`
	RequestName   string `json:"requestName"`
}

// NodeAllocatableResourceClaimStatus is what one claim takes of the node's own resources.
type NodeAllocatableResourceClaimStatus struct {
	ResourceClaimName string `json:"resourceClaimName"`
	// Names of the containers that use the claim.
	Containers []string                           `json:"containers,omitempty"`
	Mapping    []NodeAllocatableMappedResources   `json:"mapping,omitempty"`
	Overhead   []NodeAllocatableOverheadResources `json:"overhead,omitempty"`
}

// NodeAllocatableMappedResources is one resource that a claim provides.
type NodeAllocatableMappedResources struct {
	Name     ResourceName `json:"name"`
	Quantity *Quantity    `json:"quantity"`
}

// NodeAllocatableOverheadResources is what a claim costs beside what it provides.
type NodeAllocatableOverheadResources struct {
	Name ResourceName `json:"name"`
	// Once for the pod.
	PerPod *Quantity `json:"perPod,omitempty"`
	// For each container that uses the claim.
	PerContainer *Quantity `json:"perContainer,omitempty"`
}

// PodVolumeHealth is what ails one volume.
type PodVolumeHealth struct {
	// Name in spec.volumes.
	Name               string                  `json:"name"`
	HealthConditions   []VolumeHealthCondition `json:"healthConditions,omitempty"`
	LastTransitionTime Time                    `json:"lastTransitionTime,omitempty"`
}

// VolumeHealthCondition is one thing that ails a volume.
type VolumeHealthCondition struct {
	Status VolumeHealthStatusType `json:"status"`
	Reason Reason                 `json:"reason"`
	// For people.
	Message string `json:"message,omitempty"`
}

// VolumeHealthStatusType is how badly a volume is off.
type VolumeHealthStatusType string

const (
	// VolumeHealthInaccessible means that it cannot be read or written now.
	VolumeHealthInaccessible VolumeHealthStatusType = "Inaccessible"
	// VolumeHealthDataLoss means that content is gone.
	VolumeHealthDataLoss VolumeHealthStatusType = "DataLoss"
	// VolumeHealthDegraded means that it works, but not as it should.
	VolumeHealthDegraded VolumeHealthStatusType = "Degraded"
)
