package process

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/podlife/podlife/pod"
)

// wireVersion is the version of what a runtime and a shim say to each other. A shim outlives the program that started it, so that each
// of the two may be the older one. Whoever is newer knows what the other lacks:
//
//	1  Watch, Start, Stop, Exec, Forget, Dial, Cancel, End, Close
//	2  Resize
//	3  Line, Serial; the shim makes the folders of attempts
//
// A greeting tells the shim's version, and the oldest that a runtime must have to do with it. A shim that neither side can work with is
// told to close: the fields ID, Watch and Close of an ask, and Version and Oldest of a greeting, never change.
const (
	wireVersion = 3
	wireOldest  = 1
	wireResize  = 2
	wireLine    = 3
)

// An ask is one request to a shim. Exactly one of the fields after ID is set. The first of a connection is Watch, Dial or Line.
type ask struct {
	// ID names the request among those of its connection; answers carry it.
	ID uint64 `json:"id"`
	// Watch asks for the greeting and, from then on, for news.
	Watch  bool           `json:"watch,omitempty"`
	Start  *startRequest  `json:"start,omitempty"`
	Stop   *stopRequest   `json:"stop,omitempty"`
	Exec   *execRequest   `json:"exec,omitempty"`
	Forget *attemptRef    `json:"forget,omitempty"`
	Resize *resizeRequest `json:"resize,omitempty"`
	// Dial asks for a connection, which comes with the answer, the last message.
	Dial *dialRequest `json:"dial,omitempty"`
	// Line makes the connection a line, on which nothing but starts is asked, one at a time, and nothing but answers is said; see
	// startRequest.pack.
	Line bool `json:"line,omitempty"`
	// Cancel is the ID of an Exec whose command is to be killed. It has no answer of its own.
	Cancel uint64 `json:"cancel,omitempty"`
	// End ends all that runs; Close the shim too.
	End   bool `json:"end,omitempty"`
	Close bool `json:"close,omitempty"`
}

// dialRequest names an address in the pod's network.
type dialRequest struct {
	Network string `json:"network"`
	Address string `json:"address"`
}

// A tell is what a shim says: where it is asked to, a greeting first, then news and answers in the order of what happened. News of
// what a request has done comes before its answer.
type tell struct {
	// ID is that of the request that this answers, 0 for everything else.
	ID       uint64    `json:"id,omitempty"`
	Greeting *greeting `json:"greeting,omitempty"`
	News     *entry    `json:"news,omitempty"`
	// Serial is the number of the last change that is told of, in news and greetings.
	Serial  uint64      `json:"serial,omitempty"`
	Failure *failure    `json:"failure,omitempty"`
	Exec    *execAnswer `json:"exec,omitempty"`
	// Error is why the request could not be fulfilled.
	Error string `json:"error,omitempty"`
}

// greeting is how things are when a connection is made.
type greeting struct {
	// Version is the shim's wireVersion, and Oldest that of the oldest runtime that it can work for; 0 is its own alone.
	Version int `json:"version"`
	Oldest  int `json:"oldest,omitempty"`
	// PID is the shim's process.
	PID int `json:"pid"`
	// Sandbox is what the shim was started with, as far as it could be done.
	Sandbox sandboxRequest `json:"sandbox"`
	Record  record         `json:"record"`
}

// sandboxRequest is all a shim is told of its pod.
type sandboxRequest struct {
	// Dir is the pod's folder.
	Dir string `json:"dir"`
	// HostName is the pod's own; empty leaves it the machine's.
	HostName string `json:"hostName,omitempty"`
	// Network is set for a network of the pod's own, which has the Addresses.
	Network   bool     `json:"network,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	// IPC is set for shared memory and semaphores of the pod's own.
	IPC bool `json:"ipc,omitempty"`
	// Mounts is set where containers see mounts of their own.
	Mounts bool `json:"mounts,omitempty"`
	// ShareProcesses is set where the pod has a process table that its containers share.
	ShareProcesses bool `json:"shareProcesses,omitempty"`
	// OwnProcesses is set where each container has a process table of its own.
	OwnProcesses bool `json:"ownProcesses,omitempty"`
	// Resources are the limits of the pod as a whole, nil where it has none.
	Resources *pod.LinuxResources `json:"resources,omitempty"`
	// Files take the place of the machine's.
	Files []fileRequest `json:"files,omitempty"`
	// HostPorts are ports of the machine that are forwarded into the pod's network. The shim is started with a socket for each.
	HostPorts []hostPort `json:"hostPorts,omitempty"`
	// Warnings say what of it was given up.
	Warnings []string `json:"warnings,omitempty"`
}

// fileRequest is a file of the pod's own that appears in place of one of the machine's.
type fileRequest struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// hostPort is a port of the machine that leads to one of the pod. An empty address is all of the machine's.
type hostPort struct {
	Protocol string `json:"protocol"`
	HostIP   string `json:"hostIP,omitempty"`
	HostPort int32  `json:"hostPort"`
	Port     int32  `json:"port"`
}

// maxFrame is the longest message on the wire, and frameHead the length that comes before it, in bytes.
const (
	maxFrame  = 64 << 20
	frameHead = 4
)

// appendFrame appends a message: four bytes of length, most significant first, and JSON.
func appendFrame(b []byte, message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return b, err
	}
	if len(body) > maxFrame {
		return b, fmt.Errorf("message of %d bytes, expected at most %d", len(body), maxFrame)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...), nil
}

// readFrame reads one message into v.
func readFrame(r io.Reader, v any) error {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return fmt.Errorf("message of %d bytes, expected at most %d", n, maxFrame)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}
