package disk

import (
	"errors"
	"io/fs"
	"os"
	"path"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// What the group of a volume may do, beside what the modes say: with files of a volume that is written, with those of one that is only
// read, and with directories. What is made in a directory later gets its group.
const (
	groupWrites fs.FileMode = 0o660
	groupReads  fs.FileMode = 0o440
	groupEnters             = 0o110 | fs.ModeSetgid
)

// group gives volumes to the fsGroup of a pod, where this process may. The zero value gives nothing to anybody.
// See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/.
type group struct {
	id   *int64
	once bool // nothing is changed below a root that is right
	step func(op, name string) error
}

func (d *Driver) group(p *pod.Pod) group {
	sc := p.Spec.SecurityContext
	if sc == nil || sc.FSGroup == nil {
		return group{}
	}
	policy := sc.FSGroupChangePolicy
	return group{id: sc.FSGroup, once: policy != nil && *policy == pod.FSGroupChangeOnRootMismatch, step: d.opts.step}
}

// takes reports whether the group is given volumes of a kind that a plugin makes.
func (g group) takes(v *storage.Volume) bool {
	return g.id != nil && !v.ReadOnly && (v.Kind == storage.PersistentVolumeClaim || v.Kind == storage.Ephemeral)
}

// give gives a directory and all below it to the group, which may do with files what rights says. Links are not followed.
func (g group) give(dir string, rights fs.FileMode) error {
	if g.id == nil {
		return nil
	}
	if err := g.step("chgrp", dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = g.giveAll(root, ".", rights)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		return nil // the containers have no more rights than this process either
	}
	return err
}

// giveClaim gives a claim to the group, unless its root is right and the pod says that this will do.
func (g group) giveClaim(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	const wanted = groupWrites | groupEnters
	if owner, known := groupOf(info); g.once && known && owner == *g.id && info.Mode()&wanted == wanted {
		return nil
	}
	return g.give(dir, groupWrites)
}

// giveAll gives name in root, and what is below it, to the group.
func (g group) giveAll(root *os.Root, name string, rights fs.FileMode) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if err := root.Lchown(name, -1, int(*g.id)); err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return nil
	case !info.IsDir():
		return root.Chmod(name, permissions(info.Mode())|rights)
	}
	if err := root.Chmod(name, permissions(info.Mode())|rights|groupEnters); err != nil {
		return err
	}
	entries, err := fs.ReadDir(root.FS(), name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := g.giveAll(root, path.Join(name, e.Name()), rights); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// permissions are the bits of a mode that chmod takes.
func permissions(m fs.FileMode) fs.FileMode {
	return m & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
}
