package scheduling

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Annotations and names of storage that decide how a claim is bound.
const (
	// AnnotationBindCompleted is on a claim that has its volume for good.
	AnnotationBindCompleted = "pv.kubernetes.io/bind-completed"
	// AnnotationSelectedNode is on a claim whose volume is to be made for a pod on that node.
	AnnotationSelectedNode = "volume.kubernetes.io/selected-node"
	// ProvisionerNone is the provisioner of a class whose volumes are not made but found.
	ProvisionerNone = "kubernetes.io/no-provisioner"

	annotationOldClass = "volume.beta.kubernetes.io/storage-class"
)

// binding is what a cycle knows of the pod's claims.
type binding struct {
	skip    bool
	bound   []*object.PersistentVolumeClaim
	delayed []*object.PersistentVolumeClaim       // to be bound once the pod has a node
	volumes map[string][]*object.PersistentVolume // those that delayed claims could take, by class, by name
	scores  []int64                               // by node index, of nodes that were looked at
}

// ClaimClass is the name of the storage class that a claim asks for; empty for none.
func ClaimClass(c *object.PersistentVolumeClaim) string {
	if class, ok := c.Annotations[annotationOldClass]; ok {
		return class
	}
	if c.Spec.StorageClassName != nil {
		return *c.Spec.StorageClassName
	}
	return ""
}

// VolumeClass is the name of the storage class of a volume; empty for none.
func VolumeClass(v *object.PersistentVolume) string {
	if class, ok := v.Annotations[annotationOldClass]; ok {
		return class
	}
	return v.Spec.StorageClassName
}

// prepareBinding sorts the pod's claims into those that have a volume and those that wait for the pod's node. Any other
// rejects the pod. See https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode.
func (c *cycle) prepareBinding() (*Rejection, error) {
	b := &c.binding
	*b = binding{bound: b.bound[:0], delayed: b.delayed[:0], scores: b.scores, skip: true}
	var claims []*object.PersistentVolumeClaim
	for i := range c.pod.Spec.Volumes {
		name, ephemeral := claimName(c.pod, &c.pod.Spec.Volumes[i])
		if c.pod.Spec.Volumes[i].PersistentVolumeClaim == nil && !ephemeral {
			continue
		}
		if fault := c.claimFault(name, ephemeral); fault != "" {
			return &Rejection{VolumeBinding, UnschedulableAndUnresolvable, []string{fault}}, nil
		}
		b.skip = false
		claims = append(claims, c.claim(name))
	}
	immediate := false
	for _, claim := range claims {
		class := c.s.objects.classes[ClaimClass(claim)]
		_, completed := claim.Annotations[AnnotationBindCompleted]
		switch {
		case claim.Spec.VolumeName != "" && completed:
			b.bound = append(b.bound, claim)
		case class != nil && ClaimClass(claim) != "" && class.VolumeBindingMode == nil:
			return nil, fmt.Errorf("VolumeBindingMode not set for StorageClass %q", class.Name)
		case class != nil && class.VolumeBindingMode != nil && ClaimClass(claim) != "" &&
			*class.VolumeBindingMode == object.VolumeBindingWaitForFirstConsumer && claim.Spec.VolumeName == "":
			b.delayed = append(b.delayed, claim)
		default:
			immediate = true
		}
	}
	if immediate {
		return &Rejection{VolumeBinding, UnschedulableAndUnresolvable, []string{"pod has unbound immediate PersistentVolumeClaims"}}, nil
	}
	c.prepareVolumes()
	return nil, nil
}

// claimFault says why the pod cannot use the claim of that name at all; empty where it can.
func (c *cycle) claimFault(name string, ephemeral bool) string {
	claim := c.claim(name)
	switch {
	case claim == nil && ephemeral:
		return fmt.Sprintf("waiting for ephemeral volume controller to create the persistentvolumeclaim %q", name)
	case claim == nil:
		return claimNotFound(name)
	case claim.Status.Phase == object.ClaimLost:
		return fmt.Sprintf("persistentvolumeclaim %q bound to non-existent persistentvolume %q", name, claim.Spec.VolumeName)
	case claim.IsTerminating():
		return fmt.Sprintf("persistentvolumeclaim %q is being deleted", name)
	}
	if owner := claim.ControllerRef(); ephemeral && (owner == nil || owner.UID != c.pod.UID) {
		return fmt.Sprintf("PVC %s was not created for pod %s (pod is not owner)", claim.Key(), c.pod.Key())
	}
	return ""
}

