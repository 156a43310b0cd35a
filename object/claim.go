package object

import "github.com/podlife/podlife/pod"

// PersistentVolumeClaim TODO
type PersistentVolumeClaim struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           pod.PersistentVolumeClaimSpec `json:"spec,omitempty"`
	Status         PersistentVolumeClaimStatus   `json:"status,omitempty"`
}

// PersistentVolumeClaimStatus TODO
type PersistentVolumeClaimStatus struct {
	Phase                            PersistentVolumeClaimPhase               `json:"phase,omitempty"`
	AccessModes                      []pod.PersistentVolumeAccessMode         `json:"accessModes,omitempty"`
	Capacity                         pod.ResourceList                         `json:"capacity,omitempty"`
	Conditions                       []PersistentVolumeClaimCondition         `json:"conditions,omitempty"`
	AllocatedResources               pod.ResourceList                         `json:"allocatedResources,omitempty"`
	AllocatedResourceStatuses        map[pod.ResourceName]ClaimResourceStatus `json:"allocatedResourceStatuses,omitempty"`
	CurrentVolumeAttributesClassName *string                                  `json:"currentVolumeAttributesClassName,omitempty"`
	ModifyVolumeStatus               *ModifyVolumeStatus                      `json:"modifyVolumeStatus,omitempty"`
	HealthStatus                     *VolumeHealthStatus                      `json:"healthStatus,omitempty"`
}

// PersistentVolumeClaimCondition TODO
type PersistentVolumeClaimCondition struct {
	Type               PersistentVolumeClaimConditionType `json:"type"`
	Status             pod.ConditionStatus                `json:"status"`
	LastProbeTime      pod.Time                           `json:"lastProbeTime,omitempty,omitzero"`
	LastTransitionTime pod.Time                           `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string                             `json:"reason,omitempty"`
	Message            string                             `json:"message,omitempty"`
}

// ModifyVolumeStatus TODO
type ModifyVolumeStatus struct {
	TargetVolumeAttributesClassName string                                  `json:"targetVolumeAttributesClassName,omitempty"`
	Status                          PersistentVolumeClaimModifyVolumeStatus `json:"status"`
}

// VolumeHealthStatus TODO
type VolumeHealthStatus struct {
	HealthConditions   []pod.VolumeHealthCondition `json:"healthConditions,omitempty"`
	LastTransitionTime pod.Time                    `json:"lastTransitionTime,omitempty,omitzero"`
}

// ClaimResourceStatus TODO
type ClaimResourceStatus string

// PersistentVolumeClaimConditionType TODO
type PersistentVolumeClaimConditionType string

// PersistentVolumeClaimModifyVolumeStatus TODO
type PersistentVolumeClaimModifyVolumeStatus string

// PersistentVolumeClaimPhase TODO
type PersistentVolumeClaimPhase string
