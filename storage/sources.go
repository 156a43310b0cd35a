package storage

import "github.com/podlife/podlife/pod"

// Sources is where the files of configMap, secret, downwardAPI and projected volumes come from. What it returns is only
// read. A nil Sources has nothing.
type Sources interface {
	// ConfigMap returns the contents of a config map by key, text and binary together, and whether it exists.
	ConfigMap(namespace, name string) (map[string][]byte, bool)
	// Secret returns the contents of a secret by key, and whether it exists.
	Secret(namespace, name string) (map[string][]byte, bool)
	// Field returns the text of a field of p.
	Field(p *pod.Pod, ref *pod.ObjectFieldSelector) (string, error)
	// Resource returns the text of a request or limit of a container of p.
	Resource(p *pod.Pod, ref *pod.ResourceFieldSelector) (string, error)
}
