package pod

import (
	"strings"
	"unicode/utf8"

	"github.com/podlife/podlife/naming"
)

// maxUnit is the highest number of a partition, or of a logical unit of a disk.
const maxUnit = 255

// nfs judges an NFS share.
func (v *validator) nfs(p path, n *NFSVolumeSource) {
	v.requireText(p.field("server"), n.Server)
	v.requireText(p.field("path"), n.Path)
	if !strings.HasPrefix(n.Path, "/") {
		v.invalid(p.field("path"), n.Path, "want an absolute path")
	}
}

// glusterfs judges a GlusterFS volume.
func (v *validator) glusterfs(p path, g *GlusterfsVolumeSource) {
	v.requireText(p.field("endpoints"), g.EndpointsName)
	v.requireText(p.field("path"), g.Path)
}

// flocker judges a Flocker dataset, which has either a name or an identifier.
func (v *validator) flocker(p path, f *FlockerVolumeSource) {
	switch {
	case f.DatasetName == "" && f.DatasetUUID == "":
		v.required(p, "want datasetName or datasetUUID")
	case f.DatasetName != "" && f.DatasetUUID != "":
		v.invalid(p, f.DatasetName, "want either datasetName or datasetUUID")
	}
	if strings.Contains(f.DatasetName, "/") {
		v.invalid(p.field("datasetName"), f.DatasetName, `want no "/" in it`)
	}
}

// rbd judges an image of a Ceph cluster.
func (v *validator) rbd(p path, r *RBDVolumeSource) {
	if len(r.CephMonitors) == 0 {
		v.required(p.field("monitors"), "")
	}
	v.requireText(p.field("image"), r.RBDImage)
}

// cinder judges an OpenStack volume.
func (v *validator) cinder(p path, c *CinderVolumeSource) {
	v.requireText(p.field("volumeID"), c.VolumeID)
	v.secretName(p.field("secretRef"), c.SecretRef)
}

// secretName judges that a reference to a secret, if there is one, has a name.
func (v *validator) secretName(p path, r *LocalObjectReference) {
	if r != nil {
		v.requireText(p.field("name"), r.Name)
	}
}

// gcePersistentDisk judges a disk of Google's cloud.
func (v *validator) gcePersistentDisk(p path, d *GCEPersistentDiskVolumeSource) {
	v.requireText(p.field("pdName"), d.PDName)
	v.inRange(p.field("partition"), int64(d.Partition), 0, maxUnit)
}

// awsElasticBlockStore judges a disk of Amazon's cloud.
func (v *validator) awsElasticBlockStore(p path, d *AWSElasticBlockStoreVolumeSource) {
	v.requireText(p.field("volumeID"), d.VolumeID)
	v.inRange(p.field("partition"), int64(d.Partition), 0, maxUnit)
}

// azureFile judges a share of Microsoft's cloud.
func (v *validator) azureFile(p path, a *AzureFileVolumeSource) {
	v.requireText(p.field("secretName"), a.SecretName)
	v.requireText(p.field("shareName"), a.ShareName)
}

// azureDisk judges a disk of Microsoft's cloud; the form of its URI depends on its kind.
func (v *validator) azureDisk(p path, a *AzureDiskVolumeSource) {
	v.requireText(p.field("diskName"), a.DiskName)
	v.requireText(p.field("diskURI"), a.DataDiskURI)
	if a.CachingMode != nil {
		oneOf(v, p.field("cachingMode"), *a.CachingMode,
			AzureDataDiskCachingNone, AzureDataDiskCachingReadOnly, AzureDataDiskCachingReadWrite)
	}
	if a.Kind == nil {
		return
	}
	oneOf(v, p.field("kind"), *a.Kind, AzureSharedBlobDisk, AzureDedicatedBlobDisk, AzureManagedDisk)
	start := "https://"
	if *a.Kind == AzureManagedDisk {
		start = "/subscriptions/"
	}
	if !strings.HasPrefix(a.DataDiskURI, start) {
		v.report(FieldValueNotSupported, p.field("diskURI"), a.DataDiskURI, "for this kind it begins with "+start)
	}
}

// scaleIO judges a ScaleIO volume.
func (v *validator) scaleIO(p path, s *ScaleIOVolumeSource) {
	v.requireText(p.field("gateway"), s.Gateway)
	v.requireText(p.field("system"), s.System)
	v.requireText(p.field("volumeName"), s.VolumeName)
}

// storageOS judges a StorageOS volume.
func (v *validator) storageOS(p path, s *StorageOSVolumeSource) {
	v.volumeName(p.field("volumeName"), s.VolumeName)
	if s.VolumeNamespace != "" {
		v.name(p.field("volumeNamespace"), s.VolumeNamespace, naming.DNS1123Label(s.VolumeNamespace))
	}
	v.secretName(p.field("secretRef"), s.SecretRef)
}

// gitRepo judges a clone of a repository.
func (v *validator) gitRepo(p path, g *GitRepoVolumeSource) {
	v.requireText(p.field("repository"), g.Repository)
	v.relativePath(p.field("directory"), g.Directory)
}

// fc judges a Fibre Channel disk, found either by port and unit or by identifier.
func (v *validator) fc(p path, f *FCVolumeSource) {
	switch targets := len(f.TargetWWNs) > 0; {
	case !targets && len(f.WWIDs) == 0:
		v.required(p.field("targetWWNs"), "want targetWWNs or wwids")
	case targets && len(f.WWIDs) > 0:
		v.invalid(p.field("targetWWNs"), f.TargetWWNs[0], "want either targetWWNs or wwids")
	}
	switch {
	case len(f.TargetWWNs) == 0:
	case f.Lun == nil:
		v.required(p.field("lun"), "targetWWNs need it")
	default:
		v.inRange(p.field("lun"), int64(*f.Lun), 0, maxUnit)
	}
}

