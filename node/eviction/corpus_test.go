package eviction_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// row is one recorded ranking of Kubernetes.
type row struct {
	ID string
	In struct {
		DedicatedImageFs, SplitContainerImageFs bool
		Signal                                  eviction.Signal
		Pods                                    []struct {
			Name  string
			Spec  pod.Spec
			Stats *stats
		}
	}
	Out struct{ Order []string }
}

type stats struct {
	Memory       struct{ WorkingSetBytes int64 }
	ProcessStats struct {
		ProcessCount int64 `json:"process_count"`
	} `json:"process_stats"`
	Containers []struct {
		Name         string
		Rootfs, Logs *files
	}
	Volume []struct {
		Name string
		files
	}
}

type files struct{ UsedBytes, InodesUsed int64 }

func (f *files) usage() *eviction.FileUsage {
	if f == nil {
		return nil
	}
	return &eviction.FileUsage{Bytes: f.UsedBytes, Inodes: f.InodesUsed}
}

func (s *stats) usage() *eviction.Usage {
	if s == nil {
		return nil
	}
	u := &eviction.Usage{
		Memory: s.Memory.WorkingSetBytes, Processes: s.ProcessStats.ProcessCount, Volumes: map[string]eviction.FileUsage{},
	}
	for _, c := range s.Containers {
		u.Containers = append(u.Containers, eviction.ContainerUsage{Name: c.Name, Root: c.Rootfs.usage(), Logs: c.Logs.usage()})
	}
	for _, v := range s.Volume {
		u.Volumes[v.Name] = *v.files.usage()
	}
	return u
}

func (r *row) layout() eviction.Layout {
	switch {
	case r.In.SplitContainerImageFs:
		return eviction.SplitFS
	case r.In.DedicatedImageFs:
		return eviction.ImageFS
	}
	return eviction.OneFS
}

// TestRankAgreesWithKubernetes holds every ranking against the recorded one. PODLIFE_CORPUS names more folders, with a file
// node/eviction.jsonl.gz in each.
func TestRankAgreesWithKubernetes(t *testing.T) {
	names := []string{filepath.Join("testdata", "eviction.jsonl.gz")}
	for _, dir := range filepath.SplitList(os.Getenv("PODLIFE_CORPUS")) {
		names = append(names, filepath.Join(dir, "node", "eviction.jsonl.gz"))
	}
	for _, name := range names {
		f, err := os.Open(name)
		require.NoError(t, err)
		defer f.Close()
		text, err := gzip.NewReader(f)
		require.NoError(t, err)
		lines := bufio.NewScanner(text)
		lines.Buffer(nil, 1<<24)
		n := 0
		for ; lines.Scan(); n++ {
			var r row
			require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
			require.Equal(t, r.Out.Order, r.rank(), "%s: %s", name, r.ID)
		}
		require.NoError(t, lines.Err())
		require.NotZero(t, n, name)
		t.Logf("%d rankings of %s", n, name)
	}
}

func (r *row) rank() []string {
	var all []eviction.Candidate
	for _, p := range r.In.Pods {
		all = append(all, eviction.Candidate{
			Pod: &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: p.Name}, Spec: p.Spec}, Usage: p.Stats.usage(),
		})
	}
	eviction.Rank(all, r.In.Signal, r.layout())
	var order []string
	for _, c := range all {
		order = append(order, c.Pod.Name)
	}
	return order
}
