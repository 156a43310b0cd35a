package nodetest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// port is where the suite's servers listen. The machine's own must not matter, so that any will do.
const port = 8080

func testHostName(i *isolation) {
	one, two := i.pair(nil), i.pair(nil)
	for _, p := range []*pod.Pod{one, two} {
		for _, c := range []string{"c0", "c1"} {
			i.prints(p, c, "uname -n", p.Spec.Hostname)
		}
	}
	machine, err := os.Hostname()
	i.ok(err)
	if machine == one.Spec.Hostname || machine == two.Spec.Hostname {
		i.Errorf("the machine is called %q", machine)
	}
}

func testLocalhost(i *isolation) {
	one, two := i.pair(nil), i.pair(nil)
	i.serve(one, "c0", port, "served by one")
	i.asks(one, "c1", "127.0.0.1", port, "served by one")
	i.asks(two, "c0", "127.0.0.1", port, "")
	for _, ip := range i.ips(one) {
		i.asks(one, "c1", ip, port, "served by one")
	}
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		defer conn.Close()
		if line, _ := bufio.NewReader(conn).ReadString('\n'); strings.Contains(line, "served by one") {
			i.Error("the pod's server answers at the machine's own address")
		}
	}
}

func testPortSpace(i *isolation) {
	one, two := i.pair(nil), i.pair(nil)
	i.serve(one, "c0", port, "served by one")
	i.serve(two, "c0", port, "served by two")
	i.asks(one, "c1", "127.0.0.1", port, "served by one")
	i.asks(two, "c1", "127.0.0.1", port, "served by two")
	if out, code := i.runFor(one, "c1", i.Serve(port, "another server")); code == 0 {
		i.Errorf("both containers of a pod listen at port %d: %s", port, out)
	}
	i.asks(one, "c1", "127.0.0.1", port, "served by one")
}

// runFor runs a command that is to end by itself with an error, and takes one that goes on for a success.
func (i *isolation) runFor(p *pod.Pod, container string, command []string) (output string, code int32) {
	ctx, cancel := context.WithTimeout(i.ctx, 5*shortGrace)
	defer cancel()
	r, err := i.rt.(node.Execer).Exec(ctx, p.UID, container, 0, command)
	if ctx.Err() != nil {
		return "it runs on", 0
	}
	i.ok(err)
	return string(r.Output), r.ExitCode
}

func testAddresses(i *isolation) {
	one, two := i.pair(nil), i.pair(nil)
	first, second := i.ips(one), i.ips(two)
	if len(first) == 0 || len(second) == 0 {
		i.Fatalf("addresses are %q and %q, want some of each", first, second)
	}
	for _, ip := range first {
		if slices.Contains(second, ip) {
			i.Errorf("both pods have the address %s", ip)
		}
	}
	i.serve(one, "c0", port, "served by one")
	i.serve(two, "c0", port, "served by two")
	i.asks(one, "c1", first[0], port, "served by one")
	i.asks(two, "c1", second[0], port, "served by two")
	equal(i.bench, "addresses later", fmt.Sprint(i.ips(one)), fmt.Sprint(first))
}

