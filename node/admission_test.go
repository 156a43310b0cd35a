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

// aPod is a defaulted pod out of what its spec says beside a container app.
func aPod(t *testing.T, name, container, spec string) *pod.Pod {
	t.Helper()
	p, err := pod.Parse(fmt.Appendf(nil,
		`{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {app: web}}, spec: {containers: [{name: app, image: "a:1"%s}]%s}}`, name, container, spec))
	require.NoError(t, err)
	pod.SetDefaults(p)
	return p
}

// withUID is p with its name as UID.
func withUID(p *pod.Pod) *pod.Pod {
	p.UID = pod.UID(p.Name)
	return p
}

func TestAdmit(t *testing.T) {
	n := &object.Node{}
	n.Name = "n1"
	n.Labels = map[string]string{"zone": "a", "cores": "8"}
	n.Status.NodeInfo.OperatingSystem = "linux"
	n.Status.Allocatable = pod.ResourceList{
		"cpu": pod.MustParseQuantity("8"), "memory": pod.MustParseQuantity("1Gi"), "pods": pod.MustParseQuantity("3"),
		"example.com/gpu": pod.MustParseQuantity("2"), "ephemeral-storage": pod.MustParseQuantity("10G"),
	}
	n.Spec.Taints = []object.Taint{
		{Key: "dedicated", Value: "x", Effect: pod.TaintEffectNoExecute}, {Key: "soft", Effect: pod.TaintEffectNoSchedule},
	}
	const ok = `, tolerations: [{key: dedicated, operator: Exists}]`
	requests := func(what string) string { return ", resources: {requests: {" + what + "}}" }
	affinity := func(expr string) string {
		return ok + `, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{` + expr + `}]}}}`
	}
	others := []*pod.Pod{withUID(aPod(t, "other", requests("cpu: 4, memory: 512Mi")+", ports: [{containerPort: 80, hostPort: 8080}]", ""))}
	crowd := append(others[:1:1], withUID(aPod(t, "a", "", "")), withUID(aPod(t, "b", "", "")))
	const mismatch = "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
	for _, c := range []struct {
		container, spec string
		admitted        []*pod.Pod
		want            string
	}{
		{"", ok, others, ""},
		{requests("cpu: 4, memory: 512Mi"), ok, others, ""},
		{requests("cpu: 5"), ok, others, "OutOfcpu: Node didn't have enough resource: cpu, requested: 5000, used: 4000, capacity: 8000"},
		{requests("cpu: 5, memory: 1Gi"), ok + ", nodeSelector: {zone: b}", others,
			"OutOfcpu: Node didn't have enough resource: cpu, requested: 5000, used: 4000, capacity: 8000"},
		{requests("memory: 513Mi"), ok, others,
			"OutOfmemory: Node didn't have enough resource: memory, requested: 537919488, used: 536870912, capacity: 1073741824"},
		{requests("ephemeral-storage: 11G"), ok, others,
			"OutOfephemeral-storage: Node didn't have enough resource: ephemeral-storage, requested: 11000000000, used: 0, capacity: 10000000000"},
		{", resources: {limits: {example.com/gpu: 3}}", ok, others,
			"OutOfexample.com/gpu: Node didn't have enough resource: example.com/gpu, requested: 3, used: 0, capacity: 2"},
		{", resources: {limits: {example.com/other: 3}}", ok, others, ""},
		{requests("cpu: 8"), ok + ", overhead: {cpu: 1m}", nil,
			"OutOfcpu: Node didn't have enough resource: cpu, requested: 8001, used: 0, capacity: 8000"},
		{"", ok, crowd, "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3"},
		{"", ok + ", nodeSelector: {zone: a}", others, ""},
		{"", ok + ", nodeSelector: {zone: b}", others, mismatch},
		{"", ok + ", nodeSelector: {none: ''}", others, mismatch},
		{"", affinity(`matchExpressions: [{key: zone, operator: In, values: [b, a]}]`), others, ""},
		{"", affinity(`matchExpressions: [{key: zone, operator: NotIn, values: [a]}]`), others, mismatch},
		{"", affinity(`matchExpressions: [{key: cores, operator: Gt, values: ["7"]}, {key: none, operator: DoesNotExist}]`), others, ""},
		{"", affinity(`matchExpressions: [{key: cores, operator: Lt, values: ["8"]}]`), others, mismatch},
		{"", affinity(`matchExpressions: [{key: zone, operator: Gt, values: ["8"]}]`), others, mismatch},
		{"", affinity(`matchFields: [{key: metadata.name, operator: In, values: [n1]}]`), others, ""},
		{"", affinity(`matchFields: [{key: metadata.name, operator: NotIn, values: [n1]}]`), others, mismatch},
		{"", affinity(``), others, mismatch},
		{", ports: [{containerPort: 1, hostPort: 8080}]", ok, others,
			"NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"},
		{", ports: [{containerPort: 1, hostPort: 8080, protocol: UDP}]", ok, others, ""},
		{"", "", others, "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"},
		{"", ", os: {name: windows}", others, "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS"},
	} {
		got := ""
		if r := node.Admit(n, c.admitted, withUID(aPod(t, "web", c.container, c.spec))); r != nil {
			got = string(r.Reason) + ": " + r.Message
		}
		require.Equal(t, c.want, got, "%s %s", c.container, c.spec)
	}
	p := withUID(aPod(t, "web", "", ""))
	p.Annotations = map[string]string{node.ConfigSourceAnnotation: "file"}
	require.Nil(t, node.Admit(n, nil, p), "taints do not keep a static pod away")
	p.Labels["kubernetes.io/os"] = "plan9"
	require.Equal(t, pod.ReasonPodOSSelectorNodeLabelDoesNotMatch, node.Admit(n, nil, p).Reason)
}

