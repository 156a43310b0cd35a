// Package manifests finds and opens the files that manifests are read from, the way every program of podlife does it. It
// does not read them: that is package pod's.
package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// extensions are those of the files that Below finds.
var extensions = []string{".yaml", ".yml", ".json"}

// Below returns the manifests below dir in lexical order: files called *.yaml, *.yml or *.json, those that links lead to
// as well, but not what is below linked folders. What could not be looked at is in the error, beside the files that were
// found; a folder without manifests is an error too.
func Below(dir string) (files []string, err error) {
	var errs []error
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains(extensions, filepath.Ext(path)) {
			var info fs.FileInfo
			if info, err = os.Stat(path); err == nil && info.Mode().IsRegular() {
				files = append(files, path)
			}
		}
		errs = append(errs, err)
		return nil
	})
	if err = errors.Join(append(errs, err)...); err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no manifests (*.yaml, *.yml, *.json) in this folder", dir)
	}
	return files, err
}

// Open opens a file for reading; the caller closes it. A named pipe that nobody writes to is an empty file, and not waited
// for.
func Open(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
