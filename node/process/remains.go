package process

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

// lostMessage is the termination message of an attempt whose end nobody saw.
const lostMessage = "the program that kept the container has ended before it"

// remains is the keeper of a pod that nobody keeps any more: its shim, or the program that was its shim, has ended. Nothing runs in
// it; what was written down of its attempts is still known.
type remains struct {
	mu      sync.Mutex
	journal *journal
	now     record
}

// bury ends what may still run of a pod whose keeper has ended, or does not answer, and returns what is left. Dir is the pod's folder.
func bury(dir string) (*remains, error) {
	killLeftovers(nil, shimMark(dir))
	killLeftovers(nil, podMark(dir))
	j, err := openJournal(dir)
	if err != nil {
		return nil, err
	}
	r := &remains{journal: j, now: j.last.clone()}
	r.now.lose(time.Now(), lostMessage)
	j.update(r.now)
	return r, nil
}

func (r *remains) start(startRequest) (*failure, error) { return nil, errEnded }

func (r *remains) stop(stopRequest) error { return nil }

func (r *remains) resize(q resizeRequest) error { return notRunning(q.attemptRef) }

func (r *remains) exec(execRequest, <-chan struct{}) (execAnswer, error) {
	return execAnswer{NotRunning: true}, nil
}

func (r *remains) forget(ref attemptRef) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.apply(entry{Gone: &ref})
	r.journal.update(r.now)
	return nil
}

func (r *remains) list() []attemptState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.now.Attempts)
}

func (r *remains) end() error { return nil }

func (r *remains) close() error {
	if err := r.journal.close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