// TestRefusedPod holds that nothing of a refused pod is started, that it takes no room, and that it can be deleted.
func TestRefusedPod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &object.Node{}
		n.Status.Allocatable = pod.ResourceList{"cpu": pod.MustParseQuantity("2")}
		w := newWorld(t, &fake{}, node.Config{Node: n})
		apply := func(name, cpu string) *pod.Pod {
			require.NoError(t, w.Apply(aPod(t, name, ", resources: {requests: {cpu: "+cpu+"}}", "")))
			synctest.Wait()
			p, _ := w.Pod(pod.Key{Name: name})
			return p
		}
		require.Equal(t, pod.Running, apply("first", "1500m").Status.Phase)
		p := apply("web", "1")
		require.Equal(t, pod.Failed, p.Status.Phase)
		require.Equal(t, pod.ReasonOutOfcpu, p.Status.Reason)
		require.Equal(t, "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000", p.Status.Message)
		require.Empty(t, p.Status.ContainerStatuses)
		require.Equal(t, pod.Running, apply("small", "500m").Status.Phase, "a refused pod takes no room")
		require.Equal(t, 2, w.fake.said("start app#0"))
		w.delete(pod.DeleteOptions{})
		require.Len(t, w.Pods(), 2)
		require.NoError(t, w.Delete(pod.Key{Name: "first"}, pod.DeleteOptions{}))
		time.Sleep(time.Second)
		require.Equal(t, pod.Running, apply("web", "1").Status.Phase, "there is room again")
		require.NoError(t, w.end())
	})
}

// TestRefusedWhenTheGateOpens holds that a pod which scheduling gates held back is admitted when it is bound.
func TestRefusedWhenTheGateOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fake{}, node.Config{})
		require.NoError(t, w.Apply(aPod(t, "web", "", ", nodeSelector: {zone: b}, schedulingGates: [{name: example.com/wait}]")))
		synctest.Wait()
		require.Equal(t, pod.Pending, w.pod().Status.Phase)
		require.NoError(t, w.Apply(aPod(t, "web", "", ", nodeSelector: {zone: b}")))
		synctest.Wait()
		require.Equal(t, pod.Failed, w.pod().Status.Phase)
		require.Equal(t, pod.ReasonNodeAffinity, w.pod().Status.Reason)
		require.Empty(t, w.fake.pods)
		require.NoError(t, w.end())
	})
}

// TestRefusalIsRemembered holds that a pod which was refused stays so over a crash, though there would be room now.
func TestRefusalIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, writes := range []int{1, 2, -1} {
			g := newGround(t)
			g.live(writes, false, func(a *node.Agent) bool {
				_ = a.Apply(aPod(t, "web", "", ", nodeSelector: {zone: b}"))
				synctest.Wait()
				return true
			})
			g.live(-1, false, func(a *node.Agent) bool {
				synctest.Wait()
				p, ok := a.Pod(pod.Key{Name: "web"})
				require.True(t, ok)
				require.Equal(t, pod.ReasonNodeAffinity, p.Status.Reason)
				require.NoError(t, a.Delete(pod.Key{Name: "web"}, pod.DeleteOptions{}))
				require.True(t, reached(a, func(p *pod.Pod) bool { return p == nil }))
				return true
			})
			for _, call := range g.fake.calls {
				require.False(t, strings.HasPrefix(call, "start") || call == "create", call)
			}
		}
	})
}
