package storage

import (
	"errors"
	"slices"

	"github.com/podlife/podlife/pod"
)

// Driver makes the volumes of pods and takes them away. Every method may be called from several goroutines at once;
// calls for one UID happen one after the other, and no call for one UID waits for the work of another.
type Driver interface {
	// Mount prepares all volumes of p, or none: after an error nothing of this call is left. Mounting again what is
	// mounted keeps every byte of it and brings the files that come out of sources up to date, all files of a volume
	// at once; where that fails the old files stay. p and sources are only read, and not kept.
	Mount(p *pod.Pod, sources Sources) error

	// Unmount removes every volume that lives as long as the pod, and releases the others. It is idempotent: a UID
	// that was never mounted is no error, and after a crash or an error it goes on where the last call stopped.
	Unmount(uid pod.UID) error

	// Path returns where the volume of a mounted pod is on this machine, or "" for a driver that has no such place.
	// A pod that is not mounted and a volume that the pod does not have are errors that wrap ErrNotMounted.
	Path(uid pod.UID, volume string) (string, error)

	// Mounted returns the UIDs of which anything is left, in order and without repetition: those that are mounted, and
	// those whose Mount or Unmount was cut short. Unmount removes all that is left of each.
	Mounted() ([]pod.UID, error)
}

// ErrNotMounted is wrapped by the errors about a pod or a volume that is not mounted.
var ErrNotMounted = errors.New("not mounted")

// Sweep unmounts every UID that d knows of and that is not among live, and returns those it removed, in order. A UID
// that cannot be removed does not keep the others from it; the errors of all such are joined.
func Sweep(d Driver, live []pod.UID) ([]pod.UID, error) {
	mounted, err := d.Mounted()
	if err != nil {
		return nil, err
	}
	keep := make(map[pod.UID]bool, len(live))
	for _, uid := range live {
		keep[uid] = true
	}
	gone := slices.DeleteFunc(mounted, func(uid pod.UID) bool { return keep[uid] })
	var removed []pod.UID
	var faults []error
	for _, uid := range gone {
		if err := d.Unmount(uid); err != nil {
			faults = append(faults, err)
			continue
		}
		removed = append(removed, uid)
	}
	return removed, errors.Join(faults...)
}

// Contents is what a Driver may offer beside: the files in the volumes of mounted pods, whoever made them. Names are
// relative to the volume with '/' between parts; one that leads outside it, by ".." or through a link, is an error.
type Contents interface {
	// ReadFile returns what is in a file. The caller owns it.
	ReadFile(uid pod.UID, volume, name string) ([]byte, error)
	// WriteFile replaces a file or makes it, with the directories above it. It serves who plays a container; what a volume
	// allows containers is theirs to ask.
	WriteFile(uid pod.UID, volume, name string, data []byte) error
	// Usage returns how many bytes a volume takes.
	Usage(uid pod.UID, volume string) (int64, error)
}
