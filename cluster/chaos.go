package cluster

import (
	"time"

	"github.com/podlife/podlife/cluster/controller"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Chaos is what goes wrong by itself.
type Chaos struct{}

type faults struct{}

func (f *faults) init(c *Cluster)                                                   {}
func (f *faults) holds(now time.Time, ch change) bool                               { return false }
func (f *faults) lag(c *Cluster) time.Duration                                      { return 0 }
func (f *faults) refuse(c *Cluster, k controller.ChangeKind, o object.Object) error { return nil }
func (f *faults) refuseCreate(c *Cluster, o object.Object) error                    { return nil }
func (f *faults) refuseUpdate(c *Cluster, o object.Object) error                    { return nil }
func (f *faults) disturb(c *Cluster, p *pod.Pod, s *script.Script) *script.Script   { return s }

type checker struct{}

func newChecker(c *Cluster) *checker                     { return &checker{} }
func (k *checker) after(it *item, was, is object.Object) {}
