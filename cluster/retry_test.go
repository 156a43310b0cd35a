package cluster_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// TestNoAddressLeft has more pods than addresses: those without one wait, and come in when others go; one that is deleted meanwhile ends.
func TestNoAddressLeft(t *testing.T) {
	c := newCluster(t, cluster.Config{PodRanges: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/29")}, Check: true})
	var keys []pod.Key
	for i := range 10 {
		keys = append(keys, create(t, c, string(rune('a'+i)), oneContainer))
	}
	c.RunFor(time.Minute)
	running := func() (n int) {
		for _, p := range c.Pods() {
			if p.Status.Phase == pod.Running {
				n++
			}
		}
		return n
	}
	had := running()
	require.Less(t, had, 10)
	require.Equal(t, pod.Pending, c.Pod(keys[9]).Status.Phase)
	require.NotEmpty(t, eventsOf(t, c, "j"))
	require.NoError(t, c.Delete(keys[8], pod.DeleteOptions{}))
	require.Nil(t, c.Pod(keys[8]))
	for _, key := range keys[:2] {
		require.NoError(t, c.Delete(key, pod.DeleteOptions{}))
	}
	c.RunFor(5 * time.Minute)
	require.Len(t, c.Pods(), 7)
	require.Equal(t, had, running())
	require.Equal(t, pod.Running, c.Pod(keys[had+1]).Status.Phase, "in the place of one that went")
}

// refusedOne wants a pod whose name is taken, and notes when it is asked.
type refusedOne struct{ asked *[]time.Duration }

func (refusedOne) Name() string { return "refused-controller" }
func (refusedOne) Concerns() []controller.Concern {
	return []controller.Concern{{Kind: object.ConfigMapKind}}
}
func (s refusedOne) Reconcile(r controller.Request) controller.Plan {
	*s.asked = append(*s.asked, time.Duration(r.Now.UnixNano()))
	own := &pod.Pod{ObjectMeta: pod.ObjectMeta{Namespace: "default", Name: "taken"}}
	own.Spec.Containers = []pod.Container{{Name: "app", Image: "app:1"}}
	return controller.Plan{Changes: []controller.Change{{Kind: controller.Create, Object: own}}}
}

// patientOne is one that takes its time.
type patientOne struct{ refusedOne }

func (patientOne) Backoff() (first, longest time.Duration) { return time.Second, 5 * time.Second }

func TestRefusedPlansAreTriedAgain(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name string
		of   func(s refusedOne) controller.Controller
		want []time.Duration // between one try and the next
	}{
		{"as most", func(s refusedOne) controller.Controller { return s }, []time.Duration{5 * ms, 10 * ms, 20 * ms, 40 * ms, 80 * ms}},
		{"patient", func(s refusedOne) controller.Controller { return patientOne{s} }, []time.Duration{1000 * ms, 2000 * ms, 4000 * ms, 5000 * ms, 5000 * ms}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []time.Duration
			c := newCluster(t, cluster.Config{Controllers: []controller.Controller{test.of(refusedOne{&asked})}})
			create(t, c, "taken", oneContainer)
			_, err := c.Client().Create(t.Context(), &object.ConfigMap{ObjectMeta: pod.ObjectMeta{Name: "go"}})
			require.NoError(t, err)
			c.RunFor(time.Minute)
			var got []time.Duration
			for i := range test.want {
				got = append(got, asked[i+1]-asked[i])
			}
			require.Equal(t, test.want, got)
		})
	}
}
