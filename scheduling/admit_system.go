package scheduling

import "github.com/podlife/podlife/pod"

// LabelOS is the label by which a node tells its operating system, and a pod may tell the one that it is made for.
const LabelOS = "kubernetes.io/os"

// AdmitSystem asks what a node whose operating system is system ("linux", "windows") asks of a pod before everything else: whether
// it is made for that system. A nil result is that it is, or does not say.
// See https://kubernetes.io/docs/concepts/workloads/pods/#pod-os.
func AdmitSystem(p *pod.Pod, system string) *Reason {
	if want, ok := p.Labels[LabelOS]; ok && want != system {
		return &Reason{Reason: pod.ReasonPodOSSelectorNodeLabelDoesNotMatch, Message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label"}
	}
	if os := p.Spec.OS; os != nil && string(os.Name) != system {
		return &Reason{Reason: pod.ReasonPodOSNotSupported, Message: "Failed to admit pod as the OS field doesn't match node OS"}
	}
	return nil
}
