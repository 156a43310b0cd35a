package pod

import "time"

// StatusReason says in one word why a request is refused.
// See https://kubernetes.io/docs/reference/using-api/api-concepts/.
type StatusReason string

// Reasons to refuse a request.
const (
	StatusReasonInvalid         StatusReason = "Invalid"
	StatusReasonConflict        StatusReason = "Conflict"
	StatusReasonBadRequest      StatusReason = "BadRequest"
	StatusReasonInternalError   StatusReason = "InternalError"
	StatusReasonNotFound        StatusReason = "NotFound"
	StatusReasonAlreadyExists   StatusReason = "AlreadyExists"
	StatusReasonForbidden       StatusReason = "Forbidden"
	StatusReasonTooManyRequests StatusReason = "TooManyRequests"
	StatusReasonExpired         StatusReason = "Expired"
	StatusReasonTimeout         StatusReason = "Timeout"
)

// StatusError is a request refused.
type StatusError struct {
	Reason StatusReason
	// Message is one sentence; empty where Errors say it all.
	Message string
	// Errors are the faults, where Reason is Invalid, or InternalError of a binding.
	Errors Errors
	// RetryAfter is how long to wait before the same request is worth another try; zero says nothing of it.
	RetryAfter time.Duration
}

// Error returns the message, or the sentences of all faults, one a line; of one that has neither, its reason.
func (e *StatusError) Error() string {
	switch {
	case e.Message != "":
		return e.Message
	case len(e.Errors) > 0:
		return e.Errors.Error()
	}
	return string(e.Reason)
}

// Unwrap returns the faults, for errors.As and errors.Is.
func (e *StatusError) Unwrap() error { return e.Errors.Err() }

// Is reports whether target is a bare StatusError of the same reason, so that errors.Is finds one by its reason.
func (e *StatusError) Is(target error) bool {
	t, ok := target.(*StatusError)
	return ok && t.Reason == e.Reason && t.Message == "" && len(t.Errors) == 0
}

// Code is the HTTP status code that goes with the reason.
func (e *StatusError) Code() int {
	switch e.Reason {
	case StatusReasonBadRequest:
		return 400
	case StatusReasonForbidden:
		return 403
	case StatusReasonNotFound:
		return 404
	case StatusReasonAlreadyExists, StatusReasonConflict:
		return 409
	case StatusReasonExpired:
		return 410
	case StatusReasonInvalid:
		return 422
	case StatusReasonTooManyRequests:
		return 429
	case StatusReasonTimeout:
		return 504
	}
	return 500
}
