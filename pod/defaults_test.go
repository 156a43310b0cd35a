package pod_test

import (
	"encoding/json"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// specJSON is the spec of p as JSON, without what every pod gets.
func specJSON(t *testing.T, p *pod.Pod) string {
	t.Helper()
	b, err := json.Marshal(&p.Spec)
	require.NoError(t, err)
	var v map[string]any
	require.NoError(t, json.Unmarshal(b, &v))
	for _, key := range []string{"restartPolicy", "terminationGracePeriodSeconds", "dnsPolicy", "securityContext", "schedulerName", "enableServiceLinks"} {
		delete(v, key)
	}
	for _, c := range v["containers"].([]any) {
		for _, key := range []string{"terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy"} {
			delete(c.(map[string]any), key)
		}
	}
	b, err = json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestDefaultsOfEveryPod(t *testing.T) {
	p := podOf(t, "")
	pod.SetDefaults(p)
	require.Equal(t, pod.RestartPolicyAlways, p.Spec.RestartPolicy)
	require.Equal(t, pod.DNSClusterFirst, p.Spec.DNSPolicy)
	require.Equal(t, "default-scheduler", p.Spec.SchedulerName)
	require.EqualValues(t, 30, *p.Spec.TerminationGracePeriodSeconds)
	require.True(t, *p.Spec.EnableServiceLinks)
	require.NotNil(t, p.Spec.SecurityContext)
	c := p.Spec.Containers[0]
	require.Equal(t, pod.PullAlways, c.ImagePullPolicy)
	require.Equal(t, "/dev/termination-log", c.TerminationMessagePath)
	require.Equal(t, pod.TerminationMessageReadFile, c.TerminationMessagePolicy)
}

func TestDefaults(t *testing.T) {
	for _, c := range []struct{ name, spec, want string }{
		{"a request is its limit", `containers: [{name: a, image: b, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}}]`,
			`{"containers":[{"image":"b","name":"a","resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m","memory":"1Gi"}}}]}`},
		{"amounts are rounded up", `containers: [{name: a, image: b, resources: {requests: {cpu: 0.5m}}}]`,
			`{"containers":[{"image":"b","name":"a","resources":{"requests":{"cpu":"1m"}}}]}`},
		{"ports of the node", "hostNetwork: true\ncontainers: [{name: a, image: b, ports: [{containerPort: 80}]}]",
			`{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80,"hostPort":80,"protocol":"TCP"}],"resources":{}}],"hostNetwork":true}`},
		{"a probe", `containers: [{name: a, image: b, livenessProbe: {httpGet: {port: 80}}}]`,
			`{"containers":[{"image":"b","livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"periodSeconds":10,"successThreshold":1,"timeoutSeconds":1},"name":"a","resources":{}}]}`},
		{"a volume", "volumes: [{name: v}, {name: w, secret: {secretName: s}}]",
			`{"containers":[{"image":"b","name":"a","resources":{}}],"volumes":[{"emptyDir":{},"name":"v"},{"name":"w","secret":{"defaultMode":420,"secretName":"s"}}]}`},
		{"an account under its former name", "serviceAccount: bot",
			`{"containers":[{"image":"b","name":"a","resources":{}}],"serviceAccount":"bot","serviceAccountName":"bot"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := podOf(t, c.spec)
			pod.SetDefaults(p)
			require.JSONEq(t, c.want, specJSON(t, p))
		})
	}
}

func TestNegativeGracePeriodIsOneSecond(t *testing.T) {
	p := podOf(t, "terminationGracePeriodSeconds: -5")
	pod.SetDefaults(p)
	require.EqualValues(t, 1, *p.Spec.TerminationGracePeriodSeconds)
	tpl := &pod.Template{Spec: podOf(t, "terminationGracePeriodSeconds: -5").Spec}
	pod.SetTemplateDefaults(tpl)
	require.EqualValues(t, -5, *tpl.Spec.TerminationGracePeriodSeconds)
}

func TestDefaultPodIPs(t *testing.T) {
	for _, c := range []struct {
		one  string
		all  []pod.PodIP
		want []pod.PodIP
	}{
		{"", nil, nil},
		{"10.0.0.1", nil, []pod.PodIP{{IP: "10.0.0.1"}}},
		{"", []pod.PodIP{{IP: "10.0.0.1"}, {IP: "::1"}}, []pod.PodIP{{IP: "10.0.0.1"}, {IP: "::1"}}},
		{"10.0.0.2", []pod.PodIP{{IP: "10.0.0.1"}}, []pod.PodIP{{IP: "10.0.0.2"}}},
	} {
		p := &pod.Pod{Status: pod.Status{PodIP: c.one, PodIPs: c.all}}
		pod.SetDefaults(p)
		require.Equal(t, c.want, p.Status.PodIPs)
		if len(c.want) > 0 {
			require.Equal(t, c.want[0].IP, p.Status.PodIP)
		}
	}
}

func TestNilsAreLeftAlone(t *testing.T) {
	require.NotPanics(t, func() {
		pod.SetDefaults(nil)
		pod.SetTemplateDefaults(nil)
		pod.PrepareTemplate(nil)
		pod.PrepareCreate(nil, pod.Creation{})
	})
	require.NotEmpty(t, pod.Validate(nil))
}
