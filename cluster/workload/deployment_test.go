package workload_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/podlife/podlife/cluster/workload"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

func template(image string) pod.Template {
	t := pod.Template{Spec: pod.Spec{Containers: []pod.Container{{Name: "app", Image: image}}}}
	t.Labels = map[string]string{"app": "web"}
	return t
}

func selector() *pod.LabelSelector {
	return &pod.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
}

func deployment(n int32) *object.Deployment {
	d := &object.Deployment{Spec: object.DeploymentSpec{Replicas: &n, Selector: selector(), Template: template("app:1")}}
	d.Name = "web"
	return d
}

// image changes the template of the Deployment web.
func setImage(w *world, image string) {
	user(w, get[*object.Deployment](w, object.DeploymentKind, "web"), func(d *object.Deployment) {
		d.Spec.Template.Spec.Containers[0].Image = image
	})
}

// names replaces the names of ReplicaSets, which hold a hash, by web-#1, web-#2 and so on.
func names(w *world, lines []string) []string {
	for i, line := range lines {
		n := 0
		for o := range w.List(object.ReplicaSetKind, "") {
			n++
			line = strings.ReplaceAll(line, o.Meta().Name, fmt.Sprintf("web-#%d", n))
		}
		lines[i] = line
	}
	return lines
}

func TestDeploymentRollsOut(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.create(deployment(3))
	w.runTo(10 * time.Second)
	setImage(w, "app:2")
	w.runTo(60 * time.Second)
	require.Equal(t, []string{
		"0.00 Normal Deployment/web ScalingReplicaSet: Scaled up replica set web-#1 from 0 to 3",
		"0.00 Deployment/web Progressing=True(NewReplicaSetCreated)",
		"0.00 Deployment/web Available=False(MinimumReplicasUnavailable)",
		"0.00 Deployment/web Progressing=True(ReplicaSetUpdated)",
		"3.00 Deployment/web Available=True(MinimumReplicasAvailable)",
		"3.00 Deployment/web Progressing=True(NewReplicaSetAvailable)",
		"10.00 Normal Deployment/web ScalingReplicaSet: Scaled up replica set web-#2 from 0 to 1",
		"10.00 Deployment/web Progressing=True(NewReplicaSetCreated)",
		"10.00 Deployment/web Progressing=True(ReplicaSetUpdated)",
		"13.00 Normal Deployment/web ScalingReplicaSet: Scaled down replica set web-#1 from 3 to 2",
		"13.00 Normal Deployment/web ScalingReplicaSet: Scaled up replica set web-#2 from 1 to 2",
		"16.00 Normal Deployment/web ScalingReplicaSet: Scaled down replica set web-#1 from 2 to 1",
		"16.00 Normal Deployment/web ScalingReplicaSet: Scaled up replica set web-#2 from 2 to 3",
		"19.00 Normal Deployment/web ScalingReplicaSet: Scaled down replica set web-#1 from 1 to 0",
		"19.00 Deployment/web Progressing=True(NewReplicaSetAvailable)",
	}, names(w, w.lines("Deployment/web")))
	require.Equal(t, "2", get[*object.Deployment](w, object.DeploymentKind, "web").Annotations["deployment.kubernetes.io/revision"])
}

// The same as on https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling.
func TestDeploymentScalesInProportion(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.behaves = func(p *pod.Pod) behavior {
		return behavior{starts: time.Second, never: p.Spec.Containers[0].Image == "app:bad", stops: time.Second}
	}
	d := deployment(10)
	surge, unavailable := pod.FromInt(3), pod.FromInt(2)
	d.Spec.Strategy.RollingUpdate = &object.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &unavailable}
	w.create(d)
	w.runTo(10 * time.Second)
	setImage(w, "app:bad")
	w.runTo(20 * time.Second)
	require.Equal(t, []int32{8, 5}, sizes(w))
	user(w, get[*object.Deployment](w, object.DeploymentKind, "web"), func(d *object.Deployment) { *d.Spec.Replicas = 15 })
	w.runTo(30 * time.Second)
	require.Equal(t, []int32{11, 7}, sizes(w))

	setImage(w, "app:1")
	w.runTo(60 * time.Second)
	require.Equal(t, []int32{15, 0}, sizes(w), "rolled back")
	web := slices.Collect(w.List(object.ReplicaSetKind, ""))[0]
	require.Equal(t, "3", web.Meta().Annotations["deployment.kubernetes.io/revision"])
	require.Equal(t, "1", web.Meta().Annotations["deployment.kubernetes.io/revision-history"])
}

// sizes are those of the ReplicaSets, in the order of their creation.
func sizes(w *world) (n []int32) {
	for o := range w.List(object.ReplicaSetKind, "") {
		n = append(n, *o.(*object.ReplicaSet).Spec.Replicas)
	}
	return n
}

func TestDeploymentProgressDeadline(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.behaves = func(*pod.Pod) behavior { return behavior{starts: time.Second, never: true, stops: time.Second} }
	d := deployment(1)
	deadline := int32(20)
	d.Spec.ProgressDeadlineSeconds = &deadline
	w.create(d)
	w.runTo(time.Hour)
	require.Equal(t, []string{
		"0.00 Deployment/web Progressing=True(NewReplicaSetCreated)",
		"0.00 Deployment/web Progressing=True(ReplicaSetUpdated)",
		"21.00 Deployment/web Progressing=False(ProgressDeadlineExceeded)",
	}, w.lines("Progressing"))
}

