package workload

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// maxRevisionHistory is how long the list of a ReplicaSet's former revisions gets, in bytes.
const maxRevisionHistory = 2000

// notCopied are the annotations that a ReplicaSet does not take from its Deployment.
var notCopied = []string{
	"kubectl.kubernetes.io/last-applied-configuration", revisionAnnotation, revisionHistoryAnnotation,
	desiredReplicasAnnotation, maxReplicasAnnotation, "deprecated.deployment.rollback.to",
}

// revisionOf is the set's revision; 0 if it says none.
func revisionOf(set *object.ReplicaSet) int64 {
	n, err := strconv.ParseInt(set.Annotations[revisionAnnotation], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// nextRevision is one more than that of any old ReplicaSet.
func (c *deploymentCall) nextRevision() int64 {
	var last int64
	for _, set := range c.old {
		last = max(last, revisionOf(set))
	}
	return last + 1
}

// noteRevision brings the latest ReplicaSet's annotations up to date, then the Deployment's, and reports whether there was
// something to write. A ReplicaSet that has become the latest again gets a new revision and remembers the old one.
func (c *deploymentCall) noteRevision() bool {
	set := c.latest
	if set == nil {
		return false
	}
	annotations := c.annotationsFor(set.Annotations)
	if !maps.Equal(annotations, set.Annotations) || set.Spec.MinReadySeconds != c.d.Spec.MinReadySeconds {
		own := set.Clone()
		own.Annotations, own.Spec.MinReadySeconds = annotations, c.d.Spec.MinReadySeconds
		c.plan.write(controller.Update, own)
		return true
	}
	status := c.copyOfStatus()
	if c.hasDeadline() && c.condition(object.DeploymentProgressing) == nil {
		c.progress(&status, foundNewReplicaSet, "Found new replica set %q", set.Name)
	}
	c.reportRevision(status, set.Annotations[revisionAnnotation])
	return !c.plan.empty()
}

// reportRevision writes the status, and with it the Deployment's own revision, where they differ. That is no new generation.
func (c *deploymentCall) reportRevision(status object.DeploymentStatus, revision string) {
	if c.d.Annotations[revisionAnnotation] == revision {
		c.report(status)
		return
	}
	own := c.d.Clone()
	if own.Annotations == nil {
		own.Annotations = map[string]string{}
	}
	own.Annotations[revisionAnnotation], own.Status = revision, status
	c.plan.write(controller.UpdateStatus, own)
}

// annotationsFor are a latest ReplicaSet's annotations: its own of before, the Deployment's, and its revision.
func (c *deploymentCall) annotationsFor(before map[string]string) map[string]string {
	after := maps.Clone(before)
	if after == nil {
		after = map[string]string{}
	}
	for key, value := range c.d.Annotations {
		if !slices.Contains(notCopied, key) {
			after[key] = value
		}
	}
	was, had := before[revisionAnnotation]
	revision, err := strconv.ParseInt(was, 10, 64)
	next := c.nextRevision()
	if had && was != "" && err != nil || revision >= next {
		return after
	}
	after[revisionAnnotation] = strconv.FormatInt(next, 10)
	if had {
		after[revisionHistoryAnnotation] = withRevision(before[revisionHistoryAnnotation], was)
	}
	return after
}

// withRevision appends a former revision to the list of them, and drops the oldest where it gets too long.
func withRevision(history, revision string) string {
	if history == "" {
		return revision
	}
	history += "," + revision
	for len(history) > maxRevisionHistory {
		_, rest, ok := strings.Cut(history, ",")
		if !ok {
			return revision
		}
		history = rest
	}
	return history
}

// Report says in the status why a ReplicaSet could not be made. Where one of its name is there already, the next look sees that.
func (Deployment) Report(r controller.Request) controller.Plan {
	d, ok := r.View.Read(object.DeploymentKind, r.Key).(*object.Deployment)
	x := refused(r, controller.Create, object.ReplicaSetKind)
	if !ok || x == nil || existsAlready(x) {
		return controller.Plan{}
	}
	c := deploymentCall{request: r, d: d}
	if c.hasDeadline() {
		status := c.copyOfStatus()
		c.failProgress(&status, replicaSetCreateError, creationFailed, x.Change.Object.Meta().Name, x)
		c.report(status)
	}
	return c.plan.Plan
}

func existsAlready(err error) bool {
	var status *pod.StatusError
	return errors.As(err, &status) && status.Reason == pod.StatusReasonAlreadyExists
}

// creationFailed is what is said of a ReplicaSet that was refused.
const creationFailed = "Failed to create new replica set %q: %v"

// create makes the ReplicaSet of the Deployment's template.
func (c *deploymentCall) create() {
	c.again = true
	set := c.newReplicaSet()
	if taken := c.request.View.Read(object.ReplicaSetKind, set.Key()); taken != nil {
		status := c.copyOfStatus()
		collisions := value(status.CollisionCount, 0) + 1
		status.CollisionCount = &collisions
		c.report(status)
		return
	}
	e := controller.Event{}
	if n := replicasOf(set); n > 0 {
		e = event(normal, "ScalingReplicaSet", "Scaled up replica set %s from 0 to %d", set.Name, n)
	}
	c.plan.add(controller.Change{
		Kind: controller.Create, Object: set, About: c.d, Event: e,
		Refused: event(warning, replicaSetCreateError, creationFailed, set.Name, controller.ErrorPlace),
	})
	if c.resumed {
		return
	}
	status := c.copyOfStatus()
	if c.hasDeadline() {
		c.progress(&status, newReplicaSetCreated, "Created new replica set %q", set.Name)
	}
	c.reportRevision(status, set.Annotations[revisionAnnotation])
}

func (c *deploymentCall) newReplicaSet() *object.ReplicaSet {
	template := c.d.Spec.Template.Clone()
	hash := hashOf(encoded(template), c.d.Status.CollisionCount)
	labels := maps.Clone(template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[templateHashLabel] = hash
	template.Labels = labels
	selector := c.d.Spec.Selector.Clone()
	if selector.MatchLabels == nil {
		selector.MatchLabels = map[string]string{}
	}
	selector.MatchLabels[templateHashLabel] = hash

	set := &object.ReplicaSet{Spec: object.ReplicaSetSpec{
		Replicas: new(int32), MinReadySeconds: c.d.Spec.MinReadySeconds, Selector: selector, Template: *template,
	}}
	set.Name, set.Namespace = nameWith(c.d.Name, hash), c.d.Namespace
	set.Labels = maps.Clone(labels)
	set.OwnerReferences = append(set.OwnerReferences, controllerRef(object.DeploymentKind, &c.d.ObjectMeta))
	*set.Spec.Replicas = c.grown(append(c.all(), set), set)
	set.Annotations = c.annotationsFor(nil)
	maps.Copy(set.Annotations, c.sizeAnnotations())
	return set
}

// nameWith is a name made of another and a hash, cut to what a name may be.
func nameWith(name, hash string) string {
	const longest = 253
	return name[:min(len(name), longest-1-len(hash))] + "-" + hash
}
