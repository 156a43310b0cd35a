package cluster_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

var update = flag.Bool("update", false, "rewrite the stories in testdata")

// story writes down what watches of a cluster show, and what is done to it.
type story struct {
	*cluster.Cluster
	t       *testing.T
	start   time.Time
	watches []cluster.Watch
	last    map[string]string
	names   map[string]string // of pods, as they are written down
	count   map[string]int
	out     strings.Builder
}

// tell plays a story and holds it against the file of that name in testdata, which begins with what it is about.
func tell(t *testing.T, name, about string, cfg cluster.Config, play func(s *story)) {
	t.Helper()
	cfg.Check = true
	s := &story{Cluster: newCluster(t, cfg), t: t, last: map[string]string{}, names: map[string]string{}, count: map[string]int{}}
	s.start = s.Now()
	for _, kind := range []object.Kind{
		object.NodeKind, object.ReplicaSetKind, object.PodDisruptionBudgetKind, object.PersistentVolumeKind, object.PersistentVolumeClaimKind,
		object.PodKind, object.EventKind,
	} {
		w, err := s.Client().Watch(t.Context(), kind, cluster.WatchOptions{})
		require.NoError(t, err)
		s.watches = append(s.watches, w)
	}
	fmt.Fprintf(&s.out, "%s\n\n", about)
	play(s)
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(s.out.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), s.out.String())
}

// apply creates objects.
func (s *story) apply(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		apply(s.t, s.Cluster, text)
	}
}

// does is something that is done to the cluster.
func (s *story) does(what string, err error) {
	s.t.Helper()
	require.NoError(s.t, err)
	fmt.Fprintf(&s.out, "%8.2f  -- %s\n", s.Now().Sub(s.start).Seconds(), what)
}

// fail has nodes fall silent.
func (s *story) fail(nodes ...string) {
	s.t.Helper()
	for _, n := range nodes {
		s.does(n+" falls silent", s.FailNode(n))
	}
}

// back ends the silence of a node.
func (s *story) back(node string) {
	s.t.Helper()
	s.does(node+" is back", s.RecoverNode(node))
}

// drain evicts the pods of a node, once, and writes down what comes of it.
func (s *story) drain(node string) {
	s.t.Helper()
	for _, p := range s.Pods() {
		if p.Spec.NodeName != node || p.IsTerminating() {
			continue
		}
		what := "evict " + s.names[p.Name]
		if err := s.Client().Evict(s.t.Context(), p.Key(), object.DeleteOptions{}); err != nil {
			what += ": " + err.Error()
		}
		s.does(what, nil)
	}
}

// patch applies a JSON merge patch to an object.
func (s *story) patch(kind object.Kind, name, patch string) {
	s.t.Helper()
	_, err := s.Client().Patch(s.t.Context(), kind, pod.Key{Name: name}, []byte(patch))
	s.does(kind.Name+" "+name+": "+patch, err)
}

// run lets the cluster live, and writes down what happens.
func (s *story) run(d time.Duration) {
	s.RunUntil(func() bool { s.look(); return false }, d)
	s.look()
}

func (s *story) look() {
	for _, w := range s.watches {
		for e, ok := w.Poll(); ok; e, ok = w.Poll() {
			s.write(e)
		}
		require.NoError(s.t, w.Err())
	}
}

// write writes one line, where it says something new.
func (s *story) write(e cluster.WatchEvent) {
	name := e.Object.Meta().Name
	line := object.KindOf(e.Object).Name + "/" + name + " " + lineOf(e.Object)
	switch o, ok := e.Object.(*object.Event); {
	case ok && (e.Type == cluster.Deleted || dull[o.Reason]):
		return
	case ok:
		line = fmt.Sprintf("%s/%s %s %s: %s", o.InvolvedObject.Kind, o.InvolvedObject.Name, o.Type, o.Reason, o.Message)
	case e.Type == cluster.Deleted:
		line = object.KindOf(e.Object).Name + "/" + name + " gone"
	case s.last[string(e.Object.Meta().UID)] == line:
		return
	default:
		s.last[string(e.Object.Meta().UID)] = line
	}
	line = s.plain(e.Object, line)
	line = uids.ReplaceAllString(strings.TrimRight(line, " "), "UID")
	fmt.Fprintf(&s.out, "%8.2f  %s\n", s.Now().Sub(s.start).Seconds(), line)
}

