package cluster_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func configMap(t testing.TB, name, labels string) object.Object {
	return parse(t, fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {%s}}}", name, labels))
}

func show(events []cluster.WatchEvent) string {
	var out []string
	for _, e := range events {
		out = append(out, string(e.Type)+" "+e.Object.Meta().Name)
	}
	return strings.Join(out, ", ")
}

// Between a list and a watch from it nothing is lost and nothing comes twice.
func TestWatchAfterList(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	a := c.Client()
	_, err := a.Create(ctx, configMap(t, "a", "k: v"))
	require.NoError(t, err)
	l, err := a.List(ctx, object.ConfigMapKind, cluster.ListOptions{})
	require.NoError(t, err)
	require.Len(t, l.Items, 1)
	b, err := a.Create(ctx, configMap(t, "b", "k: v"))
	require.NoError(t, err)
	w, err := a.Watch(ctx, object.ConfigMapKind, cluster.WatchOptions{ResourceVersion: l.ResourceVersion})
	require.NoError(t, err)
	chosen, err := a.Watch(ctx, object.ConfigMapKind, cluster.WatchOptions{ListOptions: cluster.ListOptions{Labels: &pod.LabelSelector{MatchLabels: map[string]string{"k": "v"}}}})
	require.NoError(t, err)
	b.Meta().Labels = nil
	b, err = a.Update(ctx, b)
	require.NoError(t, err)
	b.Meta().Labels = map[string]string{"k": "v"}
	_, err = a.Update(ctx, b)
	require.NoError(t, err)
	require.NoError(t, a.Delete(ctx, object.ConfigMapKind, pod.Key{Name: "a"}, object.DeleteOptions{}))
	require.Equal(t, "ADDED b, MODIFIED b, MODIFIED b, DELETED a", show(drain(w)))
	require.Equal(t, "ADDED a, ADDED b, DELETED b, ADDED b, DELETED a", show(drain(chosen)))
}

func TestWatchTooOld(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}, History: 10})
	a := c.Client()
	first, err := a.Create(ctx, configMap(t, "first", ""))
	require.NoError(t, err)
	w, err := a.Watch(ctx, object.ConfigMapKind, cluster.WatchOptions{ResourceVersion: first.Meta().ResourceVersion})
	require.NoError(t, err)
	for i := range 10 {
		_, err := a.Create(ctx, configMap(t, fmt.Sprint("c", i), ""))
		require.NoError(t, err)
	}
	again, err := a.Watch(ctx, object.ConfigMapKind, cluster.WatchOptions{ResourceVersion: first.Meta().ResourceVersion})
	require.NoError(t, err)
	require.Len(t, drain(again), 10, "the history holds ten")
	_, err = a.Create(ctx, configMap(t, "last", ""))
	require.NoError(t, err)
	require.Empty(t, drain(w))
	require.ErrorIs(t, w.Err(), cluster.ErrExpired)
	_, err = a.Watch(ctx, object.ConfigMapKind, cluster.WatchOptions{ResourceVersion: first.Meta().ResourceVersion})
	require.ErrorIs(t, err, cluster.ErrExpired)
	require.ErrorContains(t, err, "too old resource version")
	require.Equal(t, "ADDED last", show(drain(again)), "one that keeps up goes on")
}

func TestWatchBookmark(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	w, err := c.Client().Watch(ctx, object.ConfigMapKind, cluster.WatchOptions{Bookmarks: true})
	require.NoError(t, err)
	create(t, c, "web", oneContainer)
	require.Empty(t, drain(w))
	c.RunFor(2 * time.Minute)
	marks := drain(w)
	require.Len(t, marks, 1)
	require.Equal(t, cluster.Bookmark, marks[0].Type)
	l, err := c.Client().List(ctx, object.ConfigMapKind, cluster.ListOptions{})
	require.NoError(t, err)
	require.Equal(t, l.ResourceVersion, marks[0].Object.Meta().ResourceVersion)
}

// Goroutine code in a bubble: a controller that waits for events and sleeps, and a cluster that follows the bubble's clock.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newCluster(t, cluster.Config{Start: time.Now()})
		done := make(chan error, 1)
		go func() { done <- c.Follow(ctx) }()
		a := c.Client()
		w, err := a.Watch(ctx, object.PodKind, cluster.WatchOptions{})
		require.NoError(t, err)
		ready := make(chan time.Time, 1)
		go func() {
			for {
				e, err := w.Next(ctx)
				if err != nil {
					return
				}
				if e.Object.(*pod.Pod).Status.IsTrue(pod.Ready) {
					ready <- time.Now()
					return
				}
			}
		}()
		time.Sleep(time.Minute)
		began := time.Now()
		_, err = a.Create(ctx, parse(t, "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: app, readinessProbe: {exec: {command: [/ok]}, initialDelaySeconds: 7, periodSeconds: 1}}]}}"))
		require.NoError(t, err)
		require.InDelta(t, 7, (<-ready).Sub(began).Seconds(), 1)
		w.Stop()
		_, err = w.Next(ctx)
		require.ErrorIs(t, err, cluster.ErrStopped)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}
