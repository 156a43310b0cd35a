package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// LogOptions says which lines of a log are wanted. The zero value: all there are now.
type LogOptions struct {
	// Follow waits for more lines until the attempt has ended.
	Follow bool
	// Tail is how many of the last lines are wanted; zero or less means all.
	Tail int
	// Since leaves out lines written before it.
	Since time.Time
}

// LogLine is one line of a container's output.
type LogLine struct {
	// Time is when the line was read from the container.
	Time time.Time
	// Stream is "stdout" or "stderr".
	Stream string
	// Text is the line without its end. It is valid UTF-8 only where the container's output was.
	Text string
	// Partial says that the line goes on in the next LogLine of the same stream.
	Partial bool
}

// Append appends the line as the Container Runtime Interface lays out log files, with a line feed at the end:
// time, stream, F or P, text. See
// https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md.
func (l LogLine) Append(b []byte) []byte {
	b = l.Time.UTC().AppendFormat(b, logTime)
	b = append(b, ' ')
	b = append(b, l.Stream...)
	if l.Partial {
		b = append(b, " P "...)
	} else {
		b = append(b, " F "...)
	}
	b = append(b, l.Text...)
	return append(b, '\n')
}

// logTime is RFC 3339 with all nine digits, so that the lines of a file line up.
const logTime = "2006-01-02T15:04:05.000000000Z07:00"

// ParseLogLine reads one line of a log file, with or without its line feed.
func ParseLogLine(b []byte) (LogLine, error) {
	b = bytes.TrimSuffix(b, []byte("\n"))
	at, rest, ok1 := bytes.Cut(b, []byte(" "))
	stream, rest, ok2 := bytes.Cut(rest, []byte(" "))
	tag, text, ok3 := bytes.Cut(rest, []byte(" "))
	if !ok1 || !ok2 || !ok3 {
		return LogLine{}, fmt.Errorf("log line %q: want time, stream, F or P, and text", cut(b, 60))
	}
	when, err := time.Parse(time.RFC3339Nano, string(at))
	if err != nil {
		return LogLine{}, fmt.Errorf("log line %q: want an RFC 3339 time first", cut(b, 60))
	}
	partial, _, _ := bytes.Cut(tag, []byte(":"))
	return LogLine{Time: when, Stream: string(stream), Text: string(text), Partial: string(partial) == "P"}, nil
}

// cut returns the first n bytes of b, as a string.
func cut(b []byte, n int) string { return string(b[:min(n, len(b))]) }

// ReadLog returns the lines of a log file that a Runtime wrote at StartOptions.LogPath. Where o.Follow is set, it looks for
// more until ended reports true and everything was read, or ctx is done; ended may be nil, which means at once. A half
// written last line is left out until it is whole, and what is no line of a log, such as one that a full disk cut off, altogether. An
// error ends the sequence.
//
// A log that is rotated, that is renamed to PATH.SUFFIX with suffixes in ascending order and begun anew at path, is followed from
// file to file. Without o.Follow only the newest file is read, as by the kubelet.
func ReadLog(ctx context.Context, path string, o LogOptions, ended func() bool) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(LogLine{}, err)
			return
		}
		r := &logReader{ctx: ctx, o: o, ended: ended, path: path, file: f, in: bufio.NewReader(f)}
		defer func() { r.file.Close() }()
		if o.Tail > 0 {
			if err := r.seekTail(f); err != nil {
				yield(LogLine{}, err)
				return
			}
		}
		r.run(yield)
	}
}

// A logReader reads whole lines of a file that may grow.
type logReader struct {
	ctx   context.Context
	o     LogOptions
	ended func() bool
	path  string
	file  *os.File
	in    *bufio.Reader
	half  []byte
	last  bool
	// next is the file after this one, where the log was rotated; what had been written to this one until then is still read.
	next *os.File
}

