package pod

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/podlife/podlife/internal/yamldoc"
)

// Object is one object of a stream.
type Object struct {
	APIVersion, Kind string
	// Name and Namespace are those of the object itself, not of its pod; Name is
	// metadata.generateName where there is no metadata.name.
	Name, Namespace string
	// Pod is the object if it is a Pod. For a workload kind (Deployment,
	// ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, ReplicationController,
	// PodTemplate) it is a pod made of the template: the owner's name
	// ("template" if it has none) and "-", unless it ends so, cut to 58 bytes, with
	// the suffix of the options; the owner's namespace; the rest from the template.
	//
	// Pod is nil for every other kind, and for a pod or template whose values
	// cannot be decoded. Unknown and duplicate fields do not make it nil.
	Pod *Pod
	// Index counts the Pods and workloads of the stream from 0; -1 for other kinds.
	Index int
	// Source tells where the fields of Pod stand in the file.
	Source *Source
}

// DecodeOptions says how to read a stream. The zero value is strict, with the
// default limits.
type DecodeOptions struct {
	// Lenient ignores unknown fields and lets the last of duplicate fields win.
	Lenient bool
	// Suffix ends the names of pods made from templates; "abcde" if empty.
	Suffix string
	// Limits bounds what an input may cost.
	Limits DecodeLimits
}

// DecodeLimits bounds what an input may cost. A zero field means its default.
type DecodeLimits struct {
	// Size is the length of the input in bytes (16 MiB). No more is read.
	Size int
	// Depth is how deep mappings and lists may nest (250).
	Depth int
	// Nodes is how many keys and values the input may hold (2,000,000).
	Nodes int
	// Aliased is how many keys and values one object may reach through YAML
	// aliases, each counted as often as it is reached (400,000).
	Aliased int
	// Decoded is how many bytes of memory one object may take (512 MiB); never
	// more than 4 MiB plus 100 times the size of the input.
	Decoded int
}

// Parse decodes one Pod of apiVersion v1 from YAML or JSON. It is strict: see
// https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation.
// The error is of type DecodeErrors and holds all faults. A pod is returned even then, if
// all that is wrong are unknown and duplicate fields.
//
// Nothing is defaulted or validated. Strings of the pod share the memory of
// one copy of data.
func Parse(data []byte) (*Pod, error) {
	stream := yamldoc.ParseStream(data, yamldoc.Limits{})
	r := reader{faults: stream.Faults}
	var p *Pod
	switch n := len(stream.Documents); {
	case len(r.faults) > 0:
	case n == 0:
		r.whole("no YAML or JSON document in this input")
	case n > 1:
		r.whole(fmt.Sprintf("expected one Pod, found %d documents", n))
	default:
		p = r.onlyPod(stream.Documents[0].Root())
	}
	return p, decodeErrors("", stream.Place(r.faults)).err()
}

func (r *reader) onlyPod(root yamldoc.Node) *Pod {
	apiVersion, kind, ok := r.kindOf(root, "", "", "")
	if ok && (kind != "Pod" || apiVersion != "v1") {
		r.fault(root.Field("kind"), yamldoc.WrongKind, "kind", notPod(apiVersion, kind))
	}
	if len(r.faults) > 0 {
		return nil
	}
	return r.pod(root, "")
}

func notPod(apiVersion, kind string) string {
	if kind == "Pod" {
		return noKind(apiVersion, kind)
	}
	hint := yamldoc.Suggestion(kind, slices.Values([]string{"Pod"}))
	return fmt.Sprintf("expected a Pod, found kind %q of apiVersion %q%s", kind, apiVersion, hint)
}

