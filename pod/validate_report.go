package pod

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/podlife/podlife/naming"
)

// validator judges one pod and gathers its faults. The zero value judges as on create.
//
// Each rule is a method that takes the path of a field and its value and reports what is wrong with it; what it needs
// to know of the rest of the pod is in the validator. The methods are named after what they judge, and lie in files by
// subject:
//
//	validate.go                     a pod, a template, a spec: what is judged, in which order
//	validate_meta.go                metadata, labels, annotations, owners, finalizers
//	validate_container.go           what all containers share, app and init containers, restart rules, resize policy
//	validate_ephemeral.go           containers added to a running pod
//	validate_ports.go               ports of containers, and those of the node they take
//	validate_env.go                 environment variables, fields of the pod shown to containers
//	validate_probe.go               probes, hooks, stop signals
//	validate_mount.go               mounts and devices
//	validate_volume*.go             sources of volumes: local, of networks and clouds, projected, claims
//	validate_resources.go           requests, limits, claims, of containers and of the pod
//	validate_security.go            security contexts, sysctls, seccomp, AppArmor
//	validate_os.go                  Windows and Linux, and what each does not know
//	validate_scheduling.go          selectors, affinity, tolerations, gates
//	validate_spread.go              topology spread constraints
//	validate_network.go             host names, DNS, what is shared with the node
//	validate_eviction.go            eviction responders
//
// What holds for all of them:
//
//  1. A rule reports every fault it finds and never stops the others, unless the value is missing altogether.
//  2. Type and path are those of Kubernetes, odd ones included; the words are not.
//  3. Nothing is changed, and nothing of the pod is kept after the last rule.
//  4. No rule allocates while there is no fault, but for long lists, huge amounts and the pod's own resources.
//  5. The order of faults depends on the pod alone, never on the order of a map.
type validator struct {
	spec    *Spec            // the spec under judgement, set by podSpec
	meta    *ObjectMeta      // the metadata of the pod; nil for a template, whose pods will be named later
	volumes volumeTable      // the volumes of the spec
	claims  smallSet[string] // the names of the spec's claims
	allow   allowances
	errs    Errors

	// annotated are the annotations that the profiles of the spec must match, where matching says so.
	annotated map[string]string
	matching  matchProfiles
}

// matchProfiles says which profiles of a spec must match the annotations that were there before the fields.
type matchProfiles uint8

const (
	matchSeccomp matchProfiles = 1 << iota
	matchAppArmor
)

// allowances are what an update may leave as it is though a create may not have it: the stored pod has it already.
// The zero value allows nothing.
type allowances struct {
	invalidDeletionCost        bool // a pod-deletion-cost that is no number
	indivisibleHugePages       bool // an amount of huge pages that is no multiple of their size
	invalidAffinityLabelValue  bool // a value in a selector of pod affinity that is no label value
	invalidNodeAffinityValue   bool // a value in required node affinity that is no label value
	invalidSpreadSelector      bool // a malformed selector of a topology spread constraint
	spreadKeysInSelector       bool // matchLabelKeys of a spread constraint that was not merged into its selector
	nonLocalTokenPath          bool // a service account token outside its volume
	hostSysctls                bool // a namespaced sysctl in a pod on the host's network or IPC
	initRestartContainer       bool // a resizePolicy of RestartContainer on an ordinary init container
	userNamespaceVolumeDevices bool // block devices in a pod with a user namespace
	userNamespaceHostNetwork   bool // the host's network in a pod with a user namespace
	tolerationComparison       bool // the toleration operators Lt and Gt
	emptyImageReference        bool // an image volume without an image
	sysAdminWithoutEscalation  bool // CAP_SYS_ADMIN where allowPrivilegeEscalation is false
}

// report adds one fault.
func (v *validator) report(t ErrorType, p path, value any, detail string) {
	v.errs = append(v.errs, &FieldError{Type: t, Path: p.String(), Source: p.source(), Value: value, Detail: detail})
}

// required reports that the field p is empty.
func (v *validator) required(p path, detail string) {
	v.report(FieldValueRequired, p, nil, detail)
}

// invalid reports that the value of p is malformed or out of its range.
func (v *validator) invalid(p path, value any, detail string) {
	v.report(FieldValueInvalid, p, value, detail)
}

// forbidden reports that p may not be set.
func (v *validator) forbidden(p path, detail string) {
	v.report(FieldValueForbidden, p, nil, detail)
}

// duplicate reports that the value of p occurs before.
func (v *validator) duplicate(p path, value any) {
	v.report(FieldValueDuplicate, p, value, "must be unique")
}

// notFound reports that what p names does not exist.
func (v *validator) notFound(p path, value any, detail string) {
	v.report(FieldValueNotFound, p, value, detail)
}

// tooLong reports that the value of p has more than most bytes.
func (v *validator) tooLong(p path, most int) {
	v.report(FieldValueTooLong, p, nil, fmt.Sprintf("want at most %d bytes", most))
}

// tooMany reports that the list p has n items, more than most.
func (v *validator) tooMany(p path, n, most int) {
	v.report(FieldValueTooMany, p, n, fmt.Sprintf("has %d, want at most %d", n, most))
}

// name reports the fault a name check found, if it found one.
func (v *validator) name(p path, value string, err error) {
	if err != nil {
		v.invalid(p, value, nameDetail(err))
	}
}

// nameDetail says what a name check wanted, and where.
func nameDetail(err error) string {
	var e *naming.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	return fmt.Sprintf("not a valid %s: %s (byte %d)", e.Rule, e.Detail, e.Offset)
}

// inRange reports a number outside of least to most.
func (v *validator) inRange(p path, value, least, most int64) {
	if value < least || value > most {
		v.invalid(p, value, fmt.Sprintf("want %d to %d", least, most))
	}
}

// notNegative reports a number below 0.
func (v *validator) notNegative(p path, value int64) {
	if value < 0 {
		v.invalid(p, value, "want 0 or more")
	}
}

// requireText reports an empty string.
func (v *validator) requireText(p path, value string) {
	if value == "" {
		v.required(p, "")
	}
}

// oneOf reports a value that is none of want.
func oneOf[T ~string](v *validator, p path, value T, want ...T) {
	if !slices.Contains(want, value) {
		notSupported(v, p, value, want...)
	}
}

// requireOneOf is oneOf, and reports an empty value as missing.
func requireOneOf[T ~string](v *validator, p path, value T, want ...T) {
	if value == "" {
		v.required(p, wantOneOf(want))
		return
	}
	oneOf(v, p, value, want...)
}

// notSupported reports that the value of p is none of want.
func notSupported[T ~string](v *validator, p path, value T, want ...T) {
	v.report(FieldValueNotSupported, p, string(value), wantOneOf(want))
}

// wantOneOf says which values are wanted, in quotes.
func wantOneOf[T ~string](want []T) string {
	quoted := make([]string, len(want))
	for i, w := range want {
		quoted[i] = fmt.Sprintf("%q", string(w))
	}
	return "want " + orList(quoted)
}

// orList joins words as in a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// sortFrom puts the faults found since the count was mark into order, after a walk over a map.
func (v *validator) sortFrom(mark int) {
	if len(v.errs) < mark+2 {
		return
	}
	slices.SortFunc(v.errs[mark:], func(a, b *FieldError) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Type, b.Type), cmp.Compare(a.Detail, b.Detail),
			cmp.Compare(fmt.Sprint(a.Value), fmt.Sprint(b.Value)))
	})
}
