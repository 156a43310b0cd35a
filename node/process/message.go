package process

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/podlife/podlife/node"
)

// Bounds of termination messages. See https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/.
const (
	maxMessage      = 4096
	maxLogMessage   = 2048
	maxMessageLines = 80
)

// makeFile makes an empty file and the folders it is in, and keeps one that exists.
func makeFile(path string) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	return f.Close()
}

// terminationMessage reads what an attempt that ended with a code left to say.
func terminationMessage(r startRequest, code int32) string {
	if m := readMessage(r.MessagePath); m != "" {
		return m
	}
	if !r.MessageFromLog || code == 0 {
		return ""
	}
	return lastOutput(r.LogPath)
}

// readMessage returns the beginning of a message file. Only a regular file is read: a program may have put anything there.
func readMessage(path string) string {
	if path == "" {
		return ""
	}
	if s, err := os.Stat(path); err != nil || !s.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, maxMessage))
	return strings.ToValidUTF8(string(b), "")
}

// lastOutput returns the last output in a log, at most maxMessageLines lines and maxLogMessage bytes.
func lastOutput(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := lastLines(f)
	var out []byte
	for _, line := range lines[max(0, len(lines)-maxMessageLines):] {
		l, err := node.ParseLogLine(line)
		if err != nil {
			continue
		}
		out = append(out, l.Text...)
		if !l.Partial {
			out = append(out, '\n')
		}
	}
	return strings.ToValidUTF8(string(out[max(0, len(out)-maxLogMessage):]), "")
}

// lastLines returns the lines at the end of a file that can matter for lastOutput, the first of them perhaps a half one.
func lastLines(f *os.File) [][]byte {
	const overhead = 64
	want := int64(longestLine + maxLogMessage + maxMessageLines*overhead)
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	b := make([]byte, min(end, want))
	if _, err := f.ReadAt(b, end-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}
