package workload

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The labels by which a pod says of which ControllerRevision it is, and a ControllerRevision what its hash is.
const (
	podRevisionLabel  = "controller-revision-hash"
	revisionHashLabel = "controller.kubernetes.io/hash"
)

// defaultRevisionHistory is used where revisionHistoryLimit is not set.
const defaultRevisionHistory = 10

// history is what a StatefulSet or DaemonSet remembers of its templates.
type history struct {
	request   controller.Request
	plan      *draft
	ownerKind object.Kind
	owner     object.Object
	selector  *pod.LabelSelector
	template  *pod.Template
	// label is where a revision says what its hash is.
	label string
	// keeps says that a revision which is not selected any more is kept.
	keeps bool
	// collisions is how many names were taken; it is raised where another is.
	collisions int32

	// revisions are those of the owner, the lowest first.
	revisions []*object.ControllerRevision
	// update is the revision of the owner's template.
	update *object.ControllerRevision
}

// look finds the revisions, and finds or makes that of the template. One that is the template's again becomes the last. An owner that
// is being deleted takes nothing in, and is at a loss where there is something that it should: it has no update then.
func (h *history) look() {
	c := claim{
		view: h.request.View, plan: h.plan, kind: object.ControllerRevisionKind, selector: h.selector,
		ownerKind: h.ownerKind, owner: h.owner.Meta(), keeps: h.keeps,
	}
	if h.owner.Meta().IsTerminating() && c.hasOrphans() {
		return
	}
	c.each(func(o object.Object) { h.revisions = append(h.revisions, o.(*object.ControllerRevision)) })
	slices.SortStableFunc(h.revisions, func(a, b *object.ControllerRevision) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision),
			cut(a.CreationTimestamp.Time).Compare(cut(b.CreationTimestamp.Time)), cmp.Compare(a.Name, b.Name))
	})
	if h.plan.empty() {
		h.find()
	}
}

func (h *history) find() {
	data, next := dataOf(h.template), int64(1)
	if n := len(h.revisions); n > 0 {
		last := h.revisions[n-1]
		next = last.Revision + 1
		if bytes.Equal(last.Data.JSON, data) {
			h.update = last
			return
		}
	}
	for _, r := range slices.Backward(h.revisions) {
		if bytes.Equal(r.Data.JSON, data) {
			own := r.Clone()
			own.Revision = next
			h.plan.write(controller.Update, own)
			h.update = own
			return
		}
	}
	if n := len(h.revisions); n > 0 {
		if last := h.revisions[n-1]; equalTemplates(templateOf(last), h.template) {
			h.update = last
			return
		}
	}
	h.create(data, next)
}

// create makes a revision under a name that is not taken.
func (h *history) create(data []byte, next int64) {
	owner := h.owner.Meta()
	r := &object.ControllerRevision{Data: object.Raw{JSON: data}, Revision: next}
	r.Namespace = owner.Namespace
	r.Annotations = maps.Clone(owner.Annotations)
	r.OwnerReferences = []pod.OwnerReference{controllerRef(h.ownerKind, owner)}
	r.Labels = maps.Clone(h.template.Labels)
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	for ; ; h.collisions++ {
		hash := revisionHash(data, h.collisions)
		r.Labels[h.label] = hash
		if r.Name = nameWith(owner.Name, hash); h.request.View.Read(object.ControllerRevisionKind, r.Key()) == nil {
			break
		}
	}
	h.plan.add(controller.Change{Kind: controller.Create, Object: r})
	h.update = r
}

// named is the revision of that name, or nil.
func (h *history) named(name string) *object.ControllerRevision {
	if h.update.Name == name {
		return h.update
	}
	for _, r := range h.revisions {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// truncate deletes the lowest revisions that are not live, beyond those to be kept.
func (h *history) truncate(limit int32, live map[string]bool) {
	dead := slices.DeleteFunc(slices.Clone(h.revisions), func(r *object.ControllerRevision) bool {
		return live[r.Name] || r.Name == h.update.Name
	})
	if limit < 0 {
		return
	}
	for _, r := range dead[:max(0, len(dead)-int(limit))] {
		h.plan.delete(r, nil, controller.Event{})
		h.plan.regardless()
	}
}

// dataOf is a patch that gives an owner the template, its fields sorted: the bytes that Kubernetes keeps.
func dataOf(t *pod.Template) []byte {
	var fields map[string]any
	if err := json.Unmarshal(encoded(t), &fields); err != nil {
		panic("workload: " + err.Error())
	}
	fields["$patch"] = "replace"
	return encoded(map[string]any{"spec": map[string]any{"template": fields}})
}

// revisionHash is the hash of a revision's data. Where two revisions of one owner have the same, collisions tells them apart.
func revisionHash(data []byte, collisions int32) string {
	h := fnv.New32()
	h.Write(data)
	fmt.Fprint(h, collisions)
	return naming.SafeEncode(fmt.Sprint(h.Sum32()))
}

// templateOf is the template of a revision; the empty template where its data is not one.
func templateOf(r *object.ControllerRevision) *pod.Template {
	var data struct {
		Spec struct {
			Template pod.Template `json:"template"`
		} `json:"spec"`
	}
	if json.Unmarshal(r.Data.JSON, &data) != nil {
		return &pod.Template{}
	}
	return &data.Spec.Template
}
