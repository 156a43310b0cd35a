package node_test

import (
	"fmt"
	"runtime"
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
		none := runtime.NumGoroutine()
		f := &fake{}
		w := newWorld(t, f, node.Config{})
		synctest.Wait()
		empty := runtime.NumGoroutine()
		for i := range pods {
			require.NoError(t, w.Apply(aPod(t, fmt.Sprint("p", i), "", "")))
		}
		synctest.Wait()
		require.LessOrEqual(t, runtime.NumGoroutine(), empty+pods)
		f.mu.Lock()
		calls := len(f.calls)
		f.mu.Unlock()
		time.Sleep(10 * time.Minute)
		f.mu.Lock()
		require.Len(t, f.calls, calls, "nothing is asked of the runtime while nothing happens")
		f.mu.Unlock()
		require.NoError(t, w.end())
		synctest.Wait()
		require.LessOrEqual(t, runtime.NumGoroutine(), none)
	})
}
