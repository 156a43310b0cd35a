package object

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/pod"
)

// Read decodes all objects of a stream of YAML documents, or of JSON objects, the items of Lists among them: those of the
// kinds of this package into their types, all others into Custom. Name is the file's name for messages. Nothing is
// defaulted or checked.
//
// The error is of type pod.DecodeErrors and holds the faults of the whole stream in order, unless r fails, whose error is
// then wrapped. Objects are returned even then: those that have no faults.
func Read(name string, r io.Reader, o pod.DecodeOptions) ([]Object, error) {
	limits := yamldoc.Limits(o.Limits)
	data, err := io.ReadAll(io.LimitReader(r, limits.ReadLimit()))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	stream := yamldoc.ParseStream(data, limits)
	d := reader{faults: stream.Faults}
	if o.Lenient {
		d.strictness = yamldoc.Lenient
	}
	if len(stream.Documents) == 0 && len(d.faults) == 0 {
		d.fault(yamldoc.Node{}, yamldoc.Syntax, "", "no YAML or JSON document in this input")
	}
	for _, doc := range stream.Documents {
		d.object(doc.Root(), "", Kind{})
	}
	if faults := stream.Place(d.faults); len(faults) > 0 {
		return d.objects, decodeErrors(name, faults)
	}
	return d.objects, nil
}

// Parse decodes one object from YAML or JSON, strictly. See Read.
func Parse(data []byte) (Object, error) {
	objects, err := Read("", strings.NewReader(string(data)), pod.DecodeOptions{})
	switch {
	case err != nil:
		return nil, err
	case len(objects) != 1:
		return nil, fmt.Errorf("expected one object, found %d", len(objects))
	}
	return objects[0], nil
}

// reader is the state of one Read.
type reader struct {
	strictness yamldoc.Strictness
	objects    []Object
	faults     []yamldoc.Fault
}

func (d *reader) fault(n yamldoc.Node, t yamldoc.FaultType, path, detail string) {
	d.faults = append(d.faults, n.Fault(t, path, detail))
}

// object decodes one object at a path of its document. A list tells the kind of its items if they do not.
func (d *reader) object(n yamldoc.Node, path string, listed Kind) {
	if k := n.Kind(); k != yamldoc.Mapping {
		d.fault(n, yamldoc.WrongType, path, "expected an object with apiVersion and kind, found "+k.String())
		return
	}
	k := Kind{cmp.Or(text(n, "apiVersion"), listed.APIVersion), cmp.Or(text(n, "kind"), listed.Name)}
	if k.APIVersion == "" || k.Name == "" {
		d.fault(n, yamldoc.WrongKind, path, "expected an object with apiVersion and kind")
		return
	}
	if items := n.Field("items"); strings.HasSuffix(k.Name, "List") && items.Kind() == yamldoc.Sequence {
		d.list(items, join(path, "items"), k)
		return
	}
	o, faults := d.decode(n, path, k)
	d.faults = append(d.faults, faults...)
	if len(faults) == 0 {
		d.objects = append(d.objects, o)
	}
}

func text(n yamldoc.Node, field string) string {
	s := n.Field(field).Scalar()
	if s.Kind != yamldoc.String {
		return ""
	}
	return s.Text
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

func (d *reader) list(items yamldoc.Node, path string, list Kind) {
	listed := Kind{list.APIVersion, strings.TrimSuffix(list.Name, "List")}
	if listed.Name == "" {
		listed = Kind{}
	}
	for i, item := range items.Items() {
		d.object(item, path+"["+strconv.Itoa(i)+"]", listed)
	}
}

func (d *reader) decode(n yamldoc.Node, path string, k Kind) (Object, []yamldoc.Fault) {
	if s := sorts[k]; s != nil {
		o := s.make()
		faults := s.codec.DecodeUnplaced(n, o, path, d.strictness)
		return o, faults
	}
	c := &Custom{}
	var fields map[string]Raw
	faults := customCodec.DecodeUnplaced(n, &fields, path, d.strictness)
	if len(faults) > 0 {
		return c, faults
	}
	if err := c.take(fields); err != nil {
		return c, []yamldoc.Fault{n.Fault(yamldoc.WrongType, path, err.Error())}
	}
	c.APIVersion, c.Kind = k.APIVersion, k.Name
	return c, nil
}

var customCodec = yamldoc.CodecOf[map[string]Raw](types)

func decodeErrors(file string, faults []yamldoc.Fault) pod.DecodeErrors {
	types := map[yamldoc.FaultType]pod.DecodeErrorType{
		yamldoc.Syntax: pod.SyntaxError, yamldoc.WrongType: pod.WrongType, yamldoc.Unknown: pod.UnknownField,
		yamldoc.Duplicate: pod.DuplicateField, yamldoc.WrongKind: pod.UnknownKind,
	}
	errs := make(pod.DecodeErrors, 0, len(faults))
	for _, f := range faults {
		errs = append(errs, &pod.DecodeError{
			Type: types[f.Type], File: file, Line: f.Line, Column: f.Column, Path: f.Path, Detail: f.Detail,
		})
	}
	return slices.Clip(errs)
}

// AppendJSON appends the object's JSON to dst: the fields that encoding/json would write.
func AppendJSON(dst []byte, o Object) ([]byte, error) {
	if s := sortOf(o); s != nil && s.codec != nil {
		return s.codec.AppendJSON(dst, o)
	}
	b, err := json.Marshal(o)
	return append(dst, b...), err
}
