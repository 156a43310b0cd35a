package bench

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// deploymentWorld is a Deployment with its users and its pods. What happens in it depends on the seed and on what the controllers do.
// Users act and pods change on whole seconds; what comes of that within the second is one moment.
type deploymentWorld struct {
	*bubble
	seed    uint64
	lines   []string
	said    []string
	last    map[string]string
	warned  map[string]bool
	version int // that of the last moment
	refused []refusal
	// quota is how many pods there may be until quotaEnds.
	quota     int
	quotaEnds time.Duration
}

// refusal is a time in which the server refuses something.
type refusal struct {
	verb, kind string
	until      time.Duration
}

const (
	deploymentWorldActs = 90  // seconds in which users act
	deploymentWorldEnds = 150 // seconds
)

// deploymentHistory plays a world and tells what happened in it, moment after moment.
func deploymentHistory(t *testing.T, seed uint64, controllers func(b *bubble, swapped bool)) (lines []string) {
	playInBubble(t, seed, func(b *bubble) {
		w := &deploymentWorld{bubble: b, seed: seed, last: map[string]string{}, warned: map[string]bool{}}
		b.events = func(line string) { w.said = append(w.said, line) }
		b.server.admit = w.admit
		b.server.changed = w.live
		b.server.refuse = w.refuse
		w.script(rand.New(rand.NewPCG(seed, 1)))
		controllers(b, seed%3 == 0)
		for second := range deploymentWorldEnds {
			b.runTo(time.Duration(second)*time.Second + 990*time.Millisecond)
			w.moment(second)
		}
		lines = w.lines
	})
	return lines
}

// moment writes down what was said in a second, and all that is not as it was. How often the same is refused is left out: where several tries
// fall into one moment, that depends on the milliseconds between them.
func (w *deploymentWorld) moment(second int) {
	tell := func(text string) { w.lines = append(w.lines, fmt.Sprintf("%3d %s", second, text)) }
	for _, line := range bySpeaker(w.said) {
		if warns := strings.HasPrefix(line, "Warning"); !warns || !w.warned[line] {
			w.warned[line] = warns
			tell(line)
		}
	}
	w.said = nil
	if w.version == w.server.version {
		return
	}
	w.version = w.server.version
	now := map[string]string{}
	for _, d := range listOf[appsv1.Deployment](w.server) {
		now["Deployment/"+d.Name] = w.deploymentState(d)
	}
	for _, s := range listOf[appsv1.ReplicaSet](w.server) {
		now["ReplicaSet/"+w.server.canon(s.Name)] = w.replicaSetState(s)
	}
	for _, p := range listOf[v1.Pod](w.server) {
		now["Pod/"+w.server.canon(p.Name)] = w.podState(p)
	}
	names := slices.Collect(maps.Keys(now))
	for name := range w.last {
		if _, ok := now[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if now[name] != w.last[name] {
			for _, line := range strings.Split(strings.TrimSpace(now[name]), "\n") {
				tell(name + " " + line)
			}
		}
	}
	w.last = now
}

// bySpeaker puts together what was said of one object. Which of several is looked at first is chance in a cluster.
func bySpeaker(said []string) []string {
	about := func(line string) string {
		words := strings.Fields(line)
		if words[0] == "USER" {
			return ""
		}
		return words[1]
	}
	said = slices.Clone(said)
	slices.SortStableFunc(said, func(a, b string) int { return strings.Compare(about(a), about(b)) })
	return inOrder(said)
}

func number(n *int32) string {
	if n == nil {
		return "-"
	}
	return strconv.Itoa(int(*n))
}

// when is a time in seconds since the beginning.
func (w *deploymentWorld) when(t metav1.Time) int { return int(t.Sub(w.begin).Seconds()) }

// deploymentState is what a user sees of a Deployment, but for since when a ReplicaSet fails: podlife's says so not at once but when it tries
// again, so that of two that fail one after the other the first may have recovered before the second says that it fails.
func (w *deploymentWorld) deploymentState(d *appsv1.Deployment) string {
	s := &d.Status
	text := fmt.Sprintf("gen %d/%d wants %s has %d updated %d ready %d available %d unavailable %d terminating %s collisions %s\nannotated %s",
		d.Generation, s.ObservedGeneration, number(d.Spec.Replicas), s.Replicas, s.UpdatedReplicas, s.ReadyReplicas, s.AvailableReplicas,
		s.UnavailableReplicas, number(s.TerminatingReplicas), number(s.CollisionCount), w.annotations(d))
	for _, c := range s.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure {
			text += fmt.Sprintf("\n%s=%s %s %q", c.Type, c.Status, c.Reason, c.Message)
			continue
		}
		text += fmt.Sprintf("\n%s=%s %s %q updated %d changed %d", c.Type, c.Status, c.Reason, w.server.canon(c.Message),
			w.when(c.LastUpdateTime), w.when(c.LastTransitionTime))
	}
	return text
}

