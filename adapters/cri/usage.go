package cri

import (
	"context"
	"slices"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// Usage implements node.Meter. Memory is the engine's working set. How many processes there are is not known where the engine tells it
// of no pod.
func (r *Runtime) Usage(ctx context.Context, uid pod.UID) *eviction.Usage {
	stats, err := r.engine.stats(ctx, selection(r.cfg.Owner, uid, ""))
	if err != nil || uid == "" {
		return nil
	}
	u := &eviction.Usage{Processes: r.engine.processes(ctx, selection(r.cfg.Owner, uid, ""))}
	for _, s := range stats {
		u.Containers = r.addUsage(u.Containers, uid, s)
		u.Memory += int64(s.GetMemory().GetWorkingSetBytes().GetValue())
	}
	return u
}

// addUsage adds what an attempt uses to that of its container.
func (r *Runtime) addUsage(all []eviction.ContainerUsage, uid pod.UID, s *criapi.ContainerStats) []eviction.ContainerUsage {
	name := s.GetAttributes().GetMetadata().GetName()
	i := slices.IndexFunc(all, func(c eviction.ContainerUsage) bool { return c.Name == name })
	if i < 0 {
		i = len(all)
		all = append(all, eviction.ContainerUsage{Name: name, Root: &eviction.FileUsage{}, Logs: &eviction.FileUsage{}})
	}
	c := &all[i]
	if m := s.GetMemory().GetWorkingSetBytes(); m != nil {
		used := int64(m.GetValue())
		c.Memory = &used
	}
	c.Root.Bytes += int64(s.GetWritableLayer().GetUsedBytes().GetValue())
	c.Root.Inodes += int64(s.GetWritableLayer().GetInodesUsed().GetValue())
	logs := logUsage(r.files.logOf(uid, s.GetAttributes()))
	c.Logs.Bytes += logs.Bytes
	c.Logs.Inodes += logs.Inodes
	return all
}
