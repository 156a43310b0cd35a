package clustertest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/disruption"
	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Play lives a scenario in virtual time and returns what happened. The error says that the cluster could not be made or an
// object of the scenario not be created.
func Play(s *Scenario) (*Recording, error) {
	p := &player{scenario: s, places: places{}, attempts: map[pod.UID]int{}, told: map[pod.UID]int32{}, ctx: context.Background()}
	if err := p.begin(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	for i := range s.Steps {
		p.runUntil(time.Duration(s.Steps[i].At))
		p.do(&s.Steps[i])
	}
	p.runUntil(time.Duration(s.Until))
	p.recorder.out.Timeline = p.timeline()
	return p.recorder.out, nil
}

// timeline is what happened to the pods, under the names that the recording has for them.
func (p *player) timeline() history.Timeline {
	t := p.cluster.Timeline(nil)
	t.Title = p.scenario.Name
	for i := range t.Lives {
		t.Lives[i].Name = p.recorder.names.text(t.Lives[i].Name)
	}
	for _, a := range p.recorder.out.Actions {
		t.Notes = append(t.Notes, history.Note{
			At: time.Duration(a.T * float64(time.Second)), Text: fmt.Sprintf("%s %s: %d %s", a.Do, strings.Join(a.Target, " "), a.Code, a.Message),
		})
	}
	return t
}

// player is the state of one Play.
type player struct {
	scenario *Scenario
	ctx      context.Context
	cluster  *cluster.Cluster
	client   cluster.Client
	start    time.Time
	recorder *recorder
	places   places
	attempts map[pod.UID]int   // the how manieth in its place each pod is
	told     map[pod.UID]int32 // how often each event was taken down
	watches  []cluster.Watch
}

// watched are the kinds of which something is taken down. Owners come before what they own.
var watched = []object.Kind{
	object.NodeKind, object.DeploymentKind, object.StatefulSetKind, object.DaemonSetKind, object.CronJobKind, object.ReplicaSetKind,
	object.ControllerRevisionKind, object.JobKind, object.PodDisruptionBudgetKind, object.PodKind, object.EventKind,
}

func (p *player) begin() error {
	second := 0
	if p.scenario.StartsAtSecond != nil {
		second = *p.scenario.StartsAtSecond
	}
	p.start = time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC)
	c, err := p.newCluster()
	if err != nil {
		return err
	}
	p.cluster, p.client, p.recorder = c, c.Client(), newRecorder(p.scenario.Name, p.start)
	for _, kind := range watched {
		w, err := p.client.Watch(p.ctx, kind, cluster.WatchOptions{})
		if err != nil {
			return err
		}
		p.watches = append(p.watches, w)
	}
	for i, raw := range p.scenario.Objects {
		o, err := manifest(raw)
		if err == nil {
			_, err = p.client.Create(p.ctx, o)
		}
		if err != nil {
			return fmt.Errorf("objects[%d]: %w", i, err)
		}
		p.look()
	}
	return nil
}

// How long controllers of a cluster that has nothing else to do take to look after a change, and for a write.
const (
	latency      = 20 * time.Millisecond
	writeLatency = 10 * time.Millisecond
)

func (p *player) newCluster() (*cluster.Cluster, error) {
	config := cluster.Config{
		Start:     p.start,
		Histories: math.MaxInt,
		Latency:   latency, WriteLatency: writeLatency,
		Machine:   lifecycle.Config{LeastGrace: -1}, // what plays the pods of recordings keeps to the grace period
		Behaviors: []cluster.Behavior{{Choose: func(of *pod.Pod, _ *rand.Rand) *script.Script { return p.script(of) }}},
	}
	for _, flag := range p.scenario.Flags {
		if err := set(&config.Disruption, flag); err != nil {
			return nil, err
		}
	}
	for i := range p.scenario.Nodes {
		config.Nodes = append(config.Nodes, p.scenario.Nodes[i].node())
	}
	return cluster.New(config)
}

