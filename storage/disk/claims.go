package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Claims is a class of persistent volumes that are directories: one for each claim, in a directory that belongs to the
// Claims alone. It is the storage.Plugin for persistentVolumeClaim and ephemeral volumes. All methods may be called from
// several goroutines at once. Use NewClaims.
//
//	<namespace>/<claim>/claim.json    who owns it, and its access modes
//	<namespace>/<claim>/held/<uid>    one empty file for each pod that uses it
//	<namespace>/<claim>/data/         what the pods see
type Claims struct {
	root *area
	opts ClaimsOptions
	busy locks // of UIDs, held while a claim is deleted

	mu   sync.Mutex
	all  map[claimKey]*claim
	by   map[pod.UID][]claimKey // what each UID uses or owns, perhaps deleted since
	rest map[pod.UID]bool       // of which there may be a directory that is not a claim yet, or no more
}

// ClaimsOptions say how a Claims differs from the usual. The zero value is the usual.
type ClaimsOptions struct {
	// Provision says that a claim that nobody made is made when the first pod wants it, with the access mode
	// ReadWriteOnce. Otherwise the pod cannot be mounted.
	Provision bool
}

type claimKey struct{ namespace, name string }

func (k claimKey) dir() string { return path.Join(k.namespace, k.name) }

func (k claimKey) compare(other claimKey) int {
	return cmp.Or(cmp.Compare(k.namespace, other.namespace), cmp.Compare(k.name, other.name))
}

// claim is one claim as it is on disk.
type claim struct {
	claimRecord
	held map[pod.UID]bool
}

// claimRecord is what claim.json says.
type claimRecord struct {
	Owner       pod.UID                          `json:"owner,omitempty"`
	AccessModes []pod.PersistentVolumeAccessMode `json:"accessModes"`
}

// nobody stands in names for the UID of a claim that no pod owns. No UID starts with a dot.
const nobody = "."

const claimDirMode fs.FileMode = 0o755

// NewClaims returns the claims in dir, which it makes where it is missing.
func NewClaims(dir string, opts ClaimsOptions) (*Claims, error) {
	return openClaims(dir, opts, func(string, string) error { return nil })
}

// Close gives back the handle of the directory. It touches no claim; c cannot be used afterwards.
func (c *Claims) Close() error { return c.root.Close() }

// Create makes an empty claim, for want.Owner or for nobody. A claim that exists is an error that wraps fs.ErrExist.
// Access modes that are not said are ReadWriteOnce.
func (c *Claims) Create(want storage.Claim) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, found := c.all[keyOf(want)]; found {
		return fmt.Errorf("persistentvolumeclaim %q: %w", want.Name, fs.ErrExist)
	}
	_, err := c.create(want)
	return err
}

// Delete removes a claim with all that is in it. One that does not exist is an error that wraps fs.ErrNotExist, and one
// that a pod uses is an error that names the pod.
// See https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection.
func (c *Claims) Delete(namespace, name string) error {
	defer c.busy.lock(nobody)()
	if err := c.retire(claimKey{namespace, name}); err != nil {
		return err
	}
	return c.root.removeTree(goingPrefix + nobody)
}

// retire takes a claim that is not in use out of sight, to be deleted.
func (c *Claims) retire(key claimKey) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, found := c.all[key]
	if !found {
		return fmt.Errorf("persistentvolumeclaim %q: %w", key.name, fs.ErrNotExist)
	}
	for _, uid := range slices.Sorted(maps.Keys(one.held)) {
		return fmt.Errorf("persistentvolumeclaim %q is in use by pod %q, expected it unused", key.name, uid)
	}
	return c.moveAway(key, nobody)
}

// Publish makes the claim of v ready for p and returns its directory. See storage.Plugin.
func (c *Claims) Publish(p *pod.Pod, v storage.Volume) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := keyOf(v.Claim)
	one, err := c.find(v.Claim)
	if err != nil {
		return "", err
	}
	if v.Claim.Owner != "" && one.Owner != v.Claim.Owner {
		return "", fmt.Errorf("PVC %s/%s was not created for pod %s/%s (pod is not owner)", key.namespace, key.name, key.namespace, p.Name)
	}
	if err := one.admit(p.UID); err != nil {
		return "", err
	}
	if !one.held[p.UID] {
		one.held[p.UID] = true
		c.by[p.UID] = append(c.by[p.UID], key)
		name := path.Join(key.dir(), "held", string(p.UID))
		if err := c.root.create(name, nil, 0o600, nil); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return filepath.Join(c.root.Name(), key.dir(), "data"), nil
}

