package pod

import (
	"fmt"
	"strings"

	"github.com/podlife/podlife/naming"
)

// podResources judges the resources of a pod as a whole, and the claims its containers refer to.
// See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/.
func (v *validator) podResources(p path, s *Spec) {
	if s.Overhead != nil {
		overhead := p.field("overhead")
		v.resourceAmounts(overhead.told("limits"), s.Overhead, containerResourceFault)
		v.hugePagesNotAlone(overhead, &ResourceRequirements{Limits: s.Overhead})
	}
	v.podClaims(p.field("resourceClaims"), s.ResourceClaims)
	r := s.Resources
	if r == nil {
		return
	}
	at := p.field("resources")
	if s.OS != nil && s.OS.Name == Windows {
		v.forbidden(at, notOnWindows)
		return
	}
	if r.Claims != nil {
		v.forbidden(at.field("claims"), "only containers have claims")
	}
	v.resources(at, r, podResourceFault)
	v.resourcesCoverContainers(p, s)
}

// containerResources judges what a container requests and where its limits are.
func (v *validator) containerResources(p path, r *ResourceRequirements) {
	v.resources(p, r, containerResourceFault)
}

// resourceNameFault says what is wrong with the name of a resource, and in what way; empty is nothing.
type resourceNameFault func(ResourceName) (ErrorType, string)

// resources judges requests, limits and claims.
func (v *validator) resources(p path, r *ResourceRequirements, fault resourceNameFault) {
	if len(r.Limits) > 0 {
		v.resourceAmounts(p.field("limits"), r.Limits, fault)
	}
	if len(r.Requests) > 0 {
		v.resourceAmounts(p.field("requests"), r.Requests, fault)
		v.requestsFitLimits(p, r)
	}
	v.hugePagesNotAlone(p, r)
	v.claimsOfContainer(p.field("claims"), r.Claims)
}

// resourceAmounts judges the names and amounts of one list.
func (v *validator) resourceAmounts(p path, list ResourceList, fault resourceNameFault) {
	mark := len(v.errs)
	for name, amount := range list {
		if t, detail := fault(name); detail != "" {
			v.report(t, p.key(string(name)), string(name), detail)
		}
		v.resourceAmount(p.key(string(name)), name, amount)
	}
	v.sortFrom(mark)
}

// resourceAmount judges an amount of a resource: not negative, whole where it can only be counted, and of huge pages a
// multiple of their size.
func (v *validator) resourceAmount(p path, name ResourceName, amount Quantity) {
	if amount.Sign() < 0 {
		v.invalid(p, amount.String(), "want 0 or more")
	}
	if name.isCounted() && !amount.isWhole() {
		v.invalid(p, amount.String(), "want a whole number")
	}
	if name.isHugePages() && !v.allow.indivisibleHugePages && !name.holdsWholePages(amount) {
		v.invalid(p, amount.String(), "want a multiple of the page size in the name")
	}
}

// requestsFitLimits judges that no request is above its limit. A resource that cannot be overcommitted (huge pages, and
// all that has a domain) has both, and the same. Kubernetes' path names the list and not the resource.
func (v *validator) requestsFitLimits(p path, r *ResourceRequirements) {
	mark := len(v.errs)
	requests, limits := p.field("requests"), p.field("limits")
	for name, amount := range r.Requests {
		limit, limited := r.Limits[name]
		overcommit := name.allowsOvercommit()
		switch {
		case !limited && !overcommit:
			v.required(limits, fmt.Sprintf("%s needs a limit", name))
		case !limited:
		case !overcommit && !amount.Equal(limit):
			v.invalid(requests.realKey(string(name)), amount.String(), fmt.Sprintf("want the %s limit of %s", name, limit))
		case amount.Cmp(limit) > 0:
			v.invalid(requests.realKey(string(name)), amount.String(), fmt.Sprintf("want at most the %s limit of %s", name, limit))
		}
	}
	v.sortFrom(mark)
}

// hugePagesNotAlone judges that huge pages come with cpu or memory.
func (v *validator) hugePagesNotAlone(p path, r *ResourceRequirements) {
	if !r.Limits.hasHugePages() && !r.Requests.hasHugePages() {
		return
	}
	for _, list := range [...]ResourceList{r.Limits, r.Requests} {
		for _, name := range [...]ResourceName{ResourceCPU, ResourceMemory} {
			if _, ok := list[name]; ok {
				return
			}
		}
	}
	v.forbidden(p, "huge pages need cpu or memory beside them")
}

