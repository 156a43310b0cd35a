package local_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/local"
	"github.com/podlife/podlife/node/process"
	"github.com/podlife/podlife/pod"
)

// footprint is what a program holds: goroutines, open files, and what is in a node's folders.
type footprint struct {
	goroutines, files int
	left              []string
}

func measure(t *testing.T, dir string) footprint {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	f := footprint{goroutines: runtime.NumGoroutine(), files: len(open)}
	for _, pattern := range []string{"volumes/[^.]*", "runtime/pods/*"} {
		left, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		f.left = append(f.left, left...)
	}
	return f
}

// heap is how many bytes are in use once the garbage is gone.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestSoak has random pods come, crash and be deleted, and holds that goroutines, open files, memory and folders are then as they were.
// PODLIFE_LONG makes it last 5 minutes with namespaces, and one without.
func TestSoak(t *testing.T) {
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) { soak(t, isolation) })
	}
}

func soak(t *testing.T, isolation string) {
	requireIsolation(t, isolation)
	d := 2 * time.Second
	switch long := os.Getenv("PODLIFE_LONG") != ""; {
	case long && isolation == isolations[0]:
		d = time.Minute
	case long:
		d = 5 * time.Minute
	}
	dir := t.TempDir()
	n, err := local.Open(local.Config{
		Dir: dir, Process: process.Config{NoNamespaces: isolation == isolations[0]},
		Agent: node.Config{Machine: &lifecycle.Config{MaxContainerRestartPeriod: 50 * time.Millisecond}},
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- n.Run(ctx) }()
	churn(t, n, time.Second)
	before, bytes := measure(t, dir), heap()
	churned := churn(t, n, d)
	after := measure(t, dir)
	for until := time.Now().Add(5 * time.Second); after.goroutines > before.goroutines && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
		after = measure(t, dir)
	}
	require.LessOrEqual(t, after.goroutines, before.goroutines)
	require.LessOrEqual(t, after.files, before.files)
	require.Empty(t, after.left)
	require.Less(t, heap(), bytes+8<<20)
	stop()
	require.NoError(t, <-ran)
	require.NoError(t, n.Close())
	require.Empty(t, traces(t, dir))
	t.Logf("%d pods came and went; %+v, then %+v", churned, before, after)
}

// churn has pods come and go for a while, and waits until none is left.
func churn(t *testing.T, n *local.Node, d time.Duration) (made int) {
	t.Helper()
	for until := time.Now().Add(d); time.Now().Before(until); made++ {
		name := fmt.Sprint("p", made%12)
		if _, ok := n.Pod(pod.Key{Name: name}); ok {
			err := n.Delete(pod.Key{Name: name}, pod.DeleteOptions{GracePeriodSeconds: new(rand.Int64N(2))})
			require.True(t, err == nil || errors.Is(err, node.ErrNotFound), err)
		} else {
			_, err := n.Place([]byte(strings.ReplaceAll(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: NAME}, spec: {
			  volumes: [{name: data, emptyDir: {}}],
			  containers: [{name: app, image: none, command: [sh, -c, "sleep 0.%d; exit %d"], volumeMounts: [{name: data, mountPath: /data}]}]}}`,
				rand.IntN(9), rand.IntN(2)), "NAME", name)))
			require.NoError(t, err)
		}
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
	}
	for _, p := range n.Pods() {
		_ = n.Delete(p.Key(), pod.DeleteOptions{GracePeriodSeconds: new(int64(0))})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for changes := n.Watch(ctx); len(n.Pods()) > 0 && ctx.Err() == nil; {
		for range changes {
			if len(n.Pods()) == 0 {
				return made
			}
		}
	}
	require.Empty(t, n.Pods())
	return made
}
