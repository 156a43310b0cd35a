package object

import "github.com/podlife/podlife/pod"

// Lease TODO
type Lease struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           LeaseSpec `json:"spec,omitempty"`
}

// LeaseSpec TODO
type LeaseSpec struct {
	HolderIdentity       *string                   `json:"holderIdentity,omitempty"`
	LeaseDurationSeconds *int32                    `json:"leaseDurationSeconds,omitempty"`
	AcquireTime          *MicroTime                `json:"acquireTime,omitempty"`
	RenewTime            *MicroTime                `json:"renewTime,omitempty"`
	LeaseTransitions     *int32                    `json:"leaseTransitions,omitempty"`
	Strategy             *CoordinatedLeaseStrategy `json:"strategy,omitempty"`
	PreferredHolder      *string                   `json:"preferredHolder,omitempty"`
}

// CoordinatedLeaseStrategy TODO
type CoordinatedLeaseStrategy string
