package cluster_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

func manifest(t testing.TB, name, spec string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"))
	require.NoError(t, err)
	return p
}

func newCluster(t testing.TB, cfg cluster.Config) *cluster.Cluster {
	t.Helper()
	c, err := cluster.New(cfg)
	require.NoError(t, err)
	return c
}

const oneContainer = "{containers: [{name: app, image: 'app:1'}]}"

func create(t testing.TB, c *cluster.Cluster, name, spec string) pod.Key {
	t.Helper()
	p, err := c.Create(manifest(t, name, spec), nil)
	require.NoError(t, err)
	return p.Key()
}

func TestSameSeedSameBytes(t *testing.T) {
	play := func(seed uint64) string {
		c := newCluster(t, cluster.Config{Seed: seed})
		var out bytes.Buffer
		for i := range 5 {
			s := &script.Script{Containers: map[string]script.Behavior{
				"app": {Runs: []script.Run{{For: script.Duration(time.Duration(i+1) * time.Second), Exit: int32(i % 2)}}},
			}}
			_, err := c.Create(manifest(t, fmt.Sprintf("web-%d", i), oneContainer), s)
			require.NoError(t, err)
			c.RunFor(time.Second)
		}
		c.RunFor(10 * time.Minute)
		for i := range 5 {
			require.NoError(t, c.History(pod.Key{Namespace: "default", Name: fmt.Sprintf("web-%d", i)}).Write(&out))
		}
		return out.String()
	}
	require.Equal(t, play(7), play(7))
	require.NotEqual(t, play(7), play(8), "UIDs come from the seed")
}

func TestLevers(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", oneContainer)
	c.RunFor(time.Second)
	require.True(t, c.Pod(key).Status.IsTrue(pod.Ready))

	require.NoError(t, c.Fail(key, "app", 3))
	last := c.Pod(key).Status.ContainerStatuses[0]
	require.EqualValues(t, 1, last.RestartCount)
	require.EqualValues(t, 3, last.LastTerminationState.Terminated.ExitCode)

	c.RunFor(time.Second)
	require.NoError(t, c.OOMKill(key, "app"))
	last = c.Pod(key).Status.ContainerStatuses[0]
	require.Equal(t, pod.ReasonCrashLoopBackOff, last.State.Waiting.Reason)
	require.Equal(t, pod.ReasonOOMKilled, last.LastTerminationState.Terminated.Reason)
	require.ErrorContains(t, c.Fail(key, "app", 1), `container "app" does not run`)

	c.RunFor(time.Minute)
	require.NoError(t, c.SetReady(key, "app", false))
	require.False(t, c.Pod(key).Status.IsTrue(pod.Ready))
	c.RunFor(time.Hour)
	require.False(t, c.Pod(key).Status.IsTrue(pod.Ready), "never ready")
	require.NoError(t, c.SetReady(key, "app", true))
	require.True(t, c.Pod(key).Status.IsTrue(pod.Ready))
	require.ErrorContains(t, c.SetReady(key, "other", true), `container "other"`)
}

func TestSetReadyOverridesProbe(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", "{containers: [{name: app, image: 'app:1', readinessProbe: {exec: {command: [/ready]}, periodSeconds: 1}}]}")
	c.RunFor(2 * time.Second)
	require.True(t, c.Pod(key).Status.IsTrue(pod.Ready))
	require.NoError(t, c.SetReady(key, "app", false))
	c.RunFor(5 * time.Second)
	require.False(t, c.Pod(key).Status.IsTrue(pod.Ready), "three failures at 1 s")
}

func TestReplacedUnderTheSameName(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", oneContainer)
	c.RunFor(time.Second)
	first := c.Pod(key)
	_, err := c.Create(manifest(t, "web", oneContainer), nil)
	require.ErrorIs(t, err, cluster.ErrAlreadyExists)

	require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
	c.RunFor(time.Minute)
	require.Nil(t, c.Pod(key))
	require.NotNil(t, c.History(key).GoneAt)

	create(t, c, "web", oneContainer)
	c.RunFor(time.Second)
	second := c.Pod(key)
	require.NotEqual(t, first.UID, second.UID)
	require.NotEqual(t, first.Status.PodIP, second.Status.PodIP)
	require.Nil(t, c.History(key).GoneAt, "the history is the new pod's")
}

func TestDeleteKeepsTheGracePeriod(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	stubborn := &script.Script{Containers: map[string]script.Behavior{"app": {OnTerm: script.OnTerm{Ignore: true}}}}
	p, err := c.Create(manifest(t, "web", oneContainer), stubborn)
	require.NoError(t, err)
	c.RunFor(time.Second)
	began := c.Now()
	require.NoError(t, c.Delete(p.Key(), pod.DeleteOptions{}))
	require.True(t, c.RunUntil(func() bool { return c.Pod(p.Key()) == nil }, time.Hour))
	require.Equal(t, 30*time.Second, c.Now().Sub(began))
	require.ErrorIs(t, c.Delete(p.Key(), pod.DeleteOptions{}), cluster.ErrNotFound)
}

func TestGatesAndBinding(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", "{schedulingGates: [{name: example.com/hold}], containers: [{name: app, image: 'app:1'}]}")
	c.RunFor(time.Minute)
	require.Equal(t, pod.Pending, c.Pod(key).Status.Phase)
	require.ErrorContains(t, c.Bind(key), "has non-empty .spec.schedulingGates")
	require.NoError(t, c.RemoveSchedulingGates(key))
	require.ErrorContains(t, c.Bind(key), `already assigned to node "node"`)
	c.RunFor(time.Second)
	require.Equal(t, pod.Running, c.Pod(key).Status.Phase)
}

