package lifecycle_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/explore"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// bytes deals out what a fuzzer made up, and zeros after that.
type bytes []byte

func (b *bytes) next() byte {
	if len(*b) == 0 {
		return 0
	}
	v := (*b)[0]
	*b = (*b)[1:]
	return v
}

// below is a number below n.
func (b *bytes) below(n int) int { return int(b.next()) % n }

func (b *bytes) chance() bool { return b.next()&1 == 1 }

// one is one of all.
func one[T any](b *bytes, all ...T) T { return all[b.below(len(all))] }

// hostile are times that no clock should show.
var hostile = []time.Time{
	{}, time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(1677, 9, 21, 0, 0, 0, 0, time.UTC), time.Unix(0, 0), time.Unix(-1, 0),
	time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	time.Unix(1<<62, 0), time.Unix(-1<<62, 0),
}

// moment is a time near now, and now and then one that is not.
func (b *bytes) moment(now time.Time) time.Time {
	switch k := b.next(); {
	case k < 160:
		return now.Add(time.Duration(b.next()) * 100 * time.Millisecond)
	case k < 200:
		return now.Add(time.Duration(b.next()) * 10 * time.Second)
	case k < 252:
		return now.Add(-time.Duration(b.next()) * time.Minute)
	}
	return one(b, hostile...)
}

// pod is a small pod with some fields set to odd values.
func (b *bytes) pod() *pod.Pod {
	policies := []pod.RestartPolicy{pod.RestartPolicyAlways, pod.RestartPolicyOnFailure, pod.RestartPolicyNever}
	p := explore.Small(one(b, policies...), one(b, "", "i", "s", "ii", "is", "si", "ss"), 1+b.below(3), one(b, explore.Features()...))
	s := &p.Spec
	if b.chance() {
		s.TerminationGracePeriodSeconds = pointer(one[int64](b, 0, 1, 30, -5, 1<<62))
	}
	if b.chance() {
		s.ActiveDeadlineSeconds = pointer(one[int64](b, 1, 0, 60, -1, 1<<62))
	}
	if b.chance() {
		s.NodeName = ""
	}
	if b.chance() {
		s.ReadinessGates = []pod.PodReadinessGate{{ConditionType: "example.com/gate"}}
	}
	if b.chance() {
		p.Generation = int64(b.below(3))
	}
	s.HostNetwork = b.below(4) == 1
	for i := range s.Containers {
		b.oddProbe(s.Containers[i].ReadinessProbe)
		b.oddProbe(s.Containers[i].LivenessProbe)
	}
	return p
}

func (b *bytes) oddProbe(p *pod.Probe) {
	if p == nil || b.chance() {
		return
	}
	p.PeriodSeconds = one[int32](b, 0, 1, -1, 1<<31-1)
	p.InitialDelaySeconds = one[int32](b, 0, 1, -1, 1<<31-1)
	p.FailureThreshold, p.SuccessThreshold = one[int32](b, 0, 1, 3, -1), one[int32](b, 0, 1, 2)
}

// input is any input at all.
func (b *bytes) input(m *lifecycle.Machine, now time.Time) lifecycle.Input {
	in := lifecycle.Input{Kind: lifecycle.InputKind(b.below(9))}
	switch in.Kind {
	case lifecycle.Update:
		in.Pod = b.update(m.Pod())
		if b.chance() {
			in.Wanted, in.Reason, in.Message = b.update(m.Pod()), one(b, pod.ReasonInfeasible, pod.ReasonOutOfcpu), "m"
		}
	case lifecycle.Observed:
		in.Seen = b.seen(m, now)
	case lifecycle.Done:
		in.Action = lifecycle.ActionID(b.next())
		in.Result = lifecycle.Result{Outcome: lifecycle.Outcome(b.below(7)), Message: "m"}
	case lifecycle.Delete:
		if b.chance() {
			in.Pod = b.update(m.Pod())
		}
		in.Grace = one(b, nil, pointer[int64](0), pointer[int64](5), pointer[int64](-1), pointer[int64](1<<62))
	case lifecycle.Evict, lifecycle.Reject:
		in.Reason = pod.ReasonEvicted
		in.Grace = one(b, nil, pointer[int64](0), pointer[int64](-7), pointer[int64](1<<62))
	}
	return in
}

