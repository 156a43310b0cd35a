package workload

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// The annotations by which a Deployment and its ReplicaSets know of each other.
const (
	revisionAnnotation        = "deployment.kubernetes.io/revision"
	revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
	desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
	maxReplicasAnnotation     = "deployment.kubernetes.io/max-replicas"
	templateHashLabel         = "pod-template-hash"
)

// Deployment rolls out a template: each template has a ReplicaSet, and the controller moves replicas from the old ones to the
// new one. The zero value is ready for use. See https://kubernetes.io/docs/concepts/workloads/controllers/deployment/.
type Deployment struct{}

// Name is deployment-controller.
func (Deployment) Name() string { return "deployment-controller" }

// Concerns are Deployments, ReplicaSets, and pods that have gone, for which Recreate waits.
func (Deployment) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.DeploymentKind},
		{Kind: object.ReplicaSetKind, Keys: ownersOf(object.DeploymentKind, func(o object.Object) *pod.LabelSelector {
			return o.(*object.Deployment).Spec.Selector
		})},
		{Kind: object.PodKind, Keys: recreatedAfter},
	}
}

// recreatedAfter is the Deployment that may have waited for a pod to go.
func recreatedAfter(v controller.View, was, is object.Object) []pod.Key {
	if is != nil {
		return nil
	}
	setKey, ok := controlledBy(was, object.ReplicaSetKind)
	if !ok {
		return nil
	}
	set, ok := v.Read(object.ReplicaSetKind, setKey).(*object.ReplicaSet)
	if !ok {
		return nil
	}
	key, ok := controlledBy(set, object.DeploymentKind)
	if !ok {
		return nil
	}
	if d, ok := v.Read(object.DeploymentKind, key).(*object.Deployment); ok && d.Spec.Strategy.Type == object.RecreateDeploymentStrategyType {
		return []pod.Key{key}
	}
	return nil
}

// Reconcile takes the next step of the rollout.
func (Deployment) Reconcile(r controller.Request) controller.Plan {
	d, ok := r.View.Read(object.DeploymentKind, r.Key).(*object.Deployment)
	if !ok {
		return controller.Plan{}
	}
	c := deploymentCall{request: r, d: d}
	c.step()
	c.keepWake()
	return c.plan.Plan
}

// deploymentMemo is what one look leaves for the next.
type deploymentMemo struct {
	// wake is when it asked for another; zero if it did not.
	wake time.Time
	// again says that it wrote what Kubernetes' controller writes in the middle of its work.
	again bool
}

// retryDelay is when Kubernetes' controller begins again after it has written on a stale version.
const retryDelay = 5 * time.Millisecond

// keepWake keeps a look that was asked for before and is earlier, as a work queue does, but for one that a retry came before. It asks for
// one soon after a plan that wrote in the middle of what is one piece of work to Kubernetes' controller: that knows the version of before
// only, so that what it writes at the end is in vain, and it begins again.
func (c *deploymentCall) keepWake() {
	memo, _ := c.request.Memo.(deploymentMemo)
	if c.request.Refused == nil {
		if memo.wake.After(c.request.Now) {
			c.plan.wakeAt(memo.wake)
		}
		if memo.again {
			c.plan.wakeAt(c.request.Now.Add(retryDelay))
		}
	}
	if !c.plan.Wake.IsZero() || c.again {
		c.plan.Memo = deploymentMemo{c.plan.Wake, c.again}
	}
}

// deploymentCall is one call of Reconcile. Its ReplicaSets are as the plan leaves them: those that it changes are copies.
type deploymentCall struct {
	request controller.Request
	d       *object.Deployment
	plan    draft
	// sets are all that the Deployment owns, in the order of their creation.
	sets []*object.ReplicaSet
	// latest is the one whose template is the Deployment's; nil if there is none.
	latest *object.ReplicaSet
	// old are the others.
	old []*object.ReplicaSet
	// resumed says that this plan notes the end of a pause.
	resumed bool
	// again says that this plan writes in the middle of what is one piece of work to Kubernetes' controller.
	again bool
}

func (c *deploymentCall) step() {
	if c.d.Spec.Selector.IsEmpty() {
		c.selectsAll()
		return
	}
	c.look()
	if !c.plan.empty() {
		return
	}
	switch {
	case c.d.IsTerminating():
		c.report(c.status())
	case c.notePause():
		c.again = true
		c.resume()
	case c.noteRevision():
		c.again = true
	case c.d.Spec.Paused:
		old := slices.Clone(c.old)
		c.scale()
		c.cleanUp(old)
		c.report(c.status())
	case c.isScaled():
		c.scale()
		c.report(c.status())
	case c.d.Spec.Strategy.Type == object.RecreateDeploymentStrategyType:
		c.recreate()
	default:
		c.roll()
	}
}

