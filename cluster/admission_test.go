package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// crowded is a cluster of one node, on which a pod runs that leaves 1 CPU and has the port 80.
func crowded(t *testing.T) *cluster.Cluster {
	n := parse(t, `{apiVersion: v1, kind: Node, metadata: {name: node, labels: {disk: hdd}}, spec: {taints: [{key: gpu, effect: NoExecute}]},
	  status: {capacity: {cpu: "4", memory: 8Gi, pods: "2"}}}`).(*object.Node)
	c := newCluster(t, cluster.Config{Nodes: []*object.Node{n}, Without: []string{"taint-eviction-controller"}, Check: true})
	create(t, c, "first", "{nodeName: node, tolerations: [{operator: Exists}], containers: [{name: app, image: 'app:1', resources: {requests: {cpu: 3}}, ports: [{containerPort: 80, hostPort: 80}]}]}")
	return c
}

// TestNodeRefuses gives pods to a node by hand, which a scheduler would not have placed there.
func TestNodeRefuses(t *testing.T) {
	const tolerant = "tolerations: [{operator: Exists}]"
	container := func(more string) string { return "containers: [{name: app, image: 'app:1'" + more + "}]" }
	tests := []struct{ name, spec, reason, message string }{
		{"fits", container(", resources: {requests: {cpu: 1}}"), "", ""},
		{"cpu", container(", resources: {requests: {cpu: 1500m}}"), "OutOfcpu",
			"Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000"},
		{"memory", container(", resources: {requests: {memory: 9Gi}}"), "OutOfmemory",
			"Node didn't have enough resource: memory, requested: 9663676416, used: 0, capacity: 8589934592"},
		{"selector", container("") + ", nodeSelector: {disk: ssd}", "NodeAffinity",
			"Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"},
		{"port", container(", ports: [{containerPort: 80, hostPort: 80}]"), "NodePorts",
			"Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"},
		{"port of one address", container(", ports: [{containerPort: 80, hostPort: 80, hostIP: 10.0.0.1}]"), "NodePorts",
			"Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"},
		{"port of another protocol", container(", ports: [{containerPort: 80, hostPort: 80, protocol: UDP}]"), "", ""},
		{"system", container("") + ", os: {name: windows}", "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := crowded(t)
			key := create(t, c, "web", "{nodeName: node, "+tolerant+", "+test.spec+"}")
			s := c.Pod(key).Status
			if test.reason == "" {
				require.Equal(t, pod.Running, s.Phase)
				return
			}
			require.Equal(t, pod.Failed, s.Phase)
			require.Equal(t, test.reason, string(s.Reason))
			require.Equal(t, "Pod was rejected: "+test.message, s.Message)
			require.Empty(t, s.PodIP)
			require.Contains(t, eventsOf(t, c, "web"), "Warning "+test.reason+" "+test.message)
			why, err := c.Explain(key)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("Failed (%s): Pod was rejected: %s", test.reason, test.message), why)
			require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
			require.Nil(t, c.Pod(key))
			require.Equal(t, pod.Running, c.Pod(pod.Key{Name: "first"}).Status.Phase)
		})
	}
	t.Run("taint", func(t *testing.T) {
		c := crowded(t)
		key := create(t, c, "web", "{nodeName: node, "+container("")+"}")
		require.Equal(t, "TaintToleration", string(c.Pod(key).Status.Reason))
	})
	t.Run("pods", func(t *testing.T) {
		c := crowded(t)
		create(t, c, "second", "{nodeName: node, "+tolerant+", "+container("")+"}")
		key := create(t, c, "web", "{nodeName: node, "+tolerant+", "+container("")+"}")
		require.Equal(t, "Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2", c.Pod(key).Status.Message)
	})
}

