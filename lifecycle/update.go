package lifecycle

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/podlife/podlife/pod"
)

// checkSpec reports why there can be no machine of a pod with the spec s, or nil.
func checkSpec(s *pod.Spec) error {
	if len(s.Containers) == 0 {
		return ErrNoContainers
	}
	n := len(s.InitContainers) + len(s.Containers) + len(s.EphemeralContainers)
	if n > math.MaxInt16 {
		return errors.New("lifecycle: the pod has more than 32767 containers")
	}
	if name, twice := twice(s, n); twice {
		return fmt.Errorf("lifecycle: two containers of the pod are called %q, expected names that differ", name)
	}
	return nil
}

// twice is a name that two of the n containers of s share, if there is one.
func twice(s *pod.Spec, n int) (string, bool) {
	if n == 1 {
		return "", false
	}
	var buffer [8]string
	names := buffer[:0]
	for i := range s.InitContainers {
		names = append(names, s.InitContainers[i].Name)
	}
	for i := range s.Containers {
		names = append(names, s.Containers[i].Name)
	}
	for i := range s.EphemeralContainers {
		names = append(names, s.EphemeralContainers[i].Name)
	}
	slices.Sort(names)
	for i := 1; i < n; i++ {
		if names[i] == names[i-1] {
			return names[i], true
		}
	}
	return "", false
}

// fits reports whether p can be the next form of the machine's pod: no container may come, go, change its name or become
// a sidecar, but for ephemeral ones, which may come. See
// https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement.
func (m *Machine) fits(p *pod.Pod) bool {
	if p == nil {
		return false
	}
	old, s := &m.pod.Spec, &p.Spec
	return sameContainers(old.InitContainers, s.InitContainers) && sameContainers(old.Containers, s.Containers) &&
		len(s.EphemeralContainers) >= len(old.EphemeralContainers) &&
		slices.EqualFunc(old.EphemeralContainers, s.EphemeralContainers[:len(old.EphemeralContainers)],
			func(a, b pod.EphemeralContainer) bool { return a.Name == b.Name }) &&
		checkSpec(s) == nil
}

func sameContainers(a, b []pod.Container) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].IsSidecar() != b[i].IsSidecar() {
			return false
		}
	}
	return true
}

// update takes p in place of the pod object so far. A status takes conditions of others, images and resources straight
// from the object.
func (w work) update(p *pod.Pod) {
	before, containers, conditions, live := w.pod, w.containers, w.givenConditions(), w.stage == stageLive
	w.keep(p)
	if live && pod.Resizes(&before.Spec, &p.Spec) {
		w.beginResize()
	}
	if !slices.Equal(conditions, w.givenConditions()) || w.shown.looked && !w.showsAlike(&before.Spec, containers) {
		w.set(flagChanged)
	}
}

// givenConditions are the conditions that a status takes from the object.
func (m *Machine) givenConditions() []pod.Condition {
	if m.shown.looked || m.is(flagRejected) {
		return m.foreign(nil)
	}
	return m.pod.Status.Conditions
}

// showsAlike reports whether a status shows of the containers, and of the pod's own resources, what it showed of before.
func (m *Machine) showsAlike(before *pod.Spec, containers []container) bool {
	return reflect.DeepEqual(before.Resources, m.pod.Spec.Resources) &&
		slices.EqualFunc(containers, m.containers, func(a, b container) bool {
			return a.spec.Image == b.spec.Image && (!m.showsResources(&b) || sameShownResources(&a, &b))
		})
}

// showsResources reports whether a status shows what the container has.
func (m *Machine) showsResources(c *container) bool {
	r := m.stateRun(c)
	return r != nil && r.state != runGone
}

// traces says in a number of which containers a status shows resources and an ID. It is what an attempt that vanishes takes from the
// status at once, whatever else that shows until the next look.
func (m *Machine) traces() (all uint64) {
	for i := range m.containers {
		c := &m.containers[i]
		all = all<<2 | all>>62
		if !m.showsResources(c) {
			continue
		}
		all ^= 1
		if c.past(m.stateRun(c)).id != "" {
			all ^= 2
		}
	}
	return all
}

func sameShownResources(a, b *container) bool {
	return reflect.DeepEqual(a.resources(), b.resources()) && reflect.DeepEqual(allocated(a.spec), allocated(b.spec))
}
