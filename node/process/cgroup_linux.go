package process

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/podlife/podlife/pod"
)

// cgroupParent is the folder of all cgroups of pods, in that of this program.
const cgroupParent = "podlife"

// A cgroupTree is where cgroups can be made: one folder of version 2, or one of version 1 for each of two controllers. Empty is
// where there is none.
type cgroupTree struct{ unified, cpu, memory string }

// cgroups is the tree that this program is in.
func cgroups() cgroupTree {
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	own, _ := os.ReadFile("/proc/self/cgroup")
	t := parseCgroups(string(mounts), string(own))
	if t.cpu == "" && t.memory == "" {
		return t
	}
	t.unified = ""
	return t
}

// parseCgroups reads what /proc/self/mountinfo and /proc/self/cgroup say.
func parseCgroups(mounts, own string) cgroupTree {
	var t cgroupTree
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		dash := slices.Index(fields, "-")
		if dash < 0 || len(fields) < dash+4 {
			continue
		}
		at, options := fields[4], strings.Split(fields[dash+3], ",")
		switch fields[dash+1] {
		case "cgroup2":
			// Only the top of the tree may have processes beside groups.
			t.unified = at
		case "cgroup":
			if slices.Index(options, "cpu") >= 0 {
				t.cpu = within1(at, fields[3], ownCgroup(own, "cpu"))
			}
			if slices.Index(options, "memory") >= 0 {
				t.memory = within1(at, fields[3], ownCgroup(own, "memory"))
			}
		}
	}
	return t
}

// ownCgroup is the path of this program's cgroup of version 1.
func ownCgroup(own, controller string) string {
	for line := range strings.Lines(own) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && slices.Index(strings.Split(parts[1], ","), controller) >= 0 {
			return parts[2]
		}
	}
	return "/"
}

// within1 is the folder of a cgroup below a mount that shows a part of the tree.
func within1(at, root, own string) string {
	rest, err := filepath.Rel(root, own)
	if err != nil || strings.HasPrefix(rest, "..") {
		return at
	}
	return filepath.Join(at, rest)
}

// podCgroup is the name of the cgroups of the pod in a folder.
func podCgroup(dir string) string {
	return filepath.Join(cgroupParent, fmt.Sprintf("%s.%08x", filepath.Base(dir), crc32.ChecksumIEEE([]byte(dir))))
}

// A cgroup is one group in each folder of a tree. Nil is none.
type cgroup struct {
	tree cgroupTree
	name string
}

