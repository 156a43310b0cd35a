package volume

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// Binder is the controller that binds claims and volumes. The zero value is ready for use.
type Binder struct{}

// Name is persistentvolume-controller.
func (Binder) Name() string { return "persistentvolume-controller" }

// Concerns are claims, volumes and classes.
func (Binder) Concerns() []controller.Concern { return concerns() }

// Reconcile looks at one claim, or at one volume, whose key has no namespace.
func (Binder) Reconcile(r controller.Request) controller.Plan {
	l := look{request: r}
	if r.Key.Namespace == "" {
		l.volume(readVolume(r.View, r.Key.Name))
		return l.plan.Plan
	}
	claim := readClaim(r.View, r.Key)
	switch {
	case claim == nil:
	case claim.Spec.VolumeName == "":
		l.unbound(claim)
	default:
		l.named(claim, readVolume(r.View, claim.Spec.VolumeName))
	}
	if l.plan.Memo == nil && l.said != "" {
		l.plan.Memo = l.said
	}
	return l.plan.Plan
}

// look is one look at one claim or volume.
type look struct {
	request controller.Request
	plan    draft
	said    string // what the claim waits for
}

// say says what a claim waits for, unless that was the last that was said.
func (l *look) say(claim *object.PersistentVolumeClaim, kind, reason, format string, args ...any) {
	if l.said = reason; l.request.Memo != reason {
		l.plan.emit(claim, kind, reason, format, args...)
	}
}

// volume says of a volume whether it can be had.
func (l *look) volume(v *object.PersistentVolume) {
	if v == nil {
		return
	}
	phase := object.VolumeAvailable
	if ref := v.Spec.ClaimRef; ref != nil && ref.UID != "" {
		phase = object.VolumeReleased
		claim := readClaim(l.request.View, pod.Key{Namespace: ref.Namespace, Name: ref.Name})
		if claim != nil && claim.UID == ref.UID {
			return // the claim is looked at
		}
	}
	l.setPhase(v, phase)
}

func (l *look) setPhase(v *object.PersistentVolume, phase object.PersistentVolumePhase) {
	if v.Status.Phase == phase {
		return
	}
	own, now := v.Clone(), pod.NewTime(l.request.Now)
	own.Status.Phase, own.Status.LastPhaseTransitionTime = phase, &now
	l.plan.write(controller.UpdateStatus, own)
}