func testDial(i *isolation) {
	one, two := i.pair(nil), i.pair(nil)
	i.serve(one, "c0", port, "served by one")
	dial := func(ctx context.Context, _ pod.UID, network, address string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	if d, ok := i.rt.(node.Dialer); ok {
		dial = d.DialPod
	}
	conn, err := dial(i.ctx, one.UID, "tcp", net.JoinHostPort(i.ips(one)[0], strconv.Itoa(port)))
	i.ok(err)
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	i.ok(err)
	equal(i.bench, "answer", strings.TrimSpace(line), "served by one")
	if conn, err := dial(i.ctx, two.UID, "tcp", net.JoinHostPort(i.ips(two)[0], strconv.Itoa(port))); err == nil {
		conn.Close()
		i.Error("somebody listens in the other pod")
	}
}

// volume is a folder of this machine.
func (i *isolation) volume() string {
	i.Helper()
	dir := i.TempDir()
	i.ok(os.Chmod(dir, 0o777))
	return dir
}

func testVolumes(i *isolation) {
	data, conf := i.volume(), filepath.Join(i.volume(), "conf")
	i.ok(os.WriteFile(conf, []byte("configured\n"), 0o644))
	one := i.pair(nil,
		[]node.Mount{{Source: data, Target: "/data"}, {Source: conf, Target: "/etc/suite.d/conf"}},
		[]node.Mount{{Source: data, Target: "/srv/deep/er"}, {Source: i.volume(), Target: "/srv/deep/er/inner"}})
	two := i.pair(nil)
	i.prints(one, "c0", "cat /etc/suite.d/conf; echo hello >/data/greeting", "configured")
	i.prints(one, "c1", "cat /srv/deep/er/greeting; echo inner >/srv/deep/er/inner/file; cat /srv/deep/er/inner/file", "hello\ninner")
	i.fails(one, "c1", "cat /data/greeting")
	i.fails(two, "c0", "cat /data/greeting")
	i.fails(two, "c0", "cat /etc/suite.d/conf")
	text, err := os.ReadFile(filepath.Join(data, "greeting"))
	i.ok(err)
	equal(i.bench, "file on the machine", string(text), "hello\n")
	for _, path := range []string{"/data", "/etc/suite.d", "/srv/deep"} {
		if _, err := os.Stat(path); err == nil {
			i.Errorf("%s is on the machine", path)
		}
	}
}

func testVolumeReadOnly(i *isolation) {
	data := i.volume()
	p := i.pair(nil,
		[]node.Mount{{Source: data, Target: "/data", ReadOnly: true}}, []node.Mount{{Source: data, Target: "/data"}})
	i.prints(p, "c1", "echo hello >/data/greeting", "")
	i.prints(p, "c0", "cat /data/greeting", "hello")
	i.fails(p, "c0", "echo more >/data/more")
}

func testVolumeSurvivesRestart(i *isolation) {
	mounts := []node.Mount{{Source: i.volume(), Target: "/data"}}
	p := i.pair(nil, mounts)
	i.prints(p, "c0", "echo hello >/data/greeting", "")
	i.stop(p, 0)
	i.launch(p, "c0", 1, node.StartOptions{Mounts: mounts})
	i.prints(p, "c0", "cat /data/greeting", "hello")
}

func testSharedMemory(i *isolation) {
	one, two := i.pair(nil), i.pair(nil)
	i.prints(one, "c0", "echo shared >/dev/shm/word", "")
	i.prints(one, "c1", "cat /dev/shm/word", "shared")
	i.fails(two, "c0", "cat /dev/shm/word")
	if _, err := os.Stat("/dev/shm/word"); err == nil {
		i.Error("the pod's /dev/shm is the machine's")
	}
}

func testSystemVIPC(i *isolation) {
	if i.PutIPC == nil || i.GetIPC == nil {
		i.Skip("no commands for semaphores and shared memory of System V are given")
	}
	const key = 0x70646c66
	one, two := i.pair(nil), i.pair(nil)
	put := func(p *pod.Pod, value int, text string) {
		if out, code := i.run(p, "c0", i.PutIPC(key, value, text)); code != 0 {
			i.Fatalf("semaphore and shared memory of %s: %s", p.Name, out)
		}
	}
	get := func(p *pod.Pod) string {
		out, code := i.run(p, "c1", i.GetIPC(key))
		return fmt.Sprintf("%s (%d)", out, code)
	}
	put(one, 3, "one")
	equal(i.bench, "IPC of the pod", get(one), "3 one (0)")
	if _, code := i.run(two, "c1", i.GetIPC(key)); code == 0 {
		i.Errorf("the other pod has %s", get(two))
	}
	put(two, 5, "two")
	equal(i.bench, "IPC of the other pod", get(two), "5 two (0)")
	equal(i.bench, "IPC of the pod", get(one), "3 one (0)")
}

// testProcesses has two pods with a process table of their own each.
func testProcesses(i *isolation) {
	share := func(p *pod.Pod) { p.Spec.ShareProcessNamespace = new(true) }
	one, two := i.pair(share), i.pair(share)
	i.prints(one, "c0", "sleep 4321 >/dev/null 2>&1 & echo $! >/dev/shm/pid", "")
	i.prints(one, "c1", `tr '\0' ' ' </proc/$(cat /dev/shm/pid)/cmdline`, "sleep 4321")
	i.prints(two, "c0", `cat /proc/[0-9]*/cmdline | tr '\0' ' ' | grep -c "sleep 432[1]"; true`, "0")
	i.prints(one, "c1", "kill -9 $(cat /dev/shm/pid)", "")
	i.stop(one, shortGrace)
}

// testProcessesApart has a pod whose containers do not see each other's processes.
func testProcessesApart(i *isolation) {
	p := i.pair(nil)
	i.prints(p, "c0", "sleep 4321 >/dev/null 2>&1 & echo $! >/dev/shm/pid", "")
	i.prints(p, "c0", `tr '\0' ' ' </proc/$(cat /dev/shm/pid)/cmdline`, "sleep 4321")
	i.prints(p, "c1", `cat /proc/[0-9]*/cmdline | tr '\0' ' ' | grep -c "sleep 432[1]"; true`, "0")
	i.prints(p, "c0", "kill -9 $(cat /dev/shm/pid)", "")
	i.stop(p, shortGrace)
}

func testRestartIsNotOfThePod(i *isolation) {
	p := i.pair(nil)
	ips := i.ips(p)
	other, _ := i.find(p, "c1", 0)
	i.prints(p, "c0", "echo kept >/dev/shm/word", "")
	i.stop(p, 0)
	i.launch(p, "c0", 1, node.StartOptions{})
	i.prints(p, "c0", "cat /dev/shm/word; uname -n", "kept\n"+p.Spec.Hostname)
	equal(i.bench, "addresses", fmt.Sprint(i.ips(p)), fmt.Sprint(ips))
	same, _ := i.find(p, "c1", 0)
	equal(i.bench, "the other container's ID", same.ID, other.ID)
	equal(i.bench, "the other container's start", same.StartedAt.UTC(), other.StartedAt.UTC())
}
