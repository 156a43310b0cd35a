package disk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
	"github.com/podlife/podlife/storage/storagetest"
	"github.com/stretchr/testify/require"
)

// owned prints group and mode of every file and directory of a volume, links left out, with the name of the data directory shortened.
func owned(t *testing.T, d *Driver, volume string) (all []string) {
	t.Helper()
	at, err := d.Path("u", volume)
	require.NoError(t, err)
	at, err = filepath.EvalSymlinks(at)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(at, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := e.Info()
		require.NoError(t, err)
		name := strings.TrimPrefix(strings.TrimPrefix(path, at), "/")
		if top, rest, deeper := strings.Cut(name, "/"); strings.HasPrefix(top, "..") {
			if name = "DATA"; deeper {
				name += "/" + rest
			}
		}
		gid, _ := groupOf(info)
		all = append(all, fmt.Sprintf("%s %s %d", name, info.Mode(), gid))
		return nil
	}))
	return all
}

// mayChangeGroups skips a test where this process may not give files away.
func mayChangeGroups(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may give a file to any group")
	}
}

// Volumes that live as long as the pod belong to its fsGroup, which may read what is read and write what is written. An update of files
// belongs to it as well.
func TestFSGroup(t *testing.T) {
	mayChangeGroups(t)
	d := open(t, Options{MountMemory: true})
	owner, mode := int64(4711), int32(0o400)
	p := &pod.Pod{}
	p.Name, p.Namespace, p.UID = "web", "default", "u"
	p.Spec.SecurityContext = &pod.PodSecurityContext{FSGroup: &owner}
	p.Spec.Volumes = []pod.Volume{
		{Name: "room", VolumeSource: pod.VolumeSource{EmptyDir: &pod.EmptyDirVolumeSource{}}},
		{Name: "memory", VolumeSource: pod.VolumeSource{EmptyDir: &pod.EmptyDirVolumeSource{Medium: pod.StorageMediumMemory}}},
		{Name: "conf", VolumeSource: pod.VolumeSource{ConfigMap: &pod.ConfigMapVolumeSource{
			LocalObjectReference: pod.LocalObjectReference{Name: "conf"}, DefaultMode: &mode,
			Items: []pod.KeyToPath{{Key: "a", Path: "deep/a"}},
		}}},
		{Name: "host", VolumeSource: pod.VolumeSource{HostPath: &pod.HostPathVolumeSource{Path: t.TempDir()}}},
	}
	const files = "DATA dgrwxr-xr-x 4711\nDATA/deep dgrwxr-xr-x 4711\nDATA/deep/a -r--r----- 4711"
	for _, text := range []string{"one", "two"} {
		sources := storagetest.Sources{ConfigMaps: map[string]pod.ConfigMap{"conf": {Data: map[string]string{"a": text}}}}
		require.NoError(t, d.Mount(p, sources))
		require.Equal(t, []string{" dgrwxrwxrwx 4711"}, owned(t, d, "room"))
		require.Equal(t, []string{" dgrwxrwxrwx 4711"}, owned(t, d, "memory"))
		require.Equal(t, " dgrwxr-xr-x 4711\n"+files, strings.Join(owned(t, d, "conf"), "\n"))
		require.NotContains(t, owned(t, d, "host")[0], "4711", "what is not the pod's keeps its group")
		data, err := d.ReadFile("u", "conf", "deep/a")
		require.NoError(t, err)
		require.Equal(t, text, string(data))
	}
	require.NoError(t, d.Unmount("u"))
}

// A claim is given to the group with all that is in it; where its root is right already, that can be enough.
func TestFSGroupOfAClaim(t *testing.T) {
	mayChangeGroups(t)
	owner, other := int64(4711), int64(4712)
	always, once := pod.FSGroupChangeAlways, pod.FSGroupChangeOnRootMismatch
	d := open(t, Options{Claims: ClaimsOptions{Provision: true}})
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	var volume string
	mount := func(group *int64, policy *pod.PodFSGroupChangePolicy, readOnly bool) []string {
		p := &pod.Pod{}
		p.Name, p.Namespace, p.UID = "web", "default", "u"
		p.Spec.SecurityContext = &pod.PodSecurityContext{FSGroup: group, FSGroupChangePolicy: policy}
		p.Spec.Volumes = []pod.Volume{{Name: "v", VolumeSource: pod.VolumeSource{
			PersistentVolumeClaim: &pod.PersistentVolumeClaimVolumeSource{ClaimName: "data", ReadOnly: readOnly},
		}}}
		require.NoError(t, d.Mount(p, storagetest.Sources{}))
		defer func() { require.NoError(t, d.Unmount("u")) }()
		at, err := d.Path("u", "v")
		require.NoError(t, err)
		volume, err = filepath.EvalSymlinks(at)
		require.NoError(t, err)
		return owned(t, d, "v")
	}
	require.NotContains(t, mount(nil, nil, false)[0], "4711")
	file := filepath.Join(volume, "old")
	require.NoError(t, os.WriteFile(file, []byte("kept"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(volume, "link")))

	require.NotContains(t, mount(&owner, nil, true)[0], "4711", "a claim that is only read is left alone")
	require.Equal(t, "old -rw-rw---- 4711", mount(&owner, &always, false)[1])
	require.NoError(t, os.Lchown(file, -1, 0))
	require.Equal(t, "old -rw-rw---- 0", mount(&owner, &once, false)[1], "its root is right")
	require.Equal(t, "old -rw-rw---- 4711", mount(&owner, &always, false)[1])
	require.Equal(t, "old -rw-rw---- 4712", mount(&other, &once, false)[1], "its root is another group's")
	info, err := os.Stat(outside)
	require.NoError(t, err)
	gid, _ := groupOf(info)
	require.Zero(t, gid, "no link is followed")
	require.Equal(t, "-rw-------", info.Mode().String())
}

// Where this process may not give a volume away, the pod has it all the same.
func TestFSGroupNotPermitted(t *testing.T) {
	refused := group{id: new(int64), step: func(string, string) error { return nil }}
	require.NoError(t, refused.give(t.TempDir(), groupWrites))
	require.Error(t, refused.give(filepath.Join(t.TempDir(), "absent"), groupWrites))
	require.False(t, group{}.takes(&storage.Volume{Kind: storage.PersistentVolumeClaim}))
}
