package workload

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// daemonBurst is how many pods one plan makes, and how many it deletes, at most.
const daemonBurst = 250

// DaemonSet keeps a pod on each node that fits its template. The zero value is ready for use.
// See https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/.
type DaemonSet struct{}

// Name is daemonset-controller.
func (DaemonSet) Name() string { return "daemonset-controller" }

// Concerns are DaemonSets, pods, revisions, and nodes whose labels or taints change.
func (DaemonSet) Concerns() []controller.Concern {
	selector := func(o object.Object) *pod.LabelSelector { return o.(*object.DaemonSet).Spec.Selector }
	owners := ownersOf(object.DaemonSetKind, selector)
	return []controller.Concern{
		{Kind: object.DaemonSetKind},
		{Kind: object.PodKind, Keys: func(v controller.View, was, is object.Object) []pod.Key {
			if key, ok := controlledBy(is, object.DaemonSetKind); ok && isBinding(was, is) {
				return []pod.Key{key}
			}
			return owners(v, was, is)
		}},
		{Kind: object.ControllerRevisionKind, Keys: ownersOf(object.DaemonSetKind, selector)},
		{Kind: object.NodeKind, Keys: daemonsOf},
	}
}

// isBinding reports whether a change of a pod is that it is on a node now.
func isBinding(was, is object.Object) bool {
	return was != nil && is != nil && was.(*pod.Pod).Spec.NodeName != is.(*pod.Pod).Spec.NodeName
}

// daemonsOf are the DaemonSets that have something to do, or to count, after a change of a node.
func daemonsOf(v controller.View, was, is object.Object) []pod.Key {
	if is == nil || !placementDiffers(was, is) {
		return nil
	}
	n := is.(*object.Node)
	var keys []pod.Key
	for o := range v.List(object.DaemonSetKind, "") {
		set := o.(*object.DaemonSet)
		runs, stays := fits(&set.Spec.Template.Spec, daemonTolerations(&set.Spec.Template.Spec), n)
		has := hasPodFor(v, set.UID, n.Name)
		if runs && !has || has && (!stays || set.Status.NumberMisscheduled > 0) {
			keys = append(keys, set.Key())
		}
	}
	return keys
}

// hasPodFor reports whether the set has a pod on a node. One on its way there may be missed, where the view shows who is on it.
func hasPodFor(v controller.View, set pod.UID, node string) bool {
	if placed, ok := v.(controller.Placed); ok {
		for p := range placed.OnNode(node) {
			if ref := p.ControllerRef(); ref != nil && ref.UID == set {
				return true
			}
		}
		return false
	}
	for p := range podsOf(v, set) {
		if nodeFor(p) == node {
			return true
		}
	}
	return false
}

// placementDiffers reports whether a node has changed in what decides who runs on it.
func placementDiffers(was, is object.Object) bool {
	if was == nil {
		return true
	}
	a, b := was.(*object.Node), is.(*object.Node)
	return !maps.Equal(a.Labels, b.Labels) || !slices.EqualFunc(a.Spec.Taints, b.Spec.Taints, func(x, y object.Taint) bool {
		return x.Key == y.Key && x.Value == y.Value && x.Effect == y.Effect
	})
}

// Reconcile makes and deletes pods so that each node has what it should, then takes a step of the update, and counts.
func (DaemonSet) Reconcile(r controller.Request) controller.Plan {
	set, ok := r.View.Read(object.DaemonSetKind, r.Key).(*object.DaemonSet)
	if !ok {
		return controller.Plan{}
	}
	memo, _ := r.Memo.(*daemonMemo)
	if memo == nil {
		memo = &daemonMemo{}
	}
	if at := memo.pace.next(); at.After(r.Now) && set.Status.ObservedGeneration == set.Generation && r.Refused == nil {
		return controller.Plan{Wake: at, Memo: r.Memo}
	}
	c := daemonSetCall{request: r, set: set}
	c.plan.Memo = r.Memo
	c.step(memo)
	return c.plan.Plan
}

// daemonSetCall is one call of Reconcile.
type daemonSetCall struct {
	request controller.Request
	set     *object.DaemonSet
	plan    draft
	history history
	// hash is that of the template's revision, and tolerations those of the set's pods.
	hash        string
	tolerations []pod.Toleration
	// nodes are where pods are or should be, in the order of the nodes' creation, those that have gone at the end.
	nodes []daemonNode
	// desired is how many of them should have one.
	desired int32
	backoff daemonBackoff
	// late says that there are pods that are ready and not available yet, waiting that they are among those that count, and next when to
	// look at them.
	late, waiting bool
	next          time.Time
	// unfinished says that this plan does not make or delete all that is missing or too much.
	unfinished bool
}

