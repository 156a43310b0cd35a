package process

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

var _ node.Meter = (*Runtime)(nil)

// Usage implements node.Meter. Memory is that of the processes which no file stands for; a page that several of them share counts for
// each. What a container's process has started counts for the container, and for the pod alone once it has left it for the pod's shim.
// Systems other than Linux tell of the disk only.
func (r *Runtime) Usage(ctx context.Context, uid pod.UID) *eviction.Usage {
	s := r.sandbox(uid)
	if s == nil || ctx.Err() != nil {
		return nil
	}
	u := &eviction.Usage{}
	attempts := s.keeper.list()
	var running []int
	for _, a := range attempts {
		if !a.Exited {
			running = append(running, a.PID)
		}
	}
	if shim, ok := s.keeper.(*remote); ok {
		u.Memory, u.Processes, _ = processUsage(childrenOf(shim.greeting().PID))
	} else {
		u.Memory, u.Processes, _ = processUsage(running)
	}
	for _, a := range attempts {
		u.Containers = s.addUsage(u.Containers, a)
	}
	return u
}

// addUsage adds what an attempt uses to that of its container.
func (s *sandbox) addUsage(all []eviction.ContainerUsage, a attemptState) []eviction.ContainerUsage {
	i := slices.IndexFunc(all, func(c eviction.ContainerUsage) bool { return c.Name == a.Container })
	if i < 0 {
		i = len(all)
		all = append(all, eviction.ContainerUsage{Name: a.Container, Root: &eviction.FileUsage{}, Logs: &eviction.FileUsage{}})
	}
	c := &all[i]
	addFiles(c.Root, filepath.Join(s.attemptDir(a.attemptRef), "root"))
	for _, path := range append(node.RotatedLogs(a.LogPath), a.LogPath) {
		addFiles(c.Logs, path)
	}
	if a.Exited {
		return all
	}
	if memory, _, ok := processUsage([]int{a.PID}); ok {
		c.Memory = &memory
	}
	return all
}

// addFiles adds a file, or all of a folder. Symbolic links, as volumes are, are not followed.
func addFiles(u *eviction.FileUsage, path string) {
	_ = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := e.Info(); err == nil {
			u.Bytes += diskSize(info)
			u.Inodes++
		}
		return nil
	})
}
