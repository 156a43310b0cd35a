package pod

import (
	"strconv"
	"strings"

	"github.com/podlife/podlife/internal/yamldoc"
)

// DecodeErrorType says why an input could not be decoded.
type DecodeErrorType string

// The ways an input can fail to decode.
const (
	// SyntaxError: the input is not YAML or JSON, is empty, or exceeds a limit.
	SyntaxError DecodeErrorType = "SyntaxError"
	// WrongType: a value is not what its field holds.
	WrongType DecodeErrorType = "WrongType"
	// UnknownField: a field that does not exist. Only strict decoding reports it.
	UnknownField DecodeErrorType = "UnknownField"
	// DuplicateField: a field that is there twice. Only strict decoding reports it.
	DuplicateField DecodeErrorType = "DuplicateField"
	// UnknownKind: apiVersion or kind is missing or names no type that was asked for.
	UnknownKind DecodeErrorType = "UnknownKind"
)

// DecodeError is one thing that keeps an input from being decoded.
type DecodeError struct {
	Type DecodeErrorType
	// File is the name that was given to Read; empty if none was.
	File string
	// Line and Column are where the offending value or field begins, counted
	// from 1, columns in characters; both are 0 where the error concerns the
	// whole file.
	Line, Column int
	// Path is the field path in the document, such as
	// spec.template.spec.containers[0].image; empty where the error concerns
	// the whole document.
	Path string
	// Detail says what is wrong.
	Detail string
}

// Error returns "file:line:column: path: detail" without the parts that are
// not known.
func (e *DecodeError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
	}
	if e.Line > 0 {
		b.WriteString(strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Column) + ":")
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Detail)
	return b.String()
}

// Strict reports whether only strict decoding finds fault with this.
func (e *DecodeError) Strict() bool { return e.Type == UnknownField || e.Type == DuplicateField }

// DecodeErrors are all faults of an input, in the order of its text. It is never
// empty where it is returned as an error.
type DecodeErrors []*DecodeError

// Error returns the errors one a line.
func (e DecodeErrors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors for errors.As and errors.Is.
func (e DecodeErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, err := range e {
		all[i] = err
	}
	return all
}

func (e DecodeErrors) err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// decodeErrors names the file in faults.
func decodeErrors(file string, faults []yamldoc.Fault) DecodeErrors {
	types := [...]DecodeErrorType{
		yamldoc.Syntax:    SyntaxError,
		yamldoc.WrongType: WrongType,
		yamldoc.Unknown:   UnknownField,
		yamldoc.Duplicate: DuplicateField,
		yamldoc.WrongKind: UnknownKind,
	}
	var errs DecodeErrors
	for _, f := range faults {
		errs = append(errs, &DecodeError{
			Type: types[f.Type], File: file, Line: f.Line, Column: f.Column, Path: f.Path, Detail: f.Detail,
		})
	}
	return errs
}
