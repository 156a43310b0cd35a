package clustertest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
)

const webDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "app:1"}]}
`

// TestRollout is what a test of a user's own looks like.
func TestRollout(t *testing.T) {
	k := clustertest.New(t, cluster.Config{Nodes: clustertest.Nodes(3)})
	k.Apply(webDeployment)
	available := func() bool {
		web := clustertest.Read[*object.Deployment](k, "web")
		return web.Status.ObservedGeneration == web.Generation && web.Status.AvailableReplicas == 3 && web.Status.Replicas == 3 &&
			web.Status.UpdatedReplicas == 3
	}
	k.Within(time.Minute, "web is available", available)
	k.Patch(object.DeploymentKind, "web", `spec: {template: {metadata: {labels: {release: "2"}}}}`)
	k.Within(time.Minute, "web is rolled out", available)
	require.Len(t, k.Pods("app=web,release=2"), 3)
	k.Always(time.Hour, "nothing happens any more", func() bool { return len(k.Pods("app=web")) == 3 })
}

// failing is a testing.TB that notes what a test says, and ends it as a real one would.
type failing struct {
	testing.TB
	said    strings.Builder
	cleanup []func()
	failed  bool
}

func (f *failing) Helper()                   {}
func (f *failing) Name() string              { return "TestOf/mine" }
func (f *failing) Failed() bool              { return f.failed }
func (f *failing) Cleanup(do func())         { f.cleanup = append(f.cleanup, do) }
func (f *failing) Log(args ...any)           { fmt.Fprintln(&f.said, args...) }
func (f *failing) Logf(s string, a ...any)   { fmt.Fprintf(&f.said, s+"\n", a...) }
func (f *failing) Fatal(args ...any)         { f.Log(args...); f.end() }
func (f *failing) Fatalf(s string, a ...any) { f.Logf(s, a...); f.end() }
func (f *failing) end()                      { f.failed = true; panic(f) }

// run runs a test on f to its end, and returns what it said.
func (f *failing) run(test func(t testing.TB)) string {
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(f) {
				panic(r)
			}
		}()
		test(f)
	}()
	for _, do := range f.cleanup {
		do()
	}
	return f.said.String()
}

func TestAFailedTestShowsTheCause(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PODLIFE_TIMELINES", folder)
	said := (&failing{}).run(func(t testing.TB) {
		crash := script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{{For: script.Duration(2 * time.Second), Exit: 3}}}}}
		k := clustertest.New(t, cluster.Config{Behaviors: []cluster.Behavior{{Name: "bad", Script: &crash}}})
		for _, name := range []string{"good", "bad"} {
			k.Apply(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: app, image: i}]}}`, name))
		}
		k.Within(20*time.Second, "bad runs for 10 s", func() bool {
			s := &k.Pod("bad").Status
			return len(s.ContainerStatuses) > 0 && s.ContainerStatuses[0].State.Running != nil &&
				k.Now().Sub(s.ContainerStatuses[0].State.Running.StartedAt.Time) >= 10*time.Second
		})
	})
	require.Contains(t, said, "after 20s it is not so that bad runs for 10 s")
	require.Contains(t, said, "CrashLoopBackOff", "the table of the pod that was asked about")
	require.Contains(t, said, "Running, not Ready: container app is not restarted for 20 s: back-off after 3 failures, the latest with exit code 3 (Error)")
	require.Contains(t, said, "Warning x2 BackOff: Back-off restarting failed container app in pod bad_default")
	require.Contains(t, said, "bad app  ##############~~~~~", "its timeline")
	require.NotContains(t, said, "pod good", "not the other one")
	require.Contains(t, said, "create Pod bad")
	page, err := os.ReadFile(filepath.Join(folder, "TestOf-mine.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "<svg")
}

func TestKitRefuses(t *testing.T) {
	for _, row := range []struct {
		want string
		do   func(k *clustertest.Kit)
	}{
		{`unknown field "spek"`, func(k *clustertest.Kit) { k.Apply("{apiVersion: v1, kind: Pod, metadata: {name: x}, spek: {}}") }},
		{"create Pod x: ", func(k *clustertest.Kit) { k.Apply("{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}}") }},
		{`create Deploymnt x: no matches for kind "Deploymnt" in version "apps/v1"`, func(k *clustertest.Kit) {
			k.Apply("{apiVersion: apps/v1, kind: Deploymnt, metadata: {name: x}}")
		}},
		{`"web" not found`, func(k *clustertest.Kit) { clustertest.Read[*object.Deployment](k, "web") }},
		{`the term "a b"`, func(k *clustertest.Kit) { k.Pods("a b") }},
		{"delete Pod x: ", func(k *clustertest.Kit) { k.Delete(object.PodKind, "x") }},
		{"node none fails: ", func(k *clustertest.Kit) { k.FailNode("none") }},
		{`resize pod x, container app: requests: {cpu: 1}: pods "x" not found`, func(k *clustertest.Kit) { k.Resize("x", "app", "requests: {cpu: 1}") }},
		{`resize pod x, container db: requests: {cpu: 1}: pod "default/x" has no container "db"`, func(k *clustertest.Kit) {
			k.Apply("{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: app, image: i}]}}")
			k.Resize("x", "db", "requests: {cpu: 1}")
		}},
		{`unknown field "request"`, func(k *clustertest.Kit) { k.Resize("x", "db", "request: {cpu: 1}") }},
		{"1s after the beginning it is not so any more that it is early", func(k *clustertest.Kit) {
			k.At(k.Now().Add(time.Second), func() {})
			start := k.Now()
			k.Always(time.Minute, "it is early", func() bool { return k.Now().Equal(start) })
		}},
	} {
		said := (&failing{}).run(func(t testing.TB) { row.do(clustertest.New(t, cluster.Config{})) })
		require.Contains(t, said, row.want)
	}
}
