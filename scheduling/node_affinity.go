package scheduling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/naming"
	"github.com/podlife/podlife/object"
	"github.com/podlife/podlife/pod"
)

// fieldName is the one field of a node that a selector may ask for.
const fieldName = "metadata.name"

// MatchesNode reports whether the pod's node selector and required node affinity select the node.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
func MatchesNode(s *pod.Spec, n *object.Node) bool {
	for key, value := range s.NodeSelector {
		if have, ok := n.Labels[key]; !ok || have != value {
			return false
		}
	}
	if a := s.Affinity; a != nil && a.NodeAffinity != nil {
		if required := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			return Selects(required, n)
		}
	}
	return true
}

// Selects reports whether one of the selector's terms matches the node. An empty term matches none, and neither does one
// that cannot be understood: a number that is none, or not exactly one name of a node.
func Selects(s *pod.NodeSelector, n *object.Node) bool {
	for i := range s.NodeSelectorTerms {
		if term := &s.NodeSelectorTerms[i]; len(termFaults(term, "")) == 0 && matchesTerm(term, n) {
			return true
		}
	}
	return false
}

// matchesTerm reports whether all of a term holds. It takes a term without faults.
func matchesTerm(t *pod.NodeSelectorTerm, n *object.Node) bool {
	if len(t.MatchExpressions) == 0 && len(t.MatchFields) == 0 {
		return false
	}
	for i := range t.MatchExpressions {
		if !holds(&t.MatchExpressions[i], n.Labels) {
			return false
		}
	}
	for i := range t.MatchFields {
		if !holdsForField(&t.MatchFields[i], n.Name) {
			return false
		}
	}
	return true
}

// holds reports whether the labels hold what r requires.
func holds(r *pod.NodeSelectorRequirement, labels map[string]string) bool {
	value, ok := labels[r.Key]
	switch r.Operator {
	case pod.NodeSelectorOpIn:
		return ok && slices.Contains(r.Values, value)
	case pod.NodeSelectorOpNotIn:
		return !ok || !slices.Contains(r.Values, value)
	case pod.NodeSelectorOpExists:
		return ok
	case pod.NodeSelectorOpDoesNotExist:
		return !ok
	case pod.NodeSelectorOpGt, pod.NodeSelectorOpLt:
		return ok && compares(r, value)
	}
	return false
}

// compares reports whether a label's value is above or below the number of r.
func compares(r *pod.NodeSelectorRequirement, value string) bool {
	have, err := strconv.ParseInt(value, 10, 64)
	if err != nil || len(r.Values) != 1 {
		return false
	}
	limit, err := strconv.ParseInt(r.Values[0], 10, 64)
	if err != nil {
		return false
	}
	if r.Operator == pod.NodeSelectorOpGt {
		return have > limit
	}
	return have < limit
}

func holdsForField(r *pod.NodeSelectorRequirement, name string) bool {
	value := ""
	if r.Key == fieldName {
		value = name
	}
	return (value == r.Values[0]) == (r.Operator == pod.NodeSelectorOpIn)
}

// labelValueRule is how Kubernetes words its rule for values of labels.
const labelValueRule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
	"and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
	"'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

// maxLabelValue is the most bytes that a label's value has.
const maxLabelValue = 63

// termFaults lists what keeps a term from being understood, in Kubernetes' words.
func termFaults(t *pod.NodeSelectorTerm, path string) (faults []string) {
	for i := range t.MatchExpressions {
		faults = append(faults, expressionFaults(&t.MatchExpressions[i], path, i)...)
	}
	for i := range t.MatchFields {
		r := &t.MatchFields[i]
		at := fmt.Sprintf("%s.matchFields[%d]", path, i)
		switch {
		case r.Operator != pod.NodeSelectorOpIn && r.Operator != pod.NodeSelectorOpNotIn:
			faults = append(faults, fmt.Sprintf("%s.operator: Unsupported value: %q: supported values: \"In\", \"NotIn\"", at, r.Operator))
		case len(r.Values) != 1:
			faults = append(faults, fmt.Sprintf("%s.values: Invalid value: %s: must have one element", at, quotedList(r.Values)))
		}
	}
	return faults
}

