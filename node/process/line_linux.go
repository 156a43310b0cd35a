package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// A line is the shim's side of a connection on which starts are asked for. The thread that starts children reads it itself, so that no
// time is lost between the one and the other.
type line struct {
	shim *shim
	fd   int
	// read is what came in and was not yet a whole message.
	read []byte
}

// becomeLine hands the connection to the thread that starts children.
func (c *client) becomeLine() {
	file, err := c.conn.(*net.UnixConn).File()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer file.Close()
	fd, err := duplicate(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	l := &line{shim: c.shim, fd: fd}
	readOnForkThread(&source{fd: fd, serve: l.serve})
}

// duplicate returns a descriptor of an open file that does not block.
func duplicate(f *os.File) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return -1, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(fd)
	return fd, os.NewSyscallError("fcntl", syscall.SetNonblock(fd, true))
}

// serve reads what there is and answers it. It returns false when the line was closed.
func (l *line) serve() bool {
	err := l.fill()
	for err == nil {
		var body []byte
		if body, l.read, err = cutFrame(l.read); body == nil {
			break
		}
		err = l.answer(body)
	}
	if err == nil {
		return true
	}
	if !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, err)
	}
	syscall.Close(l.fd)
	return false
}

// fill reads once.
func (l *line) fill() error {
	const room = 8 << 10
	if cap(l.read)-len(l.read) < room {
		l.read = append(make([]byte, 0, len(l.read)+2*room), l.read...)
	}
	n, err := syscall.Read(l.fd, l.read[len(l.read):cap(l.read)])
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return nil
	case err != nil:
		return os.NewSyscallError("read", err)
	case n == 0:
		return io.EOF
	}
	l.read = l.read[:len(l.read)+n]
	return nil
}

// cutFrame takes the first message off b, nil where there is no whole one.
func cutFrame(b []byte) (body, rest []byte, err error) {
	if len(b) < frameHead {
		return nil, b, nil
	}
	n := binary.BigEndian.Uint32(b)
	switch {
	case n > maxFrame:
		return nil, b, fmt.Errorf("message of %d bytes, expected at most %d", n, maxFrame)
	case len(b)-frameHead < int(n):
		return nil, b, nil
	}
	return b[frameHead : frameHead+int(n)], b[frameHead+int(n):], nil
}

// answer starts an attempt. The answer goes out as soon as the process runs and is written down; all else comes after.
func (l *line) answer(body []byte) error {
	r, id, err := unpackStart(body)
	if err != nil {
		return err
	}
	a, f, err := l.shim.keeper.begin(r)
	if a != nil {
		dueOnForkThread(func() {
			l.shim.spread()
			l.shim.keeper.tend(a)
			l.shim.keeper.stock()
		})
	}
	if a == nil || f != nil || err != nil {
		return l.tell(lineAnswer{ID: id})
	}
	return l.tell(lineAnswer{ID: id, PID: a.PID, StartedAt: a.StartedAt, Serial: l.shim.noted()})
}

// tell sends an answer.
func (l *line) tell(a lineAnswer) error {
	b := a.pack(make([]byte, frameHead, 64))
	binary.BigEndian.PutUint32(b, uint32(len(b)-frameHead))
	// Who asks waits for the answer, so that there is always room for it.
	n, err := syscall.Write(l.fd, b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// A caller is the runtime's side of a line. Nil is where there is none.
type caller struct {
	// hungUp says that the line is of no more use.
	hungUp atomic.Bool

	// mu lets one at a time ask.
	mu sync.Mutex
	fd int
	id uint64
}

// callers bounds how many threads of this program wait in the kernel at once for an answer on a line.
var callers = make(chan struct{}, 8)

// errNoLine says that a request must be made in another way.
var errNoLine = errors.New("no line")

// callShim makes a line to the shim of the pod in a folder, nil where that cannot be.
func callShim(dir string) *caller {
	conn, err := dialShim(dir)
	if err != nil {
		return nil
	}
	defer conn.Close()
	if err := send(conn, ask{Line: true}); err != nil {
		return nil
	}
	fd, err := blocking(conn)
	if err != nil {
		return nil
	}
	return &caller{fd: fd}
}

// blocking returns a descriptor of a connection that blocks.
func blocking(conn *net.UnixConn) (int, error) {
	file, err := conn.File()
	if err != nil {
		return -1, err
	}
	defer file.Close()
	fd, err := duplicate(file)
	if err != nil {
		return -1, err
	}
	return fd, syscall.SetNonblock(fd, false)
}

// start asks for a start, and waits in the kernel for the answer.
func (c *caller) start(r startRequest) (lineAnswer, error) {
	if c == nil || c.hungUp.Load() {
		return lineAnswer{}, errNoLine
	}
	select {
	case callers <- struct{}{}:
		defer func() { <-callers }()
	default:
		return lineAnswer{}, errNoLine
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.ask(r)
	if err != nil {
		c.hungUp.Store(true)
		return a, fmt.Errorf("%w: %w", errNoLine, err)
	}
	if a.PID == 0 {
		return a, errNoLine
	}
	return a, nil
}

// ask sends a request and reads its answer. The caller holds the lock.
func (c *caller) ask(r startRequest) (lineAnswer, error) {
	c.id++
	b := r.pack(make([]byte, frameHead, 4<<10), c.id)
	binary.BigEndian.PutUint32(b, uint32(len(b)-frameHead))
	line := lineFile(c.fd)
	if _, err := line.Write(b); err != nil {
		return lineAnswer{}, err
	}
	body, err := c.read(line)
	if err != nil {
		return lineAnswer{}, err
	}
	a, err := unpackAnswer(body)
	if err == nil && a.ID != c.id {
		err = fmt.Errorf("answer to request %d, expected %d", a.ID, c.id)
	}
	return a, err
}

// read reads one message. There is never more than one.
func (c *caller) read(line lineFile) ([]byte, error) {
	b := make([]byte, 0, 64)
	for {
		if cap(b) == len(b) {
			return nil, errPacked
		}
		n, err := line.Read(b[len(b):cap(b)])
		if err != nil {
			return nil, err
		}
		b = b[:len(b)+n]
		if body, _, err := cutFrame(b); body != nil || err != nil {
			return body, err
		}
	}
}

// hangUp ends the line. Who waits for an answer gets an error.
func (c *caller) hangUp() {
	if c == nil {
		return
	}
	c.hungUp.Store(true)
	_ = syscall.Shutdown(c.fd, syscall.SHUT_RDWR)
	c.mu.Lock()
	defer c.mu.Unlock()
	syscall.Close(c.fd)
	c.fd = -1
}

// A lineFile is a descriptor that is read and written by the calling thread.
type lineFile int

func (f lineFile) Read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(int(f), b)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (f lineFile) Write(b []byte) (int, error) {
	sent := 0
	for sent < len(b) {
		n, err := syscall.Write(int(f), b[sent:])
		if err != nil && err != syscall.EINTR {
			return sent, os.NewSyscallError("write", err)
		}
		sent += max(n, 0)
	}
	return sent, nil
}
