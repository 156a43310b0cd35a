package history_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/pod"
)

// TestSummarize holds summaries against what `kubectl get pods` says of the same pods.
func TestSummarize(t *testing.T) {
	const two = "spec: {initContainers: [{name: a}, {name: b}], containers: [{name: app}]}\n"
	const sidecar = "spec: {initContainers: [{name: log, restartPolicy: Always}], containers: [{name: app}]}\n"
	for _, row := range []struct{ name, pod, want string }{
		{"new", "spec: {containers: [{name: app}]}\nstatus: {phase: Pending}", "0/1 Pending 0"},
		{"gated", "spec: {containers: [{name: app}]}\nstatus: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated}]}",
			"0/1 SchedulingGated 0"},
		{"creating", one("phase: Pending", "state: {waiting: {reason: ContainerCreating}}"), "0/1 ContainerCreating 0"},
		{"running", one("phase: Running", "ready: true, restartCount: 2, state: {running: {}}"), "1/1 Running 2"},
		{"unready", one("phase: Running", "state: {running: {}}"), "0/1 Running 0"},
		{"back-off", one("phase: Running", "restartCount: 4, state: {waiting: {reason: CrashLoopBackOff}}"), "0/1 CrashLoopBackOff 4"},
		{"error", one("phase: Running", "state: {terminated: {exitCode: 1, reason: Error}}"), "0/1 Error 0"},
		{"nameless end", one("phase: Failed", "state: {terminated: {exitCode: 3}}"), "0/1 ExitCode:3 0"},
		{"completed", one("phase: Succeeded", "state: {terminated: {exitCode: 0, reason: Completed}}"), "0/1 Completed 0"},
		{"evicted", "spec: {containers: [{name: app}]}\nstatus: {phase: Failed, reason: Evicted}", "0/1 Evicted 0"},
		{"terminating", "metadata: {deletionTimestamp: 2026-01-01T00:00:00Z}\n" + one("phase: Running", "ready: true, state: {running: {}}"),
			"1/1 Terminating 0"},
		{"ended while terminating", "metadata: {deletionTimestamp: 2026-01-01T00:00:00Z}\n" +
			one("phase: Failed", "state: {terminated: {exitCode: 143, reason: Error}}"), "0/1 Error 0"},
		{"one of two completed", "spec: {containers: [{name: a}, {name: b}]}\nstatus: {phase: Running, containerStatuses: [" +
			"{name: a, state: {terminated: {reason: Completed}}}, {name: b, ready: true, state: {running: {}}}]}", "1/2 NotReady 0"},
		{"first init runs", two + "status: {phase: Pending, initContainerStatuses: [{name: a, state: {running: {}}}, " +
			"{name: b, state: {waiting: {reason: PodInitializing}}}]}", "0/1 Init:0/2 0"},
		{"second init runs", two + "status: {phase: Pending, initContainerStatuses: [{name: a, state: {terminated: {exitCode: 0}}}, " +
			"{name: b, restartCount: 1, state: {running: {}}}]}", "0/1 Init:1/2 1"},
		{"init fails", two + "status: {phase: Pending, initContainerStatuses: [{name: a, state: {terminated: {exitCode: 1, reason: Error}}}, " +
			"{name: b, state: {waiting: {reason: PodInitializing}}}]}", "0/1 Init:Error 0"},
		{"init loops", two + "status: {phase: Pending, initContainerStatuses: [{name: a, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}}, " +
			"{name: b, state: {waiting: {reason: PodInitializing}}}]}", "0/1 Init:CrashLoopBackOff 3"},
		{"initializing", two + "status: {phase: Pending, initContainerStatuses: [{name: a, state: {terminated: {exitCode: 0}}}, " +
			"{name: b, state: {terminated: {exitCode: 0}}}], containerStatuses: [{name: app, state: {waiting: {reason: PodInitializing}}}]}",
			"0/1 PodInitializing 0"},
		{"sidecar starts", sidecar + "status: {phase: Pending, initContainerStatuses: [{name: log, started: false, state: {running: {}}}]}", "0/2 Init:0/1 0"},
		{"sidecar serves", sidecar + "status: {phase: Running, initContainerStatuses: [{name: log, started: true, ready: true, restartCount: 1, " +
			"state: {running: {}}}], containerStatuses: [{name: app, ready: true, restartCount: 1, state: {running: {}}}]}", "2/2 Running 2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, summary(history.Summarize(parse(t, row.pod))))
		})
	}
}

// one is the pod of one container with that status.
func one(phase, container string) string {
	return "spec: {containers: [{name: app}]}\nstatus: {" + phase + ", containerStatuses: [{name: app, " + container + "}]}"
}

