// Package naming checks, explains and makes the names that a Pod uses. It knows
// strings only: which field asks for which rule is the business of package pod.
//
//	                    Rule.Check(s), DNS1123Label(s), PortName(s), ...
//	                                     |
//	                          one scan of the bytes of s
//	                         /                          \
//	                      valid                        fault
//	                       nil          *Error{Rule, Input, Offset, Detail}
//
//	Generate(base, intn)   base of at most 58 bytes + 5 random characters
//	FixName(s, taken)      any string -> an RFC 1123 label that is not taken
//	SafeEncode(hash)       digits -> characters that form no words
//
// A check walks the string from its first byte to the last. Most rules are
// shapes: parts with one separator between them, where a part is one start byte,
// then inner bytes, the last of them an end byte. The scan holds the set of
// bytes that may come next, and ends at the first byte outside it.
//
// # Which rule for which field
//
//	metadata.name, nodeName, serviceAccountName,     DNS1123Subdomain
//	  names of classes, secrets, config maps
//	metadata.generateName, names in envFrom          DNS1123SubdomainPrefix
//	metadata.namespace, hostname, subdomain,         DNS1123Label
//	  names of containers, volumes, claims
//	labels, keys of selectors and tolerations,       QualifiedName, LabelValue
//	  readiness and scheduling gates
//	annotations                                      AnnotationKey
//	names of container ports, ports by name          PortName
//	env, prefix of envFrom, keys of files            RelaxedEnvVarName
//	keys of config maps and secrets                  ConfigMapKey
//	headers of httpGet                               HTTPHeaderName
//	hostAliases                                      LegacyIP, DNS1123Subdomain
//	dnsConfig                                        LegacyIP, DNSSearch
//	sysctls                                          SysctlName
//	CSI drivers                                      DNS1123SubdomainCaseless
//	signers of projected certificates                SignerName, PrefixedAnnotationKey
//	runAsUserName                                    WindowsUserName
//	iSCSI volumes                                    ISCSIName
//
// # The offset of a fault
//
// Offset counts bytes. It is where a reader who goes from left to right first
// sees that the string breaks the rule:
//
//   - a byte that cannot stand where it stands: the offset of that byte;
//   - a string that ends too early, because it is empty, its last byte may not be
//     the last, or something that must be there is missing: the length of the
//     string, as what is missing would have to follow;
//   - a string or a part of it that is too long: the offset of the first byte too
//     many, so the limit where the whole is meant;
//   - an address that may not be there at all, being an IPv4-mapped one: 0.
//
// # Invariants
//
//  1. A check returns nil or an *Error, and never panics, whatever the bytes.
//  2. 0 <= Offset <= len(Input); Input is the string that was checked; Detail is
//     never empty; the message of an error is bounded in length.
//  3. A check allocates nothing for a valid string and one Error for another, with
//     the one exception that DNS1123SubdomainCaseless states.
//  4. Verdicts are those of Kubernetes v1.37 for the same string.
//  5. FixName(s, taken) is an RFC 1123 label that taken does not claim; of a
//     label that is not taken it is the label itself.
//  6. Generate(base, intn) is a function of its arguments and of what intn
//     answers; it is at most 63 bytes long.
//
// All functions are safe for concurrent use. The package does not know namespaces
// or which names exist, does not change what it checks, and has no randomness of
// its own.
package naming
