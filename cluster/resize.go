package cluster

import (
	"slices"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// A node gives a pod other resources only when it has them beside those that it has given its other pods. Until then the pod runs with
// those it had, its condition PodResizePending says why, and it does not sleep. Whatever is freed on the node is given on in the order of
// scheduling.CompareResizes. See https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/#pod-resize-status.

// resizes is the pods of a node that wait for other resources, each with what was last said against it.
type resizes struct {
	timer
	host    *host
	waiting map[*tenant]scheduling.Reason
}

// given is the pod with the resources that its node has given it.
func (t *tenant) given() *pod.Pod {
	p := t.item.pod()
	if t.life == nil && !t.news {
		return p
	}
	has := t.awake().Machine.Pod()
	if !pod.Resizes(&has.Spec, &p.Spec) {
		return p
	}
	return pod.WithResourcesOf(p, has)
}

// update is what the pod's machine is told of p, its object: that with the resources that its node gives it, and why not with those that
// it asks for.
func (t *tenant) update(p *pod.Pod) lifecycle.Input {
	in := lifecycle.Input{Kind: lifecycle.Update, Pod: p}
	has := t.awake().Machine.Pod()
	if !pod.Resizes(&has.Spec, &p.Spec) {
		delete(t.host.resizes.waiting, t)
		return in
	}
	against := t.host.againstResize(t, p)
	if against == nil {
		delete(t.host.resizes.waiting, t)
		return in
	}
	t.host.putOff(t, *against)
	in.Pod, in.Wanted, in.Reason, in.Message = pod.WithResourcesOf(p, has), p, against.Reason, against.Message
	return in
}

// deletion is what the pod's machine is told of p, its object, which is being deleted: it ends with the resources that it has.
func (t *tenant) deletion(p *pod.Pod) lifecycle.Input {
	delete(t.host.resizes.waiting, t)
	if has := t.awake().Machine.Pod(); pod.Resizes(&has.Spec, &p.Spec) {
		p = pod.WithResourcesOf(p, has)
	}
	return lifecycle.Input{Kind: lifecycle.Delete, Pod: p}
}

// againstResize is why the pod cannot have what p asks for beside the other pods of the node; nil where it can.
func (h *host) againstResize(t *tenant, p *pod.Pod) *scheduling.Reason {
	if h.item == nil {
		return nil
	}
	all := scheduling.Admit(p, h.item.object().(*object.Node), h.c.admitted(h, t))
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

func (h *host) putOff(t *tenant, why scheduling.Reason) {
	if h.resizes.waiting == nil {
		h.resizes.waiting = map[*tenant]scheduling.Reason{}
	}
	h.resizes.waiting[t] = why
}

// freed has those looked at again who wait for resources, as something on the node was freed.
func (h *host) freed() {
	if len(h.resizes.waiting) > 0 {
		h.c.times.set(&h.resizes.timer, nanos(h.c.now))
	}
}

// ring gives pods that wait what they wait for, where it is there now.
func (r *resizes) ring(c *Cluster) {
	if !r.host.up {
		return
	}
	for _, t := range r.inOrder() {
		was := r.waiting[t]
		in := t.update(t.item.pod())
		if now, waits := r.waiting[t]; waits && now == was {
			continue
		}
		t.told(in)
	}
}

// inOrder is the pods that wait, in the order in which they are served. One to which its node is about to listen is not among them.
func (r *resizes) inOrder() []*tenant {
	var out []*tenant
	for t := range r.waiting {
		if !t.news {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(x, y *tenant) int { return scheduling.CompareResizes(x.resizing(), y.resizing()) })
	return out
}

func (t *tenant) resizing() scheduling.Resize {
	r := scheduling.Resize{Wanted: t.item.pod(), Given: t.awake().Machine.Pod()}
	if c := r.Wanted.Status.Condition(pod.PodResizePending); c != nil {
		r.Since = c.LastTransitionTime
	}
	return r
}

// resized reports whether a pod counts for more or less than it did, as it was given other resources or has them now. Only a pod whose spec
// was changed does.
func resized(was, is *pod.Pod) bool {
	return is.Generation > 1 && !was.AccountedRequests().Equal(is.AccountedRequests())
}

// givesBack reports whether something is free on the node of a pod that had one status and has another.
func givesBack(was, is *pod.Status) bool {
	return is.Phase.IsTerminal() || !slices.EqualFunc(was.InitContainerStatuses, is.InitContainerStatuses, sameSize) ||
		!slices.EqualFunc(was.ContainerStatuses, is.ContainerStatuses, sameSize) || !pod.SameSize(was.Resources, is.Resources)
}

func sameSize(a, b pod.ContainerStatus) bool { return pod.SameSize(a.Resources, b.Resources) }
