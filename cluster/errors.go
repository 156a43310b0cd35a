package cluster

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Errors of a Client, to be found with errors.Is. What is returned is a *pod.StatusError with a message, Kubernetes' reason
// and, by its Code, the HTTP status.
var (
	ErrNotFound        error = &pod.StatusError{Reason: pod.StatusReasonNotFound}
	ErrAlreadyExists   error = &pod.StatusError{Reason: pod.StatusReasonAlreadyExists}
	ErrConflict        error = &pod.StatusError{Reason: pod.StatusReasonConflict}
	ErrInvalid         error = &pod.StatusError{Reason: pod.StatusReasonInvalid}
	ErrBadRequest      error = &pod.StatusError{Reason: pod.StatusReasonBadRequest}
	ErrForbidden       error = &pod.StatusError{Reason: pod.StatusReasonForbidden}
	ErrTooManyRequests error = &pod.StatusError{Reason: pod.StatusReasonTooManyRequests}
	ErrExpired         error = &pod.StatusError{Reason: pod.StatusReasonExpired}
	ErrInternal        error = &pod.StatusError{Reason: pod.StatusReasonInternalError}
)

// ErrStopped says that a watch was stopped by whoever watched.
var ErrStopped = errors.New("the watch was stopped")

func refuse(reason pod.StatusReason, format string, args ...any) *pod.StatusError {
	return &pod.StatusError{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func notFound(kind object.Kind, name string) error {
	return refuse(pod.StatusReasonNotFound, "%s %q not found", resource(kind), name)
}

func alreadyExists(kind object.Kind, name string) error {
	return refuse(pod.StatusReasonAlreadyExists, "%s %q already exists", resource(kind), name)
}

func conflict(kind object.Kind, name, why string) error {
	return refuse(pod.StatusReasonConflict, "Operation cannot be fulfilled on %s %q: %s", resource(kind), name, why)
}

const modified = "the object has been modified; please apply your changes to the latest version and try again"

func invalid(kind object.Kind, name string, faults pod.Errors) error {
	return &pod.StatusError{Reason: pod.StatusReasonInvalid, Message: fmt.Sprintf("%s %q is invalid: %s", groupKind(kind), name, faults), Errors: faults}
}

func tooManyRequests(after time.Duration, message string) error {
	return &pod.StatusError{Reason: pod.StatusReasonTooManyRequests, Message: message, RetryAfter: after}
}

// resource is how messages name the objects of a kind: pods, deployments.apps.
func resource(k object.Kind) string { return qualified(plural(strings.ToLower(k.Name)), k) }

func groupKind(k object.Kind) string { return qualified(k.Name, k) }

func qualified(name string, k object.Kind) string {
	if group, _, ok := strings.Cut(k.APIVersion, "/"); ok {
		return name + "." + group
	}
	return name
}

func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "s"):
		return s + "es"
	case strings.HasSuffix(s, "y"):
		return s[:len(s)-1] + "ies"
	}
	return s + "s"
}
