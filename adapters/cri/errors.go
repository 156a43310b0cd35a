package cri

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Sentinels for callers that branch; test with errors.Is.
var (
	// ErrUnreachable: nobody answers at the endpoint. It may pass: the next call tries again.
	ErrUnreachable = errors.New("the engine cannot be reached")
	// ErrVersion: what answers does not speak version 1 of the interface.
	ErrVersion = errors.New("the engine does not speak CRI v1")
	// ErrNoNetwork: the engine has no CNI configuration for pods.
	ErrNoNetwork = errors.New("the engine has no network for pods")
	// ErrDiskFull: the engine has no space left.
	ErrDiskFull = errors.New("the engine's disk is full")
	// ErrImage: the image is not on the node, or cannot be had.
	ErrImage = errors.New("no such image")
)

// Error is a call that the engine refused, or did not answer.
type Error struct {
	// Call is the call of the interface, such as RunPodSandbox.
	Call string
	// Endpoint is the engine's.
	Endpoint string
	// Code is how gRPC sees it.
	Code codes.Code
	// Detail is what the engine said.
	Detail string
	// Hint says what to do about it; it may be empty.
	Hint string

	kind error
}

// Error returns one sentence.
func (e *Error) Error() string {
	out := fmt.Sprintf("%s at %q: ", e.Call, e.Endpoint)
	if e.kind != nil {
		out += e.kind.Error() + ": "
	}
	out += e.Detail
	if e.Hint != "" {
		out += " (" + e.Hint + ")"
	}
	return out
}

// Unwrap returns the sentinel that the error stands for, or nil.
func (e *Error) Unwrap() error { return e.kind }

// known are faults that engines tell only in their text, and what to do about them.
var known = []struct {
	text, hint string
	kind       error
}{
	{"cni plugin not initialized", "put a network configuration into the engine's CNI folder, usually /etc/cni/net.d", ErrNoNetwork},
	{"cni config uninitialized", "put a network configuration into the engine's CNI folder, usually /etc/cni/net.d", ErrNoNetwork},
	{"no CNI configuration", "put a network configuration into the engine's CNI folder, usually /etc/cni/net.d", ErrNoNetwork},
	{"no space left on device", "free some space where the engine keeps images and containers", ErrDiskFull},
	{"disk quota exceeded", "free some space where the engine keeps images and containers", ErrDiskFull},
}

// refusal turns what gRPC returned for a call into an error of this package, or into that of ctx where that has ended.
func (e *engine) refusal(ctx context.Context, call string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s := status.Convert(err)
	out := &Error{Call: call, Endpoint: e.endpoint, Code: s.Code(), Detail: s.Message()}
	switch {
	case s.Code() == codes.Unavailable:
		out.kind, out.Hint = ErrUnreachable, e.whyUnreachable()
	case s.Code() == codes.Unimplemented && call == callVersion:
		out.kind, out.Hint = ErrVersion, "containerd from 1.6 on with its CRI plugin enabled, or CRI-O, is needed"
	}
	for _, k := range known {
		if out.kind == nil && strings.Contains(strings.ToLower(out.Detail), strings.ToLower(k.text)) {
			out.kind, out.Hint = k.kind, k.hint
		}
	}
	return out
}

// whyUnreachable looks at the socket.
func (e *engine) whyUnreachable() string {
	info, err := os.Stat(e.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "there is no such socket: is the engine running?"
	case errors.Is(err, os.ErrPermission):
		return "this user may not open the socket"
	case err == nil && info.Mode()&os.ModeSocket == 0:
		return "this is no socket"
	}
	return "is the engine running?"
}

// isReserved reports whether a name is still taken by something that the engine is about to let go of.
func isReserved(err error) bool {
	return err != nil && strings.Contains(err.Error(), "is reserved for")
}

// isBusy reports whether the engine is about to start or remove a container, or to let go of its name.
func isBusy(err error) bool {
	return isReserved(err) ||
		err != nil && (strings.Contains(err.Error(), "in starting state") || strings.Contains(err.Error(), "in removing state"))
}

// isNotFound reports whether the engine does not know what it was asked about.
func isNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == codes.NotFound
}

// detail is what the engine said of an error, without the call, and with the hint.
func detail(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if e.kind == nil {
		return e.Detail
	}
	return e.kind.Error() + ": " + e.Detail + " (" + e.Hint + ")"
}
