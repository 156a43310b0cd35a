package pod

type Template struct {
	ObjectMeta `json:"metadata,omitempty"`
	Spec       Spec `json:"spec,omitempty"`
}
