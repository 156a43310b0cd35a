package memory

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// Driver keeps the volumes of pods in memory. The zero value is ready and has no claims. Volumes of kinds that are no
// files of the machine itself, such as image, csi and nfs, are empty directories that live as long as the pod. All methods may be called from
// several goroutines at once. It must not be copied after the first use.
type Driver struct {
	// Provision says that a claim that nobody made is made when the first pod wants it, with the access mode
	// ReadWriteOnce. It is set before the first use.
	Provision bool

	mu     sync.Mutex
	pods   map[pod.UID]*entry
	claims map[claimKey]*claim
	owned  map[pod.UID][]*claim // claims of pods, perhaps deleted since
	host   map[string]tree
}

// New returns a driver without claims.
func New() *Driver { return new(Driver) }

// entry is one mounted pod.
type entry struct{ volumes []volume }

// volume is one mounted volume. Its files are made when the first is written.
type volume struct {
	name     string
	readOnly []storage.File // of a kind with content, by path
	content  bool
	files    tree
	claim    *claim
	host     string
}

// tree is the files of a volume by their clean path.
type tree map[string][]byte

// Mount prepares all volumes of p, or none. See storage.Driver.
func (d *Driver) Mount(p *pod.Pod, sources storage.Sources) error {
	if err := storage.CheckUID(p.UID); err != nil {
		return err
	}
	volumes, err := storage.Volumes(p)
	if err == nil {
		err = d.mount(p, volumes, sources)
	}
	if err != nil {
		return fmt.Errorf("volumes of pod %q: %w", p.Name, err)
	}
	return nil
}

func (d *Driver) mount(p *pod.Pod, plans []storage.Volume, sources storage.Sources) error {
	made := make([]volume, len(plans))
	for i := range plans {
		if err := made[i].plan(p, &plans[i], sources); err != nil {
			return fmt.Errorf("volume %q: %w", plans[i].Name, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.pods[p.UID]; old != nil {
		old.update(made)
		return nil
	}
	if err := d.attachAll(p, plans, made); err != nil {
		d.letGo(p.UID, made)
		return err
	}
	if d.pods == nil {
		d.pods = make(map[pod.UID]*entry)
	}
	d.pods[p.UID] = &entry{made}
	return nil
}

// plan sets v to what plan says, without claims.
func (v *volume) plan(p *pod.Pod, plan *storage.Volume, sources storage.Sources) (err error) {
	v.name = plan.Name
	switch {
	case plan.Kind.Content():
		v.content = true
		v.readOnly, err = storage.Files(p, plan, sources)
	case plan.Kind == storage.HostPath:
		v.host, err = hostPath(plan.Source.HostPath)
	}
	return err
}

// update replaces the files of e by those of volumes, which are those of the same pod.
func (e *entry) update(volumes []volume) {
	for i := range volumes {
		if v, ok := e.volume(volumes[i].name); ok && v.content {
			v.readOnly = volumes[i].readOnly
		}
	}
}

func (e *entry) volume(name string) (*volume, bool) {
	for i := range e.volumes {
		if e.volumes[i].name == name {
			return &e.volumes[i], true
		}
	}
	return nil, false
}

// attachAll gives each volume that wants one its claim.
func (d *Driver) attachAll(p *pod.Pod, plans []storage.Volume, made []volume) (err error) {
	for i := range plans {
		if plans[i].Claim.Name == "" {
			continue
		}
		if made[i].claim, err = d.attach(p, &plans[i]); err != nil {
			return fmt.Errorf("volume %q: %w", plans[i].Name, err)
		}
	}
	return nil
}

// Unmount forgets the volumes of uid and lets go of its claims. See storage.Driver.
func (d *Driver) Unmount(uid pod.UID) error {
	if err := storage.CheckUID(uid); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.pods[uid]; e != nil {
		d.letGo(uid, e.volumes)
		delete(d.pods, uid)
	} else {
		d.letGo(uid, nil)
	}
	return nil
}

// Path returns "", or the error of storage.Driver.
func (d *Driver) Path(uid pod.UID, volume string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.find(uid, volume)
	return "", err
}

// find returns a volume of a mounted pod.
func (d *Driver) find(uid pod.UID, name string) (*volume, error) {
	if e := d.pods[uid]; e != nil {
		if v, found := e.volume(name); found {
			return v, nil
		}
	}
	return nil, fmt.Errorf("volume %q of pod %q: %w", name, uid, storage.ErrNotMounted)
}

// Mounted returns the UIDs of the pods that are mounted, in order. It never fails.
func (d *Driver) Mounted() ([]pod.UID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.pods)), nil
}

// ReadFile returns what is in a file of a volume. See storage.Contents.
func (d *Driver) ReadFile(uid pod.UID, volume, name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := d.find(uid, volume)
	if err != nil {
		return nil, err
	}
	name, err = cleanName("read", name)
	if err != nil {
		return nil, err
	}
	data, found := d.lookup(v, name)
	if !found {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return bytes.Clone(data), nil
}

func (d *Driver) lookup(v *volume, name string) ([]byte, bool) {
	if !v.content {
		data, found := (*d.treeOf(v))[name]
		return data, found
	}
	for i := range v.readOnly {
		if v.readOnly[i].Path == name {
			return v.readOnly[i].Data, true
		}
	}
	return nil, false
}

// WriteFile replaces a file of a volume or makes it; the files of a volume out of Sources cannot be written. See
// storage.Contents.
func (d *Driver) WriteFile(uid pod.UID, volume, name string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := d.find(uid, volume)
	if err != nil {
		return err
	}
	if name, err = cleanName("write", name); err != nil {
		return err
	}
	if v.content {
		return &fs.PathError{Op: "write", Path: name, Err: fs.ErrPermission}
	}
	files := d.treeOf(v)
	if *files == nil {
		*files = make(tree)
		if v.host != "" {
			d.keepHost(v.host, *files)
		}
	}
	(*files)[name] = bytes.Clone(data)
	return nil
}

// treeOf returns where the files of v are.
func (d *Driver) treeOf(v *volume) *tree {
	switch {
	case v.claim != nil:
		return &v.claim.files
	case v.host != "":
		shared := d.host[v.host]
		return &shared
	}
	return &v.files
}

func (d *Driver) keepHost(path string, files tree) {
	if d.host == nil {
		d.host = make(map[string]tree)
	}
	d.host[path] = files
}

// Usage returns the sum of the sizes of the files in a volume, in bytes.
func (d *Driver) Usage(uid pod.UID, volume string) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, err := d.find(uid, volume)
	if err != nil {
		return 0, err
	}
	var sum int64
	for i := range v.readOnly {
		sum += int64(len(v.readOnly[i].Data))
	}
	for _, data := range *d.treeOf(v) {
		sum += int64(len(data))
	}
	return sum, nil
}

// cleanName returns the path of a file in a volume, or an error where it leads out of it.
func cleanName(op, name string) (string, error) {
	clean := path.Clean(name)
	if name == "" || path.IsAbs(name) || clean == ".." || len(clean) > 2 && clean[:3] == "../" {
		return "", &fs.PathError{Op: op, Path: name, Err: errors.New("path escapes from parent")}
	}
	return clean, nil
}
