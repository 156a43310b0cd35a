package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TestNobodyIsAdoptedByTheDead deletes each kind of owner and leaves its pods, while the owner's controller sees that late: it must not take
// them in again for an owner that has gone, for the garbage collector would then delete them.
func TestNobodyIsAdoptedByTheDead(t *testing.T) {
	for _, test := range everyKind {
		if test.kind == object.CronJobKind || test.kind == object.DeploymentKind { // their dependents are Jobs and ReplicaSets
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			c := newCluster(t, cluster.Config{
				Nodes: nodes(4), Check: true, Latency: 20 * time.Millisecond, WriteLatency: 10 * time.Millisecond,
				Lags: []cluster.Lag{{Kind: test.kind, By: 5 * time.Second}},
			})
			key := apply(t, c, test.manifest).Meta().Key()
			c.RunFor(8 * time.Second)
			before := len(c.Pods())
			require.NotZero(t, before)
			require.NoError(t, c.Client().Delete(t.Context(), test.kind, key, object.DeleteOptions{Propagation: object.DeletePropagationOrphan}))
			c.RunFor(time.Minute)
			_, err := c.Client().Read(t.Context(), test.kind, key)
			require.ErrorIs(t, err, cluster.ErrNotFound)
			require.Len(t, c.Pods(), before)
			for _, p := range c.Pods() {
				require.Nil(t, p.ControllerRef(), p.Name)
				require.NotEqual(t, pod.Failed, p.Status.Phase)
			}
		})
	}
}
