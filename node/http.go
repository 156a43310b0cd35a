package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// userAgent is what a probe calls itself where the manifest says nothing else.
const userAgent = "kube-probe/1.37"

// maxRedirects is how many redirects a probe follows.
const maxRedirects = 10

// httpProbe asks for a page. Any code from 200 to 399 is a success, and so is a redirect to another host, which is not followed.
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-http-request.
func (c call) httpProbe(ctx context.Context, h *pod.HTTPGetAction) lifecycle.Result {
	resp, err := c.get(ctx, h)
	if err != nil {
		return c.refused(ctx, err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, MaxOutput)); err != nil {
		return c.refused(ctx, err)
	}
	if resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusBadRequest {
		return lifecycle.Result{}
	}
	message := fmt.Sprintf("HTTP probe failed with statuscode: %d", resp.StatusCode)
	return lifecycle.Result{Outcome: lifecycle.Failed, Message: message}
}

// httpHook asks for a page; any answer is a success.
func (c call) httpHook(ctx context.Context, h *pod.HTTPGetAction) lifecycle.Result {
	resp, err := c.get(ctx, h)
	if err != nil {
		return c.refused(ctx, err)
	}
	resp.Body.Close()
	return lifecycle.Result{}
}

// get sends the request of a probe or hook. The caller closes the body.
func (c call) get(ctx context.Context, h *pod.HTTPGetAction) (*http.Response, error) {
	port, err := network.ContainerPort(c.container, h.Port)
	if err != nil {
		return nil, err
	}
	request, err := newRequest(ctx, h, c.target(h.Host, port))
	if err != nil {
		return nil, err
	}
	return c.client(h.Host).Do(request)
}

// client makes a connection for one request. It trusts every certificate, as probes do.
func (c call) client(host string) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:        c.dial(host),
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives:  true,
			DisableCompression: true,
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

// newRequest is what a manifest asks to be sent to an address.
func newRequest(ctx context.Context, h *pod.HTTPGetAction, address string) (*http.Request, error) {
	u, err := url.Parse(h.Path)
	if err != nil {
		u = &url.URL{Path: h.Path}
	}
	u.Scheme, u.Host = "http", address
	if h.Scheme != "" {
		u.Scheme = strings.ToLower(string(h.Scheme))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{"User-Agent": {userAgent}, "Accept": {"*/*"}}
	given := http.Header{}
	for _, header := range h.HTTPHeaders {
		given.Add(header.Name, header.Value)
	}
	for key, values := range given {
		r.Header[key] = values
		if key == "Host" {
			r.Host = values[0]
		}
	}
	return r, nil
}
