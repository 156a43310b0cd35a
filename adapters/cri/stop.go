package cri

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	criapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/podlife/podlife/pod"
)

// StopContainer implements node.Runtime. A grace is rounded up to whole seconds. Where the container has a stop signal of its own and
// the engine takes none, the signal is sent by this program, which must run on the engine's machine, with its rights.
func (r *Runtime) StopContainer(ctx context.Context, uid pod.UID, container string, attempt int32, grace time.Duration) error {
	grace = max(grace, 0)
	return r.carry(ctx, "", grace+callPatience, func(ctx context.Context) error {
		c, err := r.find(ctx, uid, container, attempt)
		if err != nil || c == nil || c.State == criapi.ContainerState_CONTAINER_EXITED {
			return err
		}
		if grace > 0 {
			handled, err := r.signal(ctx, c, grace)
			if err != nil {
				r.cfg.Log.Warn("the stop signal could not be sent", "pod", uid, "container", container, "err", err)
			}
			if handled {
				grace = 0
			}
		}
		return r.engine.stopContainer(ctx, c.Id, grace)
	})
}

// signal sends a container its own stop signal and waits until it has ended or the grace is over, where the engine would send another.
// It reports whether it did.
func (r *Runtime) signal(ctx context.Context, c *criapi.Container, grace time.Duration) (bool, error) {
	name := c.Annotations[annotationStopSignal]
	if name == "" {
		return false, nil
	}
	status, info, err := r.engine.containerDetails(ctx, c.Id, true)
	if err != nil {
		return false, err
	}
	if own := signalOf(name); own != 0 && status.GetStopSignal() == own {
		return false, nil
	}
	if r.firstSignal(c.Id) {
		if err := r.kill(info, name); err != nil {
			return false, err
		}
	}
	return true, r.awaitEnd(ctx, c.Id, grace)
}

// signalOf is a signal as the interface has it, 0 where it has none of that name.
func signalOf(name string) criapi.Signal {
	return criapi.Signal(criapi.Signal_value["SIGNAL_"+strings.NewReplacer("+", "PLUS", "-", "MINUS").Replace(name)])
}

// firstSignal reports whether nobody has sent the container its stop signal before.
func (r *Runtime) firstSignal(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.signaled[id]
	r.signaled[id] = true
	return !sent
}

// kill sends a signal to the first process of a container, whose number the engine tells.
func (r *Runtime) kill(info map[string]string, name string) error {
	var details struct {
		PID int `json:"pid"`
	}
	if err := json.Unmarshal([]byte(info["info"]), &details); err != nil || details.PID <= 1 {
		return fmt.Errorf("the engine does not tell which process to send %s", name)
	}
	return sendSignal(details.PID, name)
}

// awaitEnd waits until a container has ended or the grace is over.
func (r *Runtime) awaitEnd(ctx context.Context, id string, grace time.Duration) error {
	end := time.Now().Add(grace)
	for wait := 10 * time.Millisecond; time.Now().Before(end); wait = min(2*wait, 200*time.Millisecond) {
		s, err := r.engine.containerStatus(ctx, id)
		if err != nil || s.State != criapi.ContainerState_CONTAINER_RUNNING {
			return err
		}
		if err := sleep(ctx, min(wait, time.Until(end))); err != nil {
			return err
		}
	}
	return nil
}
