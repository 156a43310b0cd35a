package object

import "github.com/podlife/podlife/pod"

// PersistentVolume is a volume that exists without a pod.
type PersistentVolume struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           PersistentVolumeSpec   `json:"spec,omitempty"`
	Status         PersistentVolumeStatus `json:"status,omitempty"`
}

// PersistentVolumeSpec is what the volume is, where it can be used, and who has it.
type PersistentVolumeSpec struct {
	Capacity                      pod.ResourceList `json:"capacity,omitempty"`
	PersistentVolumeSource        `json:""`
	AccessModes                   []pod.PersistentVolumeAccessMode `json:"accessModes,omitempty"`
	ClaimRef                      *pod.ObjectReference             `json:"claimRef,omitempty"`
	PersistentVolumeReclaimPolicy PersistentVolumeReclaimPolicy    `json:"persistentVolumeReclaimPolicy,omitempty"`
	StorageClassName              string                           `json:"storageClassName,omitempty"`
	MountOptions                  []string                         `json:"mountOptions,omitempty"`
	VolumeMode                    *pod.PersistentVolumeMode        `json:"volumeMode,omitempty"`
	NodeAffinity                  *VolumeNodeAffinity              `json:"nodeAffinity,omitempty"`
	VolumeAttributesClassName     *string                          `json:"volumeAttributesClassName,omitempty"`
}

// PersistentVolumeStatus is whether the volume is in use.
type PersistentVolumeStatus struct {
	Phase                   PersistentVolumePhase `json:"phase,omitempty"`
	Message                 string                `json:"message,omitempty"`
	Reason                  string                `json:"reason,omitempty"`
	LastPhaseTransitionTime *pod.Time             `json:"lastPhaseTransitionTime,omitempty"`
}

// PersistentVolumeSource is where the volume comes from; exactly one is set.
type PersistentVolumeSource struct {
	GCEPersistentDisk    *pod.GCEPersistentDiskVolumeSource    `json:"gcePersistentDisk,omitempty"`
	AWSElasticBlockStore *pod.AWSElasticBlockStoreVolumeSource `json:"awsElasticBlockStore,omitempty"`
	HostPath             *pod.HostPathVolumeSource             `json:"hostPath,omitempty"`
	Glusterfs            *GlusterfsPersistentVolumeSource      `json:"glusterfs,omitempty"`
	NFS                  *pod.NFSVolumeSource                  `json:"nfs,omitempty"`
	RBD                  *RBDPersistentVolumeSource            `json:"rbd,omitempty"`
	ISCSI                *ISCSIPersistentVolumeSource          `json:"iscsi,omitempty"`
	Cinder               *CinderPersistentVolumeSource         `json:"cinder,omitempty"`
	CephFS               *CephFSPersistentVolumeSource         `json:"cephfs,omitempty"`
	FC                   *pod.FCVolumeSource                   `json:"fc,omitempty"`
	Flocker              *pod.FlockerVolumeSource              `json:"flocker,omitempty"`
	FlexVolume           *FlexPersistentVolumeSource           `json:"flexVolume,omitempty"`
	AzureFile            *AzureFilePersistentVolumeSource      `json:"azureFile,omitempty"`
	VsphereVolume        *pod.VsphereVirtualDiskVolumeSource   `json:"vsphereVolume,omitempty"`
	Quobyte              *pod.QuobyteVolumeSource              `json:"quobyte,omitempty"`
	AzureDisk            *pod.AzureDiskVolumeSource            `json:"azureDisk,omitempty"`
	PhotonPersistentDisk *pod.PhotonPersistentDiskVolumeSource `json:"photonPersistentDisk,omitempty"`
	PortworxVolume       *pod.PortworxVolumeSource             `json:"portworxVolume,omitempty"`
	ScaleIO              *ScaleIOPersistentVolumeSource        `json:"scaleIO,omitempty"`
	Local                *LocalVolumeSource                    `json:"local,omitempty"`
	StorageOS            *StorageOSPersistentVolumeSource      `json:"storageos,omitempty"`
	CSI                  *CSIPersistentVolumeSource            `json:"csi,omitempty"`
}

// VolumeNodeAffinity says which nodes can reach the volume.
type VolumeNodeAffinity struct {
	Required *pod.NodeSelector `json:"required,omitempty"`
}

// GlusterfsPersistentVolumeSource is a Glusterfs volume.
type GlusterfsPersistentVolumeSource struct {
	EndpointsName      string  `json:"endpoints"`
	Path               string  `json:"path"`
	ReadOnly           bool    `json:"readOnly,omitempty"`
	EndpointsNamespace *string `json:"endpointsNamespace,omitempty"`
}

// RBDPersistentVolumeSource is a Ceph block device.
type RBDPersistentVolumeSource struct {
	CephMonitors []string         `json:"monitors"`
	RBDImage     string           `json:"image"`
	FSType       string           `json:"fsType,omitempty"`
	RBDPool      string           `json:"pool,omitempty"`
	RadosUser    string           `json:"user,omitempty"`
	Keyring      string           `json:"keyring,omitempty"`
	SecretRef    *SecretReference `json:"secretRef,omitempty"`
	ReadOnly     bool             `json:"readOnly,omitempty"`
}

