package pod_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

// sources are Sources written down.
type sources struct {
	configMaps map[string]map[string]string
	secrets    map[string]map[string]string
	services   []pod.Service
	around     pod.Surroundings
	files      map[string]map[string]string
}

func (s *sources) ConfigMap(name string) (pod.ConfigMap, bool) {
	data, ok := s.configMaps[name]
	return pod.ConfigMap{Data: data}, ok
}

func (s *sources) Secret(name string) (pod.Secret, bool) {
	data, ok := s.secrets[name]
	secret := pod.Secret{Data: map[string][]byte{}}
	for k, v := range data {
		secret.Data[k] = []byte(v)
	}
	return secret, ok
}

func (s *sources) Services() []pod.Service { return s.services }

func (s *sources) Surroundings() pod.Surroundings { return s.around }

func (s *sources) File(volume, path string) ([]byte, error) {
	files, ok := s.files[volume]
	if !ok {
		return nil, fmt.Errorf("volume %q: %w", volume, pod.ErrVolumeNotFound)
	}
	content, ok := files[path]
	if !ok {
		return nil, errors.New("no such file")
	}
	return []byte(content), nil
}

func TestEnvironmentAgreesWithKubernetes(t *testing.T) {
	type question struct {
		Pod           pod.Pod
		Container     string
		ConfigMaps    map[string]map[string]string
		Secrets       map[string]map[string]string
		Services      []pod.Service
		Files         map[string]map[string]string
		PodIPs        []string
		NodeIPs       []string
		NodeAddresses []pod.NodeAddress
		Allocatable   pod.ResourceList
	}
	type answer struct {
		Env           map[string]string
		Command, Args []string
		Error         string
	}
	eachNodeRow(t, "env", func(row corpusRow) {
		in, want := unmarshal[question](t, row.In), unmarshal[answer](t, row.Out)
		c := containerOf(t, &in.Pod.Spec, in.Container)
		nodeIP := strings.Join(in.NodeIPs[:min(1, len(in.NodeIPs))], "")
		src := &sources{in.ConfigMaps, in.Secrets, in.Services, pod.Surroundings{
			PodIPs: pod.OrderPodIPs(in.PodIPs, nodeIP), HostIPs: pod.HostIPs(in.NodeAddresses), Allocatable: in.Allocatable,
		}, in.Files}
		vars, err := pod.Environment(&in.Pod, c, src)
		require.Equal(t, want.Error != "", err != nil, "%s: %v, want %q", row.ID, err, want.Error)
		if err != nil {
			return
		}
		got := answer{Env: map[string]string{}}
		for _, v := range vars {
			require.NotContains(t, got.Env, v.Name)
			got.Env[v.Name] = v.Value
		}
		got.Command, got.Args = pod.CommandAndArgs(c, vars)
		require.Equal(t, want, got, "%s %+v", row.ID, c)
	})
}

func containerOf(t *testing.T, s *pod.Spec, name string) *pod.Container {
	for _, c := range slices.Concat(s.Containers, s.InitContainers) {
		if c.Name == name {
			return &c
		}
	}
	t.Fatalf("no container %q", name)
	return nil
}

// environmentPod is a pod that has one container with this environment, and what it lives in.
func environmentPod(c pod.Container) (*pod.Pod, *sources) {
	links := true
	c.Name = "c"
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: "p", Namespace: "ns"}, Spec: pod.Spec{
		EnableServiceLinks: &links, NodeName: "n1", Containers: []pod.Container{c},
		InitContainers: []pod.Container{{Name: "init"}},
	}}
	return p, &sources{
		configMaps: map[string]map[string]string{"cm": {"B": "b", "A": "$(X)"}},
		secrets:    map[string]map[string]string{"s": {"PASS": "p$w"}},
		services:   []pod.Service{{Namespace: "ns", Name: "my-db", ClusterIP: "10.96.0.7", Ports: []pod.ServicePort{{Port: 5432}}}},
		around: pod.Surroundings{PodIPs: []string{"10.0.0.5", "fd00::5"}, HostIPs: []string{"192.168.0.2"},
			Allocatable: pod.ResourceList{"cpu": pod.MustParseQuantity("4"), "memory": pod.MustParseQuantity("8Gi")}},
		files: map[string]map[string]string{"v": {"f": "K='file value'\nE=''\n", "bad": "K=v\n"}},
	}
}

func field(path string) *pod.EnvVarSource {
	return &pod.EnvVarSource{FieldRef: &pod.ObjectFieldSelector{APIVersion: "v1", FieldPath: path}}
}

