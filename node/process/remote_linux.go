package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A remote is a keeper in a shim. What the shim knows is mirrored here, so that list asks nobody. When the shim ends without
// being asked to, the remote becomes its remains.
type remote struct {
	conn *net.UnixConn
	// line is for starts, nil where there is none.
	line    *caller
	hello   greeting
	changed func()
	lost    func()
	// over is closed when no more is heard of the shim, and all of it is settled.
	over chan struct{}

	mu      sync.Mutex
	now     record
	serial  uint64 // of the last change in now
	last    uint64
	calls   map[uint64]chan tell
	leaving bool // it was asked to end, or this side leaves
	staying bool // the shim goes on
	remains *remains
	gone    error
}

var errShimGone = errors.New("the shim has ended")

// newRemote serves a connection on which the first that was said is given. Changed is called after list would say something else, lost
// after the shim has ended unasked.
func newRemote(conn *net.UnixConn, first tell, changed, lost func()) *remote {
	hello := *first.Greeting
	r := &remote{
		conn: conn, hello: hello, changed: changed, lost: lost,
		over: make(chan struct{}), now: hello.Record, serial: first.Serial, calls: map[uint64]chan tell{},
	}
	if r.understood() && hello.Version >= wireLine {
		r.line = callShim(hello.Sandbox.Dir)
	}
	go r.read()
	return r
}

// findShim connects to the shim of a pod whose folder is there already.
func findShim(dir string, changed, lost func()) (*remote, error) {
	conn, first, err := watchShim(dir)
	if err != nil {
		return nil, err
	}
	r := newRemote(conn, first, changed, lost)
	if r.understood() {
		return r, nil
	}
	err = fmt.Errorf("shim in %q speaks version %d, expected %d to %d: its pod is ended", dir, r.hello.Version, wireOldest, wireVersion)
	return nil, errors.Join(err, r.close())
}

// understood reports whether the shim and this program can work together.
func (r *remote) understood() bool {
	v := r.hello.Version
	return v >= wireOldest && (v <= wireVersion || r.hello.Oldest != 0 && r.hello.Oldest <= wireVersion)
}

func (r *remote) greeting() greeting { return r.hello }

// read takes what the shim says until its end.
func (r *remote) read() {
	defer close(r.over)
	for {
		var t tell
		if err := readFrame(r.conn, &t); err != nil {
			break
		}
		r.take(t)
	}
	r.conn.Close()
	r.line.hangUp()
	r.settle()
}

// take takes in one message.
func (r *remote) take(t tell) {
	r.mu.Lock()
	if t.News != nil {
		r.now.apply(*t.News)
		r.serial = t.Serial
	}
	answer := r.calls[t.ID]
	delete(r.calls, t.ID)
	r.mu.Unlock()
	if answer != nil {
		answer <- t
	}
	if t.News != nil {
		r.changed()
	}
}

// settle makes the best of a connection that has ended.
func (r *remote) settle() {
	r.mu.Lock()
	asked, staying := r.leaving, r.staying
	r.mu.Unlock()
	if !staying {
		reapShim(r.hello.PID)
	}
	var left *remains
	if !asked {
		left, _ = bury(r.hello.Sandbox.Dir)
	}
	r.mu.Lock()
	r.gone, r.remains = errShimGone, left
	for _, answer := range r.calls {
		close(answer)
	}
	r.calls = nil
	if left == nil {
		r.now.lose(time.Now(), lostMessage)
	}
	r.mu.Unlock()
	if !asked {
		r.lost()
	}
}

// instead returns what stands in for a shim that has ended, nil while it runs.
func (r *remote) instead() *remains {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.remains
}

// call sends a request and waits for its answer. A command that is to be cancelled is, and its answer waited for still.
func (r *remote) call(a ask, cancel <-chan struct{}) (tell, error) {
	answer := make(chan tell, 1)
	if err := r.post(&a, answer); err != nil {
		return tell{}, err
	}
	for {
		select {
		case t, ok := <-answer:
			switch {
			case !ok:
				return t, errShimGone
			case t.Error != "":
				return t, errors.New(t.Error)
			}
			return t, nil
		case <-cancel:
			cancel = nil
			_ = r.post(&ask{Cancel: a.ID}, nil)
		}
	}
}

// post gives a request its number and sends it. The lock keeps messages whole.
func (r *remote) post(a *ask, answer chan tell) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone != nil {
		return r.gone
	}
	r.last++
	a.ID = r.last
	if answer != nil {
		r.calls[a.ID] = answer
	}
	if a.Close {
		r.leaving = true
	}
	if err := send(r.conn, a); err != nil {
		delete(r.calls, a.ID)
		return err
	}
	return nil
}

