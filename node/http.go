package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// What probes and hooks call themselves where the manifest says nothing else.
const (
	probeAgent = "kube-probe/1.37"
	hookAgent  = "kube-lifecycle/1.37"
)

// maxRedirects is how many redirects a probe or hook follows.
const maxRedirects = 10

// httpProbe asks for a page, within the probe's time. Any code from 200 to 299 is a success, and so is, with a warning, a redirect to another host, which is not
// followed. A request that cannot be made, and an answer that breaks off, say nothing.
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes.
func (c call) httpProbe(ctx context.Context, h *pod.HTTPGetAction) lifecycle.Result {
	request, err := c.request(ctx, h, probeAgent)
	if err != nil {
		return erred(err)
	}
	client := c.client(h.Host)
	client.Timeout = c.action.Timeout
	resp, err := client.Do(request)
	if err != nil {
		return c.refused(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxOutput))
	if err != nil {
		r := erred(err)
		r.Reason = "failure"
		return r
	}
	return judge(resp.StatusCode, body)
}

// judge is what an answer makes of a probe.
func judge(status int, body []byte) lifecycle.Result {
	switch {
	case status < http.StatusOK || status >= http.StatusBadRequest:
		return lifecycle.Result{Outcome: lifecycle.Failed, Message: fmt.Sprintf("HTTP probe failed with statuscode: %d", status)}
	case status >= http.StatusMultipleChoices:
		return lifecycle.Result{Outcome: lifecycle.Warned, Message: "Probe terminated redirects, Response body: " + string(body)}
	}
	return lifecycle.Result{}
}

// httpHook asks for a page; any answer is a success. Where a server that is asked over HTTPS answers in plain HTTP it is asked so, without
// what the manifest says of Authorization, and an event tells of it.
// See https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/.
func (c call) httpHook(ctx context.Context, h *pod.HTTPGetAction) lifecycle.Result {
	request, err := c.request(ctx, h, hookAgent)
	if err != nil {
		return c.refused(ctx, err)
	}
	client := c.client(h.Host)
	err = ask(client, request)
	if err == nil {
		return lifecycle.Result{}
	}
	if !strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return c.refused(ctx, err)
	}
	request = request.Clone(ctx)
	request.URL.Scheme = "http"
	request.Header.Del("Authorization")
	if ask(client, request) != nil {
		return c.refused(ctx, err)
	}
	return lifecycle.Result{Outcome: lifecycle.Warned, Message: fmt.Sprintf(
		"request to HTTPS lifecycle hook %s got HTTP response, retry with HTTP succeeded", request.URL.Host)}
}

// ask sends a request and does not care about the answer.
func ask(client *http.Client, request *http.Request) error {
	resp, err := client.Do(request)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, MaxOutput))
	return resp.Body.Close()
}

// client makes a connection for one request, past any proxy. It trusts every certificate, as probes do.
func (c call) client(host string) *http.Client {
	dial := c.dial(host)
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				if err == nil {
					linger(conn)
				}
				return conn, err
			},
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2:  c.action.Kind == lifecycle.RunProbe,
			DisableKeepAlives:  true,
			DisableCompression: c.action.Kind == lifecycle.RunProbe,
		},
		CheckRedirect: checkRedirect,
	}
}

// checkRedirect stops at a redirect to another host, whose answer then counts.
func checkRedirect(next *http.Request, via []*http.Request) error {
	if next.URL.Hostname() != via[0].URL.Hostname() {
		return http.ErrUseLastResponse
	}
	if len(via) >= maxRedirects {
		return errors.New("stopped after 10 redirects")
	}
	return nil
}

// request is what a manifest asks to be sent, by an agent of that name unless it names another.
func (c call) request(ctx context.Context, h *pod.HTTPGetAction, agent string) (*http.Request, error) {
	port, err := network.ContainerPort(c.container, h.Port)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, urlOf(h, c.target(h.Host, port)).String(), nil)
	if err != nil {
		return nil, err
	}
	for _, header := range h.HTTPHeaders {
		r.Header.Add(header.Name, header.Value)
	}
	if r.Header["User-Agent"] == nil {
		r.Header.Set("User-Agent", agent)
	}
	if r.Header["Accept"] == nil {
		r.Header.Set("Accept", "*/*")
	} else if r.Header.Get("Accept") == "" {
		r.Header.Del("Accept")
	}
	r.Host = r.Header.Get("Host")
	return r, nil
}

// urlOf is the page that a manifest means, at an address. A path that is none is sent as it stands.
func urlOf(h *pod.HTTPGetAction, address string) *url.URL {
	u, err := url.Parse(h.Path)
	if err != nil {
		u = &url.URL{Path: h.Path}
	}
	u.Scheme, u.Host = "http", address
	if h.Scheme != "" {
		u.Scheme = strings.ToLower(string(h.Scheme))
	}
	return u
}
