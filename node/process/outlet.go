package process

import "os"

// An outlet is what a process writes its output to: a pipe for each of the two streams.
type outlet struct{ pipes [2]pipe }

// A pipe has one stream of a process: w is the process's end.
type pipe struct {
	name string
	r, w *os.File
}

func newOutlet() (*outlet, error) {
	o := &outlet{pipes: [2]pipe{{name: "stdout"}, {name: "stderr"}}}
	for i := range o.pipes {
		p := &o.pipes[i]
		var err error
		if p.r, p.w, err = newPipe(); err != nil {
			o.close()
			return nil, err
		}
	}
	return o, nil
}

// stdout and stderr are the process's ends.
func (o *outlet) stdout() *os.File { return o.pipes[0].w }
func (o *outlet) stderr() *os.File { return o.pipes[1].w }

// given closes the process's ends, which that has by now.
func (o *outlet) given() {
	for _, p := range o.pipes {
		p.w.Close()
	}
}

// close closes all, where no process was started.
func (o *outlet) close() {
	for _, p := range o.pipes {
		if p.r != nil {
			p.r.Close()
			p.w.Close()
		}
	}
}
