package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/podlife/podlife/internal/yamldoc"
	"github.com/podlife/podlife/pod"
)

// A Script says how a pod behaves. The zero Script is a pod whose images are all on the node and whose containers run
// until they are told to stop, which they obey at once.
type Script struct {
	// Sandbox is how making the sandbox goes, attempt by attempt.
	Sandbox Tries `json:"sandbox,omitempty"`
	// Containers has the behaviour of containers of all kinds by name.
	Containers map[string]Behavior `json:"behavior,omitempty"`
}

// Behavior is how one container behaves. The zero Behavior is a container whose image is on the node and that runs until
// it is told to stop.
type Behavior struct {
	// Pull is how pulls go, one after the other. Without it the image is on the node, and a pull takes no time.
	Pull Tries `json:"pull,omitempty"`
	// Runs is what each attempt to create and run the container comes to; the last repeats. Without it, it runs forever.
	Runs []Run `json:"runs,omitempty"`
	// OnTerm is the reaction to the stop signal.
	OnTerm OnTerm `json:"onTerm,omitzero"`
	// Exec answers exec probes and hooks by the first word of the command. A command without rules exits 0 at once.
	Exec map[string]Rules `json:"exec,omitempty"`
	// HTTP answers httpGet probes and hooks by path, TCP tcpSocket ones by port as the spec writes it, and GRPC grpc ones
	// by service. What has no rules succeeds at once.
	HTTP map[string]Rules `json:"http,omitempty"`
	TCP  map[string]Rules `json:"tcp,omitempty"`
	GRPC map[string]Rules `json:"grpc,omitempty"`
	// Ready declares readiness by time since the attempt started, for containers without a readiness probe.
	Ready []Ready `json:"ready,omitempty"`
	// Resize is how it goes to give the running container other resources, one time after the other. What fails is tried again.
	Resize Tries `json:"resize,omitempty"`
}

// Try is how one attempt to do something goes: it takes a while, and then fails if Error is not empty. The zero Try
// succeeds at once.
type Try struct {
	Takes Duration `json:"takes,omitempty"`
	// Error is the runtime's message.
	Error string `json:"error,omitempty"`
	// Present says, of a pull, that the image is on the node from the start.
	Present bool `json:"present,omitempty"`
}

// Tries are attempts 1, 2, ...; the last repeats, and none at all means that every attempt succeeds at once. In a file one
// Try may stand without a list.
type Tries []Try

// UnmarshalJSON reads one Try or a list of them.
func (t *Tries) UnmarshalJSON(b []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
		return json.Unmarshal(b, (*[]Try)(t))
	}
	*t = make(Tries, 1)
	return json.Unmarshal(b, &(*t)[0])
}

// at is attempt i, counting from 0.
func (t Tries) at(i int) Try {
	if len(t) == 0 {
		return Try{}
	}
	return t[min(i, len(t)-1)]
}

// Run is one attempt to create and run a container. The zero Run ends at once with exit code 0.
type Run struct {
	// For is how long it runs before it ends by itself with Exit.
	For  Duration `json:"for,omitempty"`
	Exit int32    `json:"exit,omitempty"`
	// Forever says that it never ends by itself.
	Forever bool `json:"forever,omitempty"`
	// Reason is the runtime's word for the end, where that is not Completed or Error.
	Reason pod.Reason `json:"reason,omitempty"`
	// Message is what it writes to its termination message file, and Log to its log.
	Message string `json:"message,omitempty"`
	Log     string `json:"log,omitempty"`
	// CreateError and StartError are the runtime's errors for this attempt.
	CreateError string `json:"createError,omitempty"`
	StartError  string `json:"startError,omitempty"`
}

// OnTerm is the reaction to the stop signal. The zero OnTerm exits with 143 at once.
type OnTerm struct {
	After Duration `json:"after,omitempty"`
	// Exit is the exit code; nil means 143.
	Exit *int32 `json:"exit,omitempty"`
	// Ignore says that it runs on and is killed at the end of the grace period.
	Ignore bool `json:"ignore,omitempty"`
}

// Rules answer a probe or hook: the first whose Until is not over, else the last.
type Rules []Rule

// Rule is one answer. The zero Rule says yes at once.
type Rule struct {
	// Until is the time since the attempt started before which the rule holds; zero means without end.
	Until Duration `json:"until,omitempty"`
	// Takes is how long the answer takes.
	Takes Duration `json:"takes,omitempty"`
	// Exit is the exit code of an exec; for tcp and grpc any other than 0 is a no.
	Exit int32 `json:"exit,omitempty"`
	// Status is the HTTP status; 0 means 200.
	Status int32 `json:"status,omitempty"`
	// Output is what the probe or hook prints.
	Output string `json:"output,omitempty"`
}

// at is the rule that holds so long after the start.
func (r Rules) at(since time.Duration) Rule {
	for _, rule := range r {
		if rule.Until == 0 || since < time.Duration(rule.Until) {
			return rule
		}
	}
	if len(r) == 0 {
		return Rule{}
	}
	return r[len(r)-1]
}

// Ready is a declared readiness from a time after the start on.
type Ready struct {
	After Duration `json:"after,omitempty"`
	Ready bool     `json:"ready"`
}

// Duration is a time.Duration that files write like 200ms, 1m30s, or as a number of seconds.
type Duration time.Duration

// UnmarshalJSON reads a string such as "1m30s", or a number of seconds. A negative duration is an error.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	var parsed time.Duration
	if json.Unmarshal(b, &text) == nil {
		var err error
		if parsed, err = time.ParseDuration(text); err != nil {
			return fmt.Errorf("duration %q: expected one such as 200ms or 1m30s", text)
		}
	} else {
		var seconds float64
		if err := json.Unmarshal(b, &seconds); err != nil {
			return fmt.Errorf("duration %s: expected one such as 200ms, or a number of seconds", b)
		}
		parsed = time.Duration(seconds * float64(time.Second))
	}
	if parsed < 0 {
		return fmt.Errorf("duration %s: expected one that is not negative", b)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalJSON writes the duration as UnmarshalJSON reads it.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// Check reports what in s cannot be: a behaviour of a container that p does not have, a run that both ends and does not.
func (s *Script) Check(p *pod.Pod) error {
	known := map[string]bool{}
	for _, c := range p.Spec.AllContainers() {
		known[c.Name] = true
	}
	var errs []error
	for _, name := range sortedKeys(s.Containers) {
		if !known[name] {
			errs = append(errs, fmt.Errorf("behavior %q: the pod has no container of that name", name))
		}
		for i, r := range s.Containers[name].Runs {
			if r.Forever && (r.For != 0 || r.Exit != 0) {
				errs = append(errs, fmt.Errorf("behavior %q: run %d is forever, so it cannot have for or exit", name, i))
			}
		}
	}
	return errors.Join(errs...)
}

var codec = yamldoc.NewCodec[Script]()

// Parse reads a script file: a mapping with behavior and, if wanted, sandbox. Unknown fields are errors that say where.
func Parse(file string, data []byte) (*Script, error) {
	s := &Script{}
	if err := codec.ReadOne(file, data, "script", s); err != nil {
		return nil, err
	}
	return s, nil
}
