package script_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// stage is an engine, and what has been told by it so far.
type stage struct {
	*script.Engine
	t *testing.T
	n lifecycle.ActionID
}

func newStage(t *testing.T, spec, behavior string) *stage {
	t.Helper()
	s, err := script.Parse("script.yaml", []byte(behavior))
	require.NoError(t, err)
	p := podOf(t, spec)
	require.NoError(t, s.Check(p))
	g := &stage{Engine: script.New(p, s, script.Node{}), t: t}
	g.Step(epoch)
	return g
}

// act asks for an action so long after the beginning, and returns its ID.
func (g *stage) act(after string, a lifecycle.Action) lifecycle.ActionID {
	g.n++
	a.ID = g.n
	g.Act(g.at(after), a)
	return a.ID
}

func (g *stage) at(after string) time.Time {
	d, err := time.ParseDuration(after)
	require.NoError(g.t, err)
	return epoch.Add(d)
}

// play plays on to the end, but no longer than an hour, and returns a line for each input, with its time.
func (g *stage) play(from string) []string {
	var out []string
	for now := g.at(from); now.Before(epoch.Add(time.Hour)); now = g.Wake() {
		for _, in := range g.Step(now) {
			out = append(out, fmt.Sprintf("%s %s", now.Sub(epoch), in))
		}
		if g.Wake().IsZero() {
			break
		}
	}
	return out
}

const plain = "{containers: [{name: app, image: i}]}"

func start(attempt int32) lifecycle.Action {
	return lifecycle.Action{Kind: lifecycle.StartContainer, Container: "app", Attempt: attempt}
}

func TestEngineStartsAreIdempotent(t *testing.T) {
	g := newStage(t, plain, "behavior: {app: {runs: [{for: 1s, exit: 3}, {forever: true}]}}")
	g.act("0s", start(0))
	g.act("0s", start(0))
	require.Equal(t, []string{"0s Seen sandbox=absent app#0=running", "1s Seen sandbox=absent app#0=exited(3)"}, g.play("0s"))
	g.act("2s", start(0))
	require.Equal(t, []string{"2s Seen sandbox=absent app#0=exited(3)"}, g.play("2s"), "shown again, not run again")
	g.act("3s", start(1))
	require.Equal(t, []string{"3s Seen sandbox=absent app#0=exited(3) app#1=running"}, g.play("3s"))
	require.True(t, g.Wake().IsZero())
}

func TestEngineIsSilentWhereNothingHappens(t *testing.T) {
	g := newStage(t, plain, "{}")
	require.Empty(t, g.play("0s"))
	g.act("0s", start(0))
	require.Len(t, g.play("0s"), 1)
	require.Empty(t, g.play("1s"))
	require.Empty(t, g.Step(epoch), "time that runs backwards brings nothing")
}

func TestEngineStops(t *testing.T) {
	stop := func(grace time.Duration) lifecycle.Action {
		return lifecycle.Action{Kind: lifecycle.StopContainer, Container: "app", Timeout: grace}
	}
	for _, row := range []struct {
		name, behavior string
		grace          time.Duration
		want           string
	}{
		{"obeys", "{}", 5 * time.Second, "1s exited(143)"},
		{"takes a while", "{onTerm: {after: 2s, exit: 0}}", 5 * time.Second, "3s exited(0)"},
		{"takes too long", "{onTerm: {after: 9s, exit: 0}}", 5 * time.Second, "6s exited(137)"},
		{"ignores", "{onTerm: {ignore: true}}", 5 * time.Second, "6s exited(137)"},
		{"ends by itself", "{onTerm: {ignore: true}, runs: [{for: 3s, exit: 7}]}", 5 * time.Second, "3s exited(7)"},
		{"is killed", "{}", 0, "1s exited(137)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newStage(t, plain, "behavior: {app: "+row.behavior+"}")
			g.act("0s", start(0))
			g.Step(epoch)
			g.act("1s", stop(row.grace))
			g.act("1s", stop(row.grace))
			got := strings.Join(g.play("1s"), "; ")
			require.Equal(t, strings.Replace(row.want, " ", " Seen sandbox=absent app#0=", 1), got)
		})
	}
}

func TestEngineStopsByTheEarliestKill(t *testing.T) {
	for _, row := range []struct {
		name          string
		first, second time.Duration
		want          string
	}{
		{"the second is sooner", time.Hour, 5 * time.Second, "7s Seen sandbox=absent app#0=exited(137)"},
		{"the second is later", 5 * time.Second, time.Hour, "6s Seen sandbox=absent app#0=exited(137)"},
		{"the second is at once", time.Hour, 0, "2s Seen sandbox=absent app#0=exited(137)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newStage(t, plain, "behavior: {app: {onTerm: {ignore: true}}}")
			g.act("0s", start(0))
			g.Step(epoch)
			g.act("1s", lifecycle.Action{Kind: lifecycle.StopContainer, Container: "app", Timeout: row.first})
			g.act("2s", lifecycle.Action{Kind: lifecycle.StopContainer, Container: "app", Timeout: row.second})
			require.Equal(t, []string{row.want}, g.play("1s"))
		})
	}
}

