package storage

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/podlife/podlife/pod"
)

// File is one file of a configMap, secret, downwardAPI or projected volume.
type File struct {
	// Path is where in the volume it is: clean, relative, parts separated by '/', none of them "..", the first not
	// starting with "..".
	Path string
	// Data is its content. It may belong to the Sources it came from, and is only read.
	Data []byte
	// Mode is its permission bits, as the manifest says them.
	Mode int32
	// User is the numeric user that owns it; nil where the manifest asks for none.
	User *int64
}

// defaultFileMode is the defaultMode of a volume that states none.
// See https://kubernetes.io/docs/concepts/configuration/secret/#secret-files-permissions.
const defaultFileMode int32 = 0o644

// Files returns the files of v, a volume of p of a kind that has Content, by path. Of projected sources with the same
// path the last one counts. What is missing and not optional, a path that leaves the volume and a file that would have
// to be a directory too are errors in the words of Kubernetes; a projected volume reports all its faults, joined.
func Files(p *pod.Pod, v *Volume, from Sources) ([]File, error) {
	if from == nil {
		from = nothing{}
	}
	c := collection{pod: p, from: from, mode: defaultFileMode, files: map[string]File{}}
	if err := c.collect(v); err != nil {
		return nil, err
	}
	return c.sorted()
}

// collection gathers the files of one volume.
type collection struct {
	pod   *pod.Pod
	from  Sources
	mode  int32
	user  *int64
	files map[string]File
}

func (c *collection) collect(v *Volume) error {
	switch s := v.Source; v.Kind {
	case ConfigMap:
		c.defaults(s.ConfigMap.DefaultMode, s.ConfigMap.DefaultUser)
		return c.configMap(s.ConfigMap.Name, s.ConfigMap.Items, isTrue(s.ConfigMap.Optional))
	case Secret:
		c.defaults(s.Secret.DefaultMode, s.Secret.DefaultUser)
		return c.secret(s.Secret.SecretName, s.Secret.Items, isTrue(s.Secret.Optional))
	case DownwardAPI:
		c.defaults(s.DownwardAPI.DefaultMode, s.DownwardAPI.DefaultUser)
		return c.downward(s.DownwardAPI.Items)
	case Projected:
		c.defaults(s.Projected.DefaultMode, s.Projected.DefaultUser)
		return c.projected(s.Projected.Sources)
	}
	return fmt.Errorf("a volume of kind %s has no files of its own", v.Kind)
}

func (c *collection) defaults(mode *int32, user *int64) {
	if mode != nil {
		c.mode = *mode
	}
	c.user = user
}

// configMap adds the keys of a config map, or those that items name.
func (c *collection) configMap(name string, items []pod.KeyToPath, optional bool) error {
	m, found := c.from.ConfigMap(name)
	if !found && !optional {
		return fmt.Errorf("configmap %q not found", name)
	}
	if len(items) == 0 {
		for key, text := range m.Data {
			c.add(key, []byte(text), nil, nil)
		}
		for key, data := range m.BinaryData {
			c.add(key, data, nil, nil)
		}
		return nil
	}
	for _, item := range items {
		data, found := m.BinaryData[item.Key]
		if text, isText := m.Data[item.Key]; isText {
			data, found = []byte(text), true
		}
		if !found && !optional {
			return fmt.Errorf("configmap references non-existent config key: %s", item.Key)
		}
		if found {
			c.add(item.Path, data, item.Mode, item.User)
		}
	}
	return nil
}

// secret adds the keys of a secret, or those that items name.
func (c *collection) secret(name string, items []pod.KeyToPath, optional bool) error {
	s, found := c.from.Secret(name)
	if !found && !optional {
		return fmt.Errorf("secret %q not found", name)
	}
	if len(items) == 0 {
		for key, data := range s.Data {
			c.add(key, data, nil, nil)
		}
		return nil
	}
	for _, item := range items {
		data, found := s.Data[item.Key]
		if !found && !optional {
			return fmt.Errorf("references non-existent secret key: %s", item.Key)
		}
		if found {
			c.add(item.Path, data, item.Mode, item.User)
		}
	}
	return nil
}

// downward adds what the downward API tells of the pod, and nothing where part of it fails.
func (c *collection) downward(items []pod.DownwardAPIVolumeFile) error {
	var faults []error
	for i := range items {
		text, err := c.fact(&items[i])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		c.add(items[i].Path, []byte(text), items[i].Mode, items[i].User)
	}
	return errors.Join(faults...)
}

// fact returns the text of one file of the downward API.
func (c *collection) fact(item *pod.DownwardAPIVolumeFile) (string, error) {
	switch {
	case item.FieldRef != nil:
		return pod.MetadataField(&c.pod.ObjectMeta, item.FieldRef.FieldPath)
	case item.ResourceFieldRef != nil:
		ref := item.ResourceFieldRef
		return pod.ResourceField(c.pod, ref.ContainerName, ref, c.from.Surroundings().Allocatable)
	}
	return "", nil
}

// add notes a file. mode and user are those of its item, nil for the volume's. A later file replaces one of the same
// path.
func (c *collection) add(at string, data []byte, mode *int32, user *int64) {
	f := File{Path: at, Data: data, Mode: c.mode, User: c.user}
	if mode != nil {
		f.Mode = *mode
	}
	if user != nil {
		f.User = user
	}
	if checkFilePath(at) == nil {
		f.Path = path.Clean(at)
	}
	c.files[f.Path] = f
}

// sorted returns the files by path, once it is sure that they can lie in one directory.
func (c *collection) sorted() ([]File, error) {
	all := make([]File, 0, len(c.files))
	for _, at := range slices.Sorted(maps.Keys(c.files)) {
		if err := checkFilePath(at); err != nil {
			return nil, err
		}
		for dir := path.Dir(at); dir != "."; dir = path.Dir(dir) {
			if _, taken := c.files[dir]; taken {
				return nil, fmt.Errorf("invalid path: %q is a file, and %q needs it to be a directory", dir, at)
			}
		}
		all = append(all, c.files[at])
	}
	return all, nil
}

// maxFilePath is the longest path of a file in a volume, in bytes.
const maxFilePath = 4096

// checkFilePath refuses the path of a file that would lie outside its volume, or in the way of its updates.
func checkFilePath(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("invalid path: must not be empty: %q", s)
	case s[0] == '/':
		return fmt.Errorf("invalid path: must be relative path: %s", cut(s))
	case len(s) > maxFilePath:
		return fmt.Errorf("invalid path: must be less than or equal to %d characters", maxFilePath)
	case strings.IndexByte(s, 0) >= 0:
		return fmt.Errorf("invalid path: must not contain a NUL byte: %q", cut(s))
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." {
			return fmt.Errorf("invalid path: must not contain '..': %s", cut(s))
		}
		if len(part) > maxFileName {
			return fmt.Errorf("invalid path: filenames must be less than or equal to %d characters", maxFileName)
		}
	}
	switch clean := path.Clean(s); {
	case strings.HasPrefix(clean, ".."):
		return fmt.Errorf("invalid path: must not start with '..': %s", cut(s))
	case clean == ".":
		return fmt.Errorf("invalid path: must name a file: %q", cut(s))
	}
	return nil
}

func isTrue(b *bool) bool { return b != nil && *b }
