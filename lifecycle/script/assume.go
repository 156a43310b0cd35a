package script

import "github.com/podlife/podlife/pod"

// Assume returns sources in which everything that p refers to exists: each config map and secret, each key that a
// variable names. Values are empty strings. It lets a manifest be played alone, without the objects that it came with.
func Assume(p *pod.Pod) pod.Sources {
	a := assumed{configMaps: map[string]pod.ConfigMap{}, secrets: map[string]pod.Secret{}}
	for _, c := range p.Spec.AllContainers() {
		a.assume(c)
	}
	return a
}

type assumed struct {
	nothing
	configMaps map[string]pod.ConfigMap
	secrets    map[string]pod.Secret
}

func (a assumed) assume(c *pod.Container) {
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			continue
		}
		if r := v.ValueFrom.ConfigMapKeyRef; r != nil {
			m, ok := a.configMaps[r.Name]
			if !ok {
				m.Data = map[string]string{}
				a.configMaps[r.Name] = m
			}
			m.Data[r.Key] = ""
		}
		if r := v.ValueFrom.SecretKeyRef; r != nil {
			s, ok := a.secrets[r.Name]
			if !ok {
				s.Data = map[string][]byte{}
				a.secrets[r.Name] = s
			}
			s.Data[r.Key] = nil
		}
	}
}

func (a assumed) ConfigMap(name string) (pod.ConfigMap, bool) { return a.configMaps[name], true }
func (a assumed) Secret(name string) (pod.Secret, bool)       { return a.secrets[name], true }

// Surroundings has addresses and amounts that a variable can show.
func (a assumed) Surroundings() pod.Surroundings {
	return pod.Surroundings{PodIPs: []string{"10.88.0.10"}, HostIPs: []string{"192.0.2.2"}, Allocatable: pod.ResourceList{
		pod.ResourceCPU: pod.MustParseQuantity("8"), pod.ResourceMemory: pod.MustParseQuantity("16Gi"),
		pod.ResourceEphemeralStorage: pod.MustParseQuantity("100Gi"),
	}}
}
