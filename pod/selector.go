package pod

import (
	"slices"
	"strconv"
	"strings"
)

// Matches reports whether s selects an object that has those labels. An operator that is not known, and In or NotIn without
// values, selects nothing. See https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors.
func (s *LabelSelector) Matches(labels map[string]string) bool {
	if s == nil {
		return false
	}
	for key, value := range s.MatchLabels {
		if got, ok := labels[key]; !ok || got != value {
			return false
		}
	}
	for i := range s.MatchExpressions {
		if !s.MatchExpressions[i].matches(labels) {
			return false
		}
	}
	return true
}

func (r *LabelSelectorRequirement) matches(labels map[string]string) bool {
	value, ok := labels[r.Key]
	switch r.Operator {
	case LabelSelectorOpIn:
		return ok && slices.Contains(r.Values, value)
	case LabelSelectorOpNotIn:
		return len(r.Values) > 0 && (!ok || !slices.Contains(r.Values, value))
	case LabelSelectorOpExists:
		return ok
	case LabelSelectorOpDoesNotExist:
		return !ok
	}
	return false
}

// IsEmpty reports whether s demands nothing, and so selects everything. A nil selector selects nothing and is not empty.
func (s *LabelSelector) IsEmpty() bool {
	return s != nil && len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}

// Rounding is what becomes of the fraction of a percentage of pods.
type Rounding uint8

const (
	// RoundDown drops the fraction.
	RoundDown Rounding = iota
	// RoundUp counts the fraction as one.
	RoundUp
)

// Of is how many v is of total: v itself if it is an integer, that share of total if it is a percentage such as "25%". Any other
// string, such as "25" or "a quarter", is not ok.
func (v IntOrString) Of(total int32, r Rounding) (n int32, ok bool) {
	if !v.isStr {
		return v.num, true
	}
	digits, percent := strings.CutSuffix(v.str, "%")
	share, err := strconv.ParseInt(digits, 10, 32)
	if !percent || err != nil {
		return 0, false
	}
	product := share * int64(total)
	if r == RoundUp && product > 0 {
		product += 99
	}
	return int32(product / 100), true
}

// Tolerates reports whether t accepts the taint, for however long. Operators that compare numbers are not known here.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#concepts.
func (t *Toleration) Tolerates(key, value string, effect TaintEffect) bool {
	if t.Effect != "" && t.Effect != effect || t.Key != "" && t.Key != key {
		return false
	}
	switch t.Operator {
	case "", TolerationOpEqual:
		return t.Value == value
	case TolerationOpExists:
		return true
	}
	return false
}
