package node

import (
	"context"
	"time"

	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/storage"
)

// monitor looks now and then at what the pods use, until ctx is done.
func (a *Agent) monitor(ctx context.Context) {
	tick := time.NewTicker(a.cfg.Monitor)
	defer tick.Stop()
	pressure := eviction.New(a.cfg.Eviction)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		a.mu.Lock()
		a.retryResizes()
		a.mu.Unlock()
		for _, p := range a.Pods() {
			a.checkVolumes(p)
		}
		if a.cfg.Signals != nil {
			a.checkPressure(ctx, time.Now(), pressure)
		}
	}
}

// overLimitGrace is how long a pod that has used too much may take to end, in seconds.
const overLimitGrace = 1

// checkVolumes evicts a pod whose emptyDir holds more than its sizeLimit. See
// https://kubernetes.io/docs/concepts/storage/volumes/#emptydir.
func (a *Agent) checkVolumes(p *pod.Pod) {
	contents, ok := a.cfg.Volumes.(storage.Contents)
	if !ok || len(p.Spec.Volumes) == 0 || p.Status.Phase.IsTerminal() {
		return
	}
	excess, over := storage.OverLimit(p, func(volume string) (int64, bool) {
		n, err := contents.Usage(p.UID, volume)
		return n, err == nil
	})
	if over {
		_ = a.Evict(p.Key(), EvictOptions{
			Message: excess.Message(), GraceSeconds: new(int64(overLimitGrace)), OverLimit: true,
		})
	}
}