// update is the pod changed in a way that an API server would allow, or in one that it would not.
func (b *bytes) update(old *pod.Pod) *pod.Pod {
	p := old.Clone()
	switch b.below(11) {
	case 9:
		p.Spec.Containers[0].Resources.Requests = pod.ResourceList{pod.ResourceCPU: pod.NewQuantity(int64(b.next()&3), pod.DecimalSI)}
		p.Generation++
	case 10:
		p.Spec.Containers[0].ResizePolicy = []pod.ContainerResizePolicy{{ResourceName: pod.ResourceCPU, RestartPolicy: pod.RestartContainer}}
	case 0:
		p.Spec.NodeName = "node"
	case 1:
		p.Status.Conditions = []pod.Condition{{Type: "example.com/gate", Status: one(b, pod.ConditionTrue, pod.ConditionFalse)}}
	case 2:
		e := pod.EphemeralContainer{}
		e.Name, e.Image = fmt.Sprintf("e%d", len(p.Spec.EphemeralContainers)), "debug"
		p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, e)
		p.Generation++
	case 3:
		p.Spec.Containers[0].Image = one(b, "registry.example/app:1", "registry.example/app:2")
		p.Generation++
	case 4:
		p.DeletionTimestamp = &pod.Time{Time: epoch}
		p.DeletionGracePeriodSeconds = one(b, nil, pointer[int64](0), pointer[int64](9))
	case 5:
		p.Spec.Containers = p.Spec.Containers[:len(p.Spec.Containers)-1]
	case 6:
		p.Spec.InitContainers = nil
	case 7:
		p.Spec.Containers = append(p.Spec.Containers, p.Spec.Containers[0])
	case 8:
		return nil
	}
	return p
}

// seen is something that a runtime might show, or might not.
func (b *bytes) seen(m *lifecycle.Machine, now time.Time) *lifecycle.Seen {
	if b.next() == 255 {
		return nil
	}
	s := &lifecycle.Seen{Sandbox: lifecycle.SandboxState(one(b, 1, 1, 1, 0, 2, 3)), Volumes: b.chance()}
	if b.chance() {
		s.IPs = []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, b.next() & 1}), {}}
	}
	names := []string{"stranger", "e0"}
	for i := range m.Pod().Spec.InitContainers {
		names = append(names, m.Pod().Spec.InitContainers[i].Name)
	}
	for i := range m.Pod().Spec.Containers {
		names = append(names, m.Pod().Spec.Containers[i].Name)
	}
	for range b.below(5) {
		c := lifecycle.SeenContainer{
			Name: one(b, names...), Attempt: one[int32](b, 0, 0, 1, 1, 2, 3, -1, 1<<31-1), State: lifecycle.ContainerState(b.below(5)),
			ExitCode: one[int32](b, 0, 1, 137), StartedAt: b.moment(now), FinishedAt: b.moment(now),
		}
		if b.chance() {
			c.Ready = pointer(b.chance())
		}
		s.Containers = append(s.Containers, c)
	}
	if b.chance() {
		s.MissingImages = []string{"registry.example/app:1"}
	}
	return s
}

func pointer[T any](v T) *T { return &v }

// limits of what a Step may ask for and say, whatever it is given.
const (
	maxActions = 64
	maxEvents  = 64
)

// life makes the steps that data stands for and returns what came of them; two calls with the same data are two replays.
func life(t *testing.T, data []byte) string {
	b := bytes(data)
	p := b.pod()
	m, err := lifecycle.New(p, &lifecycle.Config{Static: b.chance(), Stretch: one(&b, 0.0, 1.5)})
	require.NoError(t, err)
	k := lifecycle.NewChecker(m)
	var out strings.Builder
	now := epoch
	for n := 0; len(b) > 0 && n < 300; n++ {
		now = b.moment(now)
		in := b.input(m, now)
		clone := m.Clone()
		o := m.Step(now, in)
		fmt.Fprintf(&out, "%s %s %v %v %v %s\n", now, in, o.Changed, o.Actions, o.Events, o.Wake)
		require.LessOrEqual(t, len(o.Actions), maxActions)
		require.LessOrEqual(t, len(o.Events), maxEvents)
		require.NoError(t, lifecycle.CheckInvariants(m), "after %s\n%s", in, &out)
		require.NoError(t, k.After(m, now, in, o), "after %s\n%s", in, &out)
		c := clone.Step(now, in)
		require.Equal(t, fmt.Sprint(o), fmt.Sprint(c), "a clone answers otherwise")
		_ = m.Explain()
	}
	return out.String()
}

