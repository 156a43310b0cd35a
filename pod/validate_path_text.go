package pod

import "strings"

// relativePath judges a path below something, that does not leave it.
func (v *validator) relativePath(p path, s string) {
	if strings.HasPrefix(s, "/") {
		v.invalid(p, s, "want a relative path")
	}
	v.noBacksteps(p, s)
}

// noBacksteps judges that no part of a path is "..".
func (v *validator) noBacksteps(p path, s string) {
	if hasBackstep(s) {
		v.invalid(p, s, `want no ".." in it`)
	}
}

// hasBackstep reports whether a part of the path s is "..".
func hasBackstep(s string) bool {
	for more := true; more; {
		var part string
		if part, s, more = strings.Cut(s, "/"); part == ".." {
			return true
		}
	}
	return false
}

// filePath judges the path of a file in a volume that Kubernetes fills: relative, and its names do not begin with "..",
// which the node uses for itself.
func (v *validator) filePath(p path, s string) {
	v.relativePath(p, s)
	if strings.HasPrefix(s, "..") && !strings.HasPrefix(s, "../") {
		v.invalid(p, s, `must not begin with ".."`)
	}
}

// Bounds of the mode of a file, and of a directory, which may be sticky.
const (
	maxFileMode = 0o777
	maxDirMode  = 0o1777
)

// fileMode judges the mode of a file.
func (v *validator) fileMode(p path, mode *int32) {
	if mode != nil && (*mode < 0 || *mode > maxFileMode) {
		v.invalid(p, *mode, "want 0 to 0777, in octal")
	}
}
