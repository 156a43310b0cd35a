//go:build amd64 || arm64

package process_test

import (
	"fmt"
	"os"
	"strconv"
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

func TestRuntimeWithoutNamespaces(t *testing.T) {
	nodetest.TestRuntime(t, func(t *testing.T) node.Runtime {
		return newRuntimeOf(t, process.Config{Dir: t.TempDir(), NoNamespaces: true})
	})
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
