package pod_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// storedPod is a pod as it is stored, with a merge patch on top of it.
const storedPod = `{
	"metadata": {"name": "p", "namespace": "ns", "uid": "u-1", "resourceVersion": "41", "generation": 3,
		"creationTimestamp": "2026-01-02T03:04:05Z", "labels": {"app": "x"}, "finalizers": ["example.com/f"]},
	"spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "a:1", "resources": {"requests": {"cpu": "100m"}}}],
		"tolerations": [{"key": "k", "operator": "Exists"}]},
	"status": {"phase": "Running", "qosClass": "Burstable", "observedGeneration": 3, "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}],
		"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 2}],
		"containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 1}}}]}
}`

func podFrom(t *testing.T, patches ...string) *pod.Pod {
	t.Helper()
	doc := json.RawMessage(storedPod)
	for _, patch := range patches {
		if patch != "" {
			doc = mergePatch(t, doc, json.RawMessage(patch))
		}
	}
	p := unmarshal[*pod.Pod](t, doc)
	pod.SetDefaults(p)
	return p
}

// statusError is the refusal that err is.
func statusError(t *testing.T, err error) *pod.StatusError {
	t.Helper()
	if err == nil {
		return nil
	}
	var refused *pod.StatusError
	require.True(t, errors.As(err, &refused), "%v", err)
	return refused
}

