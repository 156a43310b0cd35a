package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// looksAtOnce is how often a controller may look at one key at one instant and find something to do, beside ten looks for each pod that
// lives: a StatefulSet that grows one by one is looked at a few times for each.
const (
	looksAtOnce = 1000
	looksPerPod = 10
	looksTold   = 500 // who has looked less often is not told of
)

// tally is how often a controller has found something to do at one instant, by key.
type tally struct {
	at    int64
	looks map[pod.Key]int
	last  map[pod.Key]controller.Change
}

// count takes note of a look that found something to do, and panics where that does not end. Nothing else would stop two controllers which
// undo what the other one does: no time passes between their looks.
func (d *driver) count(key pod.Key, changes []controller.Change) {
	if len(changes) == 0 {
		return
	}
	if now := nanos(d.c.now); d.tally.at != now || d.tally.looks == nil {
		d.tally = tally{at: now, looks: map[pod.Key]int{}, last: map[pod.Key]controller.Change{}}
	}
	d.tally.looks[key]++
	n := d.tally.looks[key]
	if n < looksTold {
		return
	}
	d.tally.last[key] = changes[len(changes)-1]
	if n%looksAtOnce == 0 && n >= looksAtOnce+looksPerPod*d.c.living() {
		panic(d.c.endless())
	}
}

// living is how many pods live on nodes.
func (c *Cluster) living() (n int) {
	for _, h := range c.hosts {
		n += len(h.tenants)
	}
	return n
}

// endless says who does not come to an end at this instant, and over what.
func (c *Cluster) endless() error {
	var who []string
	for _, d := range c.drivers {
		if d.tally.at != nanos(c.now) {
			continue
		}
		for key, n := range d.tally.looks {
			if n >= looksTold {
				who = append(who, fmt.Sprintf("%s has looked at %q %d times, and last wanted to %s", d.controller.Name(), key, n, describe(d.tally.last[key])))
			}
		}
	}
	slices.Sort(who)
	return fmt.Errorf("the cluster does not get past %s: %s. With Config.Latency time passes between looks",
		c.now.Format("2006-01-02T15:04:05.999999999Z07:00"), strings.Join(who, "; "))
}

var changeVerbs = map[controller.ChangeKind]string{
	controller.Create: "create", controller.Update: "update", controller.UpdateStatus: "update the status of", controller.Delete: "delete",
	controller.Evict: "evict", controller.Emit: "say something about",
}

func describe(change controller.Change) string {
	m := change.Object.Meta()
	name := m.Name
	if name == "" {
		name = m.GenerateName
	}
	return fmt.Sprintf("%s %s %q", changeVerbs[change.Kind], object.KindOf(change.Object).Name, pod.Key{Namespace: m.Namespace, Name: name})
}
