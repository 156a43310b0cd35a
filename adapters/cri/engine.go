package cri

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
)

// How long the engine may take, beyond what it was asked to wait for.
const (
	// lookPatience is for calls that only look.
	lookPatience = 20 * time.Second
	// callPatience is for calls that change a container.
	callPatience = 2 * time.Minute
	// sandboxPatience is for those that make or end a sandbox, which wait for the network.
	sandboxPatience = 4 * time.Minute
)

// maxMessageSize is the largest answer of an engine that is taken, in bytes.
const maxMessageSize = 16 << 20

// reconnect is how soon an engine that went away is tried again.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 5 * time.Second,
}

// callVersion is the first call of a connection.
const callVersion = "Version"

// engine is a connection to a container engine. Its methods return errors of type *Error, or that of their context.
type engine struct {
	endpoint string
	path     string
	name     string // containerd, cri-o
	version  string
	conn     *grpc.ClientConn
	runtime  criapi.RuntimeServiceClient
	images   criapi.ImageServiceClient
}

// connect opens a connection and asks the engine for its version. Where log takes debug messages, it is told of every call.
func connect(ctx context.Context, endpoint string, log *slog.Logger) (*engine, error) {
	file, err := socketPath(endpoint)
	if err != nil {
		return nil, err
	}
	e := &engine{endpoint: endpoint, path: file}
	e.conn, err = grpc.NewClient("unix://"+file,
		grpc.WithUnaryInterceptor(logged(log)),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(reconnect),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageSize)))
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	e.runtime, e.images = criapi.NewRuntimeServiceClient(e.conn), criapi.NewImageServiceClient(e.conn)
	if err := e.ask(ctx); err != nil {
		e.conn.Close()
		return nil, err
	}
	return e, nil
}

// logged tells a log of calls that have ended.
func logged(log *slog.Logger) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, answer any, c *grpc.ClientConn, call grpc.UnaryInvoker, o ...grpc.CallOption) error {
		if !log.Enabled(ctx, slog.LevelDebug) {
			return call(ctx, method, request, answer, c, o...)
		}
		began := time.Now()
		err := call(ctx, method, request, answer, c, o...)
		log.Debug("call", "name", path.Base(method), "took", time.Since(began), "err", err)
		return err
	}
}

// socketPath is the file of an endpoint.
func socketPath(endpoint string) (string, error) {
	file, ok := strings.CutPrefix(endpoint, "unix://")
	if !ok && strings.Contains(endpoint, "://") || !strings.HasPrefix(file, "/") {
		return "", fmt.Errorf("endpoint %q: want unix:// and the absolute path of a socket, such as unix:///run/containerd/containerd.sock",
			endpoint)
	}
	return file, nil
}

func (e *engine) ask(ctx context.Context) error {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	v, err := e.runtime.Version(look, &criapi.VersionRequest{})
	if err != nil {
		return e.refusal(ctx, callVersion, err)
	}
	e.name, e.version = v.RuntimeName, v.RuntimeVersion
	return nil
}

// id is the name of a container as a pod's status has it, the engine's name before it.
func (e *engine) id(container string) string { return e.name + "://" + container }

func (e *engine) ready(ctx context.Context) error {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	s, err := e.runtime.Status(look, &criapi.StatusRequest{})
	if err != nil {
		return e.refusal(ctx, "Status", err)
	}
	for _, c := range s.GetStatus().GetConditions() {
		if c.Status {
			continue
		}
		out := &Error{Call: "Status", Endpoint: e.endpoint, Detail: c.Type + ": " + c.Reason + ": " + c.Message}
		if c.Type == criapi.NetworkReady {
			out.kind, out.Hint = ErrNoNetwork, known[0].hint
		}
		return out
	}
	return nil
}

// The labels by which the engine's objects are found again.
const (
	labelPodName       = "io.kubernetes.pod.name"
	labelPodNamespace  = "io.kubernetes.pod.namespace"
	labelPodUID        = "io.kubernetes.pod.uid"
	labelContainerName = "io.kubernetes.container.name"
	labelOwner         = "io.podlife.owner"
)

// selection is what the labels of an object must say.
func selection(owner string, uid pod.UID, container string) map[string]string {
	labels := map[string]string{labelOwner: owner}
	if uid != "" {
		labels[labelPodUID] = string(uid)
	}
	if container != "" {
		labels[labelContainerName] = container
	}
	return labels
}

