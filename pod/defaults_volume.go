package pod

// What a volume gets where it says nothing.
const (
	defaultFileMode       = 0o644
	defaultISCSIInterface = "default"
	defaultRBDPool        = "rbd"
	defaultRadosUser      = "admin"
	defaultRBDKeyring     = "/etc/ceph/keyring"
	defaultAzureFSType    = "ext4"
	defaultScaleIOStorage = "ThinProvisioned"
	defaultScaleIOFSType  = "xfs"
	defaultTokenSeconds   = 60 * 60
)

// defaultVolume makes a volume without a source an emptyDir, and fills in the source it has.
// See https://kubernetes.io/docs/concepts/storage/volumes/.
func defaultVolume(vol *Volume) {
	s := &vol.VolumeSource
	if *s == (VolumeSource{}) {
		s.EmptyDir = new(EmptyDirVolumeSource)
	}
	if i := s.Image; i != nil && i.PullPolicy == "" {
		i.PullPolicy = DefaultPullPolicy(i.Reference)
	}
	if s.HostPath != nil {
		setDefaultPointer(&s.HostPath.Type, HostPathUnset)
	}
	if s.Secret != nil {
		setDefaultPointer(&s.Secret.DefaultMode, defaultFileMode)
	}
	if s.ConfigMap != nil {
		setDefaultPointer(&s.ConfigMap.DefaultMode, defaultFileMode)
	}
	if s.DownwardAPI != nil {
		setDefaultPointer(&s.DownwardAPI.DefaultMode, defaultFileMode)
		defaultFields(s.DownwardAPI.Items)
	}
	if s.Projected != nil {
		defaultProjected(s.Projected)
	}
	if s.Ephemeral != nil && s.Ephemeral.VolumeClaimTemplate != nil {
		defaultClaim(&s.Ephemeral.VolumeClaimTemplate.Spec)
	}
	defaultDisks(s)
}

// defaultFields fills in the version of fields of the pod that are shown as files.
func defaultFields(files []DownwardAPIVolumeFile) {
	for i := range files {
		defaultFieldRef(files[i].FieldRef)
	}
}

// defaultProjected fills in the sources of a projected volume.
func defaultProjected(p *ProjectedVolumeSource) {
	setDefaultPointer(&p.DefaultMode, defaultFileMode)
	for i := range p.Sources {
		if d := p.Sources[i].DownwardAPI; d != nil {
			defaultFields(d.Items)
		}
		if t := p.Sources[i].ServiceAccountToken; t != nil {
			setDefaultPointer(&t.ExpirationSeconds, defaultTokenSeconds)
		}
	}
}

// defaultClaim fills in what storage a claim asks for.
func defaultClaim(c *PersistentVolumeClaimSpec) {
	setDefaultPointer(&c.VolumeMode, PersistentVolumeFilesystem)
	roundAmounts(c.Resources.Limits)
	roundAmounts(c.Resources.Requests)
}

// defaultDisks fills in disks that the network brings.
func defaultDisks(s *VolumeSource) {
	if s.ISCSI != nil {
		setDefault(&s.ISCSI.ISCSIInterface, defaultISCSIInterface)
	}
	if s.RBD != nil {
		setDefault(&s.RBD.RBDPool, defaultRBDPool)
		setDefault(&s.RBD.RadosUser, defaultRadosUser)
		setDefault(&s.RBD.Keyring, defaultRBDKeyring)
	}
	if s.AzureDisk != nil {
		setDefaultPointer(&s.AzureDisk.CachingMode, AzureDataDiskCachingReadWrite)
		setDefaultPointer(&s.AzureDisk.FSType, defaultAzureFSType)
		setDefaultPointer(&s.AzureDisk.ReadOnly, false)
		setDefaultPointer(&s.AzureDisk.Kind, AzureSharedBlobDisk)
	}
	if s.ScaleIO != nil {
		setDefault(&s.ScaleIO.StorageMode, defaultScaleIOStorage)
		setDefault(&s.ScaleIO.FSType, defaultScaleIOFSType)
	}
}
