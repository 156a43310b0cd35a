package disk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/podlife/podlife/storage"
)

// A volume of files looks like this, and a reader of it sees all files of one update or all of the next:
//
//	..2026_01_02_03_04_05.000000001-9f86d081884c7d65/app.conf    the files, in a directory that never changes
//	..data -> ..2026_01_02_03_04_05.000000001-9f86d081884c7d65    replaced by one rename
//	app.conf -> ..data/app.conf                                   one for each name at the top
const (
	dataLink    = "..data"
	nextLink    = "..data_tmp"
	stampLayout = "..2006_01_02_15_04_05.000000000"
)

// Modes of the directories of a volume of files.
const (
	contentMode fs.FileMode = 0o755
)

// writer writes a volume of files.
type writer struct {
	*area
	group group
	now   time.Time
}

// stamp names the directory of files whose digest is sum.
func (w writer) stamp(sum string) string { return w.now.UTC().Format(stampLayout) + "-" + sum }

// fill fills the new volume with files.
func (w writer) fill(files []storage.File) error {
	stamp := w.stamp(digest(files))
	if err := w.writeStamp(stamp, files); err != nil {
		return err
	}
	if err := w.symlink(stamp, dataLink); err != nil {
		return err
	}
	for _, name := range tops(files) {
		if err := w.symlink(dataLink+"/"+name, name); err != nil {
			return err
		}
	}
	return nil
}

// update makes files the content of the volume, in one step for all of them, and removes what an earlier update left. Nothing is
// written where the content is the same.
func (w writer) update(files []storage.File) error {
	sum := digest(files)
	current, err := w.readlink(dataLink)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !strings.HasSuffix(current, "-"+sum) {
		if current, err = w.replaceData(files, sum); err != nil {
			return err
		}
	}
	return tidy(w.area, files, current)
}

// replaceData writes files beside the current ones and makes them current. It returns the name of their directory.
func (w writer) replaceData(files []storage.File, sum string) (string, error) {
	stamp := w.stamp(sum)
	for _, left := range []string{stamp, nextLink} {
		if err := w.removeTree(left); err != nil {
			return "", err
		}
	}
	err := w.writeStamp(stamp, files)
	if err == nil {
		err = w.symlink(stamp, nextLink)
	}
	if err == nil {
		err = w.rename(nextLink, dataLink)
	}
	if err != nil {
		return "", errors.Join(err, w.removeTree(nextLink), w.removeTree(stamp))
	}
	return stamp, nil
}

// tidy makes the links of the current files and removes all else.
func tidy(dir *area, files []storage.File, current string) error {
	wanted := map[string]bool{dataLink: false, current: false}
	for _, name := range tops(files) {
		wanted[name] = true
	}
	var stale []string
	err := dir.each(func(e entry) {
		if _, known := wanted[e.name]; !known {
			stale = append(stale, e.name)
		}
		wanted[e.name] = false
	})
	if err != nil {
		return err
	}
	for _, name := range tops(files) {
		if !wanted[name] {
			continue
		}
		if err := dir.symlink(dataLink+"/"+name, name); err != nil {
			return err
		}
	}
	for _, name := range stale {
		if err := dir.removeTree(name); err != nil {
			return err
		}
	}
	return nil
}

// writeStamp makes the directory stamp with files in it, and gives them to the group before anybody sees them.
func (w writer) writeStamp(stamp string, files []storage.File) error {
	if err := w.mkdir(stamp, contentMode); err != nil {
		return err
	}
	to, err := w.sub(stamp)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := writeAll(to, files); err != nil {
		return err
	}
	return w.group.give(to.Name(), groupReads)
}

// writeAll makes files in the new directory to.
func writeAll(to *area, files []storage.File) error {
	made := "."
	for _, f := range files {
		if parent := path.Dir(f.Path); parent != "." && parent != made {
			if err := to.mkdirs(parent, contentMode); err != nil {
				return err
			}
			made = parent
		}
		if err := to.create(f.Path, f.Data, fileMode(f.Mode), f.User); err != nil {
			return fmt.Errorf("file %q: %w", f.Path, err)
		}
	}
	return nil
}

// tops returns the first parts of the paths of files, each once, in order.
func tops(files []storage.File) []string {
	var all []string
	for _, f := range files {
		top, _, _ := strings.Cut(f.Path, "/")
		if len(all) == 0 || all[len(all)-1] != top {
			all = append(all, top)
		}
	}
	return all
}

// digest is a short sum over paths, contents, modes and owners of files.
func digest(files []storage.File) string {
	sum := sha256.New()
	var head []byte
	for _, f := range files {
		user := int64(-1)
		if f.User != nil {
			user = *f.User
		}
		head = binary.AppendUvarint(head[:0], uint64(len(f.Path)))
		head = append(head, f.Path...)
		head = binary.AppendVarint(head, int64(f.Mode))
		head = binary.AppendVarint(head, user)
		head = binary.AppendUvarint(head, uint64(len(f.Data)))
		sum.Write(head)
		sum.Write(f.Data)
	}
	return hex.EncodeToString(sum.Sum(head[:0])[:8])
}