// find returns the claim that a volume wants, and makes it where it may be made.
func (c *Claims) find(want storage.Claim) (*claim, error) {
	if one, found := c.all[keyOf(want)]; found {
		return one, nil
	}
	if want.Owner == "" && !c.opts.Provision {
		return nil, fmt.Errorf("persistentvolumeclaim %q not found", want.Name)
	}
	return c.create(want)
}

// admit returns an error where a ReadWriteOncePod claim is another pod's. See KEP-2485.
func (one *claim) admit(uid pod.UID) error {
	if !slices.Contains(one.AccessModes, pod.ReadWriteOncePod) {
		return nil
	}
	for _, holder := range slices.Sorted(maps.Keys(one.held)) {
		if holder != uid {
			return fmt.Errorf("volume uses the ReadWriteOncePod access mode and is already in use by another pod: pod UID %q", holder)
		}
	}
	return nil
}

// Unpublish lets go of every claim that uid uses. A claim that a pod owned and that no pod uses any more is deleted. See
// storage.Plugin.
func (c *Claims) Unpublish(uid pod.UID) error {
	if err := checkUID(uid); err != nil {
		return err
	}
	defer c.busy.lock(uid)()
	rest, err := c.letGo(uid)
	if err != nil || !rest {
		return err
	}
	err = errors.Join(c.root.removeFull(goingPrefix+string(uid)), c.root.removeFull(comingPrefix+string(uid)))
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.rest, uid)
	}
	return err
}

// letGo ends what uid has of claims. It reports whether there may be something left to delete.
func (c *Claims) letGo(uid pod.UID) (rest bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range c.of(uid) {
		one := c.all[key]
		if one.held[uid] {
			name := path.Join(key.dir(), "held", string(uid))
			if err := c.root.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return false, err
			}
			delete(one.held, uid)
		}
		if one.Owner == "" || len(one.held) > 0 {
			continue
		}
		if err := c.moveAway(key, string(uid)); err != nil {
			return false, err
		}
	}
	delete(c.by, uid)
	return c.rest[uid], nil
}

// of returns the claims that uid uses, and those it owns that nobody uses, in order.
func (c *Claims) of(uid pod.UID) []claimKey {
	keys := slices.Clone(c.by[uid])
	slices.SortFunc(keys, claimKey.compare)
	return slices.DeleteFunc(slices.Compact(keys), func(key claimKey) bool {
		one := c.all[key]
		return one == nil || !one.held[uid] && !one.abandoned(uid)
	})
}

func (one *claim) abandoned(owner pod.UID) bool { return one.Owner == owner && len(one.held) == 0 }

// moveAway renames a claim to where Unpublish of uid deletes it. The namespace's directory goes with its last claim.
func (c *Claims) moveAway(key claimKey, uid string) error {
	going := goingPrefix + uid
	c.rest[pod.UID(uid)] = true
	if err := c.root.mkdir(going, claimDirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	to := path.Join(going, key.name)
	if err := c.root.removeTree(to); err != nil {
		return err
	}
	if err := c.root.rename(key.dir(), to); err != nil {
		return err
	}
	delete(c.all, key)
	return c.dropNamespace(key.namespace)
}

// dropNamespace removes the directory of a namespace that has no claims.
func (c *Claims) dropNamespace(namespace string) error {
	err := c.root.remove(namespace)
	if errors.Is(err, fs.ErrNotExist) || notEmpty(err) {
		return nil
	}
	return err
}

// Published returns the UIDs that use a claim, and those of which a claim is left. See storage.Plugin.
func (c *Claims) Published() ([]pod.UID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []pod.UID
	for _, one := range c.all {
		all = slices.AppendSeq(all, maps.Keys(one.held))
		if one.Owner != "" && len(one.held) == 0 {
			all = append(all, one.Owner)
		}
	}
	left, err := c.leavings()
	all = append(all, left...)
	slices.Sort(all)
	return slices.Compact(all), err
}

// leavings returns the UIDs that have a directory which is not a claim yet, or no more.
func (c *Claims) leavings() (all []pod.UID, err error) {
	err = c.root.each(func(e entry) {
		if uid, ok := uidOf(e.name); ok && strings.HasPrefix(e.name, ".") {
			all = append(all, uid)
		}
	})
	return all, err
}

func keyOf(want storage.Claim) claimKey { return claimKey{want.Namespace, want.Name} }

// checkClaim refuses names that are not those of a namespace and a claim.
func checkClaim(key claimKey) error {
	if err := naming.DNS1123Label(key.namespace); err != nil {
		return fmt.Errorf("namespace of a claim: %w", err)
	}
	if err := naming.DNS1123Subdomain(key.name); err != nil {
		return fmt.Errorf("name of a claim: %w", err)
	}
	return nil
}
