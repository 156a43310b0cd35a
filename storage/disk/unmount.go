package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/podlife/podlife/pod"
)

// Unmount removes the volumes of uid; see storage.Driver. They are out of reach at once, before the first file is
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

// unmount leaves the directory of the pod for last: as long as anything is left, it is found.
func (d *Driver) unmount(uid pod.UID) error {
	going := goingPrefix + string(uid)
	if err := d.root.moveAway(string(uid), going); err != nil {
		return err
	}
	if err := d.release(uid); err != nil {
		return err
	}
	return errors.Join(d.root.removeFull(comingPrefix+string(uid)), d.root.removeFull(going))
}

// release gives back the volumes of uid that are not in its directory.
func (d *Driver) release(uid pod.UID) error {
	var faults []error
	for _, kind := range slices.Sorted(maps.Keys(d.opts.Plugins)) {
		if err := d.opts.Plugins[kind].Unpublish(uid); err != nil {
			faults = append(faults, fmt.Errorf("volumes of kind %s: %w", kind, err))
		}
	}
	if d.memory != nil {
		faults = append(faults, d.memory.removeTree(string(uid)))
	}
	return errors.Join(faults...)
}

// moveAway renames a directory, after finishing the removal of an earlier one of the new name. That there is none to
// rename is no error.
func (a *area) moveAway(from, to string) error {
	err := a.rename(from, to)
	if notEmpty(err) {
		if err := a.removeTree(to); err != nil {
			return err
		}
		err = a.rename(from, to)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