func (w *deploymentWorld) annotations(o metav1.Object) string {
	text, err := json.Marshal(o.GetAnnotations())
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "deployment.kubernetes.io/", "")
}

func (w *deploymentWorld) replicaSetState(r *appsv1.ReplicaSet) string {
	s := &r.Status
	text := fmt.Sprintf("gen %d/%d wants %s has %d labeled %d ready %d available %d terminating %s owner %q minReady %d\nannotated %s",
		r.Generation, s.ObservedGeneration, number(r.Spec.Replicas), s.Replicas, s.FullyLabeledReplicas, s.ReadyReplicas, s.AvailableReplicas,
		number(s.TerminatingReplicas), ownerOf(r), r.Spec.MinReadySeconds, w.annotations(r))
	for _, c := range s.Conditions {
		text += fmt.Sprintf("\n%s=%s %s %q changed %d", c.Type, c.Status, c.Reason, w.server.canon(c.Message), w.when(c.LastTransitionTime))
	}
	labels, err := json.Marshal(r.Labels)
	if err != nil {
		w.t.Fatal(err)
	}
	return text + "\nlabels " + w.server.canon(string(labels))
}

func ownerOf(o metav1.Object) string {
	if ref := metav1.GetControllerOf(o); ref != nil {
		return ref.Name
	}
	return ""
}

func (w *deploymentWorld) podState(p *v1.Pod) string {
	text := fmt.Sprintf("%s owner %q", p.Status.Phase, w.server.canon(ownerOf(p)))
	if p.DeletionTimestamp != nil {
		text += " terminating"
	}
	for _, c := range p.Status.Conditions {
		text += fmt.Sprintf(" %s=%s", c.Type, c.Status)
	}
	return text
}

// chance is a number below n that depends on the seed and on a name, and not on what happened before.
func (w *deploymentWorld) chance(n int, name string) int {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", w.seed, w.server.canon(name))
	return int(h.Sum64() >> 20 % uint64(n))
}

// admit gives a new pod a number of restarts of its own, in the order of UIDs: where nothing tells two pods apart, or where restarts and UIDs
// put three in a circle, Kubernetes takes any.
func (w *deploymentWorld) admit(o runtime.Object) {
	if p, ok := o.(*v1.Pod); ok {
		n, err := strconv.ParseUint(string(p.UID[:8]), 16, 64)
		if err != nil {
			w.t.Fatal(err)
		}
		p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "a", RestartCount: int32(math.MaxInt32 - n/2)}}
	}
}

