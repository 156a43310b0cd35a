package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// parse reads one object of any kind.
func parse(t testing.TB, text string) object.Object {
	t.Helper()
	o, err := object.Parse([]byte(text))
	require.NoError(t, err)
	return o
}

func apply(t testing.TB, c *cluster.Cluster, text string) object.Object {
	t.Helper()
	o, err := c.Client().Create(context.Background(), parse(t, text))
	require.NoError(t, err)
	return o
}

func read[T object.Object](t testing.TB, c *cluster.Cluster, kind object.Kind, name string) T {
	t.Helper()
	o, err := c.Client().Read(context.Background(), kind, pod.Key{Name: name})
	require.NoError(t, err)
	return o.(T)
}

const webDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "app:1"}]}
`

func TestDeploymentRuns(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	apply(t, c, webDeployment)
	c.RunFor(time.Second)
	d := read[*object.Deployment](t, c, object.DeploymentKind, "web")
	require.EqualValues(t, 3, d.Status.ReadyReplicas)
	require.Len(t, c.Pods(), 3)
	require.True(t, c.Settle(time.Hour))
	version := read[*object.Deployment](t, c, object.DeploymentKind, "web").ResourceVersion
	c.RunFor(time.Hour)
	require.Equal(t, version, read[*object.Deployment](t, c, object.DeploymentKind, "web").ResourceVersion, "controllers that have converged are silent")
}

// What a client may do to an object, and what it is told.
func TestObjects(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Seed: 3, Without: []string{"*"}})
	a := c.Client()
	made, err := a.Create(ctx, parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {generateName: conf-}, data: {a: b}}"))
	require.NoError(t, err)
	m := made.Meta()
	require.Regexp(t, "^conf-[a-z0-9]{5}$", m.Name)
	require.NotEmpty(t, m.UID)
	require.Equal(t, c.Now(), m.CreationTimestamp.Time)
	require.Zero(t, m.Generation, "a kind without a spec")

	d := apply(t, c, webDeployment).(*object.Deployment)
	require.EqualValues(t, 1, d.Generation)
	require.Equal(t, "25%", d.Spec.Strategy.RollingUpdate.MaxSurge.String())

	d.Status.Replicas = 7
	d.Spec.Replicas = new(int32(5))
	second, err := a.Update(ctx, d)
	require.NoError(t, err)
	require.EqualValues(t, 2, second.Meta().Generation)
	require.Zero(t, second.(*object.Deployment).Status.Replicas, "an update leaves the status alone")
	_, err = a.Update(ctx, d)
	require.ErrorIs(t, err, cluster.ErrConflict)
	require.EqualError(t, err, `Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again`)

	again, err := a.Update(ctx, second)
	require.NoError(t, err)
	require.Equal(t, second.Meta().ResourceVersion, again.Meta().ResourceVersion, "an update that changes nothing is no write")

	again.(*object.Deployment).Status.Replicas = 4
	again.(*object.Deployment).Spec.Replicas = new(int32(9))
	third, err := a.UpdateStatus(ctx, again)
	require.NoError(t, err)
	require.EqualValues(t, 5, *third.(*object.Deployment).Spec.Replicas)
	require.EqualValues(t, 4, third.(*object.Deployment).Status.Replicas)
	require.EqualValues(t, 2, third.Meta().Generation)

	patched, err := a.Patch(ctx, object.DeploymentKind, pod.Key{Name: "web"}, []byte(`{"spec":{"replicas":1,"paused":true},"metadata":{"labels":{"x":"y"}}}`))
	require.NoError(t, err)
	require.EqualValues(t, 1, *patched.(*object.Deployment).Spec.Replicas)
	require.Equal(t, "y", patched.Meta().Labels["x"])
	require.EqualValues(t, 3, patched.Meta().Generation)

	for _, tc := range []struct {
		name string
		do   func() error
		is   error
		code int
		says string
	}{
		{"twice", func() error { _, err := a.Create(ctx, parse(t, webDeployment)); return err }, cluster.ErrAlreadyExists, 409, `deployments.apps "web" already exists`},
		{"not there", func() error { _, err := a.Read(ctx, object.JobKind, pod.Key{Name: "no"}); return err }, cluster.ErrNotFound, 404, `jobs.batch "no" not found`},
		{"no namespace", func() error {
			_, err := a.Create(ctx, parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: nowhere}}"))
			return err
		}, cluster.ErrNotFound, 404, `namespaces "nowhere" not found`},
		{"invalid", func() error {
			_, err := a.Create(ctx, parse(t, strings.Replace(webDeployment, "{app: web}}\n    spec", "{app: other}}\n    spec", 1)))
			return err
		}, cluster.ErrInvalid, 422, "`selector` does not match template `labels`"},
		{"wrong uid", func() error {
			return a.Delete(ctx, object.DeploymentKind, pod.Key{Name: "web"}, object.DeleteOptions{DeleteOptions: pod.DeleteOptions{UID: "other"}})
		}, cluster.ErrConflict, 409, "Precondition failed: UID in precondition: other"},
		{"unknown field", func() error {
			_, err := a.List(ctx, object.PodKind, cluster.ListOptions{Fields: "spec.color=red"})
			return err
		}, cluster.ErrBadRequest, 400, "field label not supported: spec.color"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.do()
			require.ErrorIs(t, err, tc.is)
			require.ErrorContains(t, err, tc.says)
			var refused *pod.StatusError
			require.True(t, errors.As(err, &refused))
			require.Equal(t, tc.code, refused.Code())
		})
	}
}

func TestCustomObjects(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	a := c.Client()
	o := apply(t, c, "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, spec: {size: 1}, status: {ready: true}}").(*object.Custom)
	require.NotContains(t, o.Fields, "status")
	o.Fields["spec"] = object.Raw{JSON: []byte(`{"size":2}`)}
	next, err := a.Update(ctx, o)
	require.NoError(t, err)
	require.EqualValues(t, 2, next.Meta().Generation)
	n := next.(*object.Custom)
	n.Fields["status"] = object.Raw{JSON: []byte(`{"ready":false}`)}
	next, err = a.UpdateStatus(ctx, n)
	require.NoError(t, err)
	require.EqualValues(t, 2, next.Meta().Generation)
	require.JSONEq(t, `{"ready":false}`, string(next.(*object.Custom).Fields["status"].JSON))
}

func TestFinalizers(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	a := c.Client()
	key := pod.Key{Name: "a"}
	apply(t, c, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, finalizers: [example.com/wait]}}")
	require.NoError(t, a.Delete(ctx, object.ConfigMapKind, key, object.DeleteOptions{}))
	o := read[*object.ConfigMap](t, c, object.ConfigMapKind, "a")
	require.NotNil(t, o.DeletionTimestamp)
	o.Finalizers = nil
	_, err := a.Update(ctx, o)
	require.NoError(t, err)
	_, err = a.Read(ctx, object.ConfigMapKind, key)
	require.ErrorIs(t, err, cluster.ErrNotFound)
}

// A pod with a finalizer ends, and its object stays until the finalizer has gone.
func TestPodFinalizer(t *testing.T) {
	c := newCluster(t, cluster.Config{Without: []string{"*"}})
	p := manifest(t, "web", oneContainer)
	p.Finalizers = []string{"example.com/wait"}
	_, err := c.Create(p, nil)
	require.NoError(t, err)
	require.NoError(t, c.Delete(p.Key(), pod.DeleteOptions{}))
	c.RunFor(time.Minute)
	left := c.Pod(p.Key())
	require.NotNil(t, left)
	require.Equal(t, pod.Failed, left.Status.Phase)
	require.Zero(t, *left.DeletionGracePeriodSeconds)
	left = left.Clone()
	left.Finalizers = nil
	_, err = c.Client().Update(context.Background(), left)
	require.NoError(t, err)
	require.Nil(t, c.Pod(p.Key()))
}

// What becomes of a Deployment's ReplicaSets and pods when it is deleted.
func TestGarbageCollection(t *testing.T) {
	for _, tc := range []struct {
		how  object.DeletionPropagation
		sets int
		pods int
	}{
		{"", 0, 0},
		{object.DeletePropagationBackground, 0, 0},
		{object.DeletePropagationForeground, 0, 0},
		{object.DeletePropagationOrphan, 1, 3},
	} {
		t.Run("propagation "+string(tc.how), func(t *testing.T) {
			ctx := context.Background()
			c := newCluster(t, cluster.Config{})
			a := c.Client()
			apply(t, c, webDeployment)
			c.RunFor(time.Second)
			w, err := a.Watch(ctx, object.DeploymentKind, cluster.WatchOptions{})
			require.NoError(t, err)
			pods, err := a.Watch(ctx, object.PodKind, cluster.WatchOptions{})
			require.NoError(t, err)
			drain(w)
			drain(pods)
			require.NoError(t, a.Delete(ctx, object.DeploymentKind, pod.Key{Name: "web"}, object.DeleteOptions{Propagation: tc.how}))
			c.RunFor(time.Minute)
			_, err = a.Read(ctx, object.DeploymentKind, pod.Key{Name: "web"})
			require.ErrorIs(t, err, cluster.ErrNotFound)
			sets, err := a.List(ctx, object.ReplicaSetKind, cluster.ListOptions{})
			require.NoError(t, err)
			require.Len(t, sets.Items, tc.sets)
			for _, rs := range sets.Items {
				require.Empty(t, rs.Meta().OwnerReferences)
			}
			require.Len(t, c.Pods(), tc.pods)
			owner, dependents := lastDeleted(w), lastDeleted(pods)
			switch {
			case tc.pods > 0:
			case tc.how == object.DeletePropagationForeground:
				require.Greater(t, owner, dependents, "the owner goes last")
			default:
				require.Less(t, owner, dependents, "the owner goes first")
			}
		})
	}
}

func drain(w cluster.Watch) (all []cluster.WatchEvent) {
	for e, ok := w.Poll(); ok; e, ok = w.Poll() {
		all = append(all, e)
	}
	return all
}

// lastDeleted is the version of the latest deletion that a watch shows.
func lastDeleted(w cluster.Watch) (version int) {
	for _, e := range drain(w) {
		if e.Type == cluster.Deleted {
			_, _ = fmt.Sscan(e.Object.Meta().ResourceVersion, &version)
		}
	}
	return version
}

func TestNamespaceGoesWithAllInIt(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{})
	a := c.Client()
	apply(t, c, "{apiVersion: v1, kind: Namespace, metadata: {name: team}}")
	apply(t, c, strings.Replace(webDeployment, "{name: web}", "{name: web, namespace: team}", 1))
	c.RunFor(time.Second)
	require.Len(t, c.Pods(), 3)
	require.NoError(t, a.Delete(ctx, object.NamespaceKind, pod.Key{Name: "team"}, object.DeleteOptions{}))
	_, err := a.Create(ctx, parse(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: team}}"))
	require.ErrorIs(t, err, cluster.ErrForbidden)
	c.RunFor(time.Minute)
	require.Empty(t, c.Pods())
	_, err = a.Read(ctx, object.NamespaceKind, pod.Key{Name: "team"})
	require.ErrorIs(t, err, cluster.ErrNotFound)
}
