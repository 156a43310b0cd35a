package volume

import (
	"fmt"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The types of events.
const (
	normal  = "Normal"
	warning = "Warning"
)

// failedBinding is the reason of events that say why a claim has no volume, or a volume of a pod no claim.
const failedBinding = "FailedBinding"

// Annotations by which claims and volumes tell how they came to each other.
const (
	annotationBoundByController = "pv.kubernetes.io/bound-by-controller"
	annotationProvisionedBy     = "pv.kubernetes.io/provisioned-by"
	annotationProvisioner       = "volume.kubernetes.io/storage-provisioner"
	annotationOldProvisioner    = "volume.beta.kubernetes.io/storage-provisioner"
)

// draft is a plan in the making.
type draft struct {
	controller.Plan
	written map[pod.UID]bool
}

// write adds a change of an object that is the plan's own. A second write of one object cannot know the version that the first one
// made, and so is not held against one.
func (d *draft) write(kind controller.ChangeKind, o object.Object) {
	m := o.Meta()
	if d.written[m.UID] {
		m.ResourceVersion = ""
	} else if d.written == nil {
		d.written = map[pod.UID]bool{}
	}
	d.written[m.UID] = true
	d.Changes = append(d.Changes, controller.Change{Kind: kind, Object: o})
}

func (d *draft) emit(about object.Object, kind, reason, format string, args ...any) {
	e := controller.Event{Type: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
	d.Changes = append(d.Changes, controller.Change{Kind: controller.Emit, Object: about, Event: e})
}

// annotate sets annotations, and reports whether any was not there.
func annotate(m *pod.ObjectMeta, names ...string) (changed bool) {
	for i := 0; i < len(names); i += 2 {
		if have, ok := m.Annotations[names[i]]; ok && have == names[i+1] {
			continue
		}
		if m.Annotations == nil {
			m.Annotations = map[string]string{}
		}
		m.Annotations[names[i]] = names[i+1]
		changed = true
	}
	return changed
}

// refersTo reports whether the volume is set aside for the claim, or bound to it.
func refersTo(v *object.PersistentVolume, claim *object.PersistentVolumeClaim) bool {
	ref := v.Spec.ClaimRef
	return ref != nil && ref.Namespace == claim.Namespace && ref.Name == claim.Name && (ref.UID == "" || ref.UID == claim.UID)
}

func readClaim(v controller.View, key pod.Key) *object.PersistentVolumeClaim {
	claim, _ := v.Read(object.PersistentVolumeClaimKind, key).(*object.PersistentVolumeClaim)
	return claim
}

func readVolume(v controller.View, name string) *object.PersistentVolume {
	if name == "" {
		return nil
	}
	volume, _ := v.Read(object.PersistentVolumeKind, pod.Key{Name: name}).(*object.PersistentVolume)
	return volume
}

func readClass(v controller.View, name string) *object.StorageClass {
	if name == "" {
		return nil
	}
	class, _ := v.Read(object.StorageClassKind, pod.Key{Name: name}).(*object.StorageClass)
	return class
}

// waits reports whether claims of the class wait for their pod's node.
func waits(class *object.StorageClass) bool {
	return class != nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == object.VolumeBindingWaitForFirstConsumer
}
