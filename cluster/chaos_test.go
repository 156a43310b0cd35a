package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/volume"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

var mixed = []string{
	webDeployment,
	`{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}}`,
	`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, replicas: 2, selector: {matchLabels: {app: db}},
	  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: "db:1", resources: {requests: {cpu: "1"}}}]}}}}`,
	`{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {app: agent}},
	  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: app, image: "agent:1", ports: [{containerPort: 80, hostPort: 8080}]}]}}}}`,
	`{apiVersion: batch/v1, kind: Job, metadata: {name: work}, spec: {completions: 6, parallelism: 2, backoffLimit: 1000,
	  template: {spec: {restartPolicy: Never, containers: [{name: app, image: "work:1"}]}}}}`,
	`{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: "*/10 * * * *", concurrencyPolicy: Forbid,
	  jobTemplate: {spec: {backoffLimit: 1000, template: {spec: {restartPolicy: Never, containers: [{name: app, image: "tick:1"}]}}}}}}`,
}

// kept are pods with claims, for which volumes are made, and a Job that does not end.
var kept = []string{
	`{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}},
	  provisioner: csi.example.com, volumeBindingMode: WaitForFirstConsumer}`,
	`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: store}, spec: {serviceName: store, replicas: 2, selector: {matchLabels: {app: store}},
	  template: {metadata: {labels: {app: store}}, spec: {containers: [{name: app, image: "store:1"}]}},
	  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}`,
	`{apiVersion: batch/v1, kind: Job, metadata: {name: serve}, spec: {completions: 2, parallelism: 2, completionMode: Indexed, backoffLimit: 1000,
	  template: {spec: {restartPolicy: OnFailure, containers: [{name: app, image: "serve:1"}]}}}}`,
}

// flaky makes a pod's containers crash now and then.
func flaky(p *pod.Pod, r *rand.Rand) *script.Script {
	run := script.Run{Forever: true}
	switch {
	case p.Spec.RestartPolicy == pod.RestartPolicyNever:
		run = script.Run{For: script.Duration(r.Int64N(int64(time.Minute))), Exit: int32(r.IntN(4) / 3)}
	case r.IntN(4) == 0:
		run = script.Run{For: script.Duration(r.Int64N(int64(10 * time.Minute))), Exit: 1}
	}
	return &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{run, {Forever: p.Spec.RestartPolicy != pod.RestartPolicyNever}}}}}
}

// storm plays one seed of a mixed load in which everything goes wrong for twenty minutes, with every invariant on, and sees it heal.
func storm(t *testing.T, seed uint64) string {
	c := stormy(t, seed, 0)
	var out bytes.Buffer
	for _, p := range c.Pods() {
		out.Write(p.AppendJSON(nil))
	}
	return out.String()
}

