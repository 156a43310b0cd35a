package node_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/eviction"
)

func TestMachineSignals(t *testing.T) {
	levels, err := node.MachineSignals{Images: t.TempDir()}.Levels()
	require.NoError(t, err)
	for _, s := range []eviction.Signal{
		eviction.MemoryAvailable, eviction.PIDAvailable, eviction.NodeFSAvailable, eviction.ImageFSAvailable,
	} {
		l := levels[s]
		require.Positive(t, l.Available, s)
		require.Less(t, l.Available, l.Capacity, s)
	}
	_, err = node.MachineSignals{Dir: "/none"}.Levels()
	require.ErrorContains(t, err, "/none")
}
