package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/network"
	"github.com/podlife/podlife/pod"
)

// carryOut carries out one action, or begins to. It is the one place where the kinds of actions are told apart.
func (w *worker) carryOut(ctx context.Context, a lifecycle.Action) {
	rt := w.agent.cfg.Runtime
	switch a.Kind {
	case lifecycle.MountVolumes:
		w.now(a, w.mount())
	case lifecycle.CreateSandbox:
		w.now(a, w.createSandbox(ctx))
	case lifecycle.StartContainer:
		w.now(a, w.startContainer(ctx, a))
	case lifecycle.RemoveContainer:
		w.now(a, rt.RemoveContainer(ctx, w.uid, a.Container, a.Attempt))
	case lifecycle.StopSandbox:
		w.ending(a, rt.StopSandbox(ctx, w.uid))
	case lifecycle.UnmountVolumes:
		w.ending(a, w.unmount())
	case lifecycle.RemoveSandbox:
		w.ending(a, w.removeSandbox(ctx))
	case lifecycle.StopContainer:
		w.later(ctx, a, func(ctx context.Context) lifecycle.Result {
			return resultOf(rt.StopContainer(ctx, w.uid, a.Container, a.Attempt, a.Timeout))
		})
	case lifecycle.PullImage:
		w.later(ctx, a, w.pull(a))
	case lifecycle.RunHook, lifecycle.RunProbe:
		w.later(ctx, a, w.call(a))
	case lifecycle.Resize:
		w.later(ctx, a, w.resize(a))
	case lifecycle.NoAction:
	}
}

// now ends an action that leaves a trace in what the runtime shows.
func (w *worker) now(a lifecycle.Action, err error) {
	w.lookSoon()
	if err != nil {
		w.log.Warn("action failed", "action", a.String(), "err", err)
		w.answer(a.ID, failed(err))
	}
}

// ending ends an action by which a pod ends. Why it failed becomes an event.
func (w *worker) ending(a lifecycle.Action, err error) {
	w.lookSoon()
	if err != nil {
		w.complain(err)
		w.answer(a.ID, failed(err))
	}
}

// later carries out an action that takes long, in a goroutine of its own. Its result is of no use once ctx is done.
func (w *worker) later(ctx context.Context, a lifecycle.Action, f func(ctx context.Context) lifecycle.Result) {
	w.long.Go(func() {
		r := f(ctx)
		if ctx.Err() != nil {
			return
		}
		if a.Kind == lifecycle.StopContainer {
			w.lookSoon()
			if r.Outcome == lifecycle.Succeeded {
				return
			}
		}
		w.answer(a.ID, r)
	})
}

// resultOf is failed for an error, and success for none.
func resultOf(err error) lifecycle.Result {
	if err == nil {
		return lifecycle.Result{}
	}
	return failed(err)
}

// failed puts an error in a result, with Kubernetes' reason where it has one.
func failed(err error) lifecycle.Result {
	r := lifecycle.Result{Outcome: lifecycle.Failed, Message: err.Error()}
	var start *StartError
	if errors.As(err, &start) {
		r.Reason, r.Message = start.Reason, start.Message
	}
	return r
}

// resize returns what gives a container the resources of the spec as it is now.
func (w *worker) resize(a lifecycle.Action) func(context.Context) lifecycle.Result {
	rt, ok := w.agent.cfg.Runtime.(Resizer)
	if !ok {
		return func(context.Context) lifecycle.Result {
			return failed(fmt.Errorf("resize of container %q: %w", a.Container, ErrUnsupported))
		}
	}
	p := w.spec
	return func(ctx context.Context) lifecycle.Result { return resultOf(rt.Resize(ctx, p, a.Container, a.Attempt)) }
}

func (w *worker) mount() error {
	if w.agent.cfg.Volumes != nil {
		if err := w.agent.cfg.Volumes.Mount(w.spec, w.sources()); err != nil {
			return err
		}
	}
	w.mounted = true
	return nil
}

func (w *worker) unmount() error {
	if w.agent.cfg.Volumes != nil {
		if err := w.agent.cfg.Volumes.Unmount(w.uid); err != nil {
			return err
		}
	}
	w.mounted = false
	return nil
}

