package scheduling

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podlife/podlife/object"
)

// zoneLabels are the labels of a volume, and of nodes, that say where it is. The first two are older names of the others.
var zoneLabels = [...]string{
	"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
	"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
}

// newerLabel is what an older label is called now.
var newerLabel = map[string]string{zoneLabels[0]: zoneLabels[2], zoneLabels[1]: zoneLabels[3]}

// volumePlace is where a volume is by one of its labels.
type volumePlace struct {
	key    string
	values []string
}

// prepareZones lists the places of the pod's bound volumes. A claim that is not bound and does not wait for the pod's node
// rejects the pod.
func (c *cycle) prepareZones() *Rejection {
	c.places = c.places[:0]
	for i := range c.pod.Spec.Volumes {
		v := c.pod.Spec.Volumes[i].PersistentVolumeClaim
		if v == nil {
			continue
		}
		volume, fault := c.volumeBehind(v.ClaimName)
		if fault != "" {
			return &Rejection{VolumeZone, UnschedulableAndUnresolvable, []string{fault}}
		}
		if volume == nil {
			continue
		}
		for _, key := range zoneLabels {
			if value, ok := volume.Labels[key]; ok {
				c.places = appendPlace(c.places, key, value)
			}
		}
	}
	return nil
}

// volumeBehind is the volume of a claim, or why there is none; neither if it waits for the pod's node.
func (c *cycle) volumeBehind(name string) (v *object.PersistentVolume, fault string) {
	claim := c.claim(name)
	switch {
	case name == "":
		return nil, "PersistentVolumeClaim had no name"
	case claim == nil:
		return nil, claimNotFound(name)
	case claim.Spec.VolumeName == "":
		return nil, c.unboundFault(ClaimClass(claim))
	}
	if v = c.s.objects.volumes[claim.Spec.VolumeName]; v == nil {
		return nil, fmt.Sprintf("persistentvolume %q not found", claim.Spec.VolumeName)
	}
	return v, ""
}

// unboundFault says why a claim of the class should have a volume.
func (c *cycle) unboundFault(name string) string {
	class := c.s.objects.classes[name]
	switch {
	case name == "":
		return "PersistentVolumeClaim had no pv name and storageClass name"
	case class == nil:
		return fmt.Sprintf("storageclass.storage.k8s.io %q not found", name)
	case class.VolumeBindingMode == nil:
		return fmt.Sprintf("VolumeBindingMode not set for StorageClass %q", name)
	case *class.VolumeBindingMode == object.VolumeBindingWaitForFirstConsumer:
		return ""
	}
	return "PersistentVolume had no name"
}

// appendPlace reads a label's value, which may be several zones with __ between them. One that cannot be read says nothing.
func appendPlace(to []volumePlace, key, value string) []volumePlace {
	values := strings.Split(value, "__")
	for i := range values {
		if values[i] = strings.TrimSpace(values[i]); values[i] == "" {
			return to
		}
	}
	return append(to, volumePlace{key, values})
}

// filterZones keeps the pod to nodes in the zones of its volumes. A node that says nothing of its zone will do.
func (c *cycle) filterZones(n *node) verdict {
	if len(c.places) == 0 || !slices.ContainsFunc(zoneLabels[:], func(key string) bool { _, ok := n.object.Labels[key]; return ok }) {
		return verdict{}
	}
	for _, place := range c.places {
		value, ok := n.object.Labels[place.key]
		if !ok {
			value, ok = n.object.Labels[newerLabel[place.key]]
		}
		if !ok || !slices.Contains(place.values, value) {
			return verdict{byVolumeZone, unresolvable, 1}
		}
	}
	return verdict{}
}