func resource(container, name string) *pod.EnvVarSource {
	return &pod.EnvVarSource{ResourceFieldRef: &pod.ResourceFieldSelector{ContainerName: container, Resource: name}}
}

func inFile(volume, path, key string, optional bool) *pod.EnvVarSource {
	return &pod.EnvVarSource{FileKeyRef: &pod.FileKeySelector{VolumeName: volume, Path: path, Key: key, Optional: &optional}}
}

func inConfigMap(name, key string, optional bool) *pod.EnvVarSource {
	return &pod.EnvVarSource{ConfigMapKeyRef: &pod.ConfigMapKeySelector{LocalObjectReference: pod.LocalObjectReference{Name: name}, Key: key, Optional: &optional}}
}

func inSecret(name, key string, optional bool) *pod.EnvVarSource {
	return &pod.EnvVarSource{SecretKeyRef: &pod.SecretKeySelector{LocalObjectReference: pod.LocalObjectReference{Name: name}, Key: key, Optional: &optional}}
}

func TestEnvironmentOrder(t *testing.T) {
	p, src := environmentPod(pod.Container{
		EnvFrom: []pod.EnvFromSource{
			{Prefix: "CM_", ConfigMapRef: &pod.ConfigMapEnvSource{LocalObjectReference: pod.LocalObjectReference{Name: "cm"}}},
			{SecretRef: &pod.SecretEnvSource{LocalObjectReference: pod.LocalObjectReference{Name: "s"}}},
		},
		Env: []pod.EnvVar{
			{Name: "Z", Value: "z $(PASS) $(LATER) $$(PASS) $(MY_DB_SERVICE_HOST)"},
			{Name: "LATER", Value: "l"},
			{Name: "CM_B", Value: "replaced"},
			{Name: "MY_DB_PORT", Value: "mine"},
		},
		Command: []string{"run", "$(Z)"}, Args: []string{"$(LATER)$(NONE)"},
	})
	vars, err := pod.Environment(p, &p.Spec.Containers[0], src)
	require.NoError(t, err)
	require.Equal(t, []pod.EnvVar{
		{Name: "CM_A", Value: "$(X)"},
		{Name: "CM_B", Value: "replaced"},
		{Name: "PASS", Value: "p$w"},
		{Name: "Z", Value: "z p$w $(LATER) $(PASS) 10.96.0.7"},
		{Name: "LATER", Value: "l"},
		{Name: "MY_DB_PORT", Value: "mine"},
		{Name: "MY_DB_PORT_5432_TCP", Value: "tcp://10.96.0.7:5432"},
		{Name: "MY_DB_PORT_5432_TCP_ADDR", Value: "10.96.0.7"},
		{Name: "MY_DB_PORT_5432_TCP_PORT", Value: "5432"},
		{Name: "MY_DB_PORT_5432_TCP_PROTO", Value: "tcp"},
		{Name: "MY_DB_SERVICE_HOST", Value: "10.96.0.7"},
		{Name: "MY_DB_SERVICE_PORT", Value: "5432"},
	}, vars)
	command, args := pod.CommandAndArgs(&p.Spec.Containers[0], vars)
	require.Equal(t, []string{"run", "z p$w $(LATER) $(PASS) 10.96.0.7"}, command)
	require.Equal(t, []string{"l$(NONE)"}, args)
}