// live plays the part of scheduler and nodes: a pod is bound, gets ready after a while or never, may fail or lose its readiness, and takes
// some time to stop.
func (w *deploymentWorld) live(was, is runtime.Object) {
	p, ok := is.(*v1.Pod)
	if !ok {
		return
	}
	if was != nil {
		if was.(*v1.Pod).DeletionTimestamp == nil && p.DeletionTimestamp != nil {
			w.inSeconds(w.chance(6, p.Name+" stops"), func() { w.server.end(p) })
		}
		return
	}
	name := p.Name
	bound := w.chance(3, name+" bound")
	if w.chance(12, name+" unschedulable") == 0 {
		return
	}
	w.inSeconds(bound, func() {
		w.change(p, func(p *v1.Pod) { p.Spec.NodeName = "node-" + strconv.Itoa(w.chance(3, name+" node")) })
	})
	starts := bound + w.chance(3, name+" starts")
	w.inSeconds(starts, func() { w.change(p, func(p *v1.Pod) { p.Status.Phase = v1.PodRunning }) })
	broken := strings.Contains(p.Spec.Containers[0].Image, "bad")
	if w.chance(10, name+" fails") == 0 && !strings.HasPrefix(p.Name, "fails") {
		w.inSeconds(starts+w.chance(20, name+" lives"), func() {
			w.change(p, func(p *v1.Pod) { p.Status.Phase = v1.PodFailed; setReadiness(p, v1.ConditionFalse) })
		})
	}
	if broken {
		return
	}
	ready := starts + 1 + w.chance(4, name+" ready")
	w.inSeconds(ready, func() { w.change(p, func(p *v1.Pod) { setReadiness(p, v1.ConditionTrue) }) })
	if w.chance(8, name+" flaps") == 0 {
		lost := ready + w.chance(15, name+" loses")
		w.inSeconds(lost, func() { w.change(p, func(p *v1.Pod) { setReadiness(p, v1.ConditionFalse) }) })
		w.inSeconds(lost+1+w.chance(5, name+" recovers"), func() { w.change(p, func(p *v1.Pod) { setReadiness(p, v1.ConditionTrue) }) })
	}
}

// inSeconds does something at a whole second, so many after this one.
func (w *deploymentWorld) inSeconds(n int, do func()) {
	w.at(w.elapsed().Truncate(time.Second)+time.Duration(n)*time.Second, do)
}

// change changes a pod that has not ended.
func (w *deploymentWorld) change(p *v1.Pod, f func(p *v1.Pod)) {
	w.server.alter(p, func(o runtime.Object) {
		if p := o.(*v1.Pod); p.Status.Phase != v1.PodFailed {
			f(p)
		}
	})
}

func setReadiness(p *v1.Pod, status v1.ConditionStatus) {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == v1.PodReady {
			if c.Status != status {
				c.Status, c.LastTransitionTime = status, metav1.Now()
			}
			return
		}
	}
	p.Status.Conditions = append(p.Status.Conditions, v1.PodCondition{Type: v1.PodReady, Status: status, LastTransitionTime: metav1.Now()})
}

func (w *deploymentWorld) refuse(verb string, o runtime.Object) error {
	r := kindOfObject(o)
	w.server.aliases.note(o)
	if verb == "create" && r.gvk.Kind == "Pod" && w.elapsed() < w.quotaEnds && len(listOf[v1.Pod](w.server)) >= w.quota {
		return apierrors.NewForbidden(r.gvr.GroupResource(), "", fmt.Errorf("exceeded quota: %d", w.quota))
	}
	for _, x := range w.refused {
		if x.verb == verb && x.kind == r.gvk.Kind && w.elapsed() < x.until {
			return apierrors.NewForbidden(r.gvr.GroupResource(), "", fmt.Errorf("not before %v", x.until))
		}
	}
	return nil
}

// script draws the Deployment and what users do to it.
func (w *deploymentWorld) script(random *rand.Rand) {
	d := drawDeployment(random)
	w.at(0, func() {
		if random.IntN(4) == 0 {
			w.server.create(drawReplicaSet(random, d))
		}
		if random.IntN(6) > 0 {
			w.server.create(d)
		}
	})
	for range random.IntN(12) {
		at := time.Duration(1+random.IntN(deploymentWorldActs)) * time.Second
		if random.IntN(4) == 0 {
			at = time.Duration(random.IntN(20)) * time.Second
		}
		act, seed := random.IntN(len(deploymentActs)), random.Uint64()
		w.at(at, func() {
			a := deploymentActs[act]
			w.said = append(w.said, "USER "+a.name)
			a.do(w, rand.New(rand.NewPCG(seed, 2)))
		})
	}
}

