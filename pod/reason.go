package pod

// Reason is one CamelCase word that says why: of a pod's status, a condition, a waiting or an ended container.
// The constants below are those Kubernetes writes; others may stand there too. Empty means none given.
type Reason string

// Reasons of a waiting container.
const (
	ReasonContainerCreating          Reason = "ContainerCreating"
	ReasonPodInitializing            Reason = "PodInitializing"
	ReasonCrashLoopBackOff           Reason = "CrashLoopBackOff"
	ReasonErrImagePull               Reason = "ErrImagePull"
	ReasonImagePullBackOff           Reason = "ImagePullBackOff"
	ReasonErrImageNeverPull          Reason = "ErrImageNeverPull"
	ReasonInvalidImageName           Reason = "InvalidImageName"
	ReasonImageInspectError          Reason = "ImageInspectError"
	ReasonRegistryUnavailable        Reason = "RegistryUnavailable"
	ReasonSignatureValidationFailed  Reason = "SignatureValidationFailed"
	ReasonCreateContainerConfigError Reason = "CreateContainerConfigError"
	ReasonCreateContainerError       Reason = "CreateContainerError"
	ReasonPreCreateHookError         Reason = "PreCreateHookError"
	ReasonPreStartHookError          Reason = "PreStartHookError"
	ReasonPostStartHookError         Reason = "PostStartHookError"
	ReasonRunContainerError          Reason = "RunContainerError"
)

// Reasons of an ended container.
const (
	ReasonCompleted               Reason = "Completed"
	ReasonError                   Reason = "Error"
	ReasonOOMKilled               Reason = "OOMKilled"
	ReasonStartError              Reason = "StartError"
	ReasonContainerCannotRun      Reason = "ContainerCannotRun"
	ReasonDeadlineExceeded        Reason = "DeadlineExceeded"
	ReasonContainerStatusUnknown  Reason = "ContainerStatusUnknown"
	ReasonRestartingAllContainers Reason = "RestartingAllContainers"
)

// Reasons of a pod's status: why it failed as a whole, or was refused by its node.
// DeadlineExceeded above is one of them as well.
const (
	ReasonEvicted                              Reason = "Evicted"
	ReasonPreempting                           Reason = "Preempting"
	ReasonTerminated                           Reason = "Terminated"
	ReasonNodeLost                             Reason = "NodeLost"
	ReasonNodeShutdown                         Reason = "NodeShutdown"
	ReasonNodeAffinity                         Reason = "NodeAffinity"
	ReasonNodeName                             Reason = "NodeName"
	ReasonNodePorts                            Reason = "NodePorts"
	ReasonTaintToleration                      Reason = "TaintToleration"
	ReasonOutOfcpu                             Reason = "OutOfcpu"
	ReasonOutOfmemory                          Reason = "OutOfmemory"
	ReasonOutOfEphemeralStorage                Reason = "OutOfephemeral-storage"
	ReasonOutOfpods                            Reason = "OutOfpods"
	ReasonPodOSNotSupported                    Reason = "PodOSNotSupported"
	ReasonPodOSSelectorNodeLabelDoesNotMatch   Reason = "PodOSSelectorNodeLabelDoesNotMatch"
	ReasonInvalidNodeInfo                      Reason = "InvalidNodeInfo"
	ReasonInitContainerRestartPolicyForbidden  Reason = "InitContainerRestartPolicyForbidden"
	ReasonSupplementalGroupsPolicyNotSupported Reason = "SupplementalGroupsPolicyNotSupported"
	ReasonPodLevelResourcesNotSupported        Reason = "PodLevelResourcesNotSupported"
	ReasonPodFeatureUnsupported                Reason = "PodFeatureUnsupported"
	ReasonAppArmor                             Reason = "AppArmor"
	ReasonSysctlForbidden                      Reason = "SysctlForbidden"
	ReasonTopologyAffinityError                Reason = "TopologyAffinityError"
	ReasonSMTAlignmentError                    Reason = "SMTAlignmentError"
	ReasonEmptyPodSharedPoolError              Reason = "EmptyPodSharedPoolError"
	ReasonUnexpectedAdmissionError             Reason = "UnexpectedAdmissionError"
	ReasonUnexpectedPredicateFailureType       Reason = "UnexpectedPredicateFailureType"
	ReasonUnknownReason                        Reason = "UnknownReason"
)

// Reasons of the conditions Initialized, ContainersReady, Ready and PodReadyToStartContainers.
const (
	ReasonContainersNotReady       Reason = "ContainersNotReady"
	ReasonContainersNotInitialized Reason = "ContainersNotInitialized"
	ReasonReadinessGatesNotReady   Reason = "ReadinessGatesNotReady"
	ReasonUnknownContainerStatuses Reason = "UnknownContainerStatuses"
	ReasonPodCompleted             Reason = "PodCompleted"
	ReasonPodFailed                Reason = "PodFailed"
	ReasonPodSandboxNotReady       Reason = "PodSandboxNotReady"
)

// Reasons of the condition PodScheduled.
const (
	ReasonUnschedulable   Reason = "Unschedulable"
	ReasonSchedulingGated Reason = "SchedulingGated"
	ReasonSchedulerError  Reason = "SchedulerError"
)

// Reasons of the condition DisruptionTarget.
const (
	ReasonPreemptionByScheduler  Reason = "PreemptionByScheduler"
	ReasonDeletionByTaintManager Reason = "DeletionByTaintManager"
	ReasonEvictionByEvictionAPI  Reason = "EvictionByEvictionAPI"
	ReasonDeletionByPodGC        Reason = "DeletionByPodGC"
	ReasonTerminationByKubelet   Reason = "TerminationByKubelet"
)

// Reasons of the conditions PodResizePending, PodResizeInProgress and AllContainersRestarting.
// Error above is one of PodResizeInProgress as well.
const (
	ReasonDeferred                    Reason = "Deferred"
	ReasonInfeasible                  Reason = "Infeasible"
	ReasonRestartAllContainersStarted Reason = "RestartAllContainersStarted"
)
