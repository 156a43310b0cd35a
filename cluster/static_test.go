package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TestStaticPod deletes the mirror of a static pod in each way, and takes its manifest away in the end: the pod does not notice the first,
// and the mirror does not say how the pod ended.
func TestStaticPod(t *testing.T) {
	forever := &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{{Forever: true}}, OnTerm: script.OnTerm{After: script.Duration(2 * time.Second)}}}}
	c := newCluster(t, cluster.Config{Nodes: nodes(2), Check: true})
	made, err := c.AddStatic("node-2", manifest(t, "etcd", "{terminationGracePeriodSeconds: 5, containers: [{name: app, image: 'etcd:1'}]}"), forever)
	require.NoError(t, err)
	key := pod.Key{Namespace: "default", Name: "etcd-node-2"}
	require.Equal(t, key, made.Key())
	hash := made.Annotations["kubernetes.io/config.hash"]
	require.Len(t, hash, 32)
	require.Equal(t, hash, made.Annotations["kubernetes.io/config.mirror"])
	require.Equal(t, "file", made.Annotations["kubernetes.io/config.source"])
	require.Contains(t, made.Spec.Tolerations, pod.Toleration{Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute})

	c.RunFor(10 * time.Second)
	first := c.Pod(key)
	require.Equal(t, pod.Running, first.Status.Phase)
	require.Zero(t, first.Status.ObservedGeneration, "a mirror has none")
	started := first.Status.ContainerStatuses[0].State.Running.StartedAt

	// same checks that a mirror is there which shows the pod as it has been all the time, and is another one than before.
	same := func(before *pod.Pod) *pod.Pod {
		is := c.Pod(key)
		require.NotNil(t, is)
		require.NotEqual(t, before.UID, is.UID)
		require.Nil(t, is.DeletionTimestamp)
		require.Equal(t, before.Status.PodIP, is.Status.PodIP)
		require.Equal(t, started, is.Status.ContainerStatuses[0].State.Running.StartedAt)
		require.Zero(t, is.Status.ContainerStatuses[0].RestartCount)
		return is
	}
	require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
	c.RunFor(20 * time.Second)
	require.NotNil(t, c.Pod(key).DeletionTimestamp, "it stays until the node looks")
	require.Equal(t, pod.Running, c.Pod(key).Status.Phase)
	c.RunFor(time.Minute)
	second := same(first)

	require.NoError(t, c.Delete(key, pod.DeleteOptions{GracePeriodSeconds: new(int64)}))
	require.Nil(t, c.Pod(key), "it goes at once")
	c.RunFor(time.Minute)
	third := same(second)

	require.NoError(t, c.Fail(key, "app", 1))
	c.RunFor(time.Second)
	require.EqualValues(t, 1, c.Pod(key).Status.ContainerStatuses[0].RestartCount, "the mirror shows what becomes of the pod")
	require.Equal(t, third.UID, c.Pod(key).UID)

	require.NoError(t, c.RemoveStatic(key))
	c.RunFor(time.Second)
	require.Equal(t, pod.Running, c.Pod(key).Status.Phase, "it stops in its own time")
	c.RunFor(10 * time.Second)
	require.Nil(t, c.Pod(key))
	last := c.History(key).Statuses
	require.Equal(t, pod.Running, last[len(last)-1].Status.Phase, "without a last word")
	require.NotNil(t, last[len(last)-1].Status.ContainerStatuses[0].State.Running)
	require.ErrorIs(t, c.RemoveStatic(key), cluster.ErrNotFound)
	require.True(t, c.Settle(time.Hour))

	again, err := c.AddStatic("node-2", manifest(t, "etcd", oneContainer), nil)
	require.NoError(t, err)
	require.NotEqual(t, hash, again.Annotations["kubernetes.io/config.hash"], "another manifest")
}

// TestStaticPodStays loses the node of a static pod: nobody evicts it, and when the node is back it shows what has become of it.
func TestStaticPodStays(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(2), Check: true})
	_, err := c.AddStatic("node-1", manifest(t, "web", oneContainer), &script.Script{Containers: map[string]script.Behavior{
		"app": {Runs: []script.Run{{For: script.Duration(15 * time.Minute), Exit: 1}, {Forever: true}}},
	}})
	require.NoError(t, err)
	key := pod.Key{Name: "web-node-1"}
	c.RunFor(time.Minute)
	before := c.Pod(key)
	require.NoError(t, c.FailNode("node-1"))
	c.RunFor(20 * time.Minute)
	require.Equal(t, before.UID, c.Pod(key).UID)
	require.Nil(t, c.Pod(key).DeletionTimestamp)
	require.Zero(t, c.Pod(key).Status.ContainerStatuses[0].RestartCount, "nobody knows")
	require.NoError(t, c.RecoverNode("node-1"))
	c.RunFor(time.Second)
	require.EqualValues(t, 1, c.Pod(key).Status.ContainerStatuses[0].RestartCount)
	require.Equal(t, before.UID, c.Pod(key).UID)
}

func TestStaticPodIsRefused(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	_, err := c.AddStatic("nowhere", manifest(t, "web", oneContainer), nil)
	require.ErrorIs(t, err, cluster.ErrNotFound)
	_, err = c.AddStatic("node", &pod.Pod{}, nil)
	require.ErrorContains(t, err, "has no name")
	_, err = c.AddStatic("node", &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: "web"}}, nil)
	require.ErrorIs(t, err, cluster.ErrInvalid)
	require.Empty(t, c.Pods())
	apply(t, c, `{apiVersion: v1, kind: Pod, metadata: {name: web-node}, spec: {containers: [{name: app, image: "app:1"}]}}`)
	_, err = c.AddStatic("node", manifest(t, "web", oneContainer), nil)
	require.ErrorIs(t, err, cluster.ErrAlreadyExists)
	require.Equal(t, object.PodKind, object.KindOf(c.Pods()[0]))
}
