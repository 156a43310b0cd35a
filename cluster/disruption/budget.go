package disruption

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const (
	// deletionTimeout is how long a pod whose eviction was granted may take until it is being deleted.
	deletionTimeout = 2 * time.Minute
	// DisruptionAllowed is the condition of a budget that says whether evictions are.
	DisruptionAllowed = "DisruptionAllowed"
)

// Budget is the controller that counts, for each disruption budget, how many of its pods may be evicted. The zero value is ready.
// See https://kubernetes.io/docs/tasks/run-application/configure-pdb/.
type Budget struct{}

// Name is disruption-controller.
func (Budget) Name() string { return "disruption-controller" }

// Concerns are budgets and the pods that they select. That a pod is not selected any more is seen at the next look, as in Kubernetes.
func (Budget) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.PodDisruptionBudgetKind}, {Kind: object.PodKind, Keys: budgetsOf}}
}

func budgetsOf(v controller.View, was, is object.Object) []pod.Key {
	var keys []pod.Key
	o := is
	if o == nil {
		o = was
	}
	for b := range v.List(object.PodDisruptionBudgetKind, o.Meta().Namespace) {
		if b.(*object.PodDisruptionBudget).Spec.Selector.Matches(o.Meta().Labels) {
			keys = append(keys, b.Meta().Key())
		}
	}
	return keys
}

// Reconcile brings the budget's status up to date.
func (Budget) Reconcile(r controller.Request) controller.Plan {
	b, ok := r.View.Read(object.PodDisruptionBudgetKind, r.Key).(*object.PodDisruptionBudget)
	if !ok {
		return controller.Plan{}
	}
	l := budgetLook{now: r.Now, view: r.View, budget: b, status: *b.Status.Clone()}
	for o := range r.View.Labeled(object.PodKind, b.Namespace, b.Spec.Selector) {
		l.pods = append(l.pods, o.(*pod.Pod))
	}
	l.run()
	return l.plan.Plan
}

// budgetLook is one look at one budget.
type budgetLook struct {
	now    time.Time
	view   controller.View
	budget *object.PodDisruptionBudget
	pods   []*pod.Pod
	status object.PodDisruptionBudgetStatus
	plan   draft
}

func (l *budgetLook) run() {
	if len(l.pods) == 0 {
		l.plan.emit(l.about(), normal, "NoPods", "No matching pods found")
	}
	expected, desired, err := l.wanted()
	if err != nil {
		l.plan.emit(l.about(), warning, "CalculateExpectedPodCountFailed", "Failed to calculate the number of expected pods: %v", err)
		l.status.DisruptionsAllowed = 0
		l.setAllowed(pod.ConditionFalse, "SyncFailed", err.Error())
		l.write()
		return
	}
	l.status.DisruptedPods = l.disrupted()
	l.status.ExpectedPods, l.status.DesiredHealthy = expected, desired
	l.status.CurrentHealthy = l.healthy()
	l.status.DisruptionsAllowed = 0
	if expected > 0 {
		l.status.DisruptionsAllowed = max(0, l.status.CurrentHealthy-desired)
	}
	l.status.ObservedGeneration = l.budget.Generation
	if l.status.DisruptionsAllowed > 0 {
		l.setAllowed(pod.ConditionTrue, "SufficientPods", "")
	} else {
		l.setAllowed(pod.ConditionFalse, "InsufficientPods", "")
	}
	l.write()
}

// wanted is how many pods there are to be, and how many of them healthy. A share is of what the pods' controllers want; a number
// that is to stay is counted against the pods that are there.
func (l *budgetLook) wanted() (expected, healthy int32, err error) {
	most, least := l.budget.Spec.MaxUnavailable, l.budget.Spec.MinAvailable
	if least != nil && most == nil {
		if n, number := least.Int(); number {
			return int32(len(l.pods)), n, nil
		}
	}
	if most == nil && least == nil {
		return 0, 0, nil
	}
	if expected, err = l.scale(); err != nil {
		return 0, 0, err
	}
	bound := least
	if most != nil {
		bound = most
	}
	n, ok := bound.Of(expected, pod.RoundUp)
	if !ok {
		return 0, 0, fmt.Errorf("invalid value for IntOrString: %q", bound)
	}
	if most != nil {
		n = max(0, expected-n)
	}
	return expected, n, nil
}

// scale is the sum of the replicas of the controllers of the pods.
func (l *budgetLook) scale() (int32, error) {
	total, seen := int32(0), map[pod.UID]bool{}
	unmanaged := false
	for _, p := range l.pods {
		ref := p.ControllerRef()
		switch {
		case ref == nil:
			unmanaged = true
			continue
		case seen[ref.UID]:
			continue
		}
		seen[ref.UID] = true
		n, uid, ok := replicas(l.view, p.Namespace, ref)
		if !ok {
			return 0, fmt.Errorf("found no controllers for pod %q", p.Name)
		}
		if uid != ref.UID && seen[uid] {
			continue
		}
		seen[uid] = true
		total += n
	}
	if unmanaged {
		l.plan.emit(l.about(), warning, "UnmanagedPods", "Pods selected by this PodDisruptionBudget (selector: %s) were found to be unmanaged. "+
			"As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods "+
			"please set \".spec.minAvailable\" field of the PDB to an integer value.", selectorText(l.budget.Spec.Selector))
	}
	return total, nil
}

