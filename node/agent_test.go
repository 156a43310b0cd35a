package node_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
)

func TestCrashLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{lives: func(string, int32) (time.Duration, int32) { return time.Second, 1 }}, node.Config{})
		w.apply(plain)
		var starts []string
		w.until(func(c node.Change) bool {
			for _, s := range c.Pod.Status.ContainerStatuses {
				line := fmt.Sprintf("%s restart %d", w.at(), s.RestartCount)
				if s.State.Running != nil && !slices.Contains(starts, line) {
					starts = append(starts, line)
				}
			}
			return len(starts) == 6
		})
		require.Equal(t, []string{
			"0s restart 0", "1s restart 1", "12s restart 2", "33s restart 3", "1m14s restart 4", "2m35s restart 5",
		}, starts)
		require.NoError(t, w.end())
	})
}

func TestDeleteGraceful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{stubborn: true}, node.Config{})
		w.apply(plain)
		w.until(isReady)
		time.Sleep(10 * time.Second)
		p := w.delete(pod.DeleteOptions{})
		require.Equal(t, 40*time.Second, w.at())
		require.Equal(t, pod.Failed, p.Status.Phase)
		require.Equal(t, int32(137), p.Status.ContainerStatuses[0].State.Terminated.ExitCode)
		require.Empty(t, w.Pods())
		require.ErrorIs(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}), node.ErrNotFound)
		require.Empty(t, w.fake.pods)
		require.NoError(t, w.end())
	})
}

func TestDeleteRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.apply(plain)
		var refused *pod.StatusError
		require.ErrorAs(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{UID: "another"}), &refused)
		require.Equal(t, pod.StatusReasonConflict, refused.Reason)
		require.ErrorIs(t, w.Delete(pod.Key{Namespace: "elsewhere", Name: "web"}, pod.DeleteOptions{}), node.ErrNotFound)
		require.NoError(t, w.end())
	})
}

func TestProbeTimeoutRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{exec: func(ctx context.Context, _ []string) (node.ExecResult, error) {
			<-ctx.Done()
			return node.ExecResult{}, ctx.Err()
		}}
		w := newWorld(t, f, node.Config{})
		w.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: app, image: "a:1", livenessProbe: {exec: {command: [check, me]}, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2}}
`)
		p := w.until(func(c node.Change) bool {
			s := c.Pod.Status.ContainerStatuses
			return len(s) == 1 && s[0].RestartCount == 1 && s[0].State.Running != nil
		})
		require.Equal(t, int32(143), p.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
		require.Equal(t, 2, f.said("exec check"))
		var unhealthy []node.Event
		for e := range w.Events(t.Context()) {
			if e.Reason == "Unhealthy" {
				unhealthy = append(unhealthy, e)
				break
			}
		}
		require.Equal(t, `Liveness probe failed: command timed out: "check me" timed out after 2s`, unhealthy[0].Message)
		require.Equal(t, 2, unhealthy[0].Count)
		require.Equal(t, 5*time.Second, unhealthy[0].Last.Sub(unhealthy[0].First))
		require.NoError(t, w.end())
	})
}

func TestHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: a:1
    lifecycle: {postStart: {exec: {command: [begin]}}, preStop: {sleep: {seconds: 7}}}
`)
		w.until(isReady)
		require.Equal(t, 1, w.fake.said("exec begin"))
		w.delete(pod.DeleteOptions{})
		require.Equal(t, 7*time.Second, w.at())
		require.Equal(t, 1, w.fake.said("stop app#0 23s"))
		require.NoError(t, w.end())
	})
}

func TestHookIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 10
  containers:
  - {name: app, image: "a:1", lifecycle: {preStop: {sleep: {seconds: 9}}}}
