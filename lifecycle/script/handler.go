package script

import (
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
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
		return probeHandler(c.StartupProbe)
	case lifecycle.ReadinessProbe:
		return probeHandler(c.ReadinessProbe)
	case lifecycle.LivenessProbe:
		return probeHandler(c.LivenessProbe)
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

func probeHandler(p *pod.Probe) handler {
	if p == nil {
		return handler{}
	}
	out := handler{http: p.HTTPGet, tcp: p.TCPSocket, grpc: p.GRPC}
	if p.Exec != nil {
		out.exec = p.Exec.Command
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
		if status < 200 || status >= 400 {
			result.Outcome = lifecycle.Failed
			result.Message = fmt.Sprintf("HTTP probe failed with statuscode: %d", status)
		}
	case r.Exit != 0:
		result.Outcome = lifecycle.Failed
	}
	return result
}

// timedOut is what containerd says of an exec that took too long, and the kubelet of other handlers.
func (h handler) timedOut(limit time.Duration) lifecycle.Result {
	message := "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
	if len(h.exec) > 0 {
		message = fmt.Sprintf("command timed out: %q timed out after %s: rpc error: code = DeadlineExceeded desc = "+
			"timeout %s exceeded: context deadline exceeded", strings.Join(h.exec, " "), limit, limit)
	}
	return lifecycle.Result{Outcome: lifecycle.TimedOut, Message: message}
}

// nothing is a pod.Sources in which there is nothing.
type nothing struct{}

func (nothing) ConfigMap(string) (pod.ConfigMap, bool) { return pod.ConfigMap{}, false }
func (nothing) Secret(string) (pod.Secret, bool)       { return pod.Secret{}, false }
func (nothing) Services() []pod.Service                { return nil }
func (nothing) Surroundings() pod.Surroundings         { return pod.Surroundings{} }
func (nothing) File(_, _ string) ([]byte, error)       { return nil, pod.ErrVolumeNotFound }
