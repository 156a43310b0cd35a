package scheduling

import (
	"encoding/binary"
	"slices"

	"github.com/podlife/podlife/pod"
)

// shape is all that many pods have in common and that a scheduler asks about them. Pods made from one template share one.
type shape struct {
	key         string
	users       int
	class       *class
	requests    amounts
	assumed     [2]int64 // cpu and memory, where containers that ask for nothing count for something
	ports       []hostPort
	terms       []*term
	claims      []pod.Key
	priority    int32
	terminating bool
}

// A container that asks for no cpu or no memory counts for so much where nodes are compared, so that such pods are spread.
const (
	assumedCPU    = 100               // thousandths
	assumedMemory = 200 * 1024 * 1024 // bytes
)

var assumedRequests = pod.ResourceList{
	pod.ResourceCPU:    pod.NewMilliQuantity(assumedCPU, pod.DecimalSI),
	pod.ResourceMemory: pod.NewQuantity(assumedMemory, pod.DecimalSI),
}

// shapeOf returns the shape of p with one user more.
func (s *Snapshot) shapeOf(p *pod.Pod) *shape {
	fresh := shape{priority: priorityOf(p), terminating: p.IsTerminating()}
	requests := p.AccountedRequests()
	fresh.requests = s.resources.amounts(requests)
	fresh.assumed = assumedOf(p, requests)
	fresh.ports = hostPorts(&p.Spec)
	fresh.claims = claimKeys(p)
	key := s.shapeKey(p, &fresh)
	if have, ok := s.shapes[string(key)]; ok {
		have.users++
		return have
	}
	if s.shapes == nil {
		s.shapes = map[string]*shape{}
	}
	fresh.key, fresh.users = string(key), 1
	fresh.class = s.classOf(p.Namespace, p.Labels)
	fresh.class.users++
	fresh.terms = s.termsOf(p)
	kept := fresh
	s.shapes[kept.key] = &kept
	return &kept
}

func (s *Snapshot) releaseShape(sh *shape) {
	if sh.users--; sh.users > 0 {
		return
	}
	delete(s.shapes, sh.key)
	for _, t := range sh.terms {
		s.releaseTerm(t)
	}
	s.releaseClass(sh.class)
}

// assumedOf is what p counts for where nodes are compared. A pod that sets its resources as a whole leaves nothing to
// assume for what is set.
func assumedOf(p *pod.Pod, requests pod.ResourceList) [2]int64 {
	missing := assumedRequests
	if setsOwnRequests(&p.Spec) {
		missing = pod.ResourceList{}
		for name, q := range assumedRequests {
			if _, ok := requests[name]; !ok {
				missing[name] = q
			}
		}
	}
	if len(missing) > 0 && lacksRequests(p) {
		requests = p.AccountedRequestsOr(missing)
	}
	return cpuAndMemory(requests)
}

func cpuAndMemory(list pod.ResourceList) [2]int64 {
	cpu, memory := list[pod.ResourceCPU], list[pod.ResourceMemory]
	return [2]int64{cpu.MilliValue(), memory.Value()}
}

// setsOwnRequests reports whether the pod as a whole asks for something that a pod as a whole may ask for.
func setsOwnRequests(s *pod.Spec) bool {
	if s.Resources == nil {
		return false
	}
	for name := range s.Resources.Requests {
		if name == pod.ResourceCPU || name == pod.ResourceMemory || hasPrefix(name, pod.ResourceHugePagesPrefix) {
			return true
		}
	}
	return false
}

func hasPrefix(name pod.ResourceName, prefix string) bool {
	return len(name) >= len(prefix) && string(name[:len(prefix)]) == prefix
}

// lacksRequests reports whether some container may ask for less than both cpu and memory: by its spec, or by its status.
func lacksRequests(p *pod.Pod) bool {
	if p.Status.Condition(pod.PodResizePending) != nil || p.Status.AllocatedResources != nil {
		return true
	}
	for role, c := range p.Spec.AllContainers() {
		if role == pod.RoleEphemeral {
			continue
		}
		_, cpu := c.Resources.Requests[pod.ResourceCPU]
		_, memory := c.Resources.Requests[pod.ResourceMemory]
		status := p.Status.ContainerStatus(c.Name)
		if !cpu || !memory || status != nil && (status.AllocatedResources != nil || status.Resources != nil) {
			return true
		}
	}
	return false
}

func priorityOf(p *pod.Pod) int32 {
	if p.Spec.Priority == nil {
		return 0
	}
	return *p.Spec.Priority
}

// claimKeys lists the claims that p names, once for each volume. Those made for the pod alone are not among them.
func claimKeys(p *pod.Pod) (keys []pod.Key) {
	for i := range p.Spec.Volumes {
		if c := p.Spec.Volumes[i].PersistentVolumeClaim; c != nil {
			keys = append(keys, pod.Key{Namespace: p.Namespace, Name: c.ClaimName})
		}
	}
	return keys
}

// claimName is the name of the claim behind a volume, empty if there is none, and whether it is made for the pod alone.
func claimName(p *pod.Pod, v *pod.Volume) (name string, ephemeral bool) {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName, false
	case v.Ephemeral != nil:
		return p.Name + "-" + v.Name, true
	}
	return "", false
}

// shapeKey is the same for pods of the same shape. It is valid until the next call.
func (s *Snapshot) shapeKey(p *pod.Pod, sh *shape) []byte {
	b := s.scratch.key[:0]
	b = appendText(b, p.Namespace)
	b = s.appendLabels(b, p.Labels)
	for _, n := range [...]int64{sh.requests.cpu, sh.requests.memory, sh.requests.ephemeral, sh.assumed[0], sh.assumed[1],
		int64(sh.priority), int64(boolNumber(sh.terminating)), int64(len(sh.requests.scalars))} {
		b = binary.AppendVarint(b, n)
	}
	for _, n := range sh.requests.scalars {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendVarint(b, int64(len(sh.ports)))
	for _, port := range sh.ports {
		b = appendText(appendText(b, port.ip), string(port.protocol))
		b = binary.AppendVarint(b, int64(port.port))
	}
	b = binary.AppendVarint(b, int64(len(sh.claims)))
	for _, claim := range sh.claims {
		b = appendText(b, claim.Name)
	}
	for t := range podTerms(p) {
		b = t.appendKey(b, s)
	}
	s.scratch.key = b
	return b
}

func boolNumber(b bool) int {
	if b {
		return 1
	}
	return 0
}

// appendText appends a text so that what follows cannot be mistaken for a part of it.
func appendText(b []byte, text string) []byte {
	return append(binary.AppendVarint(b, int64(len(text))), text...)
}

// appendLabels appends labels in the order of their keys.
func (s *Snapshot) appendLabels(b []byte, labels map[string]string) []byte {
	keys := s.scratch.names[:0]
	for key := range labels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = binary.AppendVarint(b, int64(len(keys)))
	for _, key := range keys {
		b = appendText(appendText(b, key), labels[key])
	}
	s.scratch.names = keys[:0]
	return b
}
