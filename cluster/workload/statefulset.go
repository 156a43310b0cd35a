package workload

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The labels by which a pod of a StatefulSet says who it is.
const (
	podNameLabel  = "statefulset.kubernetes.io/pod-name"
	podIndexLabel = "apps.kubernetes.io/pod-index"
)

// StatefulSet keeps pods that have numbers, names and claims of their own. The zero value is ready for use.
// See https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/.
type StatefulSet struct{}

// Name is statefulset-controller.
func (StatefulSet) Name() string { return "statefulset-controller" }

// Concerns are StatefulSets, pods, and the revisions of sets that stay. What becomes of claims, and that a revision has gone, is seen at the
// next look, as in Kubernetes.
func (StatefulSet) Concerns() []controller.Concern {
	selector := func(o object.Object) *pod.LabelSelector { return o.(*object.StatefulSet).Spec.Selector }
	owners := ownersOf(object.StatefulSetKind, selector)
	return []controller.Concern{
		{Kind: object.StatefulSetKind},
		{Kind: object.PodKind, Keys: owners},
		{Kind: object.ControllerRevisionKind, Keys: func(v controller.View, was, is object.Object) []pod.Key {
			if is == nil {
				return nil
			}
			return slices.DeleteFunc(owners(v, was, is), func(key pod.Key) bool {
				set := v.Read(object.StatefulSetKind, key)
				return set == nil || set.Meta().IsTerminating()
			})
		}},
	}
}

// Reconcile takes the next step: it makes, deletes or updates the pods whose turn it is.
func (StatefulSet) Reconcile(r controller.Request) controller.Plan {
	set, ok := r.View.Read(object.StatefulSetKind, r.Key).(*object.StatefulSet)
	if !ok {
		return controller.Plan{}
	}
	if at := paceOf(r.Memo).next(); at.After(r.Now) && set.Status.ObservedGeneration == set.Generation && r.Refused == nil {
		return controller.Plan{Wake: at, Memo: r.Memo}
	}
	c := statefulSetCall{request: r, set: set}
	c.history = history{
		request: r, plan: &c.plan, ownerKind: object.StatefulSetKind, owner: set, selector: set.Spec.Selector,
		template: &set.Spec.Template, label: revisionHashLabel, keeps: true, collisions: value(set.Status.CollisionCount, 0),
	}
	if c.look() {
		c.step()
		c.plan.Memo = c.pace()
	}
	return c.plan.Plan
}

// statefulSetCall is one call of Reconcile.
type statefulSetCall struct {
	request controller.Request
	set     *object.StatefulSet
	plan    draft
	history history
	// current is the revision of the pods that are not updated yet.
	current *object.ControllerRevision
	// replicas are the places of the pods that are wanted, by ordinal.
	replicas []place
	// condemned are the places of the others, the highest ordinal first.
	condemned []place
	// unavailable is how many of all are not available, and first the name of the first of them.
	unavailable int
	first       string
	// updating is how many pods this plan deletes to update them.
	updating int32
}

// place is where a pod of an ordinal is, or is to be.
type place struct {
	ordinal int
	pod     *pod.Pod
}

// look finds revisions and pods, and reports whether nothing has to be adopted or released first.
func (c *statefulSetCall) look() bool {
	c.history.look()
	if c.history.update == nil {
		return false
	}
	if !c.plan.empty() && !c.set.IsTerminating() { // a revision comes before its pods
		return false
	}
	if c.current = c.history.named(c.set.Status.CurrentRevision); c.current == nil {
		c.current = c.history.update
	}
	before := len(c.plan.Changes)
	c.replicas = make([]place, max(0, value(c.set.Spec.Replicas, 1)))
	for i := range c.replicas {
		c.replicas[i].ordinal = c.start() + i
	}
	pods := claim{
		view: c.request.View, plan: &c.plan, kind: object.PodKind, selector: c.set.Spec.Selector,
		ownerKind: object.StatefulSetKind, owner: &c.set.ObjectMeta,
		may: func(o object.Object) bool { return ordinalOf(c.set, o.Meta().Name) >= 0 }, ended: true,
	}
	pods.each(func(o object.Object) { c.put(o.(*pod.Pod)) })
	slices.SortFunc(c.condemned, func(a, b place) int { return cmp.Compare(b.ordinal, a.ordinal) })
	return len(c.plan.Changes) == before
}

func (c *statefulSetCall) put(p *pod.Pod) {
	n := ordinalOf(c.set, p.Name)
	if i := n - c.start(); i >= 0 && i < len(c.replicas) {
		c.replicas[i].pod = p
	} else {
		c.condemned = append(c.condemned, place{n, p})
	}
}

// start is the lowest ordinal.
func (c *statefulSetCall) start() int {
	if c.set.Spec.Ordinals == nil {
		return 0
	}
	return int(c.set.Spec.Ordinals.Start)
}

