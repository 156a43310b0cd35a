//go:build !linux

package process

// space is where the processes of a pod live: here, always where this program does.
type space struct{}

// limits are what bounds the processes of a pod: here, never anything.
type limits struct{}

func (*limits) group(*startRequest) (*cgroup, error) { return nil, nil }

func (*limits) resize(*cgroup, resizeRequest) error { return nil }

// view is what the processes of one attempt see of the file system: all of it.
type view struct{}

func (*space) view(startRequest) *view { return nil }

// run calls f, which starts a process in dir.
func (*view) run(dir string, f func(dir string)) error {
	f(dir)
	return nil
}

func (*view) close() {}
