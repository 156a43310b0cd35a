//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/adapters/cri/internal/enginetest"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// workshop is an agent on an engine, and a bare connection to the same engine.
type workshop struct {
	engine  *enginetest.Engine
	dir     string
	calls   *calls
	runtime *cri.Runtime
	agent   *node.Agent
	cancel  context.CancelFunc
	ended   chan error
	conn    *grpc.ClientConn
	bare    criapi.RuntimeServiceClient
}

func newWorkshop(ctx context.Context, e *enginetest.Engine, dir string) (*workshop, error) {
	w := &workshop{engine: e, dir: dir, ended: make(chan error, 1), calls: &calls{}}
	w.calls.reset()
	var err error
	c := cri.Config{Endpoint: e.Endpoint(), Dir: filepath.Join(dir, "cri"), Log: slog.New(w.calls)}
	if w.runtime, err = cri.New(ctx, c); err != nil {
		return nil, err
	}
	if w.conn, err = grpc.NewClient(e.Endpoint(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		return nil, err
	}
	w.bare = criapi.NewRuntimeServiceClient(w.conn)
	w.agent, err = node.New(node.Config{
		Runtime: w.runtime, Machine: &lifecycle.Config{HostIPs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
	})
	if err != nil {
		return nil, err
	}
	ctx, w.cancel = context.WithCancel(ctx)
	go func() { w.ended <- w.agent.Run(ctx) }()
	return w, nil
}

func (w *workshop) close() error {
	w.cancel()
	return errors.Join(<-w.ended, w.runtime.Close(), w.conn.Close())
}

// manifest is the pod of all measures.
func manifest(name, image string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: app, image: %q, command: [sleep, "100000"]}
`, name, image)
}

// begin applies a pod and returns how long it takes until it is Running.
func (w *workshop) begin(ctx context.Context, name string) (time.Duration, error) {
	p, err := pod.Parse(manifest(name, enginetest.Image))
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	changes := w.agent.Watch(ctx)
	began := time.Now()
	if err := w.agent.Apply(p); err != nil {
		return 0, err
	}
	for c := range changes {
		if c.Pod.Name == name && c.Pod.Status.Phase == pod.Running {
			return time.Since(began), nil
		}
	}
	return 0, fmt.Errorf("pod %q does not run", name)
}

// drop deletes a pod and returns when it is gone.
func (w *workshop) drop(ctx context.Context, name string) error {
	changes := w.agent.Watch(ctx)
	if err := w.agent.Delete(pod.Key{Name: name}, pod.DeleteOptions{}); err != nil {
		return err
	}
	for c := range changes {
		if c.Type == node.Deleted && c.Pod.Name == name {
			return nil
		}
	}
	return ctx.Err()
}

// requests are what the engine was asked for as a pod, read back from it.
type requests struct {
	box       *criapi.PodSandboxConfig
	container *criapi.ContainerConfig
}

// requestsOf reads back what the engine was asked for as the pod that runs.
func (w *workshop) requestsOf(ctx context.Context, name string) (requests, error) {
	p, _ := w.agent.Pod(pod.Key{Name: name})
	_, id, _ := strings.Cut(p.Status.ContainerStatuses[0].ContainerID, "://")
	c, err := w.bare.ContainerStatus(ctx, &criapi.ContainerStatusRequest{ContainerId: id, Verbose: true})
	if err != nil {
		return requests{}, err
	}
	var container struct {
		SandboxID string                  `json:"sandboxID"`
		Config    *criapi.ContainerConfig `json:"config"`
	}
	if err := json.Unmarshal([]byte(c.Info["info"]), &container); err != nil {
		return requests{}, err
	}
	b, err := w.bare.PodSandboxStatus(ctx, &criapi.PodSandboxStatusRequest{PodSandboxId: container.SandboxID, Verbose: true})
	if err != nil {
		return requests{}, err
	}
	var box struct {
		Config *criapi.PodSandboxConfig `json:"config"`
	}
	err = json.Unmarshal([]byte(b.Info["info"]), &box)
	return requests{box.Config, container.Config}, err
}

// beginBare has the engine do the same with the three calls alone.
func (w *workshop) beginBare(ctx context.Context, r requests, name string) (time.Duration, string, error) {
	r.box.Metadata.Uid, r.box.Metadata.Namespace, r.box.LogDirectory = name, "bare", filepath.Join(w.dir, "bare", name)
	r.box.Labels, r.container.Labels = nil, nil
	if err := os.MkdirAll(filepath.Join(r.box.LogDirectory, filepath.Dir(r.container.LogPath)), 0o755); err != nil {
		return 0, "", err
	}
	for i, m := range r.container.Mounts {
		m.HostPath = filepath.Join(r.box.LogDirectory, fmt.Sprintf("mount%d", i)) // what was there has gone with the pod
		if err := os.WriteFile(m.HostPath, nil, 0o666); err != nil {
			return 0, "", err
		}
	}
	began := time.Now()
	made, err := w.bare.RunPodSandbox(ctx, &criapi.RunPodSandboxRequest{Config: r.box})
	if err != nil {
		return 0, "", err
	}
	create := &criapi.CreateContainerRequest{PodSandboxId: made.PodSandboxId, Config: r.container, SandboxConfig: r.box}
	created, err := w.bare.CreateContainer(ctx, create)
	if err != nil {
		return 0, "", err
	}
	_, err = w.bare.StartContainer(ctx, &criapi.StartContainerRequest{ContainerId: created.ContainerId})
	return time.Since(began), made.PodSandboxId, err
}

func (w *workshop) dropBare(ctx context.Context, id string) error {
	_, err := w.bare.StopPodSandbox(ctx, &criapi.StopPodSandboxRequest{PodSandboxId: id})
	if err == nil {
		_, err = w.bare.RemovePodSandbox(ctx, &criapi.RemovePodSandboxRequest{PodSandboxId: id})
	}
	return err
}

// start measures the start of a pod, in turns with the bare calls that ask for the same: the same image, by the ID that it was found
// under, the same mounts, the same everything. Every other time the bare calls go first.
func (w *workshop) start(ctx context.Context, s sizes) (string, error) {
	r, err := w.firstRequests(ctx)
	if err != nil {
		return "", err
	}
	var own, within, bare []time.Duration
	measureOwn := func(name string) error {
		w.calls.reset()
		took, err := w.begin(ctx, name)
		if err != nil {
			return err
		}
		own, within = append(own, took), append(within, w.calls.total("RunPodSandbox", "CreateContainer", "StartContainer"))
		return w.drop(ctx, name)
	}
	measureBare := func(name string) error {
		took, id, err := w.beginBare(ctx, r, name)
		if err != nil {
			return err
		}
		bare = append(bare, took)
		return w.dropBare(ctx, id)
	}
	for i := range s.n {
		turns := []func(name string) error{measureOwn, measureBare}
		if i%2 == 1 {
			slices.Reverse(turns)
		}
		for _, measure := range turns {
			if err := measure(fmt.Sprintf("pod%d", i)); err != nil {
				return "", err
			}
		}
	}
	const what = "pod start to Running (aim 1.05)"
	return pairRow(what, own, "the same three calls, bare", bare) + pairRow(what, own, "its own three calls within", within), nil
}

// firstRequests returns what the engine is asked for as the pod of all measures, and warms up.
func (w *workshop) firstRequests(ctx context.Context) (requests, error) {
	if _, err := w.begin(ctx, "first"); err != nil {
		return requests{}, err
	}
	r, err := w.requestsOf(ctx, "first")
	if err != nil {
		return requests{}, err
	}
	return r, w.drop(ctx, "first")
}

// podman measures the start of the same manifest with podman, where there is one.
func (w *workshop) podman(ctx context.Context, s sizes) (string, error) {
	if _, err := exec.LookPath("podman"); err != nil {
		return "| pod start to Running | – | podman is not installed | – |\n", nil
	}
	p := podman{dir: filepath.Join(w.dir, "podman")}
	if err := p.prepare(ctx, w.engine); err != nil {
		return fmt.Sprintf("| pod start to Running | – | podman does not work here: %v | – |\n", err), nil
	}
	defer p.close(ctx)
	var own, other []time.Duration
	for i := range s.n {
		took, err := p.play(ctx)
		if err != nil {
			return fmt.Sprintf("| pod start to Running | – | podman does not work here: %v | – |\n", err), nil
		}
		name := fmt.Sprintf("beside%d", i)
		mine, err := w.begin(ctx, name)
		if err != nil {
			return "", err
		}
		if err := w.drop(ctx, name); err != nil {
			return "", err
		}
		own, other = append(own, mine), append(other, took)
	}
	return pairRow("pod start to Running (aim below 1)", own, "podman kube play", other), nil
}

// exits measures from the end of a container, as the engine has it, to the moment at which the listener is told: of a pod that was
// quiet for a while, so that polls are rare. It does so with the engine's events, and with polls alone.
func (w *workshop) exits(ctx context.Context, s sizes) (string, error) {
	var rows string
	for _, c := range []struct {
		name string
		poll cri.Poll
	}{{"events", cri.Poll{}}, {"polls alone", cri.Poll{NoEvents: true}}} {
		var all []time.Duration
		for i := range s.n {
			d, err := w.exit(ctx, pod.UID(fmt.Sprintf("exit-%d", i)), c.poll)
			if err != nil {
				return "", err
			}
			all = append(all, d)
		}
		rows += fmt.Sprintf("| exit to notice, quiet pod, %s | %s | slowest of %d: %s | – |\n",
			c.name, round(median(all)), len(all), round(slices.Max(all)))
	}
	return rows, nil
}

func (w *workshop) exit(ctx context.Context, uid pod.UID, poll cri.Poll) (time.Duration, error) {
	r, err := cri.New(ctx, cri.Config{Endpoint: w.engine.Endpoint(), Dir: filepath.Join(w.dir, "exits"), Owner: "exits", Poll: poll})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	p, err := pod.Parse(manifest("exit", enginetest.Image))
	if err != nil {
		return 0, err
	}
	p.UID, p.Namespace = uid, "exits"
	told := make(chan time.Time, 1000)
	stop := r.Notify(func(pod.UID) { told <- time.Now() })
	defer stop()
	if err := r.CreateSandbox(ctx, p); err != nil {
		return 0, err
	}
	defer func() { _ = r.RemoveSandbox(ctx, uid) }()
	life := fmt.Sprintf("%.3f", 3+rand.Float64())
	if err := r.StartContainer(ctx, p, "app", 0, node.StartOptions{Command: []string{"sleep", life}}); err != nil {
		return 0, err
	}
	for at := range told {
		seen, err := r.List(ctx, uid)
		if err != nil {
			return 0, err
		}
		if len(seen.Containers) == 1 && seen.Containers[0].State == lifecycle.ContainerExited {
			return at.Sub(seen.Containers[0].FinishedAt), nil
		}
	}
	return 0, nil
}

// idle measures the processor time of this program, without pods and with many.
func (w *workshop) idle(ctx context.Context, s sizes) (string, error) {
	nothing, err := idleProgram(ctx, s.idle)
	if err != nil {
		return "", err
	}
	for i := range s.pods {
		if _, err := w.begin(ctx, fmt.Sprintf("idle%d", i)); err != nil {
			return "", err
		}
	}
	if err := sleep(ctx, 3*time.Second); err != nil {
		return "", err
	}
	before := spent()
	if err := sleep(ctx, s.idle); err != nil {
		return "", err
	}
	own := spent() - before
	for i := range s.pods {
		if err := w.drop(ctx, fmt.Sprintf("idle%d", i)); err != nil {
			return "", err
		}
	}
	what := fmt.Sprintf("processor time in %s, %d idle pods", s.idle, s.pods)
	return row(what, own, "an idle Go program, with its start", nothing), nil
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// spent is the processor time of this program.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// idleVariable makes this program an idle one.
const idleVariable = "PODLIFE_CRI_REPORT_IDLE"

func init() {
	if d, err := time.ParseDuration(os.Getenv(idleVariable)); err == nil {
		time.Sleep(d)
		os.Exit(0)
	}
}

// idleProgram is the processor time of a program that sleeps, with its start.
func idleProgram(ctx context.Context, d time.Duration) (time.Duration, error) {
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), idleVariable+"="+d.String())
	if err := c.Run(); err != nil {
		return 0, err
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}
