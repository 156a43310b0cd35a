package object

import "github.com/podlife/podlife/pod"

// Namespace is a space of names.
type Namespace struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           NamespaceSpec   `json:"spec,omitempty"`
	Status         NamespaceStatus `json:"status,omitempty"`
}

// NamespaceSpec lists what must be done before the namespace may go.
type NamespaceSpec struct {
	Finalizers []FinalizerName `json:"finalizers,omitempty"`
}

// NamespaceStatus is whether the namespace is being deleted.
type NamespaceStatus struct {
	Phase      NamespacePhase       `json:"phase,omitempty"`
	Conditions []NamespaceCondition `json:"conditions,omitempty"`
}

// NamespaceCondition is how one aspect of a namespace's deletion stands.
type NamespaceCondition struct {
	Type               NamespaceConditionType `json:"type"`
	Status             pod.ConditionStatus    `json:"status"`
	LastTransitionTime pod.Time               `json:"lastTransitionTime,omitempty"`
	Reason             string                 `json:"reason,omitempty"`
	Message            string                 `json:"message,omitempty"`
}

// FinalizerName names something that must be done before a namespace may go.
type FinalizerName string

// NamespaceConditionType names an aspect of a namespace's deletion.
type NamespaceConditionType string

// NamespacePhase is Active or Terminating.
type NamespacePhase string

// The values of NamespacePhase.
const (
	NamespaceActive      NamespacePhase = "Active"
	NamespaceTerminating NamespacePhase = "Terminating"
)
