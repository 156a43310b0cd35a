package object

import "github.com/podlife/podlife/pod"

// CSINode is what the storage drivers of one node say of it. It has the node's name.
type CSINode struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           CSINodeSpec   `json:"spec"`
	Status         CSINodeStatus `json:"status,omitempty"`
}

// CSINodeSpec lists the drivers.
type CSINodeSpec struct {
	Drivers []CSINodeDriver `json:"drivers"`
}

// CSINodeStatus is what the drivers say of the storage of the node.
type CSINodeStatus struct {
	StorageHealth []StorageHealth `json:"storageHealth,omitempty"`
}

// CSINodeDriver is one driver on one node.
type CSINodeDriver struct {
	Name         string               `json:"name"`
	NodeID       string               `json:"nodeID"`
	TopologyKeys []string             `json:"topologyKeys"`
	Allocatable  *VolumeNodeResources `json:"allocatable,omitempty"`
}

// StorageHealth is what one driver says of the node's storage.
type StorageHealth struct {
	Name             string                   `json:"name"`
	HealthConditions []StorageHealthCondition `json:"healthConditions,omitempty"`
}

// VolumeNodeResources bounds how many volumes of a driver a node can have.
type VolumeNodeResources struct {
	Count *int32 `json:"count,omitempty"`
}

// StorageHealthCondition is one finding about the storage of a node.
type StorageHealthCondition struct {
	Status             StorageHealthStatusType         `json:"status"`
	Reason             string                          `json:"reason"`
	Message            string                          `json:"message,omitempty"`
	AccessMode         *pod.PersistentVolumeAccessMode `json:"accessMode,omitempty"`
	VolumeMode         *pod.PersistentVolumeMode       `json:"volumeMode,omitempty"`
	LastTransitionTime pod.Time                        `json:"lastTransitionTime,omitempty"`
}

// StorageHealthStatusType is how bad it is.
type StorageHealthStatusType string