// set sets what a flag of kube-controller-manager sets.
func set(c *disruption.Config, flag string) (err error) {
	name, value, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
	switch name {
	case "node-monitor-grace-period":
		c.NodeMonitorGracePeriod, err = time.ParseDuration(value)
	case "node-startup-grace-period":
		c.NodeStartupGracePeriod, err = time.ParseDuration(value)
	case "node-eviction-rate":
		c.NodeEvictionRate, err = strconv.ParseFloat(value, 64)
	case "secondary-node-eviction-rate":
		c.SecondaryNodeEvictionRate, err = strconv.ParseFloat(value, 64)
	case "large-cluster-size-threshold":
		c.LargeClusterSizeThreshold, err = strconv.Atoi(value)
	case "unhealthy-zone-threshold":
		c.UnhealthyZoneThreshold, err = strconv.ParseFloat(value, 64)
	case "terminated-pod-gc-threshold":
		c.TerminatedPodThreshold, err = strconv.Atoi(value)
	default:
		return fmt.Errorf("flag %q: a setting that is not known here", flag)
	}
	if err != nil {
		return fmt.Errorf("flag %q: %w", flag, err)
	}
	return nil
}

// node makes a Node of its settings.
func (n *NodeSettings) node() *object.Node {
	or := func(q *pod.Quantity, otherwise string) pod.Quantity {
		if q == nil {
			return pod.MustParseQuantity(otherwise)
		}
		return *q
	}
	pods := n.Pods
	if pods == 0 {
		pods = 110
	}
	capacity := pod.ResourceList{
		pod.ResourceCPU: or(n.CPU, "4"), pod.ResourceMemory: or(n.Memory, "8Gi"), pod.ResourcePods: pod.NewQuantity(pods, pod.DecimalSI),
	}
	o := &object.Node{}
	o.Name, o.Labels, o.Spec.Taints, o.Status.Capacity = n.Name, n.Labels, n.Taints, capacity
	return o
}

// script is how a pod behaves: as the first rule says that matches.
func (p *player) script(of *pod.Pod) *script.Script {
	attempt := p.attempt(of)
	for i := range p.scenario.Pods {
		if r := &p.scenario.Pods[i]; r.Match.holds(of, attempt) {
			return r.script(of, attempt)
		}
	}
	return (&Rule{}).script(of, attempt)
}

// attempt counts each pod once, in the order in which they were created.
func (p *player) attempt(of *pod.Pod) int {
	n, known := p.attempts[of.UID]
	if !known {
		n = p.places.enter(of)
		p.attempts[of.UID] = n
	}
	return n
}

// runUntil plays up to a time since the beginning, and takes down what happens.
func (p *player) runUntil(at time.Duration) {
	p.look()
	p.cluster.RunUntil(func() bool { p.look(); return false }, p.start.Add(at).Sub(p.cluster.Now()))
	p.look()
}

// look takes down what is new, in the order in which it came about.
func (p *player) look() {
	now := p.cluster.Now()
	var news []cluster.WatchEvent
	for _, w := range p.watches {
		for e, ok := w.Poll(); ok; e, ok = w.Poll() {
			news = append(news, e)
		}
	}
	slices.SortStableFunc(news, func(a, b cluster.WatchEvent) int { return cmp.Compare(versionOf(a), versionOf(b)) })
	for _, e := range news {
		p.saw(now, e)
	}
}

func versionOf(e cluster.WatchEvent) uint64 {
	n, _ := strconv.ParseUint(e.Object.Meta().ResourceVersion, 10, 64)
	return n
}

func (p *player) saw(now time.Time, e cluster.WatchEvent) {
	switch o := e.Object.(type) {
	case *object.Event:
		p.heard(now, o)
		return
	case *pod.Pod:
		p.attempt(o)
	}
	p.recorder.changed(now, e.Object, e.Type == cluster.Deleted)
}

// heard takes down an event as often as it was said since it was last looked at. What kubelets say is left out: a recording is
// about what controllers make of pods, and says itself how pods behave.
func (p *player) heard(now time.Time, e *object.Event) {
	if e.Source.Component == "kubelet" {
		return
	}
	for ; p.told[e.UID] < e.Count; p.told[e.UID]++ {
		p.recorder.said(now, e)
	}
}
