package static

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Source is where manifests come from. It is used by one goroutine at a time.
type Source interface {
	// Kind is the value of the annotation kubernetes.io/config.source: "file" or "http". Pods out of files tolerate every taint
	// that would evict them.
	Kind() string
	// Read returns the manifests that there are now. The error says that they cannot be listed at all.
	Read() ([]Manifest, error)
	// Watch calls changed after anything that Read returns may have changed, until ctx is done; it returns an error at once or
	// later where it cannot tell, and then Read is called now and then.
	Watch(ctx context.Context, changed func()) error
}

// Manifest is one place where a pod is written down.
type Manifest struct {
	// Place names it: the absolute path of a file.
	Place string
	Text  []byte
	// Err says why it could not be read.
	Err error
	// Unsettled says that it is being written, and should be read again soon.
	Unsettled bool
}

// settle is how long a file must not have been written to before it is read.
const settle = 200 * time.Millisecond

// Folder is the files of a folder as a Source: all but those whose names begin with a dot, and not those in folders below it. The
// file of which it is a link counts where a name is one. A folder that does not exist is an empty one.
func Folder(dir string) Source { return &folder{dir} }

type folder struct{ dir string }

func (f *folder) Kind() string { return "file" }

func (f *folder) Read() ([]Manifest, error) {
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Manifest
	for _, e := range entries {
		if m, ok := read(filepath.Join(dir, e.Name())); ok && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, m)
		}
	}
	return out, nil
}

// read reads one file; false where it is none, or has just gone.
func read(path string) (Manifest, bool) {
	m := Manifest{Place: path}
	stat, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && !stat.Mode().IsRegular():
		return m, false
	case err != nil:
		m.Err = err
		return m, true
	}
	if age := time.Since(stat.ModTime()); age >= 0 && age < settle {
		m.Unsettled = true
		return m, true
	}
	m.Text, m.Err = contents(path)
	return m, !errors.Is(m.Err, os.ErrNotExist)
}

// maxManifest is how large a file may be, in bytes, as for the kubelet.
const maxManifest = 10 << 20

// contents reads a file, which may be another one by now: one that is no file, or too large, is an error, and not waited for.
func contents(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if stat, err := f.Stat(); err != nil || !stat.Mode().IsRegular() {
		return nil, cmp.Or(err, errors.New("it is no longer a file"))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		return nil, fmt.Errorf("the file has more than %d bytes, which no manifest may have", maxManifest)
	}
	return text, err
}

func (f *folder) Watch(ctx context.Context, changed func()) error {
	return watchFolder(ctx, f.dir, changed)
}
