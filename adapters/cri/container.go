package cri

import (
	"context"
	"errors"
	"fmt"
	"time"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/node"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// StartContainer implements node.Runtime. Where the image has gone from the node since the pod was made, or the container was given
// another one, it is fetched first, unless its policy is Never.
func (r *Runtime) StartContainer(ctx context.Context, p *pod.Pod, container string, attempt int32, o node.StartOptions) error {
	if err := storage.CheckUID(p.UID); err != nil {
		return err
	}
	if err := naming.DNS1123Label(container); err != nil {
		return err
	}
	p = p.Clone()
	s := &start{Runtime: r, pod: p, container: p.Spec.Container(container), attempt: attempt, options: o}
	if s.container == nil {
		return fmt.Errorf("container %q is not in pod %q", container, p.UID)
	}
	return r.carry(ctx, containerKey(p.UID, container), callPatience, s.run)
}

// containerKey is the lock of a container.
func containerKey(uid pod.UID, container string) string { return string(uid) + "/" + container }

// start is one attempt that is to be started.
type start struct {
	*Runtime
	pod       *pod.Pod
	container *pod.Container
	attempt   int32
	options   node.StartOptions
}

func (s *start) run(ctx context.Context) error {
	defer s.watcher.pause()()
	list, err := s.engine.containers(ctx, s.cfg.Owner, s.pod.UID, s.container.Name)
	if err != nil {
		return err
	}
	s.want(s.pod)
	for _, c := range list {
		if attemptOf(c) == s.attempt && c.State != criapi.ContainerState_CONTAINER_CREATED {
			return s.again(ctx, c)
		}
	}
	for _, c := range list {
		if c.State == criapi.ContainerState_CONTAINER_RUNNING || c.State == criapi.ContainerState_CONTAINER_UNKNOWN {
			return fmt.Errorf("container %q: attempt %d cannot be started, as attempt %d runs", s.container.Name, s.attempt, attemptOf(c))
		}
	}
	for _, c := range list {
		if attemptOf(c) == s.attempt {
			return s.goOn(ctx, c.Id)
		}
	}
	return s.begin(ctx)
}

// goOn starts an attempt that was made, by a program that was killed before it had it started, or while it did: then the engine may be
// about to start it, and so it is never removed before it is known not to run. One that cannot be started is made anew.
func (s *start) goOn(ctx context.Context, id string) error {
	err := s.engine.startContainer(ctx, id)
	if err == nil {
		return nil
	}
	status, fault := s.engine.containerStatus(ctx, id)
	switch {
	case fault != nil:
		return err
	case neverRan(status):
		return &node.StartError{Reason: pod.ReasonRunContainerError, Message: status.Message}
	case status.State != criapi.ContainerState_CONTAINER_CREATED:
		return nil
	}
	if err := s.engine.removeContainer(ctx, id); err != nil {
		return err
	}
	return s.begin(ctx)
}

// again answers what the first start of an attempt did.
func (s *start) again(ctx context.Context, c *criapi.Container) error {
	if c.State != criapi.ContainerState_CONTAINER_EXITED {
		return nil
	}
	status, err := s.engine.containerStatus(ctx, c.Id)
	if err != nil {
		return err
	}
	if neverRan(status) {
		return &node.StartError{Reason: pod.ReasonRunContainerError, Message: status.Message}
	}
	return nil
}

// neverRan reports whether an ended attempt is one whose process could not be started.
func neverRan(s *criapi.ContainerStatus) bool {
	return s.State == criapi.ContainerState_CONTAINER_EXITED && s.StartedAt <= 0
}

// begin makes the container and starts it.
func (s *start) begin(ctx context.Context) error {
	box, err := s.box(ctx)
	if err != nil {
		return err
	}
	config, sandbox, err := s.configure(ctx, box)
	if err != nil {
		return err
	}
	id, err := s.engine.createContainer(ctx, box, config, sandbox)
	if err != nil {
		s.images.forget(s.container.Image)
		return createError(err)
	}
	if err := s.engine.startContainer(ctx, id); err != nil {
		return s.startFailed(ctx, id, err)
	}
	return nil
}

// box returns the pod's sandbox, which must be ready. The one that List showed last will do: the engine makes no container in one that
// has been stopped since.
func (s *start) box(ctx context.Context) (string, error) {
	if box := s.memory(s.pod.UID).box; box != "" {
		return box, nil
	}
	boxes, err := s.engine.sandboxes(ctx, s.cfg.Owner, s.pod.UID)
	if err != nil {
		return "", err
	}
	box := newest(boxes)
	if box == nil || box.State != criapi.PodSandboxState_SANDBOX_READY {
		return "", fmt.Errorf("container %q: pod %q has no sandbox that is ready", s.container.Name, s.pod.UID)
	}
	return box.Id, nil
}

// configure works out all that the engine is asked for, and makes the files that go with it.
func (s *start) configure(ctx context.Context, box string) (*criapi.ContainerConfig, *criapi.PodSandboxConfig, error) {
	image, err := s.image(ctx)
	if err != nil {
		return nil, nil, err
	}
	sandbox, err := s.sandboxConfig(s.pod)
	if err != nil {
		return nil, nil, configError(err)
	}
	target, err := s.target(ctx)
	if err != nil {
		return nil, nil, configError(err)
	}
	ips, err := s.sandboxIPs(ctx, s.pod.UID, box)
	if err != nil {
		return nil, nil, err
	}
	files, err := s.makeFiles(ips)
	if err != nil {
		return nil, nil, configError(err)
	}
	config, err := s.containerConfig(image, files, target)
	if err != nil {
		return nil, nil, configError(err)
	}
	if err := s.imageMounts(ctx, config.Mounts); err != nil {
		return nil, nil, err
	}
	sandbox.LogDirectory, config.LogPath = s.files.log(s.pod.UID, s.container.Name, s.attempt, s.options)
	return config, sandbox, nil
}

func configError(err error) error {
	return &node.StartError{Reason: pod.ReasonCreateContainerConfigError, Message: err.Error()}
}

func createError(err error) error {
	if errors.Is(err, ErrUnreachable) {
		return err
	}
	return &node.StartError{Reason: pod.ReasonCreateContainerError, Message: detail(err)}
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startFailed asks the engine what has become of an attempt that it would not start. One that it keeps as created is removed, so that
// List does not show it.
func (s *start) startFailed(ctx context.Context, id string, cause error) error {
	status, err := s.engine.containerStatus(ctx, id)
	switch {
	case err != nil:
		return cause
	case neverRan(status):
		return &node.StartError{Reason: pod.ReasonRunContainerError, Message: status.Message}
	case status.State != criapi.ContainerState_CONTAINER_CREATED:
		return nil
	}
	if err := s.engine.removeContainer(ctx, id); err != nil {
		return errors.Join(cause, err)
	}
	return createError(cause)
}

// find returns one attempt as the engine lists it, or nil.
func (r *Runtime) find(ctx context.Context, uid pod.UID, container string, attempt int32) (*criapi.Container, error) {
	if uid == "" || container == "" {
		return nil, nil
	}
	list, err := r.engine.containers(ctx, r.cfg.Owner, uid, container)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if attemptOf(c) == attempt {
			return c, nil
		}
	}
	return nil, nil
}

func attemptOf(c *criapi.Container) int32 { return int32(c.GetMetadata().GetAttempt()) }

// RemoveContainer implements node.Runtime.
func (r *Runtime) RemoveContainer(ctx context.Context, uid pod.UID, container string, attempt int32) error {
	return r.carry(ctx, containerKey(uid, container), callPatience, func(ctx context.Context) error {
		c, err := r.find(ctx, uid, container, attempt)
		if err != nil || c == nil {
			return err
		}
		if c.State == criapi.ContainerState_CONTAINER_RUNNING {
			return fmt.Errorf("container %q: attempt %d runs and cannot be removed", container, attempt)
		}
		return r.removeContainer(ctx, uid, c)
	})
}

func (r *Runtime) removeContainer(ctx context.Context, uid pod.UID, c *criapi.Container) error {
	path := c.Annotations[annotationLogPath]
	if status, err := r.engine.containerStatus(ctx, c.Id); err == nil {
		path = status.GetLogPath()
	}
	if err := r.engine.removeContainer(ctx, c.Id); err != nil {
		return err
	}
	r.mu.Lock()
	delete(r.signaled, c.Id)
	r.mu.Unlock()
	return errors.Join(removeLog(path), removeFile(r.files.message(uid, c.GetMetadata().GetName(), attemptOf(c))))
}
