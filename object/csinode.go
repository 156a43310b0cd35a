package object

import "github.com/podlife/podlife/pod"

// CSINode TODO
type CSINode struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           CSINodeSpec   `json:"spec"`
	Status         CSINodeStatus `json:"status,omitempty"`
}

// CSINodeSpec TODO
type CSINodeSpec struct {
	Drivers []CSINodeDriver `json:"drivers"`
}

// CSINodeStatus TODO
type CSINodeStatus struct {
	StorageHealth []StorageHealth `json:"storageHealth,omitempty"`
}

// CSINodeDriver TODO
type CSINodeDriver struct {
	Name         string               `json:"name"`
	NodeID       string               `json:"nodeID"`
	TopologyKeys []string             `json:"topologyKeys"`
	Allocatable  *VolumeNodeResources `json:"allocatable,omitempty"`
}

// StorageHealth TODO
type StorageHealth struct {
	Name             string                   `json:"name"`
	HealthConditions []StorageHealthCondition `json:"healthConditions,omitempty"`
}

// VolumeNodeResources TODO
type VolumeNodeResources struct {
	Count *int32 `json:"count,omitempty"`
}

// StorageHealthCondition TODO
type StorageHealthCondition struct {
	Status             StorageHealthStatusType         `json:"status"`
	Reason             string                          `json:"reason"`
	Message            string                          `json:"message,omitempty"`
	AccessMode         *pod.PersistentVolumeAccessMode `json:"accessMode,omitempty"`
	VolumeMode         *pod.PersistentVolumeMode       `json:"volumeMode,omitempty"`
	LastTransitionTime pod.Time                        `json:"lastTransitionTime,omitempty,omitzero"`
}

// StorageHealthStatusType TODO
type StorageHealthStatusType string
