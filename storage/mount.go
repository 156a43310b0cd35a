package storage

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/pod"
)

// Mount is where one container has one volume. See https://kubernetes.io/docs/concepts/storage/volumes/.
type Mount struct {
	// Volume is the name of the volume in the pod.
	Volume string
	// MountPath is the place in the container, as the manifest says it.
	MountPath string
	// SubPath is the place inside the volume that is mounted, relative and without "..", or empty for all of it.
	SubPath string
	// SubPathExpr is SubPath with references to variables, which Expand replaces; empty where there is nothing to expand.
	SubPathExpr string
	// ReadOnly says that the container may not write here.
	ReadOnly bool
	// RecursiveReadOnly says what becomes of mounts inside this one, where it is read-only; never empty. See KEP-3857.
	RecursiveReadOnly pod.RecursiveReadOnlyMode
	// Propagation says which mounts made later are seen on the other side; never empty.
	// See https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation.
	Propagation pod.MountPropagationMode
	// BindMountOptions are further options of the mount, as the manifest lists them. They belong to the pod.
	BindMountOptions []string
}

// Mounts returns the plan of all mounts of the named container of p, which may be an init, a main or an ephemeral
// container, in the order of its volumeMounts. It is an error that names the mount, if the pod has no such volume or the
// subPath leaves the volume. A container that does not exist is an error too.
func Mounts(p *pod.Pod, container string) ([]Mount, error) {
	mounts, found := volumeMounts(p, container)
	if !found {
		return nil, fmt.Errorf("pod %q has no container %q", p.Name, container)
	}
	volumes, err := Volumes(p)
	if err != nil {
		return nil, err
	}
	all := make([]Mount, 0, len(mounts))
	for i := range mounts {
		m, err := planMount(&mounts[i], volumes)
		if err != nil {
			return nil, fmt.Errorf("container %q: volumeMounts[%d]: %w", container, i, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// volumeMounts finds the container called name.
func volumeMounts(p *pod.Pod, name string) ([]pod.VolumeMount, bool) {
	for _, list := range [][]pod.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			if list[i].Name == name {
				return list[i].VolumeMounts, true
			}
		}
	}
	for i := range p.Spec.EphemeralContainers {
		if c := &p.Spec.EphemeralContainers[i]; c.Name == name {
			return c.VolumeMounts, true
		}
	}
	return nil, false
}

func planMount(m *pod.VolumeMount, volumes []Volume) (Mount, error) {
	v, found := find(volumes, m.Name)
	if !found {
		return Mount{}, fmt.Errorf("volume %q is not one of the pod's volumes", m.Name)
	}
	if m.SubPath != "" && m.SubPathExpr != "" {
		return Mount{}, fmt.Errorf("mount of %q has a subPath and a subPathExpr, expected one of them", m.Name)
	}
	if err := checkSubPath(m.SubPath); err != nil {
		return Mount{}, err
	}
	plan := Mount{
		Volume:            m.Name,
		MountPath:         m.MountPath,
		SubPath:           m.SubPath,
		SubPathExpr:       m.SubPathExpr,
		ReadOnly:          m.ReadOnly || v.ReadOnly,
		RecursiveReadOnly: pod.RecursiveReadOnlyDisabled,
		Propagation:       pod.MountPropagationNone,
		BindMountOptions:  m.BindMountOptions,
	}
	if m.RecursiveReadOnly != nil {
		plan.RecursiveReadOnly = *m.RecursiveReadOnly
	}
	if m.MountPropagation != nil {
		plan.Propagation = *m.MountPropagation
	}
	return plan, nil
}

func find(volumes []Volume, name string) (*Volume, bool) {
	for i := range volumes {
		if volumes[i].Name == name {
			return &volumes[i], true
		}
	}
	return nil, false
}

// checkSubPath refuses what would leave the volume.
func checkSubPath(s string) error {
	if strings.HasPrefix(s, "/") {
		return fmt.Errorf("error SubPath `%s` must not be an absolute path", s)
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return fmt.Errorf("unable to provision SubPath `%s`: must not contain '..'", s)
		}
	}
	if strings.IndexByte(s, 0) >= 0 {
		return fmt.Errorf("subPath %q must not contain a NUL byte", s)
	}
	return nil
}

// Expand returns m with SubPathExpr replaced by the SubPath that it makes in environment, which is the container's as
// pod.Environment returns it. A mount without SubPathExpr is returned as it is. A variable that is missing or empty, and
// a path that would leave the volume, are errors.
// See https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment.
func (m Mount) Expand(environment []pod.EnvVar) (Mount, error) {
	if m.SubPathExpr == "" {
		return m, nil
	}
	expanded, err := pod.ExpandSubPath(m.SubPathExpr, environment)
	if err == nil {
		err = checkSubPath(expanded)
	}
	if err != nil {
		return Mount{}, fmt.Errorf("subPathExpr %q of the mount at %q: %w", m.SubPathExpr, m.MountPath, err)
	}
	m.SubPath, m.SubPathExpr = expanded, ""
	return m, nil
}
