package lifecycletest

import (
	"fmt"
	"time"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// mirror is the state of a static pod's mirror: the object that shows it in the API and commands nothing.
// See https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/.
type mirror struct {
	count  int       // how many objects there have been before this one
	orphan bool      // the manifest is gone: nothing is published any more
	back   time.Time // when the node will notice that somebody deleted the mirror
}

// syncFrequency is how often a node looks at a pod to which nothing happens.
const syncFrequency = time.Minute

// mirrorOf is the mirror object of p, the nth of them, as the API server makes it.
func (g *game) mirrorOf(p *pod.Pod, n int) *pod.Pod {
	next := p.Clone()
	next.Name = p.Name + "-" + g.node.Name
	next.Generation = 1
	next.Status = pod.Status{Phase: pod.Pending, QOSClass: p.Spec.QOSClass()}
	if n > 0 {
		next.UID = pod.UID(fmt.Sprintf("%s%04d", next.UID[:len(next.UID)-4], n))
	}
	return next
}

// stepStatic does what the user does to a static pod.
func (g *game) stepStatic(s Step) {
	switch s.Do {
	case "delete":
		next := g.object.Clone()
		if _, err := pod.PrepareDelete(next, pod.NewTime(g.now), pod.DeleteOptions{GracePeriodSeconds: s.GraceSeconds}); err != nil {
			return
		}
		g.object = next
		g.record()
		g.tell("the mirror is deleted")
		g.mirror.back = g.lastLook.Add(syncFrequency)
	case "removeManifest":
		g.mirror.orphan = true
		g.life.Do(g.now, lifecycle.Input{Kind: lifecycle.Delete})
	}
}

// bringMirrorBack makes a new mirror in place of one that somebody deleted, once the node looks.
func (g *game) bringMirrorBack() {
	if g.mirror.back.IsZero() || g.now.Before(g.mirror.back) {
		return
	}
	g.mirror.back = time.Time{}
	g.remove()
	g.mirror.count++
	g.object = g.mirrorOf(g.life.Machine.Pod(), g.mirror.count)
	g.record()
	g.writeStatus(g.life.Machine.Status())
	g.tell("a new mirror")
}
