package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// slow are pods that pull for 1 s, get ready 1 s later and take 1 s to stop.
var slow = []cluster.Behavior{{Script: &script.Script{Containers: map[string]script.Behavior{"app": {
	Pull: script.Tries{{Takes: script.Duration(time.Second)}}, Ready: []script.Ready{{}, {After: script.Duration(time.Second), Ready: true}},
	OnTerm: script.OnTerm{After: script.Duration(time.Second)},
}}}}}

// patient is a cluster of so many nodes that are given up after 20 s of silence.
func patient(count int) cluster.Config {
	return cluster.Config{Nodes: nodes(count), Behaviors: slow, Disruption: disruption.Config{NodeMonitorGracePeriod: 20 * time.Second}}
}

// stays are the tolerations of a pod that stays on a lost node for so many seconds.
func stays(seconds int) string {
	toleration := func(key string) string {
		return fmt.Sprintf("{key: node.kubernetes.io/%s, operator: Exists, effect: NoExecute, tolerationSeconds: %d}", key, seconds)
	}
	return "tolerations: [" + toleration("not-ready") + ", " + toleration("unreachable") + "], "
}

func set(replicas int, spec string) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: %d, selector: {matchLabels: {app: web}},
	  template: {metadata: {labels: {app: web}}, spec: {%s containers: [{name: app, image: "app:1"}]}}}}`, replicas, spec)
}

// TestNodeStories plays the recorded scenarios of nodes with ReplicaSets and bare pods: what each shows stands at the head of its file.
func TestNodeStories(t *testing.T) {
	t.Run("loss", func(t *testing.T) {
		tell(t, "node-loss", `A node falls silent at 6 s: 50 s after its last lease (and up to 5 s more, when it is next looked at) it is given up, its pod is not ready
any more, and no new pods come. 300 s after the NoExecute taint the pod is deleted, and another takes its place. The lost one stays,
as nobody can tell that it has ended.`, cluster.Config{Nodes: nodes(3), Behaviors: slow}, func(s *story) {
			s.apply(set(3, ""))
			s.run(6 * time.Second)
			s.fail("node-1")
			s.run(394 * time.Second)
		})
	})
	t.Run("eviction", func(t *testing.T) {
		tell(t, "node-eviction", `Pods that stay on a lost node for 10 s alone are deleted and replaced. When the node is back the lost pod ends, and the taints go: the one
that keeps new pods away at once, the other one at the next look.`, patient(3), func(s *story) {
			s.apply(set(3, stays(10)))
			s.run(6 * time.Second)
			s.fail("node-1")
			s.run(64 * time.Second)
			s.back("node-1")
			s.run(30 * time.Second)
		})
	})
	t.Run("in time", func(t *testing.T) {
		tell(t, "node-recovers-in-time", `Pods that stay for 30 s, and a node that is back before they are over: nothing is deleted, and the pod is ready again.`,
			patient(3), func(s *story) {
				s.apply(set(3, stays(30)))
				s.run(6 * time.Second)
				s.fail("node-1")
				s.run(44 * time.Second)
				s.back("node-1")
				s.run(50 * time.Second)
			})
	})
	t.Run("all fail", func(t *testing.T) {
		tell(t, "node-failures-all", `All nodes fall silent: no pod is evicted, for it is rather the watcher who is cut off, and no node keeps a NoExecute taint. When
one is back the others are seen as failed: one is tainted some 10 s later, the next one 10 s after that, and their pods are replaced.`,
			patient(3), func(s *story) {
				s.apply(set(3, stays(5)))
				s.run(6 * time.Second)
				s.fail("node-1", "node-2", "node-3")
				s.run(54 * time.Second)
				s.back("node-2")
				s.run(70 * time.Second)
			})
	})
	t.Run("paced", func(t *testing.T) {
		tell(t, "node-failures-paced", `Two of five nodes fall silent at once: they are tainted 10 s apart.`, patient(5), func(s *story) {
			s.apply(set(5, stays(3)))
			s.run(6 * time.Second)
			s.fail("node-1", "node-2")
			s.run(84 * time.Second)
		})
	})
	t.Run("deleted", func(t *testing.T) {
		tell(t, "node-deleted", `A node and its object vanish: the pods on it stay as they were for 40 to 60 s, then they are collected: Failed, and gone. The
