package object

import "github.com/podlife/podlife/pod"

// ConfigMap is configuration that pods read as variables or files.
type ConfigMap struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Immutable      *bool             `json:"immutable,omitempty"`
	Data           map[string]string `json:"data,omitempty"`
	BinaryData     map[string][]byte `json:"binaryData,omitempty"`
}

// Secret is as a ConfigMap, for what is not to be shown.
type Secret struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Immutable      *bool             `json:"immutable,omitempty"`
	Data           map[string][]byte `json:"data,omitempty"`
	StringData     map[string]string `json:"stringData,omitempty"`
	Type           SecretType        `json:"type,omitempty"`
}

// SecretType says what a secret is for, which fixes the keys it has.
type SecretType string
