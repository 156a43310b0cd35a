package node_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/node/sim"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// elsewhere says of the transcripts that an agent cannot play why it cannot.
var elsewhere = map[string]string{
	"binding":                   "an agent binds its pods itself",
	"scheduling-gates":          "an agent binds its pods itself, when the last gate is gone",
	"delete-at-once":            "an agent keeps the object until nothing of the pod runs any more",
	"lost-container":            "package sim does not lose single containers",
	"lost-container-never":      "package sim does not lose single containers",
	"static-pod":                "static pods are package node/static's",
	"static-pod-mirror-deleted": "static pods are package node/static's",
	"static-pod-removed":        "static pods are package node/static's",
}

// TestTranscripts plays the transcripts of package lifecycle through an agent on scripted containers, in synthetic time, and
// wants the statuses that the bare machine publishes: the same ones, in the same order, at the same times.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "lifecycle", "testdata", "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	played := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			if why := elsewhere[name]; why != "" {
				t.Skip(why)
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tr, err := lifecycletest.ParseTranscript(file, string(text))
			require.NoError(t, err)
			h, err := lifecycletest.Play(tr.Scenario, lifecycletest.TestNode())
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				require.Equal(t, strings.Join(told(h), "\n"), strings.Join(playAgent(t, tr.Scenario), "\n"))
			})
			played++
		})
	}
	t.Logf("%d of %d transcripts played by an agent", played, len(files))
}

// told is what a history says in the form of statusLine, repetitions left out.
func told(h *history.History) []string {
	var s saying
	for i := range h.Statuses {
		at := time.Duration(h.Statuses[i].T * float64(time.Second)).Round(10 * time.Millisecond)
		s.say(at, statusLine(&h.Statuses[i].Status))
	}
	if h.GoneAt != nil {
		s.say(time.Duration(*h.GoneAt*float64(time.Second)).Round(10*time.Millisecond), "gone")
	}
	return s.lines
}

// saying is a list of lines without repetitions, each with its time.
type saying struct {
	lines  []string
	latest string
}

func (s *saying) say(at time.Duration, line string) {
	if line != s.latest {
		s.lines, s.latest = append(s.lines, at.String()+" "+line), line
	}
}

// statusLine is a status on one line: phase, readiness, and each container with its state, readiness and restarts.
func statusLine(s *pod.Status) string {
	out := string(s.Phase)
	if s.Reason != "" {
		out += "/" + string(s.Reason)
	}
	if c := s.Condition(pod.Ready); c != nil {
		out += fmt.Sprintf(" Ready=%s(%s)", c.Status, c.Reason)
	}
	for _, t := range []pod.ConditionType{pod.PodResizePending, pod.PodResizeInProgress} {
		if c := s.Condition(t); c != nil {
			out += fmt.Sprintf(" %s(%s %q of %d)", t, c.Reason, c.Message, c.ObservedGeneration)
		}
	}
	for _, list := range [][]pod.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			c := &list[i]
			one := pod.Status{ContainerStatuses: list[i : i+1]}
			out += fmt.Sprintf("; %s x%d ready=%t", history.Containers(&one), c.RestartCount, c.Ready)
		}
	}
	return out
}

// describe is a scenario's node as an agent is told of it.
func describe(from lifecycletest.Node) *object.Node {
	n := &object.Node{}
	n.Labels = from.Labels
	n.Status.NodeInfo.OperatingSystem = string(from.OS)
	n.Status.Allocatable = pod.ResourceList{
		pod.ResourceCPU:    pod.NewMilliQuantity(from.CPU, pod.DecimalSI),
		pod.ResourceMemory: pod.NewQuantity(from.Memory, pod.BinarySI),
	}
	return n
}