// Read decodes all objects of a stream of YAML documents, or of JSON objects:
// Pods, workloads with a pod template, the items of Lists, and of any other kind
// only what names it. Name is the file's name for messages.
//
// The error is of type DecodeErrors and holds the faults of the whole stream
// in order, unless r fails, whose error is then wrapped. Of one object
// no more than 200 are told, of a stream whose objects have more than a thousand
// not those of the objects that follow; then one last fault says so. Objects
// are returned even then: those without faults can be used.
func Read(name string, r io.Reader, opts DecodeOptions) ([]Object, error) {
	limits := yamldoc.Limits(opts.Limits)
	data, err := io.ReadAll(io.LimitReader(r, limits.ReadLimit()))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	stream := yamldoc.ParseStream(data, limits)
	d := reader{file: name, suffix: cmp.Or(opts.Suffix, "abcde"), faults: stream.Faults}
	if opts.Lenient {
		d.strictness = yamldoc.Lenient
	}
	if len(stream.Documents) == 0 && len(d.faults) == 0 {
		d.whole("no YAML or JSON document in this file")
	}
	for _, doc := range stream.Documents {
		d.object(doc.Root(), "", "", "")
	}
	return d.objects, decodeErrors(name, stream.Place(d.faults)).err()
}

// maxErrors is how many faults of a stream are looked for.
const maxErrors = 1000

// reader is the state of one Read.
type reader struct {
	file       string
	suffix     string
	strictness yamldoc.Strictness
	objects    []Object
	faults     []yamldoc.Fault
	pods       int // how many objects that hold a pod there have been
	cut        bool
}

// whole reports a fault of the whole input.
func (r *reader) whole(detail string) {
	r.fault(yamldoc.Node{}, yamldoc.Syntax, "", detail)
}

func (r *reader) fault(n yamldoc.Node, t yamldoc.FaultType, path, detail string) {
	r.faults = append(r.faults, n.Fault(t, path, detail))
}

// kindOf returns what an object says it is, or else what its list says.
func (r *reader) kindOf(n yamldoc.Node, path, listVersion, listItem string) (apiVersion, kind string, ok bool) {
	if k := n.Kind(); k != yamldoc.Mapping {
		r.fault(n, yamldoc.WrongType, path, "expected an object with apiVersion and kind, found "+k.String())
		return "", "", false
	}
	before := len(r.faults)
	apiVersion = r.stringField(n, path, "apiVersion", listVersion)
	kind = r.stringField(n, path, "kind", listItem)
	if strings.Count(apiVersion, "/") > 1 {
		r.fault(n.Field("apiVersion"), yamldoc.WrongKind, join(path, "apiVersion"), fmt.Sprintf("expected GROUP/VERSION or v1, found %q", apiVersion))
	}
	return apiVersion, kind, len(r.faults) == before
}

func (r *reader) stringField(n yamldoc.Node, path, name, otherwise string) string {
	f := n.Field(name)
	switch s := f.Scalar(); {
	case s.Kind == yamldoc.String && s.Text != "":
		return s.Text
	case s.Kind != yamldoc.String && s.Kind != yamldoc.Null:
		r.fault(f, yamldoc.WrongType, join(path, name), "expected a string, found "+s.Kind.String())
	case otherwise != "":
		return otherwise
	case f.IsZero():
		r.fault(n, yamldoc.WrongKind, join(path, name), "missing")
	default:
		r.fault(f, yamldoc.WrongKind, join(path, name), "empty")
	}
	return ""
}

// object decodes one object at a path of its document. A list tells the
// apiVersion and kind of its items if they do not.
func (r *reader) object(n yamldoc.Node, path, listVersion, listItem string) {
	if len(r.faults) >= maxErrors {
		if !r.cut {
			r.cut = true
			r.fault(n, yamldoc.Syntax, path, fmt.Sprintf("more than %d faults in this file; from here on nothing was looked at", maxErrors))
		}
		return
	}
	apiVersion, kind, ok := r.kindOf(n, path, listVersion, listItem)
	if !ok {
		return
	}
	o := Object{APIVersion: apiVersion, Kind: kind, Index: -1}
	o.Name, o.Namespace = cmp.Or(text(n, "name"), text(n, "generateName")), text(n, "namespace")
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		group = ""
	}
	item, list := isList(kind)
	workload, isWorkload := ownerKinds[kind]
	switch {
	case list && n.Field("items").Kind() == yamldoc.Sequence:
		r.list(n, path, apiVersion, item)
		return
	case kind == "Pod" && apiVersion == "v1":
		r.hold(&o, &Source{pod: n, owner: n, podPath: path, ownerPath: path}, func() *Pod { return r.pod(n, path) })
	case isWorkload && slices.Contains(workload.groups, group):
		source := &Source{pod: at(n, workload.template), owner: n, podPath: join(path, workload.template), ownerPath: path}
		r.hold(&o, source, func() *Pod { return r.template(n, path, workload, &o) })
	case builtIn(group) && (isWorkload || kind == "Pod" || similarKind(kind) != ""):
		r.fault(n.Field("kind"), yamldoc.WrongKind, join(path, "kind"), noKind(apiVersion, kind))
		return
	}
	r.objects = append(r.objects, o)
}

