package pod

import (
	"strings"

	"github.com/podlife/podlife/naming"
)

// podVolumes judges the volumes of a pod, and notes those without fault for the containers that mount them. A volume
// with a fault counts as absent there, so that its mounts have a fault as well.
// See https://kubernetes.io/docs/concepts/storage/volumes/.
func (v *validator) podVolumes(p path, list []Volume) {
	v.volumes = volumeTable{list: list}
	var names, made smallSet[string]
	for i := range list {
		if list[i].Ephemeral != nil {
			made.add(list[i].Name)
		}
	}
	for i := range list {
		at, vol, mark := p.at(i), &list[i], len(v.errs)
		v.volumeName(at.field("name"), vol.Name)
		if names.has(vol.Name) {
			v.duplicate(at.field("name"), vol.Name)
		}
		v.volumeSource(at, vol)
		if len(v.errs) == mark {
			names.add(vol.Name)
		} else {
			v.volumes.faulty.add(i)
		}
		if vol.PersistentVolumeClaim != nil {
			v.claimNotEphemeral(at.field("persistentVolumeClaim"), vol.PersistentVolumeClaim.ClaimName, &made)
		}
	}
}

// volumeName judges the name of a volume.
func (v *validator) volumeName(p path, name string) {
	if name == "" {
		v.required(p, "")
		return
	}
	v.name(p, name, naming.DNS1123Label(name))
}

// claimNotEphemeral judges that a claim is not the one that will be made for an ephemeral volume of the same pod, which
// is called after the pod and one of the volumes for which claims are made.
func (v *validator) claimNotEphemeral(p path, claim string, made *smallSet[string]) {
	if v.meta == nil || v.meta.Name == "" {
		return
	}
	rest, ok := strings.CutPrefix(claim, v.meta.Name)
	if volume, dash := strings.CutPrefix(rest, "-"); ok && dash && made.has(volume) {
		v.invalid(p.field("claimName"), claim, "is the claim of an ephemeral volume of this pod")
	}
}

// volumeSource judges that a volume has one source, and that. Of several the first is judged and the others are too
// many.
func (v *validator) volumeSource(p path, vol *Volume) {
	n, s := 0, &vol.VolumeSource
	if s.EmptyDir != nil {
		n++
		v.emptyDir(p.field("emptyDir"), s.EmptyDir)
	}
	v.sourcesOnNode(p, s, &n)
	v.sourcesOfNetwork(p, s, vol.Name, &n)
	v.sourcesOfCloud(p, s, &n)
	v.sourcesLast(p, s, vol.Name, &n)
	if n == 0 {
		v.required(p, "say what kind of volume it is")
	}
}

// sourcesOnNode judges the sources that Kubernetes looks at first.
func (v *validator) sourcesOnNode(p path, s *VolumeSource, n *int) {
	if v.firstOf(p.field("hostPath"), s.HostPath != nil, n) {
		v.hostPath(p.field("hostPath"), s.HostPath)
	}
	if v.firstOf(p.field("gitRepo"), s.GitRepo != nil, n) {
		v.gitRepo(p.field("gitRepo"), s.GitRepo)
	}
	if v.firstOf(p.field("gcePersistentDisk"), s.GCEPersistentDisk != nil, n) {
		v.gcePersistentDisk(p.misspelt("persistentDisk", "gcePersistentDisk"), s.GCEPersistentDisk)
	}
	if v.firstOf(p.field("awsElasticBlockStore"), s.AWSElasticBlockStore != nil, n) {
		v.awsElasticBlockStore(p.field("awsElasticBlockStore"), s.AWSElasticBlockStore)
	}
	if v.firstOf(p.field("secret"), s.Secret != nil, n) {
		v.secretVolume(p.field("secret"), s.Secret)
	}
}

