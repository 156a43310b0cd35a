package pod

// NFSVolumeSource is a folder of an NFS server.
type NFSVolumeSource struct {
	Server string `json:"server"`
	// Absolute.
	Path     string `json:"path"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// ISCSIVolumeSource is an iSCSI disk.
type ISCSIVolumeSource struct {
	// ADDRESS or ADDRESS:PORT; the port is 3260 otherwise.
	TargetPortal string `json:"targetPortal"`
	// Qualified name of the target.
	IQN string `json:"iqn"`
	// 0 to 255.
	Lun int32 `json:"lun"`
	// Empty becomes default.
	ISCSIInterface string `json:"iscsiInterface,omitempty"`
	FSType         string `json:"fsType,omitempty"`
	ReadOnly       bool   `json:"readOnly,omitempty"`
	// Further portals of the same target.
	Portals []string `json:"portals,omitempty"`
	// Needs SecretRef.
	DiscoveryCHAPAuth bool `json:"chapAuthDiscovery,omitempty"`
	// Needs SecretRef.
	SessionCHAPAuth bool                  `json:"chapAuthSession,omitempty"`
	SecretRef       *LocalObjectReference `json:"secretRef,omitempty"`
	// nil is the node's.
	InitiatorName *string `json:"initiatorName,omitempty"`
}

// FCVolumeSource is a Fibre Channel disk: by names and LUN, or by WWIDs.
type FCVolumeSource struct {
	TargetWWNs []string `json:"targetWWNs,omitempty"`
	// 0 to 255; needs TargetWWNs.
	Lun      *int32 `json:"lun,omitempty"`
	FSType   string `json:"fsType,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
	// Excludes TargetWWNs.
	WWIDs []string `json:"wwids,omitempty"`
}

// CSIVolumeSource is a volume that a CSI driver makes for this pod alone.
type CSIVolumeSource struct {
	Driver string `json:"driver"`
	// nil counts as false.
	ReadOnly *bool `json:"readOnly,omitempty"`
	// nil is the driver's choice.
	FSType *string `json:"fsType,omitempty"`
	// The driver's own parameters.
	VolumeAttributes     map[string]string     `json:"volumeAttributes,omitempty"`
	NodePublishSecretRef *LocalObjectReference `json:"nodePublishSecretRef,omitempty"`
}

// FlexVolumeSource is a volume of an exec-based plugin. Out of use.
type FlexVolumeSource struct {
	Driver    string                `json:"driver"`
	FSType    string                `json:"fsType,omitempty"`
	SecretRef *LocalObjectReference `json:"secretRef,omitempty"`
	ReadOnly  bool                  `json:"readOnly,omitempty"`
	Options   map[string]string     `json:"options,omitempty"`
}

// GitRepoVolumeSource is a clone of a git repository. Out of use, and off by default.
type GitRepoVolumeSource struct {
	// URL.
	Repository string `json:"repository"`
	Revision   string `json:"revision,omitempty"`
	// Target folder; "." is the volume itself.
	Directory string `json:"directory,omitempty"`
}

// GlusterfsVolumeSource is a Glusterfs volume. Out of use.
type GlusterfsVolumeSource struct {
	EndpointsName string `json:"endpoints"`
	Path          string `json:"path"`
	ReadOnly      bool   `json:"readOnly,omitempty"`
}

// RBDVolumeSource is a Ceph block device. Out of use.
type RBDVolumeSource struct {
	CephMonitors []string `json:"monitors"`
	RBDImage     string   `json:"image"`
	FSType       string   `json:"fsType,omitempty"`
	// Empty becomes rbd.
	RBDPool string `json:"pool,omitempty"`
	// Empty becomes admin.
	RadosUser string `json:"user,omitempty"`
	// Empty becomes /etc/ceph/keyring.
	Keyring string `json:"keyring,omitempty"`
	// Takes precedence over Keyring.
	SecretRef *LocalObjectReference `json:"secretRef,omitempty"`
	ReadOnly  bool                  `json:"readOnly,omitempty"`
}

// CephFSVolumeSource is a Ceph file system. Out of use.
type CephFSVolumeSource struct {
	Monitors []string `json:"monitors"`
	// Empty is /.
	Path string `json:"path,omitempty"`
	// Empty is admin.
	User string `json:"user,omitempty"`
	// Empty is /etc/ceph/user.secret.
	SecretFile string `json:"secretFile,omitempty"`
	// Takes precedence over SecretFile.
	SecretRef *LocalObjectReference `json:"secretRef,omitempty"`
	ReadOnly  bool                  `json:"readOnly,omitempty"`
}

// CinderVolumeSource is an OpenStack disk. Out of use.
type CinderVolumeSource struct {
	VolumeID  string                `json:"volumeID"`
	FSType    string                `json:"fsType,omitempty"`
	ReadOnly  bool                  `json:"readOnly,omitempty"`
	SecretRef *LocalObjectReference `json:"secretRef,omitempty"`
}

