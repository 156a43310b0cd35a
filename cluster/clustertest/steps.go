package clustertest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/podlife/podlife/cluster"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// do carries a step out, and takes down what came of it.
func (p *player) do(s *Step) {
	a := Action{T: p.recorder.since(p.cluster.Now()), Do: s.Do, Target: []string{}, Code: http.StatusOK}
	if s.Select != nil || s.Kind == "Pod" {
		p.doPods(s, &a)
	} else {
		target, err := p.doObject(s)
		a.Target = append(a.Target, target)
		a.note(err)
	}
	p.recorder.out.Actions = append(p.recorder.out.Actions, a)
	p.look()
}

// note takes down a refusal.
func (a *Action) note(err error) {
	if err == nil {
		return
	}
	a.Code, a.Message = http.StatusInternalServerError, err.Error()
	var refused *pod.StatusError
	if errors.As(err, &refused) {
		a.Code, a.Reason, a.Message = refused.Code(), string(refused.Reason), refused.Message
	}
}

// doPods does a step to each pod that it is about.
func (p *player) doPods(s *Step, a *Action) {
	for _, one := range p.selected(s) {
		a.Target = append(a.Target, "Pod/"+p.recorder.names.of(one))
		if i, ok := p.recorder.pods[one.UID]; ok {
			a.Pods = append(a.Pods, p.recorder.out.Pods[i].ID)
		}
		a.note(p.doPod(s, one))
	}
}

func (p *player) selected(s *Step) []*pod.Pod {
	list, err := p.client.List(p.ctx, object.PodKind, cluster.ListOptions{})
	if err != nil {
		return nil
	}
	var out []*pod.Pod
	for _, o := range list.Items {
		if one := o.(*pod.Pod); s.means(one) {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b *pod.Pod) int { return p.recorder.pods[a.UID] - p.recorder.pods[b.UID] })
	if len(out) == 0 || s.Select == nil || s.Select.Pick == "all" {
		return out
	}
	if s.Select.Pick == "last" {
		return out[len(out)-1:]
	}
	return out[:1]
}

// means reports whether the step may be about the pod.
func (s *Step) means(p *pod.Pod) bool {
	if s.Select == nil {
		return p.Name == s.Name
	}
	for key, value := range s.Select.Labels {
		if p.Labels[key] != value {
			return false
		}
	}
	return p.DeletionTimestamp == nil && (s.Select.Node == "" || s.Select.Node == p.Spec.NodeName)
}

func (p *player) doPod(s *Step, one *pod.Pod) error {
	options := object.DeleteOptions{Propagation: s.Propagation}
	options.GracePeriodSeconds = s.GraceSeconds
	switch s.Do {
	case "delete":
		return p.client.Delete(p.ctx, object.PodKind, one.Key(), options)
	case "evict":
		return p.client.Evict(p.ctx, one.Key(), options)
	case "setReady":
		return p.cluster.SetReady(one.Key(), one.Spec.Containers[0].Name, s.Ready)
	case "resize":
		return resize(p.client, one, s.Container, s.Resources)
	case "patch":
		_, err := p.client.Patch(p.ctx, object.PodKind, one.Key(), s.Patch.JSON)
		return err
	}
	return fmt.Errorf("cannot %s a pod", s.Do)
}

// resize gives a container of a pod, or the first, other resources where it runs.
func resize(client cluster.Client, p *pod.Pod, container string, resources *pod.ResourceRequirements) error {
	own := p.Clone()
	c := own.Spec.Container(cmp.Or(container, own.Spec.Containers[0].Name))
	if c == nil {
		return fmt.Errorf("pod %q has no container %q", p.Key(), container)
	}
	c.Resources = *resources
	_, err := client.UpdateSubresource(context.Background(), own, pod.SubresourceResize)
	return err
}

// kindNamed are the kinds that a step can be about.
var kindNamed = map[string]object.Kind{}

func init() {
	for _, k := range watched {
		kindNamed[k.Name] = k
	}
}

// doObject does a step to an object that is not a pod, and says what that was.
func (p *player) doObject(s *Step) (target string, err error) {
	switch {
	case s.Do == "create":
		o, err := manifest(s.Object)
		if err == nil {
			_, err = p.client.Create(p.ctx, o)
		}
		return object.KindOf(o).Name + "/" + o.Meta().Name, err
	case s.Do == "nodeAdd":
		return "Node/" + s.Add.Name, p.cluster.AddNode(s.Add.node())
	case s.Node != "":
		return "Node/" + s.Node, p.doNode(s, pod.Key{Name: s.Node})
	}
	return s.Kind + "/" + s.Name, p.change(s, kindNamed[s.Kind], pod.Key{Namespace: pod.NamespaceDefault, Name: s.Name})
}

func (p *player) change(s *Step, kind object.Kind, key pod.Key) error {
	switch s.Do {
	case "delete":
		options := object.DeleteOptions{Propagation: s.Propagation}
		options.GracePeriodSeconds = s.GraceSeconds
		return p.client.Delete(p.ctx, kind, key, options)
	case "patch":
		return p.patch(kind, key, s.Patch.JSON)
	case "scale":
		return p.patch(kind, key, fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, s.Replicas))
	case "setImage":
		return p.setImage(kind, key, s.Image)
	}
	return fmt.Errorf("cannot %s a %s", s.Do, kind)
}

func (p *player) patch(kind object.Kind, key pod.Key, patch []byte) error {
	_, err := p.client.Patch(p.ctx, kind, key, patch)
	return err
}

func (p *player) setImage(kind object.Kind, key pod.Key, image string) error {
	o, err := p.client.Read(p.ctx, kind, key)
	if err != nil {
		return err
	}
	template := templateOf(o)
	if template == nil {
		return fmt.Errorf("a %s has no template", kind)
	}
	template.Spec.Containers[0].Image = image
	_, err = p.client.Update(p.ctx, o)
	return err
}

func templateOf(o object.Object) *pod.Template {
	switch o := o.(type) {
	case *object.Deployment:
		return &o.Spec.Template
	case *object.ReplicaSet:
		return &o.Spec.Template
	case *object.StatefulSet:
		return &o.Spec.Template
	case *object.DaemonSet:
		return &o.Spec.Template
	case *object.Job:
		return &o.Spec.Template
	case *object.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	}
	return nil
}

func (p *player) doNode(s *Step, key pod.Key) error {
	switch s.Do {
	case "nodeFail":
		return p.cluster.FailNode(key.Name)
	case "nodeRecover":
		return p.cluster.RecoverNode(key.Name)
	case "nodeDelete":
		if err := p.cluster.FailNode(key.Name); err != nil {
			return err
		}
		return p.client.Delete(p.ctx, object.NodeKind, key, object.DeleteOptions{})
	case "cordon", "uncordon":
		return p.patch(object.NodeKind, key, fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, s.Do == "cordon"))
	case "label":
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": s.Patch}})
		if err != nil {
			return err
		}
		return p.patch(object.NodeKind, key, patch)
	}
	return p.taint(s, key)
}

func (p *player) taint(s *Step, key pod.Key) error {
	o, err := p.client.Read(p.ctx, object.NodeKind, key)
	if err != nil {
		return err
	}
	n := o.(*object.Node)
	n.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t object.Taint) bool {
		return t.Key == s.Taint.Key && t.Effect == s.Taint.Effect
	})
	if s.Do == "taint" {
		n.Spec.Taints = append(n.Spec.Taints, *s.Taint)
	}
	_, err = p.client.Update(p.ctx, n)
	return err
}
