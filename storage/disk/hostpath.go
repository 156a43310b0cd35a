package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Modes of what a hostPath volume makes. See https://kubernetes.io/docs/concepts/storage/volumes/#hostpath.
const (
	hostDirMode  fs.FileMode = 0o755
	hostFileMode fs.FileMode = 0o644
)

// host is where hostPath volumes are looked up: the whole machine, or one directory of it.
type host interface {
	Stat(name string) (fs.FileInfo, error)
	MkdirAll(name string, perm fs.FileMode) error
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Remove(name string) error
}

// machine is the host without a root of its own: names are absolute, and every link is followed.
type machine struct{}

func (machine) Stat(name string) (fs.FileInfo, error)        { return os.Stat(name) }
func (machine) MkdirAll(name string, perm fs.FileMode) error { return os.MkdirAll(name, perm) }
func (machine) Remove(name string) error                     { return os.Remove(name) }
func (machine) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

// hostPaths looks hostPath volumes up and makes what they want made.
type hostPaths struct {
	host host
	root string // empty for the machine's own
	step func(op, name string) error
}

// local returns the name of path for h.host.
func (h *hostPaths) local(path string) string {
	if h.root == "" {
		return path
	}
	if path = strings.TrimPrefix(filepath.Clean(path), "/"); path == "" {
		return "."
	}
	return path
}

// target returns the path that a hostPath volume leads to.
func (h *hostPaths) target(path string) string { return filepath.Join("/", h.root, path) }

// check looks whether s is what its type says, and whether it is to be made.
func (h *hostPaths) check(s *pod.HostPathVolumeSource) (missing bool, err error) {
	if !filepath.IsAbs(s.Path) || slices.Contains(strings.Split(s.Path, "/"), "..") {
		return false, fmt.Errorf("hostPath %q, expected an absolute path without '..'", s.Path)
	}
	want := pod.HostPathUnset
	if s.Type != nil {
		want = *s.Type
	}
	name, known := hostTypeNames[want]
	if !known {
		return false, fmt.Errorf("%s is an invalid volume type", want)
	}
	if want == pod.HostPathUnset {
		return false, nil
	}
	at, err := h.host.Stat(h.local(s.Path))
	if errors.Is(err, fs.ErrNotExist) && creates(want) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("hostPath type check failed, %s is not a %s, unable to determine its type: %w", s.Path, name, err)
	}
	if is := hostTypeOf(at.Mode()); hostTypeNames[is] != name {
		return false, fmt.Errorf("hostPath type check failed: %s is not a %s, it's a %s", s.Path, name, is)
	}
	return false, nil
}

// create makes what check found missing, and does nothing for what is there by now. It returns what takes it away
// again, where that can be.
func (h *hostPaths) create(s *pod.HostPathVolumeSource) (undo func(), err error) {
	local := h.local(s.Path)
	if err := h.step("hostPath", s.Path); err != nil {
		return nil, err
	}
	if *s.Type == pod.HostPathDirectoryOrCreate {
		return h.createDirs(local)
	}
	f, err := h.host.OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_EXCL, hostFileMode)
	if errors.Is(err, fs.ErrExist) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	return func() { h.host.Remove(local) }, f.Close()
}

// createDirs makes local and what is missing above it. Undoing removes those of them that are empty.
func (h *hostPaths) createDirs(local string) (undo func(), err error) {
	var made []string
	for dir := local; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := h.host.Stat(dir); err == nil {
			break
		}
		made = append(made, dir)
	}
	undo = func() {
		for _, dir := range made {
			h.host.Remove(dir)
		}
	}
	if err := h.host.MkdirAll(local, hostDirMode); err != nil {
		undo()
		return nil, err
	}
	return undo, nil
}

func creates(t pod.HostPathType) bool {
	return t == pod.HostPathDirectoryOrCreate || t == pod.HostPathFileOrCreate
}

// hostTypeNames has what errors call each type.
var hostTypeNames = map[pod.HostPathType]string{
	pod.HostPathUnset:             "",
	pod.HostPathDirectoryOrCreate: "directory",
	pod.HostPathDirectory:         "directory",
	pod.HostPathFileOrCreate:      "file",
	pod.HostPathFile:              "file",
	pod.HostPathSocket:            "socket file",
	pod.HostPathCharDev:           "character device",
	pod.HostPathBlockDev:          "block device",
}

// hostTypeOf returns the type of what has this mode, HostPathUnset for what no type asks for.
func hostTypeOf(m fs.FileMode) pod.HostPathType {
	switch {
	case m.IsDir():
		return pod.HostPathDirectory
	case m.IsRegular():
		return pod.HostPathFile
	case m&fs.ModeSocket != 0:
		return pod.HostPathSocket
	case m&fs.ModeCharDevice != 0:
		return pod.HostPathCharDev
	case m&fs.ModeDevice != 0:
		return pod.HostPathBlockDev
	}
	return pod.HostPathUnset
}

// hosts returns the sources of the hostPath volumes among volumes that have something to be made, after checking all.
func (h *hostPaths) checkAll(volumes []storage.Volume) (missing []*pod.HostPathVolumeSource, err error) {
	for i := range volumes {
		if volumes[i].Kind != storage.HostPath {
			continue
		}
		absent, err := h.check(volumes[i].Source.HostPath)
		if err != nil {
			return nil, fmt.Errorf("volume %q: %w", volumes[i].Name, err)
		}
		if absent {
			missing = append(missing, volumes[i].Source.HostPath)
		}
	}
	return missing, nil
}