// stormy is the cluster after a storm. No more pods than awake are kept whole; 0 means as many as usual.
func stormy(t *testing.T, seed uint64, awake int) *cluster.Cluster {
	ctx := context.Background()
	chaos := &cluster.Chaos{
		NodeLoss: 4 * time.Minute, RuntimeErrors: 0.1, SlowPulls: 0.2, Conflicts: 0.05, WatchDelay: 500 * time.Millisecond,
		ClockJumps: 10 * time.Minute, Until: 20 * time.Minute,
	}
	if seed%4 == 3 {
		chaos.PollDelay, chaos.WatchLoss = 5*time.Second, 0.05
	}
	c := newCluster(t, cluster.Config{
		Awake: awake, Seed: seed, Nodes: nodes(4), Check: true, Behaviors: []cluster.Behavior{{Choose: flaky}}, Lags: lags(seed),
		Provision: provision, WriteLatency: time.Duration(seed%2) * 10 * time.Millisecond,
		Chaos: chaos,
	})
	var o witness = newMirror(t, c)
	if chaos.PollDelay == 0 {
		o = newOnlooker(t, c)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for _, text := range append(kept, mixed...) {
		apply(t, c, text)
	}
	for i := range 20 {
		c.RunFor(time.Duration(r.Int64N(int64(2 * time.Minute))))
		create(t, c, fmt.Sprint("bare-", i), oneContainer)
		disturb(ctx, c, r)
		o.look()
		newImage(ctx, c, r)
	}
	for _, n := range nodes(4) {
		require.NoError(t, c.SetSignal(n.Name, eviction.MemoryAvailable, nil))
	}
	c.RunFor(2 * time.Hour)
	o.lookForSilence(c)
	d := read[*object.Deployment](t, c, object.DeploymentKind, "web")
	require.EqualValues(t, 3, d.Status.UpdatedReplicas)
	require.EqualValues(t, 2, read[*object.StatefulSet](t, c, object.StatefulSetKind, "db").Status.Replicas)
	require.EqualValues(t, 4, read[*object.DaemonSet](t, c, object.DaemonSetKind, "agent").Status.CurrentNumberScheduled)
	require.EqualValues(t, 6, read[*object.Job](t, c, object.JobKind, "work").Status.Succeeded)
	ticks(t, c)
	s := read[*object.StatefulSet](t, c, object.StatefulSetKind, "store")
	if s.Status.Replicas != *s.Spec.Replicas {
		require.Greater(t, brokenAbove(c, s), 1, "store has %d of %d replicas", s.Status.Replicas, *s.Spec.Replicas)
	}
	for i := range *s.Spec.Replicas {
		claim := fmt.Sprint("data-store-", i)
		require.Equal(t, object.ClaimBound, read[*object.PersistentVolumeClaim](t, c, object.PersistentVolumeClaimKind, claim).Status.Phase)
	}
	return c
}

// ticks sees that a Job of the CronJob has succeeded not long ago, or that the one that runs has bad luck: its back-off grows to ten minutes.
func ticks(t *testing.T, c *cluster.Cluster) {
	tick := read[*object.CronJob](t, c, object.CronJobKind, "tick")
	if c.Now().Sub(tick.Status.LastSuccessfulTime.Time) < 30*time.Minute {
		return
	}
	require.Len(t, tick.Status.Active, 1)
	require.Greater(t, read[*object.Job](t, c, object.JobKind, tick.Status.Active[0].Name).Status.Failed, int32(6))
}

// brokenAbove counts the pods of a set that it wants no more and that are not ready. While there are two or more it lets none of them go:
// only the first pod that is not ready may go before it is, and it is not that one's turn. Kubernetes waits for somebody to delete one, too.
func brokenAbove(c *cluster.Cluster, s *object.StatefulSet) (n int) {
	for i := *s.Spec.Replicas; i < s.Status.Replicas+*s.Spec.Replicas; i++ {
		if p := c.Pod(pod.Key{Namespace: s.Namespace, Name: fmt.Sprint(s.Name, "-", i)}); p != nil && !p.Status.IsTrue(pod.Ready) {
			n++
		}
	}
	return n
}

// provision takes 5 s to make a volume, and fails the first time.
func provision(r volume.Request) volume.Provisioning {
	p := volume.Provisioning{Takes: 5 * time.Second}
	if r.Attempt == 1 {
		p.Error = "the storage is busy"
	}
	return p
}

// lags are how late controllers see in a storm: not at all, all of them alike, or each kind by itself.
func lags(seed uint64) []cluster.Lag {
	switch seed % 3 {
	case 1:
		return []cluster.Lag{{By: time.Second}}
	case 2:
		return []cluster.Lag{{Kind: object.PodKind, By: 3 * time.Second}, {Kind: object.NodeKind, By: time.Second}, {By: 200 * time.Millisecond}}
	}
	return nil
}

// disturb is what a user does meanwhile: deletes a pod, drains a node through evictions, gives a pod to a node by hand, makes a node short of
// memory or ends that, or changes how many pods are wanted.
func disturb(ctx context.Context, c *cluster.Cluster, r *rand.Rand) {
	pods := c.Pods()
	victim := pods[r.IntN(len(pods))]
	node := fmt.Sprint("node-", 1+r.IntN(4))
	switch r.IntN(7) {
	case 0:
		_ = c.Delete(victim.Key(), pod.DeleteOptions{})
	case 1:
		for _, p := range pods {
			if p.Spec.NodeName == victim.Spec.NodeName && !strings.HasPrefix(p.Name, "agent") {
				_ = c.Client().Evict(ctx, p.Key(), object.DeleteOptions{})
			}
		}
	case 2:
		p := &pod.Pod{ObjectMeta: pod.ObjectMeta{GenerateName: "hand-", Namespace: "default"}}
		p.Spec.NodeName = node
		p.Spec.Containers = []pod.Container{{
			Name: "app", Image: "hand:1", Ports: []pod.ContainerPort{{ContainerPort: 80, HostPort: 8080 + r.Int32N(2), HostIP: []string{"", "10.0.0.1"}[r.IntN(2)]}},
			Resources: pod.ResourceRequirements{Requests: pod.ResourceList{pod.ResourceCPU: pod.NewQuantity(1+r.Int64N(3), pod.DecimalSI)}},
		}}
		_, _ = c.Client().Create(ctx, p)
	case 3:
		_ = c.SetSignal(node, eviction.MemoryAvailable, &eviction.Level{Available: 1 << 20, Capacity: 8 << 30})
	case 4:
		_ = c.SetSignal(node, eviction.MemoryAvailable, nil)
	case 5:
		_, _ = c.Client().Patch(ctx, object.StatefulSetKind, pod.Key{Name: "store"}, fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, r.IntN(4)))
	}
}

// TestChaos plays a few seeds; with PODLIFE_LONG a thousand, and with PODLIFE_SEED that one.
func TestChaos(t *testing.T) {
	first, count := uint64(1), 4
	if os.Getenv("PODLIFE_LONG") != "" {
		count = 1000
	}
	if s, err := strconv.ParseUint(os.Getenv("PODLIFE_SEED"), 10, 64); err == nil {
		first, count = s, 1
	}
	for seed := first; seed < first+uint64(count); seed++ {
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { storm(t, seed) })
		if !ok {
			t.Logf("replay it with PODLIFE_SEED=%d go test -run TestChaos ./cluster", seed)
		}
	}
}

func TestChaosIsDeterministic(t *testing.T) {
	require.Equal(t, storm(t, 7), storm(t, 7))
}

func TestWatchLoss(t *testing.T) {
	ctx := context.Background()
	c := newCluster(t, cluster.Config{Without: []string{"*"}, Chaos: &cluster.Chaos{WatchLoss: 1}})
	w, err := c.Client().Watch(ctx, object.PodKind, cluster.WatchOptions{})
	require.NoError(t, err)
	create(t, c, "web", oneContainer)
	require.Empty(t, drain(w))
	require.ErrorIs(t, w.Err(), cluster.ErrExpired)
	_, err = w.Next(ctx)
	require.ErrorIs(t, err, cluster.ErrExpired)
}
