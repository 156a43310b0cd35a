package pod

// completePodResources completes the resources that a pod has as a whole, if it has any, from those of its containers:
// limits of huge pages are the sum; a request that is missing is the sum, or else the limit; and a limit that is missing
// is the sum where every container has one, but no less than the request.
// See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#pod-level-resource-specification.
func (s *Spec) completePodResources() {
	r := s.Resources
	if r == nil || len(r.Requests) == 0 && len(r.Limits) == 0 {
		return
	}
	limits := s.Aggregate(limitsOf)
	for name, sum := range limits {
		if _, requested := r.Requests[name]; name.isHugePages() && !requested {
			setMissing(&r.Limits, name, sum)
		}
	}
	s.completePodRequests(r)
	for name, request := range r.Requests {
		sum, ok := limits[name]
		if !ok || !isPodLevel(name) || !s.allLimit(name) {
			continue
		}
		if request.Cmp(sum) > 0 {
			sum = request
		}
		setMissing(&r.Limits, name, sum)
	}
}

// completePodRequests requests what the containers request together, and all that has a limit.
func (s *Spec) completePodRequests(r *ResourceRequirements) {
	for name, sum := range s.Aggregate(requestsOf) {
		if isPodLevel(name) && name.allowsOvercommit() {
			setMissing(&r.Requests, name, sum)
		}
	}
	for name, limit := range r.Limits {
		if isPodLevel(name) {
			setMissing(&r.Requests, name, limit)
		}
	}
}

// setMissing adds an amount to *l, which may be nil, unless there is one of that name.
func setMissing(l *ResourceList, name ResourceName, amount Quantity) {
	if _, ok := (*l)[name]; ok {
		return
	}
	if *l == nil {
		*l = ResourceList{}
	}
	(*l)[name] = amount
}

// allLimit reports whether every container, of whatever kind, has a limit of the resource.
func (s *Spec) allLimit(name ResourceName) bool {
	for _, c := range s.AllContainers() {
		if _, ok := c.Resources.Limits[name]; !ok {
			return false
		}
	}
	return true
}
