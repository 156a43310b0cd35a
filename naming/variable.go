package naming

var envVar = shape{
	start: letter | dash | underscore | dot, inner: alnum | dash | underscore | dot, end: alnum | dash | underscore | dot,
	starts: "must start with a letter, '-', '_' or '.'",
	holds:  "must consist of letters, digits, '-', '_' and '.'",
}

var configMapKey = shape{
	start: alnum | dash | underscore | dot, inner: alnum | dash | underscore | dot, end: alnum | dash | underscore | dot, max: 253,
	starts: "must consist of letters, digits, '-', '_' and '.'",
	holds:  "must consist of letters, digits, '-', '_' and '.'",
	long:   want253,
}

var cIdentifier = shape{
	start: letter | underscore, inner: alnum | underscore, end: alnum | underscore,
	starts: "must start with a letter or '_'",
	holds:  "must consist of letters, digits and '_'",
}

var httpHeader = shape{
	start: alnum | dash, inner: alnum | dash, end: alnum | dash,
	starts: "must consist of letters, digits and '-'",
	holds:  "must consist of letters, digits and '-'",
}

// EnvVarName returns nil when s is the name of an environment variable in the
// strict sense: letters, digits, '-', '_' and '.', no digit first, not "." and
// nothing that starts with "..". Containers are held to RelaxedEnvVarName.
func EnvVarName(s string) error { return scanEnvVar(s).of(RuleEnvVarName, s) }

func scanEnvVar(s string) fault {
	if f := dots(s); !f.ok() {
		return f
	}
	return envVar.scan(s)
}

// RelaxedEnvVarName returns nil when s is one or more printable ASCII
// characters, space included, other than '='. So are named the environment
// variables of a container and the prefixes of envFrom.
//
// https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
func RelaxedEnvVarName(s string) error { return scanRelaxedEnvVar(s).of(RuleRelaxedEnvVarName, s) }

func scanRelaxedEnvVar(s string) fault {
	if s == "" {
		return fault{0, wantSome}
	}
	if n := span(s, printable&^equal); n < len(s) {
		return fault{n, "must consist of printable ASCII characters other than '='"}
	}
	return fault{}
}

// ConfigMapKey returns nil when s may be a key of a config map or secret: 1 to
// 253 bytes of letters, digits, '-', '_' and '.', not "." and nothing that
// starts with "..".
//
// https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-object
func ConfigMapKey(s string) error { return scanConfigMapKey(s).of(RuleConfigMapKey, s) }

func scanConfigMapKey(s string) fault {
	if f := dots(s); !f.ok() {
		return f
	}
	return configMapKey.scan(s)
}

// dots finds what would lead out of a folder: "." and a leading "..".
func dots(s string) fault {
	switch {
	case s == "" || s[0] != '.':
		return fault{}
	case len(s) == 1:
		return fault{1, "must not be '.'"}
	case s[1] == '.':
		return fault{1, "must not start with '..'"}
	}
	return fault{}
}

// CIdentifier returns nil when s is an identifier of C: letters, digits and '_',
// no digit first, of any length.
func CIdentifier(s string) error { return cIdentifier.scan(s).of(RuleCIdentifier, s) }

// HTTPHeaderName returns nil when s is one or more letters, digits and '-'. So
// are named the headers of an httpGet probe or hook, more narrowly than RFC 7230
// has it.
//
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes
func HTTPHeaderName(s string) error { return httpHeader.scan(s).of(RuleHTTPHeaderName, s) }