// ISCSIPersistentVolumeSource is an iSCSI disk.
type ISCSIPersistentVolumeSource struct {
	TargetPortal      string           `json:"targetPortal"`
	IQN               string           `json:"iqn"`
	Lun               int32            `json:"lun"`
	ISCSIInterface    string           `json:"iscsiInterface,omitempty"`
	FSType            string           `json:"fsType,omitempty"`
	ReadOnly          bool             `json:"readOnly,omitempty"`
	Portals           []string         `json:"portals,omitempty"`
	DiscoveryCHAPAuth bool             `json:"chapAuthDiscovery,omitempty"`
	SessionCHAPAuth   bool             `json:"chapAuthSession,omitempty"`
	SecretRef         *SecretReference `json:"secretRef,omitempty"`
	InitiatorName     *string          `json:"initiatorName,omitempty"`
}

// CinderPersistentVolumeSource is an OpenStack Cinder volume.
type CinderPersistentVolumeSource struct {
	VolumeID  string           `json:"volumeID"`
	FSType    string           `json:"fsType,omitempty"`
	ReadOnly  bool             `json:"readOnly,omitempty"`
	SecretRef *SecretReference `json:"secretRef,omitempty"`
}

// CephFSPersistentVolumeSource is a Ceph file system.
type CephFSPersistentVolumeSource struct {
	Monitors   []string         `json:"monitors"`
	Path       string           `json:"path,omitempty"`
	User       string           `json:"user,omitempty"`
	SecretFile string           `json:"secretFile,omitempty"`
	SecretRef  *SecretReference `json:"secretRef,omitempty"`
	ReadOnly   bool             `json:"readOnly,omitempty"`
}

// FlexPersistentVolumeSource is a volume of a FlexVolume plugin.
type FlexPersistentVolumeSource struct {
	Driver    string            `json:"driver"`
	FSType    string            `json:"fsType,omitempty"`
	SecretRef *SecretReference  `json:"secretRef,omitempty"`
	ReadOnly  bool              `json:"readOnly,omitempty"`
	Options   map[string]string `json:"options,omitempty"`
}

// AzureFilePersistentVolumeSource is an Azure file share.
type AzureFilePersistentVolumeSource struct {
	SecretName      string  `json:"secretName"`
	ShareName       string  `json:"shareName"`
	ReadOnly        bool    `json:"readOnly,omitempty"`
	SecretNamespace *string `json:"secretNamespace"`
}

// ScaleIOPersistentVolumeSource is a ScaleIO volume.
type ScaleIOPersistentVolumeSource struct {
	Gateway          string           `json:"gateway"`
	System           string           `json:"system"`
	SecretRef        *SecretReference `json:"secretRef"`
	SSLEnabled       bool             `json:"sslEnabled,omitempty"`
	ProtectionDomain string           `json:"protectionDomain,omitempty"`
	StoragePool      string           `json:"storagePool,omitempty"`
	StorageMode      string           `json:"storageMode,omitempty"`
	VolumeName       string           `json:"volumeName,omitempty"`
	FSType           string           `json:"fsType,omitempty"`
	ReadOnly         bool             `json:"readOnly,omitempty"`
}

// LocalVolumeSource is a disk of one node.
type LocalVolumeSource struct {
	Path   string  `json:"path"`
	FSType *string `json:"fsType,omitempty"`
}

// StorageOSPersistentVolumeSource is a StorageOS volume.
type StorageOSPersistentVolumeSource struct {
	VolumeName      string               `json:"volumeName,omitempty"`
	VolumeNamespace string               `json:"volumeNamespace,omitempty"`
	FSType          string               `json:"fsType,omitempty"`
	ReadOnly        bool                 `json:"readOnly,omitempty"`
	SecretRef       *pod.ObjectReference `json:"secretRef,omitempty"`
}

// CSIPersistentVolumeSource is a volume of a CSI driver.
type CSIPersistentVolumeSource struct {
	Driver                     string            `json:"driver"`
	VolumeHandle               string            `json:"volumeHandle"`
	ReadOnly                   bool              `json:"readOnly,omitempty"`
	FSType                     string            `json:"fsType,omitempty"`
	VolumeAttributes           map[string]string `json:"volumeAttributes,omitempty"`
	ControllerPublishSecretRef *SecretReference  `json:"controllerPublishSecretRef,omitempty"`
	NodeStageSecretRef         *SecretReference  `json:"nodeStageSecretRef,omitempty"`
	NodePublishSecretRef       *SecretReference  `json:"nodePublishSecretRef,omitempty"`
	ControllerExpandSecretRef  *SecretReference  `json:"controllerExpandSecretRef,omitempty"`
	NodeExpandSecretRef        *SecretReference  `json:"nodeExpandSecretRef,omitempty"`
}

// SecretReference names a secret in any namespace.
type SecretReference struct {
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace,omitempty"`
}

// PersistentVolumePhase is whether a volume is bound to a claim.
type PersistentVolumePhase string

// The values of PersistentVolumePhase.
const (
	VolumePending   PersistentVolumePhase = "Pending"
	VolumeAvailable PersistentVolumePhase = "Available"
	VolumeBound     PersistentVolumePhase = "Bound"
	VolumeReleased  PersistentVolumePhase = "Released"
	VolumeFailed    PersistentVolumePhase = "Failed"
)

// PersistentVolumeReclaimPolicy says what becomes of a volume whose claim has gone.
type PersistentVolumeReclaimPolicy string

// The values of PersistentVolumeReclaimPolicy.
const (
	PersistentVolumeReclaimRecycle PersistentVolumeReclaimPolicy = "Recycle"
	PersistentVolumeReclaimDelete  PersistentVolumeReclaimPolicy = "Delete"
	PersistentVolumeReclaimRetain  PersistentVolumeReclaimPolicy = "Retain"
)
