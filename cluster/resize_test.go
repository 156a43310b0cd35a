package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func sized(name, cpu string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: app, image: "app:1", resources: {requests: {cpu: %s}}}]}}`, name, cpu)
}

// resize has a pod's first container want so much CPU.
func resize(c *cluster.Cluster, name, cpu string) error {
	p := c.Pod(pod.Key{Name: name}).Clone()
	p.Spec.Containers[0].Resources.Requests = pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity(cpu)}
	_, err := c.Client().UpdateSubresource(context.Background(), p, pod.SubresourceResize)
	return err
}

func (s *story) resize(name, cpu string) {
	s.t.Helper()
	what := name + " is to have a cpu of " + cpu
	if err := resize(s.Cluster, name, cpu); err != nil {
		what += ": " + err.Error()
	}
	s.does(what, nil)
}

// sizes is what the containers of a pod have, and want, where that was ever changed.
func sizes(p *pod.Pod) (line string) {
	if p.Generation < 2 || p.IsTerminating() || p.Status.Phase.IsTerminal() {
		return ""
	}
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		wants := c.Resources.Requests[pod.ResourceCPU]
		has := "nothing"
		if s := p.Status.ContainerStatus(c.Name); s != nil && s.Resources != nil {
			q, allocated := s.Resources.Requests[pod.ResourceCPU], s.AllocatedResources[pod.ResourceCPU]
			if has = q.String(); allocated.Cmp(q) != 0 {
				has += " of " + allocated.String()
			}
		}
		line += fmt.Sprintf(" %s: cpu %s, has %s", c.Name, wants.String(), has)
	}
	for _, t := range []pod.ConditionType{pod.PodResizePending, pod.PodResizeInProgress} {
		if c := p.Status.Condition(t); c != nil {
			line += fmt.Sprintf(" %s", t)
			if c.Reason != "" {
				line += fmt.Sprintf("(%s)", c.Reason)
			}
		}
	}
	return fmt.Sprintf("%s observed %d/%d", line, p.Status.ObservedGeneration, p.Generation)
}

func TestResizesWaitForRoom(t *testing.T) {
	tell(t, "resize-room", `A node of 4 CPUs gives a pod more when it has it: until then the pod goes on with what it had, and the scheduler counts what is asked for.
What is freed is given to those that wait, in their order, before it is given to new pods; what a pod gives back helps those that fit nowhere.`,
		cluster.Config{Nodes: nodes(1), Without: []string{"*"}}, func(s *story) {
			s.apply(`{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}`)
			s.apply(sized("a", "1"), sized("b", "2"), sized("c", "500m"))
			s.run(time.Minute)
			s.resize("a", "2")
			s.resize("c", "1")
			s.run(time.Minute)
			s.apply(sized("late", "500m"))
			s.run(time.Minute)
			s.does("b goes", s.Delete(pod.Key{Name: "b"}, pod.DeleteOptions{GracePeriodSeconds: new(int64(5))}))
			s.run(time.Minute)
			s.resize("a", "3500m")
			s.run(time.Minute)
			s.apply(sized("hungry", "2"))
			s.run(time.Minute)
			s.resize("a", "500m")
			s.run(time.Minute)
		})
}

func TestResizesByTheRuntime(t *testing.T) {
	behaviors := []cluster.Behavior{{Script: &script.Script{Containers: map[string]script.Behavior{"app": {
		Resize: script.Tries{{Takes: script.Duration(2 * time.Second)}, {Error: "memory.max: device or resource busy"}, {Takes: script.Duration(time.Second)}},
	}}}}}
	tell(t, "resize-runtime", `A runtime that takes 2 s for a resize, and fails at the second: what a pod gives back is free when it does not have it any more. A node that