func TestEngineAnswersEachCallOnce(t *testing.T) {
	const spec = "{containers: [{name: app, image: i, livenessProbe: {exec: {command: [/alive]}}, lifecycle: {preStop: {sleep: {seconds: 4}}}}]}"
	g := newStage(t, spec, "behavior: {app: {runs: [{for: 3s}], exec: {/alive: [{until: 2s, takes: 500ms}, {takes: 5s, exit: 1}]}}}")
	g.act("0s", start(0))
	g.Step(epoch)
	g.act("1s", lifecycle.Action{Kind: lifecycle.RunProbe, Call: lifecycle.LivenessProbe, Container: "app", Timeout: time.Second})
	g.act("2s", lifecycle.Action{Kind: lifecycle.RunProbe, Call: lifecycle.LivenessProbe, Container: "app", Timeout: 500 * time.Millisecond})
	g.act("2s", lifecycle.Action{Kind: lifecycle.RunProbe, Call: lifecycle.LivenessProbe, Container: "app", Timeout: time.Hour})
	g.act("2s", lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PreStop, Container: "app"})
	got := g.play("1s")
	require.Len(t, got, 5)
	require.Equal(t, "1.5s Done #2 ok", got[0])
	require.Contains(t, got[1], "2.5s Done #3 timed out")
	require.Equal(t, "3s Seen sandbox=absent app#0=exited(0)", got[2], "ends before results")
	require.Equal(t, "3s Done #4 failed", got[3], "a command ends with its container")
	require.Equal(t, "6s Done #5 ok", got[4], "a sleep does not run in the container")
}

func TestEngineRules(t *testing.T) {
	const spec = `{containers: [{name: app, image: i,
		livenessProbe: {httpGet: {path: /live, port: 80}}, readinessProbe: {tcpSocket: {port: 5432}}, startupProbe: {grpc: {port: 9000, service: db}},
		lifecycle: {postStart: {httpGet: {path: /live, port: 80}}}}]}`
	g := newStage(t, spec, `behavior: {app: {
		http: {/live: [{until: 2s, status: 399}, {status: 400}]},
		tcp: {"5432": [{until: 2s, exit: 1, output: refused}, {}]},
		grpc: {db: [{until: 2s}, {exit: 1, output: NOT_SERVING}]}}}`)
	g.act("0s", start(0))
	g.Step(epoch)
	for _, at := range []string{"1s", "2s"} {
		for _, call := range []lifecycle.Call{lifecycle.LivenessProbe, lifecycle.ReadinessProbe, lifecycle.StartupProbe} {
			g.act(at, lifecycle.Action{Kind: lifecycle.RunProbe, Call: call, Container: "app"})
		}
	}
	g.act("2s", lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PostStart, Container: "app"})
	require.Equal(t, []string{
		`1s Done #2 warned "Probe terminated redirects, Response body: "`, `1s Done #3 failed "refused"`, `1s Done #4 ok`,
		`2s Done #5 failed "HTTP probe failed with statuscode: 400"`, `2s Done #6 ok`, `2s Done #7 failed "NOT_SERVING"`,
		`2s Done #8 ok`,
	}, g.play("1s"), "a hook over HTTP takes any answer for a yes")
}

