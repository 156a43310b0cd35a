package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeShim greets whoever connects, answers all that it is asked for, and tells of it. It goes when it is told to close.
func fakeShim(t *testing.T, hello greeting) (dir string, asked <-chan ask) {
	t.Helper()
	dir = t.TempDir()
	hello.Sandbox.Dir = dir
	socket, err := listenShim(dir)
	require.NoError(t, err)
	l, err := net.FileListener(socket)
	require.NoError(t, err)
	require.NoError(t, socket.Close())
	t.Cleanup(func() { l.Close() })
	all := make(chan ask, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveFake(conn, l, hello, all)
		}
	}()
	return dir, all
}

func serveFake(conn net.Conn, l net.Listener, hello greeting, all chan<- ask) {
	defer conn.Close()
	for {
		var a ask
		if readFrame(conn, &a) != nil {
			return
		}
		if a.Watch {
			_ = send(conn, tell{Greeting: &hello})
			continue
		}
		all <- a
		if a.Close {
			l.Close()
		}
		_ = send(conn, tell{ID: a.ID})
		if a.Close {
			return
		}
	}
}

// TestShimOfAnotherVersion has shims that this program does not understand: they are told to end, in words that never change.
func TestShimOfAnotherVersion(t *testing.T) {
	for _, hello := range []greeting{{Version: 99}, {Version: 99, Oldest: wireVersion + 1}, {Version: 0}} {
		dir, asked := fakeShim(t, hello)
		_, err := findShim(dir, func() {}, func() {})
		require.EqualError(t, err,
			fmt.Sprintf("shim in %q speaks version %d, expected 1 to 3: its pod is ended", dir, hello.Version))
		require.True(t, (<-asked).Close)
		_, err = findShim(dir, func() {}, func() {})
		require.ErrorIs(t, err, syscall.ECONNREFUSED, "it is gone")
	}
}

// TestOlderShim has a shim that can less than this program: what it can is asked of it, and the rest is refused.
func TestOlderShim(t *testing.T) {
	dir, asked := fakeShim(t, greeting{Version: 1})
	r, err := findShim(dir, func() {}, func() {})
	require.NoError(t, err)
	attempt := filepath.Join(dir, "app", "0")
	f, err := r.start(startRequest{attemptRef: attemptRef{"app", 0}, Dir: filepath.Join(attempt, "root")})
	require.NoError(t, err)
	require.Nil(t, f)
	start := (<-asked).Start
	require.NotNil(t, start, "no line was made before")
	require.Equal(t, filepath.Join(attempt, "log"), start.LogPath)
	require.DirExists(t, start.Dir, "an older shim does not make it")
	require.EqualError(t, r.resize(resizeRequest{attemptRef: attemptRef{"app", 0}}),
		"the pod's shim is of version 1, which cannot resize, expected at least 2: only a new pod of this program can be resized")
	require.NoError(t, r.close())
	require.True(t, (<-asked).Close, "it was not asked to resize")
}

// TestNewerShim has a shim that can more than this program, and can work for it.
func TestNewerShim(t *testing.T) {
	dir, asked := fakeShim(t, greeting{Version: 99, Oldest: wireVersion})
	r, err := findShim(dir, func() {}, func() {})
	require.NoError(t, err)
	require.True(t, (<-asked).Line)
	require.NoError(t, r.resize(resizeRequest{attemptRef: attemptRef{"app", 0}}))
	require.NotNil(t, (<-asked).Resize)
	require.NoError(t, r.close())
}

// TestRequestOfTheFuture asks a shim for what this version does not know: it does not take it for done.
func TestRequestOfTheFuture(t *testing.T) {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	go (&client{shim: &shim{}, conn: theirs}).answer(ask{ID: 7})
	var got tell
	require.NoError(t, readFrame(ours, &got))
	require.Equal(t, tell{ID: 7, Error: "the shim, of version 3, does not know what it is asked for"}, got)
}

// TestLateNews has news that come after an answer on a line, and after which such an answer comes.
func TestLateNews(t *testing.T) {
	ref := attemptRef{"app", 0}
	running, ended := attemptState{attemptRef: ref, PID: 7}, attemptState{attemptRef: ref, PID: 7, Exited: true, ExitCode: 3}
	steps := []struct {
		take   *tell
		answer uint64
		want   []attemptState
	}{
		{answer: 5, want: []attemptState{running}},
		{take: &tell{News: &entry{State: &running}, Serial: 5}, want: []attemptState{running}},
		{take: &tell{News: &entry{State: &ended}, Serial: 6}, want: []attemptState{ended}},
		{answer: 5, want: []attemptState{ended}},
		{answer: 7, want: []attemptState{ended}},
		{take: &tell{News: &entry{Gone: &ref}, Serial: 8}, want: nil},
		{answer: 7, want: nil},
	}
	r := &remote{serial: 4, changed: func() {}}
	for i, s := range steps {
		if s.take != nil {
			r.take(*s.take)
		} else {
			r.learn(lineAnswer{Serial: s.answer}, running)
		}
		require.ElementsMatch(t, s.want, r.list(), "step %d", i)
	}
}

// TestJournalIsReadAsFarAsItIsWhole cuts a journal at every byte.
func TestJournalIsReadAsFarAsItIsWhole(t *testing.T) {
	dir := t.TempDir()
	j, err := openJournal(dir)
	require.NoError(t, err)
	a := attemptState{attemptRef: attemptRef{"app", 0}, PID: 7}
	b := attemptState{attemptRef: attemptRef{"app", 1}, PID: 8}
	j.update(record{Attempts: []attemptState{a}})
	ended := a
	ended.Exited, ended.ExitCode = true, 3
	j.update(record{Attempts: []attemptState{ended, b}})
	j.update(record{Attempts: []attemptState{b}, Ended: true})
	require.NoError(t, j.close())
	path := filepath.Join(dir, journalName)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	shown := map[int]record{
		0: {}, 1: {Attempts: []attemptState{a}}, 2: {Attempts: []attemptState{ended}}, 3: {Attempts: []attemptState{ended, b}},
		4: {Attempts: []attemptState{b}}, 5: {Attempts: []attemptState{b}, Ended: true},
	}
	for n := range len(whole) + 1 {
		require.NoError(t, os.WriteFile(path, whole[:n], 0o644))
		got, err := readJournal(path)
		require.NoError(t, err)
		entries := 0
		for line := range bytes.Lines(whole[:n]) {
			if json.Valid(line) {
				entries++
			}
		}
		want := shown[entries]
		require.Equal(t, want.Ended, got.Ended, "%d bytes", n)
		require.ElementsMatch(t, want.Attempts, got.Attempts, "%d bytes", n)
		j, err := openJournal(dir)
		require.NoError(t, err)
		j.update(record{Ended: true})
		require.NoError(t, j.close())
		got, err = readJournal(path)
		require.NoError(t, err)
		require.True(t, got.Ended && len(got.Attempts) == 0, "%d bytes, and written on", n)
	}
}

func TestFrames(t *testing.T) {
	b, err := appendFrame(nil, ask{ID: 3, End: true})
	require.NoError(t, err)
	for n := range len(b) {
		require.Error(t, readFrame(bytes.NewReader(b[:n]), new(ask)), "%d bytes", n)
	}
	var a ask
	require.NoError(t, readFrame(bytes.NewReader(b), &a))
	require.Equal(t, ask{ID: 3, End: true}, a)
	require.ErrorContains(t, readFrame(bytes.NewReader([]byte("\xff\xff\xff\xff")), &a), "expected at most")
}