ReplicaSet's is replaced, the bare one is not.`, cluster.Config{Nodes: nodes(3), Behaviors: slow}, func(s *story) {
			s.apply(set(3, ""), `{apiVersion: v1, kind: Pod, metadata: {name: bare}, spec: {nodeName: node-1, containers: [{name: app, image: "app:1"}]}}`)
			s.run(12 * time.Second)
			s.fail("node-1")
			s.does("its object is deleted", s.Client().Delete(t.Context(), object.NodeKind, pod.Key{Name: "node-1"}, object.DeleteOptions{}))
			s.run(98 * time.Second)
		})
	})
	t.Run("out of service", func(t *testing.T) {
		tell(t, "node-out-of-service", `A pod on a lost node is deleted and stays, for nobody can tell that it has ended; marking the node as out of service
frees it.`, patient(3), func(s *story) {
			s.apply(`{apiVersion: v1, kind: Pod, metadata: {name: db}, spec: {nodeSelector: {kubernetes.io/hostname: node-1}, ` + stays(5) + `containers: [{name: app, image: "app:1"}]}}`)
			s.run(12 * time.Second)
			s.fail("node-1")
			s.run(58 * time.Second)
			n := read[*object.Node](t, s.Cluster, object.NodeKind, "node-1")
			n.Spec.Taints = append(n.Spec.Taints, object.Taint{Key: "node.kubernetes.io/out-of-service", Value: "nodeshutdown", Effect: pod.TaintEffectNoExecute})
			_, err := s.Client().Update(t.Context(), n)
			s.does("node-1 is marked as out of service", err)
			s.run(50 * time.Second)
		})
	})
	t.Run("drain", func(t *testing.T) {
		tell(t, "node-drain", `A node is drained: it is cordoned, and its pods are evicted. The budget of the ReplicaSet lets one go at a time, so the second eviction is
refused until the first pod's successor is ready.`, cluster.Config{Nodes: nodes(2), Behaviors: slow}, func(s *story) {
			s.apply(set(3, ""), webBudget)
			s.run(6 * time.Second)
			s.patch(object.NodeKind, "node-1", `{"spec":{"unschedulable":true}}`)
			for range 4 {
				s.drain("node-1")
				s.run(2 * time.Second)
			}
			s.run(time.Minute)
		})
	})
	t.Run("cordon", func(t *testing.T) {
		tell(t, "node-cordon", `A cordoned node keeps its pods and gets no new ones; when all are cordoned new pods wait, until one is not any more.`,
			cluster.Config{Nodes: nodes(3), Behaviors: slow}, func(s *story) {
				s.apply(set(3, ""))
				s.run(6 * time.Second)
				s.patch(object.NodeKind, "node-1", `{"spec":{"unschedulable":true}}`)
				s.run(2 * time.Second)
				s.patch(object.ReplicaSetKind, "web", `{"spec":{"replicas":6}}`)
				s.run(6 * time.Second)
				s.patch(object.NodeKind, "node-2", `{"spec":{"unschedulable":true}}`)
				s.patch(object.NodeKind, "node-3", `{"spec":{"unschedulable":true}}`)
				s.run(2 * time.Second)
				s.patch(object.ReplicaSetKind, "web", `{"spec":{"replicas":7}}`)
				s.run(8 * time.Second)
				s.patch(object.NodeKind, "node-2", `{"spec":{"unschedulable":null}}`)
				s.run(16 * time.Second)
			})
	})
}

const portPod = `{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: app, image: "app:1", ports: [{containerPort: 80, hostPort: 80%s}]}]}}`

// TestHostPorts has pods share the ports of one node.
func TestHostPorts(t *testing.T) {
	tell(t, "host-ports", `Ports of a node: one pod has port 80 on all addresses, so a second one waits, and one that wants it on one address too; another protocol
is another port. When the first pod goes one of the two comes, for they overlap again. Ports of two addresses do not.`,
		cluster.Config{Nodes: nodes(1)}, func(s *story) {
			s.apply(fmt.Sprintf(portPod, "all", ""), fmt.Sprintf(portPod, "second", ""), fmt.Sprintf(portPod, "one-address", ", hostIP: 10.0.0.1"),
				fmt.Sprintf(portPod, "udp", ", protocol: UDP"))
			s.run(time.Minute)
			s.does("the first pod is deleted", s.Delete(pod.Key{Name: "all"}, pod.DeleteOptions{}))
			s.run(time.Minute)
			s.does("the second pod is deleted", s.Delete(pod.Key{Name: "second"}, pod.DeleteOptions{}))
			s.run(time.Minute)
			s.does("a pod with the port of another address comes", nil)
			s.apply(fmt.Sprintf(portPod, "other-address", ", hostIP: 10.0.0.2"))
			s.run(time.Minute)
		})
}

// TestDeletions ends pods in every way.
func TestDeletions(t *testing.T) {
	grace := func(seconds int64) pod.DeleteOptions { return pod.DeleteOptions{GracePeriodSeconds: &seconds} }
	cfg := cluster.Config{Nodes: nodes(1), Behaviors: []cluster.Behavior{{Name: "stubborn", Script: &script.Script{Containers: map[string]script.Behavior{
		"app": {OnTerm: script.OnTerm{Ignore: true}},
	}}}}}
	tell(t, "deletions", `A pod that obeys ends at once. One that does not ends with its grace period: a second deletion with a shorter one changes the object, and not
the stop that has begun. With a period of 0 the object goes at once, and so does that of a pod without a node.`, cfg, func(s *story) {
		bare := func(name, more string) string {
			return `{apiVersion: v1, kind: Pod, metadata: {name: ` + name + `}, spec: {` + more + ` containers: [{name: app, image: "app:1"}]}}`
		}
		s.apply(bare("obedient", ""), bare("stubborn", ""), bare("waiting", "nodeSelector: {disk: ssd},"), bare("forced", ""))
		s.run(time.Second)
		for _, name := range []string{"obedient", "stubborn", "waiting"} {
			s.does("delete "+name, s.Delete(pod.Key{Name: name}, pod.DeleteOptions{}))
		}
		s.does("delete forced, with 0 s", s.Delete(pod.Key{Name: "forced"}, grace(0)))
		s.run(5 * time.Second)
		s.does("delete stubborn again, with 10 s", s.Delete(pod.Key{Name: "stubborn"}, grace(10)))
		s.run(time.Minute)
	})
}

// TestEndedPodsAreCollected keeps two ended pods, and takes the others away at the collector's next look.
func TestEndedPodsAreCollected(t *testing.T) {
	cfg := cluster.Config{Nodes: nodes(1), Disruption: disruption.Config{TerminatedPodThreshold: 2}, Behaviors: []cluster.Behavior{{
		Script: &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{{For: script.Duration(time.Second)}}}}},
	}}}
	tell(t, "ended-pods", `Four pods end, and two ended ones may be kept: the two oldest go when the collector next looks.`, cfg, func(s *story) {
		for i := range 4 {
			require.NotEmpty(t, create(t, s.Cluster, fmt.Sprint("task-", i), "{restartPolicy: Never, containers: [{name: app, image: 'app:1'}]}"))
			s.run(2 * time.Second)
		}
		s.run(time.Minute)
	})
}
