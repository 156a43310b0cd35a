// Package pod is what a Pod is: the types of Kubernetes v1.37's core/v1 that a Pod reaches, field for field, and what the
// API server does with them.
//
//	 a file                                                                  a stored Pod
//	--------> Read, Parse ----> SetDefaults ----> PrepareCreate ----> Validate -----------> Update, Bind, PrepareDelete
//	            |                                                        |
//	        DecodeErrors                                     Errors, with Place: their places in the file
//
//	of a stored Pod    Environment, CommandAndArgs, EnvironmentField ...    what its containers are started with
//	                   QOSClass, EffectiveRequests, AccountedRequests ...   what it asks of a node
//	                   ContainerShouldRestart, DefaultPullPolicy ...        small rules that node and scheduler share
//	                   AppendJSON, EncodeYAML, Clone                        out, and once more
//
// Everything else is types. They have the names of core/v1 without the prefix Pod where this package says it already
// (pod.Spec, pod.Status, pod.Condition), and the same JSON: names, order, and what is left out when empty.
//
// # The life of one manifest
//
// Read decodes a stream of documents into Objects: Pods, and one Pod for the template of each workload. It reports unknown
// and duplicate fields, and all other faults, with file, line and column. SetDefaults fills in what a manifest leaves out.
// PrepareCreate makes of it what would be stored: names, UID, status. Validate says whether it would be. A Validate before
// the other two finds faults that they would have prevented. Errors.Place gives its faults their places, by the Source that
// came with the Object.
//
// A Template has the same three steps with names of its own: SetTemplateDefaults, PrepareTemplate, ValidateTemplate. What
// comes later to a stored pod goes through Update (spec, status and the other subresources), Bind and PrepareDelete.
//
// # Invariants
//
//  1. No text, and no pod decoded from one, makes a function of this package panic, but for MustParseQuantity, as its name
//     says. No text costs more than DecodeLimits allow.
//  2. What is read is not written to: only SetDefaults, SetTemplateDefaults and functions that begin with Prepare change
//     what they are given.
//  3. A Clone shares nothing with its original. A Quantity, an IntOrString and a Time are immutable values.
//  4. The same argument gives the same result, byte for byte: faults come in the order of the spec, maps in that of their
//     keys. Times, UIDs and random letters are passed in.
//  5. What is written is read back as an equal pod.
//  6. Verdicts, defaults and stored objects are those of Kubernetes v1.37 with default feature gates, but for what
//     docs/differences.md lists.
//
// All functions are safe for concurrent use on different pods, and on one pod as long as nobody changes it.
//
// # What this package does not do
//
// It does not know other pods: whether a name is taken, an address free or a node full is for others. It plays no admission
// plugins, quotas or limit ranges. Of other kinds than Pod it knows the template and the name. How a pod lives is for package
// lifecycle.
package pod
