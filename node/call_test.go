package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// local is a runtime that leads to the loopback address and runs commands as a function says. Nothing else is called.
type local struct {
	Runtime
	exec  func(ctx context.Context, command []string) (ExecResult, error)
	dials int
}

func (l *local) DialPod(ctx context.Context, _ pod.UID, network, address string) (net.Conn, error) {
	l.dials++
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

func (l *local) Exec(ctx context.Context, _ pod.UID, _ string, _ int32, command []string) (ExecResult, error) {
	return l.exec(ctx, command)
}

// health is a GRPCHealth whose services are those it holds.
type health []string

func (h health) Check(_ context.Context, address, service string, _ Dial) error {
	for _, s := range h {
		if s == service {
			return nil
		}
	}
	return fmt.Errorf("service %q at %s is not served", service, address)
}

// probing returns a worker whose pod has one container with a probe.
func probing(rt Runtime, p *pod.Probe) *worker {
	q := &pod.Pod{}
	q.Name, q.Namespace, q.UID = "web", "default", "u"
	q.Spec.Containers = []pod.Container{{Name: "app", ReadinessProbe: p}}
	a := &Agent{cfg: Config{Runtime: rt, Machine: &lifecycle.Config{}}}
	return &worker{agent: a, name: nameOf(q), uid: q.UID, spec: q}
}

// run runs the readiness probe.
func (w *worker) runProbe(ctx context.Context, timeout time.Duration) lifecycle.Result {
	return w.call(lifecycle.Action{
		Kind: lifecycle.RunProbe, Call: lifecycle.ReadinessProbe, Container: "app", Timeout: timeout,
	})(ctx)
}

func TestHTTPProbe(t *testing.T) {
	mux := http.NewServeMux()
	for _, code := range []int{200, 204, 302, 399, 400, 404, 500} {
		mux.HandleFunc("/"+strconv.Itoa(code), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	mux.Handle("/to-ok", http.RedirectHandler("/200?x=1", http.StatusFound))
	mux.Handle("/to-bad", http.RedirectHandler("/404", http.StatusMovedPermanently))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.Handle("/away", http.RedirectHandler("http://example.invalid/404", http.StatusFound))
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "name.example" || r.UserAgent() != probeAgent || strings.Join(r.Header["X-A"], ",") != "1,2" ||
			r.URL.RawQuery != "q=1" || r.Header.Get("Accept") != "*/*" {
			w.WriteHeader(500)
		}
	})
	mux.HandleFunc("/agent", func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "mine" {
			w.WriteHeader(500)
		}
	})
	mux.HandleFunc("/long-away", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://example.invalid/")
		w.WriteHeader(http.StatusFound)
		fmt.Fprint(w, strings.Repeat("x", 2*MaxOutput))
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, r *http.Request) {
		accept := []string{"*/*"}
		if q := r.URL.Query(); q.Has("Accept") {
			accept = slices.DeleteFunc(q["Accept"], func(s string) bool { return s == "" })
		}
		if !slices.Equal(r.Header["Accept"], accept) || r.Header["Accept-Encoding"] != nil || r.UserAgent() != "kube-probe/1.37" {
			w.WriteHeader(500)
		}
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "half")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	port := int32(server.Listener.Addr().(*net.TCPAddr).Port)
	headers := []pod.HTTPHeader{{Name: "Host", Value: "name.example"}, {Name: "x-a", Value: "1"}, {Name: "X-A", Value: "2"}}
	for _, c := range []struct {
		path    string
		headers []pod.HTTPHeader
		want    string
	}{
		{"/200", nil, "ok"},
		{"", nil, `failed "HTTP probe failed with statuscode: 404"`},
		{"200", nil, "ok"},
		{"/204", nil, "ok"},
		{"/302", nil, `warned "Probe terminated redirects, Response body: "`},
		{"/399", nil, `warned "Probe terminated redirects, Response body: "`},
		{"/400", nil, `failed "HTTP probe failed with statuscode: 400"`},
		{"/500", nil, `failed "HTTP probe failed with statuscode: 500"`},
		{"/to-ok", nil, "ok"},
		{"/to-bad", nil, `failed "HTTP probe failed with statuscode: 404"`},
		{"/round", nil, "stopped after 10 redirects"},
		{"/away", nil, `warned "Probe terminated redirects, Response body: <a href=\"http://example.invalid/404\">Found</a>.\n\n"`},
		{"/long-away", nil, `warned "Probe terminated redirects, Response body: ` + strings.Repeat("x", MaxOutput) + `"`},
		{"/echo?q=1", headers, "ok"},
		{"/agent", []pod.HTTPHeader{{Name: "user-agent", Value: "mine"}}, "ok"},
		{"/agent", []pod.HTTPHeader{{Name: "User-Agent", Value: ""}}, "failed"},
		{"/headers", nil, "ok"},
		{"/headers?Accept=text/html", []pod.HTTPHeader{{Name: "accept", Value: "text/html"}}, "ok"},
		{"/headers?Accept=", []pod.HTTPHeader{{Name: "Accept", Value: ""}}, "ok"},
		{"/broken", nil, `unknown failure "unexpected EOF"`},
		{"/slow", nil, fmt.Sprintf(`timed out "Get \"http://127.0.0.1:%d/slow\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"`, port)},
	} {
		rt := &local{}
		w := probing(rt, &pod.Probe{ProbeHandler: pod.ProbeHandler{HTTPGet: &pod.HTTPGetAction{
			Path: c.path, Port: pod.FromInt(port), HTTPHeaders: c.headers,
		}}})
		timeout := time.Minute
		if c.path == "/slow" {
			timeout = 50 * time.Millisecond
		}
		require.Contains(t, w.runProbe(t.Context(), timeout).String(), c.want, "path %q", c.path)
		require.NotZero(t, rt.dials, "the pod is reached through the runtime")
	}
}

