package node

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// noSources has nothing.
type noSources struct{}

func (noSources) ConfigMap(string, string) (pod.ConfigMap, bool) { return pod.ConfigMap{}, false }
func (noSources) Secret(string, string) (pod.Secret, bool)       { return pod.Secret{}, false }
func (noSources) Services() []pod.Service                        { return nil }
func (noSources) Allocatable() pod.ResourceList                  { return nil }

// podSources are the sources of one pod, as variables and volumes want them.
type podSources struct {
	Sources
	pod     *pod.Pod
	volumes storage.Driver
	ips     []netip.Addr
	hostIPs []netip.Addr
}

var _ pod.Sources = podSources{}

func (s podSources) ConfigMap(name string) (pod.ConfigMap, bool) {
	return s.Sources.ConfigMap(s.pod.Namespace, name)
}

func (s podSources) Secret(name string) (pod.Secret, bool) {
	return s.Sources.Secret(s.pod.Namespace, name)
}

func (s podSources) Surroundings() pod.Surroundings {
	around := pod.Surroundings{HostIPs: texts(s.hostIPs), PodIPs: texts(s.ips), Allocatable: s.Allocatable()}
	if s.pod.Spec.HostNetwork {
		around.PodIPs = around.HostIPs
	}
	return around
}

func texts(ips []netip.Addr) []string {
	var out []string
	for _, ip := range ips {
		out = append(out, ip.String())
	}
	return out
}

func (s podSources) File(volume, name string) ([]byte, error) {
	if s.pod.Spec.Volume(volume) == nil {
		return nil, pod.ErrVolumeNotFound
	}
	if c, ok := s.volumes.(storage.Contents); ok {
		return c.ReadFile(s.pod.UID, volume, name)
	}
	path, err := s.volumes.Path(s.pod.UID, volume)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.ReadFile(name)
}

// mounts returns where the volumes of a container are on this machine.
func (s podSources) mounts(c *pod.Container, env []pod.EnvVar) ([]Mount, error) {
	plan, err := storage.Mounts(s.pod, c.Name)
	if err != nil {
		return nil, err
	}
	var out []Mount
	for _, m := range plan {
		if m, err = m.Expand(env); err != nil {
			return nil, err
		}
		source, err := s.place(m)
		if err != nil {
			return nil, fmt.Errorf("mount of %q at %q: %w", m.Volume, m.MountPath, err)
		}
		out = append(out, Mount{Source: source, Target: m.MountPath, ReadOnly: m.ReadOnly})
	}
	return out, nil
}

// place returns where a mount's volume, or the part of it that is mounted, is. A part that does not exist is made a folder.
func (s podSources) place(m storage.Mount) (string, error) {
	path, err := s.volumes.Path(s.pod.UID, m.Volume)
	if err != nil || m.SubPath == "" {
		return path, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if _, err := root.Stat(m.SubPath); err != nil {
		if err := root.MkdirAll(filepath.FromSlash(m.SubPath), 0o777); err != nil {
			return "", err
		}
	}
	return filepath.Join(path, filepath.FromSlash(m.SubPath)), nil
}
