package scheduling

import (
	"fmt"
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// restrictions is what a cycle knows of volumes that only one pod, or one node, may use.
type restrictions struct {
	disks  bool     // the pod has a volume that another pod on the node could exclude
	single []string // the pod's claims that only one pod may use
	users  int      // of them that are in use
}

func (r *restrictions) skip() bool { return !r.disks && r.users == 0 }

// prepareRestrictions finds the pod's claims that only one pod may use. A claim that does not exist rejects the pod.
func (c *cycle) prepareRestrictions() *Rejection {
	r := &c.restrictions
	*r = restrictions{single: r.single[:0]}
	for i := range c.pod.Spec.Volumes {
		v := &c.pod.Spec.Volumes[i]
		r.disks = r.disks || excludes(v)
		if v.PersistentVolumeClaim == nil {
			continue
		}
		name := v.PersistentVolumeClaim.ClaimName
		claim := c.claim(name)
		if claim == nil {
			return &Rejection{VolumeRestrictions, UnschedulableAndUnresolvable, []string{claimNotFound(name)}}
		}
		if slices.Contains(claim.Spec.AccessModes, pod.ReadWriteOncePod) && !slices.Contains(r.single, name) {
			r.single = append(r.single, name)
			r.users += boolNumber(c.s.claims[claim.Key()] > 0)
		}
	}
	return nil
}

// claim returns the claim of that name in the pod's namespace, or nil.
func (c *cycle) claim(name string) *object.PersistentVolumeClaim {
	return c.s.objects.claims[pod.Key{Namespace: c.pod.Namespace, Name: name}]
}

func claimNotFound(name string) string {
	return fmt.Sprintf("persistentvolumeclaim %q not found", name)
}

// singleUses is how many volumes of p are of claims that the pod wants for itself.
func (r *restrictions) singleUses(p *pod.Pod) (uses int) {
	for i := range p.Spec.Volumes {
		if v := p.Spec.Volumes[i].PersistentVolumeClaim; v != nil && slices.Contains(r.single, v.ClaimName) {
			uses++
		}
	}
	return uses
}

// Bits of a verdict of VolumeRestrictions.
const (
	diskInUse uint64 = 1 << iota
	claimInUse
)

// filterRestrictions keeps the pod off nodes where another pod has the same disk, unless both only read it, and off all
// while another pod uses a claim that only one may use.
func (c *cycle) filterRestrictions(n *node, o *overlay) verdict {
	r := &c.restrictions
	switch {
	case r.skip():
		return verdict{}
	case r.disks && c.sharesDisk(n, o):
		return verdict{byVolumeRestrictions, resolvable, diskInUse}
	case r.users+o.singleUses() > 0:
		return verdict{byVolumeRestrictions, resolvable, claimInUse}
	}
	return verdict{}
}

func (c *cycle) sharesDisk(n *node, o *overlay) bool {
	for i := range c.pod.Spec.Volumes {
		v := &c.pod.Spec.Volumes[i]
		if !excludes(v) {
			continue
		}
		for _, placed := range o.on(n) {
			p := c.s.whole(placed)
			for j := range p.Spec.Volumes {
				if sameDisk(v, &p.Spec.Volumes[j]) {
					return true
				}
			}
		}
	}
	return false
}

// excludes reports whether the volume is a disk that may not be used twice on a node.
func excludes(v *pod.Volume) bool {
	return v.GCEPersistentDisk != nil || v.AWSElasticBlockStore != nil || v.RBD != nil || v.ISCSI != nil
}

// sameDisk reports whether a and b are the same disk and not both read only. An EBS disk is never shared.
func sameDisk(a, b *pod.Volume) bool {
	if d, e := a.GCEPersistentDisk, b.GCEPersistentDisk; d != nil && e != nil && d.PDName == e.PDName && !(d.ReadOnly && e.ReadOnly) {
		return true
	}
	if d, e := a.AWSElasticBlockStore, b.AWSElasticBlockStore; d != nil && e != nil && d.VolumeID == e.VolumeID {
		return true
	}
	if d, e := a.ISCSI, b.ISCSI; d != nil && e != nil && d.IQN == e.IQN && !(d.ReadOnly && e.ReadOnly) {
		return true
	}
	d, e := a.RBD, b.RBD
	return d != nil && e != nil && d.RBDPool == e.RBDPool && d.RBDImage == e.RBDImage && !(d.ReadOnly && e.ReadOnly) &&
		slices.ContainsFunc(d.CephMonitors, func(m string) bool { return slices.Contains(e.CephMonitors, m) })
}
