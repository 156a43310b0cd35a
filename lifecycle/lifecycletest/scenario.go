package lifecycletest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/pod"
)

// Scenario is one pod's life as a file tells it: what it is, how it behaves, what is done to it.
type Scenario struct {
	// Name is the name of the file and of the pod.
	Name string `json:"name"`
	// About says in one line what the scenario shows.
	About string `json:"about,omitempty"`
	// Static says that the pod is a manifest file on the node; what the API shows is its mirror.
	Static bool `json:"static,omitempty"`
	// Others are pods that run on the node already, and run until removeOther.
	Others []pod.Pod `json:"others,omitempty"`
	// Node is what is particular about the node.
	Node NodeSettings `json:"node,omitzero"`
	// Pod is the complete manifest.
	Pod pod.Pod `json:"pod"`
	// Script is how sandbox and containers behave.
	script.Script
	// Steps are what the user of the API does, in the order of their times.
	Steps []Step `json:"steps,omitempty"`
	// Until is when the scenario ends, exclusively: what is due at that very moment does not happen.
	Until script.Duration `json:"until"`
}

// NodeSettings are a node's own settings; the zero value is Kubernetes' defaults. The fields are those of lifecycle.Config.
type NodeSettings struct {
	MaxContainerRestartPeriod script.Duration `json:"maxContainerRestartPeriod,omitempty"`
	Stretch                   float64         `json:"stretch,omitempty"`
}

// Step is one thing that somebody does to the pod: the user of the API, or (the last five verbs) the node or fate.
//
//	delete                 graceSeconds
//	evict                  through the eviction API
//	bind                   to the node
//	removeSchedulingGates
//	setCondition           type, status, reason, message
//	addEphemeralContainer  container
//	setActiveDeadline      seconds
//	updateImage            name, image: another image for a container
//	resize                 name, resources: other resources for a container
//	removeOther            name: another pod leaves the node, and what it had is free
//	removeManifest         of a static pod
//	createConfigMap        name: from then on there is one, without data
//	evictByNode            reason (Evicted), message, graceSeconds, overLimit: the node ends the pod, under pressure say
//	loseContainer          name: the runtime knows nothing of its newest attempt any more
//	loseSandbox            the sandbox ends, and with it every container
//	loseEverything         the runtime knows nothing of the pod any more
type Step struct {
	// At is the time since the pod's creation.
	At script.Duration `json:"at"`
	// Do is the verb.
	Do string `json:"do"`
	// GraceSeconds is for delete and evictByNode; nil means the pod's own.
	GraceSeconds *int64 `json:"graceSeconds,omitempty"`
	// Type and Status are for setCondition, Reason and Message also for evictByNode.
	Type    pod.ConditionType   `json:"type,omitempty"`
	Status  pod.ConditionStatus `json:"status,omitempty"`
	Reason  pod.Reason          `json:"reason,omitempty"`
	Message string              `json:"message,omitempty"`
	// OverLimit is for evictByNode: the pod used more than its own limits allow.
	OverLimit bool `json:"overLimit,omitempty"`
	// Name is the container's for updateImage, resize and loseContainer, and the config map's for createConfigMap, and the pod's for removeOther.
	Name string `json:"name,omitempty"`
	// Image is for updateImage.
	Image string `json:"image,omitempty"`
	// Resources is for resize.
	Resources *pod.ResourceRequirements `json:"resources,omitempty"`
	// Container is for addEphemeralContainer.
	Container *pod.EphemeralContainer `json:"container,omitempty"`
	// Seconds is for setActiveDeadline.
	Seconds int64 `json:"seconds,omitempty"`
}

var stepVerbs = []string{
	"addEphemeralContainer", "bind", "createConfigMap", "delete", "evict", "evictByNode", "loseContainer", "loseEverything",
	"loseSandbox", "removeManifest", "removeOther", "removeSchedulingGates", "resize", "setActiveDeadline", "setCondition", "updateImage",
}

var scenarioCodec = yamldoc.NewCodec[Scenario]()

// ParseScenario reads one scenario file. Unknown fields and unknown verbs are errors that say where.
func ParseScenario(file string, data []byte) (*Scenario, error) {
	s := &Scenario{}
	if err := scenarioCodec.ReadOne(file, data, "scenario", s); err != nil {
		return nil, err
	}
	return s, s.check(file)
}

func (s *Scenario) check(file string) error {
	if s.Until <= 0 {
		return fmt.Errorf("%s: until is %s, expected a duration above zero", file, time.Duration(s.Until))
	}
	for i, step := range s.Steps {
		if !slices.Contains(stepVerbs, step.Do) {
			return fmt.Errorf("%s: steps[%d].do is %q, expected one of %s", file, i, step.Do, strings.Join(stepVerbs, ", "))
		}
		if step.Do == "addEphemeralContainer" && step.Container == nil {
			return fmt.Errorf("%s: steps[%d] adds an ephemeral container, but has no container", file, i)
		}
		if step.Do == "resize" && step.Resources == nil {
			return fmt.Errorf("%s: steps[%d] resizes, but has no resources", file, i)
		}
		if names := step.Do == "updateImage" || step.Do == "resize" || step.Do == "loseContainer"; names && s.Pod.Spec.Container(step.Name) == nil {
			return fmt.Errorf("%s: steps[%d].name is %q, expected the name of a container of the pod", file, i, step.Name)
		}
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return int(a.At - b.At) })
	return nil
}

// ReadScenarios reads scenario files, and all *.yaml files of folders, in the order of their names.
func ReadScenarios(paths ...string) ([]*Scenario, error) {
	var out []*Scenario
	for _, path := range paths {
		files := []string{path}
		if info, err := os.Stat(path); err != nil {
			return nil, err
		} else if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
				return nil, err
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("%s: no *.yaml file in this folder", path)
			}
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			s, err := ParseScenario(file, data)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}