// hold gives an object its index and source, and its pod unless decoding finds
// more than unknown and duplicate fields.
func (r *reader) hold(o *Object, source *Source, decode func() *Pod) {
	o.Index = r.pods
	r.pods++
	source.file = r.file
	o.Source = source
	o.Pod = decode()
}

func (r *reader) pod(n yamldoc.Node, path string) *Pod {
	p := new(Pod)
	faults := podCodec.DecodeUnplaced(n, p, path, r.strictness)
	p.Kind, p.APIVersion = "Pod", "v1" // the items of a PodList need not say so
	return r.keep(p, faults, path)
}

func (r *reader) template(n yamldoc.Node, path string, w ownerKind, o *Object) *Pod {
	t, faults := w.decode(n, path, r.strictness)
	return r.keep(podFrom(t, o.Name, o.Namespace, r.suffix), faults, join(path, w.template))
}

// keep reports faults and returns p if they leave what is at path whole.
func (r *reader) keep(p *Pod, faults []yamldoc.Fault, path string) *Pod {
	r.faults = append(r.faults, faults...)
	for _, f := range faults {
		if !f.Type.Strict() && (f.Type == yamldoc.Syntax || within(f.Path, path)) {
			return nil
		}
	}
	return p
}

// within reports whether the value at path is part of that at parent, or the other way round.
func within(path, parent string) bool {
	return parent == "" || strings.HasPrefix(path, parent) || strings.HasPrefix(parent, path)
}

func (r *reader) list(n yamldoc.Node, path, apiVersion, item string) {
	if item == "" {
		apiVersion = ""
	}
	for i, c := range n.Field("items").Items() {
		r.object(c, join(path, "items")+"["+strconv.Itoa(i)+"]", apiVersion, item)
	}
}

// noKind is the fault of a kind that its apiVersion does not have.
func noKind(apiVersion, kind string) string {
	detail := fmt.Sprintf("no kind %q in apiVersion %q", kind, apiVersion)
	w, ok := ownerKinds[kind]
	switch {
	case !ok && kind != "Pod":
		return detail + similarKind(kind)
	case !ok || w.groups[0] == "":
		return detail + `; it is in "v1"`
	}
	return detail + `; it is in "` + w.groups[0] + `/v1"`
}

// similarKind suggests the kind that holds a pod and that kind is probably a
// misspelling of.
func similarKind(kind string) string {
	if len(kind) < len("Pod") {
		return ""
	}
	return yamldoc.Suggestion(kind, slices.Values(append(slices.Sorted(maps.Keys(ownerKinds)), "Pod")))
}

// builtIn reports whether a group is one of those that the kinds known here
// come from.
func builtIn(group string) bool {
	return group == "" || group == "apps" || group == "batch" || group == "extensions"
}

func text(n yamldoc.Node, metadata string) string {
	s := n.Field("metadata").Field(metadata).Scalar()
	if s.Kind != yamldoc.String {
		return ""
	}
	return s.Text
}

func at(n yamldoc.Node, path string) yamldoc.Node {
	for name := range strings.SplitSeq(path, ".") {
		n = n.Field(name)
	}
	return n
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
