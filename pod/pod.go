package pod

// Pod is a group of containers that share one fate on one node: core/v1's Pod, field for field. Its zero
// value has no name and no containers and is not valid.
type Pod struct {
	TypeMeta   `json:",inline"`
	ObjectMeta `json:"metadata,omitempty"`
	// What is wanted.
	Spec Spec `json:"spec,omitempty"`
	// What is the case, as the node last told.
	Status Status `json:"status,omitempty"`
}

// TypeMeta says what kind of object a document holds: "Pod" in "v1" for pods.
type TypeMeta struct {
	Kind string `json:"kind,omitempty"`
	// Group and version, as in apps/v1; the core group has no name and is just v1.
	APIVersion string `json:"apiVersion,omitempty"`
}

// Spec is what a pod is to be: its containers, their volumes, where and how they run. Much of it is fixed
// once the pod exists; see ValidateUpdate.
type Spec struct {
	// By name, which must be unique; containers mount them.
	Volumes []Volume `json:"volumes,omitempty"`
	// Run in this order before Containers, each to its end; those with restartPolicy Always keep running as
	// sidecars.
	InitContainers []Container `json:"initContainers,omitempty"`
	// At least one. They start in this order and run side by side.
	Containers []Container `json:"containers"`
	// Added to a living pod for debugging; a new pod may not have any.
	EphemeralContainers []EphemeralContainer `json:"ephemeralContainers,omitempty"`
	// What happens when a container ends; empty becomes Always.
	RestartPolicy RestartPolicy `json:"restartPolicy,omitempty"`
	// Seconds from the request to stop until containers are killed; nil becomes 30, negative counts as 1.
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// Seconds from status.startTime after which the pod is failed; nil is never.
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// Where name servers come from; empty becomes ClusterFirst.
	DNSPolicy DNSPolicy `json:"dnsPolicy,omitempty"`
	// Labels, all of which the node must have.
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Identity of the pod's processes towards the API.
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
	// Older name of serviceAccountName, kept equal to it.
	DeprecatedServiceAccount string `json:"serviceAccount,omitempty"`
	// nil leaves it to the service account.
	AutomountServiceAccountToken *bool `json:"automountServiceAccountToken,omitempty"`
	// Set once the pod is bound; a pod created with it is never scheduled.
	NodeName string `json:"nodeName,omitempty"`
	// The pod uses the node's addresses and ports instead of its own.
	HostNetwork bool `json:"hostNetwork,omitempty"`
	// Containers see the node's processes.
	HostPID bool `json:"hostPID,omitempty"`
	// Containers share the node's System V and POSIX memory.
	HostIPC bool `json:"hostIPC,omitempty"`
	// Containers of the pod see each other's processes; excludes HostPID.
	ShareProcessNamespace *bool `json:"shareProcessNamespace,omitempty"`
	// For all containers, where they say nothing else; nil becomes empty.
	SecurityContext *PodSecurityContext `json:"securityContext,omitempty"`
	// Secrets of the namespace with credentials for registries.
	ImagePullSecrets []LocalObjectReference `json:"imagePullSecrets,omitempty"`
	// Host name inside the pod, a DNS label; empty means the pod's name cut to 63 bytes.
	Hostname string `json:"hostname,omitempty"`
	// With it the pod is HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN.
	Subdomain string    `json:"subdomain,omitempty"`
	Affinity  *Affinity `json:"affinity,omitempty"`
	// Which scheduler takes the pod; empty becomes default-scheduler.
	SchedulerName string `json:"schedulerName,omitempty"`
	// Taints of nodes that the pod puts up with.
	Tolerations []Toleration `json:"tolerations,omitempty"`
	// Lines added to the pod's /etc/hosts.
	HostAliases []HostAlias `json:"hostAliases,omitempty"`
	// Resolved into Priority at creation.
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// Higher may evict lower; nil counts as 0.
	Priority *int32 `json:"priority,omitempty"`
	// Merged into what DNSPolicy yields.
	DNSConfig *PodDNSConfig `json:"dnsConfig,omitempty"`
	// Conditions that others set and that must be True for the pod to be Ready.
	ReadinessGates []PodReadinessGate `json:"readinessGates,omitempty"`
	// Which container runtime configuration runs the pod; nil is the node's default.
	RuntimeClassName *string `json:"runtimeClassName,omitempty"`
	// Whether services of the namespace appear as environment variables; nil becomes true.
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`
	// nil counts as PreemptLowerPriority.
	PreemptionPolicy *PreemptionPolicy `json:"preemptionPolicy,omitempty"`
	// What the runtime itself needs beside the containers; set from the runtime class.
	Overhead ResourceList `json:"overhead,omitempty"`
	// All of them hold at once.
	TopologySpreadConstraints []TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`
	// The kernel's host name becomes the fully qualified one; too long a name keeps the pod from starting.
	SetHostnameAsFQDN *bool `json:"setHostnameAsFQDN,omitempty"`
	// nil means Linux in practice; once named, fields of the other system are refused.
	OS *PodOS `json:"os,omitempty"`
	// false gives the pod user IDs of its own, apart from the node's; nil counts as true.
	HostUsers *bool `json:"hostUsers,omitempty"`
	// While there is one the pod is not scheduled; they can be removed but not added.
	SchedulingGates []PodSchedulingGate `json:"schedulingGates,omitempty"`
	// Devices and the like, allocated before the pod starts; containers refer to them by name.
	ResourceClaims []PodResourceClaim `json:"resourceClaims,omitempty"`
	// For the pod as a whole: cpu, memory and huge pages (KEP-2837).
	Resources *ResourceRequirements `json:"resources,omitempty"`
	// Host name to use instead of all else; it leaves DNS alone (KEP-4762).
	HostnameOverride *string `json:"hostnameOverride,omitempty"`
	// The group this pod is scheduled together with; cannot change.
	SchedulingGroup *PodSchedulingGroup `json:"schedulingGroup,omitempty"`
	// Who is asked, by priority, when the pod is to be evicted; 10 at most, cannot change (KEP-4563).
	EvictionResponders []EvictionResponder `json:"evictionResponders,omitempty"`
}

