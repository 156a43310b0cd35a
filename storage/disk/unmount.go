package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/podlife/podlife/pod"
)

// Unmount removes the volumes of uid. See storage.Driver. The volumes are out of reach at once, before the first file is
// deleted; Unmount returns when the last one is.
func (d *Driver) Unmount(uid pod.UID) error {
	if err := checkUID(uid); err != nil {
		return err
	}
	defer d.busy.lock(uid)()
	if err := d.unmount(uid); err != nil {
		return fmt.Errorf("unmounting volumes of pod %q: %w", uid, err)
	}
	return nil
}

func (d *Driver) unmount(uid pod.UID) error {
	going := goingPrefix + string(uid)
	if err := d.moveAway(string(uid), going); err != nil {
		return err
	}
	return errors.Join(d.root.removeTree(comingPrefix+string(uid)), d.root.removeTree(going))
}

// moveAway renames a pod's directory, after finishing the removal of an earlier one. A pod without one is no error.
func (d *Driver) moveAway(from, to string) error {
	err := d.root.rename(from, to)
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) {
		if err := d.root.removeTree(to); err != nil {
			return err
		}
		err = d.root.rename(from, to)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
