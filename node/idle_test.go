package node_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
)

// TestIdle holds that an idle pod has one goroutine and has the runtime not looked at, and that none is left when Run returns.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pods = 200
		f := &fake{}
		w := newWorld(t, f, node.Config{})
		synctest.Wait()
		empty := goroutines("podlife/node.(")
		for i := range pods {
			require.NoError(t, w.Apply(aPod(t, fmt.Sprint("p", i), "", "")))
		}
		synctest.Wait()
		require.Equal(t, empty+pods, goroutines("podlife/node.("))
		f.mu.Lock()
		calls := len(f.calls)
		f.mu.Unlock()
		time.Sleep(10 * time.Minute)
		f.mu.Lock()
		require.Len(t, f.calls, calls, "nothing is asked of the runtime while nothing happens")
		f.mu.Unlock()
		require.NoError(t, w.end())
		synctest.Wait()
		require.Zero(t, goroutines("podlife/node.("))
	})
}

// TestBusy holds that a pod has one goroutine more for each probe that runs, and none that stays.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{exec: func(ctx context.Context, _ []string) (node.ExecResult, error) {
			<-ctx.Done()
			return node.ExecResult{}, ctx.Err()
		}}
		w := newWorld(t, f, node.Config{})
		const probes = `readinessProbe: {exec: {command: [x]}, timeoutSeconds: 5, periodSeconds: 1}, livenessProbe: {exec: {command: [x]}, timeoutSeconds: 5, periodSeconds: 1, failureThreshold: 1000}`
		w.apply(`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: a, image: "a:1", ` + probes + `}, {name: b, image: "a:1", ` + probes + `}]}}`)
		most := 0
		for range 600 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			most = max(most, ofWorkers())
		}
		require.LessOrEqual(t, most, 1+4)
		require.Greater(t, most, 1, "probes run beside the pod's own")
		require.NoError(t, w.end())
		require.Zero(t, ofWorkers())
	})
}

// ofWorkers is how many goroutines work for pods.
func ofWorkers() int { return goroutines("node.(*worker).") }

// goroutines is how many there are with a function in their stack. All that there are may be more: the runtime has some of its own.
func goroutines(function string) (n int) {
	all := make([]byte, 4<<20)
	for g := range strings.SplitSeq(string(all[:runtime.Stack(all, true)]), "\n\n") {
		if strings.Contains(g, function) {
			n++
		}
	}
	return n
}