// hasHugePages reports whether huge pages of any size are in l.
func (l ResourceList) hasHugePages() bool {
	for name := range l {
		if name.isHugePages() {
			return true
		}
	}
	return false
}

// isHugePages reports whether n is huge pages of some size.
func (n ResourceName) isHugePages() bool {
	return strings.HasPrefix(string(n), ResourceHugePagesPrefix)
}

// holdsWholePages reports whether an amount of huge pages is a multiple of the page size that n ends in.
func (n ResourceName) holdsWholePages(amount Quantity) bool {
	size, ok := n.hugePageSize()
	return ok && amount.inInt64(0)%size == 0
}

// hugePageSize returns the page size in bytes that n ends in, and whether n is huge pages of a size that can be.
func (n ResourceName) hugePageSize() (size int64, ok bool) {
	if !n.isHugePages() {
		return 0, false
	}
	page, err := ParseQuantity(strings.TrimPrefix(string(n), ResourceHugePagesPrefix))
	if err != nil || page.Sign() <= 0 || !page.isWhole() {
		return 0, false
	}
	size = page.inInt64(0)
	return size, size != 0
}

// isNative reports whether n is a resource of Kubernetes itself: without a domain, or with its own.
func (n ResourceName) isNative() bool {
	return !strings.Contains(string(n), "/") || strings.Contains(string(n), ResourceDefaultNamespacePrefix)
}

// allowsOvercommit reports whether more of n may be in use than was requested.
func (n ResourceName) allowsOvercommit() bool { return n.isNative() && !n.isHugePages() }

// quotaPrefix is before the name of a resource in a quota, which therefore must fit there as well.
const quotaPrefix = "requests."

// maxResourceDomain is how many bytes the domain of a resource has at most, with quotaPrefix before it.
const maxResourceDomain = 253 - len(quotaPrefix)

// isExtended reports whether n, which is a qualified name, is a resource that somebody else than Kubernetes defines.
// See https://kubernetes.io/docs/tasks/configure-pod-container/extended-resource/.
func (n ResourceName) isExtended() bool {
	domain, _, _ := strings.Cut(string(n), "/")
	return !n.isNative() && !strings.HasPrefix(string(n), quotaPrefix) && len(domain) <= maxResourceDomain
}

// isCounted reports whether there are only whole numbers of n.
func (n ResourceName) isCounted() bool {
	switch n {
	case ResourcePods, ResourceQuotas, ResourceServices, ResourceReplicationControllers, ResourceSecrets,
		ResourceConfigMaps, ResourcePersistentVolumeClaims, ResourceServicesNodePorts, ResourceServicesLoadBalancers:
		return true
	}
	return n.isExtended() && naming.QualifiedName(string(n)) == nil
}

// isStandard reports whether n needs no domain, if only in a quota.
func (n ResourceName) isStandard() bool {
	switch n {
	case ResourceCPU, ResourceMemory, ResourceStorage, ResourceEphemeralStorage,
		ResourceRequestsCPU, ResourceRequestsMemory, ResourceRequestsStorage, ResourceRequestsEphemeralStorage,
		ResourceLimitsCPU, ResourceLimitsMemory, ResourceLimitsEphemeralStorage:
		return true
	}
	return n.isHugePages() || strings.HasPrefix(string(n), quotaPrefix+ResourceHugePagesPrefix) ||
		!strings.Contains(string(n), "/") && n.isCounted()
}

// containerResourceFault judges a resource of a container.
func containerResourceFault(n ResourceName) (ErrorType, string) {
	if err := naming.QualifiedName(string(n)); err != nil {
		return FieldValueInvalid, nameDetail(err)
	}
	switch {
	case strings.Contains(string(n), "/"):
		if !n.isNative() && !n.isExtended() {
			return FieldValueInvalid, "want a domain of at most 244 bytes that does not begin with requests."
		}
	case n != ResourceCPU && n != ResourceMemory && n != ResourceEphemeralStorage && !n.isHugePages():
		return FieldValueInvalid, "want cpu, memory, ephemeral-storage, hugepages-SIZE or a name with a domain"
	}
	return "", ""
}

// podResourceFault judges a resource of a pod as a whole.
// See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#pod-level-resource-specification.
func podResourceFault(n ResourceName) (ErrorType, string) {
	const want = "want cpu, memory or hugepages-SIZE"
	if err := naming.QualifiedName(string(n)); err != nil {
		return FieldValueInvalid, nameDetail(err)
	}
	switch {
	case !strings.Contains(string(n), "/") && !n.isStandard():
		return FieldValueInvalid, want
	case !isPodLevel(n):
		return FieldValueNotSupported, want
	}
	return "", ""
}

