package pod

import (
	"fmt"
	"strconv"
	"strings"
)

// ErrorType says in what way a field is wrong, spelt as the API server spells it in the causes of a refused request.
// See https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation.
type ErrorType string

// The ways a field can be wrong.
const (
	// FieldValueRequired: the field is empty and may not be.
	FieldValueRequired ErrorType = "FieldValueRequired"
	// FieldValueInvalid: the value is malformed or out of its range.
	FieldValueInvalid ErrorType = "FieldValueInvalid"
	// FieldValueNotSupported: the value is not one of a fixed set.
	FieldValueNotSupported ErrorType = "FieldValueNotSupported"
	// FieldValueForbidden: the value may not be set here, whatever it is.
	FieldValueForbidden ErrorType = "FieldValueForbidden"
	// FieldValueDuplicate: the value must be unique and is not.
	FieldValueDuplicate ErrorType = "FieldValueDuplicate"
	// FieldValueNotFound: the value names something that does not exist.
	FieldValueNotFound ErrorType = "FieldValueNotFound"
	// FieldValueTooLong: the value has too many bytes.
	FieldValueTooLong ErrorType = "FieldValueTooLong"
	// FieldValueTooMany: the list has too many items.
	FieldValueTooMany ErrorType = "FieldValueTooMany"
	// FieldValueTooFew: the list has too few items.
	FieldValueTooFew ErrorType = "FieldValueTooFew"
	// FieldValueTypeInvalid: the value is of a wrong JSON type.
	FieldValueTypeInvalid ErrorType = "FieldValueTypeInvalid"
	// InternalError: the field cannot be judged.
	InternalError ErrorType = "InternalError"
)

// FieldError is one fault of one field. Errors made by this package are not changed after they are returned, but for
// File, Line and Column, which belong to whoever knows where the pod came from.
type FieldError struct {
	// Type says in what way the field is wrong.
	Type ErrorType
	// Path is the field as Kubernetes names it in its errors: spec.containers[0].ports[1].name, or [] for the whole pod.
	Path string
	// Source is the path of the value in the manifest, set only where Path is not that: Kubernetes leaves steps out of
	// some paths and misspells others.
	Source string
	// Value is the offending value: a string, a number, a bool, a Quantity or an IntOrString. It is nil where there is
	// no value, or none worth showing.
	Value any
	// Detail says what was expected, without a full stop. It may be empty.
	Detail string
	// File is the name of the file that the pod was read from, empty if none.
	File string
	// Line is the line of the value in File, counted from 1; 0 means unknown.
	Line int
	// Column is the column of the value in that line in characters, counted from 1; 0 means unknown.
	Column int
}

// Error returns one sentence: where, which field, what is wrong with which value, and what was expected.
func (e *FieldError) Error() string {
	var b strings.Builder
	e.writePosition(&b)
	if e.Path != "" && e.Path != "[]" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.fault())
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	return b.String()
}

// Location returns the path of the value in the manifest: Source, or Path where that is the same.
func (e *FieldError) Location() string {
	if e.Source != "" {
		return e.Source
	}
	return e.Path
}

// writePosition writes "file:line:column: " as far as they are known.
func (e *FieldError) writePosition(b *strings.Builder) {
	if e.File == "" && e.Line == 0 {
		return
	}
	if e.File != "" {
		b.WriteString(e.File)
		b.WriteByte(':')
	}
	if e.Line > 0 {
		b.WriteString(strconv.Itoa(e.Line))
		b.WriteByte(':')
		if e.Column > 0 {
			b.WriteString(strconv.Itoa(e.Column))
			b.WriteByte(':')
		}
	}
	b.WriteByte(' ')
}

// fault says in words what Type means for Value.
func (e *FieldError) fault() string {
	switch e.Type {
	case FieldValueRequired:
		return "required, but missing"
	case FieldValueInvalid:
		return "invalid" + e.quoted(" value ")
	case FieldValueNotSupported:
		return "unsupported" + e.quoted(" value ")
	case FieldValueForbidden:
		return "not allowed"
	case FieldValueDuplicate:
		return "duplicate" + e.quoted(" value ")
	case FieldValueNotFound:
		return "not found" + e.quoted(": ")
	case FieldValueTooLong:
		return "too long"
	case FieldValueTooMany:
		return "too many items"
	case FieldValueTooFew:
		return "too few items"
	case FieldValueTypeInvalid:
		return "wrong type" + e.quoted(" of ")
	}
	return "cannot be checked"
}

// quoted returns prefix and Value in quotes, or nothing where there is no value. A long value is cut.
func (e *FieldError) quoted(prefix string) string {
	if e.Value == nil {
		return ""
	}
	return prefix + quoteCut(fmt.Sprint(e.Value))
}

// quoteCut returns s in quotes, cut where it is long.
func quoteCut(s string) string {
	const most = 120
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return strconv.Quote(s)
}

// Errors are all faults of a pod: those of its metadata, of its volumes, of its containers in the order they run, and
// of the rest of its spec; lists in their order, maps in that of their keys. A valid pod has none, and then Errors is
// nil. Use Err where an error is wanted.
type Errors []*FieldError

// Error returns the sentences of all faults, one a line.
func (e Errors) Error() string {
	switch len(e) {
	case 0:
		return "no faults"
	case 1:
		return e[0].Error()
	}
	var b strings.Builder
	for i, f := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.Error())
	}
	return b.String()
}

// Unwrap returns the faults, for errors.As and errors.Is.
func (e Errors) Unwrap() []error {
	if len(e) == 0 {
		return nil
	}
	all := make([]error, len(e))
	for i, f := range e {
		all[i] = f
	}
	return all
}

// Err returns e as an error, or nil where there are no faults.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}
