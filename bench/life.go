package bench

import (
	"context"
	"encoding/json"
	"time"

	"github.com/looplab/fsm"
	"github.com/qmuntal/stateless"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/status"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// mustJSON is the typical pod as it runs, as JSON.
func mustJSON() []byte {
	c, err := cluster.New(cluster.Config{})
	if err != nil {
		panic(err)
	}
	wanted := mustParse(typicalManifest)
	if _, err := c.Client().Create(context.Background(), &object.Namespace{ObjectMeta: pod.ObjectMeta{Name: wanted.Namespace}}); err != nil {
		panic(err)
	}
	created, err := c.Create(wanted, nil)
	if err != nil {
		panic(err)
	}
	c.RunFor(time.Minute)
	running := c.Pod(created.Key())
	if running.Status.Phase != pod.Running {
		panic("the pod does not run: " + string(running.Status.Phase))
	}
	return running.AppendJSON(nil)
}

// lifeCases hold a whole step of podlife's machine against what general state machines take for one bare transition
// between the phases of a pod, with no containers, conditions or timers behind it.
func lifeCases() []Case {
	step := func() func() {
		m, seen := steady()
		return func() { m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: seen}) }
	}
	flip := func() func() {
		m, seen := steady()
		yes, no, i := true, false, 0
		return func() {
			i++
			seen.Containers[1].Ready = &no
			if i%2 == 0 {
				seen.Containers[1].Ready = &yes
			}
			if !m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: seen}).Changed {
				panic("nothing changed")
			}
		}
	}
	return []Case{
		{Group: "Machine", Task: "step that changes the status", Peer: "looplab/fsm, one transition", Faster: 1, Ours: repeat(flip()), Theirs: repeat(fsmTransition())},
		{Group: "Machine", Task: "step that changes the status", Peer: "qmuntal/stateless, one transition", Faster: 1, Ours: repeat(flip()), Theirs: repeat(statelessTransition())},
		{Group: "Machine", Task: "step that changes nothing", Peer: "looplab/fsm, one transition", Faster: 1, NoAllocs: true, Ours: repeat(step()), Theirs: repeat(fsmTransition())},
	}
}

// steady is the machine of a pod of two containers that runs and is ready, and what its runtime shows.
func steady() (*lifecycle.Machine, *lifecycle.Seen) {
	p := mustParse([]byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bench","uid":"5f3c"},"spec":{"nodeName":"node",
"containers":[{"name":"app","image":"app:1"},{"name":"log","image":"log:1"}]}}`))
	pod.SetDefaults(p)
	m, err := lifecycle.New(p, nil)
	if err != nil {
		panic(err)
	}
	seen := &lifecycle.Seen{Sandbox: lifecycle.SandboxReady}
	m.Step(epoch, lifecycle.Input{})
	for _, name := range []string{"", "app", "log"} {
		if name != "" {
			seen.Containers = append(seen.Containers, lifecycle.SeenContainer{Name: name, State: lifecycle.ContainerRunning, StartedAt: epoch})
		}
		m.Step(epoch, lifecycle.Input{Kind: lifecycle.Observed, Seen: seen})
	}
	if s := m.Status(); !s.IsTrue(pod.Ready) {
		panic("not ready: " + m.Explain())
	}
	return m, seen
}

func fsmTransition() func() {
	m := fsm.NewFSM("Running", fsm.Events{
		{Name: "restart", Src: []string{"Running"}, Dst: "Pending"}, {Name: "start", Src: []string{"Pending"}, Dst: "Running"},
	}, nil)
	ctx, events, i := context.Background(), [2]string{"restart", "start"}, 0
	return func() {
		if err := m.Event(ctx, events[i%2]); err != nil {
			panic(err)
		}
		i++
	}
}

func statelessTransition() func() {
	m := stateless.NewStateMachine(pod.Running)
	m.Configure(pod.Running).Permit("restart", pod.Pending)
	m.Configure(pod.Pending).Permit("start", pod.Running)
	events, i := [2]string{"restart", "start"}, 0
	return func() {
		if err := m.Fire(events[i%2]); err != nil {
			panic(err)
		}
		i++
	}
}

// statusCases hold what podlife derives from a status against the kubelet's own functions, as far as those can be called.
func statusCases() []Case {
	p := mustParse(mustJSON())
	kube := &v1.Pod{}
	if err := json.Unmarshal(p.AppendJSON(nil), kube); err != nil {
		panic(err)
	}
	all := append(append([]v1.ContainerStatus(nil), kube.Status.InitContainerStatuses...), kube.Status.ContainerStatuses...)
	return []Case{{
		Group: "Machine", Task: "Ready, ContainersReady and Initialized of a status", Peer: "kubelet/status",
		Ours: repeat(func() {
			_ = lifecycle.ConditionsOf(&p.Spec, &p.Status, p.Status.Phase)
		}),
		Theirs: repeat(func() {
			status.GeneratePodReadyCondition(kube, &kube.Status, kube.Status.Conditions, all, kube.Status.Phase)
			status.GenerateContainersReadyCondition(kube, &kube.Status, all, kube.Status.Phase)
			status.GeneratePodInitializedCondition(kube, &kube.Status, all, kube.Status.Phase)
		}),
	}}
}
