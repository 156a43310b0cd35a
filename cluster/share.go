package cluster

import (
	"maps"
	"reflect"
	"slices"

	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// templates are specs that pods share: pods made of one template have everything but the node's name in common, and what is stored is
// never changed.
type templates struct {
	latest map[string]*template // by the image of the first container
}

// template is one spec, and what goes with it.
type template struct {
	spec      pod.Spec
	labels    map[string]string
	owners    []pod.OwnerReference
	plausible *script.Script
}

// templatesKept is how many templates are known at once; then it begins anew.
const templatesKept = 1000

// share lets a new pod have in common with the latest one of its image what is the same.
func (r *templates) share(p *pod.Pod) {
	t := r.of(p)
	if t == nil {
		return
	}
	if spec := t.spec; sameButNode(&spec, &p.Spec) {
		spec.NodeName = p.Spec.NodeName
		p.Spec = spec
	} else {
		t.spec, t.plausible = p.Spec, nil
	}
	if maps.Equal(t.labels, p.Labels) {
		p.Labels = t.labels
	} else {
		t.labels = p.Labels
	}
	if len(p.OwnerReferences) > 0 && slices.EqualFunc(t.owners, p.OwnerReferences, sameOwner) {
		p.OwnerReferences = t.owners
	} else {
		t.owners = p.OwnerReferences
	}
}

// of is the template of the pod's image, a new one if there is none.
func (r *templates) of(p *pod.Pod) *template {
	if len(p.Spec.Containers) == 0 {
		return nil
	}
	image := p.Spec.Containers[0].Image
	t := r.latest[image]
	if t == nil {
		if r.latest == nil || len(r.latest) >= templatesKept {
			r.latest = map[string]*template{}
		}
		t = &template{spec: p.Spec, labels: p.Labels, owners: p.OwnerReferences}
		r.latest[image] = t
	}
	return t
}

func sameOwner(a, b pod.OwnerReference) bool { return reflect.DeepEqual(a, b) }

func sameButNode(a, b *pod.Spec) bool {
	x := *a
	x.NodeName = b.NodeName
	return reflect.DeepEqual(&x, b)
}

// plausibleOf is script.Plausible, once for all pods of a template.
func (r *templates) plausibleOf(p *pod.Pod) *script.Script {
	t := r.of(p)
	if t == nil || &t.spec.Containers[0] != &p.Spec.Containers[0] {
		return script.Plausible(p)
	}
	if t.plausible == nil {
		t.plausible = script.Plausible(p)
	}
	return t.plausible
}
