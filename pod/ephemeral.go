package pod

// EphemeralContainer is a container added to a living pod for debugging. It is never restarted, has no ports,
// probes or resources, and stays in the spec until the pod goes.
type EphemeralContainer struct {
	EphemeralContainerCommon `json:",inline"`
	// Container whose processes this one sees; empty is none.
	TargetContainerName string `json:"targetContainerName,omitempty"`
}

// EphemeralContainerCommon is Container without its target, field for field; many fields must stay empty.
type EphemeralContainerCommon struct {
	Name       string   `json:"name"`
	Image      string   `json:"image,omitempty"`
	Command    []string `json:"command,omitempty"`
	Args       []string `json:"args,omitempty"`
	WorkingDir string   `json:"workingDir,omitempty"`
	// Must be empty.
	Ports   []ContainerPort `json:"ports,omitempty"`
	EnvFrom []EnvFromSource `json:"envFrom,omitempty"`
	Env     []EnvVar        `json:"env,omitempty"`
	// Must be empty.
	Resources ResourceRequirements `json:"resources,omitempty"`
	// Must be empty.
	ResizePolicy []ContainerResizePolicy `json:"resizePolicy,omitempty"`
	// Must be nil.
	RestartPolicy *RestartPolicy `json:"restartPolicy,omitempty"`
	// Must be empty.
	RestartPolicyRules []ContainerRestartRule `json:"restartPolicyRules,omitempty"`
	// Without subPath.
	VolumeMounts  []VolumeMount  `json:"volumeMounts,omitempty"`
	VolumeDevices []VolumeDevice `json:"volumeDevices,omitempty"`
	// Must be nil.
	LivenessProbe *Probe `json:"livenessProbe,omitempty"`
	// Must be nil.
	ReadinessProbe *Probe `json:"readinessProbe,omitempty"`
	// Must be nil.
	StartupProbe *Probe `json:"startupProbe,omitempty"`
	// Must be nil.
	Lifecycle                *Lifecycle               `json:"lifecycle,omitempty"`
	TerminationMessagePath   string                   `json:"terminationMessagePath,omitempty"`
	TerminationMessagePolicy TerminationMessagePolicy `json:"terminationMessagePolicy,omitempty"`
	ImagePullPolicy          PullPolicy               `json:"imagePullPolicy,omitempty"`
	SecurityContext          *SecurityContext         `json:"securityContext,omitempty"`
	Stdin                    bool                     `json:"stdin,omitempty"`
	StdinOnce                bool                     `json:"stdinOnce,omitempty"`
	TTY                      bool                     `json:"tty,omitempty"`
}
