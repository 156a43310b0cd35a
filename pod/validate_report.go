package pod

import (
	"fmt"
	"strings"
)

// validator gathers the faults of one pod. The zero value is ready.
type validator struct {
	errs Errors
}

// report adds one fault.
func (v *validator) report(t ErrorType, p *path, value any, detail string) {
	v.errs = append(v.errs, &FieldError{Type: t, Path: p.String(), Source: p.source(), Value: value, Detail: detail})
}

// required reports that the field p is empty.
func (v *validator) required(p *path, detail string) {
	v.report(FieldValueRequired, p, nil, detail)
}

// invalid reports that the value of p is malformed or out of its range.
func (v *validator) invalid(p *path, value any, detail string) {
	v.report(FieldValueInvalid, p, value, detail)
}

// forbidden reports that p may not be set.
func (v *validator) forbidden(p *path, detail string) {
	v.report(FieldValueForbidden, p, nil, detail)
}

// duplicate reports that the value of p occurs before.
func (v *validator) duplicate(p *path, value any) {
	v.report(FieldValueDuplicate, p, value, "")
}

// notFound reports that what p names does not exist.
func (v *validator) notFound(p *path, value any, detail string) {
	v.report(FieldValueNotFound, p, value, detail)
}

// tooLong reports that the value of p has more than most bytes.
func (v *validator) tooLong(p *path, most int) {
	v.report(FieldValueTooLong, p, nil, fmt.Sprintf("want at most %d bytes", most))
}

// tooMany reports that the list p has n items, more than most.
func (v *validator) tooMany(p *path, n, most int) {
	v.report(FieldValueTooMany, p, n, fmt.Sprintf("want at most %d", most))
}

// notSupported reports that the value of p is none of want.
func notSupported[T ~string](v *validator, p *path, value T, want ...T) {
	quoted := make([]string, len(want))
	for i, w := range want {
		quoted[i] = fmt.Sprintf("%q", string(w))
	}
	v.report(FieldValueNotSupported, p, string(value), "want "+orList(quoted))
}

// orList joins words as in a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
