package node

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Store keeps what an agent must find again after it was killed: small JSON documents by key. It is safe for concurrent use.
type Store interface {
	// Put keeps a document, in one line, in place of the one that had the key. When it has returned nil the program may be
	// killed and the document is there; when it is killed before that, or an error is returned, the one before may be there in
	// its place, whole. The document is only read, and not kept after the call.
	Put(key string, document []byte) error
	// Delete forgets a document. One that is not there is no error.
	Delete(key string) error
	// All calls yield for each document, by key. The document is yield's.
	All(yield func(key string, document []byte) error) error
}

// FileStore is a Store in one file: each Put appends a line with a checksum, and the latest line of a key counts. The file is
// written anew when most of it is out of date. Make one with OpenStore and Close it when the agent's Run has returned.
//
// It does not wait for the disk: a program that is killed loses nothing, a machine that loses its power may lose the last lines.
// Lines that are damaged are left out when the file is read; Damaged counts them.
type FileStore struct {
	mu      sync.Mutex
	path    string
	file    *os.File
	lock    *os.File
	end     int64
	live    map[string]span
	size    int64 // of the lines that count
	damaged int
}

// A span is where the document of a key stands in the file.
type span struct{ at, len int64 }

// rewriteAt is how large the file may grow, in bytes, before it is asked whether most of it is out of date.
const rewriteAt = 1 << 20

// gone is what stands in a line in place of a document that was deleted.
const gone = "-"

// OpenStore opens the store in a folder, and makes both where they do not exist. One program at a time may have it open; where
// the system can tell, a second is refused.
func OpenStore(dir string) (*FileStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &FileStore{path: filepath.Join(dir, "pods.log"), lock: lock, live: map[string]span{}}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

func (s *FileStore) open() error {
	if err := lockFile(s.lock); err != nil {
		return fmt.Errorf("store %q: another program has it open: %w", s.path, err)
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	s.file = f
	if err := s.read(); err != nil {
		return fmt.Errorf("store %q: %w", s.path, errors.Join(err, f.Close()))
	}
	return nil
}

// read finds the documents of the file, and cuts off a last line that is not whole.
func (s *FileStore) read() error {
	all, err := io.ReadAll(s.file)
	if err != nil {
		return err
	}
	for line := range bytes.Lines(all) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			s.damaged++
			break
		}
		s.take(line)
	}
	return s.file.Truncate(s.end)
}

// take takes in the line that follows.
func (s *FileStore) take(line []byte) {
	at := s.end
	s.end += int64(len(line))
	key, document, err := parseLine(line)
	if err != nil {
		s.damaged++
		return
	}
	s.forget(key)
	if string(document) != gone {
		s.remember(key, span{at + int64(len(line)-1-len(document)), int64(len(document))})
	}
}

func (s *FileStore) remember(key string, at span) {
	s.live[key] = at
	s.size += int64(len(key)) + at.len
}

func (s *FileStore) forget(key string) {
	if old, ok := s.live[key]; ok {
		s.size -= int64(len(key)) + old.len
		delete(s.live, key)
	}
}

// Damaged returns how many lines could not be read when the store was opened.
func (s *FileStore) Damaged() int { return s.damaged }

// Put implements Store.
func (s *FileStore) Put(key string, document []byte) error {
	if strings.ContainsAny(key, " \n") || key == "" {
		return fmt.Errorf("store: key %q is empty, or has a space or a line feed in it", key)
	}
	if bytes.ContainsRune(document, '\n') || len(document) == 0 || string(document) == gone {
		return fmt.Errorf("store: the document of %q is no JSON in one line", key)
	}
	return s.append(key, document)
}

// Delete implements Store.
func (s *FileStore) Delete(key string) error {
	s.mu.Lock()
	_, ok := s.live[key]
	s.mu.Unlock()
	if !ok {
		return nil
	}
	return s.append(key, []byte(gone))
}

// append writes a line. Of one that could not be written whole nothing stays.
func (s *FileStore) append(key string, document []byte) error {
	line := appendLine(nil, key, document)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return fmt.Errorf("store %q: %w", s.path, os.ErrClosed)
	}
	if _, err := s.file.WriteAt(line, s.end); err != nil {
		return fmt.Errorf("store: %w", errors.Join(err, s.file.Truncate(s.end)))
	}
	s.take(line)
	if s.end > rewriteAt && s.end > 4*s.size {
		_ = s.rewrite()
	}
	return nil
}

// rewrite puts a file that has nothing but the documents in the place of the one there is. Where that fails, all is as before, and
// the next Put tries again.
func (s *FileStore) rewrite() error {
	fresh := &FileStore{path: s.path, live: map[string]span{}}
	var text []byte
	for _, key := range s.keys() {
		document, err := s.document(key)
		if err != nil {
			return err
		}
		line := appendLine(nil, key, document)
		text = append(text, line...)
		fresh.take(line)
	}
	f, err := os.OpenFile(s.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err = f.Write(text); err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("store: %w", err)
	}
	s.file.Close()
	s.file, s.live, s.size, s.end = f, fresh.live, fresh.size, fresh.end
	return nil
}

func (s *FileStore) keys() []string {
	var keys []string
	for key := range s.live {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// document reads the document of a key that there is.
func (s *FileStore) document(key string) ([]byte, error) {
	at := s.live[key]
	b := make([]byte, at.len)
	if _, err := s.file.ReadAt(b, at.at); err != nil {
		return nil, fmt.Errorf("store: document of %q: %w", key, err)
	}
	return b, nil
}

// All implements Store.
func (s *FileStore) All(yield func(key string, document []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.keys() {
		document, err := s.document(key)
		if err != nil {
			return err
		}
		if err := yield(key, document); err != nil {
			return err
		}
	}
	return nil
}

// Close lets another program open the store.
func (s *FileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return errors.Join(f.Close(), s.lock.Close())
}

// castagnoli is the polynomial that processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendLine appends a line of the file: the checksum of the rest, the key, the document.
func appendLine(b []byte, key string, document []byte) []byte {
	rest := append(append([]byte(key), ' '), document...)
	b = fmt.Appendf(b, "%08x ", crc32.Checksum(rest, castagnoli))
	return append(append(b, rest...), '\n')
}

var errDamaged = errors.New("damaged line")

// parseLine takes a line of the file apart.
func parseLine(line []byte) (key string, document []byte, err error) {
	sum, rest, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.Checksum(rest, castagnoli)) {
		return "", nil, errDamaged
	}
	k, document, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return "", nil, errDamaged
	}
	return string(k), document, nil
}
