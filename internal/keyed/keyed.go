// Package keyed maps names of objects to values, in less room than a map of whole keys takes: names of one namespace share it.
package keyed

import "github.com/podlife/podlife/pod"

// Map has a value for each of some keys. Its zero value is empty and ready.
type Map[V any] struct{ spaces map[string]map[string]V }

// At is the value of the key, or the zero V.
func (m *Map[V]) At(key pod.Key) V { return m.spaces[key.Namespace][key.Name] }

// Put gives the key a value.
func (m *Map[V]) Put(key pod.Key, v V) {
	names := m.spaces[key.Namespace]
	if names == nil {
		if m.spaces == nil {
			m.spaces = map[string]map[string]V{}
		}
		names = map[string]V{}
		m.spaces[key.Namespace] = names
	}
	names[key.Name] = v
}

// Delete takes the key out.
func (m *Map[V]) Delete(key pod.Key) {
	names := m.spaces[key.Namespace]
	if delete(names, key.Name); len(names) == 0 {
		delete(m.spaces, key.Namespace)
	}
}
