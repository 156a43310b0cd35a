package pod

// Volume is a folder or device that containers of the pod share.
type Volume struct {
	// A DNS label, unique in the pod.
	Name         string `json:"name"`
	VolumeSource `json:",inline"`
}

// VolumeSource is where a volume comes from: exactly one field is set; none means emptyDir. See
// https://kubernetes.io/docs/concepts/storage/volumes/.
type VolumeSource struct {
	HostPath *HostPathVolumeSource `json:"hostPath,omitempty"`
	EmptyDir *EmptyDirVolumeSource `json:"emptyDir,omitempty"`
	// Out of use.
	GCEPersistentDisk *GCEPersistentDiskVolumeSource `json:"gcePersistentDisk,omitempty"`
	// Out of use.
	AWSElasticBlockStore *AWSElasticBlockStoreVolumeSource `json:"awsElasticBlockStore,omitempty"`
	// Out of use.
	GitRepo *GitRepoVolumeSource `json:"gitRepo,omitempty"`
	Secret  *SecretVolumeSource  `json:"secret,omitempty"`
	NFS     *NFSVolumeSource     `json:"nfs,omitempty"`
	ISCSI   *ISCSIVolumeSource   `json:"iscsi,omitempty"`
	// Out of use.
	Glusterfs             *GlusterfsVolumeSource             `json:"glusterfs,omitempty"`
	PersistentVolumeClaim *PersistentVolumeClaimVolumeSource `json:"persistentVolumeClaim,omitempty"`
	// Out of use.
	RBD *RBDVolumeSource `json:"rbd,omitempty"`
	// Out of use.
	FlexVolume *FlexVolumeSource `json:"flexVolume,omitempty"`
	// Out of use.
	Cinder *CinderVolumeSource `json:"cinder,omitempty"`
	// Out of use.
	CephFS *CephFSVolumeSource `json:"cephfs,omitempty"`
	// Out of use.
	Flocker     *FlockerVolumeSource     `json:"flocker,omitempty"`
	DownwardAPI *DownwardAPIVolumeSource `json:"downwardAPI,omitempty"`
	FC          *FCVolumeSource          `json:"fc,omitempty"`
	// Out of use.
	AzureFile *AzureFileVolumeSource `json:"azureFile,omitempty"`
	ConfigMap *ConfigMapVolumeSource `json:"configMap,omitempty"`
	// Out of use.
	VsphereVolume *VsphereVirtualDiskVolumeSource `json:"vsphereVolume,omitempty"`
	// Out of use.
	Quobyte *QuobyteVolumeSource `json:"quobyte,omitempty"`
	// Out of use.
	AzureDisk *AzureDiskVolumeSource `json:"azureDisk,omitempty"`
	// Out of use.
	PhotonPersistentDisk *PhotonPersistentDiskVolumeSource `json:"photonPersistentDisk,omitempty"`
	Projected            *ProjectedVolumeSource            `json:"projected,omitempty"`
	// Out of use.
	PortworxVolume *PortworxVolumeSource `json:"portworxVolume,omitempty"`
	// Out of use.
	ScaleIO *ScaleIOVolumeSource `json:"scaleIO,omitempty"`
	// Out of use.
	StorageOS *StorageOSVolumeSource `json:"storageos,omitempty"`
	CSI       *CSIVolumeSource       `json:"csi,omitempty"`
	Ephemeral *EphemeralVolumeSource `json:"ephemeral,omitempty"`
	Image     *ImageVolumeSource     `json:"image,omitempty"`
}

// HostPathVolumeSource is a file or folder of the node itself. It outlives the pod.
type HostPathVolumeSource struct {
	Path string `json:"path"`
	// nil counts as HostPathUnset.
	Type *HostPathType `json:"type,omitempty"`
}

// HostPathType says what must be found at a host path, or is made there.
type HostPathType string

const (
	// HostPathUnset checks nothing.
	HostPathUnset HostPathType = ""
	// HostPathDirectoryOrCreate makes a folder where nothing is, mode 0755.
	HostPathDirectoryOrCreate HostPathType = "DirectoryOrCreate"
	// HostPathDirectory needs a folder.
	HostPathDirectory HostPathType = "Directory"
	// HostPathFileOrCreate makes an empty file where nothing is, mode 0644; not the folder above.
	HostPathFileOrCreate HostPathType = "FileOrCreate"
	// HostPathFile needs a file.
	HostPathFile HostPathType = "File"
	// HostPathSocket needs a UNIX socket.
	HostPathSocket HostPathType = "Socket"
	// HostPathCharDev needs a character device.
	HostPathCharDev HostPathType = "CharDevice"
	// HostPathBlockDev needs a block device.
	HostPathBlockDev HostPathType = "BlockDevice"
)