// resourcesCoverContainers judges that what a pod has as a whole is enough for its containers; p is the spec.
func (v *validator) resourcesCoverContainers(p path, s *Spec) {
	mark, at := len(v.errs), p.field("resources")
	requests, limits := at.field("requests"), at.field("limits")
	for name, sum := range s.Aggregate(requestsOf) {
		if own, ok := s.Resources.Requests[name]; ok && sum.Cmp(own) > 0 {
			v.invalid(requests.key(string(name)), own.String(), fmt.Sprintf("want at least the %s that containers request", sum))
		}
	}
	for name, sum := range s.Aggregate(limitsOf) {
		if own, ok := s.Resources.Limits[name]; ok && name.isHugePages() && sum.Cmp(own) > 0 {
			v.invalid(limits.key(string(name)), own.String(), fmt.Sprintf("want at least the %s of the containers' limits", sum))
		}
	}
	v.sortFrom(mark)
	for i := range s.Containers {
		v.limitsWithinPod(p, i, s)
	}
}

// requestsOf returns what a container requests.
func requestsOf(c *Container) ResourceList { return c.Resources.Requests }

// limitsOf returns the limits of a container.
func limitsOf(c *Container) ResourceList { return c.Resources.Limits }

// limitsWithinPod judges that no limit of container i is above that of the pod. Init containers are not looked at.
// Kubernetes' path goes through spec.resources, where there are no containers.
func (v *validator) limitsWithinPod(p path, i int, s *Spec) {
	mark := len(v.errs)
	for name, amount := range s.Containers[i].Resources.Limits {
		limit, ok := s.Resources.Limits[name]
		if !ok || amount.Cmp(limit) <= 0 {
			continue
		}
		ofPod := p.told("resources")
		list := ofPod.field("containers")
		container := list.at(i)
		key := container.toldKey(string(name))
		in := key.real("resources")
		at := in.field("limits")
		v.invalid(at.realKey(string(name)), amount.String(), fmt.Sprintf("want at most the pod's limit of %s", limit))
	}
	v.sortFrom(mark)
}

// podClaims judges the devices that a pod claims.
// See https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/.
func (v *validator) podClaims(p path, list []PodResourceClaim) {
	if len(list) == 0 {
		return
	}
	if v.meta != nil {
		if _, mirror := v.meta.Annotations[annotationMirror]; mirror {
			v.forbidden(path{}, "a static pod claims no resources")
			return
		}
	}
	var seen smallSet[string]
	for i := range list {
		at, c := p.at(i), &list[i]
		switch {
		case c.Name == "":
			v.required(at.field("name"), "")
		case !seen.add(c.Name):
			v.duplicate(at.field("name"), c.Name)
		default:
			v.name(at.field("name"), c.Name, naming.DNS1123Label(c.Name))
		}
		if (c.ResourceClaimName == nil) == (c.ResourceClaimTemplateName == nil) {
			v.invalid(at, c.Name, "want either resourceClaimName or resourceClaimTemplateName")
		}
		if n := c.ResourceClaimName; n != nil {
			v.name(at.field("resourceClaimName"), *n, naming.DNS1123Subdomain(*n))
		}
		if n := c.ResourceClaimTemplateName; n != nil {
			v.name(at.field("resourceClaimTemplateName"), *n, naming.DNS1123Subdomain(*n))
		}
	}
}

// claimsOfContainer judges which of the pod's claims a container uses, whole or one request of them, each once.
func (v *validator) claimsOfContainer(p path, list []ResourceClaim) {
	var all, whole smallSet[string]
	var parts smallSet[ResourceClaim]
	for i := range list {
		at, c := p.at(i), &list[i]
		if c.Name == "" {
			v.required(at.real("name"), "")
			continue
		}
		before, wholeBefore := !all.add(c.Name), whole.has(c.Name)
		if c.Request == "" {
			whole.add(c.Name)
		}
		if wholeBefore || before && c.Request == "" || !parts.add(*c) {
			v.duplicate(at.real("name"), c.Name)
		}
		if c.Request != "" && !wholeBefore {
			v.name(at.field("request"), c.Request, naming.DNS1123Label(c.Request))
		}
		if !v.claims.has(c.Name) {
			v.notFound(at.real("name"), c.Name, "want the name of one of spec.resourceClaims")
		}
	}
}
