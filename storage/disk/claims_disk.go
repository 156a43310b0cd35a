package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// maxClaimRecord is how many bytes of claim.json are read at most.
const maxClaimRecord = 64 << 10

func openClaims(dir string, opts ClaimsOptions, step func(op, name string) error) (*Claims, error) {
	root, err := openArea(dir, step)
	if err != nil {
		return nil, err
	}
	c := &Claims{root: root, opts: opts, all: make(map[claimKey]*claim), by: make(map[pod.UID][]claimKey), rest: make(map[pod.UID]bool)}
	if err := c.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("claims in %q: %w", dir, err), root.Close())
	}
	return c, nil
}

// create makes a claim in a directory of another name and renames it.
func (c *Claims) create(want storage.Claim) (*claim, error) {
	key := keyOf(want)
	if err := checkClaim(key); err != nil {
		return nil, err
	}
	one := &claim{claimRecord{want.Owner, want.AccessModes}, make(map[pod.UID]bool)}
	if len(one.AccessModes) == 0 {
		one.AccessModes = []pod.PersistentVolumeAccessMode{pod.ReadWriteOnce}
	}
	coming := comingPrefix + nobody
	if want.Owner != "" {
		coming = comingPrefix + string(want.Owner)
	}
	c.rest[want.Owner] = true
	err := c.root.makeNew(coming, claimDirMode)
	if err == nil {
		err = c.fill(coming, &one.claimRecord)
	}
	if err == nil {
		err = c.place(coming, key)
	}
	if err != nil {
		return nil, errors.Join(err, c.root.removeTree(coming), c.dropNamespace(key.namespace))
	}
	c.all[key] = one
	if one.Owner != "" {
		c.by[one.Owner] = append(c.by[one.Owner], key)
	}
	return one, nil
}

// fill makes what is in the directory of a claim.
func (c *Claims) fill(coming string, record *claimRecord) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	dir, err := c.root.sub(coming)
	if err != nil {
		return err
	}
	defer dir.Close()
	return errors.Join(
		dir.create("claim.json", text, 0o600, nil),
		dir.mkdir("held", claimDirMode),
		dir.makeVolumeDir("data", emptyDirMode))
}

// place renames a claim that is complete to its own name.
func (c *Claims) place(coming string, key claimKey) error {
	if err := c.root.mkdir(key.namespace, claimDirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return c.root.rename(coming, key.dir())
}

// load reads which claims there are. A namespace that has none was left by a crash and goes.
func (c *Claims) load() error {
	left, err := c.leavings()
	if err != nil {
		return err
	}
	for _, uid := range left {
		c.rest[uid] = true
	}
	return c.root.eachDir(func(namespace string) error {
		if err := c.loadNamespace(namespace); err != nil {
			return err
		}
		return c.dropNamespace(namespace)
	})
}

func (c *Claims) loadNamespace(namespace string) error {
	in, err := c.root.sub(namespace)
	if err != nil {
		return err
	}
	defer in.Close()
	return in.eachDir(func(name string) error { return c.loadClaim(in, claimKey{namespace, name}) })
}

func (c *Claims) loadClaim(in *area, key claimKey) error {
	dir, err := in.sub(key.name)
	if err != nil {
		return err
	}
	defer dir.Close()
	one := &claim{held: make(map[pod.UID]bool)}
	if err := one.read(dir); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(key.dir(), "claim.json"), err)
	}
	held, err := dir.sub("held")
	if err != nil {
		return err
	}
	defer held.Close()
	c.all[key] = one
	if one.Owner != "" {
		c.by[one.Owner] = append(c.by[one.Owner], key)
	}
	return held.each(func(e entry) {
		if uid := pod.UID(e.name); checkUID(uid) == nil {
			one.held[uid] = true
			c.by[uid] = append(c.by[uid], key)
		}
	})
}

// read reads claim.json.
func (one *claim) read(dir *area) error {
	f, err := dir.openFile("claim.json")
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := readRegular(f, "claim.json", maxClaimRecord)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &one.claimRecord)
}

// eachDir calls f for every directory whose name does not start with a dot, until one fails.
func (a *area) eachDir(f func(name string) error) error {
	var names []string
	err := a.each(func(e entry) {
		if e.dir && !strings.HasPrefix(e.name, ".") {
			names = append(names, e.name)
		}
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := f(name); err != nil {
			return err
		}
	}
	return nil
}
