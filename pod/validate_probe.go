package pod

import (
	"fmt"

	"github.com/podlife/podlife/naming"
)

// containerProbes judges the three probes of a container that is kept running.
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/.
func (v *validator) containerProbes(p path, c *Container) {
	if c.LivenessProbe != nil {
		v.probe(p.field("livenessProbe"), c.LivenessProbe)
		v.succeedsAtOnce(p.field("livenessProbe"), c.LivenessProbe)
	}
	if c.ReadinessProbe != nil {
		v.probe(p.field("readinessProbe"), c.ReadinessProbe)
		if s := c.ReadinessProbe.TerminationGracePeriodSeconds; s != nil {
			probe := p.field("readinessProbe")
			v.invalid(probe.field("terminationGracePeriodSeconds"), *s, "a readiness probe stops nothing")
		}
	}
	if c.StartupProbe != nil {
		v.probe(p.field("startupProbe"), c.StartupProbe)
		v.succeedsAtOnce(p.field("startupProbe"), c.StartupProbe)
	}
}

// probe judges what all probes have in common.
func (v *validator) probe(p path, r *Probe) {
	v.handler(p, handler{exec: r.Exec, httpGet: r.HTTPGet, tcpSocket: r.TCPSocket, grpc: r.GRPC})
	v.notNegative(p.field("initialDelaySeconds"), int64(r.InitialDelaySeconds))
	v.notNegative(p.field("timeoutSeconds"), int64(r.TimeoutSeconds))
	v.notNegative(p.field("periodSeconds"), int64(r.PeriodSeconds))
	v.notNegative(p.field("successThreshold"), int64(r.SuccessThreshold))
	v.notNegative(p.field("failureThreshold"), int64(r.FailureThreshold))
	if s := r.TerminationGracePeriodSeconds; s != nil && *s <= 0 {
		v.invalid(p.field("terminationGracePeriodSeconds"), *s, "want 1 or more")
	}
}

// succeedsAtOnce judges that one success is enough for a probe.
func (v *validator) succeedsAtOnce(p path, r *Probe) {
	if r.SuccessThreshold != 1 {
		v.invalid(p.field("successThreshold"), r.SuccessThreshold, "want 1: only a readiness probe may want more")
	}
}

// lifecycle judges the hooks of a container that is kept running.
// See https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/.
func (v *validator) lifecycle(p path, l *Lifecycle) {
	if l == nil {
		return
	}
	if h := l.PostStart; h != nil {
		v.handler(p.field("postStart"), handler{exec: h.Exec, httpGet: h.HTTPGet, tcpSocket: h.TCPSocket, sleep: h.Sleep})
	}
	if h := l.PreStop; h != nil {
		v.handler(p.field("preStop"), handler{exec: h.Exec, httpGet: h.HTTPGet, tcpSocket: h.TCPSocket, sleep: h.Sleep})
	}
	if l.StopSignal != nil {
		v.stopSignal(p.field("stopSignal"), *l.StopSignal)
	}
}

// stopSignal judges the signal that ends a container; which there are depends on the operating system.
func (v *validator) stopSignal(p path, s Signal) {
	switch os := v.spec.OS; {
	case os == nil:
		v.forbidden(p, "needs spec.os.name")
	case os.Name == Windows:
		oneOf(v, p, s, SIGKILL, SIGTERM)
	case os.Name == Linux && !isLinuxSignal(s):
		v.report(FieldValueNotSupported, p, string(s), "want a signal of Linux, such as SIGTERM")
	}
}

// isLinuxSignal reports whether s is a signal of Linux.
func isLinuxSignal(s Signal) bool {
	switch s {
	case SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGCLD, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGIO, SIGIOT, SIGKILL,
		SIGPIPE, SIGPOLL, SIGPROF, SIGPWR, SIGQUIT, SIGSEGV, SIGSTKFLT, SIGSTOP, SIGSYS, SIGTERM, SIGTRAP, SIGTSTP,
		SIGTTIN, SIGTTOU, SIGURG, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ, SIGRTMIN, SIGRTMAX:
		return true
	case SIGRTMINPLUS1, SIGRTMINPLUS2, SIGRTMINPLUS3, SIGRTMINPLUS4, SIGRTMINPLUS5, SIGRTMINPLUS6, SIGRTMINPLUS7,
		SIGRTMINPLUS8, SIGRTMINPLUS9, SIGRTMINPLUS10, SIGRTMINPLUS11, SIGRTMINPLUS12, SIGRTMINPLUS13, SIGRTMINPLUS14,
		SIGRTMINPLUS15:
		return true
	case SIGRTMAXMINUS1, SIGRTMAXMINUS2, SIGRTMAXMINUS3, SIGRTMAXMINUS4, SIGRTMAXMINUS5, SIGRTMAXMINUS6, SIGRTMAXMINUS7,
		SIGRTMAXMINUS8, SIGRTMAXMINUS9, SIGRTMAXMINUS10, SIGRTMAXMINUS11, SIGRTMAXMINUS12, SIGRTMAXMINUS13, SIGRTMAXMINUS14:
		return true
	}
	return false
}

