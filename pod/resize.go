package pod

// ResizeStatus is the state of a resize as older versions reported it; the conditions PodResizePending and
// PodResizeInProgress took its place.
type ResizeStatus string

const (
	// ResizeStatusInProgress is a resize being carried out.
	ResizeStatusInProgress ResizeStatus = "InProgress"
	// ResizeStatusDeferred fits the node, but not now.
	ResizeStatusDeferred ResizeStatus = "Deferred"
	// ResizeStatusInfeasible can never fit the node.
	ResizeStatusInfeasible ResizeStatus = "Infeasible"
)
