package script

import (
	"time"

	"github.com/podlife/podlife/pod"
)

// Plausible is how p would most likely behave, for whom nobody has written a script: init containers end well after a
// second; main containers serve until they are told to stop, or, where the pod is not restarted after success (a Job's),
// end well after ten seconds; all obey the stop signal at once.
func Plausible(p *pod.Pod) *Script {
	s := &Script{Containers: map[string]Behavior{}}
	for i := range p.Spec.InitContainers {
		if c := &p.Spec.InitContainers[i]; !c.IsSidecar() {
			s.Containers[c.Name] = Behavior{Runs: []Run{{For: Duration(time.Second)}}}
		}
	}
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		if !pod.ContainerShouldRestart(c, p.Spec.RestartPolicy, 0) {
			s.Containers[c.Name] = Behavior{Runs: []Run{{For: Duration(10 * time.Second)}}}
		}
	}
	return s
}
