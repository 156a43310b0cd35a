package object

import "github.com/podlife/podlife/pod"

// Node TODO
type Node struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           NodeSpec   `json:"spec,omitempty"`
	Status         NodeStatus `json:"status,omitempty"`
}

// NodeSpec TODO
type NodeSpec struct {
	PodCIDR             string                   `json:"podCIDR,omitempty"`
	PodCIDRs            []string                 `json:"podCIDRs,omitempty"`
	ProviderID          string                   `json:"providerID,omitempty"`
	Unschedulable       bool                     `json:"unschedulable,omitempty"`
	Taints              []Taint                  `json:"taints,omitempty"`
	ConfigSource        *NodeConfigSource        `json:"configSource,omitempty"`
	DoNotUseExternalID  string                   `json:"externalID,omitempty"`
	PodPreemptionPolicy *NodePodPreemptionPolicy `json:"podPreemptionPolicy,omitempty"`
}

// NodeStatus TODO
type NodeStatus struct {
	Capacity         pod.ResourceList     `json:"capacity,omitempty"`
	Allocatable      pod.ResourceList     `json:"allocatable,omitempty"`
	Phase            NodePhase            `json:"phase,omitempty"`
	Conditions       []NodeCondition      `json:"conditions,omitempty"`
	Addresses        []pod.NodeAddress    `json:"addresses,omitempty"`
	DaemonEndpoints  NodeDaemonEndpoints  `json:"daemonEndpoints,omitempty"`
	NodeInfo         NodeSystemInfo       `json:"nodeInfo,omitempty"`
	Images           []ContainerImage     `json:"images,omitempty"`
	VolumesInUse     []UniqueVolumeName   `json:"volumesInUse,omitempty"`
	VolumesAttached  []AttachedVolume     `json:"volumesAttached,omitempty"`
	Config           *NodeConfigStatus    `json:"config,omitempty"`
	RuntimeHandlers  []NodeRuntimeHandler `json:"runtimeHandlers,omitempty"`
	Features         *NodeFeatures        `json:"features,omitempty"`
	DeclaredFeatures []string             `json:"declaredFeatures,omitempty"`
}

// Taint TODO
type Taint struct {
	Key       string          `json:"key"`
	Value     string          `json:"value,omitempty"`
	Effect    pod.TaintEffect `json:"effect"`
	TimeAdded *pod.Time       `json:"timeAdded,omitempty"`
}

// NodeConfigSource TODO
type NodeConfigSource struct {
	ConfigMap *ConfigMapNodeConfigSource `json:"configMap,omitempty"`
}

// NodePodPreemptionPolicy TODO
type NodePodPreemptionPolicy struct {
	DisableResizePreemption []string `json:"disableResizePreemption,omitempty"`
}

// NodeCondition TODO
type NodeCondition struct {
	Type               NodeConditionType   `json:"type"`
	Status             pod.ConditionStatus `json:"status"`
	LastHeartbeatTime  pod.Time            `json:"lastHeartbeatTime,omitempty,omitzero"`
	LastTransitionTime pod.Time            `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string              `json:"reason,omitempty"`
	Message            string              `json:"message,omitempty"`
}

// NodeDaemonEndpoints TODO
type NodeDaemonEndpoints struct {
	KubeletEndpoint DaemonEndpoint `json:"kubeletEndpoint,omitempty"`
}

// NodeSystemInfo TODO
type NodeSystemInfo struct {
	MachineID               string          `json:"machineID"`
	SystemUUID              string          `json:"systemUUID"`
	BootID                  string          `json:"bootID"`
	KernelVersion           string          `json:"kernelVersion"`
	OSImage                 string          `json:"osImage"`
	ContainerRuntimeVersion string          `json:"containerRuntimeVersion"`
	KubeletVersion          string          `json:"kubeletVersion"`
	KubeProxyVersion        string          `json:"kubeProxyVersion"`
	OperatingSystem         string          `json:"operatingSystem"`
	Architecture            string          `json:"architecture"`
	Swap                    *NodeSwapStatus `json:"swap,omitempty"`
	RunningInUserNamespace  *bool           `json:"runningInUserNamespace,omitempty"`
}

// ContainerImage TODO
type ContainerImage struct {
	Names     []string `json:"names"`
	SizeBytes int64    `json:"sizeBytes,omitempty"`
}

// AttachedVolume TODO
type AttachedVolume struct {
	Name       UniqueVolumeName `json:"name"`
	DevicePath string           `json:"devicePath"`
}

// NodeConfigStatus TODO
type NodeConfigStatus struct {
	Assigned      *NodeConfigSource `json:"assigned,omitempty"`
	Active        *NodeConfigSource `json:"active,omitempty"`
	LastKnownGood *NodeConfigSource `json:"lastKnownGood,omitempty"`
	Error         string            `json:"error,omitempty"`
}

// NodeRuntimeHandler TODO
type NodeRuntimeHandler struct {
	Name     string                      `json:"name"`
	Features *NodeRuntimeHandlerFeatures `json:"features,omitempty"`
}

// NodeFeatures TODO
type NodeFeatures struct {
	SupplementalGroupsPolicy *bool `json:"supplementalGroupsPolicy,omitempty"`
}

// ConfigMapNodeConfigSource TODO
type ConfigMapNodeConfigSource struct {
	Namespace        string  `json:"namespace"`
	Name             string  `json:"name"`
	UID              pod.UID `json:"uid,omitempty"`
	ResourceVersion  string  `json:"resourceVersion,omitempty"`
	KubeletConfigKey string  `json:"kubeletConfigKey"`
}

// DaemonEndpoint TODO
type DaemonEndpoint struct {
	Port int32 `json:"Port"`
}

// NodeSwapStatus TODO
type NodeSwapStatus struct {
	Capacity *int64 `json:"capacity,omitempty"`
}

// NodeRuntimeHandlerFeatures TODO
type NodeRuntimeHandlerFeatures struct {
	RecursiveReadOnlyMounts *bool `json:"recursiveReadOnlyMounts,omitempty"`
	UserNamespaces          *bool `json:"userNamespaces,omitempty"`
}

// NodeConditionType TODO
type NodeConditionType string

// NodePhase TODO
type NodePhase string

// UniqueVolumeName TODO
type UniqueVolumeName string