// ordinalOf is the number in the name of a pod of the set, or -1.
func ordinalOf(set *object.StatefulSet, name string) int {
	digits, ok := strings.CutPrefix(name, set.Name+"-")
	n, err := strconv.ParseInt(digits, 10, 32)
	if !ok || err != nil || n < 0 || strconv.Itoa(int(n)) != digits {
		return -1
	}
	return int(n)
}

// step makes what is missing, then deletes what is too much, then updates; what has to wait ends it.
func (c *statefulSetCall) step() {
	status := c.count()
	if !c.set.IsTerminating() {
		c.findUnavailable()
		if c.each(c.replicas, c.keep) && c.each(c.condemned, func(x place) bool { c.owns(x); return false }) && c.each(c.condemned, c.condemn) {
			c.update()
		}
	}
	status.CurrentReplicas -= c.updating
	c.report(status)
	live := map[string]bool{c.current.Name: true}
	for _, x := range slices.Concat(c.replicas, c.condemned) {
		if x.pod != nil {
			live[x.pod.Labels[podRevisionLabel]] = true
		}
	}
	c.history.truncate(value(c.set.Spec.RevisionHistoryLimit, defaultRevisionHistory), live)
}

// pace is the memo. A set whose pods come one by one changes no faster than it is looked at.
func (c *statefulSetCall) pace() any {
	if n := len(c.replicas) + len(c.condemned); n >= manyPods && !c.ordered() {
		return pace{c.request.Now, n}
	}
	return nil
}

// ordered reports whether pods come and go one by one.
func (c *statefulSetCall) ordered() bool {
	return c.set.Spec.PodManagementPolicy != object.ParallelPodManagement
}

// each does f for each place, in order. In an ordered set the first that has to be waited for ends it, and with it all that would
// follow. In others places are taken 1, 2, 4 and so on at a time, and a pod that cannot be made ends it. Each reports whether to go on.
func (c *statefulSetCall) each(places []place, f func(x place) (wait bool)) bool {
	for most := 1; len(places) > 0; most *= 2 {
		batch := places[:min(most, len(places))]
		places = places[len(batch):]
		for _, x := range batch {
			if f(x) && c.ordered() {
				return false
			}
		}
		if c.plan.hopeless {
			return false
		}
	}
	return true
}

// isAvailable reports whether p is available, and has the next look when it will be.
func (c *statefulSetCall) isAvailable(p *pod.Pod) bool {
	if p == nil {
		return false
	}
	ok, at := isAvailable(p, c.set.Spec.MinReadySeconds, c.request.Now)
	if !ok && !at.IsZero() {
		c.plan.wakeAt(at)
	}
	return ok
}

// isMissing reports whether there is no available pod that is to stay at x.
func (c *statefulSetCall) isMissing(x place) bool {
	return !c.isAvailable(x.pod) || x.pod.IsTerminating()
}

func (c *statefulSetCall) findUnavailable() {
	for _, x := range c.replicas {
		c.noteUnavailable(x)
	}
	for _, x := range slices.Backward(c.condemned) {
		c.noteUnavailable(x)
	}
}

func (c *statefulSetCall) noteUnavailable(x place) {
	if !c.isMissing(x) {
		return
	}
	if c.unavailable++; c.unavailable == 1 {
		c.first = c.podName(x.ordinal)
	}
}

func isRunningAndReady(p *pod.Pod) bool { return p.Status.Phase == pod.Running && isReady(p) }

// keep sees to one pod that is wanted and reports whether it has to be waited for.
func (c *statefulSetCall) keep(x place) bool {
	switch p := x.pod; {
	case p == nil:
		c.create(x.ordinal)
		return true
	case p.Status.Phase.IsTerminal():
		if !p.IsTerminating() {
			c.delete(p)
		}
		return true
	case p.Status.Phase == pod.Pending:
		c.claims(x.ordinal)
		c.owns(x)
		if c.ordered() {
			return true
		}
		c.label(x)
		return false
	case p.IsTerminating() || !isRunningAndReady(p) || !c.isAvailable(p):
		if c.ordered() {
			return true
		}
	}
	c.identify(x)
	return false
}

// condemn deletes a pod that is not wanted, once it may go, and reports whether the next has to wait.
func (c *statefulSetCall) condemn(x place) bool {
	switch {
	case x.pod.IsTerminating():
		return true
	case c.ordered() && x.pod.Name != c.first && !(isRunningAndReady(x.pod) && c.isAvailable(x.pod)):
		return true
	}
	c.delete(x.pod)
	return true
}

