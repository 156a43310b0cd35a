package storage

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// fixed is Sources and Credentials out of maps.
type fixed struct {
	nothing
	configMaps map[string]pod.ConfigMap
	secrets    map[string]pod.Secret
	tokenErr   error
}

func (m fixed) ConfigMap(name string) (pod.ConfigMap, bool) {
	c, ok := m.configMaps[name]
	return c, ok
}
func (m fixed) Secret(name string) (pod.Secret, bool) { s, ok := m.secrets[name]; return s, ok }
func (m fixed) Surroundings() pod.Surroundings {
	return pod.Surroundings{Allocatable: pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity("4")}}
}
func (m fixed) ServiceAccountToken(p *pod.Pod, want *pod.ServiceAccountTokenProjection) ([]byte, error) {
	return []byte("token for " + p.Name + " to " + want.Audience), m.tokenErr
}
func (m fixed) TrustBundle(want *pod.ClusterTrustBundleProjection) ([]byte, error) {
	return []byte("bundle"), nil
}
func (m fixed) PodCertificate(*pod.Pod, *pod.PodCertificateProjection) (key, chain []byte, err error) {
	return []byte("key;"), []byte("chain;"), nil
}

var testSources = fixed{
	configMaps: map[string]pod.ConfigMap{
		"conf": {Data: map[string]string{"a": "text a", "b": "text b"}, BinaryData: map[string][]byte{"bin": {0xff}}},
		"bad":  {Data: map[string]string{"../x": ""}},
	},
	secrets: map[string]pod.Secret{"login": {Data: map[string][]byte{"user": []byte("me"), "password": []byte("s3cret")}}},
}

// show prints files one a line.
func show(files []File) string {
	var lines []string
	for _, f := range files {
		user := ""
		if f.User != nil {
			user = fmt.Sprint(" user ", *f.User)
		}
		lines = append(lines, fmt.Sprintf("%s %04o%s %q", f.Path, f.Mode, user, f.Data))
	}
	return strings.Join(lines, "\n")
}

func confOf(name string, optional bool, items ...pod.KeyToPath) pod.VolumeSource {
	return pod.VolumeSource{ConfigMap: &pod.ConfigMapVolumeSource{
		LocalObjectReference: pod.LocalObjectReference{Name: name}, Items: items, Optional: &optional}}
}

func secretOf(name string, optional bool, items ...pod.KeyToPath) pod.VolumeSource {
	return pod.VolumeSource{Secret: &pod.SecretVolumeSource{SecretName: name, Items: items, Optional: &optional, DefaultMode: ref[int32](0o400)}}
}

func factsOf(items ...pod.DownwardAPIVolumeFile) pod.VolumeSource {
	return pod.VolumeSource{DownwardAPI: &pod.DownwardAPIVolumeSource{Items: items}}
}

func projectedOf(sources ...pod.VolumeProjection) pod.VolumeSource {
	return pod.VolumeSource{Projected: &pod.ProjectedVolumeSource{Sources: sources, DefaultMode: ref[int32](0o640)}}
}

