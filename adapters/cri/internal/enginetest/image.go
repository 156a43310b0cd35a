package enginetest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
)

// The images that every engine has.
const (
	// Image is busybox, whose program is its shell.
	Image = "docker.io/local/busybox:1"
	// UserImage is the same, run as user 1000.
	UserImage  = "docker.io/local/user:1"
	pauseImage = "docker.io/local/pause:1"
)

// busybox is a program without libraries.
func busybox() (string, error) {
	for _, path := range []string{"/bin/busybox", "/usr/bin/busybox"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no /bin/busybox (Debian: busybox-static)")
}

// applets are the programs that busybox is linked as.
var applets = strings.Fields("sh sleep echo true false cat nc httpd wget test touch wc tail kill id hostname ip mount ls head " +
	"stat readlink mkdir rm ps dd yes seq env printf ping date grep cut sort awk sed")

// imageTar is an archive with the images, in the form that `docker save` writes. Programs are files of this machine, by their names in
// the images' /bin.
func imageTar(programs map[string]string, names ...string) ([]byte, error) {
	layer, err := layerTar(programs)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(layer)
	files := map[string][]byte{"layer.tar": layer}
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	var manifest []entry
	for file, c := range map[string]struct {
		user  string
		run   []string
		names []string
	}{
		"busybox.json": {"", []string{"/bin/sh"}, append([]string{Image}, names...)},
		"user.json":    {"1000", []string{"/bin/sh"}, []string{UserImage}},
		"pause.json":   {"", []string{"/bin/sleep", "2147483647"}, []string{pauseImage}},
	} {
		if files[file], err = imageConfig(c.user, c.run, sum); err != nil {
			return nil, err
		}
		manifest = append(manifest, entry{file, c.names, []string{"layer.tar"}})
	}
	if files["manifest.json"], err = json.Marshal(manifest); err != nil {
		return nil, err
	}
	return archive(files)
}

// imageConfig describes one image with one layer.
func imageConfig(user string, run []string, layer [sha256.Size]byte) ([]byte, error) {
	return json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Cmd": run, "User": user, "Env": []string{"PATH=/usr/bin:/bin"}, "WorkingDir": "/"},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(layer[:])}},
	})
}

// layerTar is the file system of the images: some programs, and busybox's links.
func layerTar(programs map[string]string) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, dir := range []string{"bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "usr/bin", "var"} {
		if err := w.WriteHeader(&tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	files := map[string][]byte{"etc/passwd": []byte("root:x:0:0:root:/root:/bin/sh\n"), "etc/group": []byte("root:x:0:\n")}
	for name, path := range programs {
		program, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files["bin/"+name] = program
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := addFile(w, name, files[name], 0o755); err != nil {
			return nil, err
		}
	}
	for _, name := range applets {
		if err := w.WriteHeader(&tar.Header{Name: "bin/" + name, Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

func archive(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, data := range files {
		if err := addFile(w, name, data, 0o644); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

func addFile(w *tar.Writer, name string, data []byte, mode int64) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
