package pod

type Status struct {
	ObservedGeneration                   int64                                `json:"observedGeneration,omitempty"`
	Phase                                Phase                                `json:"phase,omitempty"`
	Conditions                           []Condition                          `json:"conditions,omitempty"`
	Message                              string                               `json:"message,omitempty"`
	Reason                               Reason                               `json:"reason,omitempty"`
	NominatedNodeName                    string                               `json:"nominatedNodeName,omitempty"`
	HostIP                               string                               `json:"hostIP,omitempty"`
	HostIPs                              []HostIP                             `json:"hostIPs,omitempty"`
	PodIP                                string                               `json:"podIP,omitempty"`
	PodIPs                               []PodIP                              `json:"podIPs,omitempty"`
	StartTime                            *Time                                `json:"startTime,omitempty"`
	InitContainerStatuses                []ContainerStatus                    `json:"initContainerStatuses,omitempty"`
	ContainerStatuses                    []ContainerStatus                    `json:"containerStatuses,omitempty"`
	QOSClass                             QOSClass                             `json:"qosClass,omitempty"`
	EphemeralContainerStatuses           []ContainerStatus                    `json:"ephemeralContainerStatuses,omitempty"`
	Resize                               ResizeStatus                         `json:"resize,omitempty"`
	ResourceClaimStatuses                []PodResourceClaimStatus             `json:"resourceClaimStatuses,omitempty"`
	ExtendedResourceClaimStatus          *PodExtendedResourceClaimStatus      `json:"extendedResourceClaimStatus,omitempty"`
	AllocatedResources                   ResourceList                         `json:"allocatedResources,omitempty"`
	Resources                            *ResourceRequirements                `json:"resources,omitempty"`
	NodeAllocatableResourceClaimStatuses []NodeAllocatableResourceClaimStatus `json:"nodeAllocatableResourceClaimStatuses,omitempty"`
	VolumeHealth                         []PodVolumeHealth                    `json:"volumeHealth,omitempty"`
}

type Phase string

const (
	Pending   Phase = "Pending"
	Running   Phase = "Running"
	Succeeded Phase = "Succeeded"
	Failed    Phase = "Failed"
	Unknown   Phase = "Unknown"
)

type HostIP struct {
	IP string `json:"ip"`
}

type PodIP struct {
	IP string `json:"ip"`
}

type QOSClass string

const (
	QOSGuaranteed QOSClass = "Guaranteed"
	QOSBurstable  QOSClass = "Burstable"
	QOSBestEffort QOSClass = "BestEffort"
)

type PodResourceClaimStatus struct {
	Name              string  `json:"name"`
	ResourceClaimName *string `json:"resourceClaimName,omitempty"`
}

type PodExtendedResourceClaimStatus struct {
	RequestMappings   []ContainerExtendedResourceRequest `json:"requestMappings"`
	ResourceClaimName string                             `json:"resourceClaimName"`
}

type ContainerExtendedResourceRequest struct {
	ContainerName string `json:"containerName"`
	ResourceName  string `json:"resourceName"`
	RequestName   string `json:"requestName"`
}

type NodeAllocatableResourceClaimStatus struct {
	ResourceClaimName string                             `json:"resourceClaimName"`
	Containers        []string                           `json:"containers,omitempty"`
	Mapping           []NodeAllocatableMappedResources   `json:"mapping,omitempty"`
	Overhead          []NodeAllocatableOverheadResources `json:"overhead,omitempty"`
}

type NodeAllocatableMappedResources struct {
	Name     ResourceName `json:"name"`
	Quantity *Quantity    `json:"quantity"`
}

type NodeAllocatableOverheadResources struct {
	Name         ResourceName `json:"name"`
	PerPod       *Quantity    `json:"perPod,omitempty"`
	PerContainer *Quantity    `json:"perContainer,omitempty"`
}

type PodVolumeHealth struct {
	Name               string                  `json:"name"`
	HealthConditions   []VolumeHealthCondition `json:"healthConditions,omitempty"`
	LastTransitionTime Time                    `json:"lastTransitionTime,omitempty"`
}

type VolumeHealthCondition struct {
	Status  VolumeHealthStatusType `json:"status"`
	Reason  Reason                 `json:"reason"`
	Message string                 `json:"message,omitempty"`
}

type VolumeHealthStatusType string

const (
	VolumeHealthInaccessible VolumeHealthStatusType = "Inaccessible"
	VolumeHealthDataLoss     VolumeHealthStatusType = "DataLoss"
	VolumeHealthDegraded     VolumeHealthStatusType = "Degraded"
)
