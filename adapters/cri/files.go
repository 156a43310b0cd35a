package cri

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// files are those of this Runtime, one folder a pod:
//
//	DIR/pods/UID/logs/NAME/0.log    the output of an attempt, where StartOptions names no other place
//	DIR/pods/UID/messages/NAME/0    its termination message
//	DIR/pods/UID/etc-hosts          the pod's /etc/hosts
//	DIR/images/UID/VOLUME           an empty folder for each image volume
type files struct{ dir string }

func (f files) root() string                { return filepath.Join(f.dir, "pods") }
func (f files) pod(uid pod.UID) string      { return filepath.Join(f.root(), string(uid)) }
func (f files) logs(uid pod.UID) string     { return filepath.Join(f.pod(uid), "logs") }
func (f files) etcHosts(uid pod.UID) string { return filepath.Join(f.pod(uid), "etc-hosts") }

func (f files) imageVolumes(uid pod.UID) string { return filepath.Join(f.dir, "images", string(uid)) }

func (f files) message(uid pod.UID, container string, attempt int32) string {
	return filepath.Join(f.pod(uid), "messages", container, strconv.Itoa(int(attempt)))
}

// log is where an attempt's output goes: the folder of its sandbox and the path below it, as the interface has it.
func (f files) log(uid pod.UID, container string, attempt int32, o node.StartOptions) (dir, path string) {
	if o.LogPath != "" {
		dir = filepath.Dir(filepath.Dir(o.LogPath))
		return dir, filepath.Join(filepath.Base(filepath.Dir(o.LogPath)), filepath.Base(o.LogPath))
	}
	return f.logs(uid), filepath.Join(container, strconv.Itoa(int(attempt))+".log")
}

// named is what the engine says of an attempt, in one of its messages.
type named interface {
	GetMetadata() *criapi.ContainerMetadata
	GetAnnotations() map[string]string
}

// logOf is the file of an attempt's log.
func (f files) logOf(uid pod.UID, c named) string {
	o := node.StartOptions{LogPath: c.GetAnnotations()[annotationLogPath]}
	dir, path := f.log(uid, c.GetMetadata().GetName(), int32(c.GetMetadata().GetAttempt()), o)
	return filepath.Join(dir, path)
}

func (f files) makePod(uid pod.UID) error { return os.MkdirAll(f.logs(uid), 0o755) }

func (f files) removePod(uid pod.UID) error { return os.RemoveAll(f.pod(uid)) }

// pods returns the UIDs that have a folder.
func (f files) pods() ([]pod.UID, error) { return uidsIn(f.root()) }

// uidsIn returns the UIDs for which there is a folder in dir.
func uidsIn(dir string) ([]pod.UID, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var uids []pod.UID
	for _, entry := range entries {
		if uid := pod.UID(entry.Name()); storage.CheckUID(uid) == nil {
			uids = append(uids, uid)
		}
	}
	return uids, err
}

// makeMessage makes the empty file that becomes the termination message of an attempt; any user may write it.
func (f files) makeMessage(uid pod.UID, container string, attempt int32) (string, error) {
	path := f.message(uid, container, attempt)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		return "", err
	}
	return path, os.Chmod(path, 0o666)
}

// makeHosts writes the pod's /etc/hosts and returns its path, or nothing where the pod has none of its own.
func (f files) makeHosts(p *pod.Pod, ips []pod.PodIP, clusterDomain string) (string, error) {
	if !network.HostsMounted(&p.Spec, ips) {
		return "", nil
	}
	text, err := hosts(p, ips, clusterDomain)
	if err != nil {
		return "", err
	}
	path := f.etcHosts(p.UID)
	return path, os.WriteFile(path, []byte(text), 0o644)
}

func hosts(p *pod.Pod, ips []pod.PodIP, clusterDomain string) (string, error) {
	if p.Spec.HostNetwork {
		own, err := os.ReadFile("/etc/hosts")
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		return network.HostNetworkHosts(string(own), p.Spec.HostAliases), nil
	}
	host, err := network.HostName(p, clusterDomain)
	if err != nil {
		return "", err
	}
	return network.Hosts(host, ips, p.Spec.HostAliases), nil
}

// removeFile removes a file that may be gone already.
func removeFile(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// logPaths returns the logs of a pod that are not in its folder, as far as the engine still knows them.
func (r *Runtime) logPaths(ctx context.Context, uid pod.UID) []string {
	list, _ := r.engine.containers(ctx, r.cfg.Owner, uid, "")
	var paths []string
	for _, c := range list {
		if path := c.Annotations[annotationLogPath]; path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// logPath is the file of a container's log.
func logPath(s *criapi.ContainerStatus) (string, error) {
	if s.GetLogPath() == "" {
		return "", fmt.Errorf("container %s has no log: %w", shortID(s.GetId()), node.ErrNotFound)
	}
	return s.LogPath, nil
}
