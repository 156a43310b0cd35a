package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/replicaset"

	"github.com/podlife/podlife/cluster/workload"
)

// addRealDeployments adds Kubernetes' controllers of Deployments and of ReplicaSets.
func (b *bubble) addRealDeployments() {
	b.addReal(func(client *fake.Clientset, factory informers.SharedInformerFactory) (run, stop func(), queues []gate) {
		ctx, cancel := context.WithCancel(context.Background())
		apps, core := factory.Apps().V1(), factory.Core().V1()
		c, err := deployment.NewDeploymentController(ctx, apps.Deployments(), apps.ReplicaSets(), core.Pods(), client)
		if err != nil {
			b.t.Fatal(err)
		}
		q := gateQueue[string](c, "queue")
		setField(c, "eventRecorder", b.recorder())
		setField(c, "rsControl.Recorder", b.recorder())
		return func() { c.Run(ctx, 1) }, cancel, []gate{q}
	})
	b.addReal(func(client *fake.Clientset, factory informers.SharedInformerFactory) (run, stop func(), queues []gate) {
		ctx, cancel := context.WithCancel(context.Background())
		apps, core := factory.Apps().V1(), factory.Core().V1()
		c := replicaset.NewReplicaSetController(ctx, apps.ReplicaSets(), core.Pods(), client, replicaset.BurstReplicas)
		q := gateQueue[string](c, "queue")
		setField(c, "podControl.Recorder", b.recorder())
		return func() { c.Run(ctx, 1) }, cancel, []gate{q}
	})
}

func (b *bubble) addOwnDeployments() {
	b.addOwn(workload.Deployment{})
	b.addOwn(workload.ReplicaSet{})
}

// TestDeploymentsAgree rolls out a Deployment with Kubernetes' own controllers and with podlife's, and compares all that they say.
func TestDeploymentsAgree(t *testing.T) {
	real, own := rolloutOf(t, (*bubble).addRealDeployments), rolloutOf(t, (*bubble).addOwnDeployments)
	if !slices.Equal(real, own) {
		t.Error(sideBySide(real, own))
	}
}

func rolloutOf(t *testing.T, add func(b *bubble)) (lines []string) {
	made := int32(0)
	playInBubble(t, 1, func(b *bubble) {
		b.events = func(line string) { lines = append(lines, fmt.Sprintf("%8.3f %s", b.elapsed().Seconds(), line)) }
		b.server.changed = func(was, is runtime.Object) {
			if p, ok := is.(*v1.Pod); ok && was == nil {
				made++
				restarts := made
				b.after(time.Second, func() { b.server.alter(p, func(o runtime.Object) { runPod(o.(*v1.Pod), restarts) }) })
			}
		}
		add(b)
		replicas := int32(5)
		d := &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}}}
		d.Name, d.Spec.Template.Labels = "web", map[string]string{"app": "web"}
		d.Spec.Template.Spec.Containers = []v1.Container{{Name: "a", Image: "a:1"}}
		b.at(0, func() { b.server.create(d) })
		b.at(10*time.Second, func() {
			b.server.alter(d, func(o runtime.Object) { o.(*appsv1.Deployment).Spec.Template.Spec.Containers[0].Image = "a:2" })
		})
		b.runTo(time.Minute)
	})
	return inOrder(lines)
}

// runPod makes a pod ready that is unlike all others in how often it restarted.
func runPod(p *v1.Pod, restarts int32) {
	p.Status.Phase = v1.PodRunning
	p.Status.Conditions = []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue, LastTransitionTime: metav1.Now()}}
	p.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "a", RestartCount: restarts}}
}
