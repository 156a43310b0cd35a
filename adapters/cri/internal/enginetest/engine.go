//go:build linux

package enginetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Options say how an engine is to be. The zero value: Debian's containerd, a dual-stack bridge, the images of this package.
type Options struct {
	// Binaries is a folder with containerd, its shim and ctr; empty means those in PATH.
	Binaries string
	// NoNetwork leaves the engine without a CNI configuration.
	NoNetwork bool
	// Names are further names of Image.
	Names []string
	// Programs are files of this machine that the images have in their /bin beside busybox, by their names there. They need no
	// libraries.
	Programs map[string]string
}

// Engine is a containerd that was started by Start. Its methods are for one goroutine.
type Engine struct {
	dir     string
	options Options
	process *exec.Cmd
	exited  chan struct{}
	number  int
	bridge  string
}

var engines atomic.Int32

// number is one that no other engine of this machine has, as far as that can be told: it is made of the process's.
func number() int { return (os.Getpid() + 9973*int(engines.Add(1))) % 65536 }

// cniFolders are where CNI's plugins may be.
var cniFolders = []string{"/usr/lib/cni", "/opt/cni/bin"}

// Missing says what this machine lacks to run an engine, or nothing.
func Missing() string {
	if os.Geteuid() != 0 {
		return "containerd needs root"
	}
	for _, program := range []string{"containerd", "ctr", "runc", "ip", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Sprintf("there is no program %q (Debian: containerd, runc, iproute2, iptables)", program)
		}
	}
	if _, err := busybox(); err != nil {
		return err.Error()
	}
	if _, err := cniFolder(); err != nil {
		return err.Error()
	}
	return ""
}