// handler is what a probe or a hook does; grpc is only in probes, sleep only in hooks.
type handler struct {
	exec      *ExecAction
	httpGet   *HTTPGetAction
	tcpSocket *TCPSocketAction
	grpc      *GRPCAction
	sleep     *SleepAction
}

// handler judges that h does one thing, and that. Of several the first is judged and the others are too many.
func (v *validator) handler(p path, h handler) {
	n := 0
	if v.firstOf(p.field("exec"), h.exec != nil, &n) && len(h.exec.Command) == 0 {
		exec := p.field("exec")
		v.required(exec.field("command"), "")
	}
	if v.firstOf(p.field("httpGet"), h.httpGet != nil, &n) {
		v.httpGet(p.field("httpGet"), h.httpGet)
	}
	if v.firstOf(p.field("tcpSocket"), h.tcpSocket != nil, &n) {
		socket := p.field("tcpSocket")
		v.portNumberOrName(socket.field("port"), h.tcpSocket.Port)
	}
	if v.firstOf(p.field("grpc"), h.grpc != nil, &n) {
		v.grpc(p.field("grpc"), h.grpc)
	}
	if v.firstOf(p.field("sleep"), h.sleep != nil, &n) {
		v.sleep(p.field("sleep"), h.sleep)
	}
	if n == 0 {
		v.required(p, "say what to do")
	}
}

// firstOf reports whether p is set and the first of its kind. It counts in n, and forbids those after the first.
func (v *validator) firstOf(p path, set bool, n *int) bool {
	if !set {
		return false
	}
	if *n++; *n > 1 {
		v.forbidden(p, "want only one of its kind")
		return false
	}
	return true
}

// httpGet judges a request that a probe or a hook makes.
func (v *validator) httpGet(p path, h *HTTPGetAction) {
	v.requireText(p.field("path"), h.Path)
	v.portNumberOrName(p.field("port"), h.Port)
	oneOf(v, p.field("scheme"), h.Scheme, URISchemeHTTP, URISchemeHTTPS)
	headers := p.field("httpHeaders")
	for i := range h.HTTPHeaders {
		name := h.HTTPHeaders[i].Name
		at := headers.realAt(i)
		v.name(at.real("name"), name, naming.HTTPHeaderName(name))
	}
	if h.Protocol != nil {
		v.httpProtocol(p, h)
	}
}

// httpProtocol judges HTTP/2, which a probe speaks without TLS and to its own pod only.
func (v *validator) httpProtocol(p path, h *HTTPGetAction) {
	switch protocol := *h.Protocol; {
	case protocol != HTTPProtocolHTTP1 && protocol != HTTPProtocolHTTP2:
		notSupported(v, p.field("protocol"), protocol, HTTPProtocolHTTP1, HTTPProtocolHTTP2)
	case protocol == HTTPProtocolHTTP1:
	case h.Scheme != URISchemeHTTP:
		v.invalid(p.field("protocol"), string(protocol), "needs the scheme HTTP")
	case h.Host != "":
		v.invalid(p.field("host"), h.Host, "must be empty with the protocol HTTP2")
	}
}

// grpc judges a call that a probe makes.
func (v *validator) grpc(p path, g *GRPCAction) {
	v.portNumber(p.field("port"), g.Port)
	if g.Mode != nil {
		oneOf(v, p.field("mode"), *g.Mode, GRPCProbeModePlaintext, GRPCProbeModeTLS)
	}
}

// sleep judges a pause, which may not outlast the time that the pod has to stop.
func (v *validator) sleep(p path, s *SleepAction) {
	if grace := v.spec.TerminationGracePeriodSeconds; grace != nil && (s.Seconds < 0 || s.Seconds > *grace) {
		v.invalid(p.real("seconds"), s.Seconds, fmt.Sprintf("want 0 to terminationGracePeriodSeconds, which is %d", *grace))
	}
}
