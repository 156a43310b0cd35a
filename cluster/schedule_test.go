package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func nodes(n int) []*object.Node {
	var out []*object.Node
	for i := range n {
		out = append(out, &object.Node{ObjectMeta: pod.ObjectMeta{Name: fmt.Sprintf("node-%d", i+1)}})
	}
	return out
}

const large = "{containers: [{name: app, image: 'app:1', resources: {requests: {cpu: '3'}}}]}"

func TestUnschedulable(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(2)})
	for i := range 3 {
		create(t, c, fmt.Sprint("web-", i), large)
	}
	waits := c.Pod(pod.Key{Name: "web-2"})
	scheduled := waits.Status.Condition(pod.PodScheduled)
	require.Equal(t, pod.ReasonUnschedulable, scheduled.Reason)
	require.Equal(t, "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.", scheduled.Message)
	why, err := c.Explain(waits.Key())
	require.NoError(t, err)
	require.Contains(t, why, "Insufficient cpu")
	c.RunFor(time.Minute)
	require.Empty(t, c.Pod(waits.Key()).Spec.NodeName)
	require.NoError(t, c.AddNode(&object.Node{ObjectMeta: pod.ObjectMeta{Name: "node-3"}}))
	require.Equal(t, "node-3", c.Pod(waits.Key()).Spec.NodeName, "its back-off was over")

	err = c.Client().Bind(context.Background(), waits.Key(), "node-1")
	require.ErrorIs(t, err, cluster.ErrConflict, "a pod is bound once")
	events, err := c.Client().List(context.Background(), object.EventKind, cluster.ListOptions{Fields: "reason=FailedScheduling"})
	require.NoError(t, err)
	require.Len(t, events.Items, 1)
}

// A pod that waits is tried again after 1, 2, 4, 8, 10 s when something changes, and not before.
func TestSchedulingBackOff(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Without: []string{"*"}})
	create(t, c, "a", large)
	create(t, c, "b", large)
	require.NoError(t, c.Delete(pod.Key{Name: "a"}, pod.DeleteOptions{}))
	require.Empty(t, c.Pod(pod.Key{Name: "b"}).Spec.NodeName)
	require.True(t, c.RunUntil(func() bool { return c.Pod(pod.Key{Name: "b"}).Spec.NodeName != "" }, time.Minute))
	require.Equal(t, time.Second, c.Now().Sub(c.Pod(pod.Key{Name: "b"}).CreationTimestamp.Time))
}

func TestPreemption(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Without: []string{"*"}})
	apply(t, c, "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}")
	create(t, c, "low", large)
	c.RunFor(time.Second)
	create(t, c, "high", "{priorityClassName: high, containers: [{name: app, image: 'app:1', resources: {requests: {cpu: '3'}}}]}")
	high := c.Pod(pod.Key{Name: "high"})
	require.EqualValues(t, 1000, *high.Spec.Priority)
	require.Equal(t, "node-1", high.Status.NominatedNodeName)
	require.True(t, c.RunUntil(func() bool { return c.Pod(high.Key()).Status.IsTrue(pod.Ready) }, time.Minute))
	require.Nil(t, c.Pod(pod.Key{Name: "low"}))
	require.Empty(t, c.Pod(high.Key()).Status.NominatedNodeName)
	last := c.History(pod.Key{Name: "low"}).Statuses
	target := last[len(last)-1].Status.Condition(pod.DisruptionTarget)
	require.Equal(t, pod.ReasonPreemptionByScheduler, target.Reason)
	require.Equal(t, "default-scheduler: preempting to accommodate a higher priority pod", target.Message)
}

// first is a scheduler of a user's: the first node by name.
type first struct{}

func (first) Place(r cluster.Placing) cluster.Placement {
	for n := range r.View.List(object.NodeKind, "") {
		return cluster.Placement{Node: n.Meta().Name}
	}
	return cluster.Placement{Message: "there is no node"}
}

func TestOwnScheduler(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(3), Scheduler: first{}})
	for i := range 5 {
		create(t, c, fmt.Sprint("web-", i), oneContainer)
	}
	for _, p := range c.Pods() {
		require.Equal(t, "node-1", p.Spec.NodeName)
	}
}

// What a node's silence does to the pods on it, and its return.
func TestNodeFails(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Without: []string{"*"}})
	key := create(t, c, "web", oneContainer)
	require.NoError(t, c.FailNode("node-1"))
	require.NoError(t, c.Fail(key, "app", 1))
	require.Zero(t, c.Pod(key).Status.ContainerStatuses[0].RestartCount, "nobody hears of it")
	require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
	c.RunFor(time.Hour)
	require.NotNil(t, c.Pod(key))
	lease := func() time.Time {
		o, err := c.Client().Read(context.Background(), object.LeaseKind, pod.Key{Namespace: "kube-node-lease", Name: "node-1"})
		require.NoError(t, err)
		return o.(*object.Lease).Spec.RenewTime.Time
	}
	require.Equal(t, time.Hour, c.Now().Sub(lease()))
	require.NoError(t, c.RecoverNode("node-1"))
	require.Nil(t, c.Pod(key))
	c.RunFor(25 * time.Second)
	require.Equal(t, 5*time.Second, c.Now().Sub(lease()))
}

// A pod whose object has gone while its node was silent is stopped when the node hears again.
func TestForgottenPod(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(1), Without: []string{"*"}})
	key := create(t, c, "web", oneContainer)
	uid := c.Pod(key).UID
	require.NoError(t, c.FailNode("node-1"))
	require.NoError(t, c.Delete(key, pod.DeleteOptions{GracePeriodSeconds: new(int64)}))
	require.Nil(t, c.Pod(key))
	create(t, c, "web", oneContainer)
	require.NotEqual(t, uid, c.Pod(key).UID)
	require.Empty(t, c.Pod(key).Status.PodIP, "the node does not know of the new one")
	c.RunFor(time.Hour)
	require.NoError(t, c.RecoverNode("node-1"))
	c.RunFor(time.Minute)
	require.True(t, c.Pod(key).Status.IsTrue(pod.Ready))
}
