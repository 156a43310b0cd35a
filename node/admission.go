package node

import "github.com/podlife/podlife/pod"

// Refusal is why a node does not run a pod, in the kubelet's words.
type Refusal struct {
	// Reason is one word, such as OutOfcpu or NodeAffinity.
	Reason pod.Reason `json:"reason"`
	// Message is one sentence for people.
	Message string `json:"message"`
}

// refuse returns why the node does not run a new pod, or nil. The caller holds the lock.
func (a *Agent) refuse(*pod.Pod) *Refusal { return nil }