func TestHTTPSProbe(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	port := pod.FromInt(int32(server.Listener.Addr().(*net.TCPAddr).Port))
	h := &pod.HTTPGetAction{Path: "/", Port: port, Scheme: pod.URISchemeHTTPS}
	w := probing(&local{}, &pod.Probe{ProbeHandler: pod.ProbeHandler{HTTPGet: h}})
	require.Equal(t, "ok", w.runProbe(t.Context(), time.Minute).String())
}

// TestHTTPSProbeSpeaksHTTP2 asks a server that refuses HTTP/1.
func TestHTTPSProbeSpeaksHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	port := pod.FromInt(int32(server.Listener.Addr().(*net.TCPAddr).Port))
	h := &pod.HTTPGetAction{Path: "/", Port: port, Scheme: pod.URISchemeHTTPS}
	w := probing(&local{}, &pod.Probe{ProbeHandler: pod.ProbeHandler{HTTPGet: h}})
	require.Equal(t, "ok", w.runProbe(t.Context(), time.Minute).String())
}

// TestProbesThatCannotBeAsked holds that a probe of which nothing can be said is tried three times, and what is then said of it.
func TestProbesThatCannotBeAsked(t *testing.T) {
	for _, c := range []struct {
		handler pod.ProbeHandler
		want    string
	}{
		{pod.ProbeHandler{HTTPGet: &pod.HTTPGetAction{Port: pod.FromString("web")}}, `unknown "port \"web\" not found"`},
		{pod.ProbeHandler{HTTPGet: &pod.HTTPGetAction{Port: pod.FromInt(0)}}, `unknown "invalid port number: 0"`},
		{pod.ProbeHandler{TCPSocket: &pod.TCPSocketAction{Port: pod.FromString("web")}}, `unknown "port \"web\" not found"`},
		{pod.ProbeHandler{}, `unknown "missing probe handler for web_default(u):app"`},
	} {
		w := probing(&local{}, &pod.Probe{ProbeHandler: c.handler})
		require.Equal(t, c.want, w.runProbe(t.Context(), time.Minute).String())
	}
}

