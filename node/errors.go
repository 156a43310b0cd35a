package node

import "errors"

// Sentinels for callers that branch; test with errors.Is.
var (
	// ErrNotFound: there is no such pod, container or attempt.
	ErrNotFound = errors.New("not found")
	// ErrExists: another pod of that name, or with that UID, is on the node.
	ErrExists = errors.New("exists already")
	// ErrNotRunning: the container has no attempt that runs.
	ErrNotRunning = errors.New("container is not running")
	// ErrStopped: the agent has ended, or was started a second time.
	ErrStopped = errors.New("agent is stopped")
	// ErrUnsupported: the runtime cannot do this.
	ErrUnsupported = errors.New("the runtime cannot do this")
)
