package grpchealth

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/podlife/podlife/node"
)

// userAgent is how a server sees who asks: a kubelet of Kubernetes v1.37.
const userAgent = "kube-probe/1.37"

// Checker asks gRPC servers for their health. It has no state: the zero value is ready to use, and safe for concurrent use.
type Checker struct{}

var _ node.GRPCHealth = Checker{}

// Check implements node.GRPCHealth. The error is one of the kubelet's sentences; a time in it is how long the context had left,
// in whole seconds, as a probe's timeoutSeconds is.
func (Checker) Check(ctx context.Context, address, service string, dial node.Dial) error {
	within := left(ctx, time.Now())
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithUserAgent(userAgent),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, "tcp", address) }),
	)
	if err != nil {
		return fmt.Errorf("error: failed to connect service at %q: %w", address, err)
	}
	defer conn.Close()
	if err := connect(ctx, conn); err != nil {
		return fmt.Errorf("timeout: failed to connect service %q within %v: %w", address, within, err)
	}
	answer, err := health.NewHealthClient(conn).Check(ctx, &health.HealthCheckRequest{Service: service})
	if err != nil {
		return fault(err, within)
	}
	if s := answer.GetStatus(); s != health.HealthCheckResponse_SERVING {
		return fmt.Errorf("service unhealthy (responded with %q)", s)
	}
	return nil
}

// left is how much time a context has, rounded up to whole seconds; 0 where it has no end.
func left(ctx context.Context, now time.Time) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return (end.Sub(now) + time.Second - 1).Truncate(time.Second)
}

// connect returns when the connection stands. It tries again until ctx is done, and then returns the context's error.
func connect(ctx context.Context, conn *grpc.ClientConn) error {
	for {
		state := conn.GetState()
		switch state {
		case connectivity.Ready:
			return nil
		case connectivity.Idle:
			conn.Connect()
		}
		if !conn.WaitForStateChange(ctx, state) {
			return ctx.Err()
		}
	}
}

// fault says in the kubelet's words why no answer came.
func fault(err error, within time.Duration) error {
	switch s := status.Convert(err); s.Code() {
	case codes.Unimplemented:
		return fmt.Errorf("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): %s", s.Message())
	case codes.DeadlineExceeded:
		return fmt.Errorf("timeout: health rpc did not complete within %v", within)
	}
	return fmt.Errorf("error: health rpc probe failed: %w", err)
}
