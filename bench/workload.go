package bench

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Grown is what something took that was done at one size, to be held against the same at another size.
type Grown struct {
	Size int
	// Wall is the time on the clock.
	Wall time.Duration
	// Live is what is on the heap at the end, Allocated all that ever was, both in bytes.
	Live, Allocated uint64
}

// measured does something of a size and measures it. What do returns is alive until Live has been read.
func measured(size int, do func() (any, error)) (Grown, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	kept, err := do()
	g := Grown{Size: size, Wall: time.Since(began)}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	g.Live, g.Allocated = after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc), after.TotalAlloc-before.TotalAlloc
	return g, err
}

// largeCluster has that many nodes, all of Kubernetes' controllers, and room for that many pods.
func largeCluster(count, pods int, behaviors ...cluster.Behavior) (*cluster.Cluster, error) {
	nodes := make([]*object.Node, count)
	for i := range nodes {
		nodes[i] = &object.Node{}
		nodes[i].Name = fmt.Sprintf("node-%d", i)
		nodes[i].Status.Capacity = pod.ResourceList{pod.ResourcePods: pod.NewQuantity(int64(pods/len(nodes)+110), pod.DecimalSI)}
	}
	return cluster.New(cluster.Config{
		Nodes: nodes, Behaviors: behaviors, Histories: -1,
		PodRanges: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, HostIP: netip.MustParseAddr("198.18.0.1"),
	})
}

// brief has containers run for ten seconds.
func brief() cluster.Behavior {
	return cluster.Behavior{Script: &script.Script{Containers: map[string]script.Behavior{"app": {Runs: []script.Run{{For: script.Duration(10 * time.Second)}}}}}}
}

const rolledOut = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: %d, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "app:1"}]}}}}`

// RunRollout makes a Deployment of that many pods, waits until all are available, gives it another image, and waits until all are
// of that and available.
func RunRollout(replicas int) (Grown, error) {
	return measured(replicas, func() (any, error) {
		c, err := largeCluster(100, 2*replicas)
		if err != nil {
			return nil, err
		}
		return c, rollOut(c, replicas)
	})
}

func rollOut(c *cluster.Cluster, replicas int) error {
	if err := clustertest.Apply(c, fmt.Sprintf(rolledOut, replicas)); err != nil {
		return err
	}
	if !c.RunUntil(func() bool { return isRolledOut(c, "app:1", replicas) }, time.Hour) {
		return fmt.Errorf("%d pods: not all are available after an hour", replicas)
	}
	image := []byte(`{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"app:2"}]}}}}`)
	if _, err := c.Client().Patch(context.Background(), object.DeploymentKind, pod.Key{Name: "web"}, image); err != nil {
		return err
	}
	if !c.RunUntil(func() bool { return isRolledOut(c, "app:2", replicas) }, time.Hour) {
		return fmt.Errorf("%d pods: not rolled out after an hour", replicas)
	}
	return nil
}

// isRolledOut reports whether the Deployment has all its pods, of that image and available, and no others.
func isRolledOut(c *cluster.Cluster, image string, replicas int) bool {
	o, err := c.Client().Read(context.Background(), object.DeploymentKind, pod.Key{Name: "web"})
	if err != nil {
		return false
	}
	d, n := o.(*object.Deployment), int32(replicas)
	s := &d.Status
	return d.Spec.Template.Spec.Containers[0].Image == image && s.ObservedGeneration == d.Generation &&
		s.UpdatedReplicas == n && s.AvailableReplicas == n && s.Replicas == n
}

// RunJob makes a Job of that many completions, 500 at once, and waits until it is complete.
func RunJob(completions int) (Grown, error) {
	return measured(completions, func() (any, error) {
		c, err := largeCluster(100, completions, brief())
		if err != nil {
			return nil, err
		}
		err = clustertest.Apply(c, fmt.Sprintf(`{apiVersion: batch/v1, kind: Job, metadata: {name: work}, spec: {completions: %d, parallelism: 500,
		  template: {spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}}}`, completions))
		if err != nil {
			return nil, err
		}
		if !c.RunUntil(func() bool { return isComplete(c, completions) }, 24*time.Hour) {
			return nil, fmt.Errorf("%d completions: the Job is not complete after a day", completions)
		}
		return c, nil
	})
}

func isComplete(c *cluster.Cluster, completions int) bool {
	o, err := c.Client().Read(context.Background(), object.JobKind, pod.Key{Name: "work"})
	if err != nil {
		return false
	}
	s := &o.(*object.Job).Status
	return s.CompletionTime != nil && int(s.Succeeded) == completions
}

// RunCronJobs makes that many CronJobs, each of which runs once an hour, and lets a day pass.
func RunCronJobs(count int) (Grown, error) {
	return measured(count, func() (any, error) {
		c, err := largeCluster(10, 10*count, brief())
		if err != nil {
			return nil, err
		}
		for i := range count {
			err := clustertest.Apply(c, fmt.Sprintf(`{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick-%d}, spec: {schedule: "%d * * * *",
			  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "app:1"}]}}}}}}`, i, i%60))
			if err != nil {
				return nil, err
			}
		}
		c.RunFor(24 * time.Hour)
		return c, haveRun(c, count)
	})
}

// haveRun checks that every CronJob has run within the last hour.
func haveRun(c *cluster.Cluster, count int) error {
	all, err := c.Client().List(context.Background(), object.CronJobKind, cluster.ListOptions{})
	if err != nil {
		return err
	}
	if len(all.Items) != count {
		return fmt.Errorf("%d CronJobs, expected %d", len(all.Items), count)
	}
	for _, o := range all.Items {
		s := &o.(*object.CronJob).Status
		if s.LastSuccessfulTime == nil || c.Now().Sub(s.LastSuccessfulTime.Time) > time.Hour+time.Minute {
			return fmt.Errorf("CronJob %q has not run within the last hour", o.Meta().Name)
		}
	}
	return nil
}

// unitTest is a test of a controller as one writes it: a cluster of three nodes, a Deployment of three pods, one rollout, from New to the
// last assertion.
func unitTest() error {
	c, err := cluster.New(cluster.Config{Nodes: clustertest.Nodes(3)})
	if err != nil {
		return err
	}
	return rollOut(c, 3)
}

// RunUnitTests is how many such tests one core does in a second, over that time.
func RunUnitTests(span time.Duration) (perSecond float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	n, began := 0, time.Now()
	for time.Since(began) < span {
		if err := unitTest(); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
