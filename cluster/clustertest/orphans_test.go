package clustertest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// forever has containers run until they are told to stop.
var forever = []cluster.Behavior{{Script: &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{{Forever: true}}}}}}}

// owned are the pods with their owners, in the order of their creation. A pod's letter is its UID: a is that of the first.
func owned(k *clustertest.Kit, letters map[pod.UID]string) string {
	var out []string
	for _, p := range k.Cluster.Pods() {
		if letters[p.UID] == "" {
			letters[p.UID] = string(rune('a' + len(letters)))
		}
		owner := "nobody"
		if ref := p.ControllerRef(); ref != nil {
			owner = ref.Kind
		}
		out = append(out, letters[p.UID]+" "+owner)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestOrphans leaves pods without their owner, and sees that one like it takes them in as they are, lets go a pod that it selects no longer,
// and makes another in its place. Nothing is adopted whose name, finalizer or labels do not fit.
func TestOrphans(t *testing.T) {
	const template = `template: {metadata: {labels: {app: web}}, spec: {%s containers: [{name: app, image: "app:1"}]}}`
	always, never := fmt.Sprintf(template, ""), fmt.Sprintf(template, "restartPolicy: Never,")
	tests := []struct {
		kind               object.Kind
		manifest           string
		made, left, orphan string
		// released is after a pod lost the label.
		released string
	}{
		{object.ReplicaSetKind, `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, ` + always + `}}`,
			"a ReplicaSet, b ReplicaSet", "a nobody, b nobody", "a ReplicaSet, b ReplicaSet",
			"a nobody, b ReplicaSet, c ReplicaSet"},
		{object.DeploymentKind, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, ` + always + `}}`,
			"a ReplicaSet, b ReplicaSet", "a ReplicaSet, b ReplicaSet", "a ReplicaSet, b ReplicaSet",
			"a nobody, b ReplicaSet, c ReplicaSet"},
		{object.DaemonSetKind, `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}}, ` + always + `}}`,
			"a DaemonSet, b DaemonSet", "a nobody, b nobody", "a DaemonSet, b DaemonSet",
			"a nobody, b DaemonSet, c DaemonSet"},
		{object.StatefulSetKind, `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {replicas: 2, serviceName: web, selector: {matchLabels: {app: web}}, ` + always + `}}`,
			"a StatefulSet, b StatefulSet", "a nobody, b nobody", "a StatefulSet, b StatefulSet",
			// The name is taken: the set waits.
			"a nobody, b StatefulSet"},
		{object.JobKind, `{apiVersion: batch/v1, kind: Job, metadata: {name: web}, spec: {parallelism: 2, completions: 4, manualSelector: true, selector: {matchLabels: {app: web}}, ` + never + `}}`,
			"a Job, b Job", "a nobody, b nobody", "a Job, b Job",
			"a nobody, b Job, c Job"},
	}
	for _, test := range tests {
		t.Run(test.kind.Name, func(t *testing.T) {
			k := clustertest.New(t, cluster.Config{Nodes: clustertest.Nodes(2), Check: true, Behaviors: forever})
			letters := map[pod.UID]string{}
			k.Apply(test.manifest)
			k.RunFor(10 * time.Second)
			require.Equal(t, test.made, owned(k, letters))

			require.NoError(t, k.Client.Delete(context.Background(), test.kind, pod.Key{Name: "web"}, object.DeleteOptions{Propagation: object.DeletePropagationOrphan}))
			k.RunFor(10 * time.Second)
			require.Equal(t, test.left, owned(k, letters))

			k.Apply(test.manifest)
			k.RunFor(10 * time.Second)
			require.Equal(t, test.orphan, owned(k, letters))

			k.Patch(object.PodKind, k.Cluster.Pods()[0].Name, `{metadata: {labels: {app: other}}}`)
			k.RunFor(10 * time.Second)
			require.Equal(t, test.released, owned(k, letters))
		})
	}
}

// TestOrphansThatAreNobodys are pods that look like an owner's and are not to be taken in: in another namespace, ended, on their way out, with
// another controller, or, for a StatefulSet, with a name that is none of its.
func TestOrphansThatAreNobodys(t *testing.T) {
	k := clustertest.New(t, cluster.Config{Nodes: clustertest.Nodes(2), Check: true, Behaviors: forever})
	k.Apply(`{apiVersion: v1, kind: Namespace, metadata: {name: elsewhere}}`, `{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}`)
	other := string(clustertest.Read[*object.ConfigMap](k, "other").UID)
	for _, metadata := range []string{
		"{name: web-elsewhere, namespace: elsewhere, labels: {app: web}}",
		"{name: web-owned, labels: {app: web}, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: other, controller: true, uid: " + other + "}]}",
		"{name: web-leaving, labels: {app: web}, finalizers: [example.org/hold]}",
		"{name: web-ended, labels: {app: web}}",
		"{name: web-01, labels: {app: web}}",
		"{name: web-1, labels: {app: web}}",
	} {
		k.Apply(`{apiVersion: v1, kind: Pod, metadata: ` + metadata + `, spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}`)
	}
	k.RunFor(10 * time.Second)
	require.NoError(t, k.Fail(pod.Key{Name: "web-ended"}, "app", 1))
	k.Delete(object.PodKind, "web-leaving")
	k.RunFor(10 * time.Second)
	k.Apply(`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {replicas: 3, serviceName: web, selector: {matchLabels: {app: web}},
	  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "app:1"}]}}}}`)
	k.RunFor(time.Minute)
	var out []string
	for _, p := range k.Cluster.Pods() {
		if ref := p.ControllerRef(); ref != nil {
			out = append(out, p.Name+" "+ref.Kind)
		} else {
			out = append(out, p.Name+" nobody")
		}
	}
	slices.Sort(out)
	require.Equal(t, []string{
		"web-0 StatefulSet", "web-01 nobody", "web-1 StatefulSet", "web-2 StatefulSet", "web-elsewhere nobody", "web-ended nobody",
		"web-leaving nobody", "web-owned ConfigMap",
	}, out)
}

// TestOrphanOfAJob takes a pod from its Job and sees it taken in again: the selector that the API server has made names the Job's UID.
func TestOrphanOfAJob(t *testing.T) {
	k := clustertest.New(t, cluster.Config{Check: true})
	k.Apply(`{apiVersion: batch/v1, kind: Job, metadata: {name: work}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}}}`)
	k.RunFor(time.Second / 2)
	p := k.Cluster.Pods()[0]
	k.Patch(object.PodKind, p.Name, `{metadata: {ownerReferences: null, finalizers: null}}`)
	require.Nil(t, k.Pod(p.Name).ControllerRef())
	k.RunFor(2 * time.Second)
	require.Equal(t, "Job", k.Pod(p.Name).ControllerRef().Kind)
	require.Equal(t, []string{"batch.kubernetes.io/job-tracking"}, k.Pod(p.Name).Finalizers)
	require.Len(t, k.Cluster.Pods(), 1)
}
