package pod

type ResizeStatus string

const (
	ResizeStatusInProgress ResizeStatus = "InProgress"
	ResizeStatusDeferred   ResizeStatus = "Deferred"
	ResizeStatusInfeasible ResizeStatus = "Infeasible"
)
