package cri

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// machine is what pods get to know of the machine that they run on. The zero value is one with nothing special about it.
type machine struct {
	// maskedPaths are those that this machine has beside maskedPaths.
	maskedPaths []string
	// pageSizes are its sizes of huge pages in bytes, the smallest first.
	pageSizes []int64
	// unified says that its cgroups are of version 2. Only there can all of a container be killed when it runs out of memory.
	unified bool
	// selinux says that files have labels of SELinux, and what a container is given must be labelled for it.
	selinux bool
}

// lookAt returns what is to be known of the machine whose file system is at root.
func lookAt(root string) machine {
	var m machine
	throttles, _ := filepath.Glob(filepath.Join(root, "/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle"))
	for _, path := range throttles {
		m.maskedPaths = append(m.maskedPaths, "/"+strings.TrimLeft(strings.TrimPrefix(path, root), "/"))
	}
	pages, _ := filepath.Glob(filepath.Join(root, "/sys/kernel/mm/hugepages/hugepages-*kB"))
	for _, path := range pages {
		number := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "hugepages-"), "kB")
		if kib, err := strconv.ParseInt(number, 10, 64); err == nil {
			m.pageSizes = append(m.pageSizes, kib<<10)
		}
	}
	slices.Sort(m.pageSizes)
	has := func(path string) bool {
		_, err := os.Stat(filepath.Join(root, path))
		return err == nil
	}
	m.unified, m.selinux = has("/sys/fs/cgroup/cgroup.controllers"), has("/sys/fs/selinux/enforce")
	return m
}
