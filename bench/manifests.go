package bench

import (
	_ "embed"
	"encoding/json"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	"sigs.k8s.io/yaml"

	"github.com/podlife/podlife/pod"
)

//go:embed testdata/small.yaml
var smallManifest []byte

//go:embed testdata/typical.yaml
var typicalManifest []byte

func init() {
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
}

// manifestCases read a manifest strictly, default it and validate it. podlife keeps the position of every field besides.
func manifestCases() []Case {
	var out []Case
	for _, m := range []struct {
		task string
		text []byte
	}{{"small pod", smallManifest}, {"typical pod", typicalManifest}} {
		if err := ours(m.text); err != nil {
			panic(fmt.Sprintf("podlife: %s: %v", m.task, err))
		}
		if err := theirs(m.text); err != nil {
			panic(fmt.Sprintf("kubernetes: %s: %v", m.task, err))
		}
		out = append(out, Case{
			Group: "Manifests: strict YAML, defaults, validation", Peer: "sigs.k8s.io/yaml + k8s.io/kubernetes",
			Task: fmt.Sprintf("%s (%d bytes)", m.task, len(m.text)), Faster: 3, Bytes: 3,
			Ours:   repeat(func() { _ = ours(m.text) }),
			Theirs: repeat(func() { _ = theirs(m.text) }),
		})
	}
	return out
}

func ours(text []byte) error {
	p, err := pod.Parse(text)
	if err != nil {
		return err
	}
	pod.SetDefaults(p)
	return pod.Validate(p).Err()
}

func theirs(text []byte) error {
	p := &v1.Pod{}
	if err := yaml.UnmarshalStrict(text, p); err != nil {
		return err
	}
	corev1.SetObjectDefaults_Pod(p)
	internal := &core.Pod{}
	if err := corev1.Convert_v1_Pod_To_core_Pod(p, internal, nil); err != nil {
		return err
	}
	opts := podutil.GetValidationOptionsFromPodSpecAndMeta(&internal.Spec, nil, &internal.ObjectMeta, nil)
	errs := validation.ValidatePodCreate(internal, opts)
	return field.ErrorList(errs).ToAggregate()
}

// jsonCases read and write a pod with a status.
func jsonCases() []Case {
	text := mustJSON()
	kube, ours := &v1.Pod{}, mustParse(text)
	if err := json.Unmarshal(text, kube); err != nil {
		panic(err)
	}
	return []Case{
		{
			Group: "JSON of a pod with status", Task: fmt.Sprintf("decode (%d bytes)", len(text)), Peer: "k8s.io/api, encoding/json", Faster: 1,
			Ours:   repeat(func() { _ = mustParse(text) }),
			Theirs: repeat(func() { _ = json.Unmarshal(text, &v1.Pod{}) }),
		},
		{
			Group: "JSON of a pod with status", Task: "encode", Peer: "k8s.io/api, encoding/json", Faster: 1,
			Ours:   repeat(func() { _ = ours.AppendJSON(nil) }),
			Theirs: repeat(func() { _, _ = json.Marshal(kube) }),
		},
	}
}

func mustParse(text []byte) *pod.Pod {
	p, err := pod.Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}
