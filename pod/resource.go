package pod

// ResourceName is what amounts are counted of: cpu in cores, memory and storage in bytes, or a qualified name
// such as example.com/gpu.
type ResourceName string

// The resources that Kubernetes itself knows. Those after ResourceEphemeralStorage are of nodes and quotas
// only.
const (
	// ResourceCPU is in cores; 500m is half of one.
	ResourceCPU ResourceName = "cpu"
	// ResourceMemory is in bytes.
	ResourceMemory ResourceName = "memory"
	// ResourceStorage is the size of a volume, in bytes.
	ResourceStorage ResourceName = "storage"
	// ResourceEphemeralStorage is local disk for logs, writable layers and emptyDirs, in bytes.
	ResourceEphemeralStorage ResourceName = "ephemeral-storage"
	// ResourcePods counts pods; a node has room for a number of them.
	ResourcePods                     ResourceName = "pods"
	ResourceServices                 ResourceName = "services"
	ResourceReplicationControllers   ResourceName = "replicationcontrollers"
	ResourceQuotas                   ResourceName = "resourcequotas"
	ResourceSecrets                  ResourceName = "secrets"
	ResourceConfigMaps               ResourceName = "configmaps"
	ResourcePersistentVolumeClaims   ResourceName = "persistentvolumeclaims"
	ResourceServicesNodePorts        ResourceName = "services.nodeports"
	ResourceServicesLoadBalancers    ResourceName = "services.loadbalancers"
	ResourceRequestsCPU              ResourceName = "requests.cpu"
	ResourceRequestsMemory           ResourceName = "requests.memory"
	ResourceRequestsStorage          ResourceName = "requests.storage"
	ResourceRequestsEphemeralStorage ResourceName = "requests.ephemeral-storage"
	ResourceLimitsCPU                ResourceName = "limits.cpu"
	ResourceLimitsMemory             ResourceName = "limits.memory"
	ResourceLimitsEphemeralStorage   ResourceName = "limits.ephemeral-storage"
)

// ResourceList is an amount of each of several resources; a missing one is not the same as 0 everywhere.
type ResourceList map[ResourceName]Quantity

// ResourceRequirements is what a container, or a pod as a whole, needs and may use. See
// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/.
type ResourceRequirements struct {
	// The most it may use.
	Limits ResourceList `json:"limits,omitempty"`
	// What is set aside for it; where missing in a pod, taken from Limits.
	Requests ResourceList `json:"requests,omitempty"`
	// Which of the pod's resource claims the container uses.
	Claims []ResourceClaim `json:"claims,omitempty"`
}

// ResourceClaim is a container's use of one of the pod's claims.
type ResourceClaim struct {
	// Name in spec.resourceClaims.
	Name string `json:"name"`
	// One request of the claim; empty is all.
	Request string `json:"request,omitempty"`
}

// PodResourceClaim is a claim that a pod uses: exactly one source is set.
type PodResourceClaim struct {
	// A DNS label, unique in the pod.
	Name string `json:"name"`
	// An existing claim of the namespace.
	ResourceClaimName *string `json:"resourceClaimName,omitempty"`
	// A template from which the pod gets a claim of its own.
	ResourceClaimTemplateName *string `json:"resourceClaimTemplateName,omitempty"`
}

// ContainerResizePolicy says what a new amount of one resource does to the running container.
type ContainerResizePolicy struct {
	// cpu or memory.
	ResourceName  ResourceName                `json:"resourceName"`
	RestartPolicy ResourceResizeRestartPolicy `json:"restartPolicy"`
}

// ResourceResizeRestartPolicy says whether a resize restarts the container.
type ResourceResizeRestartPolicy string

const (
	// NotRequired changes it while it runs; the default.
	NotRequired ResourceResizeRestartPolicy = "NotRequired"
	// RestartContainer restarts it with the new amount.
	RestartContainer ResourceResizeRestartPolicy = "RestartContainer"
)
