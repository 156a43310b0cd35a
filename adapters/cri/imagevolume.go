package cri

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// ImageVolumes returns the plugin for volumes of the kind image, for the driver of a node whose containers this Runtime runs:
//
//	disk.Open(dir, disk.Options{Plugins: map[storage.Kind]storage.Plugin{storage.Image: runtime.ImageVolumes()}})
//
// It keeps an empty folder for each such volume. In a container the engine mounts the image in its place, which is fetched first, by its
// own policy and with the pod's credentials. See KEP-4639.
func (r *Runtime) ImageVolumes() storage.Plugin { return imageVolumes{r.files} }

// imageVolumes keeps the folders in which images are not.
type imageVolumes struct{ files files }

func (v imageVolumes) Publish(p *pod.Pod, volume storage.Volume) (string, error) {
	if err := storage.CheckUID(p.UID); err != nil {
		return "", err
	}
	path := filepath.Join(v.files.imageVolumes(p.UID), volume.Name)
	return path, os.MkdirAll(path, 0o755)
}

func (v imageVolumes) Unpublish(uid pod.UID) error {
	if err := storage.CheckUID(uid); err != nil {
		return err
	}
	return os.RemoveAll(v.files.imageVolumes(uid))
}

func (v imageVolumes) Published() ([]pod.UID, error) {
	return uidsIn(filepath.Dir(v.files.imageVolumes("any")))
}

// imageMounts makes those of the container's mounts that are of image volumes mount the image, or the part of it that is below the
// volume's folder otherwise.
func (s *start) imageMounts(ctx context.Context, all []*criapi.Mount) error {
	for i := range s.container.VolumeMounts {
		name := s.container.VolumeMounts[i].Name
		v := s.pod.Spec.Volume(name)
		if v == nil || v.Image == nil || i >= len(all) {
			continue
		}
		part, err := filepath.Rel(filepath.Join(s.files.imageVolumes(s.pod.UID), name), all[i].HostPath)
		if err == nil {
			err = s.engine.takesImageVolumes(part != ".")
		}
		if err != nil {
			return configError(fmt.Errorf("volume %q: %w", name, err))
		}
		found, err := s.present(ctx, v.Image.Reference, v.Image.PullPolicy)
		if err != nil {
			return err
		}
		all[i].HostPath, all[i].Readonly, all[i].SelinuxRelabel = "", true, false
		all[i].Image = &criapi.ImageSpec{Image: found.Id, UserSpecifiedImage: v.Image.Reference}
		if part != "." {
			all[i].ImageSubPath = part
		}
	}
	return nil
}

// release is a version of an engine.
type release struct{ major, minor int }

func (r release) before(other release) bool {
	return r.major < other.major || r.major == other.major && r.minor < other.minor
}

// releaseOf are the first two numbers of a version.
func releaseOf(version string) release {
	first, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	second, _, _ := strings.Cut(rest, ".")
	major, _ := strconv.Atoi(first)
	minor, _ := strconv.Atoi(second)
	return release{major, minor}
}

// The first releases that take image volumes, and parts of them. Others than these engines are expected to take all.
var (
	withImageVolumes = map[string]release{"containerd": {2, 1}, "cri-o": {1, 31}}
	withImageParts   = map[string]release{"containerd": {2, 2}, "cri-o": {1, 33}}
)

// takesImageVolumes returns an error that says so where the engine does not: it would take an image for a folder of this machine, or a
// part of one for all of it.
func (e *engine) takesImageVolumes(part bool) error {
	own := releaseOf(e.version)
	if first, known := withImageVolumes[e.name]; known && own.before(first) {
		return fmt.Errorf("image volumes need containerd from 2.1 on or CRI-O from 1.31 on; this is %s %s", e.name, e.version)
	}
	if first, known := withImageParts[e.name]; part && known && own.before(first) {
		return fmt.Errorf("a subPath of an image volume needs containerd from 2.2 on or CRI-O from 1.33 on; this is %s %s", e.name, e.version)
	}
	return nil
}