func TestPortsOfProbes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	port := int32(listener.Addr().(*net.TCPAddr).Port)
	for _, c := range []struct {
		action *pod.TCPSocketAction
		want   lifecycle.Outcome
		dials  int
	}{
		{&pod.TCPSocketAction{Port: pod.FromInt(port)}, lifecycle.Succeeded, 1},
		{&pod.TCPSocketAction{Port: pod.FromString("web")}, lifecycle.Succeeded, 1},
		{&pod.TCPSocketAction{Port: pod.FromString("none")}, lifecycle.Unknown, 0},
		{&pod.TCPSocketAction{Port: pod.FromInt(port), Host: "127.0.0.1"}, lifecycle.Succeeded, 0},
	} {
		rt := &local{}
		w := probing(rt, &pod.Probe{ProbeHandler: pod.ProbeHandler{TCPSocket: c.action}})
		w.spec.Spec.Containers[0].Ports = []pod.ContainerPort{{Name: "web", ContainerPort: port}}
		require.Equal(t, c.want, w.runProbe(t.Context(), time.Minute).Outcome, "%+v", c.action)
		require.Equal(t, c.dials, rt.dials, "%+v", c.action)
	}
	listener.Close()
	w := probing(&local{}, &pod.Probe{ProbeHandler: pod.ProbeHandler{TCPSocket: &pod.TCPSocketAction{Port: pod.FromInt(port)}}})
	r := w.runProbe(t.Context(), time.Minute)
	require.Equal(t, lifecycle.Failed, r.Outcome)
	require.Contains(t, r.Message, "connection refused")
}

func TestExecProbe(t *testing.T) {
	tries := 0
	for _, c := range []struct {
		name  string
		exec  func(ctx context.Context, command []string) (ExecResult, error)
		want  lifecycle.Result
		tries int
	}{
		{"ok", func(context.Context, []string) (ExecResult, error) { return ExecResult{Output: []byte("fine")}, nil },
			lifecycle.Result{}, 1},
		{"fails", func(context.Context, []string) (ExecResult, error) { return ExecResult{3, []byte("not yet")}, nil },
			lifecycle.Result{Outcome: lifecycle.Failed, ExitCode: 3, Message: "not yet"}, 1},
		{"cannot be run", func(context.Context, []string) (ExecResult, error) { return ExecResult{}, errors.New("no such file") },
			lifecycle.Result{Outcome: lifecycle.Unknown, Message: "no such file"}, 3},
		{"cannot be run, and each try has its time", func(ctx context.Context, _ []string) (ExecResult, error) {
			if end, ok := ctx.Deadline(); !ok || time.Until(end) < 5*time.Millisecond {
				return ExecResult{}, nil
			}
			time.Sleep(6 * time.Millisecond)
			return ExecResult{}, errors.New("no such file")
		}, lifecycle.Result{Outcome: lifecycle.Unknown, Message: "no such file"}, 3},
		{"takes too long", func(ctx context.Context, _ []string) (ExecResult, error) {
			<-ctx.Done()
			return ExecResult{}, ctx.Err()
		}, lifecycle.Result{Outcome: lifecycle.TimedOut, Message: `command timed out: "check it" timed out after 10ms`}, 1},
	} {
		tries = 0
		rt := &local{exec: func(ctx context.Context, command []string) (ExecResult, error) {
			tries++
			return c.exec(ctx, command)
		}}
		w := probing(rt, &pod.Probe{ProbeHandler: pod.ProbeHandler{Exec: &pod.ExecAction{Command: []string{"check", "it"}}}})
		require.Equal(t, c.want, w.runProbe(t.Context(), 10*time.Millisecond), c.name)
		require.Equal(t, c.tries, tries, c.name)
	}
}

