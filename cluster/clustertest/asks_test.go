package clustertest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// What people who test controllers ask for again and again.

const onePod = `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: app}]}}`

// behaving is a cluster whose pods all behave so.
func behaving(t *testing.T, app script.Behavior) *clustertest.Kit {
	s := &script.Script{Containers: map[string]script.Behavior{"app": app}}
	return clustertest.New(t, cluster.Config{Nodes: clustertest.Nodes(1), Behaviors: []cluster.Behavior{{Script: s}}})
}

func TestAPodThatRuns(t *testing.T) {
	k := behaving(t, script.Behavior{})
	k.Apply(onePod)
	k.Within(time.Second, "it is ready", func() bool { return k.Pod("web").Status.IsTrue(pod.Ready) })
}

func TestAPodThatFailsWithAReason(t *testing.T) {
	k := behaving(t, script.Behavior{})
	k.Apply(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {activeDeadlineSeconds: 5, containers: [{name: app, image: app}]}}`)
	k.Within(10*time.Second, "it has failed", func() bool { return k.Pod("web").Status.Phase == pod.Failed })
	require.EqualValues(t, "DeadlineExceeded", k.Pod("web").Status.Reason)
}

func TestAPodThatIsStuckPending(t *testing.T) {
	k := behaving(t, script.Behavior{})
	k.Apply(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: app, resources: {requests: {cpu: "64"}}}]}}`)
	k.Always(time.Hour, "it is pending", func() bool { return k.Pod("web").Status.Phase == pod.Pending })
	require.Contains(t, k.Pod("web").Status.Condition(pod.PodScheduled).Message, "0/1 nodes are available: 1 Insufficient cpu.")
}

func TestAPodThatIsNeverReady(t *testing.T) {
	k := behaving(t, script.Behavior{Ready: []script.Ready{{}}})
	k.Apply(onePod)
	k.RunFor(time.Second)
	k.Always(time.Hour, "it runs and is not ready", func() bool {
		return k.Pod("web").Status.Phase == pod.Running && !k.Pod("web").Status.IsTrue(pod.Ready)
	})
}

func TestAPodThatIsOOMKilledAtItsThirdStart(t *testing.T) {
	crash := script.Run{For: script.Duration(time.Second), Exit: 1}
	oom := script.Run{For: script.Duration(time.Second), Exit: 137, Reason: pod.ReasonOOMKilled}
	k := behaving(t, script.Behavior{Runs: []script.Run{crash, crash, oom, {Forever: true}}})
	k.Apply(onePod)
	k.Within(time.Minute, "its fourth start goes well", func() bool {
		s := k.Pod("web").Status.ContainerStatuses
		return len(s) == 1 && s[0].RestartCount == 3 && s[0].State.Running != nil
	})
	last := k.Pod("web").Status.ContainerStatuses[0].LastTerminationState.Terminated
	require.Equal(t, pod.ReasonOOMKilled, last.Reason)
}

func TestWhatCreateFillsIn(t *testing.T) {
	k := behaving(t, script.Behavior{})
	p, err := k.Client.Create(context.Background(), &pod.Pod{
		ObjectMeta: pod.ObjectMeta{GenerateName: "web-"}, Spec: pod.Spec{Containers: []pod.Container{{Name: "app", Image: "app"}}},
	})
	require.NoError(t, err)
	require.Regexp(t, `^web-[a-z0-9]{5}$`, p.Meta().Name)
	require.NotEmpty(t, p.Meta().UID)
	require.Equal(t, k.Now(), p.Meta().CreationTimestamp.Time)
	require.Equal(t, "default", p.Meta().Namespace)
}

func TestAStaleWriteIsRefused(t *testing.T) {
	k := behaving(t, script.Behavior{})
	k.Apply(webDeployment)
	stale := clustertest.Read[*object.Deployment](k, "web")
	k.Patch(object.DeploymentKind, "web", "spec: {replicas: 5}")
	_, err := k.Client.Update(context.Background(), stale)
	require.ErrorIs(t, err, cluster.ErrConflict)
}

func TestAFinalizerHoldsADeletionUp(t *testing.T) {
	k := behaving(t, script.Behavior{})
	k.Apply(`{apiVersion: v1, kind: Pod, metadata: {name: web, finalizers: [example.com/hold]}, spec: {containers: [{name: app, image: app}]}}`)
	k.RunFor(time.Second)
	k.Delete(object.PodKind, "web")
	k.RunFor(time.Minute)
	require.NotNil(t, k.Pod("web"), "it has stopped, and is there")
	k.Patch(object.PodKind, "web", "metadata: {finalizers: null}")
	k.RunFor(time.Second)
	require.Nil(t, k.Pod("web"))
}

func TestWhatIsOwnedGoesWithItsOwner(t *testing.T) {
	k := behaving(t, script.Behavior{})
	k.Apply(webDeployment)
	k.Within(time.Minute, "there are pods", func() bool { return len(k.Pods("app=web")) == 3 })
	k.Delete(object.DeploymentKind, "web")
	k.Within(time.Minute, "they have gone", func() bool { return len(k.Pods("app=web")) == 0 })
}

func TestNothingIsLostBetweenListAndWatch(t *testing.T) {
	ctx := context.Background()
	k := behaving(t, script.Behavior{})
	list, err := k.Client.List(ctx, object.PodKind, cluster.ListOptions{})
	require.NoError(t, err)
	k.Apply(onePod)
	w, err := k.Client.Watch(ctx, object.PodKind, cluster.WatchOptions{ResourceVersion: list.ResourceVersion})
	require.NoError(t, err)
	first, ok := w.Poll()
	require.True(t, ok)
	require.Equal(t, cluster.Added, first.Type)
}

// onePodEach is a user's controller: it makes a pod for a config map where it sees none. It names the pod itself, or leaves the name to the
// server.
type onePodEach struct{ named bool }

func (onePodEach) Name() string { return "one-pod-each" }

func (onePodEach) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.ConfigMapKind}}
}

func (c onePodEach) Reconcile(r controller.Request) (plan controller.Plan) {
	m := r.View.Read(object.ConfigMapKind, r.Key)
	if m == nil || errors.Is(r.Refused, cluster.ErrAlreadyExists) {
		return plan
	}
	for range r.View.List(object.PodKind, r.Key.Namespace) {
		return plan
	}
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{GenerateName: r.Key.Name + "-", Namespace: r.Key.Namespace}}
	if c.named {
		p.Name = r.Key.Name
	}
	p.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
	plan.Changes = append(plan.Changes, controller.Change{Kind: controller.Create, Object: p})
	return plan
}

// An informer that lags finds the controller that trusts what it sees: it makes a second pod before it has seen the first. One whose pods
// have names of their own is refused instead.
func TestAnInformerThatLags(t *testing.T) {
	for _, row := range []struct {
		lag   time.Duration
		named bool
		pods  int
	}{{0, false, 1}, {2 * time.Second, false, 2}, {2 * time.Second, true, 1}} {
		k := clustertest.New(t, cluster.Config{
			Controllers: []controller.Controller{onePodEach{row.named}},
			Lags:        []cluster.Lag{{Controller: "one-pod-each", Kind: object.PodKind, By: row.lag, Unawaited: true}},
		})
		k.Apply(`{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}`)
		k.RunFor(time.Second)
		k.Patch(object.ConfigMapKind, "web", "data: {more: news}")
		k.RunFor(time.Minute)
		require.Len(t, k.Pods(""), row.pods, "%+v", row)
	}
}
