package storage

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
)

// sources lists the sources of a volume in the order of their fields.
func sources(s *pod.VolumeSource) [30]struct {
	kind Kind
	set  bool
} {
	return [...]struct {
		kind Kind
		set  bool
	}{
		{HostPath, s.HostPath != nil},
		{EmptyDir, s.EmptyDir != nil},
		{"gcePersistentDisk", s.GCEPersistentDisk != nil},
		{"awsElasticBlockStore", s.AWSElasticBlockStore != nil},
		{"gitRepo", s.GitRepo != nil},
		{Secret, s.Secret != nil},
		{"nfs", s.NFS != nil},
		{"iscsi", s.ISCSI != nil},
		{"glusterfs", s.Glusterfs != nil},
		{PersistentVolumeClaim, s.PersistentVolumeClaim != nil},
		{"rbd", s.RBD != nil},
		{"flexVolume", s.FlexVolume != nil},
		{"cinder", s.Cinder != nil},
		{"cephfs", s.CephFS != nil},
		{"flocker", s.Flocker != nil},
		{DownwardAPI, s.DownwardAPI != nil},
		{"fc", s.FC != nil},
		{"azureFile", s.AzureFile != nil},
		{ConfigMap, s.ConfigMap != nil},
		{"vsphereVolume", s.VsphereVolume != nil},
		{"quobyte", s.Quobyte != nil},
		{"azureDisk", s.AzureDisk != nil},
		{"photonPersistentDisk", s.PhotonPersistentDisk != nil},
		{Projected, s.Projected != nil},
		{"portworxVolume", s.PortworxVolume != nil},
		{"scaleIO", s.ScaleIO != nil},
		{"storageos", s.StorageOS != nil},
		{CSI, s.CSI != nil},
		{Ephemeral, s.Ephemeral != nil},
		{Image, s.Image != nil},
	}
}

// kindOf returns which source v has.
func kindOf(v *pod.Volume) (Kind, error) {
	var kind Kind
	for _, s := range sources(&v.VolumeSource) {
		switch {
		case !s.set:
		case kind != "":
			return "", fmt.Errorf("volume %q has the sources %s and %s, expected one", v.Name, kind, s.kind)
		default:
			kind = s.kind
		}
	}
	if kind == "" {
		return EmptyDir, nil
	}
	return kind, nil
}

// readOnlyOf returns the readOnly of a source that stands for storage elsewhere.
func readOnlyOf(s *pod.VolumeSource) bool {
	switch {
	case s.GCEPersistentDisk != nil:
		return s.GCEPersistentDisk.ReadOnly
	case s.AWSElasticBlockStore != nil:
		return s.AWSElasticBlockStore.ReadOnly
	case s.NFS != nil:
		return s.NFS.ReadOnly
	case s.ISCSI != nil:
		return s.ISCSI.ReadOnly
	case s.Glusterfs != nil:
		return s.Glusterfs.ReadOnly
	case s.RBD != nil:
		return s.RBD.ReadOnly
	case s.FlexVolume != nil:
		return s.FlexVolume.ReadOnly
	case s.Cinder != nil:
		return s.Cinder.ReadOnly
	case s.CephFS != nil:
		return s.CephFS.ReadOnly
	case s.FC != nil:
		return s.FC.ReadOnly
	case s.AzureFile != nil:
		return s.AzureFile.ReadOnly
	case s.Quobyte != nil:
		return s.Quobyte.ReadOnly
	case s.AzureDisk != nil:
		return isTrue(s.AzureDisk.ReadOnly)
	case s.PortworxVolume != nil:
		return s.PortworxVolume.ReadOnly
	case s.ScaleIO != nil:
		return s.ScaleIO.ReadOnly
	case s.StorageOS != nil:
		return s.StorageOS.ReadOnly
	}
	return false
}

// checkVolumeName refuses what is no name of a volume, and so all that is not the name of one file.
func checkVolumeName(name string) error {
	if err := naming.DNS1123Label(name); err != nil {
		return fmt.Errorf("volume name: %w", err)
	}
	return nil
}

// maxFileName is the longest name of a file, in bytes, that the usual file systems take.
const maxFileName = 255

// CheckUID returns an error where uid cannot be the name of a directory: it must have 1 to 255 letters, digits, '-', '_'
// and '.', and not start with '.'. Every UID that Kubernetes makes passes.
func CheckUID(uid pod.UID) error {
	s := string(uid)
	if s == "" || len(s) > maxFileName || s[0] == '.' || strings.IndexFunc(s, notInUID) >= 0 {
		return fmt.Errorf("pod UID %q cannot name a directory, expected 1 to %d letters, digits, '-', '_' and '.', not '.' first",
			cut(s), maxFileName)
	}
	return nil
}

func notInUID(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}

// cut shortens s for a message.
func cut(s string) string {
	if len(s) <= maxFileName {
		return s
	}
	return s[:maxFileName] + "..."
}