`)
		w.until(isReady)
		w.delete(pod.DeleteOptions{GracePeriodSeconds: new(int64(4))})
		require.Equal(t, 4*time.Second, w.at())
		require.Equal(t, 1, w.fake.said("stop app#0 2s"))
		require.NoError(t, w.end())
	})
}

func TestRunEndsEverything(t *testing.T) {
	for _, grace := range []time.Duration{0, 5 * time.Second} {
		t.Run(grace.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{stubborn: true}
				addresses := &fixed{ips: ips("10.1.0.5")}
				w := newWorld(t, f, node.Config{ShutdownGrace: grace, Addresses: addresses})
				w.apply(plain)
				w.apply(strings.Replace(plain, "web", "other", 1))
				w.until(isReady)
				synctest.Wait()
				watched := make(chan int, 1)
				go func() {
					n := 0
					for range w.Watch(context.Background()) {
						n++
					}
					watched <- n
				}()
				synctest.Wait()
				require.Len(t, addresses.held, 2)
				before := time.Now()
				require.NoError(t, w.end())
				require.Empty(t, addresses.held)
				require.Equal(t, grace, time.Since(before))
				require.Equal(t, 2, <-watched, "the pods as they were, and then the end")
				require.Empty(t, f.pods)
				require.ErrorIs(t, w.Apply(&pod.Pod{}), node.ErrStopped)
				require.ErrorIs(t, w.Run(t.Context()), node.ErrStopped)
				require.Len(t, w.Pods(), 2, "the status stays as it was")
			})
		})
	}
}

func TestRunTellsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{fail: func(call string) error {
			if call == "remove sandbox" {
				return errBroken
			}
			return nil
		}}
		w := newWorld(t, f, node.Config{})
		w.apply(plain)
		w.until(isReady)
		err := w.end()
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, err, `pod "default/web"`)
	})
}

func TestRuntimeThatFails(t *testing.T) {
	for _, c := range []struct {
		call, reason, event string
		err                 error
		times               int
	}{
		{"create", "ContainerCreating", "FailedCreatePodSandBox", errBroken, 1},
		// The first look after a new sandbox tries again at once.
		{"start app#0", "CreateContainerError", "Failed", errBroken, 2},
		{"start app#0", "CreateContainerConfigError", "Failed",
			&node.StartError{Reason: pod.ReasonCreateContainerConfigError, Message: "no such secret"}, 2},
	} {
		t.Run(c.call+" "+c.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				times := 0
				f := &fake{fail: func(call string) error {
					if call == c.call && times < c.times {
						times++
						return c.err
					}
					return nil
				}}
				w := newWorld(t, f, node.Config{})
				w.apply(plain)
				w.until(func(ch node.Change) bool {
					s := ch.Pod.Status.ContainerStatuses
					return len(s) == 1 && s[0].State.Waiting != nil && string(s[0].State.Waiting.Reason) == c.reason
				})
				w.until(isReady)
				require.Equal(t, 10*time.Second, w.at())
				for e := range w.Events(t.Context()) {
					if string(e.Reason) == c.event {
						break
					}
				}
				require.NoError(t, w.end())
			})
		})
	}
}

func TestListFailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		from := time.Now()
		f.fail = func(call string) error {
			if call == "list" && time.Since(from) < 5*time.Second {
				return errBroken
			}
			return nil
		}
		w := newWorld(t, f, node.Config{})
		w.apply(plain)
		w.until(isReady)
		require.Equal(t, 5*time.Second, w.at())
		require.NoError(t, w.end())
	})
}

// TestRuntimeWithoutNotifier shows that an exit is noticed at the next look, and that nothing is looked at in between.
func TestRuntimeWithoutNotifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{lives: func(_ string, attempt int32) (time.Duration, int32) {
			return 2500*time.Millisecond - time.Duration(attempt)*time.Hour, 0
		}}
		w := newWorld(t, f, node.Config{Runtime: quiet{f}, Relist: time.Second})
		w.apply(plain)
		w.until(func(c node.Change) bool {
			s := c.Pod.Status.ContainerStatuses
			return len(s) == 1 && s[0].RestartCount == 1
		})
		require.Equal(t, 3*time.Second, w.at())
		require.NoError(t, w.end())
	})
}

func TestIdlePodIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		w := newWorld(t, f, node.Config{})
		w.apply(plain)
		w.until(isReady)
		synctest.Wait()
		before := len(f.calls)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Len(t, f.calls, before)
		require.NoError(t, w.end())
	})
}

func TestPullIsBackedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		f := &fake{missing: []string{"example/app:1"}, pull: func(ctx context.Context) (int64, error) {
			time.Sleep(2 * time.Second)
			if tries++; tries < 3 {
				return 0, &node.StartError{Reason: pod.ReasonErrImagePull, Message: "manifest unknown"}
			}
			return 1234, nil
		}}
		w := newWorld(t, f, node.Config{})
		w.apply(plain)
		w.until(isReady)
		require.Equal(t, 36*time.Second, w.at())
		var pulled string
		for e := range w.Events(t.Context()) {
			if e.Reason == "Pulled" {
				pulled = e.Message
				break
			}
		}
		require.Equal(t, `Successfully pulled image "example/app:1" in 2s (2s including waiting). Image size: 1234 bytes.`, pulled)
		require.NoError(t, w.end())
	})
}

func TestWatchLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{lives: func(string, int32) (time.Duration, int32) { return time.Second, 1 }}, node.Config{})
		w.apply(plain)
		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan []string, 2)
		for _, slow := range []time.Duration{0, time.Minute} {
			go func() {
				var versions []string
				for c := range w.Watch(ctx) {
					versions = append(versions, c.Pod.ResourceVersion)
					time.Sleep(slow)
					if c.Type == node.Deleted {
						break
					}
				}
				seen <- versions
			}()
		}
		synctest.Wait()
		time.Sleep(10 * time.Minute)
		require.NoError(t, w.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
		fast, slow := <-seen, <-seen
		cancel()
		for _, versions := range [][]string{fast, slow} {
			first, err := strconv.Atoi(versions[0])
			require.NoError(t, err)
			for i, v := range versions {
				require.Equal(t, strconv.Itoa(first+i), v)
			}
			require.Greater(t, len(versions), 20)
		}
		require.Equal(t, fast[len(fast)-1], slow[len(slow)-1])
		require.NoError(t, w.end())
	})
}

func TestApplyRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		p := w.apply(plain)
		for _, c := range []struct{ name, manifest, want string }{
			{"not valid", `{apiVersion: v1, kind: Pod, metadata: {name: "No"}, spec: {containers: [{name: a, image: b}]}}`, "metadata.name"},
			{"no container", `{apiVersion: v1, kind: Pod, metadata: {name: other}, spec: {}}`, "spec.containers"},
			{"another node", `{apiVersion: v1, kind: Pod, metadata: {name: other}, spec: {nodeName: moon, containers: [{name: a, image: b}]}}`,
				`pod "default/other" is bound to node "moon", and this is node "node"`},
			{"no driver", `{apiVersion: v1, kind: Pod, metadata: {name: other}, spec: {volumes: [{name: v, emptyDir: {}}],
				containers: [{name: a, image: b}]}}`, `pod "default/other" has volumes, and node "node" has no driver for them`},
			{"UID taken", fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: other, uid: %s}, spec: {containers: [{name: a, image: b}]}}`, p.UID),
				"exists already"},
			{"another UID", `{apiVersion: v1, kind: Pod, metadata: {name: web, uid: x}, spec: {containers: [{name: app, image: "example/app:1"}]}}`,
				`the uid is`},
			{"forbidden change", strings.Replace(plain, "name: app", "name: apq", 1), "spec"},
		} {
			q, err := pod.Parse([]byte(c.manifest))
			require.NoError(t, err, c.name)
			require.ErrorContains(t, w.Apply(q), c.want, c.name)
		}
		require.Len(t, w.Pods(), 1)
		require.NoError(t, w.end())
	})
}

func TestApplyNamesAndUIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{Random: strings.NewReader(strings.Repeat("podlife!", 20))})
		p, err := pod.Parse([]byte(`{apiVersion: v1, kind: Pod, metadata: {generateName: job-, namespace: batch},
			spec: {containers: [{name: a, image: b}]}}`))
		require.NoError(t, err)
		require.NoError(t, w.Apply(p))
		require.Empty(t, p.Name, "what was applied is not written to")
		q := w.Pods()[0]
		require.Equal(t, "batch", q.Namespace)
		require.Regexp(t, "^job-[a-z0-9]{5}$", q.Name)
		require.Equal(t, pod.UID("706f646c-6966-4521-b06f-646c69666521"), q.UID)
		require.Equal(t, "node", q.Spec.NodeName)
		require.NoError(t, w.end())
	})
}

func TestApplyBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		a, err := node.New(node.Config{Runtime: f})
		require.NoError(t, err)
		p, err := pod.Parse([]byte(plain))
		require.NoError(t, err)
		require.NoError(t, a.Apply(p))
		synctest.Wait()
		require.Empty(t, f.calls)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		for c := range a.Watch(t.Context()) {
			if isReady(c) {
				break
			}
		}
		cancel()
		require.NoError(t, <-done)
	})
}

func TestReadinessGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.apply(strings.Replace(plain, "spec: {", "spec: {readinessGates: [{conditionType: example.com/ok}], ", 1))
		w.until(isReady)
		synctest.Wait()
		p, _ := w.Pod(pod.Key{Name: "web"})
		require.Equal(t, pod.ConditionFalse, condition(p, pod.Ready))
		q := p.Clone()
		q.Status.Conditions = append(q.Status.Conditions, pod.Condition{Type: "example.com/ok", Status: pod.ConditionTrue})
		require.NoError(t, w.Update(q, pod.SubresourceStatus))
		w.until(func(c node.Change) bool { return condition(c.Pod, pod.Ready) == pod.ConditionTrue })
		require.NoError(t, w.end())
	})
}

