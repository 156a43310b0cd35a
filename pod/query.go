package pod

import "iter"

// Key names a pod within one cluster at one time; a later pod may have the same Key and another UID. Keys compare
// with == and serve as map keys.
type Key struct {
	Namespace string
	Name      string
}

// String is namespace/name, or the bare name where there is no namespace.
func (k Key) String() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// Key returns the object's namespace and name.
func (m *ObjectMeta) Key() Key { return Key{Namespace: m.Namespace, Name: m.Name} }

// Meta returns m itself. By it every object that embeds an ObjectMeta can be told apart from other values.
func (m *ObjectMeta) Meta() *ObjectMeta { return m }

// SetKind makes the object say what it is.
func (t *TypeMeta) SetKind(apiVersion, kind string) { t.APIVersion, t.Kind = apiVersion, kind }

// ControllerRef is the owner that is the controller, or nil. It belongs to m.
func (m *ObjectMeta) ControllerRef() *OwnerReference {
	for i := range m.OwnerReferences {
		if c := m.OwnerReferences[i].Controller; c != nil && *c {
			return &m.OwnerReferences[i]
		}
	}
	return nil
}

// IsTerminating reports whether deletion was asked for.
func (m *ObjectMeta) IsTerminating() bool { return m.DeletionTimestamp != nil }

// IsTerminal reports whether no pod ever leaves this phase: Succeeded and Failed.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase.
func (p Phase) IsTerminal() bool { return p == Succeeded || p == Failed }

// Condition returns the first condition of type t, or nil. It belongs to s.
func (s *Status) Condition(t ConditionType) *Condition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == t {
			return &s.Conditions[i]
		}
	}
	return nil
}

// SetCondition puts c, as it is, in place of the first condition of its type, or at the end.
func (s *Status) SetCondition(c Condition) {
	if was := s.Condition(c.Type); was != nil {
		*was = c
		return
	}
	s.Conditions = append(s.Conditions, c)
}

// IsTrue reports whether the condition t exists with the status True.
func (s *Status) IsTrue(t ConditionType) bool {
	c := s.Condition(t)
	return c != nil && c.Status == ConditionTrue
}

// ContainerStatus returns the status of the container of that name, be it main, init or ephemeral, or nil. It
// belongs to s.
func (s *Status) ContainerStatus(name string) *ContainerStatus {
	for _, list := range [...][]ContainerStatus{s.ContainerStatuses, s.InitContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

// ContainerRole says when a container of a pod runs.
type ContainerRole uint8

const (
	// RoleInit runs to its end before the next begins.
	RoleInit ContainerRole = iota
	// RoleSidecar is an init container that keeps running: restartPolicy Always.
	RoleSidecar
	// RoleMain runs once all init containers have ended or, if sidecars, started.
	RoleMain
	// RoleEphemeral was added to the living pod, for debugging.
	RoleEphemeral
)

// String is one lower-case word.
func (r ContainerRole) String() string {
	return [...]string{"init", "sidecar", "main", "ephemeral"}[r&3]
}

// IsSidecar reports whether c, which must be an init container, is one that keeps running.
// See https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/.
func (c *Container) IsSidecar() bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == RestartPolicyAlways
}

// AllContainers yields init containers and sidecars, main containers and ephemeral ones, each in the order of the
// spec. They belong to s; an ephemeral container lacks its target here, the rest is the same.
func (s *Spec) AllContainers() iter.Seq2[ContainerRole, *Container] {
	return func(yield func(ContainerRole, *Container) bool) {
		for i := range s.InitContainers {
			role := RoleInit
			if s.InitContainers[i].IsSidecar() {
				role = RoleSidecar
			}
			if !yield(role, &s.InitContainers[i]) {
				return
			}
		}
		for i := range s.Containers {
			if !yield(RoleMain, &s.Containers[i]) {
				return
			}
		}
		for i := range s.EphemeralContainers {
			if !yield(RoleEphemeral, (*Container)(&s.EphemeralContainers[i].EphemeralContainerCommon)) {
				return
			}
		}
	}
}

// Container returns the container of that name, whatever its role, or nil. It belongs to s.
func (s *Spec) Container(name string) *Container {
	for _, c := range s.AllContainers() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Volume returns the volume of that name, or nil. It belongs to s.
func (s *Spec) Volume(name string) *Volume {
	for i := range s.Volumes {
		if s.Volumes[i].Name == name {
			return &s.Volumes[i]
		}
	}
	return nil
}
