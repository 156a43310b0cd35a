package process

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// A berth is what every attempt needs, whichever it is: a folder, pipes for its output and, where there are namespaces, a view. The
// next one is made when an attempt has been started, so that the one after does not wait for it.
type berth struct {
	// dir is the folder until it becomes an attempt's; see place.
	dir    string
	outlet *outlet
	view   *view
}

// madeBerth is a berth, or why there is none.
type madeBerth struct {
	berth *berth
	err   error
}

// Names in the folder of an attempt.
const (
	rootName    = "root"     // stands for the container's "/"
	messageName = "message"  // the termination message, where it is mounted
	scratchName = "scratch"  // is empty, to make mounts with
	logName     = "log"      // the output, where the request names no other place
	nextName    = "pod.next" // the folder of the next attempt, in that of the pod
	defaultLink = "dev/termination-log"
)

// newBerth makes a berth in a folder. What is there was left by a berth that was never taken, and goes.
func newBerth(dir string, s *space) (*berth, error) {
	b := &berth{dir: dir}
	err := os.RemoveAll(dir)
	if err == nil {
		err = b.makeFolder(s.hasMessages())
	}
	if err != nil {
		return nil, err
	}
	if b.outlet, err = newOutlet(); err != nil {
		return nil, err
	}
	if b.view, err = s.newView(dir); err != nil {
		b.outlet.close()
		return nil, err
	}
	return b, nil
}

// makeFolder makes the folder, with a place for the termination message.
func (b *berth) makeFolder(mounted bool) error {
	inRoot := filepath.Join(b.dir, rootName, filepath.FromSlash(defaultLink))
	if err := os.MkdirAll(filepath.Dir(inRoot), 0o755); err != nil {
		return err
	}
	if !mounted {
		return makeFile(inRoot)
	}
	if err := os.MkdirAll(filepath.Join(b.dir, scratchName), 0o755); err != nil {
		return err
	}
	if err := makeFile(filepath.Join(b.dir, messageName)); err != nil {
		return err
	}
	return link(defaultMessagePath, inRoot)
}

// furnish makes what an attempt has beside every other, and returns what is asked for with the places that the berth gives it.
func (b *berth) furnish(r startRequest) (startRequest, error) {
	root := filepath.Join(b.dir, rootName)
	if r.LogPath == "" {
		r.LogPath = filepath.Join(b.dir, logName)
	}
	r.Scratch = filepath.Join(b.dir, scratchName)
	for _, l := range r.Links {
		if err := link(l.Source, under(root, l.Target)); err != nil {
			return r, err
		}
	}
	if r.Dir != root {
		if err := os.MkdirAll(r.Dir, 0o755); err != nil {
			return r, err
		}
	}
	if err := b.placeMessage(&r); err != nil {
		return r, err
	}
	b.view.furnish(r)
	return r, nil
}

// placeMessage says where the termination message is to be found. Where it can be mounted it is, and it is there already in the usual
// place.
func (b *berth) placeMessage(r *startRequest) error {
	if r.MessageTarget == "" || !b.view.hasMessage() {
		return makeFile(r.MessagePath)
	}
	r.MessagePath = filepath.Join(b.dir, messageName)
	if r.MessageTarget == defaultMessagePath {
		return nil
	}
	inVolume := slices.ContainsFunc(r.Mounts, func(m mountRequest) bool { return within(r.MessageTarget, path.Clean("/"+m.Target)) })
	r.Mounts = append(slices.Clip(r.Mounts), mountRequest{Source: r.MessagePath, Target: r.MessageTarget})
	if inVolume {
		return nil
	}
	return link(r.MessageTarget, under(filepath.Join(b.dir, rootName), r.MessageTarget))
}

// place makes the folder that of an attempt. What an attempt left there that never began goes.
func (b *berth) place(dir string) error {
	err := os.Rename(b.dir, dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(filepath.Dir(dir), 0o755); err == nil {
			err = os.Rename(b.dir, dir)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		if err = os.RemoveAll(dir); err == nil {
			err = os.Rename(b.dir, dir)
		}
	}
	if err == nil {
		b.dir = dir
	}
	return err
}

// close gives up what the berth has beside its folder.
func (b *berth) close() {
	b.outlet.close()
	b.view.close()
}
