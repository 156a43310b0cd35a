package pod

import "time"

// DeleteOptions are how a pod is to be deleted. The zero value leaves everything to the pod.
// See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/.
type DeleteOptions struct {
	// GracePeriodSeconds is the time the pod gets to stop; nil means what its spec says. Negative means 1.
	GracePeriodSeconds *int64
	// UID and ResourceVersion, where not empty, must be those of the pod.
	UID             UID
	ResourceVersion string
}

// DeleteOutcome says what a request to delete a pod comes to.
type DeleteOutcome uint8

const (
	// DeleteNow says that the pod is to be removed at once, unless it has finalizers.
	DeleteNow DeleteOutcome = iota
	// DeleteGraceful says that the pod has a new deadline: it is to be stored, and its node removes it in the end.
	DeleteGraceful
	// DeletePending says that the pod is being deleted, no later than was asked for, and nothing changed.
	DeletePending
)

// String is one lower-case word.
func (o DeleteOutcome) String() string { return [...]string{"now", "graceful", "pending", "?"}[o&3] }

// PrepareDelete marks p as being deleted from now on and tells what follows. The grace period is that of the options,
// else of the spec, else 0; and 0 for a pod that is bound to no node or has ended; a negative one is 1. A pod that is
// being deleted already may only have its grace period shortened. The first deletion raises the generation.
//
// With DeleteNow p has a grace period of 0, or it was being deleted with one of 0. It refuses with a *StatusError,
// Conflict, for another UID or resource version, and then leaves p as it is.
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination.
func PrepareDelete(p *Pod, now Time, options DeleteOptions) (DeleteOutcome, error) {
	switch {
	case options.UID != "" && options.UID != p.UID:
		return 0, refuse(StatusReasonConflict, "pod %q: the uid is %q, not %q: it was deleted, and perhaps created anew", p.Key(), p.UID, options.UID)
	case options.ResourceVersion != "" && options.ResourceVersion != p.ResourceVersion:
		return 0, refuse(StatusReasonConflict, "pod %q: the resource version is %q, not %q: it was changed meanwhile", p.Key(), p.ResourceVersion, options.ResourceVersion)
	}
	if g := p.DeletionGracePeriodSeconds; g != nil && *g < 0 {
		p.DeletionGracePeriodSeconds = seconds(1)
	}
	if p.IsTerminating() {
		return p.shortenGrace(now, options.GracePeriodSeconds), nil
	}
	period := p.gracePeriod(options.GracePeriodSeconds)
	p.setDeletion(after(now, period), period)
	if p.Generation > 0 {
		p.Generation++
	}
	if period == 0 {
		return DeleteNow, nil
	}
	return DeleteGraceful, nil
}

func seconds(n int64) *int64 { return &n }

func after(t Time, n int64) Time { return NewTime(t.Add(time.Duration(n) * time.Second)) }

func (p *Pod) setDeletion(at Time, period int64) {
	p.DeletionTimestamp = &at
	p.DeletionGracePeriodSeconds = seconds(period)
}

// gracePeriod is the time in seconds that p gets to stop.
func (p *Pod) gracePeriod(asked *int64) int64 {
	period := int64(0)
	switch {
	case p.Spec.NodeName == "" || p.Status.Phase.IsTerminal():
	case asked != nil:
		period = *asked
	case p.Spec.TerminationGracePeriodSeconds != nil:
		period = *p.Spec.TerminationGracePeriodSeconds
	}
	if period < 0 {
		return 1
	}
	return period
}

// shortenGrace moves the deadline of a pod that is being deleted to an earlier time, but not before now; where there
// was to be some grace, 1 second is left.
func (p *Pod) shortenGrace(now Time, asked *int64) DeleteOutcome {
	if p.DeletionGracePeriodSeconds == nil || *p.DeletionGracePeriodSeconds == 0 {
		return DeleteNow
	}
	if asked == nil {
		return DeletePending
	}
	period, before := *asked, *p.DeletionGracePeriodSeconds
	if period < 0 {
		period = 1
	}
	if period >= before {
		return DeletePending
	}
	at := after(*p.DeletionTimestamp, period-before)
	if at.Before(now.Time) {
		at = now
		period = min(period, 1)
	}
	p.setDeletion(at, period)
	if period == 0 {
		return DeleteNow
	}
	return DeleteGraceful
}