// replicas is how many pods a pod's controller wants, and who says so: of a ReplicaSet its Deployment, if it has one that is there.
func replicas(v controller.View, namespace string, ref *pod.OwnerReference) (n int32, uid pod.UID, ok bool) {
	of := func(p *int32) int32 {
		if p == nil {
			return 1
		}
		return *p
	}
	key := pod.Key{Namespace: namespace, Name: ref.Name}
	switch o := v.Read(object.Kind{APIVersion: ref.APIVersion, Name: ref.Kind}, key).(type) {
	case *object.ReplicaSet:
		if owner := o.ControllerRef(); o.UID == ref.UID && owner != nil && owner.Kind == object.DeploymentKind.Name {
			if n, uid, ok = replicas(v, namespace, owner); ok {
				return n, uid, true
			}
		}
		return of(o.Spec.Replicas), o.UID, o.UID == ref.UID
	case *object.Deployment:
		return of(o.Spec.Replicas), o.UID, o.UID == ref.UID
	case *object.StatefulSet:
		return of(o.Spec.Replicas), o.UID, o.UID == ref.UID
	}
	return 0, "", false
}

// healthy counts the pods that are ready and are not about to go.
func (l *budgetLook) healthy() int32 {
	n := int32(0)
	for _, p := range l.pods {
		if _, leaving := l.status.DisruptedPods[p.Name]; !leaving && !p.IsTerminating() && p.Status.IsTrue(pod.Ready) {
			n++
		}
	}
	return n
}

// disrupted are the pods whose eviction was granted and whose deletion has yet to show. One for which it takes too long counts as
// healthy again.
func (l *budgetLook) disrupted() map[string]pod.Time {
	left := map[string]pod.Time{}
	for _, p := range l.pods {
		granted, ok := l.budget.Status.DisruptedPods[p.Name]
		if !ok || p.IsTerminating() {
			continue
		}
		due := granted.Add(deletionTimeout)
		if !l.now.Before(due) {
			// Kubernetes too names the namespace twice.
			l.plan.emit(mention(p), warning, "NotDeleted", "Pod was expected by PDB %s/%s to be deleted but it wasn't", l.budget.Namespace, l.budget.Namespace)
			continue
		}
		left[p.Name] = granted
		l.plan.wakeAt(due)
	}
	if len(left) == 0 {
		return nil
	}
	return left
}

func (l *budgetLook) setAllowed(s pod.ConditionStatus, reason, message string) {
	i := slices.IndexFunc(l.status.Conditions, func(c object.Condition) bool { return c.Type == DisruptionAllowed })
	since := stamp(l.now)
	if i < 0 {
		l.status.Conditions = append(l.status.Conditions, object.Condition{})
		i = len(l.status.Conditions) - 1
	} else if l.status.Conditions[i].Status == s {
		since = l.status.Conditions[i].LastTransitionTime
	}
	l.status.Conditions[i] = object.Condition{
		Type: DisruptionAllowed, Status: s, Reason: reason, Message: message, ObservedGeneration: l.status.ObservedGeneration, LastTransitionTime: since,
	}
}

// write asks for the status to be written, if it says anything new.
func (l *budgetLook) write() {
	was, is := &l.budget.Status, &l.status
	same := was.ObservedGeneration == is.ObservedGeneration && was.DisruptionsAllowed == is.DisruptionsAllowed && was.CurrentHealthy == is.CurrentHealthy &&
		was.DesiredHealthy == is.DesiredHealthy && was.ExpectedPods == is.ExpectedPods
	if same && maps.EqualFunc(was.DisruptedPods, is.DisruptedPods, pod.Time.Equal) && slices.Equal(was.Conditions, is.Conditions) {
		return
	}
	next := l.budget.Clone()
	next.Status = l.status
	l.plan.add(controller.UpdateStatus, next)
}

func (l *budgetLook) about() *object.PodDisruptionBudget {
	b := l.budget
	return &object.PodDisruptionBudget{
		TypeMeta:   pod.TypeMeta{APIVersion: object.PodDisruptionBudgetKind.APIVersion, Kind: object.PodDisruptionBudgetKind.Name},
		ObjectMeta: pod.ObjectMeta{Namespace: b.Namespace, Name: b.Name, UID: b.UID, ResourceVersion: b.ResourceVersion},
	}
}

// selectorText is a selector as Kubernetes' messages have it.
func selectorText(s *pod.LabelSelector) string {
	if s == nil {
		return "nil"
	}
	var b strings.Builder
	b.WriteString("&LabelSelector{MatchLabels:map[string]string{")
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		fmt.Fprintf(&b, "%s: %s,", k, s.MatchLabels[k])
	}
	b.WriteString("},MatchExpressions:[]LabelSelectorRequirement{")
	for _, e := range s.MatchExpressions {
		fmt.Fprintf(&b, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:%v,},", e.Key, e.Operator, e.Values)
	}
	b.WriteString("},}")
	return b.String()
}