// start asks over the line. Where that does not work it asks once more over the connection: an attempt is started at most once.
func (r *remote) start(s startRequest) (*failure, error) {
	a, err := r.line.start(s)
	if err == nil {
		r.learn(a, attemptState{attemptRef: s.attemptRef, PID: a.PID, StartedAt: a.StartedAt, LogPath: r.logPath(s)})
		return nil, nil
	}
	if s, err = r.furnish(s); err != nil {
		return &failure{Message: err.Error()}, nil
	}
	t, err := r.call(ask{Start: &s}, nil)
	return t.Failure, err
}

// logPath is where the output of an attempt goes.
func (r *remote) logPath(s startRequest) string {
	return cmp.Or(s.LogPath, filepath.Join(attemptDir(r.hello.Sandbox.Dir, s.attemptRef), logName))
}

// furnish makes for a shim of an older version what a newer one makes itself.
func (r *remote) furnish(s startRequest) (startRequest, error) {
	if r.hello.Version >= wireLine {
		return s, nil
	}
	b := &berth{dir: attemptDir(r.hello.Sandbox.Dir, s.attemptRef)}
	if err := b.makeFolder(false); err != nil {
		return s, err
	}
	if err := os.MkdirAll(filepath.Join(b.dir, scratchName), 0o755); err != nil {
		return s, err
	}
	return b.furnish(s)
}

// learn takes in what an answer on a line says, which may have overtaken the news of it.
func (r *remote) learn(a lineAnswer, state attemptState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.Serial > r.serial {
		r.now.apply(entry{State: &state})
	}
}

func (r *remote) stop(s stopRequest) error {
	if left := r.instead(); left != nil {
		return left.stop(s)
	}
	_, err := r.call(ask{Stop: &s}, nil)
	return err
}

func (r *remote) resize(q resizeRequest) error {
	if left := r.instead(); left != nil {
		return left.resize(q)
	}
	if r.hello.Version < wireResize {
		return fmt.Errorf("the pod's shim is of version %d, which cannot resize, expected at least %d: only a new pod of this program can be resized",
			r.hello.Version, wireResize)
	}
	_, err := r.call(ask{Resize: &q}, nil)
	return err
}

func (r *remote) exec(e execRequest, cancel <-chan struct{}) (execAnswer, error) {
	if left := r.instead(); left != nil {
		return left.exec(e, cancel)
	}
	t, err := r.call(ask{Exec: &e}, cancel)
	if err != nil || t.Exec == nil {
		return execAnswer{NotRunning: true}, err
	}
	return *t.Exec, nil
}

func (r *remote) forget(ref attemptRef) error {
	if left := r.instead(); left != nil {
		return left.forget(ref)
	}
	_, err := r.call(ask{Forget: &ref}, nil)
	return err
}

func (r *remote) list() []attemptState {
	if left := r.instead(); left != nil {
		return left.list()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.now.Attempts)
}

// end ends all that runs. A shim that ends under the request has done so too.
func (r *remote) end() error {
	if left := r.instead(); left != nil {
		return left.end()
	}
	_, err := r.call(ask{End: true}, nil)
	if errors.Is(err, errShimGone) {
		<-r.over
		return nil
	}
	return err
}

// close ends the shim and waits for its end.
func (r *remote) close() error {
	if left := r.instead(); left != nil {
		return left.close()
	}
	if _, err := r.call(ask{Close: true}, nil); err != nil && !errors.Is(err, errShimGone) {
		return err
	}
	<-r.over
	return nil
}

// leave closes the connection and lets the shim go on.
func (r *remote) leave() {
	r.mu.Lock()
	r.leaving, r.staying = true, true
	r.mu.Unlock()
	r.conn.Close()
	<-r.over
}

// dial connects to an address in the pod's network, over a connection of its own.
func (r *remote) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := dialShim(r.hello.Sandbox.Dir)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := send(conn, ask{ID: 1, Dial: &dialRequest{network, address}}); err != nil {
		return nil, cause(ctx, err)
	}
	var t tell
	file, err := receiveFile(conn, &t)
	switch {
	case err != nil:
		return nil, cause(ctx, err)
	case file == nil:
		return nil, errors.New(t.Error)
	}
	defer file.Close()
	return net.FileConn(file)
}

// cause is the context's error where there is one.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