func TestReadinessGate(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", "{readinessGates: [{conditionType: example.com/lb}], containers: [{name: app, image: 'app:1'}]}")
	c.RunFor(time.Second)
	require.False(t, c.Pod(key).Status.IsTrue(pod.Ready))
	require.NoError(t, c.SetCondition(key, pod.Condition{Type: "example.com/lb", Status: pod.ConditionTrue}))
	require.True(t, c.Pod(key).Status.IsTrue(pod.Ready))
}

func TestInvalidPodsAreRefusedWhole(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	_, err := c.Create(manifest(t, "web", "{containers: []}"), nil)
	var faults pod.Errors
	require.ErrorAs(t, err, &faults)
	_, err = c.Create(manifest(t, "web", oneContainer), &script.Script{Containers: map[string]script.Behavior{"ap": {}}})
	require.ErrorContains(t, err, `behavior "ap": the pod has no container of that name`)
	require.Empty(t, c.Pods())
}

func TestReturnedPodsNeverChange(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", oneContainer)
	c.RunFor(time.Second)
	before := c.Pod(key)
	saved := before.Clone()
	require.NoError(t, c.Fail(key, "app", 1))
	c.RunFor(time.Hour)
	require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
	require.Equal(t, saved, before)
}

// BenchmarkPlay is one whole pod life in virtual time: created with validation, run, restarted once, deleted.
func BenchmarkPlay(b *testing.B) {
	p := manifest(b, "web", oneContainer)
	s := &script.Script{Containers: map[string]script.Behavior{
		"app": {Runs: []script.Run{{For: script.Duration(time.Second), Exit: 1}, {Forever: true}}},
	}}
	b.ReportAllocs()
	for b.Loop() {
		c, err := cluster.New(cluster.Config{})
		if err != nil {
			b.Fatal(err)
		}
		created, err := c.Create(p, s)
		if err != nil {
			b.Fatal(err)
		}
		c.RunFor(5 * time.Second)
		if err := c.Delete(created.Key(), pod.DeleteOptions{}); err != nil {
			b.Fatal(err)
		}
		c.RunFor(time.Minute)
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	c.RunFor(time.Minute)
	at := c.Now()
	c.RunFor(-time.Hour)
	require.Equal(t, at, c.Now())
}

func TestKeyWithoutNamespace(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	create(t, c, "web", oneContainer)
	short := pod.Key{Name: "web"}
	require.NotNil(t, c.Pod(short))
	require.NoError(t, c.Fail(short, "app", 1))
	require.NotNil(t, c.History(short))
	require.EqualError(t, c.Fail(pod.Key{Name: "wob"}, "app", 1), `pods "wob" not found`)
}

func TestLeversRefuse(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	key := create(t, c, "web", oneContainer)
	require.EqualError(t, c.Fail(key, "nobody", 1), `pod "default/web": container "nobody": the pod has none of that name`)
	require.Error(t, c.SetCondition(key, pod.Condition{}))
	require.NoError(t, c.SetCondition(key, pod.Condition{Type: "example.com/Warm", Status: pod.ConditionTrue}))
	require.True(t, c.Pod(key).Status.IsTrue("example.com/Warm"))
	_, err := c.Create(nil, nil)
	require.ErrorAs(t, err, new(pod.Errors))
}

// A pod whose last process is made to fail while it is being stopped has ended, and what it had is free.
func TestFailWhileStopping(t *testing.T) {
	c := newCluster(t, cluster.Config{PodRanges: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/29")}})
	for i := range 8 {
		p, err := c.Create(manifest(t, "web", oneContainer), &script.Script{Containers: map[string]script.Behavior{
			"app": {OnTerm: script.OnTerm{Ignore: true}},
		}})
		require.NoError(t, err, "pod %d: the addresses of those before it are free", i)
		require.NoError(t, c.Delete(p.Key(), pod.DeleteOptions{}))
		require.NoError(t, c.Fail(p.Key(), "app", 1))
		require.Nil(t, c.Pod(p.Key()))
	}
}

// The history of a name is that of its latest pod, also where an older one takes longer to stop.
func TestHistoryOfTheLatest(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	old, err := c.Create(manifest(t, "web", oneContainer), &script.Script{Containers: map[string]script.Behavior{
		"app": {OnTerm: script.OnTerm{Ignore: true}},
	}})
	require.NoError(t, err)
	require.NoError(t, c.Delete(old.Key(), pod.DeleteOptions{}))
	require.NoError(t, c.Delete(old.Key(), pod.DeleteOptions{GracePeriodSeconds: new(int64(0))}))
	latest, err := c.Create(manifest(t, "web", oneContainer), nil)
	require.NoError(t, err)
	require.NoError(t, c.Delete(latest.Key(), pod.DeleteOptions{GracePeriodSeconds: new(int64(0))}))
	require.Equal(t, latest.UID, c.History(latest.Key()).Statuses[0].UID)
}

// A manifest can be played alone, whatever namespace and priority class it names.
func TestCreateAssumes(t *testing.T) {
	c := newCluster(t, cluster.Config{})
	p := manifest(t, "web", "{priorityClassName: important, containers: [{name: app, image: 'app:1'}]}")
	p.Namespace = "team"
	created, err := c.Create(p, nil)
	require.NoError(t, err)
	require.True(t, c.Pod(created.Key()).Status.IsTrue(pod.Ready))
}