// Whatever the bounds and the template do, there are never too many pods and never too few that are available.
func TestDeploymentBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		n, up, down := int32(1+random.IntN(12)), int32(random.IntN(4)), int32(random.IntN(4))
		if up == 0 && down == 0 {
			up = 1
		}
		surge, unavailable := pod.FromInt(up), pod.FromInt(down)
		d := deployment(n)
		d.Spec.Strategy.RollingUpdate = &object.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &unavailable}
		w := newWorld(t, workload.All()...)
		w.behaves = func(p *pod.Pod) behavior {
			k := time.Duration(len(p.UID)+int(p.UID[len(p.UID)-1]))%7 + 1
			return behavior{starts: k * 300 * time.Millisecond, ready: k * 500 * time.Millisecond, stops: k * time.Second,
				never: p.Spec.Containers[0].Image == "app:bad"}
		}
		w.create(d)
		w.runTo(60 * time.Second)
		w.check = func() {
			active, ready := 0, 0
			for _, p := range w.pods() {
				if !p.IsTerminating() {
					active++
					if p.Status.IsTrue(pod.Ready) {
						ready++
					}
				}
			}
			require.LessOrEqual(t, active, int(n+up), "surge of %d: \n%s", up, w.tail())
			require.GreaterOrEqual(t, ready, int(n-down), "unavailable of %d: \n%s", down, w.tail())
		}
		for i, image := range []string{"app:2", "app:bad", "app:3", "app:1"} {
			setImage(w, image)
			w.runTo(time.Duration(60+i*40+random.IntN(40)) * time.Second)
		}
		w.runTo(10 * time.Minute)
		require.Len(t, w.pods(), int(n))
		writes := w.writes
		w.runTo(2 * time.Hour)
		require.Equal(t, writes, w.writes, "a Deployment that has converged is silent")
		for _, p := range w.pods() {
			require.Equal(t, "app:1", p.Spec.Containers[0].Image)
		}
	}
}

func TestDeploymentRecreates(t *testing.T) {
	w := newWorld(t, workload.All()...)
	d := deployment(2)
	d.Spec.Strategy.Type = object.RecreateDeploymentStrategyType
	w.create(d)
	w.runTo(10 * time.Second)
	w.behaves = func(*pod.Pod) behavior {
		return behavior{starts: time.Second, ready: time.Second, stops: 5 * time.Second}
	}
	setImage(w, "app:2")
	w.runTo(60 * time.Second)
	require.Equal(t, []string{
		"10.00 Normal Deployment/web ScalingReplicaSet: Scaled down replica set web-#1 from 2 to 0",
		"15.00 Normal Deployment/web ScalingReplicaSet: Scaled up replica set web-#2 from 0 to 2",
	}, names(w, w.lines("ScalingReplicaSet"))[1:])
}

func TestDeploymentKeepsHistory(t *testing.T) {
	w := newWorld(t, workload.All()...)
	d := deployment(1)
	limit := int32(1)
	d.Spec.RevisionHistoryLimit = &limit
	w.create(d)
	for i := range 5 {
		w.runTo(time.Duration(i*20) * time.Second)
		setImage(w, fmt.Sprintf("app:%d", i))
	}
	w.runTo(200 * time.Second)
	require.Equal(t, []int32{0, 1}, sizes(w))
}

func TestDeploymentPauses(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.create(deployment(2))
	w.runTo(10 * time.Second)
	pause := func(paused bool) {
		user(w, get[*object.Deployment](w, object.DeploymentKind, "web"), func(d *object.Deployment) { d.Spec.Paused = paused })
	}
	pause(true)
	w.runTo(20 * time.Second)
	setImage(w, "app:2")
	w.runTo(30 * time.Second)
	require.Equal(t, []int32{2}, sizes(w))
	pause(false)
	w.runTo(60 * time.Second)
	require.Equal(t, []int32{0, 2}, sizes(w))
	require.Equal(t, []string{
		"10.00 Deployment/web Progressing=Unknown(DeploymentPaused)",
		"30.00 Deployment/web Progressing=Unknown(DeploymentResumed)",
		"30.00 Deployment/web Progressing=True(ReplicaSetUpdated)",
	}, w.lines("Progressing")[3:6])
}

// What a ReplicaSet of many pods costs does not grow with the square of their number: pods that change one after the other are counted
// together.
func TestReplicaSetOfManyPods(t *testing.T) {
	w := newWorld(t, workload.All()...)
	n := 0
	w.behaves = func(*pod.Pod) behavior {
		n++
		return behavior{starts: time.Second, ready: time.Duration(n) * time.Millisecond, stops: time.Second}
	}
	set := &object.ReplicaSet{Spec: object.ReplicaSetSpec{Replicas: new(int32), Selector: selector(), Template: template("app:1")}}
	*set.Spec.Replicas, set.Name = 400, "web"
	w.create(set)
	w.runTo(900 * time.Millisecond)
	writes := w.writes
	w.runTo(10 * time.Second)
	require.Equal(t, int32(400), get[*object.ReplicaSet](w, object.ReplicaSetKind, "web").Status.ReadyReplicas)
	require.Less(t, w.writes-writes, 100)
}
