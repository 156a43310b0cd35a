package pod

import (
	"fmt"
	"strings"
)

// ParseLabelSelector reads a selector as kubectl's -l has it: terms with commas between them, each of the form app=web (or ==),
// app!=web, app in (web, db), app notin (web), app or !app. The empty text selects everything.
// See https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors.
func ParseLabelSelector(s string) (*LabelSelector, error) {
	out := &LabelSelector{}
	for rest := strings.TrimSpace(s); rest != ""; {
		var term string
		term, rest = cutTerm(rest)
		r, ok := parseRequirement(strings.TrimSpace(term))
		if !ok {
			return nil, fmt.Errorf("label selector %q: the term %q is not of a form such as app=web, app!=web, app in (web, db), app or !app", s, term)
		}
		out.MatchExpressions = append(out.MatchExpressions, r)
		rest = strings.TrimSpace(rest)
	}
	return out, nil
}

// cutTerm cuts off what is before the first comma that is not within brackets.
func cutTerm(s string) (term, rest string) {
	inside := false
	for i, c := range s {
		switch c {
		case '(':
			inside = true
		case ')':
			inside = false
		case ',':
			if !inside {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func parseRequirement(term string) (LabelSelectorRequirement, bool) {
	if key, negated := strings.CutPrefix(term, "!"); negated {
		key = strings.TrimSpace(key)
		return LabelSelectorRequirement{Key: key, Operator: LabelSelectorOpDoesNotExist}, isWord(key)
	}
	for _, sign := range []struct {
		text     string
		operator LabelSelectorOperator
	}{{"!=", LabelSelectorOpNotIn}, {"==", LabelSelectorOpIn}, {"=", LabelSelectorOpIn}} {
		if key, value, ok := strings.Cut(term, sign.text); ok {
			key, value = strings.TrimSpace(key), strings.TrimSpace(value)
			return LabelSelectorRequirement{Key: key, Operator: sign.operator, Values: []string{value}}, isWord(key) && (value == "" || isWord(value))
		}
	}
	if open := strings.IndexByte(term, '('); open > 0 && strings.HasSuffix(term, ")") {
		return parseSet(strings.Fields(term[:open]), term[open+1:len(term)-1])
	}
	return LabelSelectorRequirement{Key: term, Operator: LabelSelectorOpExists}, isWord(term)
}

// parseSet reads what stands before and in the brackets of a set.
func parseSet(words []string, set string) (r LabelSelectorRequirement, ok bool) {
	if len(words) != 2 || !isWord(words[0]) {
		return r, false
	}
	r.Key = words[0]
	switch words[1] {
	case "in":
		r.Operator = LabelSelectorOpIn
	case "notin":
		r.Operator = LabelSelectorOpNotIn
	default:
		return r, false
	}
	for value := range strings.SplitSeq(set, ",") {
		value = strings.TrimSpace(value)
		if value != "" && !isWord(value) {
			return r, false
		}
		r.Values = append(r.Values, value)
	}
	return r, true
}

// isWord reports whether s has nothing in it that means something in a selector.
func isWord(s string) bool { return s != "" && !strings.ContainsAny(s, "!=(), \t\n") }
