package memory

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

type claimKey struct{ namespace, name string }

// claim is one claim. It is in Driver.claims until it is deleted.
type claim struct {
	key   claimKey
	owner pod.UID
	modes []pod.PersistentVolumeAccessMode
	held  map[pod.UID]bool
	files tree
}

// CreateClaim makes an empty claim, for want.Owner or for nobody. A claim that exists is an error that wraps
// fs.ErrExist. Access modes that are not said are ReadWriteOnce.
func (d *Driver) CreateClaim(want storage.Claim) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.claims[claimKey{want.Namespace, want.Name}] != nil {
		return fmt.Errorf("persistentvolumeclaim %q: %w", want.Name, fs.ErrExist)
	}
	d.createClaim(want)
	return nil
}

// DeleteClaim removes a claim with all that is in it. One that does not exist is an error that wraps fs.ErrNotExist, and
// one that a pod uses is an error that names the pod.
func (d *Driver) DeleteClaim(namespace, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := claimKey{namespace, name}
	c := d.claims[key]
	if c == nil {
		return fmt.Errorf("persistentvolumeclaim %q: %w", name, fs.ErrNotExist)
	}
	for _, uid := range slices.Sorted(maps.Keys(c.held)) {
		return fmt.Errorf("persistentvolumeclaim %q is in use by pod %q, expected it unused", name, uid)
	}
	delete(d.claims, key)
	return nil
}

func (d *Driver) createClaim(want storage.Claim) *claim {
	key := claimKey{want.Namespace, want.Name}
	c := &claim{key: key, owner: want.Owner, modes: want.AccessModes, held: make(map[pod.UID]bool)}
	if len(c.modes) == 0 {
		c.modes = []pod.PersistentVolumeAccessMode{pod.ReadWriteOnce}
	}
	if d.claims == nil {
		d.claims = make(map[claimKey]*claim)
	}
	d.claims[key] = c
	if want.Owner == "" {
		return c
	}
	if d.owned == nil {
		d.owned = make(map[pod.UID][]*claim)
	}
	d.owned[want.Owner] = append(d.owned[want.Owner], c)
	return c
}

// attach finds the claim of v, or makes it, and notes that p uses it.
func (d *Driver) attach(p *pod.Pod, v *storage.Volume) (*claim, error) {
	want := v.Claim
	c := d.claims[claimKey{want.Namespace, want.Name}]
	switch {
	case c == nil && want.Owner == "" && !d.Provision:
		return nil, fmt.Errorf("persistentvolumeclaim %q not found", want.Name)
	case c == nil:
		c = d.createClaim(want)
	case want.Owner != "" && c.owner != want.Owner:
		return nil, fmt.Errorf("PVC %s/%s was not created for pod %s/%s (pod is not owner)", want.Namespace, want.Name, want.Namespace, p.Name)
	}
	if slices.Contains(c.modes, pod.ReadWriteOncePod) {
		for _, uid := range slices.Sorted(maps.Keys(c.held)) {
			if uid != p.UID {
				return nil, fmt.Errorf("volume uses the ReadWriteOncePod access mode and is already in use by another pod: pod UID %q", uid)
			}
		}
	}
	c.held[p.UID] = true
	return c, nil
}

// letGo notes that uid, whose volumes these are, uses no claim any more. A claim that a pod owned and that nobody uses
// is deleted.
func (d *Driver) letGo(uid pod.UID, volumes []volume) {
	for i := range volumes {
		d.leave(uid, volumes[i].claim)
	}
	for _, c := range d.owned[uid] {
		d.leave(uid, c)
	}
	delete(d.owned, uid)
}

func (d *Driver) leave(uid pod.UID, c *claim) {
	if c == nil {
		return
	}
	delete(c.held, uid)
	if c.owner != "" && len(c.held) == 0 && d.claims[c.key] == c {
		delete(d.claims, c.key)
	}
}

// hostPath returns the clean path of a hostPath volume.
func hostPath(s *pod.HostPathVolumeSource) (string, error) {
	if !path.IsAbs(s.Path) || slices.Contains(strings.Split(s.Path, "/"), "..") {
		return "", fmt.Errorf("hostPath %q, expected an absolute path without '..'", s.Path)
	}
	if s.Type == nil {
		return path.Clean(s.Path), nil
	}
	switch *s.Type {
	case pod.HostPathUnset, pod.HostPathDirectoryOrCreate, pod.HostPathDirectory, pod.HostPathFileOrCreate, pod.HostPathFile,
		pod.HostPathSocket, pod.HostPathCharDev, pod.HostPathBlockDev:
		return path.Clean(s.Path), nil
	}
	return "", fmt.Errorf("%s is an invalid volume type", *s.Type)
}
