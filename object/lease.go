package object

import "github.com/podlife/podlife/pod"

// Lease is a sign of life: its holder renews it. A node's is in the namespace kube-node-lease.
type Lease struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           LeaseSpec `json:"spec,omitempty"`
}

// LeaseSpec is who holds the lease, for how long, and when it was renewed.
type LeaseSpec struct {
	HolderIdentity       *string                   `json:"holderIdentity,omitempty"`
	LeaseDurationSeconds *int32                    `json:"leaseDurationSeconds,omitempty"`
	AcquireTime          *MicroTime                `json:"acquireTime,omitempty"`
	RenewTime            *MicroTime                `json:"renewTime,omitempty"`
	LeaseTransitions     *int32                    `json:"leaseTransitions,omitempty"`
	Strategy             *CoordinatedLeaseStrategy `json:"strategy,omitempty"`
	PreferredHolder      *string                   `json:"preferredHolder,omitempty"`
}

// CoordinatedLeaseStrategy is how a leader is picked among candidates.
type CoordinatedLeaseStrategy string
