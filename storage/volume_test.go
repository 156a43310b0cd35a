package storage

import (
	"reflect"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func podWith(volumes ...pod.Volume) *pod.Pod {
	return &pod.Pod{
		ObjectMeta: pod.ObjectMeta{Name: "web", Namespace: "shop", UID: "uid-1"},
		Spec:       pod.Spec{Volumes: volumes},
	}
}

func volume(name string, source pod.VolumeSource) pod.Volume {
	return pod.Volume{Name: name, VolumeSource: source}
}

func ref[T any](v T) *T { return &v }

// TestEverySourceHasItsKind sets each field of a volume's source in turn: the kind is the field's name in JSON.
func TestEverySourceHasItsKind(t *testing.T) {
	fields := reflect.TypeFor[pod.VolumeSource]()
	for i := range fields.NumField() {
		v := pod.Volume{Name: "v"}
		reflect.ValueOf(&v.VolumeSource).Elem().Field(i).Set(reflect.New(fields.Field(i).Type.Elem()))
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		all, err := Volumes(podWith(v))
		require.NoError(t, err)
		require.Equal(t, Kind(name), all[0].Kind)
	}
	require.Equal(t, len(sources(new(pod.VolumeSource))), fields.NumField())
}

func TestVolumes(t *testing.T) {
	modes := []pod.PersistentVolumeAccessMode{pod.ReadWriteOncePod}
	template := &pod.PersistentVolumeClaimTemplate{Spec: pod.PersistentVolumeClaimSpec{AccessModes: modes}}
	for _, c := range []struct {
		source pod.VolumeSource
		want   Volume
	}{
		{pod.VolumeSource{}, Volume{Kind: EmptyDir}},
		{pod.VolumeSource{EmptyDir: new(pod.EmptyDirVolumeSource)}, Volume{Kind: EmptyDir}},
		{pod.VolumeSource{HostPath: new(pod.HostPathVolumeSource)}, Volume{Kind: HostPath, Lifetime: LongerLifetime}},
		{pod.VolumeSource{ConfigMap: new(pod.ConfigMapVolumeSource)}, Volume{Kind: ConfigMap, ReadOnly: true}},
		{pod.VolumeSource{Secret: new(pod.SecretVolumeSource)}, Volume{Kind: Secret, ReadOnly: true}},
		{pod.VolumeSource{DownwardAPI: new(pod.DownwardAPIVolumeSource)}, Volume{Kind: DownwardAPI, ReadOnly: true}},
		{pod.VolumeSource{Projected: new(pod.ProjectedVolumeSource)}, Volume{Kind: Projected, ReadOnly: true}},
		{pod.VolumeSource{Image: new(pod.ImageVolumeSource)}, Volume{Kind: Image, ReadOnly: true}},
		{pod.VolumeSource{CSI: new(pod.CSIVolumeSource)}, Volume{Kind: CSI}},
		{pod.VolumeSource{CSI: &pod.CSIVolumeSource{ReadOnly: ref(true)}}, Volume{Kind: CSI, ReadOnly: true}},
		{pod.VolumeSource{NFS: new(pod.NFSVolumeSource)}, Volume{Kind: "nfs", Lifetime: LongerLifetime}},
		{pod.VolumeSource{NFS: &pod.NFSVolumeSource{ReadOnly: true}}, Volume{Kind: "nfs", Lifetime: LongerLifetime, ReadOnly: true}},
		{pod.VolumeSource{AzureDisk: &pod.AzureDiskVolumeSource{ReadOnly: ref(true)}}, Volume{Kind: "azureDisk", Lifetime: LongerLifetime, ReadOnly: true}},
		{pod.VolumeSource{PersistentVolumeClaim: &pod.PersistentVolumeClaimVolumeSource{ClaimName: "data"}},
			Volume{Kind: PersistentVolumeClaim, Lifetime: LongerLifetime, Claim: Claim{Namespace: "shop", Name: "data"}}},
		{pod.VolumeSource{PersistentVolumeClaim: &pod.PersistentVolumeClaimVolumeSource{ClaimName: "data", ReadOnly: true}},
			Volume{Kind: PersistentVolumeClaim, Lifetime: LongerLifetime, ReadOnly: true, Claim: Claim{Namespace: "shop", Name: "data"}}},
		{pod.VolumeSource{Ephemeral: &pod.EphemeralVolumeSource{VolumeClaimTemplate: template}},
			Volume{Kind: Ephemeral, Claim: Claim{Namespace: "shop", Name: "web-v", Owner: "uid-1", AccessModes: modes}}},
	} {
		got, err := Volumes(podWith(volume("v", c.source)))
		require.NoError(t, err)
		got[0].Source = nil
		c.want.Name = "v"
		require.Equal(t, c.want, got[0])
	}
}

func TestVolumesThatAreWrong(t *testing.T) {
	two := pod.VolumeSource{EmptyDir: new(pod.EmptyDirVolumeSource), Secret: new(pod.SecretVolumeSource)}
	for _, c := range []struct {
		volumes []pod.Volume
		want    string
	}{
		{[]pod.Volume{volume("v", two)}, `spec.volumes[0]: volume "v" has the sources emptyDir and secret, expected one`},
		{[]pod.Volume{{Name: "a"}, {Name: "b"}, {Name: "a"}}, `spec.volumes[2]: volume name "a" is used twice, expected it once`},
		{[]pod.Volume{{Name: "../x"}}, `spec.volumes[0]: volume name: `},
	} {
		_, err := Volumes(podWith(c.volumes...))
		require.ErrorContains(t, err, c.want)
	}
}

func TestCheckUID(t *testing.T) {
	for _, good := range []pod.UID{"a", "0f7a2b0e-7d0c-4b7e-9a53-5c3f2c4f6a10", "static_pod.1", pod.UID(strings.Repeat("x", 255))} {
		require.NoError(t, CheckUID(good))
	}
	for _, bad := range []pod.UID{"", ".", "..", ".x", "a/b", "a b", "a\n", "é", pod.UID(strings.Repeat("x", 256))} {
		require.ErrorContains(t, CheckUID(bad), "cannot name a directory")
	}
}

func TestMounts(t *testing.T) {
	p := podWith(pod.Volume{Name: "cache"}, volume("conf", pod.VolumeSource{ConfigMap: new(pod.ConfigMapVolumeSource)}))
	p.Spec.InitContainers = []pod.Container{{Name: "init", VolumeMounts: []pod.VolumeMount{
		{Name: "cache", MountPath: "/cache", SubPath: "a/b"},
		{Name: "conf", MountPath: "/conf"},
	}}}
	p.Spec.Containers = []pod.Container{{Name: "main", VolumeMounts: []pod.VolumeMount{{
		Name: "cache", MountPath: "/c", ReadOnly: true, SubPathExpr: "$(NAME)/x",
		RecursiveReadOnly: ref(pod.RecursiveReadOnlyIfPossible),
		MountPropagation:  ref(pod.MountPropagationHostToContainer),
		BindMountOptions:  []string{"noexec"},
	}}}}
	p.Spec.EphemeralContainers = []pod.EphemeralContainer{{EphemeralContainerCommon: pod.EphemeralContainerCommon{Name: "debug"}}}

	got, err := Mounts(p, "init")
	require.NoError(t, err)
	require.Equal(t, []Mount{
		{Volume: "cache", MountPath: "/cache", SubPath: "a/b", RecursiveReadOnly: "Disabled", Propagation: "None"},
		{Volume: "conf", MountPath: "/conf", ReadOnly: true, RecursiveReadOnly: "Disabled", Propagation: "None"},
	}, got)

	got, err = Mounts(p, "main")
	require.NoError(t, err)
	want := Mount{Volume: "cache", MountPath: "/c", SubPathExpr: "$(NAME)/x", ReadOnly: true, RecursiveReadOnly: "IfPossible",
		Propagation: "HostToContainer", BindMountOptions: []string{"noexec"}}
	require.Equal(t, []Mount{want}, got)
	expanded, err := got[0].Expand([]pod.EnvVar{{Name: "NAME", Value: "web"}})
	require.NoError(t, err)
	want.SubPath, want.SubPathExpr = "web/x", ""
	require.Equal(t, want, expanded)

	got, err = Mounts(p, "debug")
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = Mounts(p, "absent")
	require.EqualError(t, err, `pod "web" has no container "absent"`)
}

func TestExpand(t *testing.T) {
	env := []pod.EnvVar{{Name: "A", Value: "a"}, {Name: "EMPTY"}, {Name: "UP", Value: "../.."}, {Name: "ROOT", Value: "/etc"}}
	for _, c := range []struct{ expr, want, fault string }{
		{"$(A)", "a", ""},
		{"x/$(A)/$(A)", "x/a/a", ""},
		{"$$(A)", "$(A)", ""},
		{"plain", "plain", ""},
		{"$(B)/$(A)/$(C)", "", "missing value for B, C"},
		{"$(EMPTY)", "", "missing value for EMPTY"},
		{"x/$(UP)", "", "must not contain '..'"},
		{"$(ROOT)", "", "must not be an absolute path"},
	} {
		got, err := Mount{SubPathExpr: c.expr, MountPath: "/m"}.Expand(env)
		if c.fault != "" {
			require.ErrorContains(t, err, c.fault)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, Mount{SubPath: c.want, MountPath: "/m"}, got)
	}
}

func TestMountsThatAreWrong(t *testing.T) {
	for _, c := range []struct {
		mount pod.VolumeMount
		want  string
	}{
		{pod.VolumeMount{Name: "absent"}, `container "main": volumeMounts[0]: volume "absent" is not one of the pod's volumes`},
		{pod.VolumeMount{Name: "v", SubPath: "/x"}, "error SubPath `/x` must not be an absolute path"},
		{pod.VolumeMount{Name: "v", SubPath: "a/../b"}, "unable to provision SubPath `a/../b`: must not contain '..'"},
		{pod.VolumeMount{Name: "v", SubPath: ".."}, "must not contain '..'"},
		{pod.VolumeMount{Name: "v", SubPath: "a\x00"}, "must not contain a NUL byte"},
		{pod.VolumeMount{Name: "v", SubPath: "a", SubPathExpr: "b"}, "expected one of them"},
	} {
		p := podWith(pod.Volume{Name: "v"})
		p.Spec.Containers = []pod.Container{{Name: "main", VolumeMounts: []pod.VolumeMount{c.mount}}}
		_, err := Mounts(p, "main")
		require.ErrorContains(t, err, c.want)
	}
	p := podWith(pod.Volume{Name: "v"})
	p.Spec.Containers = []pod.Container{{Name: "main", VolumeMounts: []pod.VolumeMount{{Name: "v", SubPath: "..a/b.."}}}}
	_, err := Mounts(p, "main")
	require.NoError(t, err)
}

func TestOverLimit(t *testing.T) {
	limited := func(name, limit string) pod.Volume {
		q := pod.MustParseQuantity(limit)
		return volume(name, pod.VolumeSource{EmptyDir: &pod.EmptyDirVolumeSource{SizeLimit: &q}})
	}
	p := podWith(pod.Volume{Name: "free"}, limited("none", "0"), limited("small", "1Ki"), limited("large", "1Gi"))
	used := map[string]int64{"free": 1 << 40, "none": 1 << 40, "small": 1024, "large": 1 << 20}
	tell := func(v string) (int64, bool) { n, known := used[v]; return n, known }
	_, over := OverLimit(p, tell)
	require.False(t, over)
	used["large"] = 1<<30 + 1
	used["small"] = 1025
	e, over := OverLimit(p, tell)
	require.True(t, over)
	require.Equal(t, "small", e.Volume)
	require.Equal(t, int64(1025), e.Used)
	require.Equal(t, `Usage of EmptyDir volume "small" exceeds the limit "1Ki". `, e.Message())
	delete(used, "small")
	e, over = OverLimit(p, tell)
	require.True(t, over)
	require.Equal(t, `Usage of EmptyDir volume "large" exceeds the limit "1Gi". `, e.Message())
}
