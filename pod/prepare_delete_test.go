package pod_test

import (
	"testing"
	"time"

	"github.com/podlife/podlife/pod"
	"github.com/stretchr/testify/require"
)

func TestPrepareDelete(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	seconds := func(n int64) *int64 { return &n }
	const (
		bound     = `{"spec": {"terminationGracePeriodSeconds": 40}}`
		unbound   = `{"spec": {"nodeName": null}}`
		succeeded = `{"status": {"phase": "Succeeded"}}`
		deleting  = `{"metadata": {"deletionTimestamp": "2026-01-02T03:04:20Z", "deletionGracePeriodSeconds": 30}}`
		forced    = `{"metadata": {"deletionTimestamp": "2026-01-02T03:04:20Z", "deletionGracePeriodSeconds": 0}}`
	)
	tests := []struct {
		name       string
		pod        string
		grace      *int64
		want       pod.DeleteOutcome
		period     int64
		at         int64 // seconds after start
		generation int64
	}{
		{"period of the spec", bound, nil, pod.DeleteGraceful, 40, 40, 4},
		{"period asked for", bound, seconds(5), pod.DeleteGraceful, 5, 5, 4},
		{"longer than the spec", bound, seconds(90), pod.DeleteGraceful, 90, 90, 4},
		{"at once", bound, seconds(0), pod.DeleteNow, 0, 0, 4},
		{"negative", bound, seconds(-7), pod.DeleteGraceful, 1, 1, 4},
		{"bound to no node", unbound, seconds(5), pod.DeleteNow, 0, 0, 4},
		{"ended", succeeded, nil, pod.DeleteNow, 0, 0, 4},
		{"again", deleting, nil, pod.DeletePending, 30, 20, 3},
		{"again, longer", deleting, seconds(31), pod.DeletePending, 30, 20, 3},
		{"again, as long", deleting, seconds(30), pod.DeletePending, 30, 20, 3},
		{"again, shorter", deleting, seconds(15), pod.DeleteGraceful, 15, 5, 3},
		{"again, shorter than what has passed", deleting, seconds(5), pod.DeleteGraceful, 1, 0, 3},
		{"again, at once", deleting, seconds(0), pod.DeleteNow, 0, 0, 3},
		{"again, after at once", forced, seconds(9), pod.DeleteNow, 0, 20, 3},
	}
	for _, tt := range tests {
		p := podFrom(t, tt.pod)
		got, err := pod.PrepareDelete(p, pod.NewTime(start), pod.DeleteOptions{GracePeriodSeconds: tt.grace})
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.want, got, "%s: %s", tt.name, got)
		require.Equal(t, tt.period, *p.DeletionGracePeriodSeconds, tt.name)
		require.Equal(t, tt.at, int64(p.DeletionTimestamp.Sub(start).Seconds()), tt.name)
		require.Equal(t, tt.generation, p.Generation, tt.name)
	}
}

func TestPrepareDeleteOfAnotherPod(t *testing.T) {
	for _, options := range []pod.DeleteOptions{{UID: "u-2"}, {ResourceVersion: "40"}} {
		p := podFrom(t)
		_, err := pod.PrepareDelete(p, pod.Time{}, options)
		require.Equal(t, pod.StatusReasonConflict, statusError(t, err).Reason)
		require.Equal(t, podFrom(t), p, "the pod is left as it is")
	}
	_, err := pod.PrepareDelete(podFrom(t), pod.Time{}, pod.DeleteOptions{UID: "u-1", ResourceVersion: "41"})
	require.NoError(t, err)
}