// unbound looks for a volume for a claim that has none.
func (l *look) unbound(claim *object.PersistentVolumeClaim) {
	name := scheduling.ClaimClass(claim)
	class := readClass(l.request.View, name)
	_, selected := claim.Annotations[scheduling.AnnotationSelectedNode]
	delayed := waits(class) && !selected
	v := l.find(claim, name)
	switch {
	case v != nil && (!waits(class) || refersTo(v, claim)):
		l.bind(claim, v)
	case delayed:
		l.say(claim, normal, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
	case name == "":
		l.say(claim, normal, failedBinding, "no persistent volumes available for this claim and no storage class is set")
	case class == nil:
		l.say(claim, warning, "ProvisioningFailed", "storageclass.storage.k8s.io %q not found", name)
	case class.Provisioner == scheduling.ProvisionerNone:
		l.say(claim, warning, "ProvisioningFailed", "no volume plugin matched name: %s", class.Provisioner)
	default:
		l.ask(claim, class)
	}
}

// find is the volume that fits the claim best, wherever it can be used.
func (l *look) find(claim *object.PersistentVolumeClaim, class string) *object.PersistentVolume {
	var all []*object.PersistentVolume
	for o := range l.request.View.List(object.PersistentVolumeKind, "") {
		if v := o.(*object.PersistentVolume); scheduling.VolumeClass(v) == class {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b *object.PersistentVolume) int { return cmp.Compare(a.Name, b.Name) })
	return scheduling.FindVolume(claim, all, func(*object.PersistentVolume) bool { return true }, nil)
}

// ask has somebody make a volume.
func (l *look) ask(claim *object.PersistentVolumeClaim, class *object.StorageClass) {
	own := claim.Clone()
	if annotate(&own.ObjectMeta, annotationProvisioner, class.Provisioner, annotationOldProvisioner, class.Provisioner) {
		l.plan.write(controller.Update, own)
	}
	l.say(claim, normal, "ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner '%s' or manually by the "+
		"system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.", class.Provisioner)
}

// named looks at a claim that names its volume.
func (l *look) named(claim *object.PersistentVolumeClaim, v *object.PersistentVolume) {
	_, completed := claim.Annotations[scheduling.AnnotationBindCompleted]
	switch {
	case v == nil && completed:
		l.lose(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
	case v == nil:
		l.say(claim, normal, failedBinding, "volume %q not found.", claim.Spec.VolumeName)
	case v.Spec.ClaimRef != nil && !refersTo(v, claim) && completed:
		l.lose(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
	case v.Spec.ClaimRef != nil && !refersTo(v, claim):
		l.say(claim, warning, failedBinding, "volume %q already bound to a different claim.", v.Name)
	default:
		l.bind(claim, v)
	}
}

// lose gives a claim up whose volume is not there any more.
func (l *look) lose(claim *object.PersistentVolumeClaim, reason, message string) {
	if claim.Status.Phase == object.ClaimLost {
		return
	}
	own := claim.Clone()
	own.Status.Phase, own.Status.AccessModes, own.Status.Capacity = object.ClaimLost, nil, nil
	l.plan.write(controller.UpdateStatus, own)
	l.say(claim, warning, reason, "%s", message)
}

// bind writes what is missing of the bond.
func (l *look) bind(claim *object.PersistentVolumeClaim, v *object.PersistentVolume) {
	l.bindVolume(claim, v)
	l.setPhase(v, object.VolumeBound)
	own := claim.Clone()
	changed := annotate(&own.ObjectMeta, scheduling.AnnotationBindCompleted, "yes")
	if own.Spec.VolumeName == "" {
		own.Spec.VolumeName = v.Name
		annotate(&own.ObjectMeta, annotationBoundByController, "yes")
		changed = true
	}
	if changed {
		l.plan.write(controller.Update, own)
	}
	status := own.Status
	status.Phase, status.AccessModes, status.Capacity = object.ClaimBound, v.Spec.AccessModes, v.Spec.Capacity
	if !reflect.DeepEqual(status, claim.Status) {
		own = own.Clone()
		own.Status = *status.Clone()
		l.plan.write(controller.UpdateStatus, own)
	}
}

// bindVolume writes the volume's side of the bond.
func (l *look) bindVolume(claim *object.PersistentVolumeClaim, v *object.PersistentVolume) {
	if ref := v.Spec.ClaimRef; ref != nil && ref.UID == claim.UID {
		return
	}
	l.plan.write(controller.Update, Reserve(v, claim))
}

// Reserve is the volume as it is when it is set aside for the claim: whoever looks after the claim binds them then.
func Reserve(v *object.PersistentVolume, claim *object.PersistentVolumeClaim) *object.PersistentVolume {
	own := v.Clone()
	if own.Spec.ClaimRef == nil {
		annotate(&own.ObjectMeta, annotationBoundByController, "yes")
	}
	own.Spec.ClaimRef = reference(claim)
	return own
}

// Select is the claim as it is when its volume is to be made for a pod on the node.
func Select(claim *object.PersistentVolumeClaim, node string) *object.PersistentVolumeClaim {
	own := claim.Clone()
	annotate(&own.ObjectMeta, scheduling.AnnotationSelectedNode, node)
	return own
}

// IsBound reports whether the claim has its volume.
func IsBound(claim *object.PersistentVolumeClaim) bool {
	_, completed := claim.Annotations[scheduling.AnnotationBindCompleted]
	return completed && claim.Spec.VolumeName != "" && claim.Status.Phase == object.ClaimBound
}

func reference(claim *object.PersistentVolumeClaim) *pod.ObjectReference {
	return &pod.ObjectReference{
		APIVersion: object.PersistentVolumeClaimKind.APIVersion, Kind: object.PersistentVolumeClaimKind.Name,
		Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
	}
}
