package cri_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/adapters/cri"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

// fake is an engine that says what a test wants. It has one pod, with one container in a state.
type fake struct {
	criapi.UnimplementedRuntimeServiceServer
	criapi.UnimplementedImageServiceServer
	refusal error // of whatever makes something
	events  chan *criapi.ContainerEventResponse
	starts  []string
	tasks   chan string // containerd's own events, each the name of what has ended in container c; nil is an engine without

	mu                              sync.Mutex
	owner                           string
	state                           criapi.ContainerState
	looksAtBoxes, looksAtContainers int
	calls                           []string
}

// serve runs a gRPC server on a socket of its own and returns the endpoint.
func serve(t *testing.T, register func(s *grpc.Server)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sock")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	s := grpc.NewServer()
	register(s)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return "unix://" + path
}

// runtime returns a runtime on the engine.
func (f *fake) runtime(t *testing.T, p cri.Poll) *cri.Runtime {
	f.owner = "podlife"
	endpoint := serve(t, func(s *grpc.Server) {
		criapi.RegisterRuntimeServiceServer(s, f)
		criapi.RegisterImageServiceServer(s, f)
		if f.tasks != nil {
			s.RegisterService(&taskEvents, f)
		}
	})
	r, err := cri.New(t.Context(), cri.Config{Endpoint: endpoint, Dir: t.TempDir(), Poll: p})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func (f *fake) set(s criapi.ContainerState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = s
}

func (f *fake) labels() map[string]string {
	return map[string]string{"io.kubernetes.pod.uid": "u", "io.kubernetes.container.name": "app", "io.podlife.owner": f.owner}
}

func (f *fake) Version(context.Context, *criapi.VersionRequest) (*criapi.VersionResponse, error) {
	return &criapi.VersionResponse{RuntimeName: "fake", RuntimeVersion: "v1", RuntimeApiVersion: "v1"}, nil
}

func (f *fake) ListPodSandbox(_ context.Context, r *criapi.ListPodSandboxRequest) (*criapi.ListPodSandboxResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if uid, ok := r.GetFilter().GetLabelSelector()["io.kubernetes.pod.uid"]; !ok {
		f.looksAtBoxes++
	} else if uid != "u" {
		return &criapi.ListPodSandboxResponse{}, nil
	}
	return &criapi.ListPodSandboxResponse{Items: []*criapi.PodSandbox{{Id: "box", Labels: f.labels()}}}, nil
}

func (f *fake) ListContainers(_ context.Context, r *criapi.ListContainersRequest) (*criapi.ListContainersResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if uid, ok := r.GetFilter().GetLabelSelector()["io.kubernetes.pod.uid"]; !ok {
		f.looksAtContainers++
	} else if uid != "u" {
		return &criapi.ListContainersResponse{}, nil
	}
	return &criapi.ListContainersResponse{Containers: []*criapi.Container{
		{Id: "c", Metadata: &criapi.ContainerMetadata{Name: "app"}, State: f.state, Labels: f.labels()},
	}}, nil
}

func (f *fake) PodSandboxStatus(context.Context, *criapi.PodSandboxStatusRequest) (*criapi.PodSandboxStatusResponse, error) {
	return &criapi.PodSandboxStatusResponse{Status: &criapi.PodSandboxStatus{Network: &criapi.PodSandboxNetworkStatus{Ip: "10.0.0.9"}}}, nil
}

func (f *fake) ContainerStatus(context.Context, *criapi.ContainerStatusRequest) (*criapi.ContainerStatusResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &criapi.ContainerStatus{Id: "c", State: f.state, StartedAt: 5, ExitCode: 3}
	return &criapi.ContainerStatusResponse{Status: s}, nil
}

func (f *fake) RunPodSandbox(context.Context, *criapi.RunPodSandboxRequest) (*criapi.RunPodSandboxResponse, error) {
	return nil, f.refusal
}

func (f *fake) PullImage(context.Context, *criapi.PullImageRequest) (*criapi.PullImageResponse, error) {
	return nil, f.refusal
}

// StartContainer refuses with the texts of starts, one after the other, and with the last of them runs.
func (f *fake) StartContainer(context.Context, *criapi.StartContainerRequest) (*criapi.StartContainerResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.starts) == 0 {
		return nil, status.Error(codes.Internal, "no")
	}
	f.calls = append(f.calls, "start")
	text := f.starts[0]
	if f.starts = f.starts[1:]; len(f.starts) == 0 {
		f.state = criapi.ContainerState_CONTAINER_RUNNING
	}
	return nil, status.Error(codes.Unknown, text)
}