func TestFiles(t *testing.T) {
	field := func(path, of string) pod.DownwardAPIVolumeFile {
		return pod.DownwardAPIVolumeFile{Path: path, FieldRef: &pod.ObjectFieldSelector{FieldPath: of}}
	}
	resource := func(path, container, of string) pod.DownwardAPIVolumeFile {
		return pod.DownwardAPIVolumeFile{Path: path, Mode: ref[int32](0o600),
			ResourceFieldRef: &pod.ResourceFieldSelector{ContainerName: container, Resource: of}}
	}
	named := func(name string) pod.LocalObjectReference { return pod.LocalObjectReference{Name: name} }
	token := pod.VolumeProjection{ServiceAccountToken: &pod.ServiceAccountTokenProjection{Audience: "vault", Path: "t/token"}}
	for _, c := range []struct {
		name   string
		source pod.VolumeSource
		want   string
		fault  string
	}{
		{"config map", confOf("conf", false), "a 0644 \"text a\"\nb 0644 \"text b\"\nbin 0644 \"\\xff\"", ""},
		{"absent", confOf("absent", false), "", `configmap "absent" not found`},
		{"absent, optional", confOf("absent", true), "", ""},
		{"absent key", confOf("conf", false, pod.KeyToPath{Key: "x", Path: "x"}), "", "configmap references non-existent config key: x"},
		{"absent key, optional", confOf("conf", true, pod.KeyToPath{Key: "x", Path: "x"}, pod.KeyToPath{Key: "a", Path: "y"}), `y 0644 "text a"`, ""},
		{"absent map with items, optional", confOf("absent", true, pod.KeyToPath{Key: "x", Path: "x"}), "", ""},
		{"items", confOf("conf", false, pod.KeyToPath{Key: "a", Path: "d/./e", Mode: ref[int32](0o755)}, pod.KeyToPath{Key: "bin", Path: "d/b"}),
			"d/b 0644 \"\\xff\"\nd/e 0755 \"text a\"", ""},
		{"later item wins", confOf("conf", false, pod.KeyToPath{Key: "a", Path: "x"}, pod.KeyToPath{Key: "b", Path: "x"}), `x 0644 "text b"`, ""},
		{"file and directory", confOf("conf", false, pod.KeyToPath{Key: "a", Path: "x"}, pod.KeyToPath{Key: "b", Path: "x/y/z"}), "",
			`invalid path: "x" is a file, and "x/y/z" needs it to be a directory`},
		{"bad key", confOf("bad", false), "", "invalid path: must not contain '..': ../x"},
		{"secret", secretOf("login", false), "password 0400 \"s3cret\"\nuser 0400 \"me\"", ""},
		{"absent secret", secretOf("absent", false), "", `secret "absent" not found`},
		{"absent secret key", secretOf("login", false, pod.KeyToPath{Key: "x", Path: "x"}), "", "references non-existent secret key: x"},
		{"absent secret, optional", secretOf("absent", true), "", ""},
		{"facts", factsOf(field("n", "metadata.name"), field("l", "metadata.labels"), field("one", "metadata.labels['app']"), resource("cpu", "main", "limits.cpu")),
			"cpu 0600 \"4\"\nl 0644 \"app=\\\"shop\\\"\"\nn 0644 \"web\"\none 0644 \"shop\"", ""},
		{"facts that are none", factsOf(field("n", "spec.nodeName"), resource("c", "absent", "limits.cpu")), "",
			"unsupported fieldPath: spec.nodeName\ncontainer absent not found"},
		{"projected", projectedOf(
			pod.VolumeProjection{ConfigMap: &pod.ConfigMapProjection{LocalObjectReference: named("conf")}},
			pod.VolumeProjection{Secret: &pod.SecretProjection{LocalObjectReference: named("login"), Items: []pod.KeyToPath{{Key: "user", Path: "a"}}}},
			pod.VolumeProjection{DownwardAPI: &pod.DownwardAPIProjection{Items: []pod.DownwardAPIVolumeFile{field("n", "metadata.name")}}},
			token), "a 0640 \"me\"\nb 0640 \"text b\"\nbin 0640 \"\\xff\"\nn 0640 \"web\"\nt/token 0640 \"token for web to vault\"", ""},
		{"projected, all faults", projectedOf(
			pod.VolumeProjection{ConfigMap: &pod.ConfigMapProjection{LocalObjectReference: named("no")}},
			pod.VolumeProjection{Secret: &pod.SecretProjection{LocalObjectReference: named("nor")}}), "", "configmap \"no\" not found\nsecret \"nor\" not found"},
		{"certificates", projectedOf(
			pod.VolumeProjection{PodCertificate: &pod.PodCertificateProjection{CredentialBundlePath: "both", KeyPath: "key", CertificateChainPath: "chain"}},
			pod.VolumeProjection{ClusterTrustBundle: &pod.ClusterTrustBundleProjection{Name: ref("ca"), Path: "ca", User: ref[int64](7)}}),
			"both 0640 \"key;chain;\"\nca 0600 user 7 \"bundle\"\nchain 0640 \"chain;\"\nkey 0640 \"key;\"", ""},
		{"bundle of nobody", projectedOf(pod.VolumeProjection{ClusterTrustBundle: &pod.ClusterTrustBundleProjection{Path: "ca"}}), "",
			"ClusterTrustBundle projection requires either name or signerName to be set"},
		{"no files", pod.VolumeSource{}, "", "a volume of kind emptyDir has no files of its own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := podWith(volume("v", c.source))
			p.Labels = map[string]string{"app": "shop"}
			p.Spec.Containers = []pod.Container{{Name: "main"}}
			all, err := Volumes(p)
			require.NoError(t, err)
			got, err := Files(p, &all[0], testSources)
			if c.fault != "" {
				require.EqualError(t, err, c.fault)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, show(got))
		})
	}
}

