package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

const critical = ", priority: 2000000000"

// phases tells of each pod its phase, with the reason.
func (w *world) phases() (out []string) {
	for _, p := range w.Pods() {
		line := fmt.Sprintf("%s %s", p.Name, p.Status.Phase)
		if p.Status.Reason != "" {
			line += "/" + string(p.Status.Reason)
		}
		out = append(out, line)
	}
	return out
}

// TestCriticalPodPreempts has a critical pod take the place of another: it waits until that has ended, within its grace period.
func TestCriticalPodPreempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{stubborn: true}
		w := newWorld(t, f, node.Config{Node: withCPU("4")})
		w.place("large", "2", "")
		w.place("small", "1", "")
		synctest.Wait()
		w.place("top", "3", critical)
		synctest.Wait()
		require.Equal(t, []string{"large Running", "small Running", "top Pending"}, w.phases())
		require.Equal(t, 2, f.said("create"), "nothing is begun before there is room")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"large Failed/Preempting", "small Running", "top Running"}, w.phases())
		p, _ := w.Pod(pod.Key{Name: "large"})
		require.Equal(t, "Preempted in order to admit critical pod", p.Status.Message)
		c := p.Status.Condition(pod.DisruptionTarget)
		require.Equal(t, pod.ReasonTerminationByKubelet, c.Reason)
		require.Equal(t, "Pod was preempted by Kubelet to accommodate a critical pod.", c.Message)
		require.Contains(t, w.saidOf("large"), "Warning Preempting Preempted in order to admit critical pod")
		f.mu.Lock()
		f.stubborn = false
		f.mu.Unlock()
		require.NoError(t, w.end())
	})
}

// saidOf is the events of a pod.
func (w *world) saidOf(name string) (out []string) {
	until := time.Now()
	w.place("last", "0", "") // whose first event is the last one looked at
	for e := range w.Events(w.t.Context()) {
		if e.Name == "last" && !e.First.Before(until) {
			return out
		}
		if e.Name == name {
			out = append(out, fmt.Sprintf("%s %s %s", e.Type, e.Reason, e.Message))
		}
	}
	return out
}

// TestCriticalPodIsRefused holds for what reasons a critical pod is refused all the same, and that nobody then ends for it.
func TestCriticalPodIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{Node: withCPU("4")})
		w.place("a", "3", "")
		w.place("other", "1", critical)
		synctest.Wait()
		w.place("elsewhere", "2", critical+", nodeSelector: {zone: b}")
		w.place("huge", "5", critical)
		w.place("plain", "1", "")
		w.place("windows", "1", critical+", os: {name: windows}")
		synctest.Wait()
		require.Equal(t, []string{
			"a Running", "elsewhere Failed/NodeAffinity", "huge Failed/UnexpectedAdmissionError", "other Running",
			"plain Failed/OutOfcpu", "windows Failed/PodOSNotSupported",
		}, w.phases())
		p, _ := w.Pod(pod.Key{Name: "huge"})
		require.Equal(t, "Pod was rejected: Unexpected error while attempting to recover from admission failure: preemption: error finding a "+
			"set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 2000), ]", p.Status.Message)
		require.NoError(t, w.end())
	})
}

// TestCriticalPodGoesOn holds that a critical pod does not wait longer than its victims may take, and that it can be deleted meanwhile.
func TestCriticalPodGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{stubborn: true, fail: func(call string) error {
			if call == "stop app#0 4s" {
				return errBroken
			}
			return nil
		}}
		w := newWorld(t, f, node.Config{Node: withCPU("1")})
		w.place("a", "1", ", terminationGracePeriodSeconds: 4")
		synctest.Wait()
		w.place("first", "1", critical)
		synctest.Wait()
		require.NoError(t, w.Delete(pod.Key{Name: "first"}, pod.DeleteOptions{}))
		synctest.Wait()
		require.Equal(t, []string{"a Running"}, w.phases(), "one that never began is gone at once")
		require.Equal(t, 1, f.said("create"))
		w.place("second", "1", critical)
		time.Sleep(9 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"a Running", "second Pending"}, w.phases())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"a Running", "second Running"}, w.phases(), "after 10 s")
		f.mu.Lock()
		f.fail, f.stubborn = nil, false
		f.mu.Unlock()
		require.NoError(t, w.end())
	})
}

// TestCriticalPodSurvives kills the agent while a critical pod waits: the next one has it wait for the same pod.
func TestCriticalPodSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{stubborn: true}
		n := &object.Node{}
		n.Status.Allocatable = pod.ResourceList{pod.ResourcePods: pod.MustParseQuantity("1")}
		cfg := node.Config{Runtime: f, Node: n, Store: openStore(t, t.TempDir()), LeaveRunning: true}
		w := newWorld(t, f, cfg)
		w.place("a", "1", "")
		synctest.Wait()
		w.place("top", "1", critical)
		synctest.Wait()
		require.NoError(t, w.end())

		w = newWorld(t, f, cfg)
		synctest.Wait()
		require.Equal(t, []string{"a Running", "top Pending"}, w.phases())
		time.Sleep(35 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"a Failed/Preempting", "top Running"}, w.phases())
		require.NoError(t, w.end())
	})
}

// TestCriticalPodIsPatient holds that it waits half as long again as its victim may take.
func TestCriticalPodIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{stubborn: true, fail: func(call string) error {
			if strings.HasPrefix(call, "stop app") {
				return errBroken
			}
			return nil
		}}
		w := newWorld(t, f, node.Config{Node: withCPU("1")})
		w.place("a", "1", ", terminationGracePeriodSeconds: 20")
		synctest.Wait()
		w.place("top", "1", critical)
		time.Sleep(29 * time.Second)
		require.Equal(t, []string{"a Running", "top Pending"}, w.phases())
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"a Running", "top Running"}, w.phases())
		f.mu.Lock()
		f.fail, f.stubborn = nil, false
		f.mu.Unlock()
		require.NoError(t, w.end())
	})
}
