package pod

// What a container gets where it says nothing.
const (
	defaultTerminationMessagePath = "/dev/termination-log"
	defaultProbeTimeoutSeconds    = 1
	defaultProbePeriodSeconds     = 10
	defaultSuccessThreshold       = 1
	defaultFailureThreshold       = 3
	defaultHTTPPath               = "/"
	defaultFieldVersion           = "v1"
)

// defaultContainer fills in what containers of all kinds have in common.
func defaultContainer(c *Container) {
	if c.ImagePullPolicy == "" {
		c.ImagePullPolicy = DefaultPullPolicy(c.Image)
	}
	setDefault(&c.TerminationMessagePath, defaultTerminationMessagePath)
	setDefault(&c.TerminationMessagePolicy, TerminationMessageReadFile)
	for i := range c.Ports {
		setDefault(&c.Ports[i].Protocol, ProtocolTCP)
	}
	for i := range c.Env {
		defaultEnv(&c.Env[i])
	}
	c.Resources.round()
	defaultProbe(c.LivenessProbe)
	defaultProbe(c.ReadinessProbe)
	defaultProbe(c.StartupProbe)
	if l := c.Lifecycle; l != nil {
		defaultHook(l.PostStart)
		defaultHook(l.PreStop)
	}
}

// defaultEnv fills in where the value of a variable comes from.
func defaultEnv(e *EnvVar) {
	if e.ValueFrom == nil {
		return
	}
	defaultFieldRef(e.ValueFrom.FieldRef)
	if f := e.ValueFrom.FileKeyRef; f != nil {
		setDefaultPointer(&f.Optional, false)
	}
}

// defaultFieldRef fills in the version of a field of the pod; f may be nil.
func defaultFieldRef(f *ObjectFieldSelector) {
	if f != nil {
		setDefault(&f.APIVersion, defaultFieldVersion)
	}
}

// defaultProbe fills in how often a probe looks and what it takes; p may be nil.
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes.
func defaultProbe(p *Probe) {
	if p == nil {
		return
	}
	setDefault(&p.TimeoutSeconds, defaultProbeTimeoutSeconds)
	setDefault(&p.PeriodSeconds, defaultProbePeriodSeconds)
	setDefault(&p.SuccessThreshold, defaultSuccessThreshold)
	setDefault(&p.FailureThreshold, defaultFailureThreshold)
	defaultHTTPGet(p.HTTPGet)
	if p.GRPC != nil {
		setDefaultPointer(&p.GRPC.Service, "")
	}
}

// defaultHook fills in what a hook does; h may be nil.
func defaultHook(h *LifecycleHandler) {
	if h != nil {
		defaultHTTPGet(h.HTTPGet)
	}
}

// defaultHTTPGet fills in a request; h may be nil.
func defaultHTTPGet(h *HTTPGetAction) {
	if h != nil {
		setDefault(&h.Path, defaultHTTPPath)
		setDefault(&h.Scheme, URISchemeHTTP)
	}
}