// TestEngineCallsOverTheNetwork holds what is said of calls that take too long, or that cannot be made.
func TestEngineCallsOverTheNetwork(t *testing.T) {
	const spec = `{containers: [{name: app, image: i, env: [{name: CHECK, value: /alive}], ports: [{name: web, containerPort: 8080}],
		livenessProbe: {httpGet: {path: /live, port: web}}, readinessProbe: {tcpSocket: {port: web, host: "fd00::7"}}, startupProbe: {grpc: {port: 9000}},
		lifecycle: {postStart: {httpGet: {path: bye, scheme: HTTPS, port: none}}}},
		{name: lost, image: i, livenessProbe: {httpGet: {port: none}}, readinessProbe: {tcpSocket: {port: none}},
		startupProbe: {exec: {command: [$(CHECK)]}}, env: [{name: CHECK, value: /alive}]}]}`
	g := newStage(t, spec, `behavior: {app: {http: {/live: [{takes: 9s}]}, tcp: {web: [{takes: 9s}]}, grpc: {"": [{takes: 9s}]}}, lost: {exec: {/alive: [{exit: 3}]}}}`)
	g.act("0s", start(0))
	g.act("0s", lifecycle.Action{Kind: lifecycle.StartContainer, Container: "lost"})
	g.Step(epoch)
	probe := func(container string, call lifecycle.Call) {
		g.act("1s", lifecycle.Action{Kind: lifecycle.RunProbe, Call: call, Container: container, Timeout: time.Second})
	}
	for _, call := range []lifecycle.Call{lifecycle.LivenessProbe, lifecycle.ReadinessProbe, lifecycle.StartupProbe} {
		probe("app", call)
		probe("lost", call)
	}
	g.act("1s", lifecycle.Action{Kind: lifecycle.RunHook, Call: lifecycle.PostStart, Container: "app"})
	require.Equal(t, []string{
		`1s Done #4 unknown "port \"none\" not found"`,
		`1s Done #6 unknown "port \"none\" not found"`,
		`1s Done #8 failed`,
		`1s Done #9 failed "port \"none\" not found"`,
		`2s Done #3 timed out "Get \"http://127.0.0.1:8080/live\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"`,
		`2s Done #5 timed out "dial tcp [fd00::7]:8080: i/o timeout"`,
		`2s Done #7 timed out "timeout: health rpc did not complete within 1s"`,
	}, g.play("1s"))
}

func TestEnginePullsAndSandbox(t *testing.T) {
	g := newStage(t, plain, "{sandbox: [{takes: 1s, error: no address}, {}], behavior: {app: {pull: [{takes: 2s, error: gone}, {takes: 1s}]}}}")
	require.Equal(t, []string{"i"}, g.Seen().MissingImages)
	g.act("0s", lifecycle.Action{Kind: lifecycle.CreateSandbox})
	g.act("0s", lifecycle.Action{Kind: lifecycle.PullImage, Container: "app"})
	require.Equal(t, []string{`1s Done #1 failed "no address"`, `2s Done #2 failed ErrImagePull "gone"`}, g.play("0s"))
	g.act("3s", lifecycle.Action{Kind: lifecycle.CreateSandbox})
	g.act("3s", lifecycle.Action{Kind: lifecycle.PullImage, Container: "app"})
	require.Equal(t, []string{"3s Seen sandbox=ready", "4s Done #4 ok"}, g.play("3s"))
	require.Empty(t, g.Seen().MissingImages)
}

func TestEngineLoses(t *testing.T) {
	const spec = "{containers: [{name: app, image: i, livenessProbe: {exec: {command: [/alive]}}}]}"
	for _, row := range []struct {
		name string
		lose func(e *script.Engine, at time.Time)
		want []string
	}{
		{"container", func(e *script.Engine, at time.Time) { e.LoseContainer("app", at) },
			[]string{"1s Seen sandbox=ready", "1s Done #3 failed"}},
		{"sandbox", (*script.Engine).LoseSandbox, []string{"1s Seen sandbox=stopped app#0=exited(137)", "1s Done #3 failed"}},
		{"everything", (*script.Engine).Lose, []string{"1s Seen sandbox=absent", "1s Done #3 failed"}},
		{"an unknown container", func(e *script.Engine, at time.Time) { e.LoseContainer("web", at) },
			[]string{"6s Done #3 ok", "9s Seen sandbox=ready app#0=exited(0)"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newStage(t, spec, "behavior: {app: {runs: [{for: 9s}], exec: {/alive: [{takes: 5s}]}}}")
			g.act("0s", lifecycle.Action{Kind: lifecycle.CreateSandbox})
			g.Step(epoch)
			g.act("0s", start(0))
			g.Step(epoch)
			g.act("1s", lifecycle.Action{Kind: lifecycle.RunProbe, Call: lifecycle.LivenessProbe, Container: "app"})
			row.lose(g.Engine, g.at("1s"))
			require.Equal(t, row.want, g.play("1s"))
		})
	}
}

func TestEngineLevers(t *testing.T) {
	g := newStage(t, plain, "{}")
	require.EqualError(t, g.Fail("app", epoch, 1, ""), `container "app" does not run`)
	require.EqualError(t, g.SetReady("web", true), `container "web": the pod has none of that name`)
	g.act("0s", start(0))
	g.Step(epoch)
	require.NoError(t, g.SetReady("app", false))
	g.Step(epoch)
	require.False(t, *g.Seen().Containers[0].Ready)
	require.NoError(t, g.Fail("app", g.at("2s"), 137, "OOMKilled"))
	require.Equal(t, []string{"2s Seen sandbox=absent app#0=exited(137)"}, g.play("2s"))
	require.Equal(t, "OOMKilled", string(g.Seen().Containers[0].Reason))
	g.act("3s", start(1))
	g.Step(g.at("3s"))
	require.False(t, *g.Seen().Containers[1].Ready, "the readiness holds for attempts to come")
}
