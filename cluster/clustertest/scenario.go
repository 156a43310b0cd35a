package clustertest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/lifecycle/script"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// Scenario is the life of a cluster as a file tells it.
type Scenario struct {
	// Name is the name of the file.
	Name string `json:"name"`
	// About says in one line what the scenario shows.
	About string `json:"about,omitempty"`
	// Flags are settings of the controllers that differ from the defaults, as kube-controller-manager has them.
	Flags []string `json:"flags,omitempty"`
	// Isolated says that no other nodes and zones count.
	Isolated bool `json:"isolated,omitempty"`
	// StartsAtSecond is the second of a minute at which it begins; nil is any full minute.
	StartsAtSecond *int `json:"startsAtSecond,omitempty"`
	// Nodes are what there is at the beginning.
	Nodes NodeList `json:"nodes,omitempty"`
	// Pods are how pods behave: the first rule that matches.
	Pods []Rule `json:"pods,omitempty"`
	// Objects are created at the beginning, in this order.
	Objects []object.Raw `json:"objects,omitempty"`
	// Steps are what users and nodes do, in the order of their times.
	Steps []Step `json:"steps,omitempty"`
	// Until is when the scenario ends.
	Until script.Duration `json:"until"`
}

// NodeList is the nodes of a scenario: given one by one, or as a number of equal ones named node-1, node-2 and so on.
type NodeList []NodeSettings

// NodeSettings is one node. What is empty is 4 CPUs, 8Gi of memory and 110 pods.
type NodeSettings struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	Taints []object.Taint    `json:"taints,omitempty"`
	CPU    *pod.Quantity     `json:"cpu,omitempty"`
	Memory *pod.Quantity     `json:"memory,omitempty"`
	Pods   int64             `json:"pods,omitempty"`
}

// UnmarshalJSON reads a list of nodes, or a count with settings for all.
func (n *NodeList) UnmarshalJSON(b []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
		return decode(nodesCodec, b, (*[]NodeSettings)(n))
	}
	var equal struct {
		Count        int `json:"count"`
		NodeSettings `json:",inline"`
	}
	if err := decode(countCodec, b, &equal); err != nil {
		return err
	}
	for i := range equal.Count {
		one := equal.NodeSettings
		one.Name = "node-" + strconv.Itoa(i+1)
		*n = append(*n, one)
	}
	return nil
}

var (
	nodesCodec = yamldoc.NewCodec[[]NodeSettings]()
	countCodec = yamldoc.NewCodec[struct {
		Count        int `json:"count"`
		NodeSettings `json:",inline"`
	}]()
)

// decode reads JSON strictly.
func decode(codec *yamldoc.Codec, b []byte, into any) error {
	docs, faults := yamldoc.Parse(b, yamldoc.Limits{})
	if len(faults) == 0 && len(docs) == 1 {
		faults = codec.Decode(docs[0].Root(), into, "", yamldoc.Strict)
	}
	if len(faults) > 0 {
		return errors.New(faults[0].Detail)
	}
	return nil
}

// Step is one thing that is done.
//
//	create               object
//	patch                patch (a JSON merge patch) of an object or of selected pods
//	scale                replicas
//	setImage             image, of the first container of the template
//	delete               propagation, graceSeconds
//	evict                graceSeconds
//	setReady             ready: the readiness that a pod declares
//	resize               resources of a container of pods that run; empty is the first
//	nodeFail             the node falls silent, its containers run on
//	nodeRecover          it is back
//	nodeDelete           it falls silent, and its object is deleted
//	nodeAdd              add
//	cordon uncordon      of a node
//	taint untaint        taint
//	label                patch: labels; null removes one
type Step struct {
	At script.Duration `json:"at"`
	Do string          `json:"do"`
	// Kind and Name are the object's; a pod may be selected instead.
	Kind   string  `json:"kind,omitempty"`
	Name   string  `json:"name,omitempty"`
	Select *Select `json:"select,omitempty"`
	Node   string  `json:"node,omitempty"`

	Object       object.Raw                 `json:"object,omitempty,omitzero"`
	Patch        object.Raw                 `json:"patch,omitempty,omitzero"`
	Replicas     int32                      `json:"replicas,omitempty"`
	Image        string                     `json:"image,omitempty"`
	Propagation  object.DeletionPropagation `json:"propagation,omitempty"`
	GraceSeconds *int64                     `json:"graceSeconds,omitempty"`
	Ready        bool                       `json:"ready,omitempty"`
	Container    string                     `json:"container,omitempty"`
	Resources    *pod.ResourceRequirements  `json:"resources,omitempty"`
	Add          *NodeSettings              `json:"add,omitempty"`
	Taint        *object.Taint              `json:"taint,omitempty"`
}

// Select names pods that have no deletion timestamp, in the order of their creation.
type Select struct {
	Labels map[string]string `json:"labels,omitempty"`
	Node   string            `json:"node,omitempty"`
	// Pick is first, last or all; empty is first.
	Pick string `json:"pick,omitempty"`
}

var stepVerbs = []string{
	"cordon", "create", "delete", "evict", "label", "nodeAdd", "nodeDelete", "nodeFail", "nodeRecover", "patch", "resize",
	"scale", "setImage", "setReady", "taint", "uncordon", "untaint",
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
	for i := range s.Pods {
		if err := s.Pods[i].check(); err != nil {
			return fmt.Errorf("%s: pods[%d]: %w", file, i, err)
		}
	}
	for i := range s.Steps {
		if err := s.Steps[i].check(); err != nil {
			return fmt.Errorf("%s: steps[%d]: %w", file, i, err)
		}
	}
	for i, raw := range s.Objects {
		if _, err := manifest(raw); err != nil {
			return fmt.Errorf("%s: objects[%d]: %w", file, i, err)
		}
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return int(a.At - b.At) })
	return nil
}

// manifest reads one object as an API server does that is not asked to be strict.
func manifest(raw object.Raw) (object.Object, error) {
	objects, err := object.Read("", bytes.NewReader(raw.JSON), pod.DecodeOptions{Lenient: true})
	if err == nil && len(objects) != 1 {
		err = fmt.Errorf("expected one object, found %d", len(objects))
	}
	if err != nil {
		return nil, err
	}
	return objects[0], nil
}

func (s *Step) check() error {
	if !slices.Contains(stepVerbs, s.Do) {
		return fmt.Errorf("do is %q, expected one of %s", s.Do, strings.Join(stepVerbs, ", "))
	}
	if s.Select != nil && !slices.Contains([]string{"", "first", "last", "all"}, s.Select.Pick) {
		return fmt.Errorf("select.pick is %q, expected first, last or all", s.Select.Pick)
	}
	missing := ""
	switch s.Do {
	case "create":
		if _, err := manifest(s.Object); err != nil {
			return fmt.Errorf("object: %w", err)
		}
	case "nodeAdd":
		if s.Add == nil {
			missing = "add"
		}
	case "resize":
		if s.Resources == nil {
			missing = "resources"
		}
	case "taint", "untaint":
		if s.Taint == nil {
			missing = "taint"
		}
	}
	if missing != "" {
		return fmt.Errorf("%s without %s", s.Do, missing)
	}
	return nil
}

// ReadScenarios reads scenario files, and all *.yaml files of folders, in the order of their names.
func ReadScenarios(paths ...string) ([]*Scenario, error) {
	var out []*Scenario
	for _, path := range paths {
		files, err := scenarioFiles(path)
		if err != nil {
			return nil, err
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

func scenarioFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	files, err := filepath.Glob(filepath.Join(path, "*.yaml"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no *.yaml file in this folder", path)
	}
	return files, err
}
