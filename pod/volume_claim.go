package pod

// PersistentVolumeClaimVolumeSource mounts a claim of the pod's namespace.
type PersistentVolumeClaimVolumeSource struct {
	ClaimName string `json:"claimName"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// EphemeralVolumeSource makes a claim that lives as long as the pod, named POD-VOLUME.
type EphemeralVolumeSource struct {
	// Cannot change.
	VolumeClaimTemplate *PersistentVolumeClaimTemplate `json:"volumeClaimTemplate,omitempty"`
}

// PersistentVolumeClaimTemplate is a claim to be made.
type PersistentVolumeClaimTemplate struct {
	// Labels and annotations only.
	ObjectMeta `json:"metadata,omitempty"`
	Spec       PersistentVolumeClaimSpec `json:"spec"`
}

// PersistentVolumeClaimSpec is the storage a claim asks for.
type PersistentVolumeClaimSpec struct {
	AccessModes []PersistentVolumeAccessMode `json:"accessModes,omitempty"`
	// Which volumes may be taken; nil is any.
	Selector  *LabelSelector             `json:"selector,omitempty"`
	Resources VolumeResourceRequirements `json:"resources,omitempty"`
	// The volume bound to; usually empty at creation.
	VolumeName string `json:"volumeName,omitempty"`
	// nil is the cluster's default, empty is none.
	StorageClassName *string `json:"storageClassName,omitempty"`
	// nil becomes Filesystem.
	VolumeMode *PersistentVolumeMode `json:"volumeMode,omitempty"`
	// A snapshot or claim to begin with.
	DataSource *TypedLocalObjectReference `json:"dataSource,omitempty"`
	// DataSource for any kind of object; the two are kept equal where they can be.
	DataSourceRef             *TypedObjectReference `json:"dataSourceRef,omitempty"`
	VolumeAttributesClassName *string               `json:"volumeAttributesClassName,omitempty"`
}

// PersistentVolumeAccessMode says who may mount a volume at once.
type PersistentVolumeAccessMode string

const (
	// ReadWriteOnce is one node, to read and write.
	ReadWriteOnce PersistentVolumeAccessMode = "ReadWriteOnce"
	// ReadOnlyMany is many nodes, to read.
	ReadOnlyMany PersistentVolumeAccessMode = "ReadOnlyMany"
	// ReadWriteMany is many nodes, to read and write.
	ReadWriteMany PersistentVolumeAccessMode = "ReadWriteMany"
	// ReadWriteOncePod is one pod, to read and write.
	ReadWriteOncePod PersistentVolumeAccessMode = "ReadWriteOncePod"
)

// PersistentVolumeMode says what a volume looks like.
type PersistentVolumeMode string

const (
	// PersistentVolumeBlock is a raw device.
	PersistentVolumeBlock PersistentVolumeMode = "Block"
	// PersistentVolumeFilesystem is a folder.
	PersistentVolumeFilesystem PersistentVolumeMode = "Filesystem"
)

// VolumeResourceRequirements is the size of the storage asked for, under the name storage.
type VolumeResourceRequirements struct {
	Limits   ResourceList `json:"limits,omitempty"`
	Requests ResourceList `json:"requests,omitempty"`
}