func eventsOf(t *testing.T, c *cluster.Cluster, name string) (out []string) {
	l, err := c.Client().List(t.Context(), object.EventKind, cluster.ListOptions{Fields: "involvedObject.name=" + name})
	require.NoError(t, err)
	for _, o := range l.Items {
		e := o.(*object.Event)
		out = append(out, fmt.Sprintf("%s %s %s", e.Type, e.Reason, e.Message))
	}
	return out
}

// TestRefusedWhenTheNodeIsBack binds pods while their node is silent: it takes them in the order of their creation when it is back. One
// that was deleted meanwhile is not refused.
func TestRefusedWhenTheNodeIsBack(t *testing.T) {
	c := newCluster(t, cluster.Config{Without: []string{"*"}, Check: true})
	require.NoError(t, c.FailNode("node"))
	third := func(name string) pod.Key {
		return create(t, c, name, "{nodeName: node, containers: [{name: app, image: 'app:1', resources: {requests: {cpu: 2}}}]}")
	}
	a, b, last := third("a"), third("b"), third("c")
	require.NoError(t, c.Delete(a, pod.DeleteOptions{}))
	require.Equal(t, pod.Pending, c.Pod(last).Status.Phase)
	require.NoError(t, c.RecoverNode("node"))
	c.RunFor(time.Minute)
	require.Nil(t, c.Pod(a))
	require.Equal(t, pod.Running, c.Pod(b).Status.Phase)
	require.Equal(t, "OutOfcpu", string(c.Pod(last).Status.Reason))
}

// TestCriticalPodMakesRoom gives a critical pod to a node without room for it: another pod ends first, as slowly as it likes, and only
// as many as need be. Where no other could make room the pod is refused.
func TestCriticalPodMakesRoom(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true, Behaviors: slow})
	worker := func(name, more, cpu string) pod.Key {
		return create(t, c, name, "{"+more+"containers: [{name: app, image: 'app:1', resources: {requests: {cpu: "+cpu+"}}}]}")
	}
	small, big := worker("small", "", "1"), worker("big", "", "3")
	c.RunFor(5 * time.Second)
	const critical = "nodeName: node, priorityClassName: system-node-critical, "
	first := worker("first", critical, "1")
	require.Equal(t, pod.Pending, c.Pod(first).Status.Phase)
	require.Equal(t, pod.Running, c.Pod(small).Status.Phase, "it takes a second to end")
	c.RunFor(5 * time.Second)
	require.Equal(t, pod.Running, c.Pod(first).Status.Phase)
	require.Equal(t, pod.Running, c.Pod(big).Status.Phase)
	s := c.Pod(small).Status
	require.Equal(t, pod.Failed, s.Phase)
	require.Equal(t, "Preempting", string(s.Reason))
	require.Equal(t, "Preempted in order to admit critical pod", s.Message)

	third := worker("third", critical, "3")
	require.NoError(t, c.Delete(third, pod.DeleteOptions{}))
	c.RunFor(0)
	require.Equal(t, pod.Pending, c.Pod(third).Status.Phase)
	c.RunFor(5 * time.Second)
	require.Nil(t, c.Pod(third), "it was deleted while it waited")
	require.Equal(t, "Preempting", string(c.Pod(big).Status.Reason))

	second := worker("second", critical, "4")
	c.RunFor(time.Minute)
	require.Equal(t, "UnexpectedAdmissionError", string(c.Pod(second).Status.Reason))
	require.Equal(t, pod.Running, c.Pod(first).Status.Phase)
}

// TestOwnSchedulerOvercommits has a user's scheduler place everything on one node: what does not fit is refused there, and its owner makes
// others, which are refused too.
func TestOwnSchedulerOvercommits(t *testing.T) {
	c := newCluster(t, cluster.Config{Scheduler: first{}, Latency: time.Second, Check: true})
	key := create(t, c, "a", large)
	other := create(t, c, "b", large)
	require.Equal(t, pod.Running, c.Pod(key).Status.Phase)
	require.Equal(t, "OutOfcpu", string(c.Pod(other).Status.Reason))
}
