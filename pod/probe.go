package pod

// Probe asks a container how it is, again and again.
type Probe struct {
	ProbeHandler `json:",inline"`
	// Seconds from the container's start to the first question.
	InitialDelaySeconds int32 `json:"initialDelaySeconds,omitempty"`
	// Seconds an answer may take; 0 becomes 1.
	TimeoutSeconds int32 `json:"timeoutSeconds,omitempty"`
	// Seconds between questions; 0 becomes 10.
	PeriodSeconds int32 `json:"periodSeconds,omitempty"`
	// Good answers in a row that make a success; 0 becomes 1, and only readiness may have more.
	SuccessThreshold int32 `json:"successThreshold,omitempty"`
	// Bad answers in a row that make a failure; 0 becomes 3.
	FailureThreshold int32 `json:"failureThreshold,omitempty"`
	// Grace for a container that this probe has killed; nil is the pod's, at least 1, not for readiness.
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
}

// ProbeHandler is how to ask: exactly one field is set.
type ProbeHandler struct {
	Exec      *ExecAction      `json:"exec,omitempty"`
	HTTPGet   *HTTPGetAction   `json:"httpGet,omitempty"`
	TCPSocket *TCPSocketAction `json:"tcpSocket,omitempty"`
	GRPC      *GRPCAction      `json:"grpc,omitempty"`
}

// ExecAction runs a command inside the container; exit code 0 is good.
type ExecAction struct {
	// Program and arguments, no shell.
	Command []string `json:"command,omitempty"`
}

// HTTPGetAction sends a GET request; any code from 200 to 399 is good.
type HTTPGetAction struct {
	// Empty becomes /.
	Path string `json:"path,omitempty"`
	// Number, or name of a port of the container.
	Port IntOrString `json:"port"`
	// Empty is the pod's IP.
	Host string `json:"host,omitempty"`
	// Empty becomes HTTP.
	Scheme      URIScheme    `json:"scheme,omitempty"`
	HTTPHeaders []HTTPHeader `json:"httpHeaders,omitempty"`
	// nil counts as HTTP1.
	Protocol *HTTPProtocol `json:"protocol,omitempty"`
}

// URIScheme is how an HTTP request is carried.
type URIScheme string

// The two schemes of a probe or hook.
const (
	URISchemeHTTP URIScheme = "HTTP"
	// URISchemeHTTPS does not check the certificate.
	URISchemeHTTPS URIScheme = "HTTPS"
)

// HTTPHeader is one header; the same name may occur again.
type HTTPHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HTTPProtocol is the version of HTTP that a probe speaks.
type HTTPProtocol string

// The versions a probe may ask for; the second is off by default in v1.37.
const (
	HTTPProtocolHTTP1 HTTPProtocol = "HTTP1"
	// HTTPProtocolHTTP2 is HTTP/2 without negotiation.
	HTTPProtocolHTTP2 HTTPProtocol = "HTTP2"
)

// TCPSocketAction opens a connection; that it opens is good.
type TCPSocketAction struct {
	// Number, or name of a port of the container.
	Port IntOrString `json:"port"`
	// Empty is the pod's IP.
	Host string `json:"host,omitempty"`
}

// GRPCAction calls the standard health service; SERVING is good.
type GRPCAction struct {
	// A number; names are not possible.
	Port int32 `json:"port"`
	// Name to ask the health service for; nil becomes empty, the server as a whole.
	Service *string `json:"service"`
	// nil counts as Plaintext.
	Mode *GRPCProbeMode `json:"mode,omitempty"`
}

// GRPCProbeMode is how a gRPC probe connects.
type GRPCProbeMode string

// The two ways; TLS is off by default in v1.37.
const (
	GRPCProbeModePlaintext GRPCProbeMode = "Plaintext"
	// GRPCProbeModeTLS does not check the certificate.
	GRPCProbeModeTLS GRPCProbeMode = "TLS"
)
