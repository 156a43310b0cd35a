package node

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/pod"
)

// TestWaiting holds the order in which resizes that wait are served. Each pod says in its name by what it comes before the next.
func TestWaiting(t *testing.T) {
	a := &Agent{pods: map[pod.Key]*worker{}}
	uids := map[string]string{"4-waits-longer": "z"}
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, has, wants, limit string
		priority                *int32
		seconds                 int
		reason                  pod.Reason
	}{
		{"1-asks-for-less", "3", "2", "", nil, 9, "OutOfcpu"},
		{"2-priority", "1", "2", "", new(int32(7)), 8, "OutOfcpu"},
		{"3-guaranteed", "1", "2", "2", nil, 7, "OutOfcpu"},
		{"4-waits-longer", "1", "2", "", nil, 5, "OutOfcpu"},
		{"5-uid", "1", "2", "", nil, 6, "OutOfcpu"},
		{"6", "1", "2", "", nil, 6, "OutOfcpu"},
		{"never", "1", "2", "", nil, 0, pod.ReasonInfeasible},
	} {
		sized := func(cpu string) *pod.Pod {
			p := &pod.Pod{}
			p.Name, p.UID = c.name, pod.UID(cmp.Or(uids[c.name], c.name))
			p.Spec.Priority = c.priority
			r := pod.ResourceRequirements{Requests: pod.ResourceList{"cpu": pod.MustParseQuantity(cpu)}}
			if c.limit != "" {
				r.Requests["memory"] = pod.MustParseQuantity("1")
				r.Limits = pod.ResourceList{"cpu": pod.MustParseQuantity(cpu), "memory": pod.MustParseQuantity("1")}
			}
			p.Spec.Containers = []pod.Container{{Name: "app", Resources: r}}
			return p
		}
		w := &worker{object: sized(c.wants), given: sized(c.has), pending: &Refusal{Reason: c.reason}}
		w.status.SetCondition(pod.Condition{
			Type: pod.PodResizePending, Status: pod.ConditionTrue, LastTransitionTime: pod.NewTime(since.Add(time.Duration(c.seconds) * time.Second)),
		})
		a.pods[w.object.Key()] = w
	}
	a.pods[pod.Key{Name: "content"}] = &worker{}
	var names []string
	for _, w := range a.waiting() {
		names = append(names, w.object.Name)
	}
	require.Equal(t, "1-asks-for-less 2-priority 3-guaranteed 4-waits-longer 5-uid 6", strings.Join(names, " "))
}
