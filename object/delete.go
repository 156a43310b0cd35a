package object

import "github.com/podlife/podlife/pod"

// DeletionPropagation is what becomes of an object's dependents when it is deleted.
// See https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion.
type DeletionPropagation string

const (
	// DeletePropagationBackground deletes the object, then its dependents.
	DeletePropagationBackground DeletionPropagation = "Background"
	// DeletePropagationForeground deletes the dependents first; the object waits for those that block its deletion.
	DeletePropagationForeground DeletionPropagation = "Foreground"
	// DeletePropagationOrphan leaves the dependents, without their owner.
	DeletePropagationOrphan DeletionPropagation = "Orphan"
)

// DeleteOptions say how to delete an object. The zero value deletes it as its kind has it.
type DeleteOptions struct {
	pod.DeleteOptions
	// Propagation may be empty: then finalizers of the object decide, else Background.
	Propagation DeletionPropagation
}