func TestUpdateRules(t *testing.T) {
	const (
		gated      = `{"spec": {"nodeName": null, "schedulingGates": [{"name": "a"}, {"name": "b"}], "nodeSelector": {"x": "1"}}}`
		selecting  = `{"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "Exists"}]}]}}}}}`
		narrower   = `{"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "Exists"}, {"key": "l", "operator": "Exists"}]}]}}}}}`
		other      = `{"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "l", "operator": "Exists"}]}]}}}}}`
		mirror     = `{"metadata": {"annotations": {"kubernetes.io/config.mirror": "m"}}}`
		deleting   = `{"metadata": {"deletionTimestamp": "2026-01-02T03:05:05Z", "deletionGracePeriodSeconds": 30}}`
		debugging  = `{"spec": {"ephemeralContainers": [{"name": "e", "image": "e:1"}]}}`
		running    = `{"status": {"containerStatuses": [{"name": "c", "state": {"running": {}}, "resources": {}}]}}`
		notRunning = `{"status": {"containerStatuses": null}}`
		whole      = `{"spec": {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}}}`
	)
	const (
		status    = pod.SubresourceStatus
		ephemeral = pod.SubresourceEphemeralContainers
		resize    = pod.SubresourceResize
	)
	tests := []struct {
		name string
		sub  pod.Subresource
		old  string
		sent string
		want []string
	}{
		{"nothing changes", "", "", "", nil},
		{"label", "", "", `{"metadata": {"labels": {"b": "y"}}}`, nil},
		{"bad label", "", "", `{"metadata": {"labels": {"-": "y"}}}`, []string{"FieldValueInvalid metadata.labels"}},
		{"name", "", "", `{"metadata": {"name": "q"}}`, []string{"FieldValueInvalid metadata.name"}},
		{"grace period of a deletion", "", deleting, `{"metadata": {"deletionGracePeriodSeconds": 5}}`, []string{"FieldValueInvalid metadata.deletionGracePeriodSeconds"}},
		{"deletion by update", "", "", deleting, []string{"FieldValueInvalid metadata.deletionGracePeriodSeconds", "FieldValueInvalid metadata.deletionTimestamp"}},
		{"creation time is kept", "", "", `{"metadata": {"creationTimestamp": "2020-01-01T00:00:00Z"}}`, nil},
		{"finalizer while deleting", "", deleting, `{"metadata": {"finalizers": ["example.com/f", "example.com/g"]}}`, []string{"FieldValueForbidden metadata.finalizers"}},
		{"finalizer removed while deleting", "", deleting, `{"metadata": {"finalizers": null}}`, nil},
		{"mirror annotation", "", "", mirror, []string{"FieldValueForbidden metadata.annotations[kubernetes.io/config.mirror]"}},
		{"AppArmor annotation", "", "", `{"metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}}}`, []string{"FieldValueForbidden metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]"}},

		{"image", "", "", `{"spec": {"containers": [{"name": "c", "image": "a:2", "imagePullPolicy": "IfNotPresent", "resources": {"requests": {"cpu": "100m"}}}]}}`, nil},
		{"no image", "", "", `{"spec": {"containers": [{"name": "c", "imagePullPolicy": "IfNotPresent", "resources": {"requests": {"cpu": "100m"}}}]}}`, []string{"FieldValueRequired spec.containers[0].image"}},
		{"container added", "", "", `{"spec": {"containers": [{"name": "c", "image": "a:1"}, {"name": "d", "image": "a:1"}]}}`, []string{"FieldValueForbidden spec.containers"}},
		{"node name", "", "", `{"spec": {"nodeName": "n2"}}`, []string{"FieldValueForbidden spec"}},
		{"deadline set", "", "", `{"spec": {"activeDeadlineSeconds": 5}}`, nil},
		{"deadline lowered", "", `{"spec": {"activeDeadlineSeconds": 6}}`, `{"spec": {"activeDeadlineSeconds": 5}}`, nil},
		{"deadline raised hides the rest", "", `{"spec": {"activeDeadlineSeconds": 6}}`, `{"spec": {"activeDeadlineSeconds": 7, "hostname": "h"}}`, []string{"FieldValueInvalid spec.activeDeadlineSeconds"}},
		{"deadline removed", "", `{"spec": {"activeDeadlineSeconds": 6}}`, `{"spec": {"activeDeadlineSeconds": null}}`, []string{"FieldValueInvalid spec.activeDeadlineSeconds"}},
		{"toleration added", "", "", `{"spec": {"tolerations": [{"key": "k", "operator": "Exists"}, {"key": "l", "operator": "Exists"}]}}`, nil},
		{"toleration lasts", "", "", `{"spec": {"tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}]}}`, []string{"FieldValueForbidden spec.tolerations"}},
		{"toleration removed", "", "", `{"spec": {"tolerations": null}}`, []string{"FieldValueForbidden spec.tolerations"}},
		{"gate removed", "", gated, `{"spec": {"schedulingGates": [{"name": "b"}]}}`, nil},
		{"gate added", "", gated, `{"spec": {"schedulingGates": [{"name": "b"}, {"name": "c"}]}}`, []string{"FieldValueForbidden spec.schedulingGates[1].name"}},
		{"node selector of a gated pod grows", "", gated, `{"spec": {"nodeSelector": {"y": "2"}}}`, nil},
		{"node selector of a gated pod changes", "", gated, `{"spec": {"nodeSelector": {"x": "2"}}}`, []string{"FieldValueInvalid spec.nodeSelector"}},
		{"node selector of another pod", "", "", `{"spec": {"nodeSelector": {"y": "2"}}}`, []string{"FieldValueForbidden spec"}},
		{"first node affinity of a gated pod", "", gated, selecting, nil},
		{"narrower node affinity of a gated pod", "", gated + selecting, narrower, nil},
		{"other node affinity of a gated pod", "", gated + selecting, other, []string{"FieldValueInvalid spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]"}},
		{"no node affinity of a gated pod", "", gated + selecting, `{"spec": {"affinity": null}}`, []string{"FieldValueInvalid spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"}},
		{"resources", "", "", `{"spec": {"containers": [{"name": "c", "image": "a:1", "resources": {"requests": {"cpu": "200m"}}}]}}`, []string{"FieldValueForbidden spec"}},
		{"status is not looked at", "", "", `{"status": {"podIP": "bad"}}`, nil},

		{"name with a slash already", status, `{"metadata": {"name": "a/b"}}`, "", []string{"FieldValueInvalid metadata.name"}},
		{"name of capitals already", status, `{"metadata": {"name": "AB"}}`, "", nil},
		{"name with a slash", status, "", `{"metadata": {"name": "a/b"}}`, []string{"FieldValueInvalid metadata.name"}},
		{"no name", status, "", `{"metadata": {"name": null}}`, []string{"FieldValueInvalid metadata.name", "FieldValueRequired metadata.name"}},
		{"generateName with a slash", status, "", `{"metadata": {"generateName": "a/"}}`, []string{"FieldValueInvalid metadata.generateName"}},
		{"generateName in capitals", status, "", `{"metadata": {"generateName": "A"}}`, nil},
		{"any phase", status, "", `{"status": {"phase": "Nonsense"}}`, nil},
		{"spec is not looked at", status, "", `{"spec": {"containers": null}}`, nil},
		{"condition type", status, "", `{"status": {"conditions": [{"type": "a b", "status": "True", "observedGeneration": -1}]}}`, []string{"FieldValueInvalid status.conditions[0].Type", "FieldValueInvalid status.conditions[0].observedGeneration"}},
		{"class", status, "", `{"status": {"qosClass": "Guaranteed"}}`, []string{"FieldValueInvalid status.qosClass"}},
		{"nominated when bound", status, "", `{"status": {"nominatedNodeName": "n2"}}`, []string{"FieldValueForbidden status.nominatedNodeName"}},
		{"podIP wins", status, "", `{"status": {"podIP": "10.0.0.2"}}`, nil},
		{"addresses of the node differ", status, "", `{"status": {"hostIP": "192.168.0.2", "hostIPs": [{"ip": "192.168.0.3"}]}}`, []string{"FieldValueInvalid status.hostIPs[0].ip"}},
		{"two of a family", status, "", `{"status": {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]}}`, []string{"FieldValueInvalid status.podIPs"}},
		{"no address", status, "", `{"status": {"podIP": "x", "podIPs": [{"ip": "x"}]}}`, []string{"FieldValueInvalid status.podIPs[0]"}},
		{"ended under Always", status, "", running, nil},
		{"ended under Never", status, `{"spec": {"restartPolicy": "Never"}}`, running, []string{"FieldValueForbidden status.containerStatuses[0].state"}},

		{"added", ephemeral, "", debugging, nil},
		{"removed", ephemeral, debugging, `{"spec": {"ephemeralContainers": null}}`, []string{"FieldValueForbidden spec.ephemeralContainers"}},
		{"changed", ephemeral, debugging, `{"spec": {"ephemeralContainers": [{"name": "e", "image": "e:2"}]}}`, []string{"FieldValueForbidden spec.ephemeralContainers"}},
		{"with ports", ephemeral, "", `{"spec": {"ephemeralContainers": [{"name": "e", "image": "e:1", "ports": [{"containerPort": 1}]}]}}`, []string{"FieldValueForbidden spec.ephemeralContainers[0].ports"}},
		{"static pod", ephemeral, mirror, debugging, []string{"FieldValueForbidden []"}},

		{"cpu", resize, notRunning, `{"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "200m"}}}]}}`, nil},
		{"cpu where the node cannot", resize, `{"status": {"containerStatuses": [{"name": "c", "state": {"running": {}}}]}}`, `{"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "200m"}}}]}}`, []string{"FieldValueForbidden spec"}},
		{"class changes", resize, notRunning, `{"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "100m", "memory": "1Gi"}}}]}}`, []string{"FieldValueInvalid spec"}},
		{"request removed", resize, notRunning, `{"spec": {"containers": [{"name": "c", "resources": {"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}}}]}}`, []string{"FieldValueForbidden spec.containers[0].resources.requests"}},
		{"other resource", resize, notRunning, `{"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m", "ephemeral-storage": "1Gi"}}}]}}`, []string{"FieldValueForbidden spec"}},
		{"renamed", resize, notRunning, `{"spec": {"containers": [{"name": "d", "image": "a:1", "resources": {"requests": {"cpu": "100m"}}}]}}`, []string{"FieldValueForbidden spec.containers[0].name"}},
		{"pod as a whole", resize, notRunning + whole, `{"spec": {"resources": {"requests": {"cpu": "2"}}}}`, nil},
		{"limit of the pod removed", resize, notRunning + whole, `{"spec": {"resources": {"limits": null}}}`, []string{"FieldValueForbidden spec.resources.limits"}},
		{"windows", resize, `{"spec": {"os": {"name": "windows"}}}`, "", []string{"FieldValueForbidden []"}},
	}
	for _, tt := range tests {
		old := podFrom(t, splitJSON(t, tt.old)...)
		sent := podFrom(t, append(splitJSON(t, tt.old), tt.sent)...)
		_, err := pod.Update(old, sent, tt.sub)
		refused := statusError(t, err)
		if refused != nil {
			require.Equal(t, pod.StatusReasonInvalid, refused.Reason, tt.name)
		}
		require.ElementsMatch(t, tt.want, faultsOf(refused), "%s %s", tt.sub, tt.name)
	}
}