// makeCgroup makes a cgroup with limits.
func makeCgroup(t cgroupTree, name string, r pod.LinuxResources) (*cgroup, error) {
	g := &cgroup{tree: t, name: name}
	if len(g.dirs()) == 0 {
		return nil, errors.New("there are no cgroups with limits of cpu and memory")
	}
	if err := g.enable(); err != nil {
		return nil, err
	}
	for _, dir := range g.dirs() {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	return g, g.limit(r)
}

// dirs are the folders of the group.
func (g *cgroup) dirs() []string {
	var out []string
	for _, top := range [...]string{g.tree.unified, g.tree.cpu, g.tree.memory} {
		if top != "" {
			out = append(out, filepath.Join(top, g.name))
		}
	}
	return out
}

// enable lets the groups above hand out cpu and memory, as version 2 wants it.
func (g *cgroup) enable() error {
	if g.tree.unified == "" {
		return nil
	}
	at := g.tree.unified
	for _, part := range strings.Split(g.name, "/") {
		if err := writeCgroup(at, "cgroup.subtree_control", "+cpu +memory"); err != nil {
			return err
		}
		at = filepath.Join(at, part)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// limit sets the limits.
func (g *cgroup) limit(r pod.LinuxResources) error {
	var errs []error
	set := func(top, file, value string) {
		if top != "" {
			errs = append(errs, writeCgroup(filepath.Join(top, g.name), file, value))
		}
	}
	if r.CPUShares > 0 {
		set(g.tree.unified, "cpu.weight", strconv.FormatInt(pod.CPUWeight(r.CPUShares), 10))
		set(g.tree.cpu, "cpu.shares", strconv.FormatInt(r.CPUShares, 10))
	}
	if r.CPUQuota > 0 {
		set(g.tree.unified, "cpu.max", fmt.Sprintf("%d %d", r.CPUQuota, r.CPUPeriod))
		set(g.tree.cpu, "cpu.cfs_period_us", strconv.FormatInt(r.CPUPeriod, 10))
		set(g.tree.cpu, "cpu.cfs_quota_us", strconv.FormatInt(r.CPUQuota, 10))
	}
	if r.Memory > 0 {
		set(g.tree.unified, "memory.max", strconv.FormatInt(r.Memory, 10))
		set(g.tree.memory, "memory.limit_in_bytes", strconv.FormatInt(r.Memory, 10))
	}
	return errors.Join(errs...)
}

// writeCgroup writes a file of a group, which is there already.
func writeCgroup(dir, file, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(value)
	return err
}

// within runs f with the calling thread in the group, so that what it starts is there from its first moment on. Version 2 moves no
// single threads: there the process is born into the group; see born.
func (g *cgroup) within(f func()) error {
	if g == nil || g.tree.unified != "" {
		f()
		return nil
	}
	for i, dir := range g.dirs() {
		if err := writeCgroup(dir, "tasks", "0"); err != nil {
			return errors.Join(err, g.back(i))
		}
	}
	f()
	return g.back(len(g.dirs()))
}

// back moves the calling thread out of the first n folders of the group.
func (g *cgroup) back(n int) error {
	var errs []error
	for _, top := range [...]string{g.tree.cpu, g.tree.memory} {
		if top != "" && n > 0 {
			n--
			errs = append(errs, writeCgroup(top, "tasks", "0"))
		}
	}
	return errors.Join(errs...)
}

// born opens the folder of a group of version 2 that a process is to be born into; nil where there is none.
func (g *cgroup) born() (*os.File, error) {
	if g == nil || g.tree.unified == "" {
		return nil, nil
	}
	return os.OpenFile(filepath.Join(g.tree.unified, g.name), syscall.O_DIRECTORY, 0)
}

// kill kills what is left in the group.
func (g *cgroup) kill() {
	if g == nil {
		return
	}
	if g.tree.unified != "" {
		// All at once, where the kernel can: who forks faster than it is killed one by one gets away.
		_ = os.WriteFile(filepath.Join(g.dirs()[0], "cgroup.kill"), []byte("1"), 0)
	}
	pause := time.Millisecond
	for waited := time.Duration(0); waited < deathPatience; waited += pause {
		pids := g.pids()
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(pause)
		pause = min(2*pause, 50*time.Millisecond)
	}
}

// pids are the processes in the group that are no zombies.
func (g *cgroup) pids() []int {
	var out []int
	var r procReader
	b, _ := os.ReadFile(filepath.Join(g.dirs()[0], "cgroup.procs"))
	for word := range bytes.FieldsSeq(b) {
		if pid, err := strconv.Atoi(string(word)); err == nil && pid > 0 && r.alive(pid) {
			out = append(out, pid)
		}
	}
	return out
}

// oomKilled reports whether the kernel killed a process of the group for want of memory.
func (g *cgroup) oomKilled() bool {
	if g == nil {
		return false
	}
	file := filepath.Join(g.tree.memory, g.name, "memory.oom_control")
	if g.tree.unified != "" {
		file = filepath.Join(g.tree.unified, g.name, "memory.events")
	}
	b, _ := os.ReadFile(file)
	for line := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok && n != "0" {
			return true
		}
	}
	return false
}

// remove removes the group, in which nothing runs any more.
func (g *cgroup) remove() {
	if g == nil {
		return
	}
	for _, dir := range g.dirs() {
		removeCgroup(dir)
	}
}

// removeCgroup removes a group and those in it. A process that was just reaped may hold it for a moment.
func removeCgroup(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() {
			removeCgroup(filepath.Join(dir, e.Name()))
		}
	}
	for range 50 {
		if err := syscall.Rmdir(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// removePodCgroups removes what is left of the cgroups of the pod in a folder, whoever made them.
func removePodCgroups(dir string) { (&cgroup{tree: cgroups(), name: podCgroup(dir)}).remove() }

// setOOMScore says how readily the kernel kills a process; one that has no right to be spared is not.
func setOOMScore(pid, score int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte(strconv.Itoa(score)), 0)
}

// memoryCapacity is all of the machine's memory, in bytes.
func memoryCapacity() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