// sourcesOfNetwork judges the sources that come next; name is that of the volume.
func (v *validator) sourcesOfNetwork(p path, s *VolumeSource, name string, n *int) {
	if v.firstOf(p.field("nfs"), s.NFS != nil, n) {
		v.nfs(p.field("nfs"), s.NFS)
	}
	if v.firstOf(p.field("iscsi"), s.ISCSI != nil, n) {
		v.iscsi(p.field("iscsi"), s.ISCSI)
	}
	if s.ISCSI != nil {
		v.iscsiNameLength(p.field("name"), name, s.ISCSI)
	}
	if v.firstOf(p.field("glusterfs"), s.Glusterfs != nil, n) {
		v.glusterfs(p.field("glusterfs"), s.Glusterfs)
	}
	if v.firstOf(p.field("flocker"), s.Flocker != nil, n) {
		v.flocker(p.field("flocker"), s.Flocker)
	}
	if v.firstOf(p.field("persistentVolumeClaim"), s.PersistentVolumeClaim != nil, n) {
		claim := p.field("persistentVolumeClaim")
		v.requireText(claim.field("claimName"), s.PersistentVolumeClaim.ClaimName)
	}
	if v.firstOf(p.field("rbd"), s.RBD != nil, n) {
		v.rbd(p.field("rbd"), s.RBD)
	}
	if v.firstOf(p.field("cinder"), s.Cinder != nil, n) {
		v.cinder(p.field("cinder"), s.Cinder)
	}
	if v.firstOf(p.misspelt("cephFS", "cephfs"), s.CephFS != nil, n) && len(s.CephFS.Monitors) == 0 {
		ceph := p.field("cephfs")
		v.required(ceph.field("monitors"), "")
	}
	if v.firstOf(p.field("quobyte"), s.Quobyte != nil, n) {
		v.quobyte(p.field("quobyte"), s.Quobyte)
	}
	if v.firstOf(p.misspelt("downwarAPI", "downwardAPI"), s.DownwardAPI != nil, n) {
		v.downwardAPIVolume(p.field("downwardAPI"), s.DownwardAPI)
	}
}

// sourcesOfCloud judges the sources that come after those.
func (v *validator) sourcesOfCloud(p path, s *VolumeSource, n *int) {
	if v.firstOf(p.field("fc"), s.FC != nil, n) {
		v.fc(p.field("fc"), s.FC)
	}
	if v.firstOf(p.field("flexVolume"), s.FlexVolume != nil, n) {
		v.flexVolume(p.field("flexVolume"), s.FlexVolume)
	}
	if v.firstOf(p.field("configMap"), s.ConfigMap != nil, n) {
		v.configMapVolume(p.field("configMap"), s.ConfigMap)
	}
	if v.firstOf(p.field("azureFile"), s.AzureFile != nil, n) {
		v.azureFile(p.field("azureFile"), s.AzureFile)
	}
	if v.firstOf(p.field("vsphereVolume"), s.VsphereVolume != nil, n) {
		disk := p.field("vsphereVolume")
		v.requireText(disk.field("volumePath"), s.VsphereVolume.VolumePath)
	}
	if v.firstOf(p.field("photonPersistentDisk"), s.PhotonPersistentDisk != nil, n) {
		disk := p.field("photonPersistentDisk")
		v.requireText(disk.field("pdID"), s.PhotonPersistentDisk.PdID)
	}
	if v.firstOf(p.field("portworxVolume"), s.PortworxVolume != nil, n) {
		disk := p.field("portworxVolume")
		v.requireText(disk.field("volumeID"), s.PortworxVolume.VolumeID)
	}
	if v.firstOf(p.field("azureDisk"), s.AzureDisk != nil, n) {
		v.azureDisk(p.field("azureDisk"), s.AzureDisk)
	}
	if v.firstOf(p.field("storageos"), s.StorageOS != nil, n) {
		v.storageOS(p.field("storageos"), s.StorageOS)
	}
}

// sourcesLast judges the sources that come last; name is that of the volume.
func (v *validator) sourcesLast(p path, s *VolumeSource, name string, n *int) {
	if v.firstOf(p.field("projected"), s.Projected != nil, n) {
		v.projected(p.field("projected"), s.Projected)
	}
	if v.firstOf(p.field("scaleIO"), s.ScaleIO != nil, n) {
		v.scaleIO(p.field("scaleIO"), s.ScaleIO)
	}
	if v.firstOf(p.field("csi"), s.CSI != nil, n) {
		v.csi(p.field("csi"), s.CSI)
	}
	if v.firstOf(p.field("ephemeral"), s.Ephemeral != nil, n) {
		v.ephemeralVolume(p.field("ephemeral"), s.Ephemeral)
		v.ephemeralClaimName(p.field("name"), name)
	}
	if v.firstOf(p.field("image"), s.Image != nil, n) {
		v.imageVolume(p.field("image"), s.Image)
	}
}

// emptyDir judges a directory that lives as long as the pod.
func (v *validator) emptyDir(p path, e *EmptyDirVolumeSource) {
	if e.SizeLimit != nil && e.SizeLimit.Sign() < 0 {
		v.forbidden(p.field("sizeLimit"), "must not be negative")
	}
	if e.Mode != nil && (*e.Mode < 0 || *e.Mode > maxDirMode) {
		v.invalid(p.field("mode"), *e.Mode, "want 0 to 01777, in octal")
	}
}