// PodOS names the operating system that a pod's containers are made for.
type PodOS struct {
	Name OSName `json:"name"`
}

// OSName is an operating system, in lower case as Go and node labels have it.
type OSName string

const (
	// Linux is the default in practice.
	Linux OSName = "linux"
	// Windows forbids the fields that only Linux knows.
	Windows OSName = "windows"
)

// DNSPolicy says whose name servers a pod asks. See
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy.
type DNSPolicy string

const (
	// DNSClusterFirstWithHostNet is ClusterFirst even for a pod on the host network.
	DNSClusterFirstWithHostNet DNSPolicy = "ClusterFirstWithHostNet"
	// DNSClusterFirst asks the cluster's servers; on the host network it means Default. An empty policy becomes
	// this.
	DNSClusterFirst DNSPolicy = "ClusterFirst"
	// DNSDefault asks whom the node asks; despite its name it is not the default.
	DNSDefault DNSPolicy = "Default"
	// DNSNone takes everything from dnsConfig.
	DNSNone DNSPolicy = "None"
)

// PodDNSConfig adds to the pod's resolv.conf.
type PodDNSConfig struct {
	// IP addresses, 3 at most in all.
	Nameservers []string `json:"nameservers,omitempty"`
	// Domains to try for short names; 32 at most, 2048 bytes together.
	Searches []string `json:"searches,omitempty"`
	// A later option replaces an earlier one of the same name.
	Options []PodDNSConfigOption `json:"options,omitempty"`
}

// PodDNSConfigOption is one option of resolv.conf: ndots:5, or a bare word.
type PodDNSConfigOption struct {
	Name string `json:"name,omitempty"`
	// nil for a bare word.
	Value *string `json:"value,omitempty"`
}

// HostAlias is one line of /etc/hosts.
type HostAlias struct {
	IP        string   `json:"ip"`
	Hostnames []string `json:"hostnames,omitempty"`
}

// EvictionResponder is a party that may move or finish the pod's work before it is evicted.
type EvictionResponder struct {
	// A domain-prefixed name, unique in the pod.
	Name string `json:"name"`
	// Higher is asked earlier.
	Priority *int32 `json:"priority"`
}

// PodSchedulingGroup names what a pod is scheduled together with.
type PodSchedulingGroup struct {
	// A PodGroup of the same namespace; the pod waits until it exists.
	PodGroupName *string `json:"podGroupName,omitempty"`
}
