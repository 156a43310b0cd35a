package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// journalName is the file in a pod's folder that says what became of its attempts. All names there that are no container's have a dot,
// which a container's has not.
const journalName = "pod.journal"

// A record is what a keeper knows of its pod: a level. The zero value is a pod without attempts.
type record struct {
	// Attempts are in the order in which they were started.
	Attempts []attemptState `json:"attempts,omitempty"`
	// Ended says that the sandbox was stopped, and nothing runs in it.
	Ended bool `json:"ended,omitempty"`
}

// entry is one change of a record: one line of a journal, one piece of news on the wire. One of its fields is set.
type entry struct {
	State *attemptState `json:"state,omitempty"`
	Gone  *attemptRef   `json:"gone,omitempty"`
	Ended bool          `json:"ended,omitempty"`
}

// find returns where an attempt is, and -1 where it is not.
func (r *record) find(ref attemptRef) int {
	return slices.IndexFunc(r.Attempts, func(a attemptState) bool { return a.attemptRef == ref })
}

// apply makes a change. An attempt that has ended does not run again: such a change is an old one that comes late.
func (r *record) apply(e entry) {
	if e.Ended {
		r.Ended = true
	}
	if e.State != nil {
		if i := r.find(e.State.attemptRef); i >= 0 && (e.State.Exited || !r.Attempts[i].Exited) {
			r.Attempts[i] = *e.State
		} else if i < 0 {
			r.Attempts = append(r.Attempts, *e.State)
		}
	}
	if e.Gone != nil {
		r.Attempts = slices.DeleteFunc(r.Attempts, func(a attemptState) bool { return a.attemptRef == *e.Gone })
	}
}

// clone returns a record that shares nothing with r.
func (r *record) clone() record { return record{Attempts: slices.Clone(r.Attempts), Ended: r.Ended} }

// changes returns what makes r into now.
func (r *record) changes(now record) []entry {
	var out []entry
	for i := range r.Attempts {
		if now.find(r.Attempts[i].attemptRef) < 0 {
			out = append(out, entry{Gone: &r.Attempts[i].attemptRef})
		}
	}
	for i := range now.Attempts {
		a := &now.Attempts[i]
		if j := r.find(a.attemptRef); j < 0 || r.Attempts[j] != *a {
			out = append(out, entry{State: a})
		}
	}
	if now.Ended && !r.Ended {
		out = append(out, entry{Ended: true})
	}
	return out
}

// A journal is a record on disk: every change is one line at the end of the file. Nothing is synced: what was written outlives
// the program, and no pod outlives the machine. It is not safe for concurrent use.
type journal struct {
	file *os.File
	last record
	// torn says that the file may end in the middle of a line.
	torn bool
}

// openJournal opens the journal in a pod's folder, and makes it where there is none.
func openJournal(dir string) (*journal, error) {
	path := filepath.Join(dir, journalName)
	last, err := readJournal(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &journal{file: f, last: last, torn: true}, nil
}

// update writes down how things are now and returns what has changed. A disk that is full loses lines, and the containers run on.
func (j *journal) update(now record) []entry {
	changes := j.last.changes(now)
	if len(changes) == 0 {
		return nil
	}
	var lines []byte
	if j.torn {
		lines = append(lines, '\n')
	}
	for _, e := range changes {
		line, err := json.Marshal(e)
		if err != nil {
			continue
		}
		lines = append(append(lines, line...), '\n')
	}
	n, _ := j.file.Write(lines)
	j.torn = n < len(lines) && (n > 0 || j.torn)
	j.last = now.clone()
	return changes
}

func (j *journal) close() error { return j.file.Close() }

// readJournal reads a journal as far as it is whole: its writer may have ended in the middle of a line.
func readJournal(path string) (record, error) {
	var r record
	b, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	for line := range bytes.Lines(b) {
		var e entry
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		r.apply(e)
	}
	return r, nil
}

// lose takes every attempt that still runs for lost, as it is once nobody holds its process any more.
func (r *record) lose(now time.Time, why string) {
	for i := range r.Attempts {
		a := &r.Attempts[i]
		if a.Exited {
			continue
		}
		a.Exited, a.ExitCode, a.FinishedAt = true, codeUnknown, now
		a.Reason, a.Message = reasonOf(codeUnknown), why
	}
	r.Ended = true
}
