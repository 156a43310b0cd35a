package volume

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// Provisioner is the controller that makes volumes for claims, as the drivers of all classes do, and takes them away. The zero value
// makes each at once, to be reached from every node.
//
// How far it is with a claim is in its plans' memos; without them it begins anew, and makes none twice.
type Provisioner struct {
	// How says what becomes of one attempt; nil is the zero Provisioning.
	How func(Request) Provisioning
}

// Request is one attempt to make a volume. Nothing that it shows is to be written to.
type Request struct {
	Claim *object.PersistentVolumeClaim
	Class *object.StorageClass
	// Node is where the volume is to be, for a class that waits for the first pod; empty for others.
	Node string
	// Attempt counts from 1.
	Attempt int
}

// Provisioning is what becomes of one attempt.
type Provisioning struct {
	// Takes is how long it takes.
	Takes time.Duration
	// Error is why it fails; empty where it does not. It is tried again 1 s later, then after 2 s and so on up to 5 minutes.
	Error string
	// Never has it take for ever.
	Never bool
	// Topology is the label of nodes by which the volume is tied to the node of the request, such as
	// topology.kubernetes.io/zone; empty ties it to none.
	Topology string
}

// Longest and first wait after a failed attempt.
const (
	firstWait = time.Second
	lastWait  = 5 * time.Minute
)

// attempt is the memo of a claim whose volume is being made.
type attempt struct {
	uid    pod.UID
	number int
	began  time.Time // zero: it waits
	due    time.Time
}

// Name is external-provisioner.
func (Provisioner) Name() string { return "external-provisioner" }

// Concerns are claims, volumes and classes.
func (Provisioner) Concerns() []controller.Concern { return concerns() }

// Reconcile makes the volume of one claim, or takes one volume away, whose key has no namespace.
func (p Provisioner) Reconcile(r controller.Request) controller.Plan {
	if r.Key.Namespace == "" {
		return reclaim(readVolume(r.View, r.Key.Name))
	}
	claim := readClaim(r.View, r.Key)
	if claim == nil || claim.Spec.VolumeName != "" || claim.IsTerminating() {
		return controller.Plan{}
	}
	class := readClass(r.View, scheduling.ClaimClass(claim))
	node := claim.Annotations[scheduling.AnnotationSelectedNode]
	if class == nil || claim.Annotations[annotationProvisioner] != class.Provisioner || waits(class) && node == "" ||
		readVolume(r.View, nameFor(claim)) != nil {
		return controller.Plan{}
	}
	m := making{how: p.How, request: r, claim: claim, class: class, node: node}
	m.attempt, _ = r.Memo.(attempt)
	m.run()
	return m.plan.Plan
}

// reclaim takes a volume away that was made for a claim which has gone.
func reclaim(v *object.PersistentVolume) controller.Plan {
	var d draft
	if v != nil && v.Status.Phase == object.VolumeReleased && v.Annotations[annotationProvisionedBy] != "" &&
		v.Spec.PersistentVolumeReclaimPolicy == object.PersistentVolumeReclaimDelete && !v.IsTerminating() {
		d.Changes = []controller.Change{{Kind: controller.Delete, Object: v}}
	}
	return d.Plan
}

// making is one look at one claim whose volume is to be made.
type making struct {
	how     func(Request) Provisioning
	request controller.Request
	claim   *object.PersistentVolumeClaim
	class   *object.StorageClass
	node    string
	attempt attempt
	plan    draft
}

func (m *making) run() {
	now := m.request.Now
	if m.attempt.uid != m.claim.UID {
		m.attempt = attempt{uid: m.claim.UID, due: now}
	}
	if m.attempt.began.IsZero() && !now.Before(m.attempt.due) {
		m.begin()
	}
	if !m.attempt.began.IsZero() {
		m.finish()
	} else {
		m.plan.Wake = m.attempt.due
	}
	m.plan.Memo = m.attempt
}

// begin begins an attempt.
func (m *making) begin() {
	m.attempt.number++
	m.attempt.began = m.request.Now
	m.plan.emit(m.claim, normal, "Provisioning", "External provisioner is provisioning volume for claim %q", m.claim.Key())
}

// finish ends the attempt when its time is over.
func (m *making) finish() {
	var p Provisioning
	if m.how != nil {
		p = m.how(Request{Claim: m.claim, Class: m.class, Node: m.node, Attempt: m.attempt.number})
	}
	due := m.attempt.began.Add(p.Takes)
	switch {
	case p.Never:
	case m.request.Now.Before(due):
		m.plan.Wake = due
	case p.Error != "":
		m.attempt.began = time.Time{}
		m.attempt.due = m.request.Now.Add(min(firstWait<<min(m.attempt.number-1, 9), lastWait))
		m.plan.Wake = m.attempt.due
		m.plan.emit(m.claim, warning, "ProvisioningFailed", "failed to provision volume with StorageClass %q: %s", m.class.Name, p.Error)
	default:
		v := m.volume(p.Topology)
		m.plan.Changes = append(m.plan.Changes, controller.Change{
			Kind: controller.Create, Object: v, About: m.claim,
			Event: controller.Event{Type: normal, Reason: "ProvisioningSucceeded", Message: "Successfully provisioned volume " + v.Name},
		})
	}
}

func nameFor(claim *object.PersistentVolumeClaim) string { return "pvc-" + string(claim.UID) }

// volume is the volume that the claim asks for, set aside for it.
func (m *making) volume(topology string) *object.PersistentVolume {
	v := &object.PersistentVolume{ObjectMeta: pod.ObjectMeta{
		Name: nameFor(m.claim), Annotations: map[string]string{annotationProvisionedBy: m.class.Provisioner},
	}}
	v.Spec = object.PersistentVolumeSpec{
		Capacity:         pod.ResourceList{pod.ResourceStorage: m.claim.Spec.Resources.Requests[pod.ResourceStorage]},
		AccessModes:      append([]pod.PersistentVolumeAccessMode(nil), m.claim.Spec.AccessModes...),
		ClaimRef:         reference(m.claim),
		StorageClassName: m.class.Name,
		VolumeMode:       m.claim.Spec.VolumeMode,
		MountOptions:     append([]string(nil), m.class.MountOptions...),
	}
	v.Spec.CSI = &object.CSIPersistentVolumeSource{Driver: m.class.Provisioner, VolumeHandle: v.Name}
	if policy := m.class.ReclaimPolicy; policy != nil {
		v.Spec.PersistentVolumeReclaimPolicy = *policy
	}
	v.Spec.NodeAffinity = m.tie(topology)
	return v
}

// tie ties a volume to the nodes that have a label in common with the node of the request.
func (m *making) tie(label string) *object.VolumeNodeAffinity {
	n, ok := m.request.View.Read(object.NodeKind, pod.Key{Name: m.node}).(*object.Node)
	if label == "" || !ok {
		return nil
	}
	return &object.VolumeNodeAffinity{Required: &pod.NodeSelector{NodeSelectorTerms: []pod.NodeSelectorTerm{{
		MatchExpressions: []pod.NodeSelectorRequirement{{Key: label, Operator: pod.NodeSelectorOpIn, Values: []string{n.Labels[label]}}},
	}}}}
}
