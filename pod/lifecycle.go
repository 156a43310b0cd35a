package pod

// Lifecycle holds a container's hooks.
type Lifecycle struct {
	// Called right after the start; the container counts as running only when it is done, and a failure kills
	// it.
	PostStart *LifecycleHandler `json:"postStart,omitempty"`
	// Called before the stop signal; its time counts against the grace period.
	PreStop *LifecycleHandler `json:"preStop,omitempty"`
	// Sent instead of the image's own; needs spec.os.
	StopSignal *Signal `json:"stopSignal,omitempty"`
}

// LifecycleHandler is what a hook does: exactly one field is set.
type LifecycleHandler struct {
	Exec    *ExecAction    `json:"exec,omitempty"`
	HTTPGet *HTTPGetAction `json:"httpGet,omitempty"`
	// Accepted, does nothing.
	TCPSocket *TCPSocketAction `json:"tcpSocket,omitempty"`
	Sleep     *SleepAction     `json:"sleep,omitempty"`
}

// SleepAction waits.
type SleepAction struct {
	// 0 is allowed; at most the grace period is useful.
	Seconds int64 `json:"seconds"`
}