func TestPodIPsWithoutDefaults(t *testing.T) {
	for ip, want := range map[string]string{"10.0.0.2": "FieldValueInvalid status.podIPs[0].ip", "": "FieldValueInvalid status.podIPs"} {
		p := podFrom(t)
		p.Status.PodIP = ip
		faults := pod.ValidateUpdate(podFrom(t), p, pod.SubresourceStatus)
		require.Equal(t, []string{want}, faultsOf(&pod.StatusError{Errors: faults}))
	}
}

// splitJSON takes documents that follow one another apart.
func splitJSON(t *testing.T, docs string) (all []string) {
	for d := json.NewDecoder(strings.NewReader(docs)); d.More(); {
		var doc json.RawMessage
		require.NoError(t, d.Decode(&doc))
		all = append(all, string(doc))
	}
	return all
}

func TestUpdateOfAnotherPod(t *testing.T) {
	tests := []struct {
		name string
		sent string
		want pod.StatusReason
	}{
		{"same uid", `{"metadata": {"uid": "u-1"}}`, ""},
		{"no uid", `{"metadata": {"uid": null}}`, ""},
		{"other uid", `{"metadata": {"uid": "u-2"}}`, pod.StatusReasonConflict},
		{"no version", `{"metadata": {"resourceVersion": null}}`, ""},
		{"version 0", `{"metadata": {"resourceVersion": "0"}}`, ""},
		{"older version", `{"metadata": {"resourceVersion": "40"}}`, pod.StatusReasonConflict},
		{"no namespace", `{"metadata": {"namespace": null}}`, ""},
		{"other namespace", `{"metadata": {"namespace": "default"}}`, pod.StatusReasonBadRequest},
		{"uid before namespace", `{"metadata": {"namespace": "default", "uid": "u-2"}}`, pod.StatusReasonConflict},
	}
	for _, tt := range tests {
		p, err := pod.Update(podFrom(t), podFrom(t, tt.sent), pod.SubresourceNone)
		if tt.want == "" {
			require.NoError(t, err, tt.name)
			require.Equal(t, podFrom(t), p, tt.name)
			continue
		}
		require.Equal(t, tt.want, statusError(t, err).Reason, tt.name)
	}
	_, err := pod.Update(podFrom(t), podFrom(t), "scale")
	require.EqualError(t, err, `subresource "scale": want status, ephemeralcontainers, resize or none`)
	require.Equal(t, pod.StatusReasonBadRequest, statusError(t, err).Reason)
}

