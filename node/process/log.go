package process

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/podlife/podlife/node"
)

// longestLine is where a line of output is broken in parts, as containerd does it, in bytes.
const longestLine = 16 << 10

// logPatience is how long the output of a container is waited for after its end, where something still holds it open.
const logPatience = time.Second

// A logFile takes the two streams of one attempt down in the CRI's format.
type logFile struct {
	file    *os.File
	readers []*os.File
	done    sync.WaitGroup
}

// openLog opens a log for more lines, and makes it and its folder where they do not exist.
func openLog(path string) (*logFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &logFile{file: f}, nil
}

// pipes returns the ends that a process writes to. The caller closes them once the process has them.
func (l *logFile) pipes() (stdout, stderr *os.File, err error) {
	if stdout, err = l.pipe("stdout"); err != nil {
		return nil, nil, err
	}
	if stderr, err = l.pipe("stderr"); err != nil {
		stdout.Close()
		return nil, nil, err
	}
	return stdout, stderr, nil
}

func (l *logFile) pipe(stream string) (*os.File, error) {
	r, w, err := newPipe()
	if err != nil {
		return nil, err
	}
	l.readers = append(l.readers, r)
	l.done.Add(1)
	go l.copy(stream, r)
	return w, nil
}

// copy writes down one stream until its end. A log that cannot be written loses lines, the container runs on.
func (l *logFile) copy(stream string, r *os.File) {
	defer l.done.Done()
	defer r.Close()
	in := bufio.NewReaderSize(r, longestLine)
	var line []byte
	for {
		text, err := in.ReadSlice('\n')
		if len(text) > 0 {
			whole := text[len(text)-1] == '\n'
			if whole {
				text = text[:len(text)-1]
			}
			entry := node.LogLine{Time: time.Now(), Stream: stream, Text: string(text), Partial: !whole}
			line = entry.Append(line[:0])
			_, _ = l.file.Write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// finish takes down what is left and closes the log.
func (l *logFile) finish() {
	deadline := time.Now().Add(logPatience)
	for _, r := range l.readers {
		_ = r.SetReadDeadline(deadline)
	}
	l.done.Wait()
	l.file.Close()
}

// close drops a log whose process was never started.
func (l *logFile) close() { l.finish() }