// prepareVolumes lists the volumes that the delayed claims could take.
func (c *cycle) prepareVolumes() {
	if len(c.binding.delayed) == 0 {
		return
	}
	c.binding.volumes = map[string][]*object.PersistentVolume{}
	for _, claim := range c.binding.delayed {
		c.binding.volumes[ClaimClass(claim)] = nil
	}
	for _, v := range c.s.objects.volumes {
		if list, ok := c.binding.volumes[VolumeClass(v)]; ok {
			c.binding.volumes[VolumeClass(v)] = append(list, v)
		}
	}
	for _, list := range c.binding.volumes {
		slices.SortFunc(list, func(a, b *object.PersistentVolume) int { return cmp.Compare(a.Name, b.Name) })
	}
	for len(c.binding.scores) < len(c.s.nodes) {
		c.binding.scores = append(c.binding.scores, 0)
	}
}

// Bits of a verdict of VolumeBinding.
const (
	wrongNode uint64 = 1 << iota
	noVolume
	noSpace
	noSuchVolume
)

// filterBinding keeps the pod to nodes that its bound volumes can be used on, and where each of its other claims finds a
// volume or gets one made.
func (c *cycle) filterBinding(n *node) verdict {
	b := &c.binding
	if b.skip {
		return verdict{}
	}
	why := c.boundFault(n)
	if len(b.delayed) > 0 && !c.bindsDelayed(n) {
		why |= noVolume
	}
	if why == 0 {
		return verdict{}
	}
	return verdict{byVolumeBinding, unresolvable, why}
}

func (c *cycle) boundFault(n *node) uint64 {
	for _, claim := range c.binding.bound {
		v := c.s.objects.volumes[claim.Spec.VolumeName]
		if v == nil {
			return noSuchVolume
		}
		if !reaches(v, n) {
			return wrongNode
		}
	}
	return 0
}

// reaches reports whether the volume can be used on the node.
func reaches(v *object.PersistentVolume, n *node) bool {
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil {
		return true
	}
	nameless := object.Node{ObjectMeta: pod.ObjectMeta{Labels: n.object.Labels}}
	return Selects(v.Spec.NodeAffinity.Required, &nameless)
}

// ClaimVolume is where a claim that waits for its pod's node gets its volume from.
type ClaimVolume struct {
	Claim *object.PersistentVolumeClaim
	// Volume is the one to take; nil where one is to be made on the node.
	Volume *object.PersistentVolume
}

// Claims are the claims that have to be bound before the pod is bound to d.Node, each with the volume that it takes there.
func (d *Decision) Claims() []ClaimVolume {
	n := d.c.s.byName[d.Node]
	if d.Node == "" || n == nil || len(d.c.binding.delayed) == 0 {
		return nil
	}
	var out []ClaimVolume
	d.c.bindDelayed(n, func(claim *object.PersistentVolumeClaim, v *object.PersistentVolume) {
		out = append(out, ClaimVolume{claim, v})
	})
	return out
}

func (c *cycle) bindsDelayed(n *node) bool {
	return c.bindDelayed(n, func(*object.PersistentVolumeClaim, *object.PersistentVolume) {})
}

// bindDelayed finds a volume for each delayed claim, the smallest claim first, or somebody who would make one.
func (c *cycle) bindDelayed(n *node, take func(*object.PersistentVolumeClaim, *object.PersistentVolume)) bool {
	var match, provision []*object.PersistentVolumeClaim
	for _, claim := range c.binding.delayed {
		selected, ok := claim.Annotations[AnnotationSelectedNode]
		switch {
		case !ok:
			match = append(match, claim)
		case selected != n.name:
			return false
		default:
			provision = append(provision, claim)
		}
	}
	slices.SortStableFunc(match, func(a, b *object.PersistentVolumeClaim) int {
		return storage(a.Spec.Resources.Requests).Cmp(storage(b.Spec.Resources.Requests))
	})
	use := map[string]*use{}
	taken := map[string]bool{}
	for _, claim := range match {
		v := c.findVolume(claim, n, taken)
		if v == nil {
			provision = append(provision, claim)
			continue
		}
		taken[v.Name] = true
		take(claim, v)
		use[v.Spec.StorageClassName] = use[v.Spec.StorageClassName].plus(claim, v)
	}
	c.binding.scores[n.index] = usefulness(use)
	for _, claim := range provision {
		if !c.provisions(claim, n) {
			return false
		}
		take(claim, nil)
	}
	return true
}

func storage(list pod.ResourceList) pod.Quantity { return list[pod.ResourceStorage] }

