package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const webSet = `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 5, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {terminationGracePeriodSeconds: 1, containers: [{name: app, image: "web:1"}]}}}}`

// pods is a controller of config maps, as users write them: it makes three pods for each one, counting those that it sees.
type pods struct{ log *strings.Builder }

func (pods) Name() string { return "pods" }

func (pods) Concerns() []controller.Concern {
	return []controller.Concern{
		{Kind: object.ConfigMapKind},
		{Kind: object.PodKind, Keys: func(controller.View, object.Object, object.Object) []pod.Key {
			return []pod.Key{{Namespace: "default", Name: "wanted"}}
		}},
	}
}

func (k pods) Reconcile(r controller.Request) controller.Plan {
	if r.View.Read(object.ConfigMapKind, r.Key) == nil {
		return controller.Plan{}
	}
	seen := 0
	for range r.View.List(object.PodKind, "default") {
		seen++
	}
	fmt.Fprintf(k.log, "%s sees %d\n", r.Now.Format("05.0"), seen)
	var plan controller.Plan
	for range 3 - seen {
		p := &pod.Pod{ObjectMeta: pod.ObjectMeta{GenerateName: "a-", Namespace: "default"}}
		p.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
		plan.Changes = append(plan.Changes, controller.Change{Kind: controller.Create, Object: p})
	}
	return plan
}

// TestOwnWritesAreSeenLate plays a controller that counts what it sees and keeps no account: it makes as many pods as are wanted where its
// own writes are awaited, and too many where they are not. Every one of its looks is shown.
func TestOwnWritesAreSeenLate(t *testing.T) {
	tests := []struct {
		name string
		lags []cluster.Lag
		made int
		log  string
	}{
		{"none", nil, 3, "00.0 sees 0, 00.0 sees 3"},
		{"all", []cluster.Lag{{By: 2 * time.Second}}, 3, "02.0 sees 0, 04.0 sees 3"},
		{"of another controller", []cluster.Lag{{Controller: "job-controller", By: time.Hour}}, 3, "00.0 sees 0, 00.0 sees 3"},
		{"config maps alone", []cluster.Lag{{Kind: object.ConfigMapKind, By: time.Second}}, 3, "01.0 sees 0, 01.0 sees 3"},
		{"the first counts", []cluster.Lag{{Kind: object.PodKind}, {By: 3 * time.Second}}, 3, "03.0 sees 0, 03.0 sees 3"},
		// What the config map becomes after 1 s is seen at 2 s, when the pods are not.
		{"awaited news", []cluster.Lag{{Kind: object.PodKind, By: 4 * time.Second}, {By: time.Second}}, 3, "01.0 sees 0, 05.0 sees 3"},
		{"unawaited news", []cluster.Lag{{Kind: object.PodKind, By: 4 * time.Second, Unawaited: true}, {By: time.Second}}, 6,
			"01.0 sees 0, 02.0 sees 0, 05.0 sees 3, 06.0 sees 6"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			c := newCluster(t, cluster.Config{
				Without: []string{"*"}, Controllers: []controller.Controller{pods{&log}}, Lags: test.lags, Scheduler: nowhere{}, Check: true,
			})
			m := apply(t, c, `{apiVersion: v1, kind: ConfigMap, metadata: {name: wanted}}`).(*object.ConfigMap)
			if strings.HasSuffix(test.name, "news") {
				c.RunFor(time.Second)
				m.Data = map[string]string{"more": "news"}
				_, err := c.Client().Update(t.Context(), m)
				require.NoError(t, err)
			}
			c.RunFor(time.Minute)
			require.Equal(t, test.made, len(c.Pods()))
			require.Equal(t, test.log, compact(log.String()))
		})
	}
}

// compact is the lines of a log in one, each once.
func compact(log string) string {
	var out []string
	for line := range strings.Lines(log) {
		if line = strings.TrimSpace(line); len(out) == 0 || out[len(out)-1] != line {
			out = append(out, line)
		}
	}
	return strings.Join(out, ", ")
}

