package node

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

func ipList(all ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range all {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func TestFeed(t *testing.T) {
	f := newFeed[int]()
	early := follow(t.Context(), []int{-1}, f.tail)
	f.add(1)
	late := follow(t.Context(), nil, f.tail)
	f.add(2)
	f.close()
	f.add(3)
	f.close()
	require.Equal(t, []int{-1, 1, 2}, slices.Collect(early))
	require.Equal(t, []int{-1, 1, 2}, slices.Collect(early), "a sequence can be read again")
	require.Equal(t, []int{2}, slices.Collect(late))

	g := newFeed[int]()
	g.add(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []int
	for v := range follow(ctx, []int{7, 8}, g.tail) {
		got = append(got, v)
		cancel()
	}
	require.Equal(t, []int{7}, got)
}

func TestTally(t *testing.T) {
	var counts tally
	at := time.Unix(100, 0)
	var gone []string
	say := func(message string) Event {
		at = at.Add(time.Second)
		e, forgotten := counts.count(Event{Reason: "BackOff", Message: message, Count: 1, First: at, Last: at})
		if forgotten != nil {
			gone = append(gone, forgotten.Message)
		}
		return e
	}
	require.Equal(t, 1, say("a").Count)
	require.Equal(t, 1, say("b").Count)
	again := say("a")
	require.Equal(t, 2, again.Count)
	require.Equal(t, 2*time.Second, again.Last.Sub(again.First))
	require.Equal(t, "b", counts.events[0].Message, "what was heard of last is at the end")
	for i := range maxEvents {
		say(fmt.Sprint(i))
	}
	require.Equal(t, []string{"b", "a"}, gone)
	slots := map[int]bool{}
	for i := range 2 * maxEvents {
		slots[say(fmt.Sprint("more ", i)).slot] = true
	}
	require.Len(t, slots, 2*maxEvents, "each its own")
	require.Len(t, counts.events, maxEvents)
	require.Equal(t, 1, say("a").Count, "what was long ago is forgotten")
}

func TestLogLine(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 60_000_000, time.FixedZone("", 3600))
	for _, c := range []struct {
		line LogLine
		want string
	}{
		{LogLine{at, "stdout", "hello world", false}, "2026-01-02T02:04:05.060000000Z stdout F hello world\n"},
		{LogLine{at, "stderr", "", true}, "2026-01-02T02:04:05.060000000Z stderr P \n"},
	} {
		b := c.line.Append(nil)
		require.Equal(t, c.want, string(b))
		back, err := ParseLogLine(b)
		require.NoError(t, err)
		require.True(t, back.Time.Equal(at))
		back.Time = at
		require.Equal(t, c.line, back)
	}
	tagged, err := ParseLogLine([]byte("2026-01-02T02:04:05Z stdout P:more x"))
	require.NoError(t, err)
	require.True(t, tagged.Partial)
	for _, bad := range []string{"", "x", "2026-01-02T02:04:05Z stdout F", "yesterday stdout F x"} {
		_, err := ParseLogLine([]byte(bad))
		require.Error(t, err, "%q", bad)
	}
}

func FuzzParseLogLine(f *testing.F) {
	f.Add([]byte("2026-01-02T02:04:05.060000000Z stdout F hello world\n"))
	f.Add([]byte("2026-01-02T02:04:05Z stderr P:a "))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLogLine(b)
		if err != nil {
			return
		}
		again, err := ParseLogLine(l.Append(nil))
		if err != nil || again.Text != l.Text || again.Partial != l.Partial || !again.Time.Equal(l.Time) {
			t.Errorf("%q reads as %+v, and that again as %+v, %v", b, l, again, err)
		}
	})
}

func TestReadLogTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var b []byte
	for i := range 1000 {
		b = LogLine{time.Unix(int64(i), 0), "stdout", fmt.Sprintf("%d %s", i, strings.Repeat("x", i%50)), false}.Append(b)
	}
	b = append(b, "half a li"...)
	require.NoError(t, os.WriteFile(path, b, 0o600))
	for _, c := range []struct {
		o          LogOptions
		first, len int
	}{
		{LogOptions{}, 0, 1000},
		{LogOptions{Tail: 2000}, 0, 1000},
		{LogOptions{Tail: 1000}, 0, 1000},
		{LogOptions{Tail: 2}, 998, 2},
		{LogOptions{Tail: 600}, 400, 600},
		{LogOptions{Since: time.Unix(990, 0)}, 990, 10},
		{LogOptions{Since: time.Unix(990, 0), Follow: true}, 990, 10},
	} {
		var got []string
		for l, err := range ReadLog(t.Context(), path, c.o, nil) {
			require.NoError(t, err)
			got = append(got, l.Text)
		}
		require.Len(t, got, c.len, "%+v", c.o)
		require.Equal(t, fmt.Sprint(c.first), strings.Fields(got[0])[0])
	}
	for _, err := range ReadLog(t.Context(), path+".none", LogOptions{}, nil) {
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}

func TestVirtualAddresses(t *testing.T) {
	a, err := VirtualAddresses(netip.MustParsePrefix("10.1.0.0/29"), netip.MustParsePrefix("fd00::/64"))
	require.NoError(t, err)
	p := &pod.Pod{}
	p.UID = "one"
	first, err := a.Acquire(p)
	require.NoError(t, err)
	require.Equal(t, ipList("10.1.0.2", "fd00::2"), first)
	again, err := a.Acquire(p)
	require.NoError(t, err)
	require.Equal(t, first, again)
	q := &pod.Pod{}
	q.UID = "two"
	second, err := a.Acquire(q)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	a.Release("one")
	a.Release("one")
	_, err = VirtualAddresses(netip.MustParsePrefix("10.1.0.0/32"))
	require.Error(t, err)
}

// TestOneSwitch holds that every kind of action is carried out, and that the agent tells them apart in one place.
func TestOneSwitch(t *testing.T) {
	source, err := os.ReadFile("action.go")
	require.NoError(t, err)
	for k := lifecycle.NoAction; !strings.HasPrefix(k.String(), "ActionKind("); k++ {
		require.Contains(t, string(source), "lifecycle."+k.String(), "action.go")
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	n := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		n += strings.Count(string(b), "switch a."+"Kind")
	}
	require.Equal(t, 1, n)
}
