package scheduling_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// TestSnapshotIsKeptUpToDate changes clusters at random, with decisions in between, and decides at the end as with a
// snapshot that has seen nothing but the objects that are left.
func TestSnapshotIsKeptUpToDate(t *testing.T) {
	for i, raw := range readCases(t, "testdata/cases.jsonl.gz") {
		if i%9 != 0 {
			continue
		}
		var c recordedCase
		require.NoError(t, json.Unmarshal(raw, &c))
		c.prepare()
		w := world{random: rand.New(rand.NewSource(int64(i))), objects: map[string]object.Object{}, nodes: c.Nodes}
		for _, o := range c.objects() {
			w.put(o)
		}
		for range 60 {
			w.step()
			if w.random.Intn(5) == 0 {
				scheduling.Decide(&w.kept, c.Pod, scheduling.Profile{})
			}
		}
		kept := scheduling.Decide(&w.kept, c.Pod, scheduling.Profile{})
		got := record(&kept).text()
		again := scheduling.Decide(&w.kept, c.Pod, scheduling.Profile{})
		require.Equal(t, got, record(&again).text(), "the same decision again, %s", c.ID)
		fresh := w.fresh()
		anew := scheduling.Decide(fresh, c.Pod, scheduling.Profile{})
		require.Equal(t, record(&anew).text(), got, c.ID)
		require.Equal(t, fresh.Len(), w.kept.Len())
	}
}

// world is a cluster with the snapshot that is kept of it.
type world struct {
	random  *rand.Rand
	kept    scheduling.Snapshot
	objects map[string]object.Object
	nodes   []*object.Node
}

func (w *world) put(o object.Object) {
	w.objects[identity(o)] = o
	w.kept.Put(o)
}

func identity(o object.Object) string { return fmt.Sprintf("%T %s", o, o.Meta().Key()) }

// fresh is a snapshot of what there is, put in the order of the names.
func (w *world) fresh() *scheduling.Snapshot {
	var s scheduling.Snapshot
	for _, id := range slices.Sorted(maps.Keys(w.objects)) {
		s.Put(w.objects[id])
	}
	return &s
}

// step changes one object, removes it, or makes a copy of it.
func (w *world) step() {
	ids := slices.Sorted(maps.Keys(w.objects))
	if len(ids) == 0 {
		return
	}
	o := w.objects[ids[w.random.Intn(len(ids))]]
	if w.random.Intn(6) == 0 {
		w.kept.Delete(o)
		delete(w.objects, identity(o))
		return
	}
	switch o := o.(type) {
	case *pod.Pod:
		w.put(w.changedPod(o.Clone()))
	case *object.Node:
		w.put(w.changedNode(*o))
	case *object.Namespace:
		changed := *o
		changed.Labels = map[string]string{"team": fmt.Sprint(w.random.Intn(2))}
		w.put(&changed)
	}
}

func (w *world) changedPod(p *pod.Pod) *pod.Pod {
	switch w.random.Intn(6) {
	case 0:
		p.Spec.NodeName = w.nodeName()
	case 1:
		p.Name += "x"
		p.UID += "x"
	case 2:
		p.DeletionTimestamp = &pod.Time{}
	case 3:
		p.Labels = map[string]string{"app": []string{"web", "db", "cache"}[w.random.Intn(3)]}
	case 4:
		p.Status.Phase = []pod.Phase{pod.Running, pod.Succeeded}[w.random.Intn(2)]
	case 5:
		p.Spec.Containers[0].Resources.Requests = resources("cpu", fmt.Sprint(w.random.Intn(3)))
	}
	return p
}

func (w *world) nodeName() string {
	if len(w.nodes) == 0 {
		return "lost"
	}
	return w.nodes[w.random.Intn(len(w.nodes))].Name
}

func (w *world) changedNode(n object.Node) *object.Node {
	n.Labels = maps.Clone(n.Labels)
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	switch w.random.Intn(4) {
	case 0:
		n.Labels["topology.kubernetes.io/zone"] = fmt.Sprintf("z%d", w.random.Intn(4))
	case 1:
		delete(n.Labels, "topology.kubernetes.io/zone")
	case 2:
		n.Name += "x"
		n.Labels["kubernetes.io/hostname"] = n.Name
	case 3:
		n.Spec.Unschedulable = !n.Spec.Unschedulable
	}
	return &n
}

// TestVictimsMakeRoom evicts the victims of every candidate and looks whether the pod then fits there.
func TestVictimsMakeRoom(t *testing.T) {
	seen := 0
	for _, raw := range readCases(t, "testdata/cases.jsonl.gz") {
		var c recordedCase
		require.NoError(t, json.Unmarshal(raw, &c))
		if c.Want.Preemption == nil || c.Family != "preemption" && c.Family != "preemption-pdb" {
			continue
		}
		c.prepare()
		for _, candidate := range c.Want.Preemption.Candidates {
			var s scheduling.Snapshot
			for _, o := range c.objects() {
				if p, ok := o.(*pod.Pod); !ok || !slices.Contains(candidate.Victims, p.Key().String()) {
					s.Put(o)
				}
			}
			d := scheduling.Decide(&s, c.Pod, scheduling.Profile{})
			require.Contains(t, d.Feasible(), candidate.Node, c.ID)
			seen++
		}
	}
	require.Greater(t, seen, 100)
}
