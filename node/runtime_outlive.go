package node

import (
	"context"

	"github.com/podlife/podlife/pod"
)

// Lister is implemented by a Runtime whose pods outlive the agent, so that an agent that comes back can claim them and end the
// others.
type Lister interface {
	// Pods returns the UIDs of all pods of which List shows anything, in ascending order. The result is the caller's.
	Pods(ctx context.Context) ([]pod.UID, error)
}

// Warner is implemented by a Runtime that may not be able to give a pod all that a pod has, and runs it nevertheless.
type Warner interface {
	// Warnings says what a pod that has a sandbox is without, one sentence each: the same as long as the sandbox stands.
	// The result is the caller's.
	Warnings(uid pod.UID) []string
}
