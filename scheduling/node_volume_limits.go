package scheduling

import (
	"strings"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// attachment is a volume of a CSI driver that is attached to a node once, however many pods use it.
type attachment struct {
	driver, handle string
}

// migrated are the drivers that have taken over the volumes of older kinds, by the name of the kind as a provisioner.
// See https://kubernetes.io/docs/concepts/storage/volumes/#csi-migration.
var migrated = map[string]string{
	"kubernetes.io/aws-ebs":         "ebs.csi.aws.com",
	"kubernetes.io/gce-pd":          "pd.csi.storage.gke.io",
	"kubernetes.io/azure-disk":      "disk.csi.azure.com",
	"kubernetes.io/cinder":          "cinder.csi.openstack.org",
	"kubernetes.io/portworx-volume": "pxd.portworx.com",
}

// usesAttachments reports whether the pod may need a volume attached.
func usesAttachments(p *pod.Pod) bool {
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if v.PersistentVolumeClaim != nil || v.Ephemeral != nil || olderDisk(&v.VolumeSource) != (attachment{}) {
			return true
		}
	}
	return false
}

// olderDisk is what a volume of an older kind is to the driver that has taken it over; the zero value for other volumes.
func olderDisk(v *pod.VolumeSource) attachment {
	switch {
	case v.AWSElasticBlockStore != nil:
		id := v.AWSElasticBlockStore.VolumeID
		return attachment{migrated["kubernetes.io/aws-ebs"], id[strings.LastIndex(id, "/")+1:]}
	case v.GCEPersistentDisk != nil:
		return attachment{migrated["kubernetes.io/gce-pd"], v.GCEPersistentDisk.PDName}
	case v.AzureDisk != nil:
		return attachment{migrated["kubernetes.io/azure-disk"], v.AzureDisk.DataDiskURI}
	case v.Cinder != nil:
		return attachment{migrated["kubernetes.io/cinder"], v.Cinder.VolumeID}
	case v.PortworxVolume != nil:
		return attachment{migrated["kubernetes.io/portworx-volume"], v.PortworxVolume.VolumeID}
	}
	return attachment{}
}

// filterVolumeLimits keeps the pod off nodes that a driver can attach no more volumes to. A volume that is there already
// costs nothing. See https://kubernetes.io/docs/concepts/storage/storage-limits/.
func (c *cycle) filterVolumeLimits(n *node, o *overlay) verdict {
	if !c.attaches {
		return verdict{}
	}
	limits := attachLimits(c.s.objects.csiNodes[n.name])
	if len(limits) == 0 {
		return verdict{}
	}
	fresh, there := map[attachment]bool{}, map[attachment]bool{}
	c.s.attachments(c.pod, fresh)
	for _, p := range o.on(n) {
		c.s.attachments(c.s.whole(p), there)
	}
	used := map[string]int64{}
	for a := range there {
		delete(fresh, a)
		used[a.driver]++
	}
	for a := range fresh {
		used[a.driver]++
	}
	for a := range fresh {
		if limit, ok := limits[a.driver]; ok && used[a.driver] > limit {
			return verdict{byNodeVolumeLimits, resolvable, 1}
		}
	}
	return verdict{}
}

// attachLimits is how many volumes each driver can attach to the node, where it says.
func attachLimits(n *object.CSINode) map[string]int64 {
	if n == nil {
		return nil
	}
	limits := map[string]int64{}
	for i := range n.Spec.Drivers {
		if d := &n.Spec.Drivers[i]; d.Allocatable != nil && d.Allocatable.Count != nil {
			limits[d.Name] = int64(*d.Allocatable.Count)
		}
	}
	return limits
}

// attachments adds what p needs attached to a node that has a CSI driver.
func (s *Snapshot) attachments(p *pod.Pod, to map[attachment]bool) {
	for i := range p.Spec.Volumes {
		a := olderDisk(&p.Spec.Volumes[i].VolumeSource)
		if name, _ := claimName(p, &p.Spec.Volumes[i]); name != "" {
			a = s.attachmentOf(s.objects.claims[pod.Key{Namespace: p.Namespace, Name: name}])
		}
		if a.driver != "" && a.handle != "" {
			to[a] = true
		}
	}
}

// attachmentOf is what a claim needs attached. A claim without a volume gets one from its class.
func (s *Snapshot) attachmentOf(claim *object.PersistentVolumeClaim) attachment {
	if claim == nil {
		return attachment{}
	}
	if v := s.objects.volumes[claim.Spec.VolumeName]; v != nil && claim.Spec.VolumeName != "" {
		if v.Spec.CSI != nil {
			return attachment{v.Spec.CSI.Driver, v.Spec.CSI.VolumeHandle}
		}
		return olderDisk(&pod.VolumeSource{
			AWSElasticBlockStore: v.Spec.AWSElasticBlockStore, GCEPersistentDisk: v.Spec.GCEPersistentDisk,
			AzureDisk: v.Spec.AzureDisk, PortworxVolume: v.Spec.PortworxVolume,
		})
	}
	class := s.objects.classes[ClaimClass(claim)]
	if class == nil {
		return attachment{}
	}
	driver := class.Provisioner
	if newer, ok := migrated[driver]; ok {
		driver = newer
	}
	return attachment{driver, "to be made for " + claim.Namespace + "/" + claim.Name}
}