func TestCredentials(t *testing.T) {
	token := projectedOf(pod.VolumeProjection{ServiceAccountToken: &pod.ServiceAccountTokenProjection{Path: "token"}})
	of := func(p *pod.Pod, from Sources) (string, error) {
		p.Spec.Volumes = []pod.Volume{volume("v", token)}
		all, err := Volumes(p)
		require.NoError(t, err)
		files, err := Files(p, &all[0], from)
		return show(files), err
	}
	user := &pod.SecurityContext{RunAsUser: ref[int64](1000)}
	for _, c := range []struct {
		spec pod.Spec
		want string
	}{
		{pod.Spec{}, `token 0640 "token for web to "`},
		{pod.Spec{Containers: []pod.Container{{SecurityContext: user}}}, `token 0600 user 1000 "token for web to "`},
		{pod.Spec{Containers: []pod.Container{{SecurityContext: user}, {}}}, `token 0640 "token for web to "`},
		{pod.Spec{SecurityContext: &pod.PodSecurityContext{RunAsUser: ref[int64](1000)}, Containers: []pod.Container{{SecurityContext: user}, {}}},
			`token 0600 user 1000 "token for web to "`},
		{pod.Spec{SecurityContext: &pod.PodSecurityContext{FSGroup: ref[int64](5)}, Containers: []pod.Container{{}}}, `token 0600 "token for web to "`},
	} {
		p := podWith()
		p.Spec = c.spec
		got, err := of(p, testSources)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	_, err := of(podWith(), nil)
	require.EqualError(t, err, "the sources have no credentials to give")
	_, err = of(podWith(), fixed{tokenErr: errors.New("forbidden")})
	require.EqualError(t, err, "forbidden")
}

// FuzzFiles checks that no key and no path of an item makes a file outside the volume, whatever they are.
func FuzzFiles(f *testing.F) {
	for _, s := range []string{"a", "a/b", "../x", "..", "..data", "./..data", "/etc/passwd", "a//b/", "a/./b", "", ".", "a\x00b", "a\nb", strings.Repeat("x/", 3000)} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		for _, source := range []pod.VolumeSource{
			confOf("conf", false, pod.KeyToPath{Key: "a", Path: one}, pod.KeyToPath{Key: "b", Path: two}), confOf("keys", false),
		} {
			p := podWith(volume("v", source))
			from := fixed{configMaps: map[string]pod.ConfigMap{
				"conf": testSources.configMaps["conf"], "keys": {Data: map[string]string{one: "x", two: "y"}}}}
			all, err := Volumes(p)
			require.NoError(t, err)
			files, err := Files(p, &all[0], from)
			if err != nil {
				continue
			}
			require.NotEmpty(t, files)
			for _, file := range files {
				require.Equal(t, path.Clean(file.Path), file.Path)
				require.False(t, path.IsAbs(file.Path) || strings.HasPrefix(file.Path, "..") || file.Path == ".", "%q", file.Path)
				require.False(t, strings.ContainsRune(file.Path, 0))
				require.LessOrEqual(t, len(file.Path), maxFilePath)
			}
		}
	})
}

// FuzzSubPath checks that what Mounts and Expand let pass stays in the volume.
func FuzzSubPath(f *testing.F) {
	for _, s := range []string{"a", "a/b", "..", "/x", "$(A)", "$(A)/..", "$$(A)", "$(", "a\x00"} {
		f.Add(s, "v")
		f.Add("$(A)", s)
	}
	f.Fuzz(func(t *testing.T, expr, value string) {
		p := podWith(pod.Volume{Name: "v"})
		p.Spec.Containers = []pod.Container{{Name: "main", VolumeMounts: []pod.VolumeMount{{Name: "v", SubPathExpr: expr}, {Name: "v", SubPath: value}}}}
		all, err := Mounts(p, "main")
		if err == nil {
			inside(t, all[1].SubPath)
		}
		m, err := Mount{SubPathExpr: expr}.Expand([]pod.EnvVar{{Name: "A", Value: value}})
		if err == nil {
			inside(t, m.SubPath)
		}
	})
}

func inside(t *testing.T, sub string) {
	clean := path.Clean("/volume/" + sub)
	require.True(t, clean == "/volume" || strings.HasPrefix(clean, "/volume/"), "%q", sub)
	require.False(t, path.IsAbs(sub))
}
