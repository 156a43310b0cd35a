package cri

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// message is one field after the other, numbered from 1; an int is a varint, of which nothing is read.
func message(fields ...any) []byte {
	var out []byte
	for i, f := range fields {
		n := protowire.Number(i + 1)
		switch f := f.(type) {
		case string:
			out = protowire.AppendString(protowire.AppendTag(out, n, protowire.BytesType), f)
		case []byte:
			out = protowire.AppendBytes(protowire.AppendTag(out, n, protowire.BytesType), f)
		case int:
			out = protowire.AppendVarint(protowire.AppendTag(out, n, protowire.VarintType), uint64(f))
		}
	}
	return out
}

// A command that was run in a container, such as a probe, does not end it. What cannot be read is taken for an end: a look is cheap.
func TestEndsContainer(t *testing.T) {
	exit := func(container, id string) []byte {
		return message(message(5), "k8s.io", "/tasks/exit", message("containerd.events.TaskExit", message(container, id, 77, 1)))
	}
	require.True(t, endsContainer(exit("c1", "c1")))
	require.False(t, endsContainer(exit("c1", "exec1")))
	require.True(t, endsContainer(nil))
	require.True(t, endsContainer([]byte{0xff}))
	whole := exit("c1", "exec1")
	for n := range whole {
		endsContainer(whole[:n])
	}
}