func TestEnvironmentValueFrom(t *testing.T) {
	tests := []struct {
		name string
		from *pod.EnvVarSource
		want string
		err  string
	}{
		{"pod name", field("metadata.name"), "p", ""},
		{"another version", &pod.EnvVarSource{FieldRef: &pod.ObjectFieldSelector{APIVersion: "v2", FieldPath: "metadata.name"}}, "", "unsupported pod version: v2"},
		{"no version", &pod.EnvVarSource{FieldRef: &pod.ObjectFieldSelector{FieldPath: "metadata.name"}}, "p", ""},
		{"node name", field("spec.nodeName"), "n1", ""},
		{"pod address", field("status.podIP"), "10.0.0.5", ""},
		{"pod addresses", field("status.podIPs"), "10.0.0.5,fd00::5", ""},
		{"host address", field("status.hostIP"), "192.168.0.2", ""},
		{"unknown field", field("status.phase"), "", "unsupported fieldPath: status.phase"},
		{"limit of the node", resource("", "limits.cpu"), "4", ""},
		{"limit of the pod", resource("", "limits.memory"), "1024", ""},
		{"init containers have no limit", resource("init", "limits.cpu"), "0", ""},
		{"no such container", resource("x", "limits.cpu"), "", "container x not found"},
		{"config map", inConfigMap("cm", "B", false), "b", ""},
		{"config map is not expanded", inConfigMap("cm", "A", false), "$(X)", ""},
		{"no config map", inConfigMap("absent", "B", false), "", `configmap "absent" not found`},
		{"no key", inConfigMap("cm", "C", false), "", "couldn't find key C in ConfigMap ns/cm"},
		{"optional config map", inConfigMap("absent", "B", true), "unset", ""},
		{"optional key", inConfigMap("cm", "C", true), "unset", ""},
		{"secret", inSecret("s", "PASS", false), "p$w", ""},
		{"no secret", inSecret("absent", "PASS", false), "", `secret "absent" not found`},
		{"no key in secret", inSecret("s", "x", false), "", "couldn't find key x in Secret ns/s"},
		{"optional secret", inSecret("absent", "x", true), "unset", ""},
		{"file", inFile("v", "f", "K", false), "file value", ""},
		{"empty in file", inFile("v", "f", "E", false), "", `environment variable key "E" not found in file "f"`},
		{"optional in file", inFile("v", "f", "E", true), "unset", ""},
		{"malformed file", inFile("v", "bad", "K", true), "", "couldn't parse env file: line 1: the value of \"K\" must stand in single quotes"},
		{"no file", inFile("v", "none", "K", true), "", "couldn't parse env file: no such file"},
		{"no volume", inFile("w", "f", "K", true), "", `cannot find the volume "w" referenced by FileKeyRef`},
		{"source of nothing", &pod.EnvVarSource{}, "", ""},
	}
	for _, tt := range tests {
		p, src := environmentPod(pod.Container{Env: []pod.EnvVar{{Name: "V", ValueFrom: tt.from}}})
		p.Spec.Resources = &pod.ResourceRequirements{Limits: pod.ResourceList{"memory": pod.MustParseQuantity("1Ki")}}
		vars, err := pod.Environment(p, &p.Spec.Containers[0], src)
		if tt.err != "" {
			require.EqualError(t, err, tt.err, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		got := "unset"
		if vars[0].Name == "V" {
			got = vars[0].Value
		}
		require.Equal(t, tt.want, got, tt.name)
	}
}

func TestEnvironmentMissingSources(t *testing.T) {
	optional := true
	absent := pod.LocalObjectReference{Name: "absent"}
	tests := []struct {
		from pod.EnvFromSource
		err  string
	}{
		{pod.EnvFromSource{ConfigMapRef: &pod.ConfigMapEnvSource{LocalObjectReference: absent}}, `configmap "absent" not found`},
		{pod.EnvFromSource{SecretRef: &pod.SecretEnvSource{LocalObjectReference: absent}}, `secret "absent" not found`},
		{pod.EnvFromSource{ConfigMapRef: &pod.ConfigMapEnvSource{LocalObjectReference: absent, Optional: &optional}}, ""},
		{pod.EnvFromSource{SecretRef: &pod.SecretEnvSource{LocalObjectReference: absent, Optional: &optional}}, ""},
	}
	for _, tt := range tests {
		p, src := environmentPod(pod.Container{EnvFrom: []pod.EnvFromSource{tt.from}})
		_, err := pod.Environment(p, &p.Spec.Containers[0], src)
		if tt.err == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, tt.err)
	}
	p, src := environmentPod(pod.Container{})
	p.Spec.EnableServiceLinks = nil
	_, err := pod.Environment(p, &p.Spec.Containers[0], src)
	require.ErrorContains(t, err, "nil pod.spec.enableServiceLinks")
}

func TestServiceVariables(t *testing.T) {
	api := pod.Service{Namespace: "default", Name: "kubernetes", ClusterIP: "10.96.0.1", Ports: []pod.ServicePort{{Name: "https", Port: 443, Protocol: "TCP"}}}
	tests := []struct {
		name     string
		services []pod.Service
		links    bool
		want     map[string]string
	}{
		{"the API server without links", []pod.Service{api, {Namespace: "ns", Name: "x", ClusterIP: "10.96.0.2"}}, false, map[string]string{
			"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443", "KUBERNETES_SERVICE_PORT_HTTPS": "443",
			"KUBERNETES_PORT": "tcp://10.96.0.1:443", "KUBERNETES_PORT_443_TCP": "tcp://10.96.0.1:443",
			"KUBERNETES_PORT_443_TCP_ADDR": "10.96.0.1", "KUBERNETES_PORT_443_TCP_PORT": "443", "KUBERNETES_PORT_443_TCP_PROTO": "tcp",
		}},
		{"no address, other namespace, no ports", []pod.Service{
			{Namespace: "ns", Name: "headless", ClusterIP: "None"}, {Namespace: "ns", Name: "external"},
			{Namespace: "other", Name: "far", ClusterIP: "10.96.0.3"}, {Namespace: "ns", Name: "bare", ClusterIP: "10.96.0.4"},
		}, true, map[string]string{"BARE_SERVICE_HOST": "10.96.0.4"}},
		{"IPv6 and two ports", []pod.Service{
			{Namespace: "ns", Name: "v6", ClusterIP: "fd00::9", Ports: []pod.ServicePort{{Port: 53, Protocol: "UDP"}, {Port: 54, Name: "b-c"}}},
		}, true, map[string]string{
			"V6_SERVICE_HOST": "fd00::9", "V6_SERVICE_PORT": "53", "V6_SERVICE_PORT_B_C": "54", "V6_PORT": "udp://[fd00::9]:53",
			"V6_PORT_53_UDP": "udp://[fd00::9]:53", "V6_PORT_53_UDP_ADDR": "fd00::9", "V6_PORT_53_UDP_PORT": "53", "V6_PORT_53_UDP_PROTO": "udp",
			"V6_PORT_54_TCP": "tcp://[fd00::9]:54", "V6_PORT_54_TCP_ADDR": "fd00::9", "V6_PORT_54_TCP_PORT": "54", "V6_PORT_54_TCP_PROTO": "tcp",
		}},
		{"a namespace's own kubernetes", []pod.Service{{Namespace: "ns", Name: "kubernetes", ClusterIP: "10.0.0.1"}, api}, true,
			map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}},
	}
	for _, tt := range tests {
		p, src := environmentPod(pod.Container{})
		p.Spec.EnableServiceLinks, src.services = &tt.links, tt.services
		vars, err := pod.Environment(p, &p.Spec.Containers[0], src)
		require.NoError(t, err, tt.name)
		got := map[string]string{}
		for _, v := range vars {
			got[v.Name] = v.Value
		}
		require.Equal(t, tt.want, got, tt.name)
	}
}

