package object

import "github.com/podlife/podlife/pod"

// ConfigMap TODO
type ConfigMap struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Immutable      *bool             `json:"immutable,omitempty"`
	Data           map[string]string `json:"data,omitempty"`
	BinaryData     map[string][]byte `json:"binaryData,omitempty"`
}

// Secret TODO
type Secret struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Immutable      *bool             `json:"immutable,omitempty"`
	Data           map[string][]byte `json:"data,omitempty"`
	StringData     map[string]string `json:"stringData,omitempty"`
	Type           SecretType        `json:"type,omitempty"`
}

// SecretType TODO
type SecretType string
