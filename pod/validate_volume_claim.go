package pod

import "github.com/podlife/podlife/naming"

// ephemeralVolume judges a claim that is made for the pod and ends with it.
// See https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes.
func (v *validator) ephemeralVolume(p path, e *EphemeralVolumeSource) {
	t := p.field("volumeClaimTemplate")
	if e.VolumeClaimTemplate == nil {
		v.required(t, "")
		return
	}
	v.claimMetadata(t.field("metadata"), &e.VolumeClaimTemplate.ObjectMeta)
	v.claimSpec(t.field("spec"), &e.VolumeClaimTemplate.Spec)
}

// ephemeralClaimName judges the name that a claim will have: those of pod and volume with a dash between.
func (v *validator) ephemeralClaimName(p path, volume string) {
	if v.meta == nil || v.meta.Name == "" || volume == "" {
		return
	}
	if claim := v.meta.Name + "-" + volume; naming.DNS1123Subdomain(claim) != nil {
		v.invalid(p, volume, "its claim could not be called "+claim)
	}
}

// claimMetadata judges the metadata of a claim to be made: labels and annotations only.
func (v *validator) claimMetadata(p path, m *ObjectMeta) {
	v.annotations(p.field("annotations"), m.Annotations)
	v.labels(p.field("labels"), m.Labels)
	for _, f := range [...]struct {
		name string
		set  bool
	}{
		{"name", m.Name != ""},
		{"generateName", m.GenerateName != ""},
		{"namespace", m.Namespace != ""},
		{"selfLink", m.SelfLink != ""},
		{"resourceVersion", m.ResourceVersion != ""},
		{"generation", m.Generation != 0},
		{"creationTimestamp", !m.CreationTimestamp.IsZero()},
		{"deletionTimestamp", m.DeletionTimestamp != nil},
		{"deletionGracePeriodSeconds", m.DeletionGracePeriodSeconds != nil},
		{"ownerReferences", m.OwnerReferences != nil},
		{"finalizers", m.Finalizers != nil},
		{"managedFields", m.ManagedFields != nil},
	} {
		if f.set {
			v.forbidden(p.field(f.name), "a claim that is made for a pod has none")
		}
	}
	if m.UID != "" {
		v.forbidden(p.misspelt("uID", "uid"), "a claim that is made for a pod has none")
	}
}

// claimSpec judges what storage a claim asks for.
// See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims.
func (v *validator) claimSpec(p path, s *PersistentVolumeClaimSpec) {
	v.accessModes(p.field("accessModes"), s.AccessModes)
	if s.Selector != nil {
		v.labelSelector(p.field("selector"), s.Selector)
	}
	v.claimStorage(p.field("resources"), s.Resources.Requests)
	if c := s.StorageClassName; c != nil && *c != "" {
		v.name(p.field("storageClassName"), *c, naming.DNS1123Subdomain(*c))
	}
	if s.VolumeMode != nil {
		oneOf(v, p.field("volumeMode"), *s.VolumeMode, PersistentVolumeBlock, PersistentVolumeFilesystem)
	}
	v.dataSources(p, s)
	if c := s.VolumeAttributesClassName; c != nil && *c != "" {
		v.name(p.field("volumeAttributesClassName"), *c, naming.DNS1123Subdomain(*c))
	}
}

// accessModes judges how a volume may be mounted. One that serves one pod only serves nothing else.
func (v *validator) accessModes(p path, modes []PersistentVolumeAccessMode) {
	if len(modes) == 0 {
		v.required(p, "want at least one")
	}
	alone, shared := false, false
	for i, m := range modes {
		switch m {
		case ReadWriteOncePod:
			alone = true
		case ReadWriteOnce, ReadOnlyMany, ReadWriteMany:
			shared = true
		default:
			notSupported(v, p.realAt(i), m, ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod)
		}
	}
	if alone && shared {
		v.forbidden(p, "ReadWriteOncePod goes with no other")
	}
}

// claimStorage judges how much storage is asked for.
func (v *validator) claimStorage(p path, requests ResourceList) {
	amount, ok := requests[ResourceStorage]
	storage := p.toldKey(string(ResourceStorage))
	in := storage.real("requests")
	at := in.real(string(ResourceStorage))
	switch {
	case !ok:
		v.required(at, "")
	case amount.Sign() <= 0:
		v.invalid(at, amount.String(), "want more than 0")
	}
}

// dataSources judges what a new volume is filled with. The two ways to say it must agree, unless one names a namespace;
// then there is but one.
func (v *validator) dataSources(p path, s *PersistentVolumeClaimSpec) {
	a, b := s.DataSource, s.DataSourceRef
	if a != nil {
		v.dataSource(p.field("dataSource"), a.APIGroup, a.Kind, a.Name)
	}
	if b != nil {
		v.dataSource(p.field("dataSourceRef"), b.APIGroup, b.Kind, b.Name)
		if b.Namespace != nil && *b.Namespace != "" {
			ref := p.field("dataSourceRef")
			v.name(ref.field("namespace"), *b.Namespace, naming.DNS1123Label(*b.Namespace))
		}
	}
	switch {
	case a == nil || b == nil:
	case b.Namespace != nil && *b.Namespace != "":
		v.invalid(p.real("dataSource"), a.Name, "not together with dataSourceRef.namespace")
	case !sameText(a.APIGroup, b.APIGroup) || a.Kind != b.Kind || a.Name != b.Name:
		v.invalid(p.real("dataSource"), a.Name, "must be the same as dataSourceRef")
	}
}

// sameText reports whether two strings are both absent or both the same.
func sameText(a, b *string) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// dataSource judges the object that a volume is filled from: of the core group only a claim.
func (v *validator) dataSource(p path, group *string, kind, name string) {
	v.requireText(p.field("name"), name)
	v.requireText(p.field("kind"), kind)
	switch core := group == nil || *group == ""; {
	case core && kind != "PersistentVolumeClaim":
		v.invalid(p, kind, `want the kind "PersistentVolumeClaim" without an apiGroup`)
	case !core:
		v.name(p.field("apiGroup"), *group, naming.DNS1123Subdomain(*group))
	}
}
