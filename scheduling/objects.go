package scheduling

import (
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// objects are the objects beside nodes and pods that matter to scheduling.
type objects struct {
	namespaces      map[string]*object.Namespace
	namespaceLabels map[string]map[string]string // of those without the label of their own name
	claims          map[pod.Key]*object.PersistentVolumeClaim
	volumes         map[string]*object.PersistentVolume
	classes         map[string]*object.StorageClass
	csiNodes        map[string]*object.CSINode
	budgets         map[pod.Key]*object.PodDisruptionBudget
	services        map[string]map[string]*object.Service // by namespace, by name
	replicaSets     map[pod.Key]*object.ReplicaSet
	statefulSets    map[pod.Key]*object.StatefulSet
}

func (s *Snapshot) putOther(o object.Object) {
	have := &s.objects
	switch o := o.(type) {
	case *object.Namespace:
		put(&have.namespaces, o.Name, o)
		s.namespaceChanged(o.Name)
	case *object.PersistentVolumeClaim:
		put(&have.claims, o.Key(), o)
	case *object.PersistentVolume:
		put(&have.volumes, o.Name, o)
	case *object.StorageClass:
		put(&have.classes, o.Name, o)
	case *object.CSINode:
		put(&have.csiNodes, o.Name, o)
	case *object.PodDisruptionBudget:
		put(&have.budgets, o.Key(), o)
	case *object.Service:
		if have.services[o.Namespace] == nil {
			put(&have.services, o.Namespace, map[string]*object.Service{})
		}
		have.services[o.Namespace][o.Name] = o
	case *object.ReplicaSet:
		put(&have.replicaSets, o.Key(), o)
	case *object.StatefulSet:
		put(&have.statefulSets, o.Key(), o)
	}
}

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

func (s *Snapshot) deleteOther(o object.Object) {
	have := &s.objects
	switch o := o.(type) {
	case *object.Namespace:
		delete(have.namespaces, o.Name)
		s.namespaceChanged(o.Name)
	case *object.PersistentVolumeClaim:
		delete(have.claims, o.Key())
	case *object.PersistentVolume:
		delete(have.volumes, o.Name)
	case *object.StorageClass:
		delete(have.classes, o.Name)
	case *object.CSINode:
		delete(have.csiNodes, o.Name)
	case *object.PodDisruptionBudget:
		delete(have.budgets, o.Key())
	case *object.Service:
		delete(have.services[o.Namespace], o.Name)
	case *object.ReplicaSet:
		delete(have.replicaSets, o.Key())
	case *object.StatefulSet:
		delete(have.statefulSets, o.Key())
	}
}

// namespaceChanged forgets all that was counted by labels of namespaces.
func (s *Snapshot) namespaceChanged(name string) {
	delete(s.objects.namespaceLabels, name)
	s.scratch.clock++
	for _, c := range s.counters {
		if !c.byNamespaceLabels() {
			c.used = s.scratch.clock
		}
	}
	s.dropCounters(s.scratch.clock)
}
