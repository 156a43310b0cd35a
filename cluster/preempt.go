package cluster

import (
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/node/eviction"
	"github.com/podlife/podlife/pod"
	"github.com/podlife/podlife/scheduling"
)

// makeRoom is the rejection of a pod that a node has no room for; of a critical one that lacks nothing but room, which pods end first.
// See https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/.
func (c *Cluster) makeRoom(h *host, p *pod.Pod, against []scheduling.Reason) *rejection {
	critical := eviction.Candidate{Pod: p}
	var lacking []eviction.Lack
	for _, r := range against {
		if r.Resource == "" || !critical.IsCritical() {
			return &rejection{reason: r.Reason, message: r.Message}
		}
		lacking = append(lacking, eviction.Lack{Resource: r.Resource, Amount: r.Requested - (r.Capacity - r.Used)})
	}
	var running []eviction.Candidate
	for _, q := range c.admitted(h, nil) {
		running = append(running, eviction.Candidate{Pod: q})
	}
	victims, err := eviction.Preempt(critical, running, lacking)
	if err != nil {
		return &rejection{
			reason: eviction.UnexpectedAdmissionError, message: "Unexpected error while attempting to recover from admission failure: " + err.Error(),
		}
	}
	r := &rejection{}
	for _, v := range victims {
		r.victims = append(r.victims, c.store.uids[v.UID])
	}
	return r
}

// Times of a critical pod that waits for others to end: how long at least at most, and how often it looks.
const (
	leastPatience = 10 * time.Second
	lookForRoom   = time.Second
)

// wait tells the victims to end, and has the pod tried anew when they have, or have had their time.
func (r *rejection) wait(c *Cluster) {
	if r.until.IsZero() {
		patience := leastPatience
		for _, v := range r.victims {
			if s := v.pod().Spec.TerminationGracePeriodSeconds; s != nil {
				patience = max(patience, time.Duration(*s)*time.Second*3/2)
			}
			if v.tenant == nil {
				continue
			}
			v.tenant.told(lifecycle.Input{Kind: lifecycle.Evict, Reason: eviction.PreemptionReason, Message: eviction.PreemptionMessage})
		}
		r.until = c.now.Add(patience)
	}
	for _, v := range r.victims {
		if v.tenant != nil && c.now.Before(r.until) && !v.pod().Status.Phase.IsTerminal() {
			c.times.set(&r.timer, nanos(c.now.Add(lookForRoom)))
			return
		}
	}
	delete(r.host.held, r.it)
	c.settle(r.it)
}

// told has the node tell the pod's machine something now.
func (t *tenant) told(in lifecycle.Input) {
	t.awake().Do(t.host.c.now, in)
	t.host.c.times.set(&t.timer, nanos(t.host.c.now))
}