func (f *fake) ReopenContainerLog(context.Context, *criapi.ReopenContainerLogRequest) (*criapi.ReopenContainerLogResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "reopen")
	return nil, status.Error(codes.Internal, "no")
}

func (f *fake) RemoveContainer(context.Context, *criapi.RemoveContainerRequest) (*criapi.RemoveContainerResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "remove")
	return &criapi.RemoveContainerResponse{}, nil
}

func (f *fake) GetContainerEvents(_ *criapi.GetEventsRequest, s criapi.RuntimeService_GetContainerEventsServer) error {
	if f.events == nil {
		return status.Error(codes.Unimplemented, "no events")
	}
	for {
		select {
		case e := <-f.events:
			if err := s.Send(e); err != nil {
				return err
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

// taskEvents is containerd's service of events, as far as it is used: the request is the filter.
var taskEvents = grpc.ServiceDesc{
	ServiceName: "containerd.services.events.v1.Events",
	HandlerType: (*any)(nil),
	Streams: []grpc.StreamDesc{{StreamName: "Subscribe", ServerStreams: true, Handler: func(of any, s grpc.ServerStream) error {
		filter := &wrapperspb.StringValue{}
		if err := s.RecvMsg(filter); err != nil {
			return err
		}
		if filter.Value != `topic=="/tasks/exit"` {
			return status.Error(codes.InvalidArgument, filter.Value)
		}
		for {
			select {
			case id := <-of.(*fake).tasks:
				if err := s.SendMsg(taskExit("c", id)); err != nil {
					return err
				}
			case <-s.Context().Done():
				return nil
			}
		}
	}}},
}

// taskExit is an event as containerd sends it.
func taskExit(container, id string) *emptypb.Empty {
	field := func(to []byte, n protowire.Number, content string) []byte {
		return protowire.AppendString(protowire.AppendTag(to, n, protowire.BytesType), content)
	}
	exit := field(field(nil, 1, container), 2, id)
	exit = protowire.AppendVarint(protowire.AppendTag(exit, 3, protowire.VarintType), 4711) // a pid
	event := field(field(nil, 1, "containerd.events.TaskExit"), 2, string(exit))
	out := &emptypb.Empty{}
	out.ProtoReflect().SetUnknown(field(field(field(nil, 2, "k8s.io"), 3, "/tasks/exit"), 4, string(event)))
	return out
}

// looks is how often all boxes and all containers were asked for, which happens side by side. The caller holds the lock.
func (f *fake) looks() int { return min(f.looksAtBoxes, f.looksAtContainers) }

// awaitLook waits until the engine has been looked at more than n times, and returns how often it has been.
func (f *fake) awaitLook(t *testing.T, n int) int {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		f.mu.Lock()
		looks := f.looks()
		f.mu.Unlock()
		if looks > n {
			return looks
		}
	}
	t.Fatal("nobody looks")
	return 0
}

// changes collects what a runtime notifies of.
func changes(r *cri.Runtime) (<-chan pod.UID, func()) {
	out := make(chan pod.UID, 100)
	return out, r.Notify(func(uid pod.UID) { out <- uid })
}

func await(t *testing.T, from <-chan pod.UID) {
	t.Helper()
	select {
	case uid := <-from:
		require.Equal(t, pod.UID("u"), uid)
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was told")
	}
}

func TestPolled(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_RUNNING}
	r := f.runtime(t, cri.Poll{Quick: time.Millisecond, Slow: 5 * time.Millisecond})
	told, stop := changes(r)
	f.awaitLook(t, 0)
	f.set(criapi.ContainerState_CONTAINER_EXITED)
	await(t, told)
	stop()
	seen, err := r.List(t.Context(), "u")
	require.NoError(t, err)
	require.Equal(t, "sandbox=ready app#0=exited(3)", seen.String())
}

// Where events arrive the polls are as rare as the safety net, and events of others are not told.
func TestEvents(t *testing.T) {
	f := &fake{events: make(chan *criapi.ContainerEventResponse)}
	r := f.runtime(t, cri.Poll{Quick: time.Millisecond, Slow: 2 * time.Millisecond, Safety: time.Hour})
	told, stop := changes(r)
	defer stop()
	event := func(owner string) *criapi.ContainerEventResponse {
		return &criapi.ContainerEventResponse{PodSandboxStatus: &criapi.PodSandboxStatus{
			Labels: map[string]string{"io.podlife.owner": owner, "io.kubernetes.pod.uid": "u"}}}
	}
	f.events <- event("podlife")
	await(t, told)
	f.events <- event("somebody else")
	f.events <- event("podlife")
	await(t, told)
	require.Empty(t, told)

	f.mu.Lock()
	before := f.looks()
	f.mu.Unlock()
	require.Less(t, before, 40, "polls grow rare")
}

// An engine that has no events of the interface may have containerd's, which say that something has ended, somewhere. They bring the
// next poll forward, and however many there are they do not put it off.
func TestTaskEvents(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_RUNNING, tasks: make(chan string)}
	r := f.runtime(t, cri.Poll{Quick: 50 * time.Millisecond, Slow: time.Hour, Safety: time.Hour})
	told, stop := changes(r)
	defer stop()
	f.tasks <- "c"
	f.awaitLook(t, f.awaitLook(t, 0))
	f.set(criapi.ContainerState_CONTAINER_EXITED)
	for over := time.After(20 * time.Second); ; {
		select {
		case uid := <-told:
			require.Equal(t, pod.UID("u"), uid)
			return
		case <-over:
			t.Fatal("nothing was told")
		case f.tasks <- "c":
			time.Sleep(time.Millisecond)
		}
	}
}

// Where events are not wanted, none are listened to.
func TestNoEvents(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_RUNNING, tasks: make(chan string), events: make(chan *criapi.ContainerEventResponse)}
	r := f.runtime(t, cri.Poll{Quick: time.Millisecond, Slow: 5 * time.Millisecond, NoEvents: true})
	told, stop := changes(r)
	defer stop()
	f.awaitLook(t, 0)
	f.set(criapi.ContainerState_CONTAINER_EXITED)
	await(t, told)
	select {
	case f.tasks <- "c":
		t.Fatal("somebody listens to containerd")
	case f.events <- nil:
		t.Fatal("somebody listens to the engine")
	default:
	}
}