func drawDeployment(random *rand.Rand) *appsv1.Deployment {
	d := &appsv1.Deployment{}
	d.Name = "web"
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	d.Spec.Template.Labels = map[string]string{"app": "web"}
	d.Spec.Template.Spec.Containers = []v1.Container{{Name: "a", Image: drawImage(random)}}
	d.Spec.Replicas = new(int32)
	*d.Spec.Replicas = int32(random.IntN(11))
	if random.IntN(4) == 0 {
		d.Annotations = map[string]string{"note": "first", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
	}
	drawStrategy(random, d)
	drawTimes(random, d)
	if random.IntN(2) == 0 {
		n := int32(random.IntN(3))
		d.Spec.RevisionHistoryLimit = &n
	}
	d.Spec.Paused = random.IntN(15) == 0
	return d
}

// drawReplicaSet draws a ReplicaSet that no Deployment has made. It may be one that the Deployment adopts, and may have its template.
func drawReplicaSet(random *rand.Rand, d *appsv1.Deployment) *appsv1.ReplicaSet {
	s := &appsv1.ReplicaSet{}
	s.Name = "lone"
	s.Labels = map[string]string{"app": "web"}
	s.Spec.Replicas = new(int32)
	*s.Spec.Replicas = int32(random.IntN(8))
	s.Spec.MinReadySeconds = int32(random.IntN(4))
	s.Spec.Template = *d.Spec.Template.DeepCopy()
	s.Spec.Template.Spec.Containers[0].Image = drawImage(random)
	s.Spec.Template.Labels["lone"] = "yes"
	switch random.IntN(3) {
	case 0:
		s.Labels = nil
	case 1:
		s.Annotations = map[string]string{"deployment.kubernetes.io/revision": strconv.Itoa(random.IntN(4))}
	}
	s.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"lone": "yes"}}
	return s
}

func drawImage(random *rand.Rand) string {
	return []string{"a:1", "a:2", "a:3", "a:bad"}[random.IntN(4)]
}

func drawStrategy(random *rand.Rand, d *appsv1.Deployment) {
	if random.IntN(5) == 0 {
		d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
		return
	}
	d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType}
	if random.IntN(4) == 0 {
		return
	}
	draw := func() *intstr.IntOrString {
		v := intstr.FromInt32(int32(random.IntN(5)))
		if random.IntN(2) == 0 {
			v = intstr.FromString([]string{"0%", "10%", "25%", "34%", "50%", "100%"}[random.IntN(6)])
		}
		return &v
	}
	u := &appsv1.RollingUpdateDeployment{MaxSurge: draw(), MaxUnavailable: draw()}
	if zero := func(v *intstr.IntOrString) bool { return v.String() == "0" || v.String() == "0%" }; zero(u.MaxSurge) && zero(u.MaxUnavailable) {
		one := intstr.FromInt32(1)
		u.MaxSurge = &one
	}
	d.Spec.Strategy.RollingUpdate = u
}

func drawTimes(random *rand.Rand, d *appsv1.Deployment) {
	d.Spec.MinReadySeconds, d.Spec.ProgressDeadlineSeconds = 0, nil
	if random.IntN(2) == 0 {
		d.Spec.MinReadySeconds = int32(1 + random.IntN(6))
	}
	deadline := d.Spec.MinReadySeconds + 1 + int32(random.IntN(25))
	switch random.IntN(4) {
	case 0:
		deadline = math.MaxInt32
	case 1:
		return
	}
	d.Spec.ProgressDeadlineSeconds = &deadline
}

// deploymentAct is something that a user may do.
type deploymentAct struct {
	name string
	do   func(w *deploymentWorld, random *rand.Rand)
}

