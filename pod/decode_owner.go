package pod

import (
	"strings"

	"github.com/podlife/podlife/internal/yamldoc"
)

// ownerKind is a kind of object that holds a pod template.
type ownerKind struct {
	groups   []string
	template string // path of the template
	decode   func(n yamldoc.Node, path string, s yamldoc.Strictness) (*Template, []yamldoc.Fault)
}

// ownerKinds are the workload kinds of Kubernetes' own API groups, with the
// groups that Deployments and DaemonSets had before apps/v1.
var ownerKinds = map[string]ownerKind{
	"Deployment":            {[]string{"apps", "extensions"}, "spec.template", decodeOwner[deploymentSpec]()},
	"ReplicaSet":            {[]string{"apps", "extensions"}, "spec.template", decodeOwner[replicaSetSpec]()},
	"StatefulSet":           {[]string{"apps"}, "spec.template", decodeOwner[statefulSetSpec]()},
	"DaemonSet":             {[]string{"apps", "extensions"}, "spec.template", decodeOwner[daemonSetSpec]()},
	"Job":                   {[]string{"batch"}, "spec.template", decodeOwner[jobSpec]()},
	"CronJob":               {[]string{"batch"}, "spec.jobTemplate.spec.template", decodeOwner[cronJobSpec]()},
	"ReplicationController": {[]string{""}, "spec.template", decodeOwner[replicationControllerSpec]()},
	"PodTemplate":           {[]string{""}, "template", decodePodTemplate},
}

// owner is the document of a workload: as much of it as is needed to find its
// misspelt fields, and the template.
type owner[S any] struct {
	TypeMeta   `json:",inline"`
	ObjectMeta `json:"metadata,omitempty"`
	Spec       S       `json:"spec"`
	Status     skipped `json:"status"`
}

// templateHolder is a workload's spec.
type templateHolder interface{ template() *Template }

func decodeOwner[S any, P interface {
	*S
	templateHolder
}]() func(yamldoc.Node, string, yamldoc.Strictness) (*Template, []yamldoc.Fault) {
	codec := yamldoc.CodecOf[owner[S]](types)
	return func(n yamldoc.Node, path string, s yamldoc.Strictness) (*Template, []yamldoc.Fault) {
		var o owner[S]
		faults := codec.DecodeUnplaced(n, &o, path, s)
		return P(&o.Spec).template(), faults
	}
}

type podTemplate struct {
	TypeMeta   `json:",inline"`
	ObjectMeta `json:"metadata,omitempty"`
	Template   Template `json:"template"`
}

var podTemplateCodec = yamldoc.CodecOf[podTemplate](types)

func decodePodTemplate(n yamldoc.Node, path string, s yamldoc.Strictness) (*Template, []yamldoc.Fault) {
	var p podTemplate
	faults := podTemplateCodec.DecodeUnplaced(n, &p, path, s)
	return &p.Template, faults
}

// nameRoom is how much of a name Kubernetes keeps before a generated suffix.
const nameRoom = 58

// podFrom makes the pod that an owner would make of its template.
func podFrom(t *Template, ownerName, namespace, suffix string) *Pod {
	if ownerName == "" {
		ownerName = "template"
	}
	p := &Pod{TypeMeta: TypeMeta{Kind: "Pod", APIVersion: "v1"}, ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	base := strings.TrimSuffix(ownerName, "-") + "-"
	p.Name = base[:min(len(base), nameRoom)] + suffix
	p.GenerateName = ""
	p.Namespace = namespace
	return p
}

// isList reports whether a kind is a list, and the kind of its items where the
// name of the list tells.
func isList(kind string) (item string, ok bool) {
	item, ok = strings.CutSuffix(kind, "List")
	return item, ok
}
