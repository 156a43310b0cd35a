package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// A call is one probe or hook of a container, with what it needs to know of the pod as it was when it was asked for.
type call struct {
	worker    *worker
	action    lifecycle.Action
	container *pod.Container
	host      string
}

// call returns what runs a probe or hook and answers how it went.
func (w *worker) call(a lifecycle.Action) func(context.Context) lifecycle.Result {
	c := call{worker: w, action: a, container: w.spec.Spec.Container(a.Container), host: w.address()}
	return func(ctx context.Context) lifecycle.Result {
		if c.container == nil {
			return lifecycle.Result{Outcome: lifecycle.Unknown, Message: fmt.Sprintf("container %q is not in the pod", a.Container)}
		}
		if a.Kind == lifecycle.RunProbe {
			return c.probe(ctx)
		}
		ctx, cancel := c.within(ctx)
		defer cancel()
		return c.hook(ctx)
	}
}

// within is ctx, ended when the action has had its time.
func (c call) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.action.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.action.Timeout)
}

// address is where the pod is reached: its first address, that of the node with hostNetwork, or else the loopback address.
func (w *worker) address() string {
	ips := w.seenIPs
	if w.spec.Spec.HostNetwork {
		ips = w.agent.cfg.Machine.HostIPs
	}
	if len(ips) == 0 {
		return "127.0.0.1"
	}
	return ips[0].String()
}

// probeTries is how often a probe is run before it counts as one of which nothing can be said.
const probeTries = 3

// probe runs a probe, again where it could not be run. Each try has the whole of the probe's time.
func (c call) probe(ctx context.Context) lifecycle.Result {
	var r lifecycle.Result
	for range probeTries {
		r = c.probeOnce(ctx)
		if r.Outcome != lifecycle.Unknown || ctx.Err() != nil {
			break
		}
	}
	return r
}

func (c call) probeOnce(ctx context.Context) lifecycle.Result {
	p := c.definition()
	if p == nil {
		return lifecycle.Result{Outcome: lifecycle.Unknown}
	}
	if p.HTTPGet != nil {
		return c.httpProbe(ctx, p.HTTPGet)
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	switch {
	case p.Exec != nil:
		return c.execProbe(ctx, pod.ProbeCommand(c.container, p.Exec.Command))
	case p.TCPSocket != nil:
		return c.tcpProbe(ctx, p.TCPSocket)
	case p.GRPC != nil:
		return c.grpcProbe(ctx, p.GRPC)
	}
	return erred(fmt.Errorf("missing probe handler for %s_%s(%s):%s",
		c.worker.name.Name, c.worker.name.Namespace, c.worker.uid, c.container.Name))
}

// definition is what the spec says of the probe.
func (c call) definition() *pod.Probe {
	switch c.action.Call {
	case lifecycle.StartupProbe:
		return c.container.StartupProbe
	case lifecycle.ReadinessProbe:
		return c.container.ReadinessProbe
	case lifecycle.LivenessProbe:
		return c.container.LivenessProbe
	}
	return nil
}

// exec runs a command in the container. The error says that it did not run to its end.
func (c call) exec(ctx context.Context, command []string) (lifecycle.Result, error) {
	e, ok := c.worker.agent.cfg.Runtime.(Execer)
	if !ok {
		return lifecycle.Result{}, fmt.Errorf("exec: %w", ErrUnsupported)
	}
	out, err := e.Exec(ctx, c.worker.uid, c.action.Container, c.action.Attempt, command)
	if err != nil || out.ExitCode == 0 {
		return lifecycle.Result{}, err
	}
	return lifecycle.Result{Outcome: lifecycle.Failed, Message: string(out.Output), ExitCode: out.ExitCode}, nil
}

func (c call) execProbe(ctx context.Context, command []string) lifecycle.Result {
	r, err := c.exec(ctx, command)
	switch {
	case err == nil:
		return r
	case errors.Is(err, context.DeadlineExceeded):
		return lifecycle.Result{Outcome: lifecycle.TimedOut, Message: fmt.Sprintf("command timed out: %q timed out after %s",
			strings.Join(command, " "), c.action.Timeout)}
	}
	return erred(err)
}

// erred is the result of a probe of which nothing can be said.
func erred(err error) lifecycle.Result {
	return lifecycle.Result{Outcome: lifecycle.Unknown, Message: err.Error()}
}

func (c call) tcpProbe(ctx context.Context, t *pod.TCPSocketAction) lifecycle.Result {
	port, err := network.ContainerPort(c.container, t.Port)
	if err != nil {
		return erred(err)
	}
	conn, err := c.dial(t.Host)(ctx, "tcp", c.target(t.Host, port))
	if err != nil {
		return c.refused(ctx, err)
	}
	linger(conn)
	conn.Close()
	return lifecycle.Result{}
}

// linger has a connection of a probe leave the system's tables a second after it was closed: probes make many. Where it cannot be told so,
// it stays for as long as the system likes.
func linger(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(1)
	}
}