// GCEPersistentDiskVolumeSource is a Google Compute Engine disk. Out of use.
type GCEPersistentDiskVolumeSource struct {
	PDName string `json:"pdName"`
	FSType string `json:"fsType,omitempty"`
	// 0 is the whole disk.
	Partition int32 `json:"partition,omitempty"`
	ReadOnly  bool  `json:"readOnly,omitempty"`
}

// AWSElasticBlockStoreVolumeSource is an AWS disk. Out of use.
type AWSElasticBlockStoreVolumeSource struct {
	VolumeID string `json:"volumeID"`
	FSType   string `json:"fsType,omitempty"`
	// 0 is the whole disk.
	Partition int32 `json:"partition,omitempty"`
	ReadOnly  bool  `json:"readOnly,omitempty"`
}

// AzureFileVolumeSource is an Azure file share. Out of use.
type AzureFileVolumeSource struct {
	SecretName string `json:"secretName"`
	ShareName  string `json:"shareName"`
	ReadOnly   bool   `json:"readOnly,omitempty"`
}

// AzureDiskVolumeSource is an Azure disk. Out of use.
type AzureDiskVolumeSource struct {
	DiskName    string `json:"diskName"`
	DataDiskURI string `json:"diskURI"`
	// nil becomes ReadWrite.
	CachingMode *AzureDataDiskCachingMode `json:"cachingMode,omitempty"`
	// nil becomes ext4.
	FSType *string `json:"fsType,omitempty"`
	// nil becomes false.
	ReadOnly *bool `json:"readOnly,omitempty"`
	// nil becomes Shared.
	Kind *AzureDataDiskKind `json:"kind,omitempty"`
}

// AzureDataDiskCachingMode is how the host caches an Azure disk.
type AzureDataDiskCachingMode string

// The three modes of the host's cache.
const (
	AzureDataDiskCachingNone      AzureDataDiskCachingMode = "None"
	AzureDataDiskCachingReadOnly  AzureDataDiskCachingMode = "ReadOnly"
	AzureDataDiskCachingReadWrite AzureDataDiskCachingMode = "ReadWrite"
)

// AzureDataDiskKind is how an Azure disk is kept.
type AzureDataDiskKind string

const (
	// AzureSharedBlobDisk shares a storage account.
	AzureSharedBlobDisk AzureDataDiskKind = "Shared"
	// AzureDedicatedBlobDisk has a storage account of its own.
	AzureDedicatedBlobDisk AzureDataDiskKind = "Dedicated"
	// AzureManagedDisk is a managed disk.
	AzureManagedDisk AzureDataDiskKind = "Managed"
)

// VsphereVirtualDiskVolumeSource is a vSphere disk. Out of use.
type VsphereVirtualDiskVolumeSource struct {
	VolumePath        string `json:"volumePath"`
	FSType            string `json:"fsType,omitempty"`
	StoragePolicyName string `json:"storagePolicyName,omitempty"`
	StoragePolicyID   string `json:"storagePolicyID,omitempty"`
}

// PhotonPersistentDiskVolumeSource is a Photon Controller disk. Out of use.
type PhotonPersistentDiskVolumeSource struct {
	PdID   string `json:"pdID"`
	FSType string `json:"fsType,omitempty"`
}

// PortworxVolumeSource is a Portworx volume. Out of use.
type PortworxVolumeSource struct {
	VolumeID string `json:"volumeID"`
	FSType   string `json:"fsType,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// ScaleIOVolumeSource is a ScaleIO volume. Out of use.
type ScaleIOVolumeSource struct {
	Gateway          string                `json:"gateway"`
	System           string                `json:"system"`
	SecretRef        *LocalObjectReference `json:"secretRef"`
	SSLEnabled       bool                  `json:"sslEnabled,omitempty"`
	ProtectionDomain string                `json:"protectionDomain,omitempty"`
	StoragePool      string                `json:"storagePool,omitempty"`
	// Empty becomes ThinProvisioned.
	StorageMode string `json:"storageMode,omitempty"`
	VolumeName  string `json:"volumeName,omitempty"`
	// Empty becomes xfs.
	FSType   string `json:"fsType,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// StorageOSVolumeSource is a StorageOS volume. Out of use.
type StorageOSVolumeSource struct {
	VolumeName string `json:"volumeName,omitempty"`
	// Empty is the pod's namespace.
	VolumeNamespace string                `json:"volumeNamespace,omitempty"`
	FSType          string                `json:"fsType,omitempty"`
	ReadOnly        bool                  `json:"readOnly,omitempty"`
	SecretRef       *LocalObjectReference `json:"secretRef,omitempty"`
}

// QuobyteVolumeSource is a Quobyte volume. Out of use.
type QuobyteVolumeSource struct {
	// HOST:PORT, several joined by commas.
	Registry string `json:"registry"`
	Volume   string `json:"volume"`
	ReadOnly bool   `json:"readOnly,omitempty"`
	User     string `json:"user,omitempty"`
	Group    string `json:"group,omitempty"`
	Tenant   string `json:"tenant,omitempty"`
}

// FlockerVolumeSource is a Flocker dataset, by name or by UUID. Out of use.
type FlockerVolumeSource struct {
	DatasetName string `json:"datasetName,omitempty"`
	DatasetUUID string `json:"datasetUUID,omitempty"`
}