// daemonMemo is what one look at a set leaves to the next.
type daemonMemo struct {
	backoff daemonBackoff
	pace    pace
	// next is when pods may be available that were ready but not available yet.
	next time.Time
}

// daemonNode is a node and the set's pods on it, or made for it.
type daemonNode struct {
	name string
	// exists is false for a node that has gone.
	exists bool
	// runs says that a pod should be there, and stays that one that is there may.
	runs, stays bool
	pods        []*pod.Pod
}

func (c *daemonSetCall) step(memo *daemonMemo) {
	if c.set.Spec.Selector.IsEmpty() {
		c.plan.emit(c.set, warning, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.")
		return
	}
	if c.set.IsTerminating() {
		return
	}
	c.history = history{
		request: c.request, plan: &c.plan, ownerKind: object.DaemonSetKind, owner: c.set, selector: c.set.Spec.Selector,
		template: &c.set.Spec.Template, label: podRevisionLabel, collisions: value(c.set.Status.CollisionCount, 0),
	}
	c.history.look()
	if c.history.update == nil {
		return
	}
	c.hash = c.history.update.Labels[podRevisionLabel]
	c.tolerations = daemonTolerations(&c.set.Spec.Template.Spec)
	c.backoff.recall(&memo.backoff, c.set.Status.ObservedGeneration)
	before := len(c.plan.Changes)
	c.look()
	if len(c.plan.Changes) > before {
		return
	}
	c.manage()
	if len(c.plan.Changes) > before || c.update() {
		c.truncate()
	}
	c.report()
	c.lookAgain(memo.next)
	c.plan.Memo = c.memo()
}

// lookAgain has the next look when pods that are ready may be available. As in Kubernetes that is minReadySeconds from now on, and not from
// the time on when they got ready, and a second later where only pods beside those that count are waited for. A look that is due already
// stays so.
func (c *daemonSetCall) lookAgain(due time.Time) {
	if due.After(c.request.Now) {
		c.next = due
	}
	wait := time.Duration(c.set.Spec.MinReadySeconds) * time.Second
	if !c.waiting {
		wait += time.Second
	}
	if at := c.request.Now.Add(wait); c.late && (c.next.IsZero() || at.Before(c.next)) {
		c.next = at
	}
	if !c.next.IsZero() {
		c.plan.wakeAt(c.next)
	}
}

// memo is what the next look is to know.
func (c *daemonSetCall) memo() any {
	m := daemonMemo{backoff: c.backoff, next: c.next}
	if len(c.nodes) >= manyPods && !c.unfinished {
		m.pace = pace{c.request.Now, len(c.nodes)}
	}
	if len(m.backoff.nodes) == 0 && m.pace.pods == 0 && m.next.IsZero() {
		return nil
	}
	return &m
}

// look finds the pods of each node.
func (c *daemonSetCall) look() {
	onNode := map[string][]*pod.Pod{}
	pods := claim{
		view: c.request.View, plan: &c.plan, kind: object.PodKind, selector: c.set.Spec.Selector,
		ownerKind: object.DaemonSetKind, owner: &c.set.ObjectMeta, ended: true,
	}
	pods.each(func(o object.Object) {
		p := o.(*pod.Pod)
		if name := nodeFor(p); name != "" && !(p.Status.Phase.IsTerminal() && p.IsTerminating()) {
			onNode[name] = append(onNode[name], p)
		}
	})
	for o := range c.request.View.List(object.NodeKind, "") {
		n := o.(*object.Node)
		x := daemonNode{name: n.Name, exists: true, pods: onNode[n.Name]}
		x.runs, x.stays = fits(&c.set.Spec.Template.Spec, c.tolerations, n)
		if x.runs {
			c.desired++
		}
		delete(onNode, n.Name)
		if x.runs || len(x.pods) > 0 {
			slices.SortFunc(x.pods, compareDaemonPods)
			c.nodes = append(c.nodes, x)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(onNode)) {
		c.nodes = append(c.nodes, daemonNode{name: name, pods: onNode[name]})
	}
}

// compareDaemonPods puts pods on a node before those on their way there, and the older first.
func compareDaemonPods(a, b *pod.Pod) int {
	return cmp.Or(compareBool(b.Spec.NodeName != "", a.Spec.NodeName != ""),
		cut(a.CreationTimestamp.Time).Compare(cut(b.CreationTimestamp.Time)), cmp.Compare(a.Name, b.Name))
}

// manage sees that no node has too few pods, or too many.
func (c *daemonSetCall) manage() {
	var lacking []string
	var surplus []*pod.Pod
	for i := range c.nodes {
		x := &c.nodes[i]
		switch {
		case !x.exists:
			surplus = append(surplus, unbound(x.pods)...)
		case x.runs && len(x.pods) == 0:
			lacking = append(lacking, x.name)
		case x.stays:
			more, gone := c.prune(x)
			surplus = append(surplus, gone...)
			if more {
				lacking = append(lacking, x.name)
			}
		default:
			surplus = append(surplus, staying(x.pods)...)
		}
	}
	c.change(lacking, surplus)
}

// unbound are those pods that wait for a node.
func unbound(pods []*pod.Pod) []*pod.Pod {
	return slices.DeleteFunc(slices.Clone(pods), func(p *pod.Pod) bool { return p.Spec.NodeName != "" || p.IsTerminating() })
}

// staying are those pods that nobody has asked to go.
func staying(pods []*pod.Pod) []*pod.Pod {
	return slices.DeleteFunc(slices.Clone(pods), func(p *pod.Pod) bool { return p.IsTerminating() })
}

// change makes pods for the nodes that lack one, and deletes others.
func (c *daemonSetCall) change(lacking []string, surplus []*pod.Pod) {
	c.unfinished = c.unfinished || len(lacking) > daemonBurst || len(surplus) > daemonBurst
	for _, name := range lacking[:min(len(lacking), daemonBurst)] {
		c.plan.add(making(c.newPod(name), c.set))
	}
	for _, p := range surplus[:min(len(surplus), daemonBurst)] {
		c.plan.add(takingAway(p, c.set))
	}
}

// prune says what is too much on a node that may have a pod, and whether it lacks one: pods that have ended, and but for the
// oldest all others. In an update with surge an old pod may stay beside a new one until that is available.
func (c *daemonSetCall) prune(x *daemonNode) (more bool, gone []*pod.Pod) {
	var running []*pod.Pod
	for _, p := range staying(x.pods) {
		switch p.Status.Phase {
		case pod.Failed:
			if c.mayReplace(x.name) {
				c.plan.emit(c.set, warning, "FailedDaemonPod", "Found failed daemon pod %s on node %s, will try to kill it", p.Key(), x.name)
				gone = append(gone, p)
			}
		case pod.Succeeded:
			c.plan.emit(c.set, normal, "SucceededDaemonPod", "Found succeeded daemon pod %s on node %s, will try to delete it", p.Key(), x.name)
			gone = append(gone, p)
		default:
			running = append(running, p)
		}
	}
	switch surge, _ := c.bounds(1); {
	case surge > 0 && len(running) == 0:
		return x.runs, gone
	case len(running) <= 1:
		return false, gone
	case surge == 0:
		return false, append(gone, running[1:]...)
	}
	return false, append(gone, c.pruneSurge(running)...)
}

// pruneSurge are all but the oldest new and the oldest old pod, and the old one too once it is of no more use.
func (c *daemonSetCall) pruneSurge(running []*pod.Pod) (gone []*pod.Pod) {
	var newest, old *pod.Pod
	for _, p := range running {
		switch isNew := c.isNew(p); {
		case isNew && newest == nil:
			newest = p
		case !isNew && old == nil:
			old = p
		default:
			gone = append(gone, p)
		}
	}
	if newest != nil && old != nil && (!isReady(old) || c.isAvailable(newest)) {
		gone = append(gone, old)
	}
	return gone
}

func (c *daemonSetCall) isNew(p *pod.Pod) bool { return p.Labels[podRevisionLabel] == c.hash }

func (c *daemonSetCall) isAvailable(p *pod.Pod) bool {
	ok, at := isAvailable(p, c.set.Spec.MinReadySeconds, c.request.Now)
	c.late = c.late || !ok && !at.IsZero()
	return ok
}

// truncate deletes the lowest revisions beyond those to be kept, but for those that pods are of.
func (c *daemonSetCall) truncate() {
	old := slices.DeleteFunc(slices.Clone(c.history.revisions), func(r *object.ControllerRevision) bool {
		return r.Name == c.history.update.Name
	})
	surplus := len(old) - int(value(c.set.Spec.RevisionHistoryLimit, defaultRevisionHistory))
	if surplus <= 0 {
		return
	}
	live := map[string]bool{}
	for p := range podsOf(c.request.View, c.set.UID) {
		live[p.Labels[podRevisionLabel]] = true
	}
	for _, r := range old {
		if surplus > 0 && !live[r.Labels[podRevisionLabel]] {
			c.plan.delete(r, nil, controller.Event{})
			surplus--
		}
	}
}

// report counts the pods and writes the status where it differs.
func (c *daemonSetCall) report() {
	s := object.DaemonSetStatus{DesiredNumberScheduled: c.desired, ObservedGeneration: c.set.Generation, Conditions: c.set.Status.Conditions}
	for i := range c.nodes {
		if x := &c.nodes[i]; x.exists && len(x.pods) > 0 {
			c.countNode(&s, x)
		}
	}
	c.waiting = s.NumberReady != s.NumberAvailable
	s.NumberUnavailable = s.DesiredNumberScheduled - s.NumberAvailable
	s.CollisionCount = c.set.Status.CollisionCount
	if c.history.collisions != value(s.CollisionCount, 0) {
		s.CollisionCount = &c.history.collisions
	}
	if sameDaemonStatus(&s, &c.set.Status) {
		return
	}
	own := c.set.Clone()
	s.Conditions = own.Status.Conditions
	own.Status = s
	c.plan.write(controller.UpdateStatus, own)
}

func (c *daemonSetCall) countNode(s *object.DaemonSetStatus, x *daemonNode) {
	if !x.runs {
		s.NumberMisscheduled++
		return
	}
	s.CurrentNumberScheduled++
	p := x.pods[0]
	if isReady(p) {
		s.NumberReady++
		if c.isAvailable(p) {
			s.NumberAvailable++
		}
	}
	if c.isNew(p) {
		s.UpdatedNumberScheduled++
	}
}

func sameDaemonStatus(a, b *object.DaemonSetStatus) bool {
	return a.DesiredNumberScheduled == b.DesiredNumberScheduled && a.CurrentNumberScheduled == b.CurrentNumberScheduled &&
		a.NumberMisscheduled == b.NumberMisscheduled && a.NumberReady == b.NumberReady &&
		a.UpdatedNumberScheduled == b.UpdatedNumberScheduled && a.NumberAvailable == b.NumberAvailable &&
		a.NumberUnavailable == b.NumberUnavailable && a.ObservedGeneration == b.ObservedGeneration &&
		value(a.CollisionCount, 0) == value(b.CollisionCount, 0)
}

// First and longest wait before a failed pod of a node is replaced.
const (
	firstDaemonBackoff   = time.Second
	longestDaemonBackoff = 15 * time.Minute
)

// daemonBackoff is when the failed pods of each node were replaced last.
type daemonBackoff struct {
	generation int64
	nodes      map[string]daemonWait
	changed    bool
}

type daemonWait struct {
	since time.Time
	wait  time.Duration
}

// recall takes up the memo, unless the set has changed since.
func (b *daemonBackoff) recall(was *daemonBackoff, generation int64) {
	if was.generation == generation {
		*b = *was
		b.changed = false
	}
	b.generation = generation
}

// mayReplace reports whether the failed pod of a node may be replaced now, and if not has a look when it may.
func (c *daemonSetCall) mayReplace(node string) bool {
	b, now := &c.backoff, c.request.Now
	last, ok := b.nodes[node]
	expired := !ok || now.Sub(last.since) > 2*longestDaemonBackoff
	if until := last.since.Add(last.wait); !expired && now.Before(until) {
		c.plan.wakeAt(until)
		return false
	}
	wait := firstDaemonBackoff
	if !expired {
		wait = min(2*last.wait, longestDaemonBackoff)
	}
	if !b.changed {
		b.nodes, b.changed = maps.Clone(b.nodes), true
	}
	if b.nodes == nil {
		b.nodes = map[string]daemonWait{}
	}
	b.nodes[node] = daemonWait{now, wait}
	return true
}