func TestUpdateKeeps(t *testing.T) {
	const all = `{"metadata": {"labels": {"app": "y"}, "generation": 9, "creationTimestamp": null},
		"spec": {"activeDeadlineSeconds": 9, "ephemeralContainers": [{"name": "e", "image": "e:1"}]},
		"status": {"phase": "Failed", "observedGeneration": 0, "qosClass": null, "conditions": [{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "False"}]}}`
	type kept struct {
		app        string
		deadline   bool
		ephemeral  int
		phase      pod.Phase
		generation int64
	}
	tests := []struct {
		sub  pod.Subresource
		want kept
	}{
		{pod.SubresourceStatus, kept{"y", false, 0, pod.Failed, 3}},
		{pod.SubresourceEphemeralContainers, kept{"x", false, 1, pod.Running, 4}},
		{pod.SubresourceResize, kept{"x", false, 0, pod.Running, 3}},
		{pod.SubresourceNone, kept{"y", true, 1, pod.Running, 4}},
	}
	for _, tt := range tests {
		old, p := podFrom(t), podFrom(t, all)
		require.NoError(t, pod.PrepareUpdate(old, p, tt.sub), tt.sub)
		require.Equal(t, tt.want, kept{p.Labels["app"], p.Spec.ActiveDeadlineSeconds != nil, len(p.Spec.EphemeralContainers), p.Status.Phase, p.Generation}, tt.sub)
		require.Equal(t, old.CreationTimestamp, p.CreationTimestamp, tt.sub)
		require.Equal(t, podFrom(t), old, "%s: the stored pod is left alone", tt.sub)
		require.Equal(t, pod.QOSBurstable, p.Status.QOSClass, tt.sub)
		require.EqualValues(t, 3, p.Status.ObservedGeneration, tt.sub)
		require.EqualValues(t, 2, p.Status.Conditions[0].ObservedGeneration, tt.sub)
	}
}

