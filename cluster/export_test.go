package cluster

import "github.com/podlife/podlife/object"

// Asleep is how many pods sleep.
func (c *Cluster) Asleep() (n int) {
	for it := range c.store.shelf(object.PodKind).all.all() {
		if it.whole == nil && (it.sleep.ended || it.tenant.life == nil) {
			n++
		}
	}
	return n
}
