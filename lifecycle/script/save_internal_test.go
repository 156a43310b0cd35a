package script

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// TestResumeForgetsNothing gives every field of an engine another value than a new one has.
func TestResumeForgetsNothing(t *testing.T) {
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: "web", UID: "1"}, Spec: pod.Spec{NodeName: "n", Containers: []pod.Container{{Name: "app", Image: "new"}}}}
	s := &Script{Containers: map[string]Behavior{"app": {Resize: Tries{{}, {Error: "e"}}}}}
	node := Node{IPs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}
	at, yes := time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC), true
	run := Run{For: 1, Exit: 2, Forever: true, Reason: "r", Message: "m", Log: "l", CreateError: "c", StartError: "s"}
	e := New(p, s, node)
	e.news, e.boxes, e.seq = false, 3, 9
	e.pulled["old"] = true
	e.pending = []happening{{at: at, seq: 4, kind: exits, run: run}, {at: at, seq: 5, kind: turnsReady, ready: true}, {at: at, seq: 6, kind: boxReady, player: -1}}
	e.containers[0] = player{name: "app", spec: e.containers[0].spec, part: s.Containers["app"], pulls: 1, resizes: 4, tries: 2, current: 3, started: at, stopped: true, forced: &yes}
	e.seen = lifecycle.Seen{
		Sandbox: lifecycle.SandboxReady, Volumes: true, IPs: node.IPs, MissingImages: []string{"a"},
		Containers: []lifecycle.SeenContainer{
			{Name: "app", Attempt: 2, State: lifecycle.ContainerExited, ID: e.id("app", 2), ImageID: "old", StartedAt: at, FinishedAt: at.Add(1), ExitCode: 7, Reason: "Error", Message: "m"},
			{Name: "app", Attempt: 3, State: lifecycle.ContainerRunning, ID: e.id("app", 3), ImageID: imageID("new"), StartedAt: at, Ready: &yes},
		},
	}
	m, err := lifecycle.New(p, nil)
	require.NoError(t, err)
	l := &Life{Machine: m, Engine: e, wake: at}
	saved, ok := l.Save([]byte("before"))
	require.True(t, ok)
	require.Equal(t, "before", string(saved[:6]))
	back, err := Resume(p, nil, s, node, saved[6:])
	require.NoError(t, err)
	require.Equal(t, e, back.Engine)
	require.Equal(t, at, back.wake)
	for cut := range len(saved) - 6 {
		_, err := Resume(p, nil, s, node, saved[6:6+cut])
		require.Error(t, err)
	}
}

// TestSaveAtRestOnly asks at moments at which something is under way.
func TestSaveAtRestOnly(t *testing.T) {
	p := &pod.Pod{ObjectMeta: pod.ObjectMeta{Name: "web", UID: "1"}, Spec: pod.Spec{NodeName: "n", Containers: []pod.Container{{Name: "app", Image: "i"}}}}
	m, err := lifecycle.New(p, nil)
	require.NoError(t, err)
	l := &Life{Machine: m, Engine: New(p, &Script{}, Node{})}
	_, ok := l.Save(nil)
	require.False(t, ok, "the engine has something to show")
	l.Engine.news = false
	_, ok = l.Save(nil)
	require.True(t, ok)
	l.Engine.pending = []happening{{kind: answers}}
	_, ok = l.Save(nil)
	require.False(t, ok, "somebody waits for an answer")
}