func TestUpdateDropsFieldsOfDisabledGates(t *testing.T) {
	const using = `{"spec": {"volumes": [{"name": "v", "emptyDir": {"mode": 448}}], "evictionResponders": [{"name": "example.com/a", "priority": 1000}],
		"schedulingGroup": {"podGroupName": "g"},
		"containers": [{"name": "c", "image": "a:1", "resources": {"requests": {"cpu": "100m"}}, "lifecycle": {"stopSignal": "SIGINT"},
			"volumeMounts": [{"name": "v", "mountPath": "/v", "bindMountOptions": ["noexec"]}]}]}}`
	p := podFrom(t, using)
	require.NoError(t, pod.PrepareUpdate(podFrom(t), p, pod.SubresourceNone))
	require.Nil(t, p.Spec.Volumes[0].EmptyDir.Mode)
	require.Nil(t, p.Spec.EvictionResponders)
	require.Nil(t, p.Spec.SchedulingGroup)
	require.Nil(t, p.Spec.Containers[0].Lifecycle, "nothing else was in it")
	require.Nil(t, p.Spec.Containers[0].VolumeMounts[0].BindMountOptions)

	p = podFrom(t, using)
	require.NoError(t, pod.PrepareUpdate(podFrom(t, using), p, pod.SubresourceNone))
	require.Equal(t, podFrom(t, using), p, "what the stored pod has stays")
}

func TestUpdateDropsEachGateAlone(t *testing.T) {
	volume := func(source string) string { return `{"spec": {"volumes": [{"name": "v", ` + source + `}]}}` }
	container := func(fields string) string {
		return `{"spec": {"containers": [{"name": "c", "image": "a:1", "resources": {"requests": {"cpu": "100m"}}, ` + fields + `}]}}`
	}
	for _, using := range []string{
		volume(`"emptyDir": {"mode": 448}`),
		volume(`"secret": {"secretName": "s", "defaultUser": 1}`),
		volume(`"secret": {"secretName": "s", "items": [{"key": "k", "path": "p", "user": 1}]}`),
		volume(`"configMap": {"name": "s", "defaultUser": 1}`),
		volume(`"configMap": {"name": "s", "items": [{"key": "k", "path": "p", "user": 1}]}`),
		volume(`"downwardAPI": {"defaultUser": 1}`),
		volume(`"downwardAPI": {"items": [{"path": "p", "user": 1}]}`),
		volume(`"projected": {"sources": [], "defaultUser": 1}`),
		volume(`"projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "k", "path": "p", "user": 1}]}}]}`),
		volume(`"projected": {"sources": [{"configMap": {"name": "s", "items": [{"key": "k", "path": "p", "user": 1}]}}]}`),
		volume(`"projected": {"sources": [{"downwardAPI": {"items": [{"path": "p", "user": 1}]}}]}`),
		volume(`"projected": {"sources": [{"serviceAccountToken": {"path": "p", "user": 1}}]}`),
		volume(`"projected": {"sources": [{"clusterTrustBundle": {"path": "p", "user": 1}}]}`),
		volume(`"projected": {"sources": [{"podCertificate": {"user": 1}}]}`),
		container(`"volumeMounts": [{"name": "v", "mountPath": "/v", "bindMountOptions": ["noexec"]}]`),
		container(`"lifecycle": {"stopSignal": "SIGINT"}`),
		container(`"lifecycle": {"preStop": {"httpGet": {"port": 1, "protocol": "HTTP2"}}}`),
		container(`"livenessProbe": {"httpGet": {"port": 1, "protocol": "HTTP2"}}`),
		container(`"startupProbe": {"grpc": {"port": 1, "mode": "TLS"}}`),
		`{"spec": {"schedulingGroup": {"podGroupName": "g"}}}`,
		`{"spec": {"evictionResponders": [{"name": "example.com/a", "priority": 1000}]}}`,
	} {
		sent := podFrom(t, using)
		p := sent.Clone()
		require.NoError(t, pod.PrepareUpdate(podFrom(t), p, pod.SubresourceNone))
		require.NotEqual(t, sent.Spec, p.Spec, "dropped: %s", using)
		p = sent.Clone()
		require.NoError(t, pod.PrepareUpdate(podFrom(t, using), p, pod.SubresourceNone))
		require.Equal(t, sent.Spec, p.Spec, "kept: %s", using)
	}
}

