package pod

// Container is one program of a pod: an image, how to start it, and how to tell that it is well.
type Container struct {
	// A DNS label, unique among all containers of the pod; cannot change.
	Name string `json:"name"`
	// Reference of the image; may change in a living pod.
	Image string `json:"image,omitempty"`
	// Program and first arguments, instead of the image's entry point. $(VAR) is expanded, $$ escapes.
	Command []string `json:"command,omitempty"`
	// Instead of the image's default arguments. Expanded likewise.
	Args []string `json:"args,omitempty"`
	// Empty is the image's.
	WorkingDir string `json:"workingDir,omitempty"`
	// For information and for lookup by name; a port not listed is open all the same.
	Ports []ContainerPort `json:"ports,omitempty"`
	// Later sources replace earlier ones, and Env replaces them all.
	EnvFrom []EnvFromSource `json:"envFrom,omitempty"`
	// In order: a value may refer to variables before it.
	Env       []EnvVar             `json:"env,omitempty"`
	Resources ResourceRequirements `json:"resources,omitempty"`
	// What a change of each resource means for the running container.
	ResizePolicy []ContainerResizePolicy `json:"resizePolicy,omitempty"`
	// nil is the pod's; Always makes an init container a sidecar.
	RestartPolicy *RestartPolicy `json:"restartPolicy,omitempty"`
	// Tried in order by exit code before RestartPolicy; 20 at most (KEP-5307).
	RestartPolicyRules []ContainerRestartRule `json:"restartPolicyRules,omitempty"`
	VolumeMounts       []VolumeMount          `json:"volumeMounts,omitempty"`
	VolumeDevices      []VolumeDevice         `json:"volumeDevices,omitempty"`
	// A failure restarts the container.
	LivenessProbe *Probe `json:"livenessProbe,omitempty"`
	// A failure takes the container out of service and restarts nothing.
	ReadinessProbe *Probe `json:"readinessProbe,omitempty"`
	// Holds the other two back until it has succeeded; a failure restarts the container.
	StartupProbe *Probe     `json:"startupProbe,omitempty"`
	Lifecycle    *Lifecycle `json:"lifecycle,omitempty"`
	// File whose content becomes the message of the ended container; empty becomes /dev/termination-log.
	TerminationMessagePath string `json:"terminationMessagePath,omitempty"`
	// Empty becomes File.
	TerminationMessagePolicy TerminationMessagePolicy `json:"terminationMessagePolicy,omitempty"`
	// Empty becomes Always for the tag latest or none, else IfNotPresent.
	ImagePullPolicy PullPolicy `json:"imagePullPolicy,omitempty"`
	// Takes precedence over the pod's.
	SecurityContext *SecurityContext `json:"securityContext,omitempty"`
	// Keep standard input open.
	Stdin bool `json:"stdin,omitempty"`
	// Close standard input after the first client has left.
	StdinOnce bool `json:"stdinOnce,omitempty"`
	// Give the container a terminal; needs Stdin.
	TTY bool `json:"tty,omitempty"`
}

// ContainerPort is a port that a container listens on.
type ContainerPort struct {
	// At most 15 bytes, unique in the pod; probes and services may use it.
	Name string `json:"name,omitempty"`
	// Port of the node that leads here; 0 is none.
	HostPort int32 `json:"hostPort,omitempty"`
	// 1 to 65535.
	ContainerPort int32 `json:"containerPort"`
	// Empty becomes TCP.
	Protocol Protocol `json:"protocol,omitempty"`
	// Address of the node that HostPort is bound to; empty is all.
	HostIP string `json:"hostIP,omitempty"`
}

// Protocol is a transport protocol.
type Protocol string

// The protocols a port may have.
const (
	ProtocolTCP  Protocol = "TCP"
	ProtocolUDP  Protocol = "UDP"
	ProtocolSCTP Protocol = "SCTP"
)

// PullPolicy says when an image is fetched.
type PullPolicy string

const (
	// PullAlways asks the registry before every start.
	PullAlways PullPolicy = "Always"
	// PullNever uses what the node has, or fails with ErrImageNeverPull.
	PullNever PullPolicy = "Never"
	// PullIfNotPresent fetches only what the node lacks.
	PullIfNotPresent PullPolicy = "IfNotPresent"
)

// TerminationMessagePolicy says where the message of an ended container comes from.
type TerminationMessagePolicy string

const (
	// TerminationMessageReadFile reads the file at terminationMessagePath, up to 4096 bytes.
	TerminationMessageReadFile TerminationMessagePolicy = "File"
	// TerminationMessageFallbackToLogsOnError takes the end of the log, 80 lines or 2048 bytes, where the file
	// is empty and the container failed.
	TerminationMessageFallbackToLogsOnError TerminationMessagePolicy = "FallbackToLogsOnError"
)

// VolumeMount puts a volume into a container's file tree.
type VolumeMount struct {
	// Name of a volume of the pod.
	Name     string `json:"name"`
	ReadOnly bool   `json:"readOnly,omitempty"`
	// Whether mounts below are read-only too; nil counts as Disabled.
	RecursiveReadOnly *RecursiveReadOnlyMode `json:"recursiveReadOnly,omitempty"`
	// Absolute; no colon.
	MountPath string `json:"mountPath"`
	// Folder of the volume to mount; empty is its root.
	SubPath string `json:"subPath,omitempty"`
	// nil counts as None.
	MountPropagation *MountPropagationMode `json:"mountPropagation,omitempty"`
	// SubPath with $(VAR) expanded from the container's environment; excludes SubPath.
	SubPathExpr string `json:"subPathExpr,omitempty"`
	// Options of the bind mount, such as noexec.
	BindMountOptions []string `json:"bindMountOptions,omitempty"`
}

// RecursiveReadOnlyMode says how far a read-only mount reaches.
type RecursiveReadOnlyMode string

const (
	// RecursiveReadOnlyDisabled leaves mounts below as they are.
	RecursiveReadOnlyDisabled RecursiveReadOnlyMode = "Disabled"
	// RecursiveReadOnlyIfPossible makes them read-only where the node can.
	RecursiveReadOnlyIfPossible RecursiveReadOnlyMode = "IfPossible"
	// RecursiveReadOnlyEnabled makes them read-only or fails.
	RecursiveReadOnlyEnabled RecursiveReadOnlyMode = "Enabled"
)

// MountPropagationMode says which later mounts are seen through a mount.
type MountPropagationMode string

const (
	// MountPropagationNone shows neither side the other's.
	MountPropagationNone MountPropagationMode = "None"
	// MountPropagationHostToContainer shows the node's mounts in the container.
	MountPropagationHostToContainer MountPropagationMode = "HostToContainer"
	// MountPropagationBidirectional shows each side's to the other; for privileged containers only.
	MountPropagationBidirectional MountPropagationMode = "Bidirectional"
)

// VolumeDevice puts a raw block device into a container.
type VolumeDevice struct {
	// Name of a volume of the pod, a claim in Block mode.
	Name       string `json:"name"`
	DevicePath string `json:"devicePath"`
}