is out of reach hears of a resize when it is back.`,
		cluster.Config{Nodes: nodes(1), Without: []string{"*"}, Behaviors: behaviors}, func(s *story) {
			s.apply(sized("a", "3"), sized("b", "1"))
			s.run(time.Minute)
			s.resize("a", "2")
			s.resize("b", "2")
			s.run(time.Minute)
			s.apply(sized("late", "1"))
			s.fail("node-1")
			s.resize("a", "1")
			s.run(time.Minute)
			s.back("node-1")
			s.run(time.Minute)
		})
}

// TestResizeIsChecked holds what the API server says to resizes, and to subresources that are not there.
func TestResizeIsChecked(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true})
	apply(t, c, sized("web", "1"))
	_, err := c.AddStatic("node", manifest(t, "static", oneContainer), nil)
	require.NoError(t, err)
	c.RunFor(time.Minute)
	for _, try := range []struct {
		name   string
		change func(p *pod.Pod)
		want   string
	}{
		{"web", func(p *pod.Pod) { requests(p)[pod.ResourceCPU] = pod.MustParseQuantity("-1") },
			`Pod "web" is invalid: spec.containers[0].resources.requests[cpu]: invalid value "-1": want 0 or more`},
		{"web", func(p *pod.Pod) { delete(requests(p), pod.ResourceCPU) },
			`Pod "web" is invalid: spec: invalid value "Burstable": the QoS class may not change` + "\n" +
				`spec.containers[0].resources.requests: not allowed: a request may not be removed`},
		{"web", func(p *pod.Pod) {
			p.Spec.Containers = append(p.Spec.Containers, pod.Container{Name: "more", Image: "more:1"})
		},
			`Pod "web" is invalid: spec.containers: not allowed: containers may not be added or removed`},
		{"web", func(p *pod.Pod) { p.ResourceVersion = "1" },
			`Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again`},
		{"web", func(p *pod.Pod) { p.Name = "nobody" }, `pods "nobody" not found`},
		{"static-node", func(p *pod.Pod) { requests(p)[pod.ResourceCPU] = pod.MustParseQuantity("1") },
			`Pod "static-node" is invalid: not allowed: a static pod, or one for windows, cannot be resized`},
	} {
		p := c.Pod(pod.Key{Name: try.name}).Clone()
		try.change(p)
		_, err := c.Client().UpdateSubresource(t.Context(), p, pod.SubresourceResize)
		require.EqualError(t, err, try.want)
	}
	before := c.Pod(pod.Key{Name: "web"})
	next := before.Clone()
	next.Spec.Containers[0].Image, next.Labels = "app:2", map[string]string{"a": "b"}
	_, err = c.Client().UpdateSubresource(t.Context(), next, pod.SubresourceResize)
	require.NoError(t, err)
	require.Equal(t, before, c.Pod(pod.Key{Name: "web"}), "what a resize does not own is left as it is")
}

func requests(p *pod.Pod) pod.ResourceList {
	r := &p.Spec.Containers[0].Resources
	if r.Requests == nil {
		r.Requests = pod.ResourceList{}
	}
	return r.Requests
}

// TestPendingPodIsResized has a pod that fits nowhere ask for less: it is given a node.
func TestPendingPodIsResized(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true})
	apply(t, c, sized("web", "40"))
	c.RunFor(time.Minute)
	require.Equal(t, pod.Pending, c.Pod(pod.Key{Name: "web"}).Status.Phase)
	require.NoError(t, resize(c, "web", "4"))
	c.RunFor(15 * time.Second)
	p := c.Pod(pod.Key{Name: "web"})
	require.Equal(t, pod.Running, p.Status.Phase)
	require.EqualValues(t, 2, p.Status.ObservedGeneration)
}

// TestSleepingPodsAreResized resizes pods that sleep: nobody can tell them from those that are awake.
func TestSleepingPodsAreResized(t *testing.T) {
	play := func(awake int) *cluster.Cluster {
		c := newCluster(t, cluster.Config{Awake: awake, Check: true, Behaviors: []cluster.Behavior{{Script: &script.Script{Containers: map[string]script.Behavior{
			"app": {Resize: script.Tries{{Takes: script.Duration(time.Second)}, {Error: "busy"}, {}}},
		}}}}})
		for i := range 4 {
			apply(t, c, sized(fmt.Sprint("web-", i), "500m"))
		}
		_, err := c.Create(manifest(t, "crash", `{containers: [{name: app, image: "app:1", resources: {requests: {cpu: 100m}}}]}`), crashing)
		require.NoError(t, err)
		c.RunFor(time.Hour)
		require.NoError(t, resize(c, "crash", "3")) // there is no room
		for _, step := range []struct{ name, cpu string }{{"web-1", "1"}, {"web-2", "1"}, {"web-3", "1"}, {"web-1", "250m"}, {"web-3", "100m"}} {
			require.NoError(t, resize(c, step.name, step.cpu))
			c.RunFor(time.Hour)
		}
		require.NoError(t, resize(c, "web-2", "2")) // there is room for one of them
		require.NoError(t, resize(c, "web-3", "2"))
		c.RunFor(time.Hour)
		return c
	}
	awake, asleep := play(0), play(1)
	require.Equal(t, 0, awake.Asleep())
	require.GreaterOrEqual(t, asleep.Asleep(), 2)
	require.Equal(t, told(t, awake), told(t, asleep))
	require.Contains(t, told(t, asleep), "ResizeError")
}

var crashing = &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{{For: script.Duration(time.Second), Exit: 1}}}}}

// crowd is a node of 4 CPUs with two pods that have one each, of which a waits for 3 and b has its priority.
func crowd(t *testing.T, behaviors ...cluster.Behavior) *cluster.Cluster {
	c := newCluster(t, cluster.Config{Check: true, Behaviors: behaviors})
	apply(t, c, `{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}`)
	apply(t, c, sized("a", "1"))
	create(t, c, "b", `{priorityClassName: high, containers: [{name: app, image: "app:1", resources: {requests: {cpu: 1}}}]}`)
	apply(t, c, sized("big", "2"))
	c.RunFor(time.Minute)
	require.NoError(t, resize(c, "a", "3"))
	c.RunFor(time.Minute)
	require.Equal(t, "1", cpuOf(c, "a"))
	require.Equal(t, pod.ReasonDeferred, c.Pod(pod.Key{Name: "a"}).Status.Condition(pod.PodResizePending).Reason)
	return c
}

// cpuOf is the CPU that a pod has.
func cpuOf(c *cluster.Cluster, name string) string {
	q := c.Pod(pod.Key{Name: name}).Status.ContainerStatuses[0].Resources.Requests[pod.ResourceCPU]
	return q.String()
}

func TestWhatIsFreedIsGivenByPriority(t *testing.T) {
	c := crowd(t)
	require.NoError(t, resize(c, "b", "3"))
	c.RunFor(time.Minute)
	require.NoError(t, c.Delete(pod.Key{Name: "big"}, pod.DeleteOptions{GracePeriodSeconds: new(int64)}))
	c.RunFor(time.Nanosecond)
	require.Equal(t, "1 3", cpuOf(c, "a")+" "+cpuOf(c, "b"), "b has the higher priority")
}

// TestAForcedEndFreesAtOnce deletes a pod by force whose containers do not obey: for its node it has gone.
func TestAForcedEndFreesAtOnce(t *testing.T) {
	stubborn := &script.Script{Containers: map[string]script.Behavior{"app": {OnTerm: script.OnTerm{Ignore: true}}}}
	c := crowd(t, cluster.Behavior{Name: "big", Script: stubborn})
	require.NoError(t, c.Delete(pod.Key{Name: "big"}, pod.DeleteOptions{GracePeriodSeconds: new(int64)}))
	c.RunFor(time.Nanosecond)
	require.Equal(t, "3", cpuOf(c, "a"))
}

// TestANodeThatGrowsGivesMore has a node's allocatable CPU grow.
func TestANodeThatGrowsGivesMore(t *testing.T) {
	c := crowd(t)
	n := read[*object.Node](t, c, object.NodeKind, "node").Clone()
	n.Status.Allocatable[pod.ResourceCPU] = pod.MustParseQuantity("6")
	_, err := c.Client().UpdateStatus(t.Context(), n)
	require.NoError(t, err)
	c.RunFor(time.Nanosecond)
	require.Equal(t, "3", cpuOf(c, "a"))
}

// TestWhatWaitsIsNotCounted binds a pod by hand where a scheduler would see no room, as it counts what is asked for: its node has room.
func TestWhatWaitsIsNotCounted(t *testing.T) {
	c := crowd(t)
	require.NoError(t, c.Delete(pod.Key{Name: "b"}, pod.DeleteOptions{}))
	create(t, c, "by-hand", `{nodeName: node, containers: [{name: app, image: "app:1", resources: {requests: {cpu: 1}}}]}`)
	c.RunFor(time.Minute)
	require.Equal(t, pod.Running, c.Pod(pod.Key{Name: "by-hand"}).Status.Phase)
	require.Equal(t, "1", cpuOf(c, "a"))
}

// TestWhatWasGivenIsCounted has a pod ask for less CPU and for more memory than there is, before anything of it runs, so that no status
// says what it was given: another pod cannot have that CPU.
func TestWhatWasGivenIsCounted(t *testing.T) {
	pulls := &script.Script{Containers: map[string]script.Behavior{"app": {Pull: script.Tries{{Takes: script.Duration(time.Minute)}}}}}
	c := newCluster(t, cluster.Config{Check: true, Behaviors: []cluster.Behavior{{Name: "a", Script: pulls}}})
	a := create(t, c, "a", `{containers: [{name: app, image: "app:1", resources: {requests: {cpu: 3, memory: 1Gi}}}]}`)
	p := c.Pod(a).Clone()
	p.Spec.Containers[0].Resources.Requests = pod.ResourceList{pod.ResourceCPU: pod.MustParseQuantity("1"), pod.ResourceMemory: pod.MustParseQuantity("1Ti")}
	_, err := c.Client().UpdateSubresource(t.Context(), p, pod.SubresourceResize)
	require.NoError(t, err)
	c.RunFor(time.Second)
	late := create(t, c, "late", `{nodeName: node, containers: [{name: app, image: "app:1", resources: {requests: {cpu: 2}}}]}`)
	c.RunFor(time.Hour)
	require.EqualValues(t, "OutOfcpu", c.Pod(late).Status.Reason)
	require.Equal(t, "3", cpuOf(c, "a"))
}

// TestAPodThatNeverRanFreesToo has a pod end of which nothing ever ran.
func TestAPodThatNeverRanFreesToo(t *testing.T) {
	never := &script.Script{Containers: map[string]script.Behavior{"app": {Pull: script.Tries{{Error: "no such image"}}}}}
	c := newCluster(t, cluster.Config{Check: true, Behaviors: []cluster.Behavior{{Name: "late", Script: never}}})
	apply(t, c, sized("a", "1"))
	late := create(t, c, "late", `{activeDeadlineSeconds: 90, containers: [{name: app, image: "app:1", resources: {requests: {cpu: 3}}}]}`)
	require.NoError(t, resize(c, "a", "2"))
	c.RunFor(90 * time.Second)
	require.Equal(t, "1", cpuOf(c, "a"))
	c.RunFor(time.Second)
	require.Equal(t, pod.Failed, c.Pod(late).Status.Phase)
	require.Equal(t, "2", cpuOf(c, "a"))
}

// TestAPodThatEndsIsNotResized deletes a pod whose resize waits: it ends with what it has, whatever is freed meanwhile.
func TestAPodThatEndsIsNotResized(t *testing.T) {
	stubborn := &script.Script{Containers: map[string]script.Behavior{"app": {OnTerm: script.OnTerm{Ignore: true}}}}
	c := crowd(t, cluster.Behavior{Name: "a", Script: stubborn})
	require.NoError(t, c.Delete(pod.Key{Name: "a"}, pod.DeleteOptions{}))
	c.RunFor(time.Second)
	require.Equal(t, "1", cpuOf(c, "a"))
	require.NoError(t, c.Delete(pod.Key{Name: "big"}, pod.DeleteOptions{}))
	c.RunFor(time.Second)
	require.Equal(t, "1", cpuOf(c, "a"))
	require.NotContains(t, told(t, c), "ResizeStarted")
}

// TestAConditionOfTheNodeIsNotKept has a label set at the very instant at which a resize is done.
func TestAConditionOfTheNodeIsNotKept(t *testing.T) {
	slow := &script.Script{Containers: map[string]script.Behavior{"app": {Resize: script.Tries{{Takes: script.Duration(2 * time.Second)}}}}}
	c := newCluster(t, cluster.Config{Check: true, Behaviors: []cluster.Behavior{{Script: slow}}})
	apply(t, c, sized("a", "1"))
	c.RunFor(time.Minute)
	require.NoError(t, resize(c, "a", "2"))
	c.RunFor(2 * time.Second)
	p := c.Pod(pod.Key{Name: "a"}).Clone()
	require.NotNil(t, p.Status.Condition(pod.PodResizeInProgress))
	p.Labels = map[string]string{"a": "b"}
	_, err := c.Client().Update(t.Context(), p)
	require.NoError(t, err)
	c.RunFor(time.Second)
	require.Nil(t, c.Pod(pod.Key{Name: "a"}).Status.Condition(pod.PodResizeInProgress))
	require.Equal(t, "2", cpuOf(c, "a"))
}

// TestEphemeralContainers adds one to a running pod.
func TestEphemeralContainers(t *testing.T) {
	c := newCluster(t, cluster.Config{Check: true})
	key := create(t, c, "web", oneContainer)
	p := c.Pod(key).Clone()
	p.Labels = map[string]string{"not": "stored"}
	p.Spec.EphemeralContainers = []pod.EphemeralContainer{{EphemeralContainerCommon: pod.EphemeralContainerCommon{Name: "debug", Image: "sh:1"}}}
	o, err := c.Client().UpdateSubresource(t.Context(), p, pod.SubresourceEphemeralContainers)
	require.NoError(t, err)
	require.Empty(t, o.Meta().Labels)
	c.RunFor(time.Second)
	require.NotNil(t, c.Pod(key).Status.EphemeralContainerStatuses[0].State.Running)
	_, err = c.Client().UpdateSubresource(t.Context(), read[*object.Node](t, c, object.NodeKind, "node"), pod.SubresourceResize)
	require.EqualError(t, err, `nodes have no subresource "resize"`)
	require.True(t, errors.Is(err, cluster.ErrNotFound))
}
