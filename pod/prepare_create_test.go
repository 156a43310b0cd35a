package pod_test

import (
	"strings"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestPrepareCreateSetsWhatTheServerDecides(t *testing.T) {
	now := pod.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	p := podOf(t, "schedulingGates: [{name: x}]")
	p.ObjectMeta = pod.ObjectMeta{
		GenerateName: strings.Repeat("w", 60), UID: "mine", Generation: 7, SelfLink: "/x",
		DeletionTimestamp: &now, DeletionGracePeriodSeconds: new(int64(1)),
	}
	p.Status = pod.Status{Phase: pod.Running, PodIP: "10.0.0.1"}
	pod.SetDefaults(p)
	pod.PrepareCreate(p, pod.Creation{NameSuffix: "abcde", UID: "theirs", Now: now})
	require.Equal(t, pod.ObjectMeta{
		Name: strings.Repeat("w", 58) + "abcde", GenerateName: strings.Repeat("w", 60), Namespace: "default",
		UID: "theirs", Generation: 1, CreationTimestamp: now,
	}, p.ObjectMeta)
	require.Equal(t, pod.Status{
		Phase: pod.Pending, QOSClass: pod.QOSBestEffort,
		Conditions: []pod.Condition{{
			Type: pod.PodScheduled, Status: pod.ConditionFalse, Reason: pod.ReasonSchedulingGated,
			Message: "Scheduling is blocked due to non-empty scheduling gates", LastTransitionTime: now,
		}},
	}, p.Status)
}

func TestPrepareCreateKeepsAName(t *testing.T) {
	p := podOf(t, "")
	p.GenerateName, p.Namespace = "other-", "there"
	created(p)
	require.Equal(t, "web", p.Name)
	require.Equal(t, "there", p.Namespace)
}

func TestMatchLabelKeysAreMerged(t *testing.T) {
	p := podOf(t, `
topologySpreadConstraints:
- {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a}}, matchLabelKeys: [hash, absent]}
- {maxSkew: 1, topologyKey: host, whenUnsatisfiable: DoNotSchedule}
affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}, mismatchLabelKeys: [hash]}]}}`)
	p.Labels = map[string]string{"hash": "x1"}
	_, got := created(p)
	require.Empty(t, got)
	want := pod.LabelSelectorRequirement{Key: "hash", Operator: pod.LabelSelectorOpIn, Values: []string{"x1"}}
	require.Equal(t, []pod.LabelSelectorRequirement{want}, p.Spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions)
	require.Nil(t, p.Spec.TopologySpreadConstraints[1].LabelSelector)
	want.Operator = pod.LabelSelectorOpNotIn
	require.Equal(t, []pod.LabelSelectorRequirement{want},
		p.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchExpressions)
}

func TestAppArmorAnnotationsBecomeFields(t *testing.T) {
	const prefix = "container.apparmor.security.beta.kubernetes.io/"
	p := podOf(t, `
securityContext: {appArmorProfile: {type: Unconfined}}
containers: [{name: a, image: b}, {name: c, image: b}, {name: d, image: b}]`)
	p.Annotations = map[string]string{prefix + "a": "localhost/mine", prefix + "c": "unconfined"}
	_, got := created(p)
	require.Empty(t, got)
	profile := p.Spec.Containers[0].SecurityContext.AppArmorProfile
	require.Equal(t, pod.AppArmorProfileTypeLocalhost, profile.Type)
	require.Equal(t, "mine", *profile.LocalhostProfile)
	require.Nil(t, p.Spec.Containers[1].SecurityContext, "the pod's own profile is the same")
	require.Nil(t, p.Spec.Containers[2].SecurityContext)
}

func TestPodResourcesAreCompleted(t *testing.T) {
	for _, c := range []struct{ name, spec, requests, limits string }{
		{"nothing to complete", `resources: {}`, "", ""},
		{"requests from limits", `resources: {limits: {cpu: 2}}`, "cpu=2", "cpu=2"},
		{"requests of the containers", "resources: {limits: {cpu: 2}}\ncontainers: [{name: a, image: b, resources: {requests: {cpu: 1, memory: 1Gi}}}]",
			"cpu=1 memory=1Gi", "cpu=2"},
		{"limits where all have one", "resources: {requests: {cpu: 1}}\ncontainers: [{name: a, image: b, resources: {requests: {cpu: 1}, limits: {cpu: 1500m}}}]",
			"cpu=1", "cpu=1500m"},
		{"but no less than the request", "resources: {requests: {cpu: 3}}\ncontainers: [{name: a, image: b, resources: {limits: {cpu: 1500m}}}]",
			"cpu=3", "cpu=3"},
		{"not where one has none", "resources: {requests: {cpu: 1}}\ncontainers: [{name: a, image: b, resources: {limits: {cpu: 1}}}, {name: c, image: b}]",
			"cpu=1", ""},
		{"huge pages", "resources: {limits: {cpu: 1}}\ncontainers: [{name: a, image: b, resources: {limits: {cpu: 1, hugepages-2Mi: 4Mi}}}]",
			"cpu=1 hugepages-2Mi=4Mi", "cpu=1 hugepages-2Mi=4Mi"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := podOf(t, c.spec)
			_, got := created(p)
			require.Empty(t, got)
			require.Equal(t, c.requests, amounts(p.Spec.Resources.Requests))
			require.Equal(t, c.limits, amounts(p.Spec.Resources.Limits))
		})
	}
}

// amounts is a list of resources as text, sorted.
func amounts(l pod.ResourceList) string {
	var all []string
	for _, name := range l.Names() {
		all = append(all, string(name)+"="+l[name].Canonical())
	}
	return strings.Join(all, " ")
}

func TestFieldsOfDisabledGatesAreEmptied(t *testing.T) {
	p := podOf(t, `
schedulingGroup: {podGroupName: g}
volumes: [{name: v, emptyDir: {mode: 511}}]
containers: [{name: a, image: b, lifecycle: {stopSignal: SIGTERM}, volumeMounts: [{name: v, mountPath: /v, bindMountOptions: [noexec]}]}]`)
	_, got := created(p)
	require.Empty(t, got)
	require.Nil(t, p.Spec.SchedulingGroup)
	require.Nil(t, p.Spec.Volumes[0].EmptyDir.Mode)
	require.Nil(t, p.Spec.Containers[0].Lifecycle)
	require.Nil(t, p.Spec.Containers[0].VolumeMounts[0].BindMountOptions)
}
