package process

import (
	"bytes"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
)

// childrenOf returns the children of a process.
func childrenOf(pid int) []int { return new(procReader).children(pid) }

// processUsage is the memory, in bytes, and the number of the processes and of all that they started, without pauses. It is not ok where
// none of them is there.
func processUsage(pids []int) (memory, processes int64, ok bool) {
	var r procReader
	for _, top := range pids {
		for _, pid := range append([]int{top}, r.descendants(top)...) {
			if r.isPause(pid) {
				continue
			}
			b, err := r.read("/proc/" + strconv.Itoa(pid) + "/status")
			if err != nil {
				continue
			}
			memory += ownMemory(string(b))
			processes++
		}
	}
	return memory, processes, processes > 0
}

// isPause reports whether a process is the first of a process table, which is none of a container's, or about to be, still in the shape of
// the shim.
func (r *procReader) isPause(pid int) bool {
	b, err := r.read("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return err == nil && (bytes.HasPrefix(b, []byte(pauseName+"\x00")) || bytes.HasPrefix(b, []byte(shimName+"\x00")))
}

// ownMemory reads from a process's status how much of its memory no file stands for, in bytes.
func ownMemory(status string) int64 {
	var sum int64
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		if name != "RssAnon" && name != "RssShmem" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err == nil {
			sum += n << 10
		}
	}
	return sum
}

// diskSize is the room that a file takes.
func diskSize(f fs.FileInfo) int64 {
	if s, ok := f.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return f.Size()
}
