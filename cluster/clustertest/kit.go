package clustertest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Kit is a cluster in a test. Whatever cannot be done fails the test; and when the test has failed, the histories of the pods
// that it asked about (of all pods, if it asked about none) are printed as tables and on one axis of time, with why each pod is as
// it is and what it was warned of, so that the cause is on the screen. Make one with New. It is for the test's own goroutine.
type Kit struct {
	*cluster.Cluster
	// Client is a client of the cluster.
	Client cluster.Client

	t     testing.TB
	asked map[pod.Key]bool
	notes []history.Note
	start time.Time
}

// New makes a cluster for the test; the zero Config is a good one. With the environment variable PODLIFE_TIMELINES set to a folder,
// a test that has failed also leaves a page with its timeline there.
func New(t testing.TB, config cluster.Config) *Kit {
	t.Helper()
	c, err := cluster.New(config)
	if err != nil {
		t.Fatal(err)
	}
	k := &Kit{Cluster: c, Client: c.Client(), t: t, asked: map[pod.Key]bool{}, start: c.Now()}
	t.Cleanup(k.explain)
	return k
}

// Nodes are a number of nodes for a Config, named node-1, node-2 and so on, each with 4 CPUs, 8Gi of memory and room for 110 pods.
func Nodes(count int) []*object.Node {
	nodes := make([]*object.Node, count)
	for i := range nodes {
		nodes[i] = (&NodeSettings{Name: fmt.Sprintf("node-%d", i+1)}).node()
	}
	return nodes
}

// Apply creates the objects of manifests, each with any number of documents, strictly read.
func (k *Kit) Apply(manifests ...string) {
	k.t.Helper()
	for _, text := range manifests {
		objects, err := readAll(text)
		if err != nil {
			k.t.Fatal(err)
		}
		for _, o := range objects {
			k.Create(o)
		}
	}
}

// Apply creates the objects of a manifest in a cluster, up to the first that is refused.
func Apply(c *cluster.Cluster, manifest string) error {
	objects, err := readAll(manifest)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if _, err := c.Client().Create(context.Background(), o); err != nil {
			return fmt.Errorf("%s %q: %w", object.KindOf(o), o.Meta().Name, err)
		}
	}
	return nil
}

func readAll(text string) ([]object.Object, error) {
	return object.Read("manifest", strings.NewReader(text), pod.DecodeOptions{})
}

// Create creates one object.
func (k *Kit) Create(o object.Object) {
	k.t.Helper()
	_, err := k.Client.Create(context.Background(), o)
	k.did(fmt.Sprintf("create %s %s", object.KindOf(o), cmp.Or(o.Meta().Name, o.Meta().GenerateName)), err)
}

// Patch applies a JSON merge patch, which may be written as YAML, to an object.
func (k *Kit) Patch(kind object.Kind, name, patch string) {
	k.t.Helper()
	text, err := asJSON(patch)
	if err == nil {
		_, err = k.Client.Patch(context.Background(), kind, key(name), text)
	}
	k.did(fmt.Sprintf("patch %s %s %s", kind, name, patch), err)
}

// Resize gives a container of a pod other resources where it runs. They are written as in a manifest: "requests: {cpu: 2}".
func (k *Kit) Resize(name, container, resources string) {
	k.t.Helper()
	var r pod.ResourceRequirements
	err := decode(resourcesCodec, []byte(resources), &r)
	if err == nil {
		err = k.resize(name, container, &r)
	}
	k.did(fmt.Sprintf("resize pod %s, container %s: %s", name, container, resources), err)
}

func (k *Kit) resize(name, container string, r *pod.ResourceRequirements) error {
	o, err := k.Client.Read(context.Background(), object.PodKind, key(name))
	if err != nil {
		return err
	}
	k.asked[o.Meta().Key()] = true
	return resize(k.Client, o.(*pod.Pod), container, r)
}

var resourcesCodec = yamldoc.NewCodec[pod.ResourceRequirements]()

var rawCodec = yamldoc.NewCodec[object.Raw]()

// asJSON turns YAML into JSON.
func asJSON(text string) ([]byte, error) {
	var raw object.Raw
	if err := decode(rawCodec, []byte(text), &raw); err != nil {
		return nil, err
	}
	return raw.JSON, nil
}

// Delete deletes an object, gracefully.
func (k *Kit) Delete(kind object.Kind, name string) {
	k.t.Helper()
	k.did(fmt.Sprintf("delete %s %s", kind, name), k.Client.Delete(context.Background(), kind, key(name), object.DeleteOptions{}))
}

// FailNode makes a node fall silent.
func (k *Kit) FailNode(name string) {
	k.t.Helper()
	k.did("node "+name+" fails", k.Cluster.FailNode(name))
}

// RecoverNode ends the silence of a node.
func (k *Kit) RecoverNode(name string) {
	k.t.Helper()
	k.did("node "+name+" recovers", k.Cluster.RecoverNode(name))
}

// did notes what was done, for the timeline.
func (k *Kit) did(what string, err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatalf("%s: %v", what, err)
	}
	k.notes = append(k.notes, history.Note{At: k.Now().Sub(k.start), Text: what})
}

