package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// The folder of devices, and in it what every container has, which is mounted there one by one, and the place of all of the machine's.
const (
	devices        = "/dev"
	machineDevices = ".machine"
)

var commonDevices = []string{"full", "mqueue", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"}

// makeMessagePlace makes a file that termination messages can be mounted on. That takes a folder of the pod's own for devices, in which all
// but the most common of the machine's are symbolic links: each attempt's mounts are copies of the pod's, so that they should be few.
// Scratch is the name of a folder to make and remove.
func makeMessagePlace(scratch string) error {
	if s, err := os.Stat(defaultMessagePath); err == nil && s.Mode().IsRegular() {
		return nil
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return err
	}
	defer os.Remove(scratch)
	if err := syscall.Mount("devices", scratch, "tmpfs", syscall.MS_NOSUID, "mode=755,size=65536k"); err != nil {
		return os.NewSyscallError("mount", err)
	}
	err := fillDevices(scratch)
	if err == nil {
		err = os.NewSyscallError("mount", syscall.Mount(scratch, devices, "", syscall.MS_MOVE, ""))
	}
	if err != nil {
		return errors.Join(err, os.NewSyscallError("umount", syscall.Unmount(scratch, syscall.MNT_DETACH)))
	}
	return nil
}

// fillDevices makes the pod's folder of devices.
func fillDevices(folder string) error {
	entries, err := os.ReadDir(devices)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := placeDevice(folder, e); err != nil {
			return err
		}
	}
	tree, err := cloneTree(devices)
	if err != nil {
		return err
	}
	if err := mountEntry(tree, filepath.Join(folder, machineDevices), true); err != nil {
		return err
	}
	return makeFile(filepath.Join(folder, filepath.Base(defaultMessagePath)))
}

// placeDevice makes what is in the machine's folder of devices in the pod's too.
func placeDevice(folder string, e os.DirEntry) error {
	from, to := filepath.Join(devices, e.Name()), filepath.Join(folder, e.Name())
	switch {
	case e.Type()&fs.ModeSymlink != 0:
		return copyLink(from, to)
	case !slices.Contains(commonDevices, e.Name()):
		return os.Symlink(filepath.Join(machineDevices, e.Name()), to)
	}
	tree, err := cloneTree(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return mountEntry(tree, to, e.IsDir())
}
