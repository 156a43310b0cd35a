package node_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
)

// gauge is memory that is set by hand.
type gauge struct {
	mu        sync.Mutex
	available int64
	err       error
}

func (g *gauge) set(available int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.available = available
}

func (g *gauge) Levels() (map[eviction.Signal]eviction.Level, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return map[eviction.Signal]eviction.Level{eviction.MemoryAvailable: {Available: g.available, Capacity: 1 << 30}}, g.err
}

// metered is a fake that says that each pod uses as many MiB as its UID is long.
type metered struct{ *fake }

func (metered) Usage(_ context.Context, uid pod.UID) *eviction.Usage {
	return &eviction.Usage{Memory: int64(len(uid)) << 20}
}

func TestAgentEvictsUnderPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gauge{available: 500 << 20, err: errors.New("something else is not known")}
		f := &fake{}
		w := newWorld(t, f, node.Config{Runtime: metered{f}, Signals: g, Eviction: eviction.Config{Thresholds: eviction.Defaults()}})
		for _, name := range []string{"a", "web", "bb"} {
			p := aPod(t, name, "", "")
			p.UID = pod.UID(name)
			if name == "web" {
				p.Annotations = map[string]string{node.ConfigSourceAnnotation: "file"}
			}
			require.NoError(t, w.Apply(p))
		}
		time.Sleep(11 * time.Second)
		require.Empty(t, w.Conditions())
		g.set(50 << 20)
		time.Sleep(10 * time.Second)
		require.Equal(t, []eviction.Condition{eviction.MemoryPressure}, w.Conditions())
		g.set(500 << 20)
		time.Sleep(5 * time.Second)
		p, _ := w.Pod(pod.Key{Name: "bb"})
		require.Equal(t, pod.Failed, p.Status.Phase)
		require.Equal(t, pod.ReasonEvicted, p.Status.Reason)
		require.Equal(t, "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ", p.Status.Message)
		require.Equal(t, pod.ReasonTerminationByKubelet, p.Status.Condition(pod.DisruptionTarget).Reason)
		require.Equal(t, pod.Running, w.pod().Status.Phase, "a static pod is critical")

		require.NoError(t, w.Apply(aPod(t, "late", "", "")))
		synctest.Wait()
		p, _ = w.Pod(pod.Key{Name: "late"})
		require.Equal(t, pod.ReasonEvicted, p.Status.Reason)
		require.Equal(t, "Pod was rejected: The node had condition: [MemoryPressure]. ", p.Status.Message)
		time.Sleep(5 * time.Minute)
		require.Empty(t, w.Conditions())
		require.NoError(t, w.end())
	})
}

// TestShutdown holds that pods end by priority, each within its own time and that of its group, and that new ones are refused.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{stubborn: true}, node.Config{})
		for i, priority := range []int{0, 10, 1000} {
			require.NoError(t, w.Apply(aPod(t, fmt.Sprint("p", i), "", fmt.Sprintf(", priority: %d, terminationGracePeriodSeconds: 20", priority))))
		}
		synctest.Wait()
		from := time.Now()
		var order []string
		go func() {
			for c := range w.Watch(t.Context()) {
				if c.Pod.Status.Phase == pod.Failed {
					order = append(order, fmt.Sprint(time.Since(from), " ", c.Pod.Name, " ", c.Pod.Status.Reason))
				}
			}
		}()
		require.NoError(t, w.Shutdown(t.Context(), []eviction.PriorityGrace{
			{Priority: 0, Grace: 30 * time.Second}, {Priority: 1000, Grace: 5 * time.Second},
		}))
		synctest.Wait()
		require.NoError(t, w.Apply(aPod(t, "late", "", "")))
		synctest.Wait()
		require.ElementsMatch(t, []string{
			"20s p0 Terminated", "20s p1 Terminated", "25s p2 Terminated", "25s late NodeShutdown",
		}, order)
		require.NoError(t, w.end())
	})
}
