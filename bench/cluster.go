package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// clusterCases hold a whole life of a pod in a cluster (created with validation, scheduled, bound, started, ready, deleted)
// against the same number of writes to client-go's fake clientset, made by hand.
func clusterCases() []Case {
	return []Case{
		{Group: "Cluster", Task: "whole life of a pod", Peer: "client-go's fake clientset, the same writes", Faster: 20, Ours: repeat(lifeInCluster(false)), Theirs: repeat(lifeByHand(fake.NewClientset(), false))},
		{Group: "Cluster", Task: "whole life of a pod", Peer: "the same without managed fields", Ours: repeat(lifeInCluster(false)), Theirs: repeat(lifeByHand(fake.NewSimpleClientset(), false))},
		{Group: "Cluster", Task: "the same with a watcher", Peer: "client-go's fake clientset with one", Faster: 20, Ours: repeat(lifeInCluster(true)), Theirs: repeat(lifeByHand(fake.NewClientset(), true))},
		{Group: "Cluster", Task: "the same with a watcher", Peer: "the same without managed fields", Ours: repeat(lifeInCluster(true)), Theirs: repeat(lifeByHand(fake.NewSimpleClientset(), true))},
	}
}

// lifeInCluster lives one pod at each call; watched, a watch of pods is read to its end after it.
func lifeInCluster(watched bool) func() {
	c, err := cluster.New(cluster.Config{
		Without: []string{"*"}, Histories: -1,
		Nodes: []*object.Node{{ObjectMeta: pod.ObjectMeta{Name: "node"}}},
	})
	if err != nil {
		panic(err)
	}
	see := func() {}
	if watched {
		w, err := c.Client().Watch(context.Background(), object.PodKind, cluster.WatchOptions{})
		if err != nil {
			panic(err)
		}
		see = func() { mustSee(w) }
	}
	p, i := mustParse(typicalManifest), 0
	p.Spec.NodeSelector, p.Spec.Tolerations = nil, nil
	return func() {
		i++
		p.Name = "web-" + strconv.Itoa(i)
		if _, err := c.Create(p, nil); err != nil {
			panic(err)
		}
		c.RunFor(time.Minute)
		if err := c.Delete(p.Key(), pod.DeleteOptions{}); err != nil {
			panic(err)
		}
		c.RunFor(time.Minute)
		if c.Pod(p.Key()) != nil {
			panic("the pod has not gone")
		}
		see()
	}
}

// mustSee reads what a watch shows of one life: at least a creation, a binding, six statuses, a deletion.
func mustSee(w cluster.Watch) {
	n := 0
	for _, ok := w.Poll(); ok; _, ok = w.Poll() {
		n++
	}
	if n < 9 || w.Err() != nil {
		panic(fmt.Sprint("a watch shows ", n, " changes of a life: ", w.Err()))
	}
}

// lifeByHand writes what lifeInCluster publishes: a creation, a binding, six statuses, a deletion. Watched, a watch is read to its end
// after it.
func lifeByHand(client *fake.Clientset, watched bool) func() {
	ctx, i := context.Background(), 0
	see := func() {}
	if watched {
		w, err := client.CoreV1().Pods("default").Watch(ctx, metav1.ListOptions{})
		if err != nil {
			panic(err)
		}
		see = func() {
			for range 9 {
				<-w.ResultChan()
			}
		}
	}
	template := &v1.Pod{}
	if err := yaml.Unmarshal(typicalManifest, template); err != nil {
		panic(err)
	}
	return func() {
		i++
		pods := client.CoreV1().Pods("default")
		p := template.DeepCopy()
		p.Name, p.Namespace = "web-"+strconv.Itoa(i), "default"
		p, err := pods.Create(ctx, p, metav1.CreateOptions{})
		if err != nil {
			panic(err)
		}
		p.Spec.NodeName = "node"
		if p, err = pods.Update(ctx, p, metav1.UpdateOptions{}); err != nil {
			panic(err)
		}
		for _, phase := range []v1.PodPhase{v1.PodPending, v1.PodPending, v1.PodRunning, v1.PodRunning, v1.PodRunning, v1.PodSucceeded} {
			p.Status.Phase = phase
			if p, err = pods.UpdateStatus(ctx, p, metav1.UpdateOptions{}); err != nil {
				panic(err)
			}
		}
		if err := pods.Delete(ctx, p.Name, metav1.DeleteOptions{}); err != nil {
			panic(err)
		}
		see()
	}
}
