package object

import "github.com/podlife/podlife/pod"

// PersistentVolumeClaim asks for a volume that outlives pods.
type PersistentVolumeClaim struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           pod.PersistentVolumeClaimSpec `json:"spec,omitempty"`
	Status         PersistentVolumeClaimStatus   `json:"status,omitempty"`
}

// PersistentVolumeClaimStatus is what the claim has got.
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

// PersistentVolumeClaimCondition is how one aspect of a claim stands.
type PersistentVolumeClaimCondition struct {
	Type               PersistentVolumeClaimConditionType `json:"type"`
	Status             pod.ConditionStatus                `json:"status"`
	LastProbeTime      pod.Time                           `json:"lastProbeTime,omitempty"`
	LastTransitionTime pod.Time                           `json:"lastTransitionTime,omitempty"`
	Reason             string                             `json:"reason,omitempty"`
	Message            string                             `json:"message,omitempty"`
}

// ModifyVolumeStatus is how far a change of the volume's attributes class is.
type ModifyVolumeStatus struct {
	TargetVolumeAttributesClassName string                                  `json:"targetVolumeAttributesClassName,omitempty"`
	Status                          PersistentVolumeClaimModifyVolumeStatus `json:"status"`
}

// VolumeHealthStatus is what is known of the health of a claim's volume.
type VolumeHealthStatus struct {
	HealthConditions   []pod.VolumeHealthCondition `json:"healthConditions,omitempty"`
	LastTransitionTime pod.Time                    `json:"lastTransitionTime,omitempty"`
}

// ClaimResourceStatus is how far a resize of one resource is.
type ClaimResourceStatus string

// PersistentVolumeClaimConditionType names an aspect of a claim.
type PersistentVolumeClaimConditionType string

// PersistentVolumeClaimModifyVolumeStatus is how a change of attributes stands.
type PersistentVolumeClaimModifyVolumeStatus string

// PersistentVolumeClaimPhase is whether a claim has its volume.
type PersistentVolumeClaimPhase string

// The values of PersistentVolumeClaimPhase.
const (
	ClaimPending PersistentVolumeClaimPhase = "Pending"
	ClaimBound   PersistentVolumeClaimPhase = "Bound"
	ClaimLost    PersistentVolumeClaimPhase = "Lost"
)
