package explore

import (
	"fmt"

	"github.com/podlife/podlife/pod"
)

const image = "registry.example/app:1"

// Pods makes all small pods: no, one or two init containers or sidecars in every order, one or two main containers, every
// restart policy, each with every feature of Features. They are defaulted, valid and bound.
func Pods() []*pod.Pod {
	var out []*pod.Pod
	for _, policy := range []pod.RestartPolicy{pod.RestartPolicyAlways, pod.RestartPolicyOnFailure, pod.RestartPolicyNever} {
		for _, inits := range []string{"", "i", "s", "ii", "is", "si", "ss"} {
			for mains := 1; mains <= 2; mains++ {
				for _, f := range Features() {
					out = append(out, Small(policy, inits, mains, f))
				}
			}
		}
	}
	return out
}

// Feature is what the containers of a small pod have. The zero Feature has nothing.
type Feature struct {
	// Name says in one word what it is.
	Name string
	edit func(*pod.Spec)
}

// Features lists all features, the plain pod first.
func Features() []Feature {
	return []Feature{
		{"plain", func(*pod.Spec) {}},
		{"startup", func(s *pod.Spec) {
			each(s, func(c *pod.Container) { c.StartupProbe = probe(1) })
		}},
		{"probes", func(s *pod.Spec) {
			c := &s.Containers[0]
			c.ReadinessProbe, c.LivenessProbe = probe(1), probe(2)
		}},
		{"liveness", func(s *pod.Spec) {
			each(s, func(c *pod.Container) { c.LivenessProbe = probe(1) })
		}},
		{"hooks", func(s *pod.Spec) {
			each(s, func(c *pod.Container) { c.Lifecycle = &pod.Lifecycle{PostStart: exec(), PreStop: exec()} })
		}},
		{"preStop", func(s *pod.Spec) {
			each(s, func(c *pod.Container) { c.Lifecycle = &pod.Lifecycle{PreStop: exec()} })
			s.TerminationGracePeriodSeconds = ptr[int64](4)
		}},
		{"volume", func(s *pod.Spec) {
			s.Volumes = []pod.Volume{{Name: "v"}}
			s.Volumes[0].EmptyDir = &pod.EmptyDirVolumeSource{}
			s.ActiveDeadlineSeconds = ptr[int64](40)
		}},
		{"pull", func(s *pod.Spec) {
			each(s, func(c *pod.Container) { c.ImagePullPolicy = pod.PullAlways })
		}},
		{"restartAll", func(s *pod.Spec) {
			c := &s.Containers[0]
			if len(s.InitContainers) > 0 && !s.InitContainers[0].IsSidecar() {
				c = &s.InitContainers[0]
			}
			c.RestartPolicy = ptr(pod.RestartPolicy("Never"))
			c.RestartPolicyRules = []pod.ContainerRestartRule{{
				Action: pod.ContainerRestartRuleActionRestartAllContainers,
				ExitCodes: &pod.ContainerRestartRuleOnExitCodes{
					Operator: pod.ContainerRestartRuleOnExitCodesOpIn, Values: []int32{1},
				},
			}}
		}},
	}
}

// Small makes the small pod of these parts: inits has an i for each init container and an s for each sidecar.
func Small(policy pod.RestartPolicy, inits string, mains int, f Feature) *pod.Pod {
	p := &pod.Pod{}
	p.Name = fmt.Sprintf("%s-%s%d-%s", policy, inits, mains, f.Name)
	p.Namespace, p.UID, p.Generation = "default", "1", 1
	p.Spec.NodeName, p.Spec.RestartPolicy = "node", policy
	for i, kind := range inits {
		c := container(fmt.Sprintf("%c%d", kind, i))
		if kind == 's' {
			c.RestartPolicy = ptr(pod.RestartPolicy("Always"))
		}
		p.Spec.InitContainers = append(p.Spec.InitContainers, c)
	}
	for i := range mains {
		p.Spec.Containers = append(p.Spec.Containers, container(fmt.Sprintf("m%d", i)))
	}
	if f.edit != nil {
		f.edit(&p.Spec)
	}
	pod.SetDefaults(p)
	return p
}

func container(name string) pod.Container { return pod.Container{Name: name, Image: image} }

// each edits all main containers and sidecars.
func each(s *pod.Spec, edit func(*pod.Container)) {
	for i := range s.InitContainers {
		if s.InitContainers[i].IsSidecar() {
			edit(&s.InitContainers[i])
		}
	}
	for i := range s.Containers {
		edit(&s.Containers[i])
	}
}

func probe(failures int32) *pod.Probe {
	p := &pod.Probe{PeriodSeconds: 10, FailureThreshold: failures, TimeoutSeconds: 1}
	p.Exec = &pod.ExecAction{Command: []string{"/check"}}
	return p
}

func exec() *pod.LifecycleHandler {
	return &pod.LifecycleHandler{Exec: &pod.ExecAction{Command: []string{"/hook"}}}
}

func ptr[T any](v T) *T { return &v }