func parse(t *testing.T, text string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse([]byte("apiVersion: v1\nkind: Pod\n" + text))
	require.NoError(t, err)
	return p
}

func summary(s history.Summary) string {
	var b strings.Builder
	for _, n := range []int{s.Ready, s.Containers, int(s.Restarts)} {
		b.WriteByte('0' + byte(n))
	}
	n := b.String()
	return n[:1] + "/" + n[1:2] + " " + s.Status + " " + n[2:]
}

func TestRecordKeepsChangesAlone(t *testing.T) {
	h := &history.History{}
	p := parse(t, one("phase: Pending", "state: {waiting: {reason: ContainerCreating}}"))
	h.Record(0, p)
	h.Record(time.Second, p)
	require.Len(t, h.Statuses, 1, "the same again is no entry")
	p.Generation = 2
	h.Record(time.Second, p)
	require.Len(t, h.Statuses, 1, "a generation alone is no change of the status")
	p.Status.Phase = pod.Running
	h.Record(2345678*time.Microsecond, p)
	require.Len(t, h.Statuses, 2)
	require.Equal(t, 2.35, h.Statuses[1].T, "to the hundredth of a second")
	require.Equal(t, pod.Pending, h.Statuses[0].Status.Phase, "an entry is a copy")

	at, grace := pod.NewTime(time.Unix(0, 0)), int64(30)
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &at, &grace
	h.Record(3*time.Second, p)
	require.Len(t, h.Statuses, 3, "a deletion is an entry")
	require.Equal(t, int64(30), *h.Statuses[2].DeletionGracePeriodSeconds)
}

func TestEmitCounts(t *testing.T) {
	h := &history.History{}
	for range 2 {
		h.Emit(time.Second, lifecycle.Event{Kind: lifecycle.Created, Container: "app"})
		h.Emit(time.Second, lifecycle.Event{Kind: lifecycle.Created, Container: "log"})
	}
	var counts []int
	for _, e := range h.Events {
		counts = append(counts, e.Count)
	}
	require.Equal(t, []int{1, 1, 2, 2}, counts)
	require.Equal(t, history.Event{
		T: 1, Type: "Normal", Reason: "Created", Message: "Container created", Container: "app", Count: 1,
	}, h.Events[0])
}

func TestWriteAndParse(t *testing.T) {
	h := sample(t)
	var first, second bytes.Buffer
	require.NoError(t, h.Write(&first))
	again, err := history.Parse(first.Bytes())
	require.NoError(t, err)
	require.NoError(t, again.Write(&second))
	require.Equal(t, first.String(), second.String())
	require.Equal(t, 9.0, *again.GoneAt)
	require.Len(t, again.Statuses, len(h.Statuses))

	_, err = history.Parse([]byte("{"))
	require.ErrorContains(t, err, "history: ")
}

func sample(t *testing.T) *history.History {
	t.Helper()
	h := &history.History{Scenario: "sample", Events: []history.Event{}}
	h.Record(0, parse(t, "spec: {containers: [{name: app}]}\nstatus: {phase: Pending}"))
	h.Record(10*time.Millisecond, parse(t, one("phase: Pending", "state: {waiting: {reason: ContainerCreating}}")))
	h.Record(1500*time.Millisecond, parse(t, one("phase: Running", "ready: true, state: {running: {}}")))
	h.Record(1500*time.Millisecond, parse(t, one("phase: Running, podIP: 10.0.0.1", "ready: true, state: {running: {}}")))
	h.Record(62*time.Second, parse(t, one("phase: Running", "state: {terminated: {exitCode: 1, reason: Error}}")))
	h.Emit(2*time.Second, lifecycle.Event{Kind: lifecycle.Started, Container: "app"})
	h.Gone(9 * time.Second)
	return h
}

func TestWatch(t *testing.T) {
	require.Equal(t, ""+
		"TIME  READY  STATUS             RESTARTS  CONTAINERS\n"+
		"0s    0/1    Pending            0\n"+
		"10ms  0/1    ContainerCreating  0         app waiting (ContainerCreating)\n"+
		"1.5s  1/1    Running            0         app running\n"+
		"1m2s  0/1    Error              0         app exit 1 (Error)\n"+
		"9s           gone\n", sample(t).Watch())
}

func TestString(t *testing.T) {
	text := sample(t).String()
	for _, line := range []string{
		"    0.00 | Pending ip=\n",
		"    1.50 | Running ip=10.0.0.1\n         |   app: Running x0 ready=t started=-\n",
		"   62.00 | Running ip=\n         |   app: Terminated(Error,1) x0 ready=f started=-\n",
		"    9.00 | gone\n",
		"    2.00 | Normal Started [app] x1 Container started\n",
	} {
		require.Contains(t, text, line)
	}
}
