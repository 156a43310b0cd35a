package object

import (
	"reflect"

	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/pod"
)

// sort is what there is to know of one kind.
type sort struct {
	kind        Kind
	clusterWide bool
	make        func() Object
	clone       func(Object) Object
	codec       *yamldoc.Codec
}

type scope bool

const (
	inNamespace      scope = false
	acrossNamespaces scope = true
)

// types are the Go types of all kinds.
var types = yamldoc.NewTypes(yamldoc.MapType[map[string]string](), yamldoc.MapType[pod.ResourceList]())

var all = []*sort{
	sortFor[pod.Pod](PodKind, inNamespace),
	sortFor[Node](NodeKind, acrossNamespaces),
	sortFor[Namespace](NamespaceKind, acrossNamespaces),
	sortFor[Service](ServiceKind, inNamespace),
	sortFor[ConfigMap](ConfigMapKind, inNamespace),
	sortFor[Secret](SecretKind, inNamespace),
	sortFor[PersistentVolumeClaim](PersistentVolumeClaimKind, inNamespace),
	sortFor[PersistentVolume](PersistentVolumeKind, acrossNamespaces),
	sortFor[Event](EventKind, inNamespace),
	sortFor[Lease](LeaseKind, inNamespace),
	sortFor[StorageClass](StorageClassKind, acrossNamespaces),
	sortFor[CSINode](CSINodeKind, acrossNamespaces),
	sortFor[PriorityClass](PriorityClassKind, acrossNamespaces),
	sortFor[PodDisruptionBudget](PodDisruptionBudgetKind, inNamespace),
	sortFor[ReplicaSet](ReplicaSetKind, inNamespace),
	sortFor[Deployment](DeploymentKind, inNamespace),
	sortFor[StatefulSet](StatefulSetKind, inNamespace),
	sortFor[DaemonSet](DaemonSetKind, inNamespace),
	sortFor[ControllerRevision](ControllerRevisionKind, inNamespace),
	sortFor[Job](JobKind, inNamespace),
	sortFor[CronJob](CronJobKind, inNamespace),
}

var sorts, sortByType = index(all)

func index(all []*sort) (map[Kind]*sort, map[reflect.Type]*sort) {
	byKind, byType := map[Kind]*sort{}, map[reflect.Type]*sort{}
	for _, s := range all {
		byKind[s.kind], byType[reflect.TypeOf(s.make())] = s, s
	}
	byType[reflect.TypeFor[*Custom]()] = &sort{clone: func(o Object) Object { return o.(*Custom).Clone() }}
	return byKind, byType
}

func sortOf(o Object) *sort { return sortByType[reflect.TypeOf(o)] }

// sortFor is the kind whose Go type is T.
func sortFor[T any, P interface {
	*T
	Object
	Clone() *T
	SetKind(apiVersion, kind string)
}](k Kind, where scope) *sort {
	return &sort{
		kind:        k,
		clusterWide: where == acrossNamespaces,
		make: func() Object {
			p := P(new(T))
			p.SetKind(k.APIVersion, k.Name)
			return p
		},
		clone: func(o Object) Object { return P(o.(P).Clone()) },
		codec: yamldoc.CodecOf[T](types),
	}
}
