package storage

import "github.com/podlife/podlife/pod"

// Plugin makes volumes that a driver cannot make out of directories and files alone: claims, images, CSI drivers, network
// file systems. Its methods may be called from several goroutines at once, though never at once for one UID.
type Plugin interface {
	// Publish makes v, a volume of p, ready on this machine and returns its absolute path. It is idempotent, and
	// after an error Unpublish removes what it left. p and v are only read, and not kept.
	Publish(p *pod.Pod, v Volume) (path string, err error)
	// Unpublish gives back all volumes published for uid, and deletes those that live as long as the pod. It is
	// idempotent, and after a crash or an error goes on where the last call stopped.
	Unpublish(uid pod.UID) error
	// Published returns the UIDs that volumes are published for, in any order, those whose Publish or Unpublish was cut
	// short included.
	Published() ([]pod.UID, error)
}
