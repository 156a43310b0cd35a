package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Modes of directories. That of a pod is what the process's umask leaves of it.
const (
	podMode      fs.FileMode = 0o711
	emptyDirMode fs.FileMode = 0o777
)

// Mount prepares all volumes of p, or none; see storage.Driver. They are made in a directory of another name, and one
// rename at the end makes them the pod's. What hostPath volumes ask to be made is made last, before the rename.
func (d *Driver) Mount(p *pod.Pod, sources storage.Sources) error {
	if err := checkUID(p.UID); err != nil {
		return err
	}
	defer d.busy.lock(p.UID)()
	if err := d.mount(p, sources); err != nil {
		return fmt.Errorf("volumes of pod %q: %w", p.Name, err)
	}
	return nil
}

func (d *Driver) mount(p *pod.Pod, sources storage.Sources) error {
	volumes, err := storage.Volumes(p)
	if err != nil {
		return err
	}
	files, err := allFiles(p, volumes, sources)
	if err != nil {
		return err
	}
	m := mounting{Driver: d, pod: p, group: d.group(p), volumes: volumes, files: files}
	switch missing, err := d.root.missing(string(p.UID)); {
	case err != nil:
		return err
	case !missing:
		return m.update()
	}
	return m.make()
}

// allFiles returns the files of each of volumes, nil for those that have none of their own.
func allFiles(p *pod.Pod, volumes []storage.Volume, sources storage.Sources) ([][]storage.File, error) {
	var all [][]storage.File
	for i := range volumes {
		if !volumes[i].Kind.Content() {
			continue
		}
		files, err := storage.Files(p, &volumes[i], sources)
		if err != nil {
			return nil, fmt.Errorf("volume %q: %w", volumes[i].Name, err)
		}
		if all == nil {
			all = make([][]storage.File, len(volumes))
		}
		all[i] = files
	}
	return all, nil
}

// mounting is one call of Mount.
type mounting struct {
	*Driver
	pod     *pod.Pod
	group   group
	volumes []storage.Volume
	files   [][]storage.File // of each volume; nil if none has files of its own
	undo    []func()
}

// make mounts what is not mounted.
func (m *mounting) make() error {
	missing, err := m.hosts.checkAll(m.volumes)
	if err != nil {
		return err
	}
	coming := comingPrefix + string(m.pod.UID)
	if err := m.root.makeNew(coming, podMode); err != nil {
		return err
	}
	err = m.fill(coming)
	if err == nil {
		err = m.makeHostPaths(missing)
	}
	if err == nil {
		err = m.root.rename(coming, string(m.pod.UID))
	}
	if err != nil {
		return errors.Join(err, m.takeBack(coming))
	}
	return nil
}

// makeNew makes the directory name, after removing what a crash left in its place.
func (a *area) makeNew(name string, perm fs.FileMode) error {
	err := a.mkdir(name, perm)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := a.removeTree(name); err != nil {
		return err
	}
	return a.mkdir(name, perm)
}

func (m *mounting) makeHostPaths(missing []*pod.HostPathVolumeSource) error {
	for _, s := range missing {
		undo, err := m.hosts.create(s)
		if err != nil {
			return fmt.Errorf("hostPath %q: %w", s.Path, err)
		}
		m.undo = append(m.undo, undo)
	}
	return nil
}

// takeBack undoes a Mount that failed.
func (m *mounting) takeBack(coming string) error {
	for i := len(m.undo) - 1; i >= 0; i-- {
		m.undo[i]()
	}
	return errors.Join(m.release(m.pod.UID), m.root.removeTree(coming))
}

// fill makes every volume in the directory called coming.
func (m *mounting) fill(coming string) error {
	if len(m.volumes) == 0 {
		return nil
	}
	dir, err := m.root.sub(coming)
	if err != nil {
		return err
	}
	defer dir.Close()
	for i := range m.volumes {
		if err := m.makeVolume(dir, i); err != nil {
			return fmt.Errorf("volume %q: %w", m.volumes[i].Name, err)
		}
	}
	return nil
}