func TestNegativeGraceMayBecomeOne(t *testing.T) {
	for _, tt := range []struct {
		was, is int64
		want    []string
	}{
		{-5, 1, []string{}},
		{-5, 2, []string{"FieldValueForbidden spec"}},
		{5, 1, []string{"FieldValueForbidden spec"}},
	} {
		old, p := podFrom(t), podFrom(t)
		old.Spec.TerminationGracePeriodSeconds, p.Spec.TerminationGracePeriodSeconds = &tt.was, &tt.is
		require.Equal(t, tt.want, faultsOf(&pod.StatusError{Errors: pod.ValidateUpdate(old, p, pod.SubresourceNone)}), "%d to %d", tt.was, tt.is)
	}
}

func TestBind(t *testing.T) {
	now := pod.NewTime(time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC))
	const pending = `{"spec": {"nodeName": null}, "status": {"nominatedNodeName": "n3", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}}`
	binding := func(patch string) *pod.Binding {
		doc := mergePatch(t, json.RawMessage(`{"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n2"}}`), json.RawMessage(patch))
		return unmarshal[*pod.Binding](t, doc)
	}
	p, err := pod.Bind(podFrom(t, pending), binding(`{"metadata": {"labels": {"zone": "z"}, "annotations": {"by": "me"}}}`), now)
	require.NoError(t, err)
	require.Equal(t, "n2", p.Spec.NodeName)
	require.Empty(t, p.Status.NominatedNodeName)
	require.Equal(t, map[string]string{"app": "x", "zone": "z"}, p.Labels)
	require.Equal(t, map[string]string{"by": "me"}, p.Annotations)
	require.EqualValues(t, 3, p.Generation)
	require.Equal(t, []pod.Condition{{Type: pod.PodScheduled, Status: pod.ConditionTrue, LastTransitionTime: now}}, p.Status.Conditions)

	tests := []struct {
		name    string
		old     string
		binding string
		want    pod.StatusReason
		faults  []string
	}{
		{"other name", pending, `{"metadata": {"name": "q"}}`, pod.StatusReasonBadRequest, []string{}},
		{"no node", pending, `{"target": {"name": null}}`, pod.StatusReasonInternalError, []string{"FieldValueRequired target.name"}},
		{"no name of a node", pending, `{"target": {"name": "N_1"}}`, pod.StatusReasonInternalError, []string{"FieldValueInvalid target.name"}},
		{"no node at all", pending, `{"target": {"kind": "Pod"}}`, pod.StatusReasonInternalError, []string{"FieldValueNotSupported target.kind"}},
		{"other uid", pending, `{"metadata": {"uid": "u-2"}}`, pod.StatusReasonConflict, []string{}},
		{"other version", pending, `{"metadata": {"resourceVersion": "40"}}`, pod.StatusReasonConflict, []string{}},
		{"bound", "", `{}`, pod.StatusReasonConflict, []string{}},
		{"gated", `{"spec": {"nodeName": null, "schedulingGates": [{"name": "a"}]}}`, `{}`, pod.StatusReasonConflict, []string{}},
		{"being deleted", `{"spec": {"nodeName": null}, "metadata": {"deletionTimestamp": "2026-01-02T03:05:05Z"}}`, `{}`, pod.StatusReasonConflict, []string{}},
	}
	for _, tt := range tests {
		_, err := pod.Bind(podFrom(t, tt.old), binding(tt.binding), now)
		refused := statusError(t, err)
		require.Equal(t, tt.want, refused.Reason, tt.name)
		require.Equal(t, tt.faults, faultsOf(refused), tt.name)
		require.NotEmpty(t, refused.Error(), tt.name)
	}
}