// sandboxes lists the sandboxes of one pod, or of all of an owner.
func (e *engine) sandboxes(ctx context.Context, owner string, uid pod.UID) ([]*criapi.PodSandbox, error) {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	filter := &criapi.PodSandboxFilter{LabelSelector: selection(owner, uid, "")}
	list, err := e.runtime.ListPodSandbox(look, &criapi.ListPodSandboxRequest{Filter: filter})
	return list.GetItems(), e.refusal(ctx, "ListPodSandbox", err)
}

// containers lists the attempts of one container, of all of a pod, or of all of an owner.
func (e *engine) containers(ctx context.Context, owner string, uid pod.UID, name string) ([]*criapi.Container, error) {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	filter := &criapi.ContainerFilter{LabelSelector: selection(owner, uid, name)}
	list, err := e.runtime.ListContainers(look, &criapi.ListContainersRequest{Filter: filter})
	return list.GetContainers(), e.refusal(ctx, "ListContainers", err)
}

// all lists the sandboxes and containers of one pod, or of all of an owner, both at once.
func (e *engine) all(ctx context.Context, owner string, uid pod.UID) (boxes []*criapi.PodSandbox, list []*criapi.Container, err error) {
	listed := make(chan error, 1)
	go func() {
		var err error
		list, err = e.containers(ctx, owner, uid, "")
		listed <- err
	}()
	boxes, err = e.sandboxes(ctx, owner, uid)
	if err2 := <-listed; err == nil {
		err = err2
	}
	return boxes, list, err
}

// pods returns the UIDs of all that an owner has.
func (e *engine) pods(ctx context.Context, owner string) ([]pod.UID, error) {
	boxes, containers, err := e.all(ctx, owner, "")
	if err != nil {
		return nil, err
	}
	uids := map[pod.UID]bool{}
	for _, box := range boxes {
		uids[pod.UID(box.Labels[labelPodUID])] = true
	}
	for _, c := range containers {
		uids[pod.UID(c.Labels[labelPodUID])] = true
	}
	return slices.Sorted(maps.Keys(uids)), nil
}

// newest is the sandbox of a pod that counts: one that is ready, or else the one made last; nil where there is none.
func newest(boxes []*criapi.PodSandbox) *criapi.PodSandbox {
	var best *criapi.PodSandbox
	for _, box := range boxes {
		switch {
		case best == nil, box.State < best.State:
			best = box
		case box.State == best.State && box.CreatedAt > best.CreatedAt:
			best = box
		}
	}
	return best
}

// shortID is as much of an identifier as tools print.
func shortID(id string) string { return id[:min(len(id), 13)] }

func (e *engine) runSandbox(ctx context.Context, c *criapi.PodSandboxConfig, handler string) error {
	_, err := e.runtime.RunPodSandbox(ctx, &criapi.RunPodSandboxRequest{Config: c, RuntimeHandler: handler})
	return e.refusal(ctx, "RunPodSandbox", err)
}

func (e *engine) sandboxStatus(ctx context.Context, id string) (*criapi.PodSandboxStatus, error) {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	s, err := e.runtime.PodSandboxStatus(look, &criapi.PodSandboxStatusRequest{PodSandboxId: id})
	return s.GetStatus(), e.refusal(ctx, "PodSandboxStatus", err)
}

func (e *engine) stopSandbox(ctx context.Context, id string) error {
	_, err := e.runtime.StopPodSandbox(ctx, &criapi.StopPodSandboxRequest{PodSandboxId: id})
	return e.gone(e.refusal(ctx, "StopPodSandbox", err))
}

func (e *engine) removeSandbox(ctx context.Context, id string) error {
	return patiently(ctx, func() error {
		_, err := e.runtime.RemovePodSandbox(ctx, &criapi.RemovePodSandboxRequest{PodSandboxId: id})
		return e.gone(e.refusal(ctx, "RemovePodSandbox", err))
	})
}

func (e *engine) containerStatus(ctx context.Context, id string) (*criapi.ContainerStatus, error) {
	s, _, err := e.containerDetails(ctx, id, false)
	return s, err
}

// containerDetails returns a container's status and, where verbose is set, what else the engine tells.
func (e *engine) containerDetails(ctx context.Context, id string, verbose bool) (*criapi.ContainerStatus, map[string]string, error) {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	s, err := e.runtime.ContainerStatus(look, &criapi.ContainerStatusRequest{ContainerId: id, Verbose: verbose})
	return s.GetStatus(), s.GetInfo(), e.refusal(ctx, "ContainerStatus", err)
}