func cniFolder() (string, error) {
	for _, dir := range cniFolders {
		if _, err := os.Stat(filepath.Join(dir, "bridge")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("there are no CNI plugins in %s (Debian: containernetworking-plugins)", strings.Join(cniFolders, " or "))
}

// Start runs an engine in a folder, which must be empty or that of an engine that was ended. When it returns the engine answers and
// has its images.
func Start(dir string, o Options) (*Engine, error) {
	n := number()
	e := &Engine{dir: dir, options: o, number: n, bridge: fmt.Sprintf("podlife%d", n)}
	if err := e.configure(); err != nil {
		return nil, err
	}
	if err := e.Launch(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.load(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) path(name string) string { return filepath.Join(e.dir, name) }

// Socket is the engine's socket.
func (e *Engine) Socket() string { return e.path("sock") }

// Endpoint is the socket as the Container Runtime Interface writes it.
func (e *Engine) Endpoint() string { return "unix://" + e.Socket() }

// LogPath is the file with what the engine prints.
func (e *Engine) LogPath() string { return e.path("engine.log") }

const configText = `version = 2
root = %[1]q
state = %[2]q
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.tracing",
  "io.containerd.nri.v1.nri"]
[grpc]
  address = %[3]q
[ttrpc]
  address = %[4]q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %[5]q
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %[6]q
    conf_dir = %[7]q
`

const networkText = `{"cniVersion": "0.4.0", "name": %[1]q, "plugins": [
  {"type": "bridge", "bridge": %[1]q, "isGateway": true, "ipam": {"type": "host-local", "dataDir": %[2]q,
    "ranges": [[{"subnet": %[3]q}], [{"subnet": %[4]q}]],
    "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
`

// configure writes the engine's configuration and that of its network.
func (e *Engine) configure() error {
	bin, err := cniFolder()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.path("cni"), 0o755); err != nil {
		return err
	}
	text := fmt.Sprintf(configText, e.path("root"), e.path("state"), e.Socket(), e.path("ttrpc"), pauseImage, bin, e.path("cni"))
	if err := os.WriteFile(e.path("config.toml"), []byte(text), 0o644); err != nil {
		return err
	}
	if e.options.NoNetwork {
		return nil
	}
	return e.AddNetwork()
}

// AddNetwork gives the engine the network that Options.NoNetwork left out. It is noticed soon.
func (e *Engine) AddNetwork() error {
	n := e.number
	ip4 := fmt.Sprintf("10.%d.%d.0/24", 128+n>>8&63, n&255)
	ip6 := fmt.Sprintf("fd00:706c:%x::/64", n)
	text := fmt.Sprintf(networkText, e.bridge, e.path("ipam"), ip4, ip6)
	return os.WriteFile(e.path("cni/10-podlife.conflist"), []byte(text), 0o644)
}

// program is where one of the engine's programs is.
func (e *Engine) program(name string) string {
	if e.options.Binaries == "" {
		return name
	}
	return filepath.Join(e.options.Binaries, name)
}

// Launch starts the engine, for the first time or again, and returns when it answers.
func (e *Engine) Launch() error {
	log, err := os.OpenFile(e.LogPath(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	e.process = exec.Command(e.program("containerd"), "-c", e.path("config.toml"))
	e.process.Stdout, e.process.Stderr = log, log
	e.process.Env = append(os.Environ(), "PATH="+e.options.Binaries+":"+os.Getenv("PATH"))
	e.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := e.process.Start(); err != nil {
		return err
	}
	e.exited = make(chan struct{})
	go func(p *exec.Cmd, exited chan struct{}) {
		_ = p.Wait()
		close(exited)
	}(e.process, e.exited)
	return e.await()
}

// startPatience is how long an engine may take to answer, on the slowest machine.
const startPatience = time.Minute

// await returns when the engine has opened its socket and answers on it.
func (e *Engine) await() error {
	for end := time.Now().Add(startPatience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-e.exited:
			return fmt.Errorf("containerd ended at once: %s", e.lastWords())
		default:
		}
		if c, err := net.Dial("unix", e.Socket()); err == nil {
			c.Close()
			if e.ctr("version") == nil {
				return nil
			}
		}
	}
	return fmt.Errorf("containerd does not answer after %s: %s", startPatience, e.lastWords())
}

// lastWords is the end of the engine's log.
func (e *Engine) lastWords() string {
	b, _ := os.ReadFile(e.LogPath())
	return string(b[max(0, len(b)-2000):])
}

// ctr runs containerd's own client.
func (e *Engine) ctr(args ...string) error {
	args = append([]string{"-a", e.Socket(), "-n", "k8s.io"}, args...)
	if out, err := exec.Command(e.program("ctr"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ctr %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// SaveImages writes the images of this package to a file, as `docker save` would.
func (e *Engine) SaveImages(file string) error {
	program, err := busybox()
	if err != nil {
		return err
	}
	programs := maps.Clone(e.options.Programs)
	if programs == nil {
		programs = map[string]string{}
	}
	programs["busybox"] = program
	data, err := imageTar(programs, e.options.Names...)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// load imports the images.
func (e *Engine) load() error {
	file := e.path("images.tar")
	defer os.Remove(file)
	if err := e.SaveImages(file); err != nil {
		return err
	}
	if err := e.ctr("images", "import", file); err != nil {
		return err
	}
	return awaitImages(e.Endpoint(), append([]string{Image, UserImage, pauseImage}, e.options.Names...))
}

// RemoveImage makes the engine forget a name.
func (e *Engine) RemoveImage(name string) error { return e.ctr("images", "rm", "--sync", name) }

// Kill ends the engine at once. Its containers run on.
func (e *Engine) Kill() { e.end(syscall.SIGKILL) }

// Stop asks the engine to end. Its containers run on.
func (e *Engine) Stop() { e.end(syscall.SIGTERM) }

func (e *Engine) end(sig syscall.Signal) {
	if e.process == nil || e.process.Process == nil {
		return
	}
	_ = e.process.Process.Signal(sig)
	select {
	case <-e.exited:
	case <-time.After(10 * time.Second):
		_ = e.process.Process.Kill()
		<-e.exited
	}
}

// Close ends the engine and all that it has started, and takes away its network and its files but for the log. Pods that are still
// there are ended.
func (e *Engine) Close() error {
	e.Stop()
	networks := map[uint64]bool{}
	for range 50 {
		if !e.endShims(networks) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	e.unmount()
	dropNetworks(networks)
	_ = exec.Command("ip", "link", "del", e.bridge).Run()
	var errs []error
	for _, name := range []string{"root", "state", "ipam", "cni", "sock", "ttrpc", "config.toml"} {
		errs = append(errs, os.RemoveAll(e.path(name)))
	}
	return errors.Join(errs...)
}

// endShims kills the shims of this engine and their containers, found by the socket in their command line, and reports whether there
// were any. The network namespaces that they were in are added to networks.
func (e *Engine) endShims(networks map[uint64]bool) bool {
	found := false
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if strings.HasPrefix(filepath.Base(firstArg(line)), "containerd-shim") && strings.Contains(string(line), e.Socket()) {
			found = true
			for _, child := range children(pid) {
				networks[inode(fmt.Sprintf("/proc/%d/ns/net", child))] = true
				_ = syscall.Kill(child, syscall.SIGKILL)
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return found
}

func firstArg(line []byte) string {
	first, _, _ := strings.Cut(string(line), "\x00")
	return first
}

// inode is the number of a file, 0 where there is none.
func inode(path string) uint64 {
	var s syscall.Stat_t
	_ = syscall.Stat(path, &s)
	return s.Ino
}

// namedNetworks is where the engine keeps the network namespaces of its pods.
const namedNetworks = "/run/netns"

// dropNetworks takes away the network namespaces of pods that were not ended in order, but never this machine's own.
func dropNetworks(networks map[uint64]bool) {
	networks[inode("/proc/self/ns/net")], networks[0] = false, false
	entries, _ := os.ReadDir(namedNetworks)
	for _, entry := range entries {
		path := filepath.Join(namedNetworks, entry.Name())
		if networks[inode(path)] {
			for syscall.Unmount(path, syscall.MNT_DETACH) == nil { // it may be mounted more than once
			}
			_ = os.Remove(path)
		}
	}
}

// children returns the processes that one has started.
func children(pid int) []int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var out []int
	for _, word := range strings.Fields(string(b)) {
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// unmount takes away what is mounted in the engine's folders, the innermost first.
func (e *Engine) unmount() {
	for range 3 {
		b, _ := os.ReadFile("/proc/self/mountinfo")
		var points []string
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 4 && strings.HasPrefix(f[4], e.dir+"/") {
				points = append(points, f[4])
			}
		}
		for i := len(points) - 1; i >= 0; i-- {
			_ = syscall.Unmount(points[i], syscall.MNT_DETACH)
		}
		if len(points) == 0 {
			return
		}
	}
}

// Version is what the engine's program says of itself, for reports.
func (e *Engine) Version() string {
	out, err := exec.Command(e.program("containerd"), "--version").Output()
	if err != nil {
		return cmp.Or(e.options.Binaries, "containerd")
	}
	return strings.TrimSpace(string(out))
}
