package object

import "github.com/podlife/podlife/pod"

// ControllerRevision TODO
type ControllerRevision struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Data           Raw   `json:"data"`
	Revision       int64 `json:"revision"`
}
