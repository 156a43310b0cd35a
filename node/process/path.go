package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

var errNoProgram = errors.New("executable file not found in $PATH")

// lookPath returns the file that a command runs: name itself, from dir, where it has a slash, else the first in the PATH of
// env.
func lookPath(name string, env []string, dir string) (string, error) {
	if strings.ContainsRune(name, '/') || filepath.IsAbs(name) {
		return absolute(name, dir), nil
	}
	for _, folder := range filepath.SplitList(variable(env, "PATH")) {
		path := filepath.Join(absolute(folder, dir), name)
		if isProgram(path) {
			return path, nil
		}
		if runtime.GOOS == "windows" && isProgram(path+".exe") {
			return path + ".exe", nil
		}
	}
	return "", fmt.Errorf("exec: %q: %w", name, errNoProgram)
}

func absolute(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func isProgram(path string) bool {
	s, err := os.Stat(path)
	return err == nil && !s.IsDir() && (runtime.GOOS == "windows" || s.Mode()&0o111 != 0)
}

// variable returns the value of the last variable of a name, empty where there is none.
func variable(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v
		}
	}
	return ""
}
