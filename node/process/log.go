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
	path     string
	maxSize  int64
	maxFiles int
	outlet   *outlet
	done     sync.WaitGroup

	mu   sync.Mutex
	file *os.File
	size int64
	// torn says that the last line was not written whole.
	torn bool
}

// openLog opens the log of an attempt for more lines, and makes it and its folder where they do not exist. It closes the outlet.
func openLog(r startRequest, o *outlet) (*logFile, error) {
	l := &logFile{path: r.LogPath, maxSize: r.LogMaxSize, maxFiles: r.LogMaxFiles, outlet: o}
	err := l.open()
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(r.LogPath), 0o755); err == nil {
			err = l.open()
		}
	}
	return l, err
}

// open opens the newest file.
func (l *logFile) open() (err error) {
	l.file, err = os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	s, err := l.file.Stat()
	if err == nil {
		l.size = s.Size()
	}
	return err
}

// write writes one line. A log that cannot be written loses lines, the container runs on.
func (l *logFile) write(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.maxSize > 0 && l.size > 0 && l.size+int64(len(line)) > l.maxSize {
		l.rotate()
	}
	if l.torn {
		line = append([]byte("\n"), line...)
	}
	n, _ := l.file.Write(line)
	l.size += int64(n)
	if n > 0 {
		l.torn = n < len(line)
	}
}

// rotate renames the file and begins another. Where it cannot, the file grows on.
func (l *logFile) rotate() {
	if os.Rename(l.path, node.RotatedLog(l.path, time.Now())) != nil {
		return
	}
	old := l.file
	if l.open() != nil {
		l.file = old
		return
	}
	old.Close()
	rotated := node.RotatedLogs(l.path)
	for _, path := range rotated[:max(0, len(rotated)-max(l.maxFiles-1, 1))] {
		_ = os.Remove(path)
	}
}

// begin begins to write down what comes out of the process, which has its ends of the outlet.
func (l *logFile) begin() {
	for _, p := range l.outlet.pipes {
		l.done.Go(func() { l.copy(p.name, p.r) })
	}
}

// copy writes down one stream until its end.
func (l *logFile) copy(stream string, r *os.File) {
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
			l.write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// finish takes down what is left and closes the log.
func (l *logFile) finish() {
	deadline := time.Now().Add(logPatience)
	for _, p := range l.outlet.pipes {
		_ = p.r.SetReadDeadline(deadline)
	}
	l.done.Wait()
	l.file.Close()
}
