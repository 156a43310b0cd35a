package process

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

// playRole is this program's whole life where it was executed again for a role.
func playRole() {
	role, dir, ok := strings.Cut(os.Getenv(roleVariable), ":")
	if !ok {
		return
	}
	os.Unsetenv(roleVariable)
	err := fmt.Errorf("role %q, expected %q or %q", role, roleShim, rolePause)
	switch role {
	case roleShim:
		err = runShim(dir)
	case rolePause:
		err = runPause()
	}
	// What a program does at its end, such as waiting for the race detector, is not for its roles.
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		syscall.Exit(1)
	}
	syscall.Exit(0)
}

// shimSocket is the number of the file that a shim finds its socket at.
const shimSocket = 3

// A shim is the keeper of one pod's processes for whoever connects to it, one after the other or several at once.
type shim struct {
	request sandboxRequest
	keeper  *local
	// quit ends the shim.
	quit func()

	// mu keeps news in the order in which things happened. Serial is how many there were.
	mu     sync.Mutex
	serial uint64
	// untold is what has changed and those who watch were not told of.
	untold   []tell
	journal  *journal
	ended    bool
	watchers map[*client]bool
}

// runShim keeps the pod in a folder until it is told to end. It does not end by itself: whoever started it may come back.
func runShim(dir string) error {
	debug.SetGCPercent(50)
	s, err := newShim(dir)
	if err != nil {
		return err
	}
	file := os.NewFile(shimSocket, "socket")
	l, err := net.FileListener(file)
	if err != nil {
		return err
	}
	file.Close()
	if err := forwardHostPorts(&s.request); err != nil {
		return err
	}
	done := make(chan struct{})
	s.quit = sync.OnceFunc(func() { close(done) })
	go s.accept(l)
	<-done
	return nil
}

func newShim(dir string) (*shim, error) {
	q, err := readRequest(dir)
	if err != nil {
		return nil, err
	}
	j, err := openJournal(dir)
	if err != nil {
		return nil, err
	}
	s := &shim{request: q, journal: j, watchers: map[*client]bool{}}
	s.keeper = newLocal(func(r attemptRef) string { return attemptDir(dir, r) }, s.spread)
	s.keeper.ahead = filepath.Join(dir, nextName)
	outliveTerminal()
	if err := becomeSubreaper(); err != nil {
		return nil, err
	}
	return s, s.settle()
}

// settle makes the pod's surroundings. The error says that the pod cannot have those that this process was started with.
func (s *shim) settle() error {
	q := &s.request
	limits, warnings := newLimits(q)
	s.keeper.limits = limits
	q.Warnings = append(q.Warnings, warnings...)
	if q.HostName != "" {
		if err := syscall.Sethostname([]byte(q.HostName)); err != nil {
			return fmt.Errorf("host name: %w", err)
		}
	}
	if q.Network {
		warnings, err := makeNetwork(q.Addresses)
		if err != nil {
			return err
		}
		q.Warnings = append(q.Warnings, warnings...)
	}
	if q.Mounts {
		space, warnings, err := enter(q)
		q.Warnings = append(q.Warnings, warnings...)
		if err != nil {
			return err
		}
		s.keeper.space = space
	}
	return s.firstBerth()
}

// firstBerth makes the first berth, and learns from it whether containers can have process tables of their own.
func (s *shim) firstBerth() error {
	k, made := s.keeper, make(chan error)
	var b *berth
	onBerthThread(k.space, func() {
		var err error
		if b, err = newBerth(k.ahead, k.space); err != nil && k.space.hasTables() {
			s.request.Warnings = append(s.request.Warnings, fmt.Sprintf("its containers see the machine's processes: %v", err))
			k.space.tables = false
			b, err = newBerth(k.ahead, k.space)
		}
		made <- err
	})
	if err := <-made; err != nil {
		return err
	}
	k.next = make(chan madeBerth, 1)
	k.next <- madeBerth{berth: b}
	return nil
}

// outliveTerminal lets the signals pass that end a program with its terminal. They are not ignored, which containers would inherit.
func outliveTerminal() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT)
}

// becomeSubreaper makes orphans of the pod children of this process, and reaps them when they end.
func becomeSubreaper() error {
	const setChildSubreaper = 36
	if _, _, errno := syscall.Syscall6(syscall.SYS_PRCTL, setChildSubreaper, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("subreaper: %w", errno)
	}
	subreaper.Store(true)
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGCHLD)
	go func() {
		for range ends {
			reapOrphans()
		}
	}()
	return nil
}

// reapOrphans reaps the children that this program did not start. While it looks none is being started, so that each of those is
// known.
func reapOrphans() {
	var r procReader
	for _, pid := range r.children(os.Getpid()) {
		if known.has(pid) {
			continue
		}
		onForkThread(func() {
			if !known.has(pid) {
				_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
			}
		})
	}
}

// killDescendants kills what has hidden from its container's end: it is nobody's but the pod's. The pause of a shared process table
// stays.
func killDescendants() {
	var r procReader
	for range 100 {
		left := 0
		for _, pid := range r.descendants(os.Getpid()) {
			if !known.has(pid) && r.alive(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				left++
			}
		}
		if left == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// spread writes down what has changed and tells those who watch.
func (s *shim) spread() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
}

// flush is spread for a caller that holds the lock.
func (s *shim) flush() {
	s.note()
	for _, t := range s.untold {
		for c := range s.watchers {
			c.tell(t)
		}
	}
	s.untold = nil
}

// noted writes down what has changed, and returns the number of the last change.
func (s *shim) noted() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note()
	return s.serial
}

