package process

import (
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// forks is the thread that starts all children: the parent-death signal comes when the thread ends that started a child, not when
// the program does, so that thread must never end.
var forks = sync.OnceValue(func() *forkThread {
	t := &forkThread{bell: newBell()}
	number := make(chan int)
	go t.run(number)
	t.number = <-number
	return t
})

// forkThread is the thread that starts children. It sleeps in the kernel until there is something to do, and not in Go's scheduler:
// who asks for a start over a line waits for one thread to wake, and for no other to hand the request on.
type forkThread struct {
	// number is the thread's.
	number int
	// bell is an event descriptor that wakes the thread, below 0 where none could be had: it then looks around by itself.
	bell int
	// due is what is done once there was nothing else to do for a moment. It is the thread's alone.
	due []func()
	// sources are what the thread reads itself, and polled is all that it waits for. Both are the thread's alone.
	sources []*source
	polled  []pollFD

	mu    sync.Mutex
	calls []func()
	// rung says that the bell was rung, and the calls have not been taken since.
	rung atomic.Bool
}

// A source is a descriptor that the thread that starts children reads.
type source struct {
	fd int
	// serve is called when there is something to read. It returns false when there will be no more; the descriptor is closed then.
	serve func() bool
	ready bool
}

// onForkThread runs f on the thread that starts children, and returns when it has run. What is called there may call it again.
//
// Who waits for that thread must hold no lock that what runs there may want.
func onForkThread(f func()) {
	t := forks()
	if syscall.Gettid() == t.number {
		f()
		return
	}
	done := make(chan struct{})
	t.later(func() {
		defer close(done)
		f()
	})
	<-done
}

// laterOnForkThread has f run on the thread that starts children, after all that was asked for before.
func laterOnForkThread(f func()) { forks().later(f) }

// readOnForkThread has the thread that starts children read a source.
func readOnForkThread(s *source) {
	t := forks()
	t.later(func() { t.sources = append(t.sources, s) })
}

func (t *forkThread) later(f func()) {
	t.mu.Lock()
	t.calls = append(t.calls, f)
	t.mu.Unlock()
	if t.rung.CompareAndSwap(false, true) {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		_, _ = syscall.Write(t.bell, one[:])
	}
}

// run is the thread's whole life.
func (t *forkThread) run(number chan<- int) {
	runtime.LockOSThread()
	number <- syscall.Gettid()
	for {
		t.wait()
		t.runDue()
		t.runCalls()
		t.sources = slices.DeleteFunc(t.sources, func(s *source) bool { return s.ready && !s.serve() })
	}
}

// wait returns when the bell was rung or a source can be read.
func (t *forkThread) wait() {
	t.polled = append(t.polled[:0], pollFD{fd: int32(t.bell), events: pollIn})
	for _, s := range t.sources {
		t.polled = append(t.polled, pollFD{fd: int32(s.fd), events: pollIn})
	}
	var pause *syscall.Timespec
	switch {
	case len(t.due) > 0:
		pause = new(syscall.NsecToTimespec(int64(duePause)))
	case t.bell < 0:
		pause = new(syscall.NsecToTimespec(int64(bellPause)))
	}
	poll(t.polled, pause)
	for i, s := range t.sources {
		s.ready = t.polled[i+1].revents != 0
	}
}

// duePause is how long the thread lets those go ahead that it has just answered, before it does what can wait.
const duePause = 100 * time.Microsecond

// dueOnForkThread has f run when nothing else was to be done for a moment, or just before the next thing is. The thread that starts
// children calls it.
func dueOnForkThread(f func()) {
	t := forks()
	t.due = append(t.due, f)
}

// runDue does what was put off.
func (t *forkThread) runDue() {
	due := t.due
	t.due = nil
	for _, f := range due {
		f()
	}
}

// runCalls takes what was asked for and does it.
func (t *forkThread) runCalls() {
	if !t.rung.Load() {
		return
	}
	var count [8]byte
	_, _ = syscall.Read(t.bell, count[:])
	t.rung.Store(false)
	t.mu.Lock()
	calls := t.calls
	t.calls = nil
	t.mu.Unlock()
	for _, f := range calls {
		f()
	}
}

// berths is the thread on which berths are made, so that nobody waits for that who wants to start a process.
var berths = sync.OnceValue(func() chan<- func() {
	calls := make(chan func(), 1)
	go func() {
		runtime.LockOSThread()
		for f := range calls {
			f()
		}
	}()
	return calls
})

// onBerthThread has f run on the thread on which berths are made, in the mounts of a space. It does not wait for that.
func onBerthThread(s *space, f func()) {
	berths() <- func() {
		s.visit()
		f()
	}
}

// bellPause is how long a thread without a bell may not notice that something is asked of it.
const bellPause = 5 * time.Millisecond

// newBell makes an event descriptor, which is open as long as this program runs.
func newBell() int {
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		return -1
	}
	return int(fd)
}

// pollFD is struct pollfd.
type pollFD struct {
	fd              int32
	events, revents int16
}

const pollIn = 1

// poll waits until something can be read or, where it is not nil, a time has passed. A signal ends it too: nothing is ready then.
func poll(fds []pollFD, span *syscall.Timespec) {
	_, _, _ = syscall.Syscall6(syscall.SYS_PPOLL,
		uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)), uintptr(unsafe.Pointer(span)), 0, 0, 0)
}
