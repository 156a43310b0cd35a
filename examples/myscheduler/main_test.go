package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTell(t *testing.T) {
	var out bytes.Buffer
	_, err := tell(&out)
	require.NoError(t, err)
	require.Equal(t, `red-0 node-1
blue-1 node-2
red-2 node-1
blue-3 node-2
red-4 node-3
blue-5 node-3
red-6 0/3 nodes are available: 3 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.
blue-7 0/3 nodes are available: 3 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.
`, out.String())
}
