//go:build amd64 || arm64

package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/nodetest"
	"github.com/podlife/podlife/node/process"
)

func init() {
	roles["put-ipc"], roles["get-ipc"] = putIPC, getIPC
}

// requireNamespaces skips a test where pods cannot have namespaces.
func requireNamespaces(t *testing.T) {
	t.Helper()
	r := newRuntime(t, t.TempDir())
	p := order{UID: uid}.pod()
	require.NoError(t, r.CreateSandbox(t.Context(), p))
	for _, w := range r.Warnings(uid) {
		t.Skip("namespaces are not permitted here: " + w)
	}
}

func TestPodIsolation(t *testing.T) {
	requireNamespaces(t)
	nodetest.IsolationSuite{
		New: func(t *testing.T) node.Runtime { return newRuntime(t, t.TempDir()) },
		Commands: nodetest.Commands{
			Serve: func(port int, line string) []string { return role(t, "serve", strconv.Itoa(port), line) },
			Ask:   func(host string, port int) []string { return role(t, "ask", host, strconv.Itoa(port)) },
			PutIPC: func(key, value int, text string) []string {
				return role(t, "put-ipc", strconv.Itoa(key), strconv.Itoa(value), text)
			},
			GetIPC: func(key int) []string { return role(t, "get-ipc", strconv.Itoa(key)) },
		},
	}.Run(t)
}

// TestTerminationMessageAtItsPath has programs that write their last words where the manifest says, by its absolute path.
func TestTerminationMessageAtItsPath(t *testing.T) {
	requireNamespaces(t)
	volume := t.TempDir()
	for path, write := range map[string]string{
		"":                     "echo bye >/dev/termination-log",
		"/dev/termination-log": "cd /; echo bye >dev/termination-log",
		"/var/nowhere/why":     "echo bye >/var/nowhere/why",
		"/data/why":            "echo bye >/data/why",
		"/data/deep/why":       "echo bye >data/deep/why",
		"//dev//shm/why":       "echo bye >/dev/shm/why",
	} {
		s := newShell(t, write+"; exit 3")
		s.app.TerminationMessagePath = path
		c := s.ended(node.StartOptions{Mounts: []node.Mount{{Source: volume, Target: "/data"}}})
		require.Equal(t, "exit 3, bye\n", fmt.Sprintf("exit %d, %s", c.ExitCode, c.Message), "%q: %s", path, s.text(false))
	}
	require.NoFileExists(t, "/dev/termination-log")
	require.NoDirExists(t, "/var/nowhere")
	left, err := os.ReadFile(filepath.Join(volume, "why"))
	require.NoError(t, err)
	require.Empty(t, left, "a place to mount is left in the volume, as in a real container, and no more")
}

// TestDevices has a program that uses what is in /dev, common or not.
func TestDevices(t *testing.T) {
	requireNamespaces(t)
	machine, err := os.ReadDir("/dev")
	require.NoError(t, err)
	s := newShell(t, `head -c 1 /dev/zero | wc -c; echo gone >/dev/null; echo hi >/dev/stdout; ls /dev; ls /dev/pts >/dev/null && echo pts`)
	require.Equal(t, int32(0), s.ended(node.StartOptions{}).ExitCode)
	said := s.text(false)
	for _, e := range machine {
		require.Contains(t, said, "stdout "+e.Name()+"\n")
	}
	require.Contains(t, said, "stdout 1\n")
	require.Contains(t, said, "stdout hi\n")
	require.Contains(t, said, "stdout pts\n")
}

// TestOwnProcessTable has a container in which nothing is left of what has hidden as well as it can, and orphans are reaped.
func TestOwnProcessTable(t *testing.T) {
	requireNamespaces(t)
	s := newShell(t, `setsid env -i /bin/sleep 4711 & (setsid env -i /bin/true &); sleep 0.2; ps -A -o stat= 2>/dev/null | grep -c Z; cat /proc/1/cmdline | tr '\0' ' '; echo; exit 3`)
	c := s.ended(node.StartOptions{})
	require.Equal(t, int32(3), c.ExitCode)
	require.Equal(t, "stdout 0\nstdout podlife-pause proc /proc \n", s.text(false))
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, line := range lines {
		b, _ := os.ReadFile(line)
		require.NotEqual(t, "/bin/sleep\x004711\x00", string(b), line)
	}
}

func TestRuntimeWithoutNamespaces(t *testing.T) {
	nodetest.TestRuntime(t, func(t *testing.T) node.Runtime {
		return newRuntimeOf(t, process.Config{Dir: t.TempDir(), NoNamespaces: true})
	})
}

// TestInUserNamespaces runs tests of isolation once more as a user without privileges.
func TestInUserNamespaces(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("this user has no privileges anyway")
	}
	const nobody = 65534
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chown(dir, nobody, nobody))
	program, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	self := filepath.Join(dir, "process.test")
	require.NoError(t, os.WriteFile(self, program, 0o755))
	cmd := exec.Command(self, "-test.v", "-test.run", "^(TestPodIsolation|TestOwnProcessTable|TestTerminationMessageAtItsPath|TestHostPorts)$")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir, "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), "namespaces are not permitted here") {
		t.Skipf("%s", out)
	}
	require.Contains(t, string(out), "--- PASS: TestPodIsolation/ProcessesApart")
	require.Contains(t, string(out), "--- PASS: TestHostPorts")
}

// Numbers of System V's IPC.
const (
	ipcCreate   = 0o1000
	ipcExcl     = 0o2000
	semGetValue = 12
	semSetValue = 16
	segment     = 4096
)

func call(number, a, b, c, d uintptr) (uintptr, error) {
	r, _, errno := syscall.Syscall6(number, a, b, c, d, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return r, nil
}

// memory attaches a shared memory segment.
func memory(key uintptr, flags uintptr) ([]byte, error) {
	id, err := call(syscall.SYS_SHMGET, key, segment, flags|0o600, 0)
	if err != nil {
		return nil, fmt.Errorf("shmget: %w", err)
	}
	at, err := call(syscall.SYS_SHMAT, id, 0, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("shmat: %w", err)
	}
	// The address is the kernel's, of memory that Go knows nothing of.
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), segment), nil
}

func putIPC(args []string) error {
	key, _ := strconv.Atoi(args[0])
	value, _ := strconv.Atoi(args[1])
	id, err := call(syscall.SYS_SEMGET, uintptr(key), 1, ipcCreate|ipcExcl|0o600, 0)
	if err != nil {
		return fmt.Errorf("semget: %w", err)
	}
	if _, err := call(syscall.SYS_SEMCTL, id, 0, semSetValue, uintptr(value)); err != nil {
		return fmt.Errorf("semctl: %w", err)
	}
	m, err := memory(uintptr(key), ipcCreate|ipcExcl)
	if err != nil {
		return err
	}
	m[0] = byte(copy(m[1:], args[2]))
	return nil
}

func getIPC(args []string) error {
	key, _ := strconv.Atoi(args[0])
	id, err := call(syscall.SYS_SEMGET, uintptr(key), 1, 0, 0)
	if err != nil {
		return fmt.Errorf("semget: %w", err)
	}
	value, err := call(syscall.SYS_SEMCTL, id, 0, semGetValue, 0)
	if err != nil {
		return fmt.Errorf("semctl: %w", err)
	}
	m, err := memory(uintptr(key), 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d %s\n", value, m[1:1+m[0]])
	return nil
}