// FuzzMachine lives random pods through random inputs at random times.
func FuzzMachine(f *testing.F) {
	for i := range 64 {
		seed := make([]byte, 600)
		x := uint64(i)*0x9e3779b97f4a7c15 + 1
		for j := range seed {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			seed[j] = byte(x >> 32)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		require.Equal(t, life(t, data), life(t, data), "a replay is not the same")
	})
}

// FuzzScenario plays random scripts of random pods to their end.
func FuzzScenario(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x02\x01\x03 a pod of two containers \x00\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Add([]byte("\x02\x05\x00\x07 and one more, which is deleted \xff\xfe\xfd\xfc\xfb\xfa"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := bytes(data)
		p := b.pod()
		p.Spec.NodeName, p.Spec.TerminationGracePeriodSeconds = "node", pointer(int64(b.below(40)))
		m, err := lifecycle.New(p, nil)
		require.NoError(t, err)
		s := b.script(p)
		k := lifecycle.NewChecker(m)
		l := &script.Life{Machine: m, Engine: script.New(p, s, script.Node{IPs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}})}
		var broken error
		l.Watch = func(now time.Time, in lifecycle.Input, out lifecycle.Output) {
			broken = errors.Join(broken, lifecycle.CheckInvariants(m), k.After(m, now, in, out))
		}
		now := epoch
		play := func(in lifecycle.Input) {
			l.Do(now, in)
			require.NoError(t, broken)
		}
		play(lifecycle.Input{})
		for range 40 {
			if now = l.Wake(); now.IsZero() {
				break
			}
			l.Advance(now)
			require.NoError(t, broken)
		}
		if now.IsZero() {
			now = epoch.Add(time.Hour)
		}
		play(lifecycle.Input{Kind: lifecycle.Delete})
		for n := 0; !m.Ended(); n++ {
			require.Less(t, n, 1000, "a deleted pod does not end: %s", m.Explain())
			now = l.Wake()
			require.False(t, now.IsZero(), "a deleted pod waits for nothing: %s", m.Explain())
			l.Advance(now)
			require.NoError(t, broken)
		}
	})
}

func (b *bytes) script(p *pod.Pod) *script.Script {
	s := &script.Script{Containers: map[string]script.Behavior{}, Sandbox: b.tries()}
	names := []string{}
	for i := range p.Spec.InitContainers {
		names = append(names, p.Spec.InitContainers[i].Name)
	}
	for i := range p.Spec.Containers {
		names = append(names, p.Spec.Containers[i].Name)
	}
	for _, name := range names {
		c := script.Behavior{Pull: b.tries(), OnTerm: script.OnTerm{After: b.duration(), Ignore: b.chance()}}
		for range b.below(3) {
			c.Runs = append(c.Runs, script.Run{For: b.duration(), Exit: one[int32](b, 0, 1), StartError: one(b, "", "", "no"), CreateError: one(b, "", "", "no")})
		}
		answers := script.Rules{{Until: b.duration() + 1, Exit: one[int32](b, 0, 1), Takes: b.duration()}, {Exit: one[int32](b, 0, 1)}}
		c.Exec = map[string]script.Rules{"/check": answers, "/hook": answers}
		s.Containers[name] = c
	}
	return s
}

func (b *bytes) tries() (out script.Tries) {
	for range b.below(3) {
		out = append(out, script.Try{Takes: b.duration(), Error: one(b, "", "", "no")})
	}
	return out
}

func (b *bytes) duration() script.Duration {
	return script.Duration(time.Duration(b.below(60)) * time.Second / 2)
}
