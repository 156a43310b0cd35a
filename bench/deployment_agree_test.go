package bench

import (
	"context"
	"slices"
	"testing"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/replicaset"

	"github.com/podlife/podlife/cluster/workload"
)

// addRealDeployments adds Kubernetes' controllers of Deployments and of ReplicaSets.
func (b *bubble) addRealDeployments(swapped bool) {
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
	b.swap(swapped)
}

func (b *bubble) addOwnDeployments(swapped bool) {
	b.addOwn(workload.Deployment{})
	b.addOwn(workload.ReplicaSet{})
	b.swap(swapped)
}

// swap has the controllers take their turns the other way round.
func (b *bubble) swap(swapped bool) {
	if swapped {
		slices.Reverse(b.parties)
	}
}

// TestDeploymentsAgree lets users and pods do to a Deployment what chance has them do, once with Kubernetes' own controllers and once
// with podlife's, and compares all that people see. PODLIFE_LONG tries more; PODLIFE_SEEDS tries those that it names.
func TestDeploymentsAgree(t *testing.T) {
	for seed := range seedsToTry(t, 20, 400) {
		real := deploymentHistory(t, seed, (*bubble).addRealDeployments)
		own := deploymentHistory(t, seed, (*bubble).addOwnDeployments)
		if !slices.Equal(real, own) {
			t.Errorf("seed %d:\n%s", seed, sideBySide(real, own))
		}
	}
}