func (c *statefulSetCall) delete(p *pod.Pod) {
	c.plan.add(controller.Change{
		Kind: controller.Delete, Object: p, About: c.set,
		Event:   event(normal, "SuccessfulDelete", "Delete Pod %s in StatefulSet %s successful", p.Name, c.set.Name),
		Refused: event(warning, "FailedDelete", "Delete Pod %s in StatefulSet %s failed error: %s", p.Name, c.set.Name, controller.ErrorPlace),
	})
}

func (c *statefulSetCall) podName(ordinal int) string {
	return fmt.Sprintf("%s-%d", c.set.Name, ordinal)
}

// create makes the pod of an ordinal and the claims that it lacks, unless a claim of the pod before is still about to go. Where its name
// is somebody else's it is tried all the same, which brings the next try.
func (c *statefulSetCall) create(ordinal int) {
	if !c.claims(ordinal) {
		return
	}
	p := c.newPod(ordinal)
	defer func() { c.plan.hopeless = c.plan.hopeless || c.request.View.Read(object.PodKind, p.Key()) != nil }()
	c.plan.add(controller.Change{
		Kind: controller.Create, Object: p, About: c.set,
		Event:   event(normal, "SuccessfulCreate", "Create Pod %s in StatefulSet %s successful", p.Name, c.set.Name),
		Refused: event(warning, "FailedCreate", "Create Pod %s in StatefulSet %s failed error: %s", p.Name, c.set.Name, controller.ErrorPlace),
	})
}

// newPod is the pod of an ordinal: of the current revision below the partition, else of the update.
func (c *statefulSetCall) newPod(ordinal int) *pod.Pod {
	template, revision := &c.set.Spec.Template, c.history.update
	if ordinal < c.start()+c.partition() && c.current != revision {
		template, revision = templateOf(c.current), c.current
	}
	p := fromTemplate(template, object.StatefulSetKind, &c.set.ObjectMeta)
	p.Name = c.podName(ordinal)
	if p.Labels == nil {
		p.Labels = map[string]string{}
	}
	p.Labels[podNameLabel], p.Labels[podIndexLabel] = p.Name, strconv.Itoa(ordinal)
	p.Labels[podRevisionLabel] = revision.Name
	p.Spec.Hostname, p.Spec.Subdomain = p.Name, c.set.Spec.ServiceName
	p.Spec.Volumes = c.volumes(ordinal, p.Spec.Volumes)
	return p
}

// count counts the pods.
func (c *statefulSetCall) count() object.StatefulSetStatus {
	s := c.set.Status
	s.ObservedGeneration = c.set.Generation
	s.Replicas, s.ReadyReplicas, s.AvailableReplicas, s.CurrentReplicas, s.UpdatedReplicas = 0, 0, 0, 0, 0
	s.CurrentRevision, s.UpdateRevision = c.current.Name, c.history.update.Name
	s.CollisionCount = &c.history.collisions
	for _, x := range slices.Concat(c.replicas, c.condemned) {
		if x.pod != nil {
			c.countPod(&s, x.pod)
		}
	}
	return s
}

func (c *statefulSetCall) countPod(s *object.StatefulSetStatus, p *pod.Pod) {
	s.Replicas++
	if isRunningAndReady(p) {
		s.ReadyReplicas++
		if c.isAvailable(p) {
			s.AvailableReplicas++
		}
	}
	if p.IsTerminating() {
		return
	}
	switch revision := p.Labels[podRevisionLabel]; {
	case revision == c.current.Name && revision == c.history.update.Name:
		s.CurrentReplicas++
		s.UpdatedReplicas++
	case revision == c.current.Name:
		s.CurrentReplicas++
	case revision == c.history.update.Name:
		s.UpdatedReplicas++
	}
}

// report writes the status where it differs. Once all pods are of the update, that is the current revision.
func (c *statefulSetCall) report(s object.StatefulSetStatus) {
	if n := int32(len(c.replicas)); s.UpdatedReplicas == n && s.ReadyReplicas == n && s.Replicas == n {
		s.CurrentReplicas, s.CurrentRevision = s.UpdatedReplicas, s.UpdateRevision
	}
	if before := &c.set.Status; value(before.CollisionCount, 0) == *s.CollisionCount && sameStatus(before, &s) {
		return
	}
	own := c.set.Clone()
	conditions := own.Status.Conditions
	own.Status = s
	own.Status.Conditions = conditions
	c.plan.write(controller.UpdateStatus, own)
	c.plan.regardless()
}

func sameStatus(a, b *object.StatefulSetStatus) bool {
	return a.ObservedGeneration == b.ObservedGeneration && a.Replicas == b.Replicas && a.ReadyReplicas == b.ReadyReplicas &&
		a.AvailableReplicas == b.AvailableReplicas && a.CurrentReplicas == b.CurrentReplicas && a.UpdatedReplicas == b.UpdatedReplicas &&
		a.CurrentRevision == b.CurrentRevision && a.UpdateRevision == b.UpdateRevision
}
