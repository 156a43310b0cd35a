package workload_test

import (
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

func TestDeploymentRollsOut(t *testing.T) {
	w := newWorld(t, workload.All()...)
	w.create(deployment(3))
	w.runTo(10 * time.Second)
	d := get[*object.Deployment](w, object.DeploymentKind, "web")
	require.Equal(t, []string{
		"0.00 Deployment/web Progressing=True(NewReplicaSetCreated)",
	}, w.lines("Progressing=True(New")[:1])
	user(w, d, func(d *object.Deployment) { d.Spec.Template.Spec.Containers[0].Image = "app:2" })
	w.runTo(60 * time.Second)
	for _, l := range w.story {
		t.Log(l)
	}
}