func (c call) grpcProbe(ctx context.Context, g *pod.GRPCAction) lifecycle.Result {
	health := c.worker.agent.cfg.GRPC
	if health == nil {
		return lifecycle.Result{Outcome: lifecycle.Failed, Message: "this node has no gRPC client for probes"}
	}
	service := ""
	if g.Service != nil {
		service = *g.Service
	}
	if err := health.Check(ctx, c.target("", g.Port), service, c.dial("")); err != nil {
		return c.refused(ctx, err)
	}
	return lifecycle.Result{}
}

// refused is the result of a connection that went wrong, for lack of time or otherwise.
func (c call) refused(ctx context.Context, err error) lifecycle.Result {
	r := lifecycle.Result{Outcome: lifecycle.Failed, Message: err.Error()}
	var late interface{ Timeout() bool }
	if ctx.Err() != nil || errors.As(err, &late) && late.Timeout() {
		r.Outcome = lifecycle.TimedOut
	}
	return r
}

// target is where a probe or hook goes: the host it names, or else the pod.
func (c call) target(host string, port int32) string {
	if host == "" {
		host = c.host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// dial is how it gets there: through the runtime to the pod, directly to a host that the manifest names.
func (c call) dial(host string) Dial {
	d, ok := c.worker.agent.cfg.Runtime.(Dialer)
	if !ok || host != "" {
		return new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.DialPod(ctx, c.worker.uid, network, address)
	}
}

// hook runs a hook.
func (c call) hook(ctx context.Context) lifecycle.Result {
	var h *pod.LifecycleHandler
	if l := c.container.Lifecycle; l != nil {
		h = l.PreStop
		if c.action.Call == lifecycle.PostStart {
			h = l.PostStart
		}
	}
	switch {
	case h == nil:
		return lifecycle.Result{Outcome: lifecycle.Unknown}
	case h.Exec != nil:
		return c.execHook(ctx, h.Exec.Command)
	case h.HTTPGet != nil:
		return c.httpHook(ctx, h.HTTPGet)
	case h.Sleep != nil:
		return sleep(ctx, time.Duration(h.Sleep.Seconds)*time.Second)
	}
	return lifecycle.Result{Outcome: lifecycle.Failed, Message: "cannot run handler: it is none of exec, httpGet and sleep"}
}

func (c call) execHook(ctx context.Context, command []string) lifecycle.Result {
	r, err := c.exec(ctx, command)
	if err != nil {
		return c.refused(ctx, err)
	}
	return r
}

// sleep waits.
func sleep(ctx context.Context, d time.Duration) lifecycle.Result {
	if pause(ctx, d) {
		return lifecycle.Result{}
	}
	return lifecycle.Result{Outcome: lifecycle.TimedOut, Message: "container terminated before sleep hook finished"}
}