func onDeployment(name string, f func(random *rand.Rand, d *appsv1.Deployment)) deploymentAct {
	return deploymentAct{name, func(w *deploymentWorld, random *rand.Rand) {
		for _, d := range listOf[appsv1.Deployment](w.server) {
			w.server.alter(d, func(o runtime.Object) { f(random, o.(*appsv1.Deployment)) })
		}
	}}
}

// onReplicaSet does something to one of the ReplicaSets that there are.
func onReplicaSet(name string, f func(w *deploymentWorld, random *rand.Rand, s *appsv1.ReplicaSet)) deploymentAct {
	return deploymentAct{name, func(w *deploymentWorld, random *rand.Rand) {
		if all := listOf[appsv1.ReplicaSet](w.server); len(all) > 0 {
			f(w, random, all[random.IntN(len(all))])
		}
	}}
}

// onPod does something to one of the pods that there are. They stand in the order of their names.
func onPod(name string, f func(w *deploymentWorld, random *rand.Rand, p *v1.Pod)) deploymentAct {
	return deploymentAct{name, func(w *deploymentWorld, random *rand.Rand) {
		all := listOf[v1.Pod](w.server)
		slices.SortFunc(all, func(a, b *v1.Pod) int { return strings.Compare(w.server.canon(a.Name), w.server.canon(b.Name)) })
		if len(all) > 0 {
			f(w, random, all[random.IntN(len(all))])
		}
	}}
}

// isLatest reports whether a ReplicaSet may be that of a Deployment's template. Where one is let go, Kubernetes' controller counts it once more or
// not, as it may find it in its cache still.
func (w *deploymentWorld) isLatest(s *appsv1.ReplicaSet) bool {
	return slices.ContainsFunc(listOf[appsv1.Deployment](w.server), func(d *appsv1.Deployment) bool {
		return d.Spec.Template.Spec.Containers[0].Image == s.Spec.Template.Spec.Containers[0].Image
	})
}

func refuses(name, verb, kind string) deploymentAct {
	return deploymentAct{name, func(w *deploymentWorld, random *rand.Rand) {
		w.refused = append(w.refused, refusal{verb, kind, w.elapsed() + time.Duration(1+random.IntN(10))*time.Second})
	}}
}

var rollOutImage = onDeployment("rolls out an image", func(random *rand.Rand, d *appsv1.Deployment) {
	d.Spec.Template.Spec.Containers[0].Image = drawImage(random)
})

var scaleDeployment = onDeployment("scales", func(random *rand.Rand, d *appsv1.Deployment) {
	*d.Spec.Replicas = int32(random.IntN(13))
})

var pauseDeployment = onDeployment("pauses or resumes", func(_ *rand.Rand, d *appsv1.Deployment) { d.Spec.Paused = !d.Spec.Paused })

