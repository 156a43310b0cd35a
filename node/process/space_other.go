//go:build !linux

package process

// space is where the processes of a pod live: here, always where this program does.
type space struct{}

func onBerthThread(_ *space, f func()) { go f() }

func (*space) hasMessages() bool { return false }

func (*space) newView(string) (*view, error) { return nil, nil }

// limits are what bounds the processes of a pod: here, never anything.
type limits struct{}

func (*limits) group(*startRequest) (*cgroup, error) { return nil, nil }

func (*limits) resize(*cgroup, resizeRequest) error { return nil }

// view is what the processes of one attempt see of the machine: all of it.
type view struct{}

func (*view) hasMessage() bool { return false }

func (*view) apart() bool { return false }

func (*view) furnish(startRequest) {}

// run calls f, which starts a process in dir.
func (*view) run(dir string, f func(dir string)) error {
	f(dir)
	return nil
}

func (*view) kill() bool { return false }

func (*view) close() {}
