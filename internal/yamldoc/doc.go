// Package yamldoc reads YAML and JSON into trees that know where everything
// stands in the text, and decodes trees into Go types by their json tags. It
// is the only importer of gopkg.in/yaml.v3 and shows no type of it.
//
//	data -> Parse -> []*Document -> Node ------> Codec.Decode -> Go value
//	          |                      | Locate                |
//	          v                      v                       v
//	       Fault (syntax)         Position            Fault (type, unknown, duplicate)
//
// # The life of one call
//
// Parse makes UTF-8 of the data, once, and cuts it at lines that begin with
// ---. A piece that begins with {" is read as JSON (json.go). Any other goes to
// the scanner (scan*.go), which knows the part of YAML that manifests are
// written in; what it does not know, yaml.v3 reads (v3.go). All three append
// nodes to one slice: 32 bytes each, in the order of the text, strings being
// pieces of it. Scalars are resolved only when asked for (resolve.go).
//
// NewCodec looks at a Go type once and makes a plan of it: a table of fields
// and shapes. Decode walks plan and nodes together. It does not stop at a
// fault: it notes where it is and goes on, so that one run finds all. AppendJSON
// and AppendYAML walk the same plan the other way.
//
// # Whose rules
//
// What a text means is what sigs.k8s.io/yaml and the JSON decoder of
// k8s.io/apimachinery make of it, as the API server does when a request says
// fieldValidation=Strict:
// https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation.
// YAML 1.1: yes, on and y are bools, 0644 is octal, keys become strings. A
// number does not fit a string field; 1.0 fits an integer in YAML, but not in
// JSON. Field names match by exact case. Duplicate keys are faults, also those that a
// merge key brings, and below unknown fields too if the text is YAML.
//
// On purpose different: every document of a stream is read and must be
// well-formed, where sigs.k8s.io/yaml reads the first and ignores what follows;
// "\/" is an escape in YAML as it is in JSON.
//
// # Invariants
//
//  1. What the scanner accepts, yaml.v3 accepts too, as the same tree at the same
//     places (FuzzScan).
//  2. The nodes below node i are i+1 up to its end; keys are scalars.
//  3. An alias stands for a node before it. Going through one is counted, and
//     an alias inside what it stands for is a fault.
//  4. No input panics; time and memory are linear in its size: Limits bounds size,
//     nesting, nodes, what aliases multiply and what the Go values take.
//  5. Every Fault of a value has a Position once it is placed, and faults are in
//     the order of the text.
//
// # Why an own scanner
//
// For a manifest of 3.3 kB, yaml.v3 takes 196 µs and 82 kB to build its nodes,
// which is two thirds of what sigs.k8s.io/yaml takes for everything (291 µs,
// 155 kB); with it as the only parser, three times faster than Kubernetes is
// out of reach. Scanning and decoding together take 37 µs and 25 kB. Of 675
// manifests of real projects the scanner reads all but a few.
//
// # What it does not do
//
// Default, validate, write comments back, keep the spelling of scalars, read
// from an io.Reader, or decode map keys other than strings.
package yamldoc