// createSandbox makes the sandbox of a pod, with its addresses, in the place of one that has ended.
func (w *worker) createSandbox(ctx context.Context) error {
	if _, err := w.hostname(); err != nil {
		return err
	}
	if seen, err := w.agent.cfg.Runtime.List(ctx, w.uid); err != nil {
		return err
	} else if seen.Sandbox == lifecycle.SandboxStopped {
		if err := w.agent.cfg.Runtime.RemoveSandbox(ctx, w.uid); err != nil {
			return err
		}
	}
	if w.agent.cfg.Addresses != nil && !w.spec.Spec.HostNetwork {
		ips, err := w.agent.cfg.Addresses.Acquire(w.spec)
		if err != nil {
			return err
		}
		if !slices.Equal(w.ips, ips) {
			w.ips = ips
			w.save()
		}
	}
	if err := w.agent.cfg.Runtime.CreateSandbox(ctx, w.withAddresses()); err != nil {
		return err
	}
	w.agent.warn(w)
	return nil
}

// withAddresses is the pod with its addresses in its status, for a runtime that makes a network of them.
func (w *worker) withAddresses() *pod.Pod {
	if len(w.ips) == 0 {
		return w.spec
	}
	p := *w.spec
	p.Status.PodIP, p.Status.PodIPs = w.ips[0].String(), nil
	for _, ip := range w.ips {
		p.Status.PodIPs = append(p.Status.PodIPs, pod.PodIP{IP: ip.String()})
	}
	return &p
}

func (w *worker) removeSandbox(ctx context.Context) error {
	if err := w.agent.cfg.Runtime.RemoveSandbox(ctx, w.uid); err != nil {
		return err
	}
	w.release()
	return nil
}

// startContainer works out what the container needs, and starts it.
func (w *worker) startContainer(ctx context.Context, a lifecycle.Action) error {
	o, err := w.startOptions(a)
	if err != nil {
		return &StartError{Reason: pod.ReasonCreateContainerConfigError, Message: err.Error()}
	}
	return w.agent.cfg.Runtime.StartContainer(ctx, w.spec, a.Container, a.Attempt, o)
}

func (w *worker) startOptions(a lifecycle.Action) (StartOptions, error) {
	var o StartOptions
	c := w.spec.Spec.Container(a.Container)
	if c == nil {
		return o, fmt.Errorf("container %q: %w", a.Container, ErrNotFound)
	}
	src := w.sources()
	env, err := pod.Environment(w.spec, c, src)
	if err != nil {
		return o, err
	}
	for _, v := range env {
		o.Env = append(o.Env, v.Name+"="+v.Value)
	}
	o.Command, o.Args = pod.CommandAndArgs(c, env)
	if len(c.VolumeMounts) > 0 {
		if o.Mounts, err = src.mounts(c, env); err != nil {
			return o, err
		}
	}
	if o.Hostname, err = w.hostname(); err != nil {
		return o, err
	}
	o.LogPath = w.logPath(a)
	return o, nil
}

// hostname is the pod's host name, as its containers see it.
func (w *worker) hostname() (string, error) {
	host, err := network.HostName(w.spec, w.agent.cfg.ClusterDomain)
	if err != nil {
		return "", err
	}
	return host.Kernel()
}

// logPath is where an attempt's output goes, empty where the runtime chooses.
func (w *worker) logPath(a lifecycle.Action) string {
	if w.agent.cfg.LogDir == "" {
		return ""
	}
	folder := w.name.Namespace + "_" + w.name.Name + "_" + string(w.uid)
	return filepath.Join(w.agent.cfg.LogDir, folder, a.Container, strconv.Itoa(int(a.Attempt))+".log")
}

// sources are what the pod takes from outside itself, as things are now.
func (w *worker) sources() podSources {
	return podSources{
		Sources: w.agent.cfg.Sources, pod: w.spec, volumes: w.agent.cfg.Volumes,
		ips: w.seenIPs, hostIPs: w.agent.cfg.Machine.HostIPs,
	}
}

// pull fetches an image, where the runtime has any.
func (w *worker) pull(a lifecycle.Action) func(context.Context) lifecycle.Result {
	p := w.spec
	return func(ctx context.Context) lifecycle.Result {
		puller, ok := w.agent.cfg.Runtime.(ImagePuller)
		if !ok {
			return lifecycle.Result{}
		}
		size, err := puller.PullImage(ctx, p, a.Container)
		r := resultOf(err)
		r.ImageSize = size
		return r
	}
}
