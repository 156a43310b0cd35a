package cri

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/pod"
)

// podGroups makes the cgroups of pods, each below Config.CgroupParent, with the engine's containers in it. The zero value makes none.
type podGroups struct {
	parent  string // as the engine takes it: /podlife; a slice of systemd, or nothing, is left to the engine
	tree    string // where cgroups are mounted
	unified bool   // version 2
}

// own reports whether pods have groups of their own. Those of systemd are not made by making folders.
func (g podGroups) own() bool { return g.parent != "" && !strings.HasSuffix(g.parent, ".slice") }

// name is what the engine is told as the parent of a pod's containers.
func (g podGroups) name(uid pod.UID) string {
	if !g.own() {
		return g.parent
	}
	return path.Join("/", g.parent, "pod"+string(uid))
}

// folders are those of a pod's group: one, or with version 1 one for each controller that the machine has.
func (g podGroups) folders(uid pod.UID) []string {
	if g.unified {
		return []string{filepath.Join(g.tree, g.name(uid))}
	}
	controllers, _ := filepath.Glob(filepath.Join(g.tree, "*"))
	for i, at := range controllers {
		controllers[i] = filepath.Join(at, g.name(uid))
	}
	return controllers
}

// with returns the pod's folder that has a controller.
func (g podGroups) with(controller string, uid pod.UID) string {
	if g.unified {
		controller = ""
	}
	return filepath.Join(g.tree, controller, g.name(uid))
}

// make makes the group of a pod and gives it what the pod may have. It may be there already.
func (g podGroups) make(uid pod.UID, r pod.LinuxResources) error {
	if !g.own() {
		return nil
	}
	if err := g.enable(uid); err != nil {
		return err
	}
	for _, controller := range []string{"cpu", "memory"} {
		if err := os.MkdirAll(g.with(controller, uid), 0o755); err != nil {
			return err
		}
	}
	return g.limit(uid, r)
}

// enable lets the groups above hand out cpu and memory, as version 2 wants it.
func (g podGroups) enable(uid pod.UID) error {
	if !g.unified {
		return nil
	}
	at := g.tree
	for part := range strings.SplitSeq(strings.Trim(g.name(uid), "/"), "/") {
		if err := writeGroup(at, "cgroup.subtree_control", "+cpu +memory"); err != nil {
			return err
		}
		at = filepath.Join(at, part)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// limit sets the limits of a pod's group.
func (g podGroups) limit(uid pod.UID, r pod.LinuxResources) error {
	if !g.own() {
		return nil
	}
	cpu, memory := g.with("cpu", uid), g.with("memory", uid)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	var errs []error
	set := func(at, file, value string) { errs = append(errs, writeGroup(at, file, value)) }
	if g.unified {
		set(cpu, "cpu.weight", number(pod.CPUWeight(r.CPUShares)))
		if r.CPUQuota > 0 {
			set(cpu, "cpu.max", fmt.Sprintf("%d %d", r.CPUQuota, r.CPUPeriod))
		}
		if r.Memory > 0 {
			set(memory, "memory.max", number(r.Memory))
		}
		return errors.Join(errs...)
	}
	set(cpu, "cpu.shares", number(r.CPUShares))
	if r.CPUQuota > 0 {
		set(cpu, "cpu.cfs_period_us", number(r.CPUPeriod))
		set(cpu, "cpu.cfs_quota_us", number(r.CPUQuota))
	}
	if r.Memory > 0 {
		set(memory, "memory.limit_in_bytes", number(r.Memory))
	}
	return errors.Join(errs...)
}

// writeGroup writes a file of a group, which is there already.
func writeGroup(dir, file, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// remove removes the group of a pod, in which nothing runs any more, with what the engine has left in it.
func (g podGroups) remove(uid pod.UID) error {
	if !g.own() {
		return nil
	}
	var errs []error
	for _, top := range g.folders(uid) {
		var all []string
		_ = filepath.WalkDir(top, func(at string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				all = append(all, at)
			}
			return nil
		})
		slices.Reverse(all)
		for _, at := range all {
			if err := os.Remove(at); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