func (r *logReader) run(yield func(LogLine, error) bool) {
	wait := time.Millisecond
	for {
		b, err := r.in.ReadBytes('\n')
		r.half = append(r.half, b...)
		switch {
		case err == nil:
			wait = time.Millisecond
			if !r.give(yield) {
				return
			}
		case !errors.Is(err, io.EOF):
			yield(LogLine{}, err)
			return
		case !r.more(&wait):
			return
		}
	}
}

// give yields the line that is complete.
func (r *logReader) give(yield func(LogLine, error) bool) bool {
	line, err := ParseLogLine(r.half)
	r.half = r.half[:0]
	return err != nil || line.Time.Before(r.o.Since) || yield(line, nil)
}

// longestWait is how long a reader that follows a quiet log sleeps at most.
const longestWait = 100 * time.Millisecond

// more reports at the end of the file whether it makes sense to read again, after a while. Whether the attempt has ended is
// asked before the last read, not after it.
func (r *logReader) more(wait *time.Duration) bool {
	if !r.o.Follow {
		return false
	}
	if r.turn() {
		return true
	}
	if r.last {
		return false
	}
	if r.ended == nil || r.ended() {
		r.last = true
		return true
	}
	select {
	case <-r.ctx.Done():
		return false
	case <-time.After(*wait):
	}
	*wait = min(2**wait, longestWait)
	return true
}

// turn goes on to the next file of a log that was rotated, and reports whether there is one. The first time it is only noticed:
// nothing is written to a file after it was renamed, so that its end is then its end.
func (r *logReader) turn() bool {
	if r.next == nil {
		r.next = nextLog(r.path, r.file)
		return r.next != nil
	}
	r.file.Close()
	r.file, r.next = r.next, nil
	r.in.Reset(r.file)
	return true
}

// nextLog opens the file of a log that comes after one of them, nil where that is the newest. A file that was removed meanwhile is
// followed by the oldest.
func nextLog(path string, f *os.File) *os.File {
	current, err := f.Stat()
	if err != nil {
		return nil
	}
	for {
		if s, err := os.Stat(path); err != nil || os.SameFile(s, current) {
			return nil
		}
		name := after(path, current)
		next, err := os.Open(name)
		if err != nil {
			continue
		}
		// The log may have been rotated once more while it was looked at: what was opened counts where it comes next also now.
		if s, err := next.Stat(); err == nil && isFile(after(path, current), s) {
			return next
		}
		next.Close()
	}
}

// after is the name of the file that comes after one of a log's.
func after(path string, current os.FileInfo) string {
	files, _ := filepath.Glob(globEscape(path) + ".*")
	slices.Sort(files)
	files = append(files, path)
	i := slices.IndexFunc(files, func(name string) bool { return isFile(name, current) })
	return files[min(i+1, len(files)-1)]
}

// isFile reports whether a file has a name now.
func isFile(name string, file os.FileInfo) bool {
	s, err := os.Stat(name)
	return err == nil && os.SameFile(s, file)
}

// globEscape makes a pattern of a path that matches nothing else.
func globEscape(path string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(path)
}

// seekTail moves to the start of the last o.Tail lines.
func (r *logReader) seekTail(f *os.File) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	at, err := tailOffset(f, end, r.o.Tail)
	if err != nil {
		return err
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return err
	}
	r.in.Reset(f)
	return nil
}

// tailOffset returns where the last n whole lines of the first end bytes begin, reading from the end.
func tailOffset(f io.ReaderAt, end int64, n int) (int64, error) {
	var block [8 << 10]byte
	feeds := 0
	for at := end; at > 0; {
		size := min(at, int64(len(block)))
		at -= size
		if _, err := f.ReadAt(block[:size], at); err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		for i := size - 1; i >= 0; i-- {
			if block[i] != '\n' {
				continue
			}
			if feeds++; feeds == n+1 {
				return at + i + 1, nil
			}
		}
	}
	return 0, nil
}
