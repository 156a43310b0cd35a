package pod

// SetDefaults fills in what p leaves out, as the API server of Kubernetes v1.37 does before it looks at a pod. It may
// be called again without effect, and never fails: what is wrong stays for Validate.
//
// Beside the defaults of a spec, those of a pod alone: containers without a request get their limit as request, ports
// under hostNetwork get their number on the node as well, and a negative terminationGracePeriodSeconds becomes 1.
// Amounts of resources are rounded up to thousandths. Maps and lists of p are changed in place; a nil p is left alone.
//
// See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/.
func SetDefaults(p *Pod) {
	if p == nil {
		return
	}
	s := &p.Spec
	if t := s.TerminationGracePeriodSeconds; t != nil && *t < 0 {
		s.TerminationGracePeriodSeconds = new(int64(1))
	}
	requestLimits(s.Containers)
	requestLimits(s.InitContainers)
	if s.EnableServiceLinks == nil {
		s.EnableServiceLinks = new(DefaultEnableServiceLinks)
	}
	if s.HostNetwork {
		takeHostPorts(s.Containers)
		takeHostPorts(s.InitContainers)
	}
	defaultSpec(s)
	defaultStatus(&p.Status)
}

// SetTemplateDefaults fills in what t leaves out, as the API server of Kubernetes v1.37 does for the template inside a
// workload object: the defaults of a spec, but not those of a pod alone, which the pods made from t get later. A nil t
// is left alone. As for the rest, see SetDefaults.
func SetTemplateDefaults(t *Template) {
	if t == nil {
		return
	}
	defaultSpec(&t.Spec)
}

// requestLimits requests the limit of every resource that has a limit and no request.
func requestLimits(list []Container) {
	for i := range list {
		r := &list[i].Resources
		if r.Limits != nil && r.Requests == nil {
			r.Requests = make(ResourceList, len(r.Limits))
		}
		for name, limit := range r.Limits {
			if _, ok := r.Requests[name]; !ok {
				r.Requests[name] = limit
			}
		}
	}
}

// takeHostPorts gives every port its own number on the node.
func takeHostPorts(list []Container) {
	for i := range list {
		for j := range list[i].Ports {
			if c := &list[i].Ports[j]; c.HostPort == 0 {
				c.HostPort = c.ContainerPort
			}
		}
	}
}

// defaultSpec fills in what pods and templates have in common.
func defaultSpec(s *Spec) {
	if s.ServiceAccountName == "" {
		s.ServiceAccountName = s.DeprecatedServiceAccount
	}
	s.DeprecatedServiceAccount = s.ServiceAccountName
	setDefault(&s.DNSPolicy, DNSClusterFirst)
	setDefault(&s.RestartPolicy, RestartPolicyAlways)
	setDefault(&s.SchedulerName, DefaultSchedulerName)
	if s.SecurityContext == nil {
		s.SecurityContext = new(PodSecurityContext)
	}
	if s.TerminationGracePeriodSeconds == nil {
		s.TerminationGracePeriodSeconds = new(int64(DefaultTerminationGracePeriodSeconds))
	}
	roundAmounts(s.Overhead)
	if s.Resources != nil {
		s.Resources.round()
	}
	for i := range s.Volumes {
		defaultVolume(&s.Volumes[i])
	}
	for i := range s.InitContainers {
		defaultContainer(&s.InitContainers[i])
	}
	for i := range s.Containers {
		defaultContainer(&s.Containers[i])
	}
	for i := range s.EphemeralContainers {
		defaultContainer((*Container)(&s.EphemeralContainers[i].EphemeralContainerCommon))
	}
}

// setDefault sets *field to value where it is zero.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// setDefaultPointer sets *field to a value of its own where it is nil.
func setDefaultPointer[T any](field **T, value T) {
	if *field == nil {
		*field = new(value)
	}
}

// round rounds all amounts up to thousandths.
func (r *ResourceRequirements) round() {
	roundAmounts(r.Limits)
	roundAmounts(r.Requests)
}

// roundAmounts rounds all amounts of l up to thousandths.
func roundAmounts(l ResourceList) {
	for name, amount := range l {
		if rounded := amount.RoundUp(Milli); !rounded.Equal(amount) {
			l[name] = rounded
		}
	}
}

// defaultStatus keeps the one IP of a pod and the list of them in step. The one wins.
func defaultStatus(s *Status) {
	switch {
	case s.PodIP == "" && len(s.PodIPs) > 0:
		s.PodIP = s.PodIPs[0].IP
	case s.PodIP != "" && (len(s.PodIPs) == 0 || s.PodIPs[0].IP != s.PodIP):
		s.PodIPs = []PodIP{{IP: s.PodIP}}
	}
	roundAmounts(s.AllocatedResources)
	if s.Resources != nil {
		s.Resources.round()
	}
	for _, list := range [...][]ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses} {
		for i := range list {
			roundAmounts(list[i].AllocatedResources)
			if list[i].Resources != nil {
				list[i].Resources.round()
			}
		}
	}
}
