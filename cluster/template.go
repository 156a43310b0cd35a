package cluster

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/podlife/podlife/internal/pack"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// templates are what pods have in common with others of the same maker, as far as it is known: what is stored is never changed, so that
// it may be shared.
type templates struct {
	c      *Cluster
	latest map[origin]*template
}

// origin is what pods of one template have in common by all appearance.
type origin struct {
	namespace, maker, image string
}

// template is what some pods have in common. It is never changed once made, but for plausible.
type template struct {
	c         *Cluster
	common    pod.Pod // without name, host name, UID, node, version, times and status
	plausible *script.Script
}

// templatesKept is how many templates are known at once; then it begins anew.
const templatesKept = 1000

func originOf(p *pod.Pod) origin {
	o := origin{namespace: p.Namespace, maker: p.GenerateName}
	if len(p.OwnerReferences) > 0 {
		o.maker = string(p.OwnerReferences[0].UID)
	}
	if len(p.Spec.Containers) > 0 {
		o.image = p.Spec.Containers[0].Image
	}
	return o
}

// of is the template of the pod: have, or the latest of its origin, or a new one.
func (r *templates) of(p *pod.Pod, have *template) *template {
	if have != nil && have.fits(p) {
		return have
	}
	from := originOf(p)
	if t := r.latest[from]; t != nil && t.fits(p) {
		return t
	}
	if r.latest == nil || len(r.latest) >= templatesKept {
		r.latest = map[origin]*template{}
	}
	t := newTemplate(r.c, p)
	r.latest[from] = t
	return t
}

func newTemplate(c *Cluster, p *pod.Pod) *template {
	t := &template{c: c, common: pod.Pod{TypeMeta: p.TypeMeta, Spec: p.Spec}}
	t.common.Spec.NodeName, t.common.Spec.Hostname = "", ""
	t.common.GenerateName, t.common.Namespace = p.GenerateName, p.Namespace
	t.common.Labels, t.common.Annotations = p.Labels, p.Annotations
	t.common.OwnerReferences, t.common.Finalizers = p.OwnerReferences, p.Finalizers
	return t
}

// fits reports whether the pod has the template's spec.
func (t *template) fits(p *pod.Pod) bool {
	spec := p.Spec
	spec.NodeName, spec.Hostname = "", ""
	return reflect.DeepEqual(&spec, &t.common.Spec)
}

// share lets a new pod have in common with others of its template what is the same, and returns the template.
func (r *templates) share(p *pod.Pod) *template {
	t := r.of(p, nil)
	node, host := p.Spec.NodeName, p.Spec.Hostname
	p.Spec = t.common.Spec
	p.Spec.NodeName, p.Spec.Hostname = node, host
	if maps.Equal(p.Labels, t.common.Labels) {
		p.Labels = t.common.Labels
	}
	if maps.Equal(p.Annotations, t.common.Annotations) {
		p.Annotations = t.common.Annotations
	}
	if reflect.DeepEqual(p.OwnerReferences, t.common.OwnerReferences) {
		p.OwnerReferences = t.common.OwnerReferences
	}
	if slices.Equal(p.Finalizers, t.common.Finalizers) {
		p.Finalizers = t.common.Finalizers
	}
	return t
}

// plausibleFor is script.Plausible, once for all pods of the template.
func (t *template) plausibleFor(p *pod.Pod) *script.Script {
	if t.plausible == nil {
		t.plausible = script.Plausible(p)
	}
	return t.plausible
}

// append appends to dst what tells p from the template, as far as read reads it back: the status but for conditions is not in it.
func (t *template) append(dst []byte, p *pod.Pod) []byte {
	c := pack.Write(dst)
	own := *p
	own.Status.Conditions = foreign(p.Status.Conditions)
	t.pack(c, &own)
	return c.Bytes()
}

// read makes the pod that append was told of.
func (t *template) read(packed string) (*pod.Pod, error) {
	p := t.common
	c := pack.Read([]byte(packed))
	t.pack(c, &p)
	if c.Err() != nil || len(c.Bytes()) > 0 {
		return nil, errors.New("cluster: a pod that sleeps: the bytes are damaged")
	}
	return &p, nil
}

