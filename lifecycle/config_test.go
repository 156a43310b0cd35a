package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// TestLeastGrace stops a container that ignores the stop signal, of a pod that is deleted with a grace period of 1 s.
func TestLeastGrace(t *testing.T) {
	for _, row := range []struct{ least, want time.Duration }{
		{0, 2 * time.Second},
		{5 * time.Second, 5 * time.Second},
		{-1, time.Second},
	} {
		p, err := pod.Parse([]byte(`{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: default, uid: u}, spec: {nodeName: node, containers: [{name: app, image: i}]}}`))
		require.NoError(t, err)
		pod.SetDefaults(p)
		m, err := lifecycle.New(p, &lifecycle.Config{LeastGrace: row.least})
		require.NoError(t, err)
		s := &script.Script{Containers: map[string]script.Behavior{"app": {OnTerm: script.OnTerm{Ignore: true}}}}
		life := script.Life{Machine: m, Engine: script.New(p, s, script.Node{})}
		now := time.Unix(1000, 0)
		life.Do(now, lifecycle.Input{})
		require.Equal(t, pod.Running, m.Status().Phase)

		deleted, grace := p.Clone(), int64(1)
		deleted.DeletionTimestamp, deleted.DeletionGracePeriodSeconds = &pod.Time{Time: now.Add(time.Second)}, &grace
		life.Do(now, lifecycle.Input{Kind: lifecycle.Delete, Pod: deleted})
		for at := life.Wake(); !at.IsZero() && !m.Ended(); at = life.Wake() {
			now = at
			life.Advance(now)
		}
		status := m.Status()
		require.Equal(t, int32(137), status.ContainerStatuses[0].State.Terminated.ExitCode)
		require.Equal(t, row.want, now.Sub(time.Unix(1000, 0)), "least grace %s", row.least)
	}
}