// key is a name, or namespace/name.
func key(name string) pod.Key {
	if namespace, rest, ok := strings.Cut(name, "/"); ok {
		return pod.Key{Namespace: namespace, Name: rest}
	}
	return pod.Key{Name: name}
}

// Read returns the object of a name, or of namespace/name, as it is now:
//
//	web := clustertest.Read[*object.Deployment](k, "web")
func Read[O object.Object](k *Kit, name string) O {
	k.t.Helper()
	var none O
	o, err := k.Client.Read(context.Background(), object.KindOf(none), key(name))
	if err != nil {
		k.t.Fatal(err)
	}
	return o.(O)
}

// Pod returns the pod of a name, or of namespace/name; nil if there is none, where Read[*pod.Pod] ends the test.
func (k *Kit) Pod(name string) *pod.Pod {
	p := k.Cluster.Pod(key(name))
	if p != nil {
		k.asked[p.Key()] = true
	}
	return p
}

// Pods returns the pods whose labels a selector selects, in the order of their creation. It is written as kubectl has it:
// "app=web,tier!=db"; empty selects all.
func (k *Kit) Pods(selector string) []*pod.Pod {
	k.t.Helper()
	wanted, err := pod.ParseLabelSelector(selector)
	if err != nil {
		k.t.Fatal(err)
	}
	out := slices.DeleteFunc(k.Cluster.Pods(), func(p *pod.Pod) bool { return !wanted.Matches(p.Labels) })
	for _, p := range out {
		k.asked[p.Key()] = true
	}
	return out
}

// Within lets the cluster live until what is so, which must be within the limit; it says so otherwise and ends the test.
func (k *Kit) Within(limit time.Duration, what string, so func() bool) {
	k.t.Helper()
	if !k.RunUntil(so, limit) {
		k.t.Fatalf("after %s it is not so that %s", limit, what)
	}
}

// Always lets the cluster live for that long, in which what must be so at every instant.
func (k *Kit) Always(d time.Duration, what string, so func() bool) {
	k.t.Helper()
	if k.RunUntil(func() bool { return !so() }, d) {
		k.t.Fatalf("%s after the beginning it is not so any more that %s", k.Now().Sub(k.start), what)
	}
}

// Story is the timeline of the pods that the test has asked about, or of all, and what the test has done.
func (k *Kit) Story() history.Timeline {
	wanted := func(key pod.Key) bool { return k.asked[key] }
	if len(k.asked) == 0 {
		wanted = nil
	}
	t := k.Timeline(wanted)
	t.Title, t.Notes = k.t.Name(), k.notes
	return t
}

// mostTables is of how many pods a failed test prints the table.
const mostTables = 10

// explain tells what happened, if the test has failed.
func (k *Kit) explain() {
	if !k.t.Failed() {
		return
	}
	story := k.Story()
	var b strings.Builder
	for i, l := range story.Lives {
		if i == mostTables {
			fmt.Fprintf(&b, "and %d more pods\n\n", len(story.Lives)-i)
			break
		}
		fmt.Fprintf(&b, "pod %s, created at %s, node %s\n%s%s\n", l.Name, l.Born, cmp.Or(l.Node, "none"), l.History.Watch(), k.reasons(l))
	}
	k.t.Logf("what happened:\n\n%s%s", b.String(), story)
	if folder := os.Getenv("PODLIFE_TIMELINES"); folder != "" {
		k.t.Log(k.leave(folder, story))
	}
}

// reasons says why a pod that is there is as it is, in a sentence and in the warnings about it.
func (k *Kit) reasons(l history.Life) string {
	all := k.Cluster.Pods()
	i := slices.IndexFunc(all, func(p *pod.Pod) bool { return p.Name == l.Name && p.CreationTimestamp.Sub(k.start) == l.Born })
	if i < 0 || l.History.GoneAt != nil {
		return ""
	}
	p := all[i]
	var b strings.Builder
	if why, err := k.Explain(p.Key()); err == nil {
		fmt.Fprintf(&b, "%s\n", why)
	}
	warnings, err := k.Client.List(context.Background(), object.EventKind, cluster.ListOptions{
		Fields: "type=Warning,involvedObject.uid=" + string(p.UID),
	})
	if err != nil {
		return b.String()
	}
	for _, o := range warnings.Items {
		e := o.(*object.Event)
		fmt.Fprintf(&b, "%s x%d %s: %s\n", e.Type, e.Count, e.Reason, e.Message)
	}
	return b.String()
}

// leave writes the page, and says where it is.
func (k *Kit) leave(folder string, story history.Timeline) string {
	file := filepath.Join(folder, strings.NewReplacer("/", "-", " ", "-").Replace(k.t.Name())+".html")
	if err := WritePage(file, story); err != nil {
		return "no page: " + err.Error()
	}
	return "the page is " + file
}

// WritePage writes timelines to a file, as history.HTML has them.
func WritePage(file string, timelines ...history.Timeline) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := history.HTML(f, timelines...); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