func (t *template) pack(c *pack.Codec, p *pod.Pod) {
	pack.Text(c, &p.Name)
	packText(c, &p.GenerateName, t.common.GenerateName)
	packUID(c, &p.UID)
	packVersion(c, &p.ResourceVersion)
	pack.Int(c, &p.Generation)
	packTime(c, &p.CreationTimestamp)
	packMap(c, &p.Labels, t.common.Labels)
	packMap(c, &p.Annotations, t.common.Annotations)
	packFinalizers(c, &p.Finalizers, t.common.Finalizers)
	packText(c, &p.Spec.Hostname, "")
	pack.List(c, &p.Status.Conditions, packCondition)
}

// packUID packs a UID: that which a cluster makes in 16 bytes.
func packUID(c *pack.Codec, uid *pod.UID) {
	id, err := uuid.Parse(string(*uid))
	made := err == nil && id.String() == string(*uid)
	if pack.Flag(c, &made); !made {
		pack.Text(c, uid)
		return
	}
	bytes := string(id[:])
	pack.Text(c, &bytes)
	if c.Reading() {
		copy(id[:], bytes)
		*uid = pod.UID(id.String())
	}
}

func packVersion(c *pack.Codec, v *string) {
	n, _ := strconv.ParseInt(*v, 10, 64)
	pack.Int(c, &n)
	if c.Reading() {
		*v = strconv.FormatInt(n, 10)
	}
}

func packTime(c *pack.Codec, t *pod.Time) {
	at := int64(pack.Never)
	if !t.IsZero() {
		at = t.UnixNano()
	}
	pack.Time(c, &at)
	if c.Reading() && at != pack.Never {
		*t = pod.NewTime(time.Unix(0, at).UTC())
	}
}

// packMap packs a map, which often is the usual one.
func packMap(c *pack.Codec, m *map[string]string, usual map[string]string) {
	same := maps.Equal(*m, usual)
	pack.Flag(c, &same)
	if same {
		return
	}
	keys := slices.Sorted(maps.Keys(*m))
	if c.Reading() {
		keys, *m = nil, map[string]string{}
	}
	n := len(keys)
	pack.Int(c, &n)
	for i := 0; i < n && c.Err() == nil; i++ {
		var key, value string
		if !c.Reading() {
			key, value = keys[i], (*m)[keys[i]]
		}
		pack.Text(c, &key)
		pack.Text(c, &value)
		(*m)[key] = value
	}
}

// packText packs a text, which often is the usual one.
func packText(c *pack.Codec, text *string, usual string) {
	same := *text == usual
	pack.Flag(c, &same)
	if !same {
		pack.Text(c, text)
	}
}

func packFinalizers(c *pack.Codec, list *[]string, usual []string) {
	same := slices.Equal(*list, usual)
	pack.Flag(c, &same)
	if !same {
		pack.List(c, list, pack.Text[string])
	}
}

func packCondition(c *pack.Codec, p *pod.Condition) {
	pack.Text(c, &p.Type)
	pack.Text(c, &p.Status)
	pack.Int(c, &p.ObservedGeneration)
	packTime(c, &p.LastProbeTime)
	packTime(c, &p.LastTransitionTime)
	pack.Text(c, &p.Reason)
	pack.Text(c, &p.Message)
}

// foreign are the conditions that a node does not write itself.
func foreign(list []pod.Condition) (out []pod.Condition) {
	for _, c := range list {
		if !nodeWrites(c.Type) {
			out = append(out, c)
		}
	}
	return out
}

func nodeWrites(t pod.ConditionType) bool {
	switch t {
	case pod.PodScheduled, pod.PodReadyToStartContainers, pod.Initialized, pod.Ready, pod.ContainersReady, pod.PodResizePending,
		pod.PodResizeInProgress:
		return true
	}
	return false
}
