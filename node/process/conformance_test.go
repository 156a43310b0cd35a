//go:build unix

package process_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/nodetest"
	"github.com/podlife/podlife/node/process"
)

func newRuntime(t *testing.T, dir string) *process.Runtime {
	t.Helper()
	return newRuntimeOf(t, process.Config{Dir: dir})
}

func newRuntimeOf(t *testing.T, c process.Config) *process.Runtime {
	t.Helper()
	r, err := process.New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func TestRuntime(t *testing.T) {
	nodetest.TestRuntime(t, func(t *testing.T) node.Runtime { return newRuntime(t, t.TempDir()) })
}

func TestRuntimeInProgram(t *testing.T) {
	nodetest.TestRuntime(t, func(t *testing.T) node.Runtime {
		return newRuntimeOf(t, process.Config{Dir: t.TempDir(), InProgram: true})
	})
}
