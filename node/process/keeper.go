package process

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Exit codes that no process gave.
const (
	// codeUnknown is that of a process nobody can tell of any more, as Kubernetes has it.
	codeUnknown = 137
	// codeStartError is that of a process that could not be started, as containerd has it.
	codeStartError = 128
)

// reasonStartError is containerd's word for an attempt whose process could not be started.
const reasonStartError = "StartError"

// reasonOOMKilled is Kubernetes' word for an attempt that the kernel killed for want of memory.
const reasonOOMKilled = "OOMKilled"

// errEnded is a keeper's answer when it is asked to start something after its end.
var errEnded = errors.New("the sandbox is stopped")

// local is a keeper in this program.
type local struct {
	// dir is the folder of an attempt, which no other has: all its processes have it in their environment; see markVariable.
	dir func(attemptRef) string
	// changed is called, without the lock, after list would say something else.
	changed func()
	// space is where the processes live; nil is where this program does.
	space *space
	// limits are what bounds them; nil is what bounds this program.
	limits *limits
	// ahead is the folder of the next berth, empty where none is made ahead. Next is where that berth comes, nil where it was not asked
	// for. It is for the thread that starts children alone.
	ahead string
	next  chan madeBerth

	mu       sync.Mutex
	attempts []*attempt
	ending   bool
	// running counts the attempts and commands whose process is not reaped.
	running sync.WaitGroup
}

// newLocal returns a keeper that holds nothing.
func newLocal(dir func(attemptRef) string, changed func()) *local {
	return &local{dir: dir, changed: changed}
}

// An attempt is one container's process. The keeper's lock guards it.
type attempt struct {
	attemptState
	request startRequest
	log     *logFile
	view    *view
	group   *cgroup
	child   *child
	// failure is why it could not be started, nil where it was.
	failure *failure
	// kill fires when the grace is over; due is when that is.
	kill *time.Timer
	due  time.Time
	// execs are the commands that run in it; over says that no more may start, because the process has ended.
	execs []*child
	over  bool
}

func (k *local) find(r attemptRef) *attempt {
	for _, a := range k.attempts {
		if a.attemptRef == r {
			return a
		}
	}
	return nil
}

func (k *local) start(r startRequest) (f *failure, err error) {
	var a *attempt
	onForkThread(func() {
		if a, f, err = k.begin(r); a != nil {
			k.tend(a)
		}
		k.stock()
	})
	if a != nil {
		k.changed()
	}
	return f, err
}

// stock has the next berth made. The thread that starts children calls it.
func (k *local) stock() {
	k.mu.Lock()
	ending := k.ending
	k.mu.Unlock()
	if !ending {
		k.order()
	}
}

// order has the next berth made, if that was not ordered yet. It is made on a thread of its own, whose children are in no container's
// process table.
func (k *local) order() {
	if k.ahead == "" || k.next != nil {
		return
	}
	next := make(chan madeBerth, 1)
	k.next = next
	onBerthThread(k.space, func() {
		b, err := newBerth(k.ahead, k.space)
		next <- madeBerth{b, err}
	})
}

// taken returns the berth that was ordered, and waits for it. The thread that starts children calls it.
func (k *local) taken() (*berth, error) {
	if k.next == nil {
		return nil, nil
	}
	made := <-k.next
	k.next = nil
	return made.berth, made.err
}

