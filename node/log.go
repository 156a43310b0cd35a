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
// written last line is left out until it is whole. An error ends the sequence.
func ReadLog(ctx context.Context, path string, o LogOptions, ended func() bool) iter.Seq2[LogLine, error] {
	return func(yield func(LogLine, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(LogLine{}, err)
			return
		}
		defer f.Close()
		r := &logReader{ctx: ctx, o: o, ended: ended, in: bufio.NewReader(f)}
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
	in    *bufio.Reader
	half  []byte
	last  bool
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
	if err != nil {
		yield(line, err)
		return false
	}
	return line.Time.Before(r.o.Since) || yield(line, nil)
}

// longestWait is how long a reader that follows a quiet log sleeps at most.
const longestWait = 100 * time.Millisecond

// more reports at the end of the file whether it makes sense to read again, after a while. Whether the attempt has ended is
// asked before the last read, not after it.
func (r *logReader) more(wait *time.Duration) bool {
	if !r.o.Follow || r.last {
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
