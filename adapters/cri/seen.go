package cri

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// remembered is what cannot change of a pod: how attempts ended, and the addresses of sandboxes.
type remembered struct {
	box      string                             // the sandbox, if it was ready
	attempts map[string]lifecycle.SeenContainer // by the engine's ID, in their latest state
	ips      map[string][]netip.Addr            // by that of the sandbox
}

// memory returns a copy of what is remembered of a pod.
func (r *Runtime) memory(uid pod.UID) remembered {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.known[uid]; m != nil {
		return *m
	}
	return remembered{}
}

// seen is a pod as the engine shows it, the attempts in the order in which they were made. An attempt that was created and never started is not shown.
func (r *Runtime) seen(ctx context.Context, uid pod.UID, boxes []*criapi.PodSandbox, containers []*criapi.Container) (lifecycle.Seen, error) {
	var out lifecycle.Seen
	before := r.memory(uid)
	now := remembered{attempts: map[string]lifecycle.SeenContainer{}, ips: map[string][]netip.Addr{}}
	if box := newest(boxes); box != nil {
		if err := r.seeSandbox(ctx, box, before, &now, &out); err != nil {
			return lifecycle.Seen{}, err
		}
	}
	slices.SortStableFunc(containers, func(a, b *criapi.Container) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), strings.Compare(a.Id, b.Id))
	})
	for _, c := range containers {
		if c.State == criapi.ContainerState_CONTAINER_CREATED {
			continue
		}
		seen, err := r.seeContainer(ctx, uid, c, before.attempts)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return lifecycle.Seen{}, err
		}
		now.attempts[c.Id] = seen
		out.Containers = append(out.Containers, seen)
	}
	var err error
	out.MissingImages, err = r.images.missing(ctx, r.imagesOf(uid, newest(boxes)))
	r.mu.Lock()
	r.known[uid] = &now
	r.mu.Unlock()
	return out, err
}

// seeSandbox fills in the state and the addresses of a sandbox.
func (r *Runtime) seeSandbox(ctx context.Context, box *criapi.PodSandbox, before remembered, now *remembered, out *lifecycle.Seen) error {
	if box.State != criapi.PodSandboxState_SANDBOX_READY {
		out.Sandbox = lifecycle.SandboxStopped
		return nil
	}
	out.Sandbox = lifecycle.SandboxReady
	ips, ok := before.ips[box.Id]
	if !ok {
		status, err := r.engine.sandboxStatus(ctx, box.Id)
		if err != nil {
			return err
		}
		ips = addresses(status.GetNetwork())
	}
	now.box, now.ips[box.Id] = box.Id, ips
	out.IPs = append([]netip.Addr(nil), ips...)
	return nil
}

// addresses are those that CNI gave, the primary one first, one of each family.
func addresses(n *criapi.PodSandboxNetworkStatus) []netip.Addr {
	var out []netip.Addr
	add := func(text string) {
		ip, err := netip.ParseAddr(text)
		if err != nil || len(out) > 0 && (len(out) > 1 || out[0].Is4() == ip.Unmap().Is4()) {
			return
		}
		out = append(out, ip.Unmap())
	}
	add(n.GetIp())
	for _, more := range n.GetAdditionalIps() {
		add(more.GetIp())
	}
	return out
}

// seeContainer returns an attempt, from memory where its state is that of the last time.
func (r *Runtime) seeContainer(ctx context.Context, uid pod.UID, c *criapi.Container, before map[string]lifecycle.SeenContainer) (lifecycle.SeenContainer, error) {
	if known, ok := before[c.Id]; ok && known.State == containerState(c.State) {
		return known, nil
	}
	s, err := r.engine.containerStatus(ctx, c.Id)
	if err != nil {
		return lifecycle.SeenContainer{}, err
	}
	out := lifecycle.SeenContainer{
		Name:    c.GetMetadata().GetName(),
		Attempt: attemptOf(c),
		State:   containerState(s.State),
		ID:      r.engine.id(c.Id),
		ImageID: s.ImageRef,
	}
	if s.StartedAt > 0 {
		out.StartedAt = time.Unix(0, s.StartedAt)
	} else {
		out.StartedAt = time.Unix(0, 0)
	}
	if s.State == criapi.ContainerState_CONTAINER_EXITED {
		r.seeEnd(uid, s, &out)
	}
	return out, nil
}

// startErrorCode is the exit code of an attempt whose process could not be started.
const startErrorCode = 128

// seeEnd fills in how an attempt ended. Engines may note the start of a program only after it has ended.
func (r *Runtime) seeEnd(uid pod.UID, s *criapi.ContainerStatus, out *lifecycle.SeenContainer) {
	out.FinishedAt, out.ExitCode, out.Reason = time.Unix(0, s.FinishedAt), s.ExitCode, pod.Reason(s.Reason)
	if out.FinishedAt.Before(out.StartedAt) {
		out.FinishedAt = out.StartedAt
	}
	if neverRan(s) {
		out.ExitCode, out.Reason, out.Message = startErrorCode, pod.ReasonStartError, s.Message
		return
	}
	out.Message = terminationMessage(s, r.files.message(uid, out.Name, out.Attempt))
}

func containerState(s criapi.ContainerState) lifecycle.ContainerState {
	switch s {
	case criapi.ContainerState_CONTAINER_RUNNING:
		return lifecycle.ContainerRunning
	case criapi.ContainerState_CONTAINER_EXITED:
		return lifecycle.ContainerExited
	case criapi.ContainerState_CONTAINER_UNKNOWN:
		return lifecycle.ContainerUnknown
	}
	return lifecycle.ContainerCreated
}

// imagesOf returns the images of a pod, as they were told last, or as its sandbox has them.
func (r *Runtime) imagesOf(uid pod.UID, box *criapi.PodSandbox) []string {
	r.mu.Lock()
	list, ok := r.wanted[uid]
	r.mu.Unlock()
	if !ok && box != nil && box.Annotations[annotationImages] != "" {
		return strings.Split(box.Annotations[annotationImages], "\n")
	}
	return list
}

// sandboxIPs returns the addresses of a sandbox.
func (r *Runtime) sandboxIPs(ctx context.Context, uid pod.UID, box string) ([]pod.PodIP, error) {
	ips, ok := r.memory(uid).ips[box]
	if !ok {
		status, err := r.engine.sandboxStatus(ctx, box)
		if err != nil {
			return nil, err
		}
		ips = addresses(status.GetNetwork())
	}
	var out []pod.PodIP
	for _, ip := range ips {
		out = append(out, pod.PodIP{IP: ip.String()})
	}
	return out, nil
}
