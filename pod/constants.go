package pod

// What a pod gets where its manifest says nothing, and prefixes of names.
// See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/.
const (
	// DefaultSchedulerName is the scheduler that takes a pod with no schedulerName.
	DefaultSchedulerName = "default-scheduler"
	// DefaultTerminationGracePeriodSeconds is how long a pod may take to stop, in seconds.
	DefaultTerminationGracePeriodSeconds = 30
	// DefaultEnableServiceLinks says that services of the namespace appear as environment variables.
	DefaultEnableServiceLinks = true
	// NamespaceDefault is the namespace of an object that names none.
	NamespaceDefault = "default"

	// ResourceDefaultNamespacePrefix starts the qualified name of a resource that Kubernetes itself defines.
	ResourceDefaultNamespacePrefix = "kubernetes.io/"
	// ResourceHugePagesPrefix starts the name of a huge page resource; the page size follows, as in hugepages-2Mi.
	ResourceHugePagesPrefix = "hugepages-"
	// ResourceAttachableVolumesPrefix starts the name of a node's limit on attached volumes.
	ResourceAttachableVolumesPrefix = "attachable-volumes-"
)
