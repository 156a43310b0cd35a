package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// rotatedAt is the end of a rotated file's name: ascending, as ReadLog wants it.
const rotatedAt = "20060102-150405.000000000"

// RotatedLog is the name that a log file at path gets when it is rotated at a time. It comes after the names of all that were rotated
// before, also where the clock has gone back since.
func RotatedLog(path string, at time.Time) string {
	name := func() string { return path + "." + at.UTC().Format(rotatedAt) }
	if before := RotatedLogs(path); len(before) > 0 {
		if last := before[len(before)-1]; name() <= last {
			at, _ = time.Parse(rotatedAt, last[len(path)+1:])
			at = at.Add(1)
		}
	}
	return name()
}

// RotatedLogs are the files beside path that have names of RotatedLog, the oldest first; none where the folder cannot be read.
func RotatedLogs(path string) []string {
	entries, _ := os.ReadDir(filepath.Dir(path))
	var out []string
	for _, e := range entries {
		end, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if _, err := time.Parse(rotatedAt, end); ok && err == nil {
			out = append(out, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return out
}

// RemoveLog removes the file at path and those it was rotated to. What has gone already is no error.
func RemoveLog(path string) error {
	var errs []error
	for _, file := range append(RotatedLogs(path), path) {
		if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
