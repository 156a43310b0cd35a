package node

import "github.com/podlife/podlife/pod"

// The annotations of static pods and of their mirrors. See
// https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-source.
const (
	ConfigSourceAnnotation = "kubernetes.io/config.source"
	ConfigHashAnnotation   = "kubernetes.io/config.hash"
	ConfigSeenAnnotation   = "kubernetes.io/config.seen"
	ConfigMirrorAnnotation = "kubernetes.io/config.mirror"
)

// IsStatic reports whether a pod comes from a manifest that is on the node, in a file or behind a URL.
func IsStatic(p *pod.Pod) bool {
	source := p.Annotations[ConfigSourceAnnotation]
	return source != "" && source != "api" && !IsMirror(p)
}

// IsMirror reports whether a pod is the mirror of a static one: what an API server shows of it, which commands nothing.
func IsMirror(p *pod.Pod) bool {
	_, ok := p.Annotations[ConfigMirrorAnnotation]
	return ok
}
