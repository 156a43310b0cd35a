package script

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// handler is how a probe or hook asks its container.
type handler struct {
	exec  []string
	http  *pod.HTTPGetAction
	tcp   *pod.TCPSocketAction
	grpc  *pod.GRPCAction
	sleep *pod.SleepAction
	hook  bool
}

// handlerOf is the handler of that probe or hook of c.
func handlerOf(c *pod.Container, call lifecycle.Call) handler {
	switch call {
	case lifecycle.StartupProbe:
		return probeHandler(c, c.StartupProbe)
	case lifecycle.ReadinessProbe:
		return probeHandler(c, c.ReadinessProbe)
	case lifecycle.LivenessProbe:
		return probeHandler(c, c.LivenessProbe)
	}
	var h *pod.LifecycleHandler
	if c.Lifecycle != nil && call == lifecycle.PostStart {
		h = c.Lifecycle.PostStart
	} else if c.Lifecycle != nil {
		h = c.Lifecycle.PreStop
	}
	if h == nil {
		return handler{}
	}
	out := handler{http: h.HTTPGet, tcp: h.TCPSocket, sleep: h.Sleep, hook: true}
	if h.Exec != nil {
		out.exec = h.Exec.Command
	}
	return out
}

func probeHandler(c *pod.Container, p *pod.Probe) handler {
	if p == nil {
		return handler{}
	}
	out := handler{http: p.HTTPGet, tcp: p.TCPSocket, grpc: p.GRPC}
	if p.Exec != nil {
		out.exec = pod.ProbeCommand(c, p.Exec.Command)
	}
	return out
}

// answerTo is the rule that answers h so long after the container's start, and whether the answer comes from inside the
// container, so that it ends with it.
func (b *Behavior) answerTo(h handler, since time.Duration) (rule Rule, inside bool) {
	switch {
	case len(h.exec) > 0:
		return b.Exec[h.exec[0]].at(since), true
	case h.http != nil:
		return b.HTTP[h.http.Path].at(since), true
	case h.tcp != nil:
		return b.TCP[h.tcp.Port.String()].at(since), true
	case h.grpc != nil:
		service := ""
		if h.grpc.Service != nil {
			service = *h.grpc.Service
		}
		return b.GRPC[service].at(since), true
	case h.sleep != nil:
		return Rule{Takes: Duration(time.Duration(h.sleep.Seconds) * time.Second)}, false
	}
	return Rule{}, false
}

// result is what the rule answers. A hook over HTTP is content with any answer.
func (h handler) result(r Rule) lifecycle.Result {
	result := lifecycle.Result{Message: r.Output, ExitCode: r.Exit}
	switch {
	case h.http != nil && h.hook:
	case h.http != nil:
		status := r.Status
		if status == 0 {
			status = 200
		}
		switch {
		case status < 200 || status >= 400:
			result.Outcome = lifecycle.Failed
			result.Message = fmt.Sprintf("HTTP probe failed with statuscode: %d", status)
		case status >= 300:
			result.Outcome = lifecycle.Warned
			result.Message = "Probe terminated redirects, Response body: " + r.Output
		}
	case r.Exit != 0:
		result.Outcome = lifecycle.Failed
	}
	return result
}

// target is where the call goes, "host:port", empty for one that does not go over the network. The pod is at the first of ips. A port of
// c that does not exist is an error.
func (h handler) target(c *pod.Container, ips []netip.Addr) (string, error) {
	host, port := "127.0.0.1", pod.IntOrString{}
	if len(ips) > 0 {
		host = ips[0].String()
	}
	switch {
	case h.http != nil:
		host, port = cmp.Or(h.http.Host, host), h.http.Port
	case h.tcp != nil:
		host, port = cmp.Or(h.tcp.Host, host), h.tcp.Port
	default:
		return "", nil
	}
	n, err := network.ContainerPort(c, port)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d", host, n), err
}

// unasked is the result of a call that could not be made.
func (h handler) unasked(err error) lifecycle.Result {
	if h.hook {
		return lifecycle.Result{Outcome: lifecycle.Failed, Message: err.Error()}
	}
	return lifecycle.Result{Outcome: lifecycle.Unknown, Message: err.Error()}
}

// timedOut is what containerd says of an exec that took too long, and the kubelet of other handlers.
func (h handler) timedOut(limit time.Duration, target string) lifecycle.Result {
	return lifecycle.Result{Outcome: lifecycle.TimedOut, Message: h.tooLate(limit, target)}
}

func (h handler) tooLate(limit time.Duration, target string) string {
	switch {
	case h.http != nil:
		scheme := strings.ToLower(cmp.Or(string(h.http.Scheme), "http"))
		page := scheme + "://" + target + "/" + strings.TrimPrefix(h.http.Path, "/")
		return fmt.Sprintf("Get %q: context deadline exceeded (Client.Timeout exceeded while awaiting headers)", page)
	case h.tcp != nil:
		return fmt.Sprintf("dial tcp %s: i/o timeout", target)
	case h.grpc != nil:
		return fmt.Sprintf("timeout: health rpc did not complete within %s", limit)
	}
	return fmt.Sprintf("command timed out: %q timed out after %s: rpc error: code = DeadlineExceeded desc = "+
		"timeout %s exceeded: context deadline exceeded", strings.Join(h.exec, " "), limit, limit)
}

// nothing is a pod.Sources in which there is nothing.
type nothing struct{}

func (nothing) ConfigMap(string) (pod.ConfigMap, bool) { return pod.ConfigMap{}, false }
func (nothing) Secret(string) (pod.Secret, bool)       { return pod.Secret{}, false }
func (nothing) Services() []pod.Service                { return nil }
func (nothing) Surroundings() pod.Surroundings         { return pod.Surroundings{} }
func (nothing) File(_, _ string) ([]byte, error)       { return nil, pod.ErrVolumeNotFound }
