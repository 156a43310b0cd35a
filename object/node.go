package object

import "github.com/podlife/podlife/pod"

// Node is a machine that runs pods. See https://kubernetes.io/docs/concepts/architecture/nodes/.
type Node struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           NodeSpec   `json:"spec,omitempty"`
	Status         NodeStatus `json:"status,omitempty"`
}

// NodeSpec is what an administrator or a controller says of the node.
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

// NodeStatus is what the node says of itself.
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

// Taint keeps pods away that do not tolerate it.
type Taint struct {
	Key       string          `json:"key"`
	Value     string          `json:"value,omitempty"`
	Effect    pod.TaintEffect `json:"effect"`
	TimeAdded *pod.Time       `json:"timeAdded,omitempty"`
}

// NodeConfigSource is no longer used.
type NodeConfigSource struct {
	ConfigMap *ConfigMapNodeConfigSource `json:"configMap,omitempty"`
}

// NodePodPreemptionPolicy says what may be preempted on the node.
type NodePodPreemptionPolicy struct {
	DisableResizePreemption []string `json:"disableResizePreemption,omitempty"`
}

// NodeCondition is how one aspect of a node stands.
type NodeCondition struct {
	Type               NodeConditionType   `json:"type"`
	Status             pod.ConditionStatus `json:"status"`
	LastHeartbeatTime  pod.Time            `json:"lastHeartbeatTime,omitempty"`
	LastTransitionTime pod.Time            `json:"lastTransitionTime,omitempty"`
	Reason             string              `json:"reason,omitempty"`
	Message            string              `json:"message,omitempty"`
}

// NodeDaemonEndpoints are the ports of the node's agents.
type NodeDaemonEndpoints struct {
	KubeletEndpoint DaemonEndpoint `json:"kubeletEndpoint,omitempty"`
}

// NodeSystemInfo is what the node is and runs.
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

// ContainerImage is an image that the node has.
type ContainerImage struct {
	Names     []string `json:"names"`
	SizeBytes int64    `json:"sizeBytes,omitempty"`
}

// AttachedVolume is a volume that is attached to the node.
type AttachedVolume struct {
	Name       UniqueVolumeName `json:"name"`
	DevicePath string           `json:"devicePath"`
}

// NodeConfigStatus is no longer used.
type NodeConfigStatus struct {
	Assigned      *NodeConfigSource `json:"assigned,omitempty"`
	Active        *NodeConfigSource `json:"active,omitempty"`
	LastKnownGood *NodeConfigSource `json:"lastKnownGood,omitempty"`
	Error         string            `json:"error,omitempty"`
}

// NodeRuntimeHandler is a way in which the node can run containers.
type NodeRuntimeHandler struct {
	Name     string                      `json:"name"`
	Features *NodeRuntimeHandlerFeatures `json:"features,omitempty"`
}

// NodeFeatures are what the node's runtime can do.
type NodeFeatures struct {
	SupplementalGroupsPolicy *bool `json:"supplementalGroupsPolicy,omitempty"`
}

// ConfigMapNodeConfigSource is no longer used.
type ConfigMapNodeConfigSource struct {
	Namespace        string  `json:"namespace"`
	Name             string  `json:"name"`
	UID              pod.UID `json:"uid,omitempty"`
	ResourceVersion  string  `json:"resourceVersion,omitempty"`
	KubeletConfigKey string  `json:"kubeletConfigKey"`
}

// DaemonEndpoint is one port.
type DaemonEndpoint struct {
	Port int32 `json:"Port"`
}

// NodeSwapStatus is how much the node can swap.
type NodeSwapStatus struct {
	Capacity *int64 `json:"capacity,omitempty"`
}

// NodeRuntimeHandlerFeatures are what one handler can do.
type NodeRuntimeHandlerFeatures struct {
	RecursiveReadOnlyMounts *bool `json:"recursiveReadOnlyMounts,omitempty"`
	UserNamespaces          *bool `json:"userNamespaces,omitempty"`
}

// NodeConditionType names an aspect of a node.
type NodeConditionType string

// The values of NodeConditionType.
const (
	NodeReady              NodeConditionType = "Ready"
	NodeMemoryPressure     NodeConditionType = "MemoryPressure"
	NodeDiskPressure       NodeConditionType = "DiskPressure"
	NodePIDPressure        NodeConditionType = "PIDPressure"
	NodeNetworkUnavailable NodeConditionType = "NetworkUnavailable"
)

// NodePhase is no longer used.
type NodePhase string

// UniqueVolumeName names an attached volume with its driver.
type UniqueVolumeName string