// makeVolume makes the volume of index i in dir: a directory, or a link to where it is.
func (m *mounting) makeVolume(dir *area, i int) error {
	v := &m.volumes[i]
	switch {
	case v.Kind == storage.HostPath:
		return dir.symlink(m.hosts.target(v.Source.HostPath.Path), v.Name)
	case v.Kind == storage.EmptyDir:
		if err := m.makeEmptyDir(dir, v); err != nil {
			return err
		}
		return m.group.give(filepath.Join(dir.Name(), v.Name), groupWrites)
	case v.Kind.Content():
		return m.makeContent(dir, v.Name, m.files[i])
	}
	plugin := m.opts.Plugins[v.Kind]
	if plugin == nil {
		return fmt.Errorf("no plugin for a volume of kind %s", v.Kind)
	}
	path, err := plugin.Publish(m.pod, *v)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(path) {
		return fmt.Errorf("plugin for kind %s gave the path %q, expected an absolute one", v.Kind, path)
	}
	if m.group.takes(v) {
		if err := m.group.giveClaim(path); err != nil {
			return err
		}
	}
	return dir.symlink(path, v.Name)
}

// makeEmptyDir makes an emptyDir on disk, or in memory.
func (m *mounting) makeEmptyDir(dir *area, v *storage.Volume) error {
	mode := emptyDirMode
	s := v.Source.EmptyDir
	if s == nil {
		return dir.makeVolumeDir(v.Name, mode)
	}
	if s.Mode != nil {
		mode = fileMode(*s.Mode)
	}
	if s.Medium != pod.StorageMediumMemory {
		return dir.makeVolumeDir(v.Name, mode)
	}
	if m.opts.MountMemory {
		if err := m.makeMemoryMount(dir, v.Name, mode, s.SizeLimit); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	if m.memory == nil {
		return dir.makeVolumeDir(v.Name, mode)
	}
	return m.makeInMemory(dir, v.Name, mode)
}

// makeMemoryMount makes a directory at which memory is mounted. Nothing is left of it where that cannot be.
func (m *mounting) makeMemoryMount(dir *area, name string, mode fs.FileMode, limit *pod.Quantity) error {
	size := int64(0)
	if limit != nil {
		size = max(0, limit.Value())
	}
	if err := dir.mkdir(name, 0o700); err != nil {
		return err
	}
	err := dir.step("mount", name)
	if err == nil {
		err = mountMemory(filepath.Join(dir.Name(), name), mode, size)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return errors.Join(err, dir.remove(name))
	}
	return err
}

// makeVolumeDir makes a directory of exactly this mode.
func (a *area) makeVolumeDir(name string, mode fs.FileMode) error {
	if err := a.mkdir(name, 0o700); err != nil {
		return err
	}
	return a.chmod(name, mode)
}

func (m *mounting) makeInMemory(dir *area, name string, mode fs.FileMode) error {
	uid := string(m.pod.UID)
	if err := m.memory.mkdir(uid, podMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	in, err := m.memory.sub(uid)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := in.removeTree(name); err != nil {
		return err
	}
	if err := in.makeVolumeDir(name, mode); err != nil {
		return err
	}
	return dir.symlink(filepath.Join(m.memory.Name(), uid, name), name)
}

// writer writes the files of a volume.
func (m *mounting) writer(dir *area) writer {
	return writer{area: dir, group: m.group, now: m.opts.Now()}
}

func (m *mounting) makeContent(dir *area, name string, files []storage.File) error {
	if err := dir.mkdir(name, contentMode); err != nil {
		return err
	}
	in, err := dir.sub(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := m.group.give(in.Name(), groupReads); err != nil {
		return err
	}
	return m.writer(in).fill(files)
}

// update brings the files of a mounted pod up to date.
func (m *mounting) update() error {
	if m.files == nil {
		return nil
	}
	dir, err := m.root.sub(string(m.pod.UID))
	if err != nil {
		return err
	}
	defer dir.Close()
	for i := range m.volumes {
		if !m.volumes[i].Kind.Content() {
			continue
		}
		if err := m.updateVolume(dir, m.volumes[i].Name, m.files[i]); err != nil {
			return fmt.Errorf("volume %q: %w", m.volumes[i].Name, err)
		}
	}
	return nil
}

func (m *mounting) updateVolume(dir *area, name string, files []storage.File) error {
	in, err := dir.sub(name)
	if err != nil {
		return err
	}
	defer in.Close()
	return m.writer(in).update(files)
}
