package pod

// EnvVar is one environment variable.
type EnvVar struct {
	// Any printable ASCII without =.
	Name string `json:"name"`
	// $(VAR) is expanded from earlier variables, $$ escapes.
	Value string `json:"value,omitempty"`
	// Excludes Value.
	ValueFrom *EnvVarSource `json:"valueFrom,omitempty"`
}

// EnvVarSource is where a variable's value comes from: exactly one field is set.
type EnvVarSource struct {
	FieldRef         *ObjectFieldSelector   `json:"fieldRef,omitempty"`
	ResourceFieldRef *ResourceFieldSelector `json:"resourceFieldRef,omitempty"`
	ConfigMapKeyRef  *ConfigMapKeySelector  `json:"configMapKeyRef,omitempty"`
	SecretKeyRef     *SecretKeySelector     `json:"secretKeyRef,omitempty"`
	// A file that an init container wrote (KEP-3721).
	FileKeyRef *FileKeySelector `json:"fileKeyRef,omitempty"`
}

// EnvFromSource turns all keys of one object into variables: exactly one reference is set.
type EnvFromSource struct {
	// Put before every key.
	Prefix       string              `json:"prefix,omitempty"`
	ConfigMapRef *ConfigMapEnvSource `json:"configMapRef,omitempty"`
	SecretRef    *SecretEnvSource    `json:"secretRef,omitempty"`
}

// ConfigMapEnvSource names a config map to take variables from.
type ConfigMapEnvSource struct {
	LocalObjectReference `json:",inline"`
	// A missing config map is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// SecretEnvSource names a secret to take variables from.
type SecretEnvSource struct {
	LocalObjectReference `json:",inline"`
	// A missing secret is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// ConfigMapKeySelector is one key of a config map.
type ConfigMapKeySelector struct {
	LocalObjectReference `json:",inline"`
	Key                  string `json:"key"`
	// A missing config map or key leaves the variable out; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// SecretKeySelector is one key of a secret.
type SecretKeySelector struct {
	LocalObjectReference `json:",inline"`
	Key                  string `json:"key"`
	// A missing secret or key leaves the variable out; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// FileKeySelector is one key of a file of KEY=VALUE lines in an emptyDir.
type FileKeySelector struct {
	VolumeName string `json:"volumeName"`
	// Relative to the volume, without "..".
	Path string `json:"path"`
	Key  string `json:"key"`
	// A missing file or key leaves the variable out; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
}

// ObjectFieldSelector is a field of the pod itself. See
// https://kubernetes.io/docs/concepts/workloads/pods/downward-api/.
type ObjectFieldSelector struct {
	// Empty becomes v1.
	APIVersion string `json:"apiVersion,omitempty"`
	// Such as metadata.labels['app'] or status.podIP.
	FieldPath string `json:"fieldPath"`
}

// ResourceFieldSelector is a request or limit of a container.
type ResourceFieldSelector struct {
	// May be empty in a variable, which then means its own container.
	ContainerName string `json:"containerName,omitempty"`
	// Such as limits.cpu.
	Resource string `json:"resource"`
	// Unit of the result, which is rounded up; 0 counts as 1.
	Divisor Quantity `json:"divisor,omitempty"`
}