// A log that the engine will not begin anew keeps its name, and what is in it.
func TestLogThatCannotBeRotated(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_RUNNING}
	r := f.runtime(t, cri.Poll{})
	dir := filepath.Join(r.Dir(), "pods", "u", "logs", "app")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	text := []byte(strings.Repeat("x", 11<<20))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0.log"), text, 0o644))
	r.RotateLogs(t.Context(), time.Now())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	kept, err := os.ReadFile(filepath.Join(dir, "0.log"))
	require.NoError(t, err)
	require.Equal(t, len(text), len(kept))
	require.Contains(t, f.calls, "reopen")
}

func TestEngineErrors(t *testing.T) {
	p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: d, uid: x}\nspec: {containers: [{name: a, image: a}]}"))
	require.NoError(t, err)
	pod.SetDefaults(p)
	for _, c := range []struct {
		refusal error
		want    error
		text    string
	}{
		{status.Error(codes.Unknown, `failed to setup network for sandbox "1": cni plugin not initialized`), cri.ErrNoNetwork, "/etc/cni/net.d"},
		{status.Error(codes.Unknown, `write /x: no space left on device`), cri.ErrDiskFull, "free some space"},
		{status.Error(codes.Unavailable, `gone`), cri.ErrUnreachable, "is the engine running?"},
		{status.Error(codes.Internal, `boom`), nil, "RunPodSandbox at"},
	} {
		f := &fake{refusal: c.refusal}
		err := f.runtime(t, cri.Poll{}).CreateSandbox(t.Context(), p)
		require.ErrorContains(t, err, c.text)
		require.ErrorContains(t, err, status.Convert(c.refusal).Message())
		if c.want != nil {
			require.ErrorIs(t, err, c.want)
		}
	}
}

