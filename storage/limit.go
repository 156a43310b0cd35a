package storage

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

// Excess is an emptyDir volume that holds more than its sizeLimit, for which the pod is evicted.
// See https://kubernetes.io/docs/concepts/storage/volumes/#emptydir.
type Excess struct {
	// Volume is the name of the volume.
	Volume string
	// Used is how much it holds, in bytes.
	Used int64
	// Limit is its sizeLimit.
	Limit pod.Quantity
}

// Message returns the message of the pod's status when it is evicted for e, with the blank at its end.
func (e Excess) Message() string {
	return fmt.Sprintf("Usage of EmptyDir volume %q exceeds the limit %q. ", e.Volume, e.Limit.String())
}

// OverLimit returns the first emptyDir volume of p that holds more than its sizeLimit, and whether there is one. used
// tells how many bytes a volume holds, and false where that is not known. A sizeLimit of zero is none.
func OverLimit(p *pod.Pod, used func(volume string) (bytes int64, known bool)) (Excess, bool) {
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if v.EmptyDir == nil || v.EmptyDir.SizeLimit == nil || v.EmptyDir.SizeLimit.Sign() <= 0 {
			continue
		}
		limit := *v.EmptyDir.SizeLimit
		bytes, known := used(v.Name)
		if known && pod.NewQuantity(bytes, pod.BinarySI).Cmp(limit) > 0 {
			return Excess{Volume: v.Name, Used: bytes, Limit: limit}, true
		}
	}
	return Excess{}, false
}
