package grpchealth_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	pb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/podlife/podlife/adapters/grpchealth"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/sim"
	"github.com/podlife/podlife/pod"
)

// serve starts a gRPC server for the length of the test, and returns its address.
func serve(t *testing.T, register func(*grpc.Server), options ...grpc.ServerOption) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := grpc.NewServer(options...)
	register(s)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// services is a health server that knows one service of each kind, and is itself healthy.
func services(s *grpc.Server) {
	h := health.NewServer()
	h.SetServingStatus("db", pb.HealthCheckResponse_SERVING)
	h.SetServingStatus("down", pb.HealthCheckResponse_NOT_SERVING)
	h.SetServingStatus("odd", pb.HealthCheckResponse_UNKNOWN)
	pb.RegisterHealthServer(s, h)
}

// slow is a health server that answers nobody.
type slow struct{ pb.UnimplementedHealthServer }

func (slow) Check(ctx context.Context, _ *pb.HealthCheckRequest) (*pb.HealthCheckResponse, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// closed is an address at which nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func TestCheck(t *testing.T) {
	healthy := serve(t, services)
	none := closed(t)
	for _, c := range []struct{ name, address, service, want string }{
		{"the server", healthy, "", ""},
		{"a service", healthy, "db", ""},
		{"a service that is down", healthy, "down", `service unhealthy (responded with "NOT_SERVING")`},
		{"a service that is neither", healthy, "odd", `service unhealthy (responded with "UNKNOWN")`},
		{
			"a service of another server", healthy, "cache",
			"error: health rpc probe failed: rpc error: code = NotFound desc = unknown service",
		},
		{
			"a server without health", serve(t, func(*grpc.Server) {}), "",
			"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health",
		},
		{
			"a server that does not answer", serve(t, func(s *grpc.Server) { pb.RegisterHealthServer(s, slow{}) }), "",
			"timeout: health rpc did not complete within 1s",
		},
		{"nobody", none, "", `timeout: failed to connect service "` + none + `" within 1s: context deadline exceeded`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := grpchealth.Checker{}.Check(ctx, c.address, c.service, new(net.Dialer).DialContext)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.want)
		})
	}
}

// TestAsksOnce shows what a server sees: one request a probe, from a kubelet, at the address that it was asked for.
func TestAsksOnce(t *testing.T) {
	var asked []metadata.MD
	address := serve(t, services, grpc.UnaryInterceptor(
		func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			md, _ := metadata.FromIncomingContext(ctx)
			asked = append(asked, md)
			return next(ctx, r)
		}))
	require.NoError(t, grpchealth.Checker{}.Check(t.Context(), address, "db", new(net.Dialer).DialContext))
	require.Len(t, asked, 1)
	require.Equal(t, []string{address}, asked[0].Get(":authority"))
	require.Regexp(t, `^kube-probe/1\.37 `, asked[0].Get("user-agent")[0])
}

// TestDial has the connection made by the pod's own dialer, and tried again where it fails at first.
func TestDial(t *testing.T) {
	address := serve(t, services)
	var dialled atomic.Int32
	dial := func(ctx context.Context, network, to string) (net.Conn, error) {
		require.Equal(t, "tcp 10.0.0.9:5000", network+" "+to)
		if dialled.Add(1) == 1 {
			return nil, errors.New("not yet")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, grpchealth.Checker{}.Check(ctx, "10.0.0.9:5000", "", dial))
	require.Equal(t, int32(2), dialled.Load())
}

func TestHangsUp(t *testing.T) {
	address := serve(t, services)
	ended := make(chan struct{})
	dial := func(ctx context.Context, network, to string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, to)
		return closing{c, sync.OnceFunc(func() { close(ended) })}, err
	}
	require.NoError(t, grpchealth.Checker{}.Check(t.Context(), address, "", dial))
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the connection is left open")
	}
}

// closing is a connection that says when it is closed.
type closing struct {
	net.Conn
	closed func()
}

func (c closing) Close() error {
	c.closed()
	return c.Conn.Close()
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := grpchealth.Checker{}.Check(ctx, closed(t), "", new(net.Dialer).DialContext)
	require.ErrorIs(t, err, context.Canceled)
}

// TestProbe has an agent probe a server that becomes ready, in a pod on the node's own network.
func TestProbe(t *testing.T) {
	h := health.NewServer()
	h.SetServingStatus("db", pb.HealthCheckResponse_NOT_SERVING)
	_, port, err := net.SplitHostPort(serve(t, func(s *grpc.Server) { pb.RegisterHealthServer(s, h) }))
	require.NoError(t, err)
	number, err := strconv.ParseInt(port, 10, 32)
	require.NoError(t, err)
	agent, err := node.New(node.Config{Runtime: sim.New(nil), GRPC: grpchealth.Checker{}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan error, 1)
	go func() { ended <- agent.Run(ctx) }()
	require.NoError(t, agent.Apply(&pod.Pod{
		ObjectMeta: pod.ObjectMeta{Name: "web"},
		Spec: pod.Spec{HostNetwork: true, Containers: []pod.Container{{
			Name: "app", Image: "app:1",
			Ports: []pod.ContainerPort{{ContainerPort: int32(number)}},
			ReadinessProbe: &pod.Probe{PeriodSeconds: 1, ProbeHandler: pod.ProbeHandler{
				GRPC: &pod.GRPCAction{Port: int32(number), Service: new("db")},
			}},
		}}},
	}))
	for e := range agent.Events(ctx) {
		if e.Reason == "Unhealthy" {
			require.Equal(t, `Readiness probe failed: service unhealthy (responded with "NOT_SERVING")`, e.Message)
			break
		}
	}
	h.SetServingStatus("db", pb.HealthCheckResponse_SERVING)
	ready := false
	for c := range agent.Watch(ctx) {
		if ready = c.Pod.Status.IsTrue(pod.Ready); ready {
			break
		}
	}
	require.True(t, ready)
	cancel()
	<-ended
}

// TestFault has a server answer with a fault of its own.
func TestFault(t *testing.T) {
	address := serve(t, services, grpc.UnaryInterceptor(
		func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) {
			return nil, status.Error(codes.Internal, "broken")
		}))
	err := grpchealth.Checker{}.Check(t.Context(), address, "", new(net.Dialer).DialContext)
	require.EqualError(t, err, "error: health rpc probe failed: rpc error: code = Internal desc = broken")
}
