package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// painter is a controller that wants every config map to have its colour.
type painter string

func (p painter) Name() string { return "painter-" + string(p) }

func (painter) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.ConfigMapKind}}
}

func (p painter) Reconcile(r controller.Request) (plan controller.Plan) {
	m, ok := r.View.Read(object.ConfigMapKind, r.Key).(*object.ConfigMap)
	if ok && m.Data["color"] != string(p) {
		next := m.Clone()
		next.Data = map[string]string{"color": string(p)}
		plan.Changes = []controller.Change{{Kind: controller.Update, Object: next}}
	}
	return plan
}

// TestFight has two controllers fight over a config map: nobody would ever get past that instant.
func TestFight(t *testing.T) {
	c := newCluster(t, cluster.Config{Controllers: []controller.Controller{painter("red"), painter("blue")}})
	create(t, c, "web", oneContainer)
	c.RunFor(time.Second)
	apply(t, c, "{apiVersion: v1, kind: ConfigMap, metadata: {name: wall}}")
	require.PanicsWithError(t, `the cluster does not get past 2026-01-01T00:00:01Z: `+
		`painter-blue has looked at "default/wall" 1999 times, and last wanted to update ConfigMap "default/wall"; `+
		`painter-red has looked at "default/wall" 2000 times, and last wanted to update ConfigMap "default/wall". `+
		`With Config.Latency time passes between looks`, func() { c.RunFor(time.Second) })
	require.Equal(t, pod.Running, c.Pod(pod.Key{Name: "web"}).Status.Phase, "the cluster can still be looked at")
}

// TestFightWithLatency has the same two fight in a cluster where looks take time: they go on for ever, and so does the clock.
func TestFightWithLatency(t *testing.T) {
	c := newCluster(t, cluster.Config{Controllers: []controller.Controller{painter("red"), painter("blue")}, Latency: 100 * time.Millisecond})
	apply(t, c, "{apiVersion: v1, kind: ConfigMap, metadata: {name: wall}}")
	c.RunFor(time.Hour)
}

// TestRefusedForEver is a ReplicaSet whose pods name a node that refuses them all: Kubernetes makes one after the other, too.
func TestRefusedForEver(t *testing.T) {
	set := `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {app: web}},
	  template: {metadata: {labels: {app: web}}, spec: {nodeName: node, containers: [{name: app, image: "web:1", resources: {requests: {cpu: "100"}}}]}}}}`
	c := newCluster(t, cluster.Config{Histories: -1})
	apply(t, c, set)
	require.PanicsWithError(t, `the cluster does not get past 2026-01-01T00:00:00Z: `+
		`replicaset-controller has looked at "default/web" 1000 times, and last wanted to create Pod "default/web-". `+
		`With Config.Latency time passes between looks`, func() { c.RunFor(time.Second) })

	c = newCluster(t, cluster.Config{Latency: 100 * time.Millisecond})
	apply(t, c, set)
	c.RunFor(10 * time.Second)
	require.InDelta(t, 50, len(c.Pods()), 50)
}

// TestHonestCrowd grows a StatefulSet one by one at one instant: that is many looks, and no fight.
func TestHonestCrowd(t *testing.T) {
	c := newCluster(t, cluster.Config{Nodes: nodes(20), Histories: -1})
	apply(t, c, `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, replicas: 400, selector: {matchLabels: {app: db}},
	  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: "db:1"}]}}}}`)
	c.RunFor(time.Second)
	require.EqualValues(t, 400, read[*object.StatefulSet](t, c, object.StatefulSetKind, "db").Status.ReadyReplicas)
}