// EmptyDirVolumeSource is a folder that begins empty and lives as long as the pod's UID.
type EmptyDirVolumeSource struct {
	Medium StorageMedium `json:"medium,omitempty"`
	// More than this gets the pod evicted; nil or 0 is no limit.
	SizeLimit *Quantity `json:"sizeLimit,omitempty"`
	// Permission bits of the folder; nil is 0777.
	Mode *int32 `json:"mode,omitempty"`
}

// StorageMedium is what an emptyDir is made of.
type StorageMedium string

const (
	// StorageMediumDefault is the node's disk.
	StorageMediumDefault StorageMedium = ""
	// StorageMediumMemory is a tmpfs, counted as the containers' memory.
	StorageMediumMemory StorageMedium = "Memory"
	// StorageMediumHugePages is huge pages of the one size that the pod asks for.
	StorageMediumHugePages StorageMedium = "HugePages"
	// StorageMediumHugePagesPrefix is followed by a page size, as in HugePages-2Mi.
	StorageMediumHugePagesPrefix StorageMedium = "HugePages-"
)

// SecretVolumeSource shows a secret's keys as files.
type SecretVolumeSource struct {
	SecretName string `json:"secretName,omitempty"`
	// Which keys, and where; empty is all, by their names.
	Items []KeyToPath `json:"items,omitempty"`
	// Permission bits of files that set none; nil becomes 0644.
	DefaultMode *int32 `json:"defaultMode,omitempty"`
	// A missing secret or key is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
	// Owner of files that set none.
	DefaultUser *int64 `json:"defaultUser,omitempty"`
}

// ConfigMapVolumeSource shows a config map's keys as files.
type ConfigMapVolumeSource struct {
	LocalObjectReference `json:",inline"`
	// Which keys, and where; empty is all, by their names.
	Items []KeyToPath `json:"items,omitempty"`
	// Permission bits of files that set none; nil becomes 0644.
	DefaultMode *int32 `json:"defaultMode,omitempty"`
	// A missing config map or key is no error; nil counts as false.
	Optional *bool `json:"optional,omitempty"`
	// Owner of files that set none.
	DefaultUser *int64 `json:"defaultUser,omitempty"`
}

// KeyToPath puts one key into one file.
type KeyToPath struct {
	Key string `json:"key"`
	// Relative, without "..".
	Path string `json:"path"`
	// Permission bits; nil is the volume's default.
	Mode *int32 `json:"mode,omitempty"`
	// Owner; nil is the volume's default.
	User *int64 `json:"user,omitempty"`
}

// DownwardAPIVolumeSource shows fields of the pod as files.
type DownwardAPIVolumeSource struct {
	Items []DownwardAPIVolumeFile `json:"items,omitempty"`
	// Permission bits of files that set none; nil becomes 0644.
	DefaultMode *int32 `json:"defaultMode,omitempty"`
	// Owner of files that set none.
	DefaultUser *int64 `json:"defaultUser,omitempty"`
}

// DownwardAPIVolumeFile is one file with one value: exactly one reference is set.
type DownwardAPIVolumeFile struct {
	// Relative, without "..".
	Path             string                 `json:"path"`
	FieldRef         *ObjectFieldSelector   `json:"fieldRef,omitempty"`
	ResourceFieldRef *ResourceFieldSelector `json:"resourceFieldRef,omitempty"`
	// Permission bits; nil is the volume's default.
	Mode *int32 `json:"mode,omitempty"`
	// Owner; nil is the volume's default.
	User *int64 `json:"user,omitempty"`
}

// ImageVolumeSource is the content of an image, read-only (KEP-4639).
type ImageVolumeSource struct {
	Reference string `json:"reference,omitempty"`
	// Empty becomes Always for the tag latest or none, else IfNotPresent.
	PullPolicy PullPolicy `json:"pullPolicy,omitempty"`
}