// berth takes the berth that was made ahead, or makes one, for an attempt. The thread that starts children calls it.
func (k *local) berth(r attemptRef) (*berth, error) {
	dir := k.dir(r)
	if k.ahead == "" {
		return newBerth(dir, k.space)
	}
	k.order()
	b, err := k.taken()
	if err != nil {
		return nil, err
	}
	if err := b.place(dir); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// begin starts an attempt, on the thread that starts children, and returns when its process runs. An attempt that there was not before
// is returned, to be tended next: what can wait until its process runs does.
func (k *local) begin(r startRequest) (*attempt, *failure, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if a := k.find(r.attemptRef); a != nil {
		return nil, a.failure, nil
	}
	if k.ending {
		return nil, nil, errEnded
	}
	for _, a := range k.attempts {
		if a.Container == r.Container && !a.Exited {
			return nil, &failure{Message: fmt.Sprintf("container %q: attempt %d still runs", r.Container, a.Attempt)}, nil
		}
	}
	a, err := k.launch(r)
	if err != nil {
		return nil, &failure{Message: err.Error()}, nil
	}
	k.attempts = append(k.attempts, a)
	return a, a.failure, nil
}

// tend takes care of an attempt that has begun.
func (k *local) tend(a *attempt) {
	if a.child == nil {
		return
	}
	setOOMScore(a.child.pid, a.request.OOMScore)
	a.log.begin()
	go k.follow(a)
}

// launch makes an attempt; the error says that it was never made. The caller holds the lock.
func (k *local) launch(r startRequest) (*attempt, error) {
	b, err := k.berth(r.attemptRef)
	if err != nil {
		return nil, err
	}
	a := &attempt{view: b.view}
	if a.request, err = b.furnish(r); err == nil {
		a.log, err = openLog(a.request, b.outlet)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	a.attemptRef, a.LogPath = r.attemptRef, a.request.LogPath
	c, made, err := k.spawn(a, b.outlet)
	if err != nil {
		a.log.file.Close()
		b.close()
		a.group.remove()
		a.fail(err)
		if !made {
			return nil, err
		}
		return a, nil
	}
	b.outlet.given()
	a.child, a.PID, a.StartedAt = c, c.pid, time.Now()
	k.running.Add(1)
	return a, nil
}

// spawn starts the process of an attempt with its output going to an outlet. Where it could not, made says that this was for want of
// its program, and not of its surroundings.
func (k *local) spawn(a *attempt, o *outlet) (c *child, made bool, err error) {
	if a.group, err = k.limits.group(&a.request); err != nil {
		return nil, false, err
	}
	c, failed, err := k.run(a, a.request.Argv, o.stdout(), o.stderr())
	if err != nil {
		return nil, false, err
	}
	return c, true, failed
}

// run starts a command in an attempt's surroundings. Failed is why the command could not be started, err why the surroundings
// could not be made.
func (k *local) run(a *attempt, argv []string, stdout, stderr *os.File) (c *child, failed, err error) {
	r := &a.request
	env := append(slices.Clip(r.Env), markVariable+"="+k.dir(r.attemptRef))
	err = a.view.run(r.Dir, func(dir string) {
		path, err := lookPath(argv[0], r.Env, r.Dir)
		if err != nil {
			failed = err
			return
		}
		c, err = startChild(path, argv, childAttr{
			env: env, dir: dir, stdout: stdout, stderr: stderr, group: a.group, apart: a.view.apart(),
		})
		failed = startProblem(argv[0], err)
	})
	return c, failed, err
}

// startProblem says why a program could not be run, as container runtimes do.
func startProblem(name string, err error) error {
	if err == nil {
		return nil
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	return fmt.Errorf("exec: %q: %w", name, err)
}

// fail makes a an attempt that could not be started.
func (a *attempt) fail(err error) {
	a.Exited, a.over = true, true
	a.StartedAt, a.FinishedAt = time.Unix(0, 0), time.Now()
	a.ExitCode, a.Reason, a.Message = codeStartError, reasonStartError, err.Error()
	a.failure = &failure{Known: true, Message: err.Error()}
}

// follow waits for the end of an attempt, kills what it left behind, and writes down how it ended.
func (k *local) follow(a *attempt) {
	defer k.running.Done()
	a.child.ended()
	leaders := k.seal(a)
	if !a.view.kill() {
		killLeftovers(leaders, markOf(k.dir(a.attemptRef)))
	}
	a.group.kill()
	code := a.child.reap()
	a.view.close()
	outOfMemory := code == codeUnknown && a.group.oomKilled()
	a.group.remove()
	finished := time.Now()
	a.log.finish()
	message := terminationMessage(a.request, code)
	k.mu.Lock()
	a.Exited, a.ExitCode, a.FinishedAt, a.Message = true, code, finished, message
	a.Reason = reasonOf(code)
	if outOfMemory {
		a.Reason = reasonOOMKilled
	}
	if a.kill != nil {
		a.kill.Stop()
	}
	k.mu.Unlock()
	k.changed()
}

func reasonOf(code int32) string {
	if code == 0 {
		return "Completed"
	}
	return "Error"
}

// seal lets no more commands into an attempt whose process has ended, and returns the leaders of all its groups.
func (k *local) seal(a *attempt) []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	a.over = true
	leaders := []int{a.PID}
	for _, c := range a.execs {
		leaders = append(leaders, c.pid)
	}
	return leaders
}

func (k *local) stop(r stopRequest) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.find(r.attemptRef)
	if a == nil || a.over {
		return nil
	}
	if r.Grace <= 0 {
		a.child.kill()
		return nil
	}
	if due := time.Now().Add(r.Grace); a.kill == nil || due.Before(a.due) {
		if a.kill != nil {
			a.kill.Stop()
		}
		a.due = due
		a.kill = time.AfterFunc(r.Grace, func() { k.killOne(a) })
	}
	a.child.signal(stopSignal(a.request.StopSignal))
	return nil
}

// killOne kills an attempt that still runs.
func (k *local) killOne(a *attempt) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !a.over {
		a.child.kill()
	}
}

func (k *local) resize(r resizeRequest) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.find(r.attemptRef)
	if a == nil || a.over {
		return notRunning(r.attemptRef)
	}
	if err := k.limits.resize(a.group, r); err != nil {
		return fmt.Errorf("container %q: %w", r.Container, err)
	}
	return nil
}

// notRunning is the error of what can be done to a running attempt only.
func notRunning(r attemptRef) error {
	return fmt.Errorf("container %q: attempt %d does not run", r.Container, r.Attempt)
}

func (k *local) forget(r attemptRef) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.find(r)
	if a == nil {
		return nil
	}
	if !a.Exited {
		return fmt.Errorf("container %q: attempt %d still runs", r.Container, r.Attempt)
	}
	k.attempts = slices.DeleteFunc(k.attempts, func(x *attempt) bool { return x == a })
	return nil
}

func (k *local) list() []attemptState {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]attemptState, len(k.attempts))
	for i, a := range k.attempts {
		out[i] = a.attemptState
	}
	return out
}

func (k *local) end() error {
	k.mu.Lock()
	k.ending = true
	for _, a := range k.attempts {
		if !a.over {
			a.child.kill()
		}
	}
	k.mu.Unlock()
	k.running.Wait()
	onForkThread(func() {
		if b, _ := k.taken(); b != nil {
			b.close()
		}
	})
	return nil
}

func (k *local) close() error { return k.end() }
