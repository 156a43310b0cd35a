package process

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestShimOfAnotherVersion has a shim that this program does not understand: it is told to end, in words that never change.
func TestShimOfAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	socket, err := listenShim(dir)
	require.NoError(t, err)
	l, err := net.FileListener(socket)
	require.NoError(t, err)
	require.NoError(t, socket.Close())
	closed := make(chan ask, 1)
	go func() {
		defer close(closed)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		defer l.Close()
		var a ask
		if readFrame(conn, &a) != nil || !a.Watch || send(conn, tell{Greeting: &greeting{Version: 99}}) != nil {
			return
		}
		if readFrame(conn, &a) == nil {
			closed <- a
			_ = send(conn, tell{ID: a.ID})
		}
	}()
	_, err = findShim(dir, func() {}, func() {})
	require.EqualError(t, err, `shim in "`+dir+`" speaks version 99, expected 1`)
	require.True(t, (<-closed).Close)
	_, err = findShim(dir, func() {}, func() {})
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "it is gone")
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
