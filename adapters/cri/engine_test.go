package cri_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/nodetest"
)

// suiteImage is what the conformance suite calls its image.
const suiteImage = "suite.example/image:1"

// shared is the engine of all tests, started by the first that needs it and ended after the last.
var shared struct {
	once   sync.Once
	dir    string
	engine *enginetest.Engine
	err    error
}

func TestMain(m *testing.M) {
	flag.Parse()
	if limit, err := time.ParseDuration(flag.Lookup("test.timeout").Value.String()); err == nil && limit > 0 {
		time.AfterFunc(limit-limit/10, func() {
			fmt.Fprintln(os.Stderr, "out of time; what goes on is")
			_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
			os.Exit(end(1))
		})
	}
	os.Exit(end(m.Run()))
}

// end ends the engine, and returns the exit code, which is worse than code where that goes wrong.
func end(code int) int {
	if shared.engine != nil {
		if err := shared.engine.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "the engine leaves something behind:", err)
			code = 1
		}
		if code != 0 {
			if log, err := os.ReadFile(shared.engine.LogPath()); err == nil {
				fmt.Fprintf(os.Stderr, "the end of the engine's log:\n%s\n", log[max(0, len(log)-4000):])
			}
		}
	}
	if shared.dir != "" {
		if err := os.RemoveAll(shared.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// sharedEngine returns the engine of all tests, and skips the test where this machine has none. PODLIFE_CONTAINERD may name a folder
// with another containerd than the one in PATH.
func sharedEngine(t *testing.T) *enginetest.Engine {
	t.Helper()
	if why := enginetest.Missing(); why != "" {
		t.Skip("no real containers here: " + why)
	}
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "podlife-cri-"); shared.err == nil {
			shared.engine, shared.err = startShared()
		}
	})
	require.NoError(t, shared.err)
	return shared.engine
}

func startShared() (*enginetest.Engine, error) {
	ipc := filepath.Join(shared.dir, "ipc")
	build := exec.Command("go", "build", "-o", ipc, "./internal/enginetest/ipc")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // the image has no libraries
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return enginetest.Start(filepath.Join(shared.dir, "engine"), enginetest.Options{
		Names: []string{suiteImage}, Programs: map[string]string{"ipc": ipc}, Binaries: os.Getenv("PODLIFE_CONTAINERD"),
	})
}

// newRuntime returns a runtime on the shared engine. At the end all its pods are removed.
func newRuntime(t *testing.T, change ...func(*cri.Config)) *cri.Runtime {
	t.Helper()
	e := sharedEngine(t)
	c := cri.Config{Endpoint: e.Endpoint(), Dir: filepath.Join(t.TempDir(), "cri"), Owner: t.Name()}
	c.Owner = fmt.Sprintf("test-%d", time.Now().UnixNano())
	for _, f := range change {
		f(&c)
	}
	r, err := cri.New(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := r.Sweep(ctx, nil)
		require.NoError(t, err)
		require.NoError(t, r.Close())
	})
	return r
}

func TestRuntime(t *testing.T) {
	sharedEngine(t)
	nodetest.TestRuntime(t, func(t *testing.T) node.Runtime { return newRuntime(t) })
}

func TestPodIsolation(t *testing.T) {
	sharedEngine(t)
	nodetest.IsolationSuite{
		New: func(t *testing.T) node.Runtime { return newRuntime(t) },
		Commands: nodetest.Commands{
			Serve: func(port int, line string) []string {
				return []string{"nc", "-ll", "-p", strconv.Itoa(port), "-e", "echo", line}
			},
			PutIPC: func(key, value int, text string) []string {
				return []string{"ipc", "put", strconv.Itoa(key), strconv.Itoa(value), text}
			},
			GetIPC: func(key int) []string { return []string{"ipc", "get", strconv.Itoa(key)} },
		},
	}.Run(t)
}
