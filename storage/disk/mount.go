package disk

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Modes of directories, before the process's umask where they are not set again.
const (
	podMode      fs.FileMode = 0o711
	emptyDirMode fs.FileMode = 0o777
)

// Mount prepares all volumes of p, or none. See storage.Driver.
func (d *Driver) Mount(p *pod.Pod, sources storage.Sources) error {
	if err := checkUID(p.UID); err != nil {
		return err
	}
	volumes, err := storage.Volumes(p)
	if err != nil {
		return fmt.Errorf("volumes of pod %q: %w", p.Name, err)
	}
	defer d.busy.lock(p.UID)()
	if err := d.mount(p, volumes, sources); err != nil {
		return fmt.Errorf("volumes of pod %q: %w", p.Name, err)
	}
	return nil
}

func (d *Driver) mount(p *pod.Pod, volumes []storage.Volume, sources storage.Sources) error {
	switch _, err := d.root.Lstat(string(p.UID)); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	coming := comingPrefix + string(p.UID)
	if err := d.makeComing(coming); err != nil {
		return err
	}
	err := d.fill(coming, p, volumes, sources)
	if err == nil {
		err = d.root.rename(coming, string(p.UID))
	}
	if err != nil {
		return errors.Join(err, d.root.removeTree(coming))
	}
	return nil
}

// makeComing makes the directory that a pod's volumes are prepared in, after removing what a crash left there.
func (d *Driver) makeComing(name string) error {
	err := d.root.mkdir(name, podMode)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.root.removeTree(name); err != nil {
		return err
	}
	return d.root.mkdir(name, podMode)
}

// fill makes every volume in the directory called coming.
func (d *Driver) fill(coming string, p *pod.Pod, volumes []storage.Volume, sources storage.Sources) error {
	if len(volumes) == 0 {
		return nil
	}
	dir, err := d.root.sub(coming)
	if err != nil {
		return err
	}
	defer dir.Close()
	for i := range volumes {
		if err := d.make(dir, p, &volumes[i], sources); err != nil {
			return fmt.Errorf("volume %q: %w", volumes[i].Name, err)
		}
	}
	return nil
}

// make makes one volume in dir.
func (d *Driver) make(dir *area, p *pod.Pod, v *storage.Volume, sources storage.Sources) error {
	if v.Kind != storage.EmptyDir {
		return fmt.Errorf("no driver for a volume of kind %s", v.Kind)
	}
	if err := dir.mkdir(v.Name, 0o700); err != nil {
		return err
	}
	return dir.chmod(v.Name, emptyDirMode)
}
