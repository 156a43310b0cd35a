package cluster_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const webBudget = "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}}"

// A budget of two of three allows one eviction; a second one at that instant is refused, before any controller has looked.
func TestEvictionsWithinBudget(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{})
	a := c.Client()
	apply(t, c, webDeployment)
	apply(t, c, webBudget)
	c.RunFor(time.Minute)
	require.EqualValues(t, 1, read[*object.PodDisruptionBudget](t, c, object.PodDisruptionBudgetKind, "web").Status.DisruptionsAllowed)
	pods := c.Pods()
	require.NoError(t, a.Evict(ctx, pods[0].Key(), object.DeleteOptions{}))
	b := read[*object.PodDisruptionBudget](t, c, object.PodDisruptionBudgetKind, "web")
	require.Zero(t, b.Status.DisruptionsAllowed)
	require.Contains(t, b.Status.DisruptedPods, pods[0].Name)
	target := c.Pod(pods[0].Key()).Status.Condition(pod.DisruptionTarget)
	require.Equal(t, "Eviction API: evicting", target.Message)
	require.EqualValues(t, "EvictionByEvictionAPI", target.Reason)

	err := a.Evict(ctx, pods[1].Key(), object.DeleteOptions{})
	require.ErrorIs(t, err, cluster.ErrTooManyRequests)
	require.ErrorContains(t, err, "Cannot evict pod as it would violate the pod's disruption budget.")
	var refused *pod.StatusError
	require.True(t, errors.As(err, &refused))
	require.Equal(t, 429, refused.Code())
	require.Zero(t, refused.RetryAfter)
	c.RunFor(time.Minute)
	require.NoError(t, a.Evict(ctx, pods[1].Key(), object.DeleteOptions{}), "the first one has been replaced")
}

// A budget that has just been changed allows nothing until its controller has looked: here it asks for more than there is.
func TestEvictionOfAChangedBudget(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true})
	apply(t, c, webDeployment)
	apply(t, c, webBudget)
	c.RunFor(time.Minute)
	_, err := c.Client().Patch(t.Context(), object.PodDisruptionBudgetKind, pod.Key{Name: "web"}, []byte(`{"spec":{"minAvailable":3}}`))
	require.NoError(t, err)
	err = c.Client().Evict(t.Context(), c.Pods()[0].Key(), object.DeleteOptions{})
	require.ErrorContains(t, err, "The disruption budget web is still being processed by the server.")
	var refused *pod.StatusError
	require.True(t, errors.As(err, &refused))
	require.Equal(t, 10*time.Second, refused.RetryAfter)
}

func TestEvictionOfTwoBudgets(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	apply(t, c, webDeployment)
	apply(t, c, webBudget)
	apply(t, c, "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: all}, spec: {minAvailable: 0, selector: {}}}")
	c.RunFor(time.Minute)
	err := c.Client().Evict(context.Background(), c.Pods()[0].Key(), object.DeleteOptions{})
	require.ErrorIs(t, err, cluster.ErrInternal)
	require.EqualError(t, err, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
}

// An object stays while one of its owners does, and loses only the reference to the other.
func TestTwoOwners(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	a := c.Client()
	var refs []pod.OwnerReference
	for _, name := range []string{"one", "two"} {
		o, err := a.Create(ctx, configMap(t, name, ""))
		require.NoError(t, err)
		refs = append(refs, pod.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: name, UID: o.Meta().UID})
	}
	child := configMap(t, "child", "")
	child.Meta().OwnerReferences = refs
	_, err := a.Create(ctx, child)
	require.NoError(t, err)
	require.NoError(t, a.Delete(ctx, object.ConfigMapKind, pod.Key{Name: "one"}, object.DeleteOptions{}))
	c.RunFor(time.Second)
	require.Equal(t, refs[1:], read[*object.ConfigMap](t, c, object.ConfigMapKind, "child").OwnerReferences)
	require.NoError(t, a.Delete(ctx, object.ConfigMapKind, pod.Key{Name: "two"}, object.DeleteOptions{}))
	c.RunFor(time.Second)
	_, err = a.Read(ctx, object.ConfigMapKind, pod.Key{Name: "child"})
	require.ErrorIs(t, err, cluster.ErrNotFound)
}

// A condition that somebody sets at the instant at which a container ends is not lost to the node's status.
func TestForeignConditionAtTheSameInstant(t *testing.T) {
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	key := create(t, c, "web", "{restartPolicy: Never, containers: [{name: app, image: 'app:1'}]}")
	c.RunFor(9 * time.Second)
	p := c.Pod(key).Clone()
	p.Status.SetCondition(pod.Condition{Type: "example.com/Seen", Status: pod.ConditionTrue})
	_, err := c.Client().UpdateStatus(context.Background(), p)
	require.NoError(t, err)
	require.NoError(t, c.Fail(key, "app", 1))
	c.RunFor(time.Second)
	require.True(t, c.Pod(key).Status.IsTrue("example.com/Seen"))
}

// stubborn writes what is always refused, and notes when it was called.
type stubborn struct{ calls []time.Duration }

func (s *stubborn) Name() string { return "stubborn" }
func (s *stubborn) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.ConfigMapKind}}
}
func (s *stubborn) Reconcile(r controller.Request) controller.Plan {
	s.calls = append(s.calls, r.Now.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	lost := &object.ConfigMap{ObjectMeta: pod.ObjectMeta{Name: "lost", Namespace: "default"}}
	return controller.Plan{Changes: []controller.Change{{Kind: controller.Update, Object: lost}}}
}

func TestRefusedPlansWaitLonger(t *testing.T) {
	s := &stubborn{}
	c := newCluster(t, cluster.Config{Without: []string{"*"}, Controllers: []controller.Controller{s}})
	_, err := c.Client().Create(context.Background(), configMap(t, "a", ""))
	require.NoError(t, err)
	c.RunFor(100 * time.Millisecond)
	ms := time.Millisecond
	require.Equal(t, []time.Duration{0, 5 * ms, 15 * ms, 35 * ms, 75 * ms}, s.calls)
	c.RunFor(24 * time.Hour)
	n := len(s.calls)
	require.Equal(t, 1000*time.Second, s.calls[n-1]-s.calls[n-2])
}
