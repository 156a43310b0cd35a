package object

import "github.com/podlife/podlife/pod"

// Namespace TODO
type Namespace struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           NamespaceSpec   `json:"spec,omitempty"`
	Status         NamespaceStatus `json:"status,omitempty"`
}

// NamespaceSpec TODO
type NamespaceSpec struct {
	Finalizers []FinalizerName `json:"finalizers,omitempty"`
}

// NamespaceStatus TODO
type NamespaceStatus struct {
	Phase      NamespacePhase       `json:"phase,omitempty"`
	Conditions []NamespaceCondition `json:"conditions,omitempty"`
}

// NamespaceCondition TODO
type NamespaceCondition struct {
	Type               NamespaceConditionType `json:"type"`
	Status             pod.ConditionStatus    `json:"status"`
	LastTransitionTime pod.Time               `json:"lastTransitionTime,omitempty,omitzero"`
	Reason             string                 `json:"reason,omitempty"`
	Message            string                 `json:"message,omitempty"`
}

// FinalizerName TODO
type FinalizerName string

// NamespaceConditionType TODO
type NamespaceConditionType string

// NamespacePhase TODO
type NamespacePhase string
