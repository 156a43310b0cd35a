package node_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
)

func TestRotatedLogs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	older := node.RotatedLog(path, time.Date(2026, 1, 1, 9, 0, 0, 1, time.UTC))
	newer := node.RotatedLog(path, time.Date(2026, 1, 1, 10, 0, 0, 0, time.FixedZone("", 0)))
	require.Equal(t, path+".20260101-090000.000000001", older)
	for _, file := range []string{path, newer, older, path + ".note", filepath.Join(dir, "app.log2"), older + ".gz"} {
		require.NoError(t, os.WriteFile(file, nil, 0o600))
	}
	require.Equal(t, []string{older, newer}, node.RotatedLogs(path))
	require.Empty(t, node.RotatedLogs(filepath.Join(dir, "none", "app.log")))

	require.NoError(t, node.RemoveLog(path))
	require.NoError(t, node.RemoveLog(path), "it has gone already")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 3, "what was not the log's stays")
}

// TestRotatedLogsWhenTheClockGoesBack holds that the names of rotated logs are in the order in which they were rotated.
func TestRotatedLogsWhenTheClockGoesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a%b.log")
	var names []string
	for _, hour := range []int{9, 10, 8, 8, 11} {
		name := node.RotatedLog(path, time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC))
		require.NoError(t, os.WriteFile(name, nil, 0o600))
		names = append(names, name)
	}
	require.Equal(t, names, node.RotatedLogs(path))
	require.Equal(t, []string{
		path + ".20260101-090000.000000000", path + ".20260101-100000.000000000", path + ".20260101-100000.000000001",
		path + ".20260101-100000.000000002", path + ".20260101-110000.000000000",
	}, names)
}

// TestReadLogWhileItIsRotated holds that who follows a log that is rotated all the time reads each line once.
func TestReadLogWhileItIsRotated(t *testing.T) {
	const lines = 1000
	path := filepath.Join(t.TempDir(), "app.log")
	file, err := os.Create(path)
	require.NoError(t, err)
	write := func(i int) {
		_, _ = file.Write(node.LogLine{Time: time.Now(), Stream: "stdout", Text: strconv.Itoa(i)}.Append(nil))
	}
	write(0)
	var ended atomic.Bool
	var writer sync.WaitGroup
	rotate := func() {
		defer ended.Store(true)
		for i := 1; i < lines; i++ {
			if i%5 == 0 {
				if err = os.Rename(path, node.RotatedLog(path, time.Now())); err != nil {
					return
				}
				file.Close()
				if file, err = os.Create(path); err != nil {
					return
				}
			}
			write(i)
		}
	}
	next := 0
	for line, err := range node.ReadLog(t.Context(), path, node.LogOptions{Follow: true}, ended.Load) {
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(next), line.Text)
		if next == 0 {
			writer.Go(rotate)
		}
		next++
	}
	writer.Wait()
	file.Close()
	require.NoError(t, err)
	require.Equal(t, lines, next)
}

// TestReadLogLeavesOutWhatIsNoLine holds that a line which was cut off, for want of room, hides none of the others.
func TestReadLogLeavesOutWhatIsNoLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	const at = "2026-01-02T02:04:05.060000000Z "
	require.NoError(t, os.WriteFile(path, []byte(at+"stdout F one\n"+at+"std\n\n\x00\x00\n"+at+"stderr F two\n"+at), 0o600))
	var got []string
	for line, err := range node.ReadLog(t.Context(), path, node.LogOptions{}, nil) {
		require.NoError(t, err)
		got = append(got, line.Stream+" "+line.Text)
	}
	require.Equal(t, []string{"stdout one", "stderr two"}, got)
}