// plain is the line with the names of pods that the server made up replaced by numbers, in the order in which they came.
func (s *story) plain(o object.Object, line string) string {
	m := o.Meta()
	if m.GenerateName != "" && s.names[m.Name] == "" {
		s.count[m.GenerateName]++
		s.names[m.Name] = fmt.Sprint(m.GenerateName, s.count[m.GenerateName])
	}
	for name, plain := range s.names {
		line = strings.ReplaceAll(line, name, plain)
	}
	return line
}

// uids are random.
var uids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// dull are the reasons of events that tell nothing that statuses do not.
var dull = map[string]bool{
	"Scheduled": true, "Pulled": true, "Pulling": true, "Created": true, "Started": true, "Killing": true, "SuccessfulCreate": true, "SuccessfulDelete": true,
}

func lineOf(o object.Object) string {
	switch o := o.(type) {
	case *pod.Pod:
		return podLine(o)
	case *object.Node:
		return nodeLine(o)
	case *object.ReplicaSet:
		return fmt.Sprintf("replicas=%d ready=%d", o.Status.Replicas, o.Status.ReadyReplicas)
	case *object.PodDisruptionBudget:
		return fmt.Sprintf("healthy=%d/%d allowed=%d", o.Status.CurrentHealthy, o.Status.DesiredHealthy, o.Status.DisruptionsAllowed)
	case *object.PersistentVolumeClaim:
		return strings.TrimSpace(fmt.Sprintf("%s %s", cmp.Or(string(o.Status.Phase), "-"), o.Spec.VolumeName)) + deleting(o)
	case *object.PersistentVolume:
		of := ""
		if o.Spec.ClaimRef != nil {
			of = o.Spec.ClaimRef.Name
		}
		return strings.TrimSpace(fmt.Sprintf("%s %s", cmp.Or(string(o.Status.Phase), "-"), of)) + deleting(o)
	}
	return ""
}

func deleting(o object.Object) string {
	if m := o.Meta(); m.DeletionTimestamp != nil {
		return fmt.Sprint(" deleting ", m.Finalizers)
	}
	return ""
}

func podLine(p *pod.Pod) string {
	line := fmt.Sprintf("%s on %s", p.Status.Phase, cmp.Or(p.Spec.NodeName, "none"))
	if p.Status.IsTrue(pod.Ready) {
		line += " ready"
	}
	if p.Status.Reason != "" {
		line += fmt.Sprintf(" %s %q", p.Status.Reason, p.Status.Message)
	}
	if c := p.Status.Condition(pod.DisruptionTarget); c != nil {
		line += fmt.Sprintf(" disrupted=%s(%s)", c.Status, c.Reason)
	}
	line += sizes(p)
	if p.DeletionTimestamp != nil {
		line += fmt.Sprintf(" deleting grace=%d", *p.DeletionGracePeriodSeconds)
	}
	return line
}

func nodeLine(n *object.Node) string {
	line := ""
	for _, c := range n.Status.Conditions {
		if c.Type == object.NodeReady || c.Status == pod.ConditionTrue {
			line += fmt.Sprintf("%s=%s(%s) ", c.Type, c.Status, c.Reason)
		}
	}
	var taints []string
	for _, t := range n.Spec.Taints {
		taints = append(taints, t.Key+":"+string(t.Effect))
	}
	slices.Sort(taints)
	if len(taints) > 0 {
		line += "taints=" + strings.Join(taints, ",")
	}
	return line
}