var deploymentActs = []deploymentAct{
	rollOutImage, rollOutImage, rollOutImage, rollOutImage, scaleDeployment, scaleDeployment, scaleDeployment, pauseDeployment, pauseDeployment,
	onDeployment("rolls out and scales", func(random *rand.Rand, d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].Image, *d.Spec.Replicas = drawImage(random), int32(random.IntN(13))
	}),
	onDeployment("changes the strategy", drawStrategy),
	onDeployment("changes times", drawTimes),
	onDeployment("labels the template", func(random *rand.Rand, d *appsv1.Deployment) {
		d.Spec.Template.Labels["tier"] = strconv.Itoa(random.IntN(3))
	}),
	onDeployment("annotates", func(random *rand.Rand, d *appsv1.Deployment) {
		if d.Annotations == nil {
			d.Annotations = map[string]string{}
		}
		d.Annotations["note"] = strconv.Itoa(random.IntN(3))
	}),
	onDeployment("keeps another history", func(random *rand.Rand, d *appsv1.Deployment) {
		n := int32(random.IntN(4))
		d.Spec.RevisionHistoryLimit = &n
	}),
	{"deletes the Deployment", func(w *deploymentWorld, random *rand.Rand) {
		if random.IntN(3) > 0 {
			return
		}
		for _, d := range listOf[appsv1.Deployment](w.server) {
			w.server.delete(kindOfObject(d), d.Namespace, d.Name, metav1.DeleteOptions{})
		}
	}},
	onReplicaSet("scales a ReplicaSet", func(w *deploymentWorld, random *rand.Rand, s *appsv1.ReplicaSet) {
		w.server.alter(s, func(o runtime.Object) { *o.(*appsv1.ReplicaSet).Spec.Replicas = int32(random.IntN(10)) })
	}),
	onReplicaSet("deletes a ReplicaSet", func(w *deploymentWorld, _ *rand.Rand, s *appsv1.ReplicaSet) {
		w.server.delete(kindOfObject(s), s.Namespace, s.Name, metav1.DeleteOptions{})
	}),
	onReplicaSet("takes a ReplicaSet's owner away", func(w *deploymentWorld, _ *rand.Rand, s *appsv1.ReplicaSet) {
		w.server.alter(s, func(o runtime.Object) { metaOf(o).SetOwnerReferences(nil) })
	}),
	onReplicaSet("takes a ReplicaSet's label away", func(w *deploymentWorld, _ *rand.Rand, s *appsv1.ReplicaSet) {
		if w.isLatest(s) {
			return
		}
		w.server.alter(s, func(o runtime.Object) { delete(metaOf(o).GetLabels(), "app") })
	}),
	onReplicaSet("edits a ReplicaSet's annotations", func(w *deploymentWorld, random *rand.Rand, s *appsv1.ReplicaSet) {
		w.server.alter(s, func(o runtime.Object) {
			key := []string{"revision", "revision-history", "desired-replicas", "max-replicas"}[random.IntN(4)]
			value := []string{"", "x", "7", "3", "-1"}[random.IntN(5)]
			a := metaOf(o).GetAnnotations()
			if a == nil {
				a = map[string]string{}
			}
			a["deployment.kubernetes.io/"+key] = value
			if value == "" {
				delete(a, "deployment.kubernetes.io/"+key)
			}
			metaOf(o).SetAnnotations(a)
		})
	}),
	onPod("deletes a pod", func(w *deploymentWorld, _ *rand.Rand, p *v1.Pod) {
		w.server.delete(kindOfObject(p), p.Namespace, p.Name, metav1.DeleteOptions{})
	}),
	onPod("takes a pod's label away", func(w *deploymentWorld, _ *rand.Rand, p *v1.Pod) {
		w.server.alter(p, func(o runtime.Object) { delete(metaOf(o).GetLabels(), "app") })
	}),
	onPod("takes a pod's owner away", func(w *deploymentWorld, _ *rand.Rand, p *v1.Pod) {
		w.server.alter(p, func(o runtime.Object) { metaOf(o).SetOwnerReferences(nil) })
	}),
	onPod("relabels a pod", func(w *deploymentWorld, _ *rand.Rand, p *v1.Pod) {
		w.server.alter(p, func(o runtime.Object) { metaOf(o).GetLabels()["tier"] = "other" })
	}),
	onPod("says what a pod costs", func(w *deploymentWorld, random *rand.Rand, p *v1.Pod) {
		w.server.alter(p, func(o runtime.Object) {
			metaOf(o).SetAnnotations(map[string]string{"controller.kubernetes.io/pod-deletion-cost": strconv.Itoa(random.IntN(5) - 2)})
		})
	}),
	refuses("may make no pods", "create", "Pod"),
	{"has a quota", func(w *deploymentWorld, random *rand.Rand) {
		w.quota, w.quotaEnds = random.IntN(10), w.elapsed()+time.Duration(1+random.IntN(20))*time.Second
	}},
	refuses("forbids new ReplicaSets", "create", "ReplicaSet"),
	refuses("forbids changes of ReplicaSets", "update", "ReplicaSet"),
	refuses("forbids deletion of pods", "delete", "Pod"),
}
