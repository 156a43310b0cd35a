package process

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// full is a start request with something in every field.
func full() startRequest {
	return startRequest{
		attemptRef: attemptRef{"app", 3}, Argv: []string{"sh", "-c", ""}, Env: []string{"A=1", "B=\x00\n"}, Dir: "/d",
		Links: []linkRequest{{"/a", "/b"}, {"/c", "/d"}}, Mounts: []mountRequest{{"/e", "/f", true}, {"/g", "/h", false}},
		Scratch: "/s", Resources: &pod.LinuxResources{CPUShares: 2, CPUQuota: 1 << 40, CPUPeriod: 5, Memory: 7}, OOMScore: -997,
		LogPath: "/l", LogMaxSize: 1 << 50, LogMaxFiles: 5, MessagePath: "/m", MessageTarget: "/n", MessageFromLog: true,
		StopSignal: "SIGINT",
	}
}

func TestPackedStarts(t *testing.T) {
	r := full()
	for f := range reflect.TypeOf(r).Fields() {
		require.False(t, reflect.ValueOf(r).FieldByIndex(f.Index).IsZero(), "%s is not tried, and is it packed?", f.Name)
	}
	for _, r := range []startRequest{{}, r} {
		b := r.pack(nil, 1<<63)
		got, id, err := unpackStart(b)
		require.NoError(t, err)
		require.Equal(t, uint64(1<<63), id)
		require.Equal(t, r, got)
		got, _, err = unpackStart(append(b, "of a newer version"...))
		require.NoError(t, err)
		require.Equal(t, r, got, "what is not known is not read")
	}
}

func TestPackedAnswers(t *testing.T) {
	a := lineAnswer{ID: 1, PID: 2, StartedAt: time.Unix(3, 4), Serial: 5}
	got, err := unpackAnswer(a.pack(nil))
	require.NoError(t, err)
	require.Equal(t, a, got)
}

// FuzzUnpackStart takes anything apart: nothing panics, and what was understood is packed and unpacked the same again.
func FuzzUnpackStart(f *testing.F) {
	whole := new(full()).pack(nil, 7)
	for n := range len(whole) + 1 {
		f.Add(whole[:n])
	}
	f.Add([]byte("\x02\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, id, err := unpackStart(b)
		if err != nil {
			return
		}
		again, same, err := unpackStart(r.pack(nil, id))
		require.NoError(t, err)
		require.Equal(t, id, same)
		require.Equal(t, r, again)
	})
}
