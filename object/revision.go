package object

import "github.com/podlife/podlife/pod"

// ControllerRevision is a template as it once was, kept by a StatefulSet or DaemonSet.
type ControllerRevision struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Data           Raw   `json:"data"`
	Revision       int64 `json:"revision"`
}