func TestPullErrors(t *testing.T) {
	p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: web, uid: u}\nspec: {containers: [{name: a, image: a}, {name: b, image: 'A:'}]}"))
	require.NoError(t, err)
	for _, c := range []struct {
		container, refusal string
		want               pod.Reason
	}{
		{"a", "not found", pod.ReasonErrImagePull},
		{"a", "RegistryUnavailable: try later", pod.ReasonRegistryUnavailable},
		{"a", "SignatureValidationFailed: no", pod.ReasonSignatureValidationFailed},
		{"b", "", pod.ReasonInvalidImageName},
	} {
		f := &fake{refusal: status.Error(codes.Unknown, c.refusal)}
		_, err := f.runtime(t, cri.Poll{}).PullImage(t.Context(), p, c.container)
		var start *node.StartError
		require.ErrorAs(t, err, &start)
		require.Equal(t, c.want, start.Reason)
	}
}

func TestConnectErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sock")
	_, err := cri.New(t.Context(), cri.Config{Endpoint: "unix://" + file, Dir: t.TempDir()})
	require.ErrorIs(t, err, cri.ErrUnreachable)
	require.ErrorContains(t, err, "there is no such socket")

	_, err = cri.New(t.Context(), cri.Config{Endpoint: "unix://" + t.TempDir(), Dir: t.TempDir()})
	require.ErrorIs(t, err, cri.ErrUnreachable)
	require.ErrorContains(t, err, "this is no socket")

	_, err = cri.New(t.Context(), cri.Config{Endpoint: serve(t, func(*grpc.Server) {}), Dir: t.TempDir()})
	require.ErrorIs(t, err, cri.ErrVersion)
	require.ErrorContains(t, err, "containerd from 1.6 on")

	_, err = cri.New(t.Context(), cri.Config{Endpoint: "tcp://127.0.0.1:1", Dir: t.TempDir()})
	require.ErrorContains(t, err, "want unix://")
	_, err = cri.New(t.Context(), cri.Config{Endpoint: "unix://" + file})
	require.ErrorContains(t, err, "Config.Dir")
}

// A container of which the engine has lost track is neither taken for dead nor started a second time.
func TestUnknownContainer(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_UNKNOWN}
	r := f.runtime(t, cri.Poll{})
	seen, err := r.List(t.Context(), "u")
	require.NoError(t, err)
	require.Equal(t, lifecycle.ContainerUnknown, seen.Containers[0].State)
	p := &pod.Pod{}
	p.UID, p.Spec.Containers = "u", []pod.Container{{Name: "app", Image: "a"}}
	require.NoError(t, r.StartContainer(t.Context(), p, "app", 0, node.StartOptions{}))
	require.ErrorContains(t, r.StartContainer(t.Context(), p, "app", 1, node.StartOptions{}), "attempt 0 runs")
	require.Empty(t, f.calls)
}

// A container that was made by a program that was killed, while it had the engine start it, is not removed, as it may run any moment.
func TestStartingContainer(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_CREATED, starts: []string{
		"container is already in starting state", "container is already in starting state", "container is in CONTAINER_RUNNING state",
	}}
	r := f.runtime(t, cri.Poll{})
	p := &pod.Pod{}
	p.UID, p.Spec.Containers = "u", []pod.Container{{Name: "app", Image: "a"}}
	require.NoError(t, r.StartContainer(t.Context(), p, "app", 0, node.StartOptions{}))
	require.Equal(t, []string{"start", "start", "start"}, f.calls)
}

// A container that was made and not started, by a program that was killed, is not shown, and is made again where it will not start.
func TestCreatedContainer(t *testing.T) {
	f := &fake{state: criapi.ContainerState_CONTAINER_CREATED}
	r := f.runtime(t, cri.Poll{})
	seen, err := r.List(t.Context(), "u")
	require.NoError(t, err)
	require.Equal(t, "sandbox=ready", seen.String())
	p := &pod.Pod{}
	p.UID, p.Spec.Containers = "u", []pod.Container{{Name: "app", Image: "a"}}
	require.Error(t, r.StartContainer(t.Context(), p, "app", 0, node.StartOptions{}))
	require.Equal(t, []string{"remove"}, f.calls)
}