// flexVolume judges a volume of a driver on the node; options of Kubernetes' own domains are the node's.
func (v *validator) flexVolume(p path, f *FlexVolumeSource) {
	v.requireText(p.field("driver"), f.Driver)
	options, mark := p.field("options"), len(v.errs)
	for key := range f.Options {
		domain, _, _ := strings.Cut(key, "/")
		if isKubernetesDomain(domain) {
			v.invalid(options.key(key), key, "kubernetes.io and k8s.io are reserved")
		}
	}
	v.sortFrom(mark)
}

// isKubernetesDomain reports whether s is kubernetes.io, k8s.io or below one of them, whatever the case.
func isKubernetesDomain(s string) bool {
	s = strings.ToLower(s)
	for _, domain := range [...]string{"kubernetes.io", "k8s.io"} {
		if rest, ok := strings.CutSuffix(s, domain); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
			return true
		}
	}
	return false
}

// maxTenant is how many bytes the tenant of a Quobyte volume has at most.
const maxTenant = 64

// quobyte judges a Quobyte volume, whose registry is a list of host:port with commas between.
func (v *validator) quobyte(p path, q *QuobyteVolumeSource) {
	const want = "want host:port, or several with commas between"
	switch {
	case q.Registry == "":
		v.required(p.field("registry"), want)
	case len(q.Tenant) > maxTenant:
		v.required(p.field("tenant"), "want a UUID of at most 64 bytes")
	case !allHostPorts(q.Registry):
		v.invalid(p.field("registry"), q.Registry, want)
	}
	v.requireText(p.field("volume"), q.Volume)
}

// allHostPorts reports whether s is a list of host:port with commas between.
func allHostPorts(s string) bool {
	for more := true; more; {
		var pair string
		if pair, s, more = strings.Cut(s, ","); !isHostPort(pair) {
			return false
		}
	}
	return true
}

// isHostPort reports whether s is host:port, where a host with colons stands in brackets. Both may be empty.
func isHostPort(s string) bool {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return false
	}
	host, port := s[:colon], s[colon+1:]
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); !ok {
			return false
		}
		return !strings.ContainsAny(inner, "[]") && !strings.ContainsAny(port, "[]")
	}
	return !strings.Contains(host, ":") && !strings.ContainsAny(s, "[]")
}

// iscsi judges an iSCSI disk. Its target and the node's own name each have one of three forms.
// See https://kubernetes.io/docs/concepts/storage/volumes/#iscsi.
func (v *validator) iscsi(p path, s *ISCSIVolumeSource) {
	v.requireText(p.field("targetPortal"), s.TargetPortal)
	if s.IQN == "" {
		v.required(p.field("iqn"), "")
	} else {
		v.iscsiName(p.field("iqn"), s.IQN)
	}
	v.inRange(p.field("lun"), int64(s.Lun), 0, maxUnit)
	if (s.DiscoveryCHAPAuth || s.SessionCHAPAuth) && s.SecretRef == nil {
		v.required(p.field("secretRef"), "CHAP authentication needs it")
	}
	if s.InitiatorName != nil {
		v.iscsiName(p.misspelt("initiatorname", "initiatorName"), *s.InitiatorName)
	}
}

// maxISCSIName is how many bytes volume name and target portal have together at most, with a colon between.
const maxISCSIName = 64

// iscsiNameLength judges the length of what a node makes of the names of volume and target.
func (v *validator) iscsiNameLength(p path, name string, s *ISCSIVolumeSource) {
	if s.InitiatorName != nil && len(name)+1+len(s.TargetPortal) > maxISCSIName {
		v.invalid(p, name, "together with iscsi.targetPortal it must have less than 64 bytes where initiatorName is set")
	}
}

// iscsiName judges the name of a target or an initiator.
func (v *validator) iscsiName(p path, s string) {
	ok := false
	switch {
	case strings.HasPrefix(s, "iqn"):
		ok = isISCSIQualifiedName(s)
	case strings.HasPrefix(s, "eui"):
		ok = isISCSINumber(s[len("eui"):], 16)
	case strings.HasPrefix(s, "naa"):
		ok = isISCSINumber(s[len("naa"):], 32)
	}
	if !ok {
		v.invalid(p, s, "want iqn.2001-04.com.example:name, or eui. with 16 or naa. with 32 letters and digits")
	}
}

// isISCSIQualifiedName reports whether s ends in iqn., a year and a month, a domain, a colon and a name.
func isISCSIQualifiedName(s string) bool {
	for {
		at := strings.Index(s, "iqn.")
		if at < 0 {
			return false
		}
		s = s[at+len("iqn."):]
		if isDatedName(s) {
			return true
		}
	}
}

// isDatedName reports whether s is like 2001-04.com.example:name.
func isDatedName(s string) bool {
	const date = len("2001-04.")
	if len(s) < date || !allBytes(s[:4], isDigitByte) || s[4] != '-' || !allBytes(s[5:7], isDigitByte) || s[7] != '.' {
		return false
	}
	domain, name, ok := strings.Cut(s[date:], ":")
	isDomainByte := func(c byte) bool { return isAlphanumericByte(c) || c == '-' || c == '.' }
	return ok && domain != "" && name != "" && allBytes(domain, isDomainByte) && !strings.ContainsAny(name, ",;*&$| \t\n\f\r")
}

// isISCSINumber reports whether s is any one character and then n letters and digits.
func isISCSINumber(s string, n int) bool {
	r, width := utf8.DecodeRuneInString(s)
	return width > 0 && r != '\n' && len(s) == width+n && allBytes(s[width:], isAlphanumericByte)
}
