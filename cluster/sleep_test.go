package cluster_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TestSleepTellsNothing plays storms in which every pod that can sleep does, and compares all that can be seen with the same storm
// among pods that are awake: objects, events and histories, to the byte.
func TestSleepTellsNothing(t *testing.T) {
	for seed := range uint64(3) {
		awake, asleep := stormy(t, seed, 0), stormy(t, seed, 1)
		require.Zero(t, awake.Asleep())
		require.Greater(t, asleep.Asleep(), 5)
		require.Equal(t, told(t, awake), told(t, asleep))
	}
}

// told is everything that a cluster tells of its pods.
func told(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	var out strings.Builder
	for _, kind := range []object.Kind{object.PodKind, object.EventKind, object.ReplicaSetKind, object.JobKind} {
		list, err := c.Client().List(context.Background(), kind, cluster.ListOptions{})
		require.NoError(t, err)
		for _, o := range list.Items {
			b, err := object.AppendJSON(nil, o)
			require.NoError(t, err)
			fmt.Fprintf(&out, "%s\n", b)
			if kind == object.PodKind {
				fmt.Fprintln(&out, c.History(o.Meta().Key()))
			}
		}
	}
	return out.String()
}

// TestSleepAndWake has a pod sleep for a day; a probe a minute, a user who looks, a failure and the end wake it up.
func TestSleepAndWake(t *testing.T) {
	c := newCluster(t, cluster.Config{Awake: 1, Without: []string{"*"}})
	web := create(t, c, "web", "{containers: [{name: app, image: 'app:1', readinessProbe: {exec: {command: [/ok]}, periodSeconds: 60}}]}")
	create(t, c, "other", oneContainer)
	c.RunFor(24 * time.Hour)
	require.Equal(t, 1, c.Asleep())
	before := c.Pod(web)
	require.True(t, before.Status.IsTrue(pod.Ready))
	require.NotSame(t, before, c.Pod(web))
	require.Equal(t, before, c.Pod(web))

	require.NoError(t, c.Fail(web, "app", 3))
	c.RunFor(time.Minute)
	after := c.Pod(web)
	require.EqualValues(t, 1, after.Status.ContainerStatuses[0].RestartCount)
	require.EqualValues(t, 3, after.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
	require.Equal(t, before.Status.PodIP, after.Status.PodIP)
	require.Equal(t, before.Status.StartTime, after.Status.StartTime)

	c.RunFor(time.Hour)
	require.Equal(t, 1, c.Asleep())
	require.NoError(t, c.Delete(web, pod.DeleteOptions{}))
	c.RunFor(time.Minute)
	require.Nil(t, c.Pod(web))
}

// TestSleepKeepsWhatIsOwn has pods of one template sleep that differ in labels, annotations and conditions.
func TestSleepKeepsWhatIsOwn(t *testing.T) {
	c := newCluster(t, cluster.Config{Awake: 1, Without: []string{"*"}})
	var before []*pod.Pod
	for i := range 4 {
		p := manifest(t, fmt.Sprint("web-", i), oneContainer)
		if i > 0 {
			p.Labels = map[string]string{"index": fmt.Sprint(i), "app": "web"}
			p.Annotations = map[string]string{"note": strings.Repeat("x", i)}
		}
		made, err := c.Create(p, nil)
		require.NoError(t, err)
		require.NoError(t, c.SetCondition(made.Key(), pod.Condition{Type: "example.com/seen", Status: pod.ConditionTrue, Reason: "Looked", Message: made.Name}))
		before = append(before, c.Pod(made.Key()))
	}
	c.RunFor(time.Hour)
	create(t, c, "other", oneContainer)
	require.Equal(t, 4, c.Asleep())
	require.Equal(t, before, c.Pods()[:4])
}

// TestSleepEnds ends sleeping pods in every way: by force, by their owner's end, and with their node out of reach.
func TestSleepEnds(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Awake: 1, Nodes: nodes(2)})
	apply(t, c, webDeployment)
	bare := create(t, c, "bare", oneContainer)
	c.RunFor(time.Hour)
	require.Equal(t, 3, c.Asleep())

	require.NoError(t, c.Delete(bare, pod.DeleteOptions{GracePeriodSeconds: new(int64)}))
	c.RunFor(time.Minute)
	require.Nil(t, c.Pod(bare))

	require.NoError(t, c.FailNode(c.Pods()[0].Spec.NodeName))
	c.RunFor(time.Hour)
	running := 0
	for _, p := range c.Pods() {
		if p.Status.Phase == pod.Running && !p.IsTerminating() {
			running++
		}
	}
	require.Equal(t, 3, running)

	require.NoError(t, c.Client().Delete(ctx, object.DeploymentKind, pod.Key{Namespace: "default", Name: "web"}, object.DeleteOptions{}))
	for _, n := range nodes(2) {
		require.NoError(t, c.RecoverNode(n.Name))
	}
	c.RunFor(time.Hour)
	require.Empty(t, c.Pods())
}

// TestTheEndedSleep has the pods of a Job end, some of them badly, and looks at them a day later.
func TestTheEndedSleep(t *testing.T) {
	play := func(awake int) *cluster.Cluster {
		c := newCluster(t, cluster.Config{Awake: awake, Nodes: nodes(2), Behaviors: []cluster.Behavior{{Choose: flaky}}})
		apply(t, c, `{apiVersion: batch/v1, kind: Job, metadata: {name: work}, spec: {completions: 20, parallelism: 5, backoffLimit: 100, completionMode: Indexed,
		  template: {spec: {restartPolicy: Never, containers: [{name: app, image: "work:1"}]}}}}`)
		c.RunFor(24 * time.Hour)
		return c
	}
	awake, asleep := play(0), play(1)
	require.Equal(t, len(asleep.Pods())-1, asleep.Asleep(), "but for the one that stands in line")
	require.Greater(t, len(asleep.Pods()), 20)
	require.Equal(t, told(t, awake), told(t, asleep))

	ctx := context.Background()
	p := asleep.Pods()[3].Clone()
	p.Labels["seen"] = "yes"
	_, err := asleep.Client().Update(ctx, p)
	require.NoError(t, err)
	asleep.RunFor(time.Minute)
	require.Equal(t, "yes", asleep.Pod(p.Key()).Labels["seen"])
	require.Equal(t, p.Status, asleep.Pod(p.Key()).Status)
	require.NoError(t, asleep.Client().Delete(ctx, object.JobKind, pod.Key{Namespace: "default", Name: "work"}, object.DeleteOptions{Propagation: object.DeletePropagationBackground}))
	asleep.RunFor(time.Minute)
	require.Empty(t, asleep.Pods())
}