func condition(p *pod.Pod, kind pod.ConditionType) pod.ConditionStatus {
	for _, c := range p.Status.Conditions {
		if c.Type == kind {
			return c.Status
		}
	}
	return ""
}

func TestSchedulingGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		p := w.apply(strings.Replace(plain, "spec: {", "spec: {schedulingGates: [{name: wait}], ", 1))
		time.Sleep(time.Minute)
		require.Zero(t, w.fake.said("create"))
		q := p.Clone()
		q.ResourceVersion, q.Spec.SchedulingGates = "", nil
		require.NoError(t, w.Apply(q))
		p = w.until(isReady)
		require.Equal(t, "node", p.Spec.NodeName)
		require.NoError(t, w.end())
	})
}

func TestEvict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{stubborn: true}, node.Config{})
		w.apply(plain)
		w.until(isReady)
		require.NoError(t, w.Evict(pod.Key{Name: "web"}, node.EvictOptions{Message: "no room", GraceSeconds: new(int64(3))}))
		p := w.until(func(c node.Change) bool { return c.Pod.Status.Phase == pod.Failed })
		require.Equal(t, 3*time.Second, w.at())
		require.Equal(t, pod.ReasonEvicted, p.Status.Reason)
		require.Equal(t, "no room", p.Status.Message)
		require.ErrorIs(t, w.Evict(pod.Key{Name: "nobody"}, node.EvictOptions{}), node.ErrNotFound)
		w.delete(pod.DeleteOptions{})
		require.Equal(t, 3*time.Second, w.at(), "a pod that has ended is gone at once")
		require.NoError(t, w.end())
	})
}

func TestEnvironmentOfContainers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{
			Machine: &lifecycle.Config{HostIPs: ips("192.0.2.2")}, Addresses: &fixed{ips: ips("10.1.0.5", "fd00::5")},
		})
		w.apply(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: app
    image: a:1
    env:
    - {name: WHO, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: TEXT, value: "$(WHO) at $(IP) $(NOBODY)"}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
    - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
`)
		p := w.until(isReady)
		require.Equal(t, []string{
			"WHO=web", "TEXT=web at $(IP) $(NOBODY)", "IP=10.1.0.5", "IPS=10.1.0.5,fd00::5", "HOST=192.0.2.2",
		}, w.fake.env)
		require.Equal(t, "10.1.0.5", p.Status.PodIP)
		require.NoError(t, w.end())
	})
}

func TestConfigurationErrorShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.apply(strings.Replace(plain, `{name: app,`, `{name: app, envFrom: [{configMapRef: {name: none}}],`, 1))
		p := w.until(func(c node.Change) bool {
			s := c.Pod.Status.ContainerStatuses
			return len(s) == 1 && s[0].State.Waiting != nil && s[0].State.Waiting.Reason != "ContainerCreating"
		})
		require.Equal(t, pod.ReasonCreateContainerConfigError, p.Status.ContainerStatuses[0].State.Waiting.Reason)
		require.Equal(t, `configmap "none" not found`, p.Status.ContainerStatuses[0].State.Waiting.Message)
		require.NoError(t, w.end())
	})
}

func TestNewWithoutRuntime(t *testing.T) {
	_, err := node.New(node.Config{})
	require.EqualError(t, err, "node: Config.Runtime is not set")
}

// TestLongHostname holds that a pod whose fully qualified name is too long for a host name never gets a sandbox.
func TestLongHostname(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		w.apply(strings.Replace(plain, "containers", "setHostnameAsFQDN: true, hostname: "+strings.Repeat("h", 50)+", subdomain: sub, containers", 1))
		time.Sleep(time.Minute)
		require.Equal(t, pod.Pending, w.pod().Status.Phase)
		require.Equal(t, pod.ReasonContainerCreating, w.pod().Status.ContainerStatuses[0].State.Waiting.Reason)
		require.Zero(t, w.fake.said("create"))
		for e := range w.Events(t.Context()) {
			require.Equal(t, lifecycle.EventReason("FailedCreatePodSandBox"), e.Reason)
			break
		}
		require.NoError(t, w.end())
	})
}