func TestHostIPs(t *testing.T) {
	tests := []struct {
		name      string
		addresses []pod.NodeAddress
		want      []string
	}{
		{"none", nil, nil},
		{"no addresses that are IP", []pod.NodeAddress{{Type: "Hostname", Address: "n1"}, {Type: "InternalIP", Address: "x"}}, nil},
		{"internal before external", []pod.NodeAddress{{Type: "ExternalIP", Address: "203.0.113.4"}, {Type: "InternalIP", Address: "10.0.0.1"}}, []string{"10.0.0.1"}},
		{"two families", []pod.NodeAddress{{Type: "InternalIP", Address: "fd00::1"}, {Type: "InternalIP", Address: "fd00::2"}, {Type: "ExternalIP", Address: "1.2.3.4"}}, []string{"fd00::1", "1.2.3.4"}},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, pod.HostIPs(tt.addresses), tt.name)
	}
}

func TestOrderPodIPs(t *testing.T) {
	tests := []struct {
		ips    []string
		nodeIP string
		want   []string
	}{
		{nil, "", nil},
		{[]string{"fd00::5", "10.0.0.5"}, "", []string{"10.0.0.5", "fd00::5"}},
		{[]string{"fd00::5", "10.0.0.5"}, "fd00::1", []string{"fd00::5", "10.0.0.5"}},
		{[]string{"10.0.0.5", "10.0.0.6"}, "fd00::1", []string{"10.0.0.5"}},
		{[]string{"FD00:0::5", "nonsense"}, "10.0.0.1", []string{"fd00::5"}},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, pod.OrderPodIPs(tt.ips, tt.nodeIP), "%v on %q", tt.ips, tt.nodeIP)
	}
}