// nowhere is a scheduler that places no pod, so that pods change no more.
type nowhere struct{}

func (nowhere) Place(cluster.Placing) cluster.Placement { return cluster.Placement{} }

// TestReplicaSetSeesLate grows and shrinks a ReplicaSet whose controller sees everything two seconds late: no pod is made twice, and none too
// many is deleted.
func TestReplicaSetSeesLate(t *testing.T) {
	c := newCluster(t, cluster.Config{Lags: []cluster.Lag{{By: 2 * time.Second}}, Check: true})
	w, err := c.Client().Watch(t.Context(), object.PodKind, cluster.WatchOptions{})
	require.NoError(t, err)
	apply(t, c, webSet)
	c.RunFor(2 * time.Second)
	require.Empty(t, c.Pods(), "the set is not seen yet")
	c.RunFor(time.Minute)
	require.Equal(t, "5 made, 0 deleted", made(w))
	require.EqualValues(t, 5, read[*object.ReplicaSet](t, c, object.ReplicaSetKind, "web").Status.AvailableReplicas)

	require.NoError(t, c.Delete(c.Pods()[0].Key(), pod.DeleteOptions{}))
	c.RunFor(2 * time.Second)
	require.Len(t, c.Pods(), 4, "the deletion is not seen yet")
	c.RunFor(time.Minute)
	require.Equal(t, "1 made, 1 deleted", made(w))

	scale(t, c, 2)
	c.RunFor(time.Minute)
	require.Equal(t, "0 made, 3 deleted", made(w))
	scale(t, c, 6)
	c.RunFor(3 * time.Second)
	scale(t, c, 3)
	c.RunFor(time.Minute)
	require.Equal(t, "4 made, 3 deleted", made(w))
	require.EqualValues(t, 3, read[*object.ReplicaSet](t, c, object.ReplicaSetKind, "web").Status.AvailableReplicas)
}

func scale(t *testing.T, c *cluster.Cluster, replicas int32) {
	t.Helper()
	set := read[*object.ReplicaSet](t, c, object.ReplicaSetKind, "web")
	set.Spec.Replicas = &replicas
	_, err := c.Client().Update(t.Context(), set)
	require.NoError(t, err)
}

// made counts pods in what a watch shows.
func made(w cluster.Watch) string {
	n := map[cluster.WatchType]int{}
	for _, e := range drain(w) {
		n[e.Type]++
	}
	return fmt.Sprintf("%d made, %d deleted", n[cluster.Added], n[cluster.Deleted])
}

// TestNodeLossSeenLate loses a node whose watcher sees leases 7 s and everything else 3 s late: what came 50 s after the last renewal comes
// later by as much.
func TestNodeLossSeenLate(t *testing.T) {
	unknown := func(lags ...cluster.Lag) (after time.Duration) {
		c := newCluster(t, cluster.Config{Nodes: nodes(2), Lags: lags})
		c.RunFor(time.Minute + 4*time.Second)
		require.NoError(t, c.FailNode("node-1"))
		start := c.Now()
		for _, h := range []string{"node-1", "node-2"} {
			l, err := c.Client().Read(t.Context(), object.LeaseKind, pod.Key{Namespace: "kube-node-lease", Name: h})
			require.NoError(t, err)
			require.Less(t, start.Sub(l.(*object.Lease).Spec.RenewTime.Time), 10*time.Second)
		}
		require.True(t, c.RunUntil(func() bool {
			n := read[*object.Node](t, c, object.NodeKind, "node-1")
			i := 0
			for n.Status.Conditions[i].Type != object.NodeReady {
				i++
			}
			return n.Status.Conditions[i].Status == pod.ConditionUnknown
		}, 5*time.Minute))
		return c.Now().Sub(start)
	}
	at, late := unknown(), unknown(cluster.Lag{Kind: object.LeaseKind, By: 10 * time.Second}, cluster.Lag{By: 3 * time.Second})
	require.Equal(t, 53*time.Second, at)
	require.Equal(t, 63*time.Second, late)
}

