package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Driver keeps the volumes of pods in one directory, which belongs to it alone: one Driver in one process at a time.
// Use New or Open. All methods may be called from several goroutines at once; those for one UID wait for each other, and
// those for different UIDs do not.
type Driver struct {
	dir    string
	root   *area
	memory *area // nil where there is none
	hosts  hostPaths
	claims *Claims // nil where plugins serve both kinds
	opts   Options
	busy   locks
}

// Options say how a Driver differs from the usual. The zero value is the usual.
type Options struct {
	// Plugins make the volumes of kinds that are not plain directories and files: persistentVolumeClaim, ephemeral,
	// image, csi, nfs and so on. A pod with a volume of a kind that is not here cannot be mounted. Where there is none
	// for persistentVolumeClaim and ephemeral, the Driver uses Claims in the folder .claims of its directory.
	Plugins map[storage.Kind]storage.Plugin
	// Memory is a directory on a file system in memory, such as /dev/shm/podlife, for emptyDir volumes of medium Memory.
	// It belongs to the Driver alone. Where it is empty these volumes are on disk like all others.
	Memory string
	// MountMemory makes each such volume a file system in memory of its own, which its sizeLimit bounds, where this
	// process may mount one: on Linux, with CAP_SYS_ADMIN. Where it may not, Memory says where the volume is.
	MountMemory bool
	// HostRoot is the directory that hostPath volumes are looked up in, and cannot leave. Empty means the machine's own
	// root, with every link followed.
	HostRoot string
	// Claims are the options of that Claims.
	Claims ClaimsOptions
	// Now tells the time for the names of updates; nil means time.Now.
	Now func() time.Time

	step func(op, name string) error
}

// Names inside the driver's directory. A UID never starts with a dot.
const (
	comingPrefix = ".new-"  // a pod whose Mount is not done
	goingPrefix  = ".gone-" // a pod whose Unmount is not done
	claimsName   = ".claims"
	maxUID       = 200 // leaves room for the prefixes in a file name
)

// New returns the driver of dir with the usual options. It makes dir where it is missing, with its parents, and changes
// nothing that is there.
func New(dir string) (*Driver, error) { return Open(dir, Options{}) }

// Open returns the driver of dir. It makes dir where it is missing, with its parents, and changes nothing of a pod;
// storage.Sweep removes what a former process left.
func Open(dir string, opts Options) (*Driver, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("storage directory: %w", err)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.step == nil {
		opts.step = func(string, string) error { return nil }
	}
	d := &Driver{dir: dir, opts: opts}
	if err := d.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("storage directory: %w", err), d.Close())
	}
	return d, nil
}

func (d *Driver) open() (err error) {
	if d.root, err = openArea(d.dir, d.opts.step); err != nil {
		return err
	}
	if d.opts.Memory != "" {
		if d.memory, err = openArea(d.opts.Memory, d.opts.step); err != nil {
			return err
		}
	}
	if err := d.openHost(); err != nil {
		return err
	}
	return d.openClaims()
}

// openHost opens where hostPath volumes are.
func (d *Driver) openHost() error {
	d.hosts = hostPaths{host: machine{}, step: d.opts.step}
	if d.opts.HostRoot == "" {
		return nil
	}
	dir, err := filepath.Abs(d.opts.HostRoot)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	d.hosts.host, d.hosts.root = root, dir
	return nil
}

// openClaims sets the plugin for the kinds of claims that have none.
func (d *Driver) openClaims() error {
	plugins := maps.Clone(d.opts.Plugins)
	if plugins == nil {
		plugins = make(map[storage.Kind]storage.Plugin)
	}
	d.opts.Plugins = plugins
	if plugins[storage.PersistentVolumeClaim] != nil && plugins[storage.Ephemeral] != nil {
		return nil
	}
	claims, err := openClaims(filepath.Join(d.dir, claimsName), d.opts.Claims, d.opts.step)
	if err != nil {
		return err
	}
	d.claims = claims
	for _, kind := range []storage.Kind{storage.PersistentVolumeClaim, storage.Ephemeral} {
		if plugins[kind] == nil {
			plugins[kind] = claims
		}
	}
	return nil
}

// Close gives back the handle of the directory. It touches no volume; the driver cannot be used afterwards.
func (d *Driver) Close() error {
	var faults []error
	for _, a := range []*area{d.root, d.memory} {
		if a != nil {
			faults = append(faults, a.Close())
		}
	}
	if root, ok := d.hosts.host.(*os.Root); ok {
		faults = append(faults, root.Close())
	}
	if d.claims != nil {
		faults = append(faults, d.claims.Close())
	}
	return errors.Join(faults...)
}

// Claims returns the class of claims in the driver's own directory, or nil where Options.Plugins has others for both
// kinds.
func (d *Driver) Claims() *Claims { return d.claims }

// Mounted returns the UIDs of which anything is left here, in memory or with a plugin, in order.
func (d *Driver) Mounted() ([]pod.UID, error) {
	var all []pod.UID
	for _, a := range []*area{d.root, d.memory} {
		if a == nil {
			continue
		}
		err := a.each(func(e entry) {
			if uid, ok := uidOf(e.name); ok && e.dir {
				all = append(all, uid)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("pods with volumes: %w", err)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(d.opts.Plugins)) {
		published, err := d.opts.Plugins[kind].Published()
		if err != nil {
			return nil, fmt.Errorf("pods with volumes of kind %s: %w", kind, err)
		}
		all = append(all, published...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// uidOf returns the UID that an entry of the driver's directory belongs to.
func uidOf(name string) (pod.UID, bool) {
	for _, prefix := range []string{comingPrefix, goingPrefix} {
		if rest, found := strings.CutPrefix(name, prefix); found {
			name = rest
			break
		}
	}
	uid := pod.UID(name)
	return uid, checkUID(uid) == nil
}

func checkUID(uid pod.UID) error {
	if err := storage.CheckUID(uid); err != nil {
		return err
	}
	if len(uid) > maxUID {
		return fmt.Errorf("pod UID %q... has %d bytes, expected at most %d", uid[:maxUID], len(uid), maxUID)
	}
	return nil
}

// Path returns the absolute path of the volume of a mounted pod: a directory under the driver's own, or where a volume
// with a life of its own is.
func (d *Driver) Path(uid pod.UID, volume string) (string, error) {
	if err := checkUID(uid); err != nil {
		return "", err
	}
	if !filepath.IsLocal(volume) || strings.ContainsAny(volume, `/\`) || volume == "." {
		return "", fmt.Errorf("volume %q of pod %q: %w", volume, uid, storage.ErrNotMounted)
	}
	name := filepath.Join(string(uid), volume)
	target, err := d.root.readlink(name)
	switch {
	case err == nil:
		return target, nil
	case errors.Is(err, errNoLink):
		return filepath.Join(d.dir, name), nil
	case errors.Is(err, fs.ErrNotExist):
		err = storage.ErrNotMounted
	}
	return "", fmt.Errorf("volume %q of pod %q: %w", volume, uid, err)
}