// TestExecProbeExpands holds that the command of a probe knows the variables whose value stands in the spec, and that of a hook none.
func TestExecProbeExpands(t *testing.T) {
	var ran []string
	rt := &local{exec: func(_ context.Context, command []string) (ExecResult, error) {
		ran = command
		return ExecResult{}, nil
	}}
	command := &pod.ExecAction{Command: []string{"check", "$(A)", "<$(FROM)>", "$(MISSING)", "$$(A)"}}
	w := probing(rt, &pod.Probe{ProbeHandler: pod.ProbeHandler{Exec: command}})
	c := &w.spec.Spec.Containers[0]
	c.Env = []pod.EnvVar{{Name: "A", Value: "a"}, {Name: "FROM", ValueFrom: &pod.EnvVarSource{}}}
	require.Equal(t, "ok", w.runProbe(t.Context(), time.Minute).String())
	require.Equal(t, []string{"check", "a", "<>", "$(MISSING)", "$(A)"}, ran)
	c.Lifecycle = &pod.Lifecycle{PostStart: &pod.LifecycleHandler{Exec: command}}
	hook := w.call(lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PostStart, Container: "app"})
	require.Equal(t, "ok", hook(t.Context()).String())
	require.Equal(t, command.Command, ran)
}

func TestGRPCProbe(t *testing.T) {
	service := "db"
	for _, c := range []struct {
		health  GRPCHealth
		service *string
		want    string
	}{
		{nil, nil, `failed "this node has no gRPC client for probes"`},
		{health{""}, nil, "ok"},
		{health{"db"}, &service, "ok"},
		{health{"db"}, nil, `failed "service \"\" at 10.0.0.9:5000 is not served"`},
	} {
		w := probing(&local{}, &pod.Probe{ProbeHandler: pod.ProbeHandler{GRPC: &pod.GRPCAction{Port: 5000, Service: c.service}}})
		w.agent.cfg.GRPC = c.health
		w.seenIPs = ipList("10.0.0.9")
		require.Equal(t, c.want, w.runProbe(t.Context(), time.Minute).String())
	}
}

func TestHTTPHookTakesAnyAnswer(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusInternalServerError)
	}))
	port := pod.FromInt(int32(server.Listener.Addr().(*net.TCPAddr).Port))
	w := probing(&local{}, nil)
	w.spec.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PreStop: &pod.LifecycleHandler{
		HTTPGet: &pod.HTTPGetAction{Path: "/bye", Port: port},
	}}
	hook := w.call(lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PreStop, Container: "app", Timeout: time.Minute})
	require.Equal(t, "ok", hook(t.Context()).String())
	require.Equal(t, 1, asked)
	server.Close()
	require.Equal(t, lifecycle.Failed, hook(t.Context()).Outcome)
}

// TestHTTPHookFallsBack asks over HTTPS a server that knows only HTTP.
func TestHTTPHookFallsBack(t *testing.T) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.UserAgent(), r.Header.Get("Authorization"), r.Header.Get("X-A"), r.URL.Path)
	}))
	defer server.Close()
	port := int32(server.Listener.Addr().(*net.TCPAddr).Port)
	w := probing(&local{}, nil)
	w.spec.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: &pod.LifecycleHandler{HTTPGet: &pod.HTTPGetAction{
		Path: "/hello", Port: pod.FromInt(port), Scheme: pod.URISchemeHTTPS,
		HTTPHeaders: []pod.HTTPHeader{{Name: "Authorization", Value: "secret"}, {Name: "X-A", Value: "1"}},
	}}}
	hook := w.call(lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PostStart, Container: "app"})
	want := fmt.Sprintf(`warned "request to HTTPS lifecycle hook 127.0.0.1:%d got HTTP response, retry with HTTP succeeded"`, port)
	require.Equal(t, want, hook(t.Context()).String())
	require.Equal(t, []string{"kube-lifecycle/1.37", "", "1", "/hello"}, seen)
}

func TestHookThatNobodyRuns(t *testing.T) {
	w := probing(&local{}, nil)
	w.spec.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PostStart: &pod.LifecycleHandler{
		TCPSocket: &pod.TCPSocketAction{Port: pod.FromInt(80)},
	}}
	hook := w.call(lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PostStart, Container: "app"})
	require.Equal(t, lifecycle.Failed, hook(t.Context()).Outcome)
}