func (c *cycle) findVolume(claim *object.PersistentVolumeClaim, n *node, taken map[string]bool) *object.PersistentVolume {
	return FindVolume(claim, c.binding.volumes[ClaimClass(claim)], func(v *object.PersistentVolume) bool { return reaches(v, n) }, taken)
}

// FindVolume is the smallest of the volumes, which are of the claim's class and in the order of their names, that is large enough and
// otherwise what the claim asks for, or the one that is set aside for it; nil if there is none. reaches says whether a volume can
// be used where the claim is; taken ones are left out. See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding.
func FindVolume(
	claim *object.PersistentVolumeClaim, volumes []*object.PersistentVolume, reaches func(*object.PersistentVolume) bool, taken map[string]bool,
) (best *object.PersistentVolume) {
	wanted := storage(claim.Spec.Resources.Requests)
	for _, v := range volumes {
		reserved := IsReserved(v, claim)
		switch size := storage(v.Spec.Capacity); {
		case taken[v.Name], v.Spec.ClaimRef != nil && !reserved, size.Cmp(wanted) < 0, !alike(v, claim), v.IsTerminating():
		case reserved && !reaches(v):
			return nil
		case reserved:
			return v
		case v.Status.Phase != object.VolumeAvailable, claim.Spec.Selector != nil && !claim.Spec.Selector.Matches(v.Labels),
			!reaches(v), !offers(v, claim):
		case best == nil || storage(best.Spec.Capacity).Cmp(size) > 0:
			best = v
		}
	}
	return best
}

// IsReserved reports whether the volume is set aside for the claim.
func IsReserved(v *object.PersistentVolume, claim *object.PersistentVolumeClaim) bool {
	ref := v.Spec.ClaimRef
	return ref != nil && ref.Name == claim.Name && ref.Namespace == claim.Namespace && (ref.UID == "" || ref.UID == claim.UID)
}

// alike reports whether volume and claim have the same mode and attributes.
func alike(v *object.PersistentVolume, claim *object.PersistentVolumeClaim) bool {
	return valueOr(v.Spec.VolumeMode, pod.PersistentVolumeFilesystem) == valueOr(claim.Spec.VolumeMode, pod.PersistentVolumeFilesystem) &&
		valueOr(v.Spec.VolumeAttributesClassName, "") == valueOr(claim.Spec.VolumeAttributesClassName, "")
}

func valueOr[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}

// offers reports whether the volume has every access mode that the claim asks for.
func offers(v *object.PersistentVolume, claim *object.PersistentVolumeClaim) bool {
	for _, mode := range claim.Spec.AccessModes {
		if !slices.Contains(v.Spec.AccessModes, mode) {
			return false
		}
	}
	return true
}

// provisions reports whether the claim's class makes volumes that can be used on the node.
func (c *cycle) provisions(claim *object.PersistentVolumeClaim, n *node) bool {
	class := c.s.objects.classes[ClaimClass(claim)]
	return class != nil && class.Provisioner != "" && class.Provisioner != ProvisionerNone && allowsTopology(class.AllowedTopologies, n)
}

// allowsTopology reports whether one of the terms matches the node's labels. No terms allow every node, an empty one none.
func allowsTopology(terms []object.TopologySelectorTerm, n *node) bool {
	for i := range terms {
		list := terms[i].MatchLabelExpressions
		if len(list) > 0 && !slices.ContainsFunc(list, func(r object.TopologySelectorLabelRequirement) bool {
			value, ok := n.object.Labels[r.Key]
			return !ok || !slices.Contains(r.Values, value)
		}) {
			return true
		}
	}
	return len(terms) == 0
}

// use is how much of the volumes of one class claims would use.
type use struct {
	requested, capacity int64
}

func (u *use) plus(claim *object.PersistentVolumeClaim, v *object.PersistentVolume) *use {
	if u == nil {
		u = new(use)
	}
	u.requested += storage(claim.Spec.Resources.Requests).Value()
	u.capacity += storage(v.Spec.Capacity).Value()
	return u
}

// usefulness is how good it is to take these volumes: the mean over the classes of what is left of them, in percent.
// See KEP-4049.
func usefulness(uses map[string]*use) int64 {
	if len(uses) == 0 {
		return 0
	}
	var sum int64
	for _, u := range uses {
		if u.capacity > 0 && u.requested <= u.capacity {
			sum += maxScore - u.requested*maxScore/u.capacity
		}
	}
	return int64(math.Round(float64(sum) / float64(len(uses))))
}

// scoreBinding is the score of the volumes that would be taken.
func (c *cycle) scoreBinding(scores []int64) {
	for i, at := range c.feasible {
		scores[i] = c.binding.scores[at]
	}
}
