package process

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/podlife/podlife/node"
)

// RootVariable is the environment variable that holds the folder which stands for a container's "/".
const RootVariable = "PODLIFE_ROOT"

// markVariable says in the environment of every process which attempt it belongs to, by the folder of that.
const markVariable = "PODLIFE_CONTAINER"

// markOf is how the environment of every process of an attempt in a folder reads: a whole variable.
func markOf(dir string) string { return markVariable + "=" + dir + "\x00" }

// roleVariable tells this program, executed again, what it is: the name of a role, and the pod's folder.
const (
	roleVariable = "PODLIFE_ROLE"
	roleShim     = "shim"
	rolePause    = "pause"
	// What a program in a role is called.
	rolePrefix = "podlife-"
	shimName   = rolePrefix + roleShim
	pauseName  = rolePrefix + rolePause
)

// shimMark is how the environment of a pod's shim reads.
func shimMark(dir string) string { return roleVariable + "=" + roleShim + ":" + dir + "\x00" }

// podMark is what the marks of all attempts below a folder begin with.
func podMark(dir string) string { return markVariable + "=" + dir + string(os.PathSeparator) }

// defaultMessagePath is where a container leaves its termination message if its manifest says nothing.
const defaultMessagePath = "/dev/termination-log"

// links are the symbolic links in the folder that stands for a container's "/": at the target of each mount one to the volume, or, where
// that is mounted, to where it is.
func (s *sandbox) links(mounts []node.Mount) ([]linkRequest, error) {
	var out []linkRequest
	sorted := slices.Clone(mounts)
	slices.SortStableFunc(sorted, func(a, b node.Mount) int { return cmp.Compare(path.Clean(a.Target), path.Clean(b.Target)) })
	for i, m := range sorted {
		target, source := path.Clean("/"+m.Target), m.Source
		if target == "/" {
			return nil, fmt.Errorf("mount path %q: nothing can be mounted there", m.Target)
		}
		outer, inside := mountAround(target, sorted[:i])
		switch {
		case inside && s.mounts:
			continue
		case inside:
			return nil, fmt.Errorf("mount path %q lies in the mount at %q, which needs namespaces", m.Target, outer.Target)
		case s.mounts:
			source = target
		}
		out = append(out, linkRequest{Source: source, Target: target})
	}
	return out, nil
}

// mountAround returns the innermost of some mounts that a path of a container lies in.
func mountAround(p string, mounts []node.Mount) (around node.Mount, ok bool) {
	longest := 0
	for _, m := range mounts {
		target := path.Clean("/" + m.Target)
		if (p == target || strings.HasPrefix(p, target+"/")) && len(target) > longest {
			around, longest, ok = m, len(target), true
		}
	}
	return around, ok
}

// onMachine returns an absolute path of a container as one of this machine, where the container has mounts.
func onMachine(root, p string, mounts []node.Mount) string {
	p = path.Clean("/" + p)
	m, ok := mountAround(p, mounts)
	if !ok {
		return under(root, p)
	}
	return under(m.Source, strings.TrimPrefix(p, path.Clean("/"+m.Target)))
}

// link makes a symbolic link, the same one as often as it is asked.
func link(source, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	err := os.Symlink(source, target)
	if err == nil {
		return nil
	}
	if now, lerr := os.Readlink(target); lerr == nil && now == source {
		return nil
	}
	return err
}

// under returns an absolute path of a container as one of this machine. It never leaves root.
func under(root, p string) string { return filepath.Join(root, filepath.FromSlash(path.Clean("/"+p))) }

// within reports whether a path is another or below it.
func within(p, outer string) bool {
	return p == outer || strings.HasPrefix(p, strings.TrimSuffix(outer, "/")+"/")
}

// checkName refuses what cannot be the name of a folder.
func checkName(what, name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return fmt.Errorf("%s %q cannot name a folder", what, name)
	}
	return nil
}

// environment returns env with what every process of a container has.
func environment(env []string, root, hostname string) []string {
	out := slices.Clone(env)
	for _, d := range [...][2]string{
		{"PATH", os.Getenv("PATH")}, {"HOSTNAME", hostname}, {"HOME", root},
	} {
		if !hasVariable(out, d[0]) {
			out = append(out, d[0]+"="+d[1])
		}
	}
	return append(out, RootVariable+"="+root)
}

func hasVariable(env []string, name string) bool {
	return slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
}