// playAgent plays a scenario on an agent, and returns what its changes said.
func playAgent(t *testing.T, s *lifecycletest.Scenario) []string {
	w := &objects{script: &s.Script}
	w.Runtime = sim.New(func(*pod.Pod) *script.Script { return &s.Script })
	a, err := node.New(node.Config{
		Runtime: w, Sources: w, Volumes: w, Addresses: w, GRPC: w, Node: describe(lifecycletest.TestNode()),
		Machine: &lifecycle.Config{
			Stretch: s.Node.Stretch, MaxContainerRestartPeriod: time.Duration(s.Node.MaxContainerRestartPeriod),
		},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()

	var said saying
	from, until := time.Now(), time.Duration(s.Until)
	watched := make(chan struct{})
	changes := a.Watch(ctx)
	go func() {
		defer close(watched)
		for c := range changes {
			switch at := time.Since(from); {
			case at >= until || c.Pod.Name != s.Pod.Name:
			case c.Type == node.Deleted:
				said.say(at, "gone")
			default:
				said.say(at, statusLine(&c.Pod.Status))
			}
		}
	}()

	for i := range s.Others {
		other := s.Others[i].Clone()
		require.NoError(t, a.Apply(other))
	}
	synctest.Wait()
	p := s.Pod.Clone()
	p.UID = lifecycletest.TestNode().UID
	w.uid = p.UID
	require.NoError(t, a.Apply(p))
	for _, step := range s.Steps {
		time.Sleep(time.Duration(step.At) - time.Since(from))
		synctest.Wait()
		w.step(t, a, p.Name, step)
	}
	time.Sleep(until - time.Since(from) - 1)
	synctest.Wait()
	cancel()
	require.NoError(t, <-ran)
	<-watched
	return said.lines
}

// step does what the scenario says, unless the pod is gone.
func (w *objects) step(t *testing.T, a *node.Agent, name string, s lifecycletest.Step) {
	p, ok := a.Pod(pod.Key{Name: name})
	if !ok {
		return
	}
	p = p.Clone()
	switch s.Do {
	case "delete":
		require.NoError(t, a.Delete(pod.Key{Name: name}, pod.DeleteOptions{GracePeriodSeconds: s.GraceSeconds}))
	case "evict":
		p.Status.Conditions = append(p.Status.Conditions, pod.Condition{
			Type: pod.DisruptionTarget, Status: pod.ConditionTrue, Reason: pod.ReasonEvictionByEvictionAPI,
		})
		require.NoError(t, a.Update(p, pod.SubresourceStatus))
		require.NoError(t, a.Delete(pod.Key{Name: name}, pod.DeleteOptions{}))
	case "evictByNode":
		require.NoError(t, a.Evict(pod.Key{Name: name}, node.EvictOptions{Reason: s.Reason, Message: s.Message, GraceSeconds: s.GraceSeconds, OverLimit: s.OverLimit}))
	case "setCondition":
		p.Status.SetCondition(pod.Condition{Type: s.Type, Status: s.Status, Reason: s.Reason})
		require.NoError(t, a.Update(p, pod.SubresourceStatus))
	case "addEphemeralContainer":
		p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, *s.Container)
		require.NoError(t, a.Update(p, pod.SubresourceEphemeralContainers))
	case "setActiveDeadline":
		p.Spec.ActiveDeadlineSeconds = &s.Seconds
		require.NoError(t, a.Apply(p))
	case "updateImage":
		p.Spec.Container(s.Name).Image = s.Image
		require.NoError(t, a.Apply(p))
	case "resize":
		p.Spec.Container(s.Name).Resources = *s.Resources
		require.NoError(t, a.Update(p, pod.SubresourceResize))
	case "removeOther":
		require.NoError(t, a.Delete(pod.Key{Name: s.Name}, pod.DeleteOptions{GracePeriodSeconds: new(int64(0))}))
	case "removeSchedulingGates":
		p.Spec.SchedulingGates = nil
		require.NoError(t, a.Apply(p))
	case "createConfigMap":
		w.create(s.Name)
	case "loseSandbox":
		require.NoError(t, w.StopSandbox(t.Context(), p.UID))
	case "loseEverything":
		require.NoError(t, w.RemoveSandbox(t.Context(), p.UID))
	default:
		t.Fatalf("an agent has nothing for %q", s.Do)
	}
}

// objects is what surrounds an agent's pod: the runtime with a network that answers by the script, config maps, volumes of
// them, an address.
type objects struct {
	*sim.Runtime
	script *script.Script
	uid    pod.UID

	mu         sync.Mutex
	configMaps map[string]bool
}

func (w *objects) create(configMap string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.configMaps = map[string]bool{configMap: true}
}

func (w *objects) ConfigMap(_, name string) (pod.ConfigMap, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return pod.ConfigMap{}, w.configMaps[name]
}

func (w *objects) Secret(string, string) (pod.Secret, bool) { return pod.Secret{}, false }
func (w *objects) Services() []pod.Service                  { return nil }
func (w *objects) Allocatable() pod.ResourceList            { return nil }

// Mount fails as long as a volume's config map is missing.
func (w *objects) Mount(p *pod.Pod, _ storage.Sources) error {
	for _, v := range p.Spec.Volumes {
		if v.ConfigMap == nil {
			continue
		}
		if _, ok := w.ConfigMap("", v.ConfigMap.Name); !ok {
			return fmt.Errorf("configmap %q not found", v.ConfigMap.Name)
		}
	}
	return nil
}

func (w *objects) Unmount(pod.UID) error                { return nil }
func (w *objects) Path(pod.UID, string) (string, error) { return "/", nil }
func (w *objects) Mounted() ([]pod.UID, error)          { return nil, nil }

func (w *objects) Acquire(*pod.Pod) ([]netip.Addr, error) {
	return []netip.Addr{lifecycletest.TestNode().PodIP}, nil
}

func (w *objects) Release(pod.UID) {}

// rule is the script's answer now, from the one container that runs and has rules of that kind.
func (w *objects) rule(ctx context.Context, rules func(script.Behavior) script.Rules) (script.Rule, error) {
	seen, err := w.List(ctx, w.uid)
	if err != nil {
		return script.Rule{}, err
	}
	for _, c := range seen.Containers {
		if c.State != lifecycle.ContainerRunning {
			continue
		}
		for _, r := range rules(w.script.Containers[c.Name]) {
			if r.Until == 0 || time.Since(c.StartedAt) < time.Duration(r.Until) {
				return r, nil
			}
		}
	}
	return script.Rule{}, nil
}

// DialPod answers by the script: port 80 and 8080 speak HTTP.
func (w *objects) DialPod(ctx context.Context, _ pod.UID, _, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	r, err := w.rule(ctx, func(b script.Behavior) script.Rules { return b.TCP[port] })
	if err != nil {
		return nil, err
	}
	if r.Exit != 0 {
		return nil, errors.New(r.Output)
	}
	here, there := net.Pipe()
	go w.serve(there)
	return here, nil
}

// serve answers one request.
func (w *objects) serve(conn net.Conn) {
	defer conn.Close()
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	r, _ := w.rule(context.Background(), func(b script.Behavior) script.Rules { return b.HTTP[request.URL.Path] })
	time.Sleep(time.Duration(r.Takes))
	status := r.Status
	if status == 0 {
		status = 200
	}
	fmt.Fprintf(conn, "HTTP/1.1 %d -\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status)
}

// Check implements node.GRPCHealth.
func (w *objects) Check(ctx context.Context, _, service string, _ node.Dial) error {
	r, err := w.rule(ctx, func(b script.Behavior) script.Rules { return b.GRPC[service] })
	if err == nil && r.Exit != 0 {
		err = errors.New(r.Output)
	}
	return err
}
