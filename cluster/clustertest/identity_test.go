package clustertest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/pod"
)

// TestIdentity is by what the pods of each kind know who they are: name, host name, labels, annotations and environment.
func TestIdentity(t *testing.T) {
	k := clustertest.New(t, cluster.Config{Nodes: clustertest.Nodes(2), Check: true, Behaviors: forever})
	k.Apply(`{apiVersion: batch/v1, kind: Job, metadata: {name: work}, spec: {completionMode: Indexed, completions: 3, parallelism: 3,
	  template: {metadata: {labels: {kind: job}}, spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}}}`,
		`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {replicas: 2, serviceName: dbs, selector: {matchLabels: {kind: set}},
	  template: {metadata: {labels: {kind: set}}, spec: {containers: [{name: app, image: "app:1"}]}}}}`,
		`{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {kind: daemon}},
	  template: {metadata: {labels: {kind: daemon}}, spec: {containers: [{name: app, image: "app:1"}]}}}}`)
	k.RunFor(10 * time.Second)

	const index = "batch.kubernetes.io/job-completion-index"
	for i, p := range k.Pods("kind=job") {
		require.Regexp(t, fmt.Sprintf("^work-%d-.{5}$", i), p.Name)
		require.Equal(t, fmt.Sprintf("work-%d", i), p.Spec.Hostname)
		require.Equal(t, fmt.Sprint(i), p.Labels[index])
		require.Equal(t, fmt.Sprint(i), p.Annotations[index])
		require.Equal(t, "work", p.Labels["batch.kubernetes.io/job-name"])
		require.Contains(t, p.Finalizers, "batch.kubernetes.io/job-tracking")
		require.Equal(t, []pod.EnvVar{{Name: "JOB_COMPLETION_INDEX", ValueFrom: &pod.EnvVarSource{
			FieldRef: &pod.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.labels['" + index + "']"},
		}}}, p.Spec.Containers[0].Env)
	}
	sets := k.Pods("kind=set")
	require.Len(t, sets, 2)
	for i, p := range sets {
		name := fmt.Sprintf("db-%d", i)
		require.Equal(t, name, p.Name)
		require.Equal(t, name+".dbs", p.Spec.Hostname+"."+p.Spec.Subdomain)
		require.Equal(t, name, p.Labels["statefulset.kubernetes.io/pod-name"])
		require.Equal(t, fmt.Sprint(i), p.Labels["apps.kubernetes.io/pod-index"])
	}
	daemons := k.Pods("kind=daemon")
	require.Len(t, daemons, 2)
	for _, p := range daemons {
		require.Equal(t, []string{p.Spec.NodeName}, p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchFields[0].Values)
		for _, taint := range []string{"not-ready NoExecute", "unreachable NoExecute", "disk-pressure NoSchedule", "memory-pressure NoSchedule", "pid-pressure NoSchedule", "unschedulable NoSchedule"} {
			var key, effect string
			_, err := fmt.Sscan(taint, &key, &effect)
			require.NoError(t, err)
			require.Contains(t, p.Spec.Tolerations, pod.Toleration{Key: "node.kubernetes.io/" + key, Operator: pod.TolerationOpExists, Effect: pod.TaintEffect(effect)})
		}
	}
}