// hostPath judges a file or directory of the node.
func (v *validator) hostPath(p path, h *HostPathVolumeSource) {
	if h.Path == "" {
		v.required(p.field("path"), "")
		return
	}
	v.noBacksteps(p.field("path"), h.Path)
	if h.Type != nil {
		oneOf(v, p.field("type"), *h.Type, HostPathUnset, HostPathDirectoryOrCreate, HostPathDirectory,
			HostPathFileOrCreate, HostPathFile, HostPathSocket, HostPathCharDev, HostPathBlockDev)
	}
}

// secretVolume judges a secret as a directory.
func (v *validator) secretVolume(p path, s *SecretVolumeSource) {
	v.requireText(p.field("secretName"), s.SecretName)
	v.fileMode(p.field("defaultMode"), s.DefaultMode)
	v.userID(p.field("defaultUser"), s.DefaultUser)
	v.keysToPaths(p.field("items"), s.Items)
}

// configMapVolume judges a config map as a directory.
func (v *validator) configMapVolume(p path, c *ConfigMapVolumeSource) {
	v.requireText(p.field("name"), c.Name)
	v.fileMode(p.field("defaultMode"), c.DefaultMode)
	v.userID(p.field("defaultUser"), c.DefaultUser)
	v.keysToPaths(p.field("items"), c.Items)
}

// keysToPaths judges which keys become which files.
func (v *validator) keysToPaths(p path, items []KeyToPath) {
	for i := range items {
		v.keyToPath(p.at(i), &items[i])
	}
}

// keyToPath judges one key that becomes a file.
func (v *validator) keyToPath(p path, k *KeyToPath) {
	v.requireText(p.field("key"), k.Key)
	v.requireText(p.field("path"), k.Path)
	v.filePath(p.field("path"), k.Path)
	v.fileMode(p.field("mode"), k.Mode)
	v.userID(p.field("user"), k.User)
}

// downwardAPIVolume judges fields of the pod as a directory.
func (v *validator) downwardAPIVolume(p path, d *DownwardAPIVolumeSource) {
	v.fileMode(p.field("defaultMode"), d.DefaultMode)
	v.userID(p.field("defaultUser"), d.DefaultUser)
	items := p.real("items")
	for i := range d.Items {
		v.downwardAPIFile(items.realAt(i), &d.Items[i])
	}
}

// downwardAPIFile judges one field of the pod as a file.
func (v *validator) downwardAPIFile(p path, f *DownwardAPIVolumeFile) {
	v.requireText(p.field("path"), f.Path)
	v.filePath(p.field("path"), f.Path)
	switch {
	case f.FieldRef != nil:
		v.fieldRef(p.field("fieldRef"), f.FieldRef, fileFieldPaths[:])
		if f.ResourceFieldRef != nil {
			v.invalid(p, f.Path, "want either fieldRef or resourceFieldRef")
		}
	case f.ResourceFieldRef != nil:
		v.fileResourceRef(p.field("resourceFieldRef"), f.ResourceFieldRef)
	default:
		v.required(p, "want fieldRef or resourceFieldRef")
	}
	v.fileMode(p.field("mode"), f.Mode)
	v.userID(p.field("user"), f.User)
}

// imageVolume judges an image as a volume.
func (v *validator) imageVolume(p path, i *ImageVolumeSource) {
	if !v.allow.emptyImageReference {
		v.requireText(p.field("reference"), i.Reference)
	}
	v.pullPolicy(p.field("pullPolicy"), i.PullPolicy)
}

// csi judges a volume that a driver on the node makes for the pod.
func (v *validator) csi(p path, c *CSIVolumeSource) {
	v.csiDriver(p.field("driver"), c.Driver)
	if r := c.NodePublishSecretRef; r != nil {
		secret := p.field("nodePublishSecretRef")
		if r.Name == "" {
			v.required(secret.field("name"), "")
			return
		}
		name := p.told("name")
		in := name.real("nodePublishSecretRef")
		v.name(in.real("name"), r.Name, naming.DNS1123Subdomain(r.Name))
	}
}

// maxCSIDriver is how many bytes the name of a driver has at most.
const maxCSIDriver = 63

// csiDriver judges the name of a driver, in which case means nothing.
func (v *validator) csiDriver(p path, driver string) {
	if driver == "" {
		v.required(p, "")
		return
	}
	if len(driver) > maxCSIDriver {
		v.tooLong(p, maxCSIDriver)
	}
	v.name(p, driver, naming.DNS1123SubdomainCaseless(driver))
}
