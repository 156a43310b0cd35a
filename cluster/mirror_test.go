package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// witness sees a storm: an onlooker by watches that show everything at once, or a mirror by such as break off and show things late.
type witness interface {
	look()
	lookForSilence(c *cluster.Cluster)
}

// mirror is what a program knows of all pods that lists and watches them, and lists again where a watch has broken off: the version of
// each pod.
type mirror struct {
	t     *testing.T
	c     *cluster.Cluster
	watch cluster.Watch
	pods  map[pod.Key]string
	lists int
}

func newMirror(t *testing.T, c *cluster.Cluster) *mirror {
	m := &mirror{t: t, c: c}
	m.list()
	return m
}

// list begins anew.
func (m *mirror) list() {
	l, err := m.c.Client().List(m.t.Context(), object.PodKind, cluster.ListOptions{})
	require.NoError(m.t, err)
	m.pods = map[pod.Key]string{}
	for _, o := range l.Items {
		m.pods[o.Meta().Key()] = o.Meta().ResourceVersion
	}
	m.watch, err = m.c.Client().Watch(m.t.Context(), object.PodKind, cluster.WatchOptions{ListOptions: cluster.ListOptions{}, ResourceVersion: l.ResourceVersion})
	require.NoError(m.t, err)
	m.lists++
}

// look takes in what the watch shows.
func (m *mirror) look() {
	for _, e := range drain(m.watch) {
		key := e.Object.Meta().Key()
		if e.Type == cluster.Deleted {
			require.Contains(m.t, m.pods, key)
			delete(m.pods, key)
			continue
		}
		_, known := m.pods[key]
		require.Equal(m.t, known, e.Type == cluster.Modified, "%s of %s", e.Type, key)
		m.pods[key] = e.Object.Meta().ResourceVersion
	}
	if err := m.watch.Err(); err != nil {
		require.ErrorIs(m.t, err, cluster.ErrExpired)
		m.list()
	}
}

// lookForSilence checks that nothing was missed, once faults have ended.
func (m *mirror) lookForSilence(c *cluster.Cluster) {
	for range 2 {
		m.look()
	}
	want := map[pod.Key]string{}
	for _, p := range c.Pods() {
		want[p.Key()] = p.ResourceVersion
	}
	require.Equal(m.t, want, m.pods)
}