// TestGivenUpTooLate has a node come back just before the watcher, who sees its leases late, gives it up: it says so itself, when it
// next says how it is.
func TestGivenUpTooLate(t *testing.T) {
	c := newCluster(t, cluster.Config{Lags: []cluster.Lag{{Kind: object.LeaseKind, By: 20 * time.Second}}})
	web := create(t, c, "web", oneContainer)
	c.RunFor(time.Minute)
	require.NoError(t, c.FailNode("node"))
	c.RunFor(60 * time.Second)
	require.NoError(t, c.RecoverNode("node"))
	ready := func() pod.ConditionStatus {
		for _, x := range read[*object.Node](t, c, object.NodeKind, "node").Status.Conditions {
			if x.Type == object.NodeReady {
				return x.Status
			}
		}
		return ""
	}
	require.Equal(t, pod.ConditionTrue, ready())
	require.True(t, c.RunUntil(func() bool { return ready() == pod.ConditionUnknown }, time.Minute))
	lost := c.Now()
	require.Contains(t, eventsOf(t, c, "web"), "Warning NodeNotReady Node is not ready")
	require.True(t, c.RunUntil(func() bool { return ready() == pod.ConditionTrue }, time.Minute))
	require.LessOrEqual(t, c.Now().Sub(lost), 10*time.Second)
	c.RunFor(10 * time.Minute)
	require.Equal(t, pod.ConditionTrue, ready())
	require.Empty(t, read[*object.Node](t, c, object.NodeKind, "node").Spec.Taints)
	require.True(t, c.Pod(web).Status.IsTrue(pod.Ready), "its node says so")
}

// reader is a controller that writes down which states of config maps and secrets it sees.
type reader struct{ log *[]string }

func (reader) Name() string { return "reader" }

func (reader) Concerns() []controller.Concern {
	one := func(controller.View, object.Object, object.Object) []pod.Key { return []pod.Key{{Name: "all"}} }
	return []controller.Concern{{Kind: object.ConfigMapKind, Keys: one}, {Kind: object.SecretKind, Keys: one}}
}

func (k reader) Reconcile(r controller.Request) controller.Plan {
	line := ""
	for _, kind := range []object.Kind{object.ConfigMapKind, object.SecretKind} {
		for o := range r.View.List(kind, "default") {
			line += kind.Name + " " + o.Meta().Labels["turn"] + " "
		}
	}
	*k.log = append(*k.log, line)
	return controller.Plan{}
}

// TestDelayedChangesKeepTheirOrder delays each change by a time of its own: what is seen of one kind never goes back, and the last state is seen
// in the end. The two kinds overtake one another.
func TestDelayedChangesKeepTheirOrder(t *testing.T) {
	var log []string
	c := newCluster(t, cluster.Config{
		Without: []string{"*"}, Controllers: []controller.Controller{reader{&log}}, Chaos: &cluster.Chaos{WatchDelay: 10 * time.Second},
	})
	for n := range 20 {
		for _, kind := range []string{"ConfigMap", "Secret"} {
			o := parse(t, fmt.Sprintf("{apiVersion: v1, kind: %s, metadata: {name: a, labels: {turn: '%d'}}}", kind, n))
			_, err := c.Client().Create(t.Context(), o)
			if n > 0 {
				_, err = c.Client().Update(t.Context(), o)
			}
			require.NoError(t, err)
		}
		c.RunFor(time.Second)
	}
	c.RunFor(time.Minute)
	last := map[string]int{}
	apart := false
	for _, line := range log {
		words := strings.Fields(line)
		for i := 0; i+1 < len(words); i += 2 {
			var n int
			_, err := fmt.Sscan(words[i+1], &n)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, last[words[i]], line)
			last[words[i]] = n
		}
		apart = apart || last["ConfigMap"] > last["Secret"]+1 || last["Secret"] > last["ConfigMap"]+1
	}
	require.Equal(t, map[string]int{"ConfigMap": 19, "Secret": 19}, last)
	require.True(t, apart)
}