// resume makes the ReplicaSet of a template that was changed while the Deployment was paused. That is no new rollout: the condition stays
// DeploymentResumed until there is progress, and the revision is noted by the next plan.
func (c *deploymentCall) resume() {
	if !c.d.Spec.Paused && c.latest == nil && c.isRolling() && !c.isScaled() {
		c.resumed = true
		c.create()
	}
}

func (c *deploymentCall) selectsAll() {
	if c.d.Status.ObservedGeneration >= c.d.Generation {
		return
	}
	c.plan.emit(c.d, warning, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.")
	own := c.d.Clone()
	own.Status.ObservedGeneration = own.Generation
	c.plan.write(controller.UpdateStatus, own)
}

// look finds the ReplicaSets of the Deployment, and among them the one of its template.
func (c *deploymentCall) look() {
	sets := claim{
		view: c.request.View, plan: &c.plan, kind: object.ReplicaSetKind, selector: c.d.Spec.Selector,
		ownerKind: object.DeploymentKind, owner: &c.d.ObjectMeta,
	}
	sets.each(func(o object.Object) { c.sets = append(c.sets, o.(*object.ReplicaSet)) })
	slices.SortStableFunc(c.sets, compareCreation)
	at := c.find()
	for i, set := range c.sets {
		if i == at {
			c.latest = set
		} else {
			c.old = append(c.old, set)
		}
	}
}

// find is the index of the oldest ReplicaSet that has the Deployment's template, or -1. What is equal to the letter is found
// without writing anything out.
func (c *deploymentCall) find() int {
	for i, set := range c.sets {
		if identicalTemplates(&c.d.Spec.Template, &set.Spec.Template) {
			return i
		}
	}
	for i, set := range c.sets {
		if equalTemplates(&c.d.Spec.Template, &set.Spec.Template) {
			return i
		}
	}
	return -1
}

// compareCreation puts the older first, to the second.
func compareCreation(a, b *object.ReplicaSet) int {
	if c := cut(a.CreationTimestamp.Time).Compare(cut(b.CreationTimestamp.Time)); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// all are the ReplicaSets as the plan leaves them, the latest at the end.
func (c *deploymentCall) all() []*object.ReplicaSet {
	if c.latest == nil {
		return c.old
	}
	return append(slices.Clone(c.old), c.latest)
}

func replicasOf(set *object.ReplicaSet) int32 { return value(set.Spec.Replicas, 1) }

// active are those that have, or ought to have, pods.
func active(sets []*object.ReplicaSet) []*object.ReplicaSet {
	return slices.DeleteFunc(slices.Clone(sets), func(s *object.ReplicaSet) bool { return replicasOf(s) == 0 })
}

// sum adds up what of says of each ReplicaSet.
func sum(sets []*object.ReplicaSet, of func(s *object.ReplicaSet) int32) (n int32) {
	for _, s := range sets {
		n += of(s)
	}
	return n
}

func actualOf(s *object.ReplicaSet) int32    { return s.Status.Replicas }
func readyOf(s *object.ReplicaSet) int32     { return s.Status.ReadyReplicas }
func availableOf(s *object.ReplicaSet) int32 { return s.Status.AvailableReplicas }

func (c *deploymentCall) wanted() int32 { return value(c.d.Spec.Replicas, 1) }

// isRolling reports whether the strategy is RollingUpdate, as it is where none is named.
func (c *deploymentCall) isRolling() bool {
	return c.d.Spec.Strategy.Type != object.RecreateDeploymentStrategyType
}

// bounds are how many pods there may be above what is wanted, and how many may be unavailable. Both 0 would be a standstill, so
// then one may be unavailable.
func (c *deploymentCall) bounds() (surge, unavailable int32) {
	if !c.isRolling() {
		return 0, 0
	}
	quarter := pod.FromString("25%")
	up, down := &quarter, &quarter
	if u := c.d.Spec.Strategy.RollingUpdate; u != nil {
		if u.MaxSurge != nil {
			up = u.MaxSurge
		}
		if u.MaxUnavailable != nil {
			down = u.MaxUnavailable
		}
	}
	surge, _ = up.Of(c.wanted(), pod.RoundUp)
	unavailable, _ = down.Of(c.wanted(), pod.RoundDown)
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	return surge, min(unavailable, c.wanted())
}

// report writes the status where it differs.
func (c *deploymentCall) report(status object.DeploymentStatus) {
	if reflect.DeepEqual(status, c.d.Status) {
		return
	}
	own := c.d.Clone()
	own.Status = status
	c.plan.write(controller.UpdateStatus, own)
}