// note writes down what has changed. It is told with the next flush. The caller holds the lock.
func (s *shim) note() {
	for _, e := range s.journal.update(record{Attempts: s.keeper.list(), Ended: s.ended}) {
		s.serial++
		s.untold = append(s.untold, tell{News: &e, Serial: s.serial})
	}
}

// acceptPause is how long a shim waits when it cannot take a connection, for want of file descriptors for instance.
const acceptPause = 100 * time.Millisecond

func (s *shim) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			time.Sleep(acceptPause)
			continue
		}
		c := &client{shim: s, conn: conn, gone: make(chan struct{}), cancels: map[uint64]chan struct{}{}}
		go c.serve()
	}
}

// greet sends the greeting; from then on the client hears the news.
func (s *shim) greet(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	s.watchers[c] = true
	c.tell(tell{Serial: s.serial, Greeting: &greeting{
		Version: wireVersion, Oldest: wireOldest, PID: os.Getpid(), Sandbox: s.request, Record: s.journal.last,
	}})
}

// end ends all that runs in the pod.
func (s *shim) end() error {
	err := s.keeper.end()
	killDescendants()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.spread()
	return err
}

// A client is one connection to the shim.
type client struct {
	shim *shim
	conn net.Conn
	// gone is closed when the connection has ended.
	gone chan struct{}

	mu      sync.Mutex
	cancels map[uint64]chan struct{}

	// sending guards the messages that are kept, and how many want that.
	sending sync.Mutex
	held    []byte
	holders int
}

// serve takes requests until the connection ends.
func (c *client) serve() {
	defer c.leave()
	for {
		var a ask
		if err := readFrame(c.conn, &a); err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		}
		switch {
		case a.Watch:
			c.shim.greet(c)
		case a.Cancel != 0:
			c.cancel(a.Cancel)
		case a.Line:
			c.becomeLine()
			return
		case a.Start != nil:
			laterOnForkThread(func() { c.start(a) })
		case a.Exec != nil:
			canceled := c.cancellable(a.ID)
			go c.exec(a, canceled)
		default:
			go c.answer(a)
		}
	}
}

// leave drops the connection, and the commands that were run for it.
func (c *client) leave() {
	c.shim.mu.Lock()
	delete(c.shim.watchers, c)
	c.shim.mu.Unlock()
	c.mu.Lock()
	for id := range c.cancels {
		close(c.cancels[id])
	}
	c.cancels = nil
	c.mu.Unlock()
	c.conn.Close()
}

// tell sends one message, or keeps it for release. A client that does not read is dropped.
func (c *client) tell(t tell) {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.held, _ = appendFrame(c.held, t)
	if c.holders == 0 {
		c.flush()
	}
}

// hold keeps messages until release.
func (c *client) hold() {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.holders++
}

// release sends what was kept.
func (c *client) release() {
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.holders--; c.holders == 0 {
		c.flush()
	}
}

// flush sends what is kept. The caller holds the lock.
func (c *client) flush() {
	_ = c.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := c.conn.Write(c.held); err != nil {
		c.conn.Close()
	}
	c.held = c.held[:0]
}

// cancellable returns a channel that is closed when the request is cancelled.
func (c *client) cancellable(id uint64) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan struct{})
	c.cancels[id] = ch
	return ch
}

func (c *client) cancel(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.cancels[id]; ch != nil {
		close(ch)
		delete(c.cancels, id)
	}
}

func (c *client) exec(a ask, canceled chan struct{}) {
	answer, err := c.shim.keeper.exec(*a.Exec, canceled)
	c.mu.Lock()
	delete(c.cancels, a.ID)
	c.mu.Unlock()
	c.tell(tell{ID: a.ID, Exec: &answer, Error: text(err)})
}

// start starts an attempt, and sends the news of it together with the answer. It runs on the thread that starts processes.
func (c *client) start(a ask) {
	c.hold()
	f, err := c.shim.keeper.start(*a.Start)
	c.tell(tell{ID: a.ID, Failure: f, Error: text(err)})
	c.release()
}

// answer does what is asked for, and answers when it is done.
func (c *client) answer(a ask) {
	s := c.shim
	t := tell{ID: a.ID}
	var err error
	switch {
	case a.Stop != nil:
		err = s.keeper.stop(*a.Stop)
	case a.Resize != nil:
		err = s.keeper.resize(*a.Resize)
	case a.Forget != nil:
		err = s.keeper.forget(*a.Forget)
		s.spread()
	case a.Dial != nil:
		c.dial(a)
		return
	case a.End:
		err = s.end()
	case a.Close:
		err = s.end()
		defer s.quit()
	default:
		err = fmt.Errorf("the shim, of version %d, does not know what it is asked for", wireVersion)
	}
	t.Error = text(err)
	c.tell(t)
}

// dial connects from inside the pod's network, and hands the connection over.
func (c *client) dial(a ask) {
	conn, err := new(net.Dialer).Dial(a.Dial.Network, a.Dial.Address)
	if err != nil {
		c.tell(tell{ID: a.ID, Error: err.Error()})
		return
	}
	defer conn.Close()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { err = sendFile(c.conn.(*net.UnixConn), tell{ID: a.ID}, fd) })
	}
	if err != nil {
		c.conn.Close()
	}
}

// text is an error's, empty for none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
