package pod

// Template is a pod to stamp out: what Deployment, Job and the like hold, core/v1's PodTemplateSpec. Clone it
// for each pod.
type Template struct {
	// Labels and annotations are copied to the pod; the name is not.
	ObjectMeta `json:"metadata,omitempty"`
	Spec       Spec `json:"spec,omitempty"`
}
