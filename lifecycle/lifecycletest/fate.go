package lifecycletest

import (
	"cmp"
	"slices"

	"github.com/podlife/podlife/lifecycle"
	"github.com/podlife/podlife/pod"
)

// stepNode does what the node or fate does, and reports whether it was that.
func (g *game) stepNode(s Step) bool {
	switch s.Do {
	case "evictByNode":
		g.life.Do(g.now, lifecycle.Input{
			Kind: lifecycle.Evict, Reason: cmp.Or(s.Reason, pod.ReasonEvicted), Message: s.Message, Grace: s.GraceSeconds,
			OverLimit: s.OverLimit,
		})
		return true
	case "createConfigMap":
		g.objects.configMaps = append(g.objects.configMaps, s.Name)
		return true
	case "loseContainer":
		g.life.Engine.LoseContainer(s.Name, g.now)
	case "loseSandbox":
		g.life.Engine.LoseSandbox(g.now)
	case "loseEverything":
		g.life.Engine.Lose(g.now)
	default:
		return false
	}
	g.life.Advance(g.now)
	return true
}

// objects are the objects of the API that the pod can refer to, as a pod.Sources.
type objects struct {
	configMaps []string
}

func (o *objects) ConfigMap(name string) (pod.ConfigMap, bool) {
	return pod.ConfigMap{}, slices.Contains(o.configMaps, name)
}

func (o *objects) Secret(string) (pod.Secret, bool) { return pod.Secret{}, false }
func (o *objects) Services() []pod.Service          { return nil }

func (o *objects) Surroundings() pod.Surroundings { return pod.Surroundings{} }

func (o *objects) File(string, string) ([]byte, error) { return nil, pod.ErrVolumeNotFound }