func (e *engine) createContainer(ctx context.Context, box string, c *criapi.ContainerConfig, s *criapi.PodSandboxConfig) (id string, err error) {
	request := &criapi.CreateContainerRequest{PodSandboxId: box, Config: c, SandboxConfig: s}
	err = patiently(ctx, func() error {
		created, err := e.runtime.CreateContainer(ctx, request)
		id = created.GetContainerId()
		return e.refusal(ctx, "CreateContainer", err)
	})
	return id, err
}

func (e *engine) startContainer(ctx context.Context, id string) error {
	return patiently(ctx, func() error {
		_, err := e.runtime.StartContainer(ctx, &criapi.StartContainerRequest{ContainerId: id})
		return e.refusal(ctx, "StartContainer", err)
	})
}

// How long an engine is given to end what it still does for a program that was killed, or to forget what it lost in a crash of its own,
// and how often it is asked.
const (
	busyPatience = 30 * time.Second
	busyInterval = 200 * time.Millisecond
)

// patiently makes a call again as long as the engine is busy with what it is about.
func patiently(ctx context.Context, call func() error) error {
	for end := time.Now().Add(busyPatience); ; {
		err := call()
		if !isBusy(err) || time.Now().After(end) {
			return err
		}
		if err := sleep(ctx, busyInterval); err != nil {
			return err
		}
	}
}

// stopContainer sends the stop signal, and kills when the timeout, rounded up to seconds, is over; at once where it is 0 or less.
func (e *engine) stopContainer(ctx context.Context, id string, timeout time.Duration) error {
	_, err := e.runtime.StopContainer(ctx, &criapi.StopContainerRequest{ContainerId: id, Timeout: seconds(timeout)})
	return e.gone(e.refusal(ctx, "StopContainer", err))
}

func (e *engine) removeContainer(ctx context.Context, id string) error {
	return patiently(ctx, func() error {
		_, err := e.runtime.RemoveContainer(ctx, &criapi.RemoveContainerRequest{ContainerId: id})
		return e.gone(e.refusal(ctx, "RemoveContainer", err))
	})
}

func (e *engine) updateContainer(ctx context.Context, id string, r *criapi.LinuxContainerResources) error {
	_, err := e.runtime.UpdateContainerResources(ctx, &criapi.UpdateContainerResourcesRequest{ContainerId: id, Linux: r})
	return e.refusal(ctx, "UpdateContainerResources", err)
}

func (e *engine) reopenLog(ctx context.Context, id string) error {
	_, err := e.runtime.ReopenContainerLog(ctx, &criapi.ReopenContainerLogRequest{ContainerId: id})
	return e.refusal(ctx, "ReopenContainerLog", err)
}

func (e *engine) containerStats(ctx context.Context, id string) (*criapi.ContainerStats, error) {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	s, err := e.runtime.ContainerStats(look, &criapi.ContainerStatsRequest{ContainerId: id})
	return s.GetStats(), e.refusal(ctx, "ContainerStats", err)
}

// stats are what the attempts with some labels use.
func (e *engine) stats(ctx context.Context, labels map[string]string) ([]*criapi.ContainerStats, error) {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	filter := &criapi.ContainerStatsFilter{LabelSelector: labels}
	s, err := e.runtime.ListContainerStats(look, &criapi.ListContainerStatsRequest{Filter: filter})
	return s.GetStats(), e.refusal(ctx, "ListContainerStats", err)
}

// processes is how many processes there are in the sandboxes with some labels, 0 where the engine does not tell.
func (e *engine) processes(ctx context.Context, labels map[string]string) int64 {
	look, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	filter := &criapi.PodSandboxStatsFilter{LabelSelector: labels}
	s, err := e.runtime.ListPodSandboxStats(look, &criapi.ListPodSandboxStatsRequest{Filter: filter})
	if err != nil {
		return 0
	}
	var sum int64
	for _, box := range s.GetStats() {
		sum += int64(box.GetLinux().GetProcess().GetProcessCount().GetValue())
	}
	return sum
}

// gone forgives that what was to be stopped or removed is not there.
func (e *engine) gone(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}

// seconds rounds a time up to whole seconds; 0 for none or less.
func seconds(d time.Duration) int64 { return int64((max(d, 0) + time.Second - 1) / time.Second) }
