package cri

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// Bounds of termination messages, in bytes and lines.
// See https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/.
const (
	maxMessage      = 4096
	maxLogMessage   = 2048
	maxMessageLines = 80
	// longestLine is where engines break a line in parts.
	longestLine = 16 << 10
)

// terminationMessage is what an attempt that ended left to say, after what the engine has to say of it.
func terminationMessage(s *criapi.ContainerStatus, file string) string {
	said := ""
	if s.Annotations[annotationMessagePath] != "" {
		said = messageIn(file)
	}
	fromLog := s.Annotations[annotationMessagePolicy] == string(pod.TerminationMessageFallbackToLogsOnError)
	if said == "" && fromLog && s.ExitCode != 0 {
		said = lastOutput(s.LogPath)
	}
	if s.Message == "" || said == "" {
		return s.Message + said
	}
	return s.Message + ": " + said
}

// messageIn returns the end of a message file, which is on this machine and empty until the container writes it.
func messageIn(file string) string { return valid(tail(file, maxMessage)) }

// lastOutput returns the last output in a log, at most maxMessageLines lines and maxLogMessage bytes.
func lastOutput(file string) string {
	const overhead = 64
	raw := tail(file, longestLine+maxLogMessage+maxMessageLines*overhead)
	lines := bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
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
	return valid(out[max(0, len(out)-maxLogMessage):])
}

// tail returns the last n bytes of a file, or fewer, and none where it cannot be read.
func tail(file string, n int64) []byte {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	b := make([]byte, min(end, n))
	if _, err := f.ReadAt(b, end-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return b
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "") }
