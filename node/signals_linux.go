package node

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/podlife/podlife/node/eviction"
)

// MachineSignals measures this machine: its memory, its process IDs, and the file systems of two folders. The zero value measures the
// root's.
type MachineSignals struct {
	// Dir is a folder on the file system of logs and volumes; empty means "/".
	Dir string
	// Images is a folder on the file system of images, where that is another one; empty means that it is not.
	Images string
}

// Levels implements Signals.
func (m MachineSignals) Levels() (map[eviction.Signal]eviction.Level, error) {
	out := map[eviction.Signal]eviction.Level{}
	dir := m.Dir
	if dir == "" {
		dir = "/"
	}
	errs := []error{
		memoryLevel(out), pidLevel(out),
		fileLevels(out, dir, eviction.NodeFSAvailable, eviction.NodeFSInodesFree),
	}
	if m.Images == "" {
		out[eviction.ImageFSAvailable], out[eviction.ImageFSInodesFree] = out[eviction.NodeFSAvailable], out[eviction.NodeFSInodesFree]
	} else {
		errs = append(errs, fileLevels(out, m.Images, eviction.ImageFSAvailable, eviction.ImageFSInodesFree))
	}
	return out, errors.Join(errs...)
}

// memoryLevel reads how much memory can be had without writing any to disk.
func memoryLevel(out map[eviction.Signal]eviction.Level) error {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return err
	}
	defer f.Close()
	kib := map[string]int64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 {
			kib[fields[0]], _ = strconv.ParseInt(fields[1], 10, 64)
		}
	}
	total, ok1 := kib["MemTotal:"]
	available, ok2 := kib["MemAvailable:"]
	if !ok1 || !ok2 {
		return fmt.Errorf("%s: neither MemTotal nor MemAvailable is there, expected both", f.Name())
	}
	out[eviction.MemoryAvailable] = eviction.Level{Available: available << 10, Capacity: total << 10}
	return nil
}

// pidLevel reads how many more processes and threads there can be.
func pidLevel(out map[eviction.Signal]eviction.Level) error {
	limit, err := number("/proc/sys/kernel/pid_max")
	if err != nil {
		return err
	}
	if threads, err := number("/proc/sys/kernel/threads-max"); err == nil {
		limit = min(limit, threads)
	}
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err
	}
	var runnable, all int64
	fields := strings.Fields(string(b))
	if len(fields) < 4 {
		return fmt.Errorf("/proc/loadavg: %q, expected four fields", b)
	}
	if _, err := fmt.Sscanf(fields[3], "%d/%d", &runnable, &all); err != nil {
		return fmt.Errorf("/proc/loadavg: %w", err)
	}
	out[eviction.PIDAvailable] = eviction.Level{Available: limit - all, Capacity: limit}
	return nil
}

func number(path string) (int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
}

// fileLevels asks for the room that is left on a file system for others than root, and for its inodes; a file system that counts no
// inodes has no level of them.
func fileLevels(out map[eviction.Signal]eviction.Level, dir string, room, inodes eviction.Signal) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	size := int64(s.Bsize)
	out[room] = eviction.Level{Available: int64(s.Bavail) * size, Capacity: int64(s.Blocks) * size}
	if s.Files > 0 {
		out[inodes] = eviction.Level{Available: int64(s.Ffree), Capacity: int64(s.Files)}
	}
	return nil
}