func TestEnvironmentFiles(t *testing.T) {
	long := strings.Repeat("x", 65535)
	tests := []struct{ name, file, want, err string }{
		{"empty", "", "unset", ""},
		{"plain", "K='v'", "v", ""},
		{"blank lines, comments, indent", "\n # c\n \tK='v' # c", "v", ""},
		{"first counts", "K='1'\nK='2'\n", "1", ""},
		{"other names", "J='1'\nK='2'\n", "2", ""},
		{"several lines", "K='a\nb\n\nc'\n", "a\nb\n\nc", ""},
		{"carriage returns", "K='a\r\nb'\r\n", "a\nb", ""},
		{"carriage return at the end of a line", "J='a'\r\nK='b'", "b", ""},
		{"blank after =", "K= 'v'\n", "unset", ""},
		{"blank after = of another", "J= 'v'\nK='v'", "v", ""},
		{"faults that come later", "K='v'\nJ=v", "v", ""},
		{"no =", "K\n", "", `line 1: "K" has no =`},
		{"no name", "='v'\n", "", "has no name before ="},
		{"blank before =", "K ='v'\n", "", "has a blank before ="},
		{"no quote", "J=v\nK='v'", "", `the value of "J" must stand in single quotes`},
		{"text after the quote", "J='v'x\n", "", `"x" after the closing quote`},
		{"open quote", "\nJ='v\n", "", "line 2: a single quote is not closed"},
		{"longest line", "#" + long[1:] + "\nK='v'", "v", ""},
		{"longer line", "#" + long + "\nK='v'", "", "line 1: longer than 65535 bytes"},
	}
	for _, tt := range tests {
		p, src := environmentPod(pod.Container{Env: []pod.EnvVar{{Name: "V", ValueFrom: inFile("v", "f", "K", true)}}})
		src.services, src.files = nil, map[string]map[string]string{"v": {"f": tt.file}}
		vars, err := pod.Environment(p, &p.Spec.Containers[0], src)
		if tt.err != "" {
			require.ErrorContains(t, err, tt.err, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		if tt.want == "unset" {
			require.Empty(t, vars, tt.name)
			continue
		}
		require.Equal(t, []pod.EnvVar{{Name: "V", Value: tt.want}}, vars, tt.name)
	}
}

func TestExpand(t *testing.T) {
	vars := map[string]string{"A": "a", "EMPTY": "", "REF": "$(A)", "$(A": "odd"}
	lookup := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	tests := []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"$(A)", "a"},
		{"x$(A)y$(EMPTY)z", "xayz"},
		{"$(REF)", "$(A)"},
		{"$(NONE)", "$(NONE)"},
		{"$()", "$()"},
		{"$$(A)", "$(A)"},
		{"$$$(A)", "$a"},
		{"$$", "$"},
		{"$", "$"},
		{"a$", "a$"},
		{"$A $x", "$A $x"},
		{"$(A", "$(A"},
		{"$($(A)", "odd"},
		{"$(A$(A)", "$(A$(A)"},
		{"$é$(A)", "$éa"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, pod.Expand(tt.in, lookup), "%q", tt.in)
	}
}

func TestExpandSubPath(t *testing.T) {
	vars := []pod.EnvVar{{Name: "A", Value: "old"}, {Name: "A", Value: "a"}, {Name: "E"}}
	got, err := pod.ExpandSubPath("x/$(A)/$$(A)", vars)
	require.NoError(t, err)
	require.Equal(t, "x/a/$(A)", got)
	_, err = pod.ExpandSubPath("$(Z)$(E)$(Z)", vars)
	require.EqualError(t, err, "missing value for E, Z")
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"$(A)", "$$(A)", "$(A", "$", "$$", "x$(B)$(C)y", "$é"} {
		f.Add(s, "v")
	}
	f.Fuzz(func(t *testing.T, s, value string) {
		known := map[string]string{"A": value, "B": ""}
		got := pod.Expand(s, func(name string) (string, bool) { v, ok := known[name]; return v, ok })
		if !strings.Contains(s, "$") {
			require.Equal(t, s, got)
		}
		escaped := strings.ReplaceAll(s, "$", "$$")
		require.Equal(t, s, pod.Expand(escaped, func(string) (string, bool) { t.Fatal("a reference in escaped text"); return "", false }))
	})
}

func FuzzEnvironment(f *testing.F) {
	f.Add("A", "$(B)", "B", "$(A)$(MY_DB_SERVICE_HOST)", "K='v'")
	f.Add("A", "$$", "A", "$(A)$(A)", "K='v\n'")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2, file string) {
		p, src := environmentPod(pod.Container{Env: []pod.EnvVar{
			{Name: name1, Value: value1}, {Name: name2, Value: value2}, {Name: "FILE", ValueFrom: inFile("v", "f", "K", true)},
		}})
		src.files["v"]["f"] = file
		vars, err := pod.Environment(p, &p.Spec.Containers[0], src)
		if err != nil {
			require.ErrorContains(t, err, "couldn't parse env file")
			return
		}
		names := map[string]bool{}
		for _, v := range vars {
			require.Nil(t, v.ValueFrom)
			require.False(t, names[v.Name], "%q occurs twice", v.Name)
			names[v.Name] = true
		}
		require.Subset(t, slices.Collect(maps.Keys(names)), []string{name1, name2, "MY_DB_SERVICE_HOST"})
	})
}
