package cluster

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// manifestLook is how often a node looks at a static pod to which nothing happens.
const manifestLook = time.Minute

// static is a pod that a node runs from a manifest that lies there. What the API shows of it, its tenant's item, is a mirror that
// commands nothing: one that is deleted comes back when the node looks at the pod the next time, and the pod does not notice.
// See https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/.
type static struct {
	timer
	t        *tenant
	manifest *pod.Pod // the mirror as it is made
	looked   time.Time
	removed  bool
}

// AddStatic puts the manifest p, which is not changed, on a node, whose kubelet runs the pod and shows its mirror, NAME-NODE, until
// RemoveStatic. The pod stays where it is, whatever happens to the mirror; it tolerates every NoExecute taint. Its containers behave
// as s says, or as with Create. The mirror is returned, as it was created, and not to be written to.
func (c *Cluster) AddStatic(nodeName string, p *pod.Pod, s *script.Script) (*pod.Pod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[nodeName]
	switch {
	case h == nil:
		return nil, notFound(object.NodeKind, nodeName)
	case p == nil || p.Name == "":
		return nil, refuse(pod.StatusReasonInvalid, "a static pod on node %q has no name, which it must have", nodeName)
	}
	mirror := mirrorOf(p, nodeName)
	it, err := c.create(mirror)
	if err != nil {
		return nil, err
	}
	created := it.pod()
	if s != nil {
		c.scripts[created.UID] = s
	}
	if err := c.runStatic(h, it, mirror); err != nil {
		c.remove(it)
		return nil, err
	}
	c.instant()
	return created, nil
}

// mirrorOf is the mirror of a manifest on a node.
func mirrorOf(p *pod.Pod, nodeName string) *pod.Pod {
	m := p.Clone()
	sum := fnv.New128a()
	// A pod that was read or made can be written.
	text, _ := json.Marshal(p)
	sum.Write(text)
	fmt.Fprintf(sum, "host:%sfile:%s", nodeName, p.Name)
	hash := hex.EncodeToString(sum.Sum(nil))
	m.Name += "-" + strings.ToLower(nodeName)
	m.UID, m.ResourceVersion, m.Spec.NodeName = "", "", nodeName
	m.Annotations = maps.Clone(m.Annotations)
	if m.Annotations == nil {
		m.Annotations = map[string]string{}
	}
	m.Annotations[node.ConfigHashAnnotation], m.Annotations[node.ConfigMirrorAnnotation] = hash, hash
	m.Annotations[node.ConfigSourceAnnotation] = "file"
	stays := pod.Toleration{Operator: pod.TolerationOpExists, Effect: pod.TaintEffectNoExecute}
	if !slices.ContainsFunc(m.Spec.Tolerations, func(t pod.Toleration) bool {
		return t.Key == "" && t.Operator == stays.Operator && t.Effect == stays.Effect && t.TolerationSeconds == nil
	}) {
		m.Spec.Tolerations = append(m.Spec.Tolerations, stays)
	}
	return m
}

func isMirror(p *pod.Pod) bool { return p.Annotations[node.ConfigMirrorAnnotation] != "" }

// runStatic begins the life of the pod whose mirror is it.
func (c *Cluster) runStatic(h *host, it *item, mirror *pod.Pod) error {
	p := it.pod().Clone()
	p.UID = pod.UID(p.Annotations[node.ConfigHashAnnotation])
	delete(p.Annotations, node.ConfigMirrorAnnotation)
	cfg := *h.machine
	cfg.Static = true
	t, err := c.moveIn(h, it, p, &cfg)
	if err != nil {
		return err
	}
	t.static = &static{manifest: mirror, looked: c.now, t: t}
	t.static.owner, t.static.order = t.static, turnPod.in(it.seq)
	it.tenant = t
	h.takeIn(t)
	t.tell()
	return nil
}

// RemoveStatic takes the manifest off its node: the pod of that mirror is ended in its own time, and the mirror goes without having said how.
func (c *Cluster) RemoveStatic(key pod.Key) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.hosts {
		for _, t := range h.tenants {
			if s := t.static; s != nil && !s.removed && s.key() == whole(object.PodKind, key) {
				s.removed = true
				t.tell()
				c.instant()
				return nil
			}
		}
	}
	return notFound(object.PodKind, key.Name)
}

func (s *static) key() pod.Key { return whole(object.PodKind, s.manifest.Key()) }

// hear is told that the mirror has changed, or gone, by somebody else than the node.
func (s *static) hear(it *item, is *pod.Pod) {
	if is == nil {
		it.tenant, s.t.item = nil, nil
	}
	if (is == nil || is.IsTerminating()) && !s.isSet() && !s.removed {
		s.lookAgain()
	}
}

// lookAgain has the node look after the mirror at its next look at the pod.
func (s *static) lookAgain() {
	c := s.t.host.c
	since := c.now.Sub(s.looked)/manifestLook*manifestLook + manifestLook
	c.times.set(&s.timer, nanos(s.looked.Add(since)))
}

// ring brings back a mirror that somebody has deleted.
func (s *static) ring(c *Cluster) {
	t := s.t
	if s.removed {
		return
	}
	if !t.host.up || t.host.item == nil {
		s.lookAgain()
		return
	}
	if t.item != nil {
		t.removeMirror()
	}
	it, err := c.create(s.manifest)
	if err != nil { // somebody has taken the name, or the namespace has gone
		s.lookAgain()
		return
	}
	it.tenant, t.item = t, it
	t.report()
}

// removeMirror deletes the mirror at once.
func (t *tenant) removeMirror() {
	it := t.item
	t.writing = true
	t.host.c.endObject(it)
	t.writing = false
	it.tenant, t.item = nil, nil
}

// obey has the machine look at the static pod, or end it, whatever the API says.
func (s *static) obey() {
	in := lifecycle.Input{}
	if s.removed && !s.t.life.Machine.Ended() {
		in.Kind = lifecycle.Delete
	}
	s.t.life.Do(s.t.host.c.now, in)
}

// leaves reports whether the pod's manifest is gone, and the pod as well.
func (s *static) leaves() bool {
	if s.removed && s.t.item != nil {
		s.t.removeMirror()
	}
	return s.removed
}
