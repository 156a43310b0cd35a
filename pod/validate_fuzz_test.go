package pod_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// requireSound checks what must hold of Validate for any pod: it does not panic, changes nothing, says the same again,
// and every fault says what and where.
func requireSound(t *testing.T, p *pod.Pod) {
	t.Helper()
	before := p.Clone()
	errs := pod.Validate(p)
	require.True(t, reflect.DeepEqual(before, p), "Validate changed the pod")
	require.Equal(t, errs, pod.Validate(p))
	for _, e := range errs {
		require.NotEmpty(t, e.Type)
		require.NotEmpty(t, e.Path)
		require.NotEmpty(t, e.Error())
		require.LessOrEqual(t, len(e.Error()), 4096+len(e.Path))
	}
}

func FuzzValidate(f *testing.F) {
	for _, seed := range []string{
		`{}`,
		`{"metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"b"}]}}`,
		`{"metadata":{"generateName":"a-","labels":{"x":"y"}},"spec":{"containers":[null],"initContainers":[{"restartPolicy":"Always"}],"ephemeralContainers":[{}]}}`,
		`{"spec":{"hostNetwork":true,"hostUsers":false,"os":{"name":"windows"},"containers":[{"name":"a","ports":[{"containerPort":1,"hostPort":2}],"securityContext":{"windowsOptions":{"runAsUserName":"a\\b"}}}]}}`,
		`{"spec":{"volumes":[{"name":"v","projected":{"sources":[{"clusterTrustBundle":{"name":"a:b"}},{"podCertificate":{"userAnnotations":{"":""}}}]}},{"name":"v","iscsi":{"iqn":"iqn.","initiatorName":"eui."}}]}}`,
		`{"spec":{"resources":{"limits":{"cpu":"1","hugepages-2Mi":"4Mi"}},"overhead":{"":"1"},"containers":[{"resources":{"limits":{"hugepages-0":"1"},"claims":[{"name":"a/b","request":"c"}]}}]}}`,
		`{"spec":{"topologySpreadConstraints":[{"matchLabelKeys":["a"],"labelSelector":{"matchExpressions":[{"key":"a"},{"key":"a"}]}}],"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{}]}},"tolerations":[{}]}}`,
		`{"metadata":{"annotations":{"scheduler.alpha.kubernetes.io/tolerations":"[{}]","container.apparmor.security.beta.kubernetes.io/a":"x","seccomp.security.alpha.kubernetes.io/pod":"localhost/.."}},"spec":{"securityContext":{"sysctls":[{"name":"net/ipv4.x"}]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p := new(pod.Pod)
		if json.Unmarshal(text, p) != nil {
			return
		}
		requireSound(t, p)
		pod.SetDefaults(p)
		pod.PrepareCreate(p, pod.Creation{NameSuffix: "abcde"})
		requireSound(t, p)
		tpl := &pod.Template{ObjectMeta: p.ObjectMeta, Spec: p.Spec}
		for _, e := range pod.ValidateTemplate(tpl) {
			require.NotEmpty(t, e.Path)
		}
	})
}

// scatter sets a random part of v: pointers stay nil often, strings are words that mean something somewhere.
func scatter(r *rand.Rand, v reflect.Value, depth int) {
	words := [...]string{"", "a", "A-", "cpu", "hugepages-2Mi", "example.com/x", "Always", "Localhost", "In", "../x", "metadata.labels['x']", "linux", "10.0.0.1", "x:1"}
	switch v.Kind() {
	case reflect.String:
		v.SetString(words[r.IntN(len(words))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.IntN(400) - 2))
	case reflect.Pointer:
		if r.IntN(3) == 0 && depth < 12 {
			v.Set(reflect.New(v.Type().Elem()))
			scatter(r, v.Elem(), depth+1)
		}
	case reflect.Slice:
		n := r.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			scatter(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			scatter(r, key, depth+1)
			scatter(r, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if q, ok := v.Addr().Interface().(*pod.Quantity); ok {
			*q = pod.NewMilliQuantity(int64(r.IntN(5000)-500), pod.BinarySI)
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() && r.IntN(3) > 0 {
				scatter(r, v.Field(i), depth+1)
			}
		}
	}
}

func TestValidateNeverPanics(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		p := new(pod.Pod)
		scatter(r, reflect.ValueOf(p).Elem(), 0)
		requireSound(t, p)
		pod.SetDefaults(p)
		pod.PrepareCreate(p, pod.Creation{})
		requireSound(t, p)
	}
}

func TestAValidPodCostsNothing(t *testing.T) {
	p := podOf(t, `
volumes: [{name: v, projected: {sources: [{configMap: {name: c, items: [{key: k, path: p}]}}]}}]
tolerations: [{key: k, operator: Exists}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: k, operator: In, values: [v]}]}]}}}
containers:
- name: a
  image: b
  env: [{name: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
  ports: [{name: http, containerPort: 80}]
  resources: {limits: {cpu: 1, example.com/gpu: 1}}
  volumeMounts: [{name: v, mountPath: /v}]
  livenessProbe: {httpGet: {port: http}}`)
	_, got := created(p)
	require.Empty(t, got)
	require.Zero(t, testing.AllocsPerRun(100, func() { pod.Validate(p) }))
}

func BenchmarkValidate(b *testing.B) {
	p := podOf(b, "containers: [{name: a, image: b, ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}}]")
	created(p)
	b.ReportAllocs()
	for b.Loop() {
		pod.Validate(p)
	}
}

// Lists of a length that no real pod has are judged in time that grows with their length, not with its square.
func TestLongListsAreJudgedQuickly(t *testing.T) {
	const n = 20_000
	name := func(i int) string { return "n" + strconv.Itoa(i) }
	p := podOf(t, "")
	s := &p.Spec
	keys := make([]string, n)
	c := pod.Container{Name: "long", Image: "b"}
	selector := new(pod.LabelSelector)
	for i := range n {
		keys[i] = name(i)
		selector.MatchExpressions = append(selector.MatchExpressions, pod.LabelSelectorRequirement{Key: name(i), Operator: "Exists"}, pod.LabelSelectorRequirement{Key: name(i), Operator: "Exists"})
		s.Volumes = append(s.Volumes, pod.Volume{Name: name(i), VolumeSource: pod.VolumeSource{PersistentVolumeClaim: &pod.PersistentVolumeClaimVolumeSource{ClaimName: "web-" + name(i)}}})
		s.ResourceClaims = append(s.ResourceClaims, pod.PodResourceClaim{Name: name(i), ResourceClaimName: new("x")})
		s.TopologySpreadConstraints = append(s.TopologySpreadConstraints, pod.TopologySpreadConstraint{MaxSkew: 1, TopologyKey: name(i), WhenUnsatisfiable: pod.DoNotSchedule})
		c.VolumeMounts = append(c.VolumeMounts, pod.VolumeMount{Name: name(i), MountPath: "/" + name(i)})
		c.VolumeDevices = append(c.VolumeDevices, pod.VolumeDevice{Name: name(i), DevicePath: "/d/" + name(i)})
		c.Env = append(c.Env, pod.EnvVar{Name: "x", ValueFrom: &pod.EnvVarSource{FileKeyRef: &pod.FileKeySelector{VolumeName: name(i), Path: "p", Key: "k"}}})
		c.Resources.Claims = append(c.Resources.Claims, pod.ResourceClaim{Name: name(i)})
	}
	s.Containers = append(s.Containers, c)
	s.Affinity = &pod.Affinity{PodAffinity: &pod.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []pod.PodAffinityTerm{
		{TopologyKey: "x", LabelSelector: selector, MatchLabelKeys: keys, MismatchLabelKeys: keys}}}}
	start := time.Now()
	require.NotEmpty(t, pod.Validate(p))
	require.Less(t, time.Since(start), 10*time.Second, "the square of the length would be minutes")
}