func quotedList(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = strconv.Quote(value)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// expressionFaults lists what is wrong with a requirement on a label: a number that is none, and values that no label has.
func expressionFaults(r *pod.NodeSelectorRequirement, path string, index int) (faults []string) {
	numeric := r.Operator == pod.NodeSelectorOpGt || r.Operator == pod.NodeSelectorOpLt
	at := func(value int) string { return fmt.Sprintf("%s.matchExpressions[%d].values[%d]", path, index, value) }
	for i, value := range r.Values {
		if _, err := strconv.ParseInt(value, 10, 64); numeric && err != nil {
			faults = append(faults, fmt.Sprintf("%s: Invalid value: %q: for 'Gt', 'Lt' operators, the value must be an integer", at(i), value))
		}
	}
	for i, value := range r.Values {
		if naming.LabelValue(value) == nil {
			continue
		}
		faults = append(faults, fmt.Sprintf("%s[%s]: Invalid value: %q: %s", at(i), r.Key, value, labelValueFault(value)))
	}
	return faults
}

// labelValueFault says what is wrong with a value, which is too long, or badly formed, or both.
func labelValueFault(value string) string {
	var said []string
	if len(value) > maxLabelValue {
		said = append(said, fmt.Sprintf("must be no more than %d bytes", maxLabelValue))
	}
	if naming.LabelValue(value[:min(len(value), maxLabelValue)]) != nil || naming.LabelValue(value[max(0, len(value)-maxLabelValue):]) != nil {
		said = append(said, labelValueRule)
	}
	return strings.Join(said, "; ")
}

// nodeAffinity is what a cycle knows of the nodes that the pod wants.
type nodeAffinity struct {
	restricts bool     // the pod does not take every node
	names     []string // if restrictsNames, the only nodes that it may take
	named     bool
	preferred []*pod.PreferredSchedulingTerm
}

// prepareNodeAffinity finds the nodes that the pod names by their field, where every term of its required affinity does.
func (c *cycle) prepareNodeAffinity() *Rejection {
	s := &c.pod.Spec
	c.affinity = nodeAffinity{restricts: len(s.NodeSelector) > 0}
	if s.Affinity == nil || s.Affinity.NodeAffinity == nil {
		return nil
	}
	required := s.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if required == nil {
		return nil
	}
	c.affinity.restricts = true
	c.affinity.names, c.affinity.named = namedNodes(required.NodeSelectorTerms)
	if c.affinity.named && len(c.affinity.names) == 0 {
		return &Rejection{NodeAffinity, UnschedulableAndUnresolvable, []string{"pod affinity terms conflict"}}
	}
	return nil
}

// namedNodes returns the names that any of the terms allows. ok is false where some term names none.
func namedNodes(terms []pod.NodeSelectorTerm) (names []string, ok bool) {
	for i := range terms {
		of, named := termNames(&terms[i])
		if !named {
			return nil, false
		}
		for _, name := range of {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, len(terms) > 0
}

// termNames returns the names that a term allows: those in all of its lists.
func termNames(t *pod.NodeSelectorTerm) (names []string, named bool) {
	for i := range t.MatchFields {
		r := &t.MatchFields[i]
		if r.Key != fieldName || r.Operator != pod.NodeSelectorOpIn {
			continue
		}
		if !named {
			names, named = slices.Clone(r.Values), true
			continue
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(r.Values, name) })
	}
	return names, named
}

// filterNodeAffinity keeps the pod to the nodes that it selects.
func (c *cycle) filterNodeAffinity(n *node) verdict {
	if c.affinity.restricts && !MatchesNode(&c.pod.Spec, n.object) {
		return verdict{byNodeAffinity, unresolvable, 1}
	}
	return verdict{}
}

// prepareNodePreferences reads the preferred terms. A term that cannot be understood is an error, not a term that matches
// nothing: that is so with required terms alone.
func (c *cycle) prepareNodePreferences() error {
	c.affinity.preferred = c.affinity.preferred[:0]
	a := c.pod.Spec.Affinity
	if a == nil || a.NodeAffinity == nil {
		return nil
	}
	var faults []string
	list := a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	for i := range list {
		if t := &list[i].Preference; list[i].Weight == 0 || len(t.MatchExpressions) == 0 && len(t.MatchFields) == 0 {
			continue
		}
		faults = append(faults, termFaults(&list[i].Preference, fmt.Sprintf("[%d]", i))...)
		c.affinity.preferred = append(c.affinity.preferred, &list[i])
	}
	return joinFaults(faults)
}

// joinFaults makes one error of what is wrong, each said once.
func joinFaults(faults []string) error {
	var said []string
	for _, fault := range faults {
		if !slices.Contains(said, fault) {
			said = append(said, fault)
		}
	}
	switch len(said) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s", said[0])
	}
	return fmt.Errorf("[%s]", strings.Join(said, ", "))
}

// scoreNodeAffinity adds up the weights of the preferred terms that match.
func (c *cycle) scoreNodeAffinity(scores []int64) {
	for i := range c.feasible {
		scores[i] = 0
		for _, t := range c.affinity.preferred {
			if matchesTerm(&t.Preference, c.node(i).object) {
				scores[i] += int64(t.Weight)
			}
		}
	}
	normalize(scores, false)
}
