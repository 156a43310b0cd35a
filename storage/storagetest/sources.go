package storagetest

import "github.com/podlife/podlife/pod"

// Sources is a pod.Sources out of maps. The zero value has nothing.
type Sources struct {
	// ConfigMaps and Secrets are by name.
	ConfigMaps map[string]pod.ConfigMap
	Secrets    map[string]pod.Secret
	// Node is what Surroundings returns.
	Node pod.Surroundings
}

var _ pod.Sources = Sources{}

// ConfigMap returns the config map of this name.
func (s Sources) ConfigMap(name string) (pod.ConfigMap, bool) {
	m, found := s.ConfigMaps[name]
	return m, found
}

// Secret returns the secret of this name.
func (s Sources) Secret(name string) (pod.Secret, bool) {
	secret, found := s.Secrets[name]
	return secret, found
}

// Services returns none.
func (s Sources) Services() []pod.Service { return nil }

// Surroundings returns s.Node.
func (s Sources) Surroundings() pod.Surroundings { return s.Node }

// File returns pod.ErrVolumeNotFound.
func (s Sources) File(volume, path string) ([]byte, error) { return nil, pod.ErrVolumeNotFound }

// WithConfigMap returns Sources with one config map of one key.
func WithConfigMap(name, key, value string) Sources {
	return Sources{ConfigMaps: map[string]pod.ConfigMap{name: {Data: map[string]string{key: value}}}}
}
